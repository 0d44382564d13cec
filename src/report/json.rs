//! `--output json`: one document, version 1. Fields are only ever added.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::Report;
use super::coverage::Coverage;
use crate::mend::{Mending, Prepared, Refusal};
use crate::model::object::Identity;
use crate::policy::finding::{Finding, Label, Place, Severity, Since};
use crate::policy::mend::Mend;
use crate::policy::suppression::Suppressed;
use crate::source::text::Position;

#[derive(Serialize)]
struct Document<'r> {
    version: u32,
    command: &'static str,
    findings: Vec<JsonFinding<'r>>,
    coverage: &'r Coverage,
    targets: Vec<JsonTarget<'r>>,
    summary: Summary,
    /// Why something was not judged at all; the exit code is 3 then.
    incomplete: Option<&'r str>,
    /// What `--fix` did, or `--diff` would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    mending: Option<JsonMending<'r>>,
    /// The earlier state that the findings are held against; the summary counts what is new then.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<&'r str>,
    /// Its findings that are not there any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<Vec<JsonFinding<'r>>>,
    /// The files that were asked for, if not all findings are here.
    #[serde(skip_serializing_if = "Option::is_none")]
    touched: Option<&'r BTreeSet<String>>,
}

#[derive(Serialize)]
struct JsonFinding<'r> {
    policy: &'r str,
    severity: &'static str,
    message: &'r str,
    help: &'r str,
    target: &'r str,
    fingerprint: String,
    object: Option<JsonObject<'r>>,
    path: &'r str,
    location: Location<'r>,
    related: Vec<Related<'r>>,
    suppressed: Option<JsonSuppressed<'r>>,
    /// The folders of the kustomizations in whose objects it was found.
    #[serde(rename = "renderedIn")]
    rendered_in: &'r [Arc<str>],
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<JsonMend<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<&'static str>,
}

#[derive(Serialize)]
struct JsonMend<'r> {
    safety: &'static str,
    description: &'r str,
    edits: Vec<JsonEdit<'r>>,
    /// Why `--fix` does not make it.
    refused: Option<String>,
}

#[derive(Serialize)]
struct JsonEdit<'r> {
    location: Location<'r>,
    text: &'r str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonMending<'r> {
    written: bool,
    files: Vec<&'r str>,
    mended: usize,
    held_back: usize,
    refused: Vec<JsonRefused<'r>>,
}

#[derive(Serialize)]
struct JsonRefused<'r> {
    policy: &'r str,
    location: Location<'r>,
    description: &'r str,
    reason: String,
}

#[derive(Serialize)]
struct JsonSuppressed<'r> {
    by: &'static str,
    reason: Option<&'r str>,
    until: Option<String>,
    location: Location<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonObject<'r> {
    api_version: &'r str,
    kind: &'r str,
    namespace: Option<&'r str>,
    name: Option<&'r str>,
}

#[derive(Serialize)]
pub(super) struct Location<'r> {
    file: &'r str,
    start: JsonPosition,
    end: JsonPosition,
    /// What is meant was rendered, and this is only near what made it.
    #[serde(rename = "rendered", skip_serializing_if = "std::ops::Not::not")]
    is_rendered: bool,
}

#[derive(Serialize)]
struct JsonPosition {
    line: usize,
    column: usize,
    offset: usize,
}

#[derive(Serialize)]
struct Related<'r> {
    message: &'r str,
    location: Location<'r>,
}

#[derive(Serialize)]
struct JsonTarget<'r> {
    name: &'r str,
    coverage: &'r Coverage,
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    error: usize,
    warning: usize,
    info: usize,
    suppressed: usize,
    /// Findings that were there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    stays: Option<usize>,
    /// Findings that are not there any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    gone: Option<usize>,
    /// Findings that concern none of the files asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    elsewhere: Option<usize>,
}

/// The report as JSON text, with a line feed at its end.
#[must_use]
pub fn render(report: &Report) -> String {
    let (comparison, narrowing) = (report.comparison.as_ref(), report.narrowing.as_ref());
    let document = Document {
        version: 1,
        command: "check",
        findings: findings(report),
        coverage: &report.coverage,
        targets: report
            .targets
            .iter()
            .map(|target| JsonTarget {
                name: &target.name,
                coverage: &target.coverage,
                summary: summary(
                    |severity| report.count_of(&target.name, severity),
                    report
                        .suppressed()
                        .filter(|finding| finding.target == target.name)
                        .count(),
                ),
            })
            .collect(),
        summary: Summary {
            stays: comparison.map(|_| report.staying().count()),
            gone: comparison.map(|comparison| comparison.gone.len()),
            elsewhere: narrowing.map(|narrowing| narrowing.elsewhere),
            ..summary(|severity| report.count(severity), report.suppressed().count())
        },
        incomplete: report.incomplete.as_deref(),
        mending: report.mending.as_ref().map(mending),
        base: comparison.map(|comparison| &*comparison.base),
        gone: comparison.map(|comparison| comparison.gone.iter().map(json_finding).collect()),
        touched: narrowing.map(|narrowing| &narrowing.touched.names),
    };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn summary(count: impl Fn(Severity) -> usize, suppressed: usize) -> Summary {
    Summary {
        error: count(Severity::Error),
        warning: count(Severity::Warning),
        info: count(Severity::Info),
        suppressed,
        stays: None,
        gone: None,
        elsewhere: None,
    }
}

fn findings(report: &Report) -> Vec<JsonFinding<'_>> {
    let findings = report.with_mends();
    findings
        .map(|(finding, prepared)| JsonFinding {
            mend: finding.mend.as_ref().zip(prepared).map(mend),
            ..json_finding(finding)
        })
        .collect()
}

fn mend<'r>((mend, prepared): (&'r Mend, &'r Result<Prepared, Refusal>)) -> JsonMend<'r> {
    let edits = prepared.iter().flat_map(|prepared| &prepared.edits);
    JsonMend {
        safety: mend.safety.name(),
        description: &mend.description,
        edits: edits
            .map(|(place, text)| JsonEdit {
                location: location(place),
                text,
            })
            .collect(),
        refused: prepared.as_ref().err().map(ToString::to_string),
    }
}

fn mending(mending: &Mending) -> JsonMending<'_> {
    let refused = mending.refused.iter();
    JsonMending {
        written: mending.is_written,
        files: mending.texts.keys().map(String::as_str).collect(),
        mended: mending.mended,
        held_back: mending.held_back,
        refused: refused
            .map(|refused| JsonRefused {
                policy: &refused.policy,
                location: location(&refused.place),
                description: &refused.description,
                reason: refused.why.to_string(),
            })
            .collect(),
    }
}

fn json_finding(finding: &Finding) -> JsonFinding<'_> {
    JsonFinding {
        policy: &finding.policy,
        severity: finding.severity.name(),
        message: &finding.message,
        help: &finding.help,
        target: &finding.target,
        fingerprint: finding.fingerprint(),
        object: finding.object.as_ref().map(object),
        path: &finding.path,
        location: location(&finding.primary.place),
        related: finding.related.iter().map(related).collect(),
        suppressed: finding.suppressed.as_ref().map(suppressed),
        rendered_in: &finding.rendered_in,
        mend: None,
        since: finding.since.map(Since::name),
    }
}

fn suppressed(suppressed: &Suppressed) -> JsonSuppressed<'_> {
    JsonSuppressed {
        by: suppressed.means.name(),
        reason: suppressed.reason.as_deref(),
        until: suppressed.until.map(|until| until.to_string()),
        location: location(&suppressed.place),
    }
}

fn object(identity: &Identity) -> JsonObject<'_> {
    JsonObject {
        api_version: &identity.api_version,
        kind: &identity.kind,
        namespace: identity.namespace.name(),
        name: identity.name.as_deref(),
    }
}

fn related(label: &Label) -> Related<'_> {
    Related {
        message: &label.text,
        location: location(&label.place),
    }
}

pub(super) fn location(place: &Place) -> Location<'_> {
    Location {
        file: place.file.path(),
        is_rendered: place.is_near,
        start: position(place.file.position(place.span.start)),
        end: position(place.file.position(place.span.end)),
    }
}

fn position(position: Position) -> JsonPosition {
    JsonPosition {
        line: position.line,
        column: position.column,
        offset: position.offset,
    }
}
