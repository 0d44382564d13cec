//! `--output sarif`: SARIF 2.1.0, for code scanning.
//!
//! All policies are listed as rules, also those without a finding: GitHub shows what a run has asked, takes a rule's words from the last
//! run even when its findings are gone, and a run without results then still says what it looked for. No lines of files are quoted: who
//! reads this has the files, and so nothing of a Secret can get into it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use serde::Serialize;

use super::Report;
use super::coverage::Coverage;
use super::sentence::{position, sentence};
use super::visible::visible;
use crate::mend::{Prepared, Refusal};
use crate::policy::catalog::Catalog;
use crate::policy::definition::Policy;
use crate::policy::documentation;
use crate::policy::finding::{Finding, Label, Place, Severity, Since, with_holes};
use crate::policy::suppression::{Means, Suppressed};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// The name of the root of the repository in addresses.
const ROOT: &str = "%SRCROOT%";
/// The version is of what a fingerprint is made from.
const FINGERPRINT: &str = "checker/v1";
/// Related places of one result. GitHub shows 100 locations of a result and refuses a file with more than 1,000 (GitHub documentation,
/// "SARIF results exceed one or more limits").
const RELATED: usize = 99;

#[derive(Serialize)]
struct Log<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r> {
    tool: Tool<'r>,
    invocations: [Invocation; 1],
    original_uri_base_ids: BTreeMap<&'static str, Base>,
    column_kind: &'static str,
    results: Vec<RunResult<'r>>,
    properties: RunProperties<'r>,
}

#[derive(Serialize)]
struct Tool<'r> {
    driver: Driver<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'r> {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'r> {
    id: &'r str,
    short_description: Text,
    full_description: Text,
    help: Text,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: [String; 1],
    /// What GitHub sorts by, where there is no security score.
    #[serde(rename = "problem.severity")]
    problem_severity: &'static str,
}

#[derive(Serialize)]
struct Text {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
}

#[derive(Serialize)]
struct Base {
    description: Text,
}

#[derive(Serialize)]
struct RunProperties<'r> {
    coverage: &'r Coverage,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunResult<'r> {
    rule_id: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    /// Of every result, or of none (SARIF 2.1.0, section 3.27.24).
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    /// Empty for what is shown: where one result has the list, all are to have it.
    suppressions: Vec<Suppression<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Fix<'r>>,
    properties: ResultProperties<'r>,
}

/// What would put it right (SARIF 2.1.0, section 3.55).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix<'r> {
    description: Text,
    artifact_changes: [ArtifactChange<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange<'r> {
    artifact_location: ArtifactLocation,
    replacements: Vec<Replacement<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'r> {
    deleted_region: Region,
    inserted_content: InsertedContent<'r>,
}

#[derive(Serialize)]
struct InsertedContent<'r> {
    text: &'r str,
}

/// Why nobody is to be told of a result (SARIF 2.1.0, section 3.35).
#[derive(Serialize)]
struct Suppression<'r> {
    /// `inSource` for a comment or an annotation, `external` for what stands elsewhere.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'r str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultProperties<'r> {
    target: &'r str,
    path: &'r str,
    help: &'r str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rendered_in: Vec<&'r str>,
}

#[derive(Serialize)]
struct Location {
    /// What a link in the message names.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    #[serde(rename = "physicalLocation")]
    physical: PhysicalLocation,
    #[serde(rename = "logicalLocations", skip_serializing_if = "Vec::is_empty")]
    logical: Vec<LogicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// The report as JSON text, with a line feed at its end.
#[must_use]
pub fn render(report: &Report, catalog: &Catalog) -> String {
    let policies = catalog.policies();
    let indices: HashMap<&str, usize> = policies.iter().zip(0..).map(|(policy, at)| (&*policy.id, at)).collect();
    let of = |finding, state| result(finding, state, &indices);
    let state = |finding: &Finding| {
        finding.since.map(|since| match since {
            Since::New => "new",
            Since::Stays => "unchanged",
        })
    };
    let gone = report.comparison.iter().flat_map(|comparison| &comparison.gone);
    let findings = report.with_mends().map(|(finding, prepared)| RunResult {
        fixes: prepared
            .and_then(|prepared| fix(finding, prepared))
            .into_iter()
            .collect(),
        ..of(finding, state(finding))
    });
    let results = findings
        .chain(gone.map(|finding| of(finding, Some("absent"))))
        .collect();
    let version = env!("CARGO_PKG_VERSION");
    let root = Base {
        description: Text::plain("the root of the repository"),
    };
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "checker",
                    version,
                    semantic_version: version,
                    rules: policies.iter().map(rule).collect(),
                },
            },
            invocations: [invocation(report)],
            original_uri_base_ids: BTreeMap::from([(ROOT, root)]),
            column_kind: "unicodeCodePoints",
            results,
            properties: RunProperties {
                coverage: &report.coverage,
            },
        }],
    };
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

impl Text {
    fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            markdown: None,
        }
    }
}

fn rule(policy: &Policy) -> Rule<'_> {
    let why = policy.why.trim();
    let sources = policy.source.join("\n");
    let help = format!("{why}\n\n{}\n\n{sources}", with_holes(policy.mend.trim_end()));
    Rule {
        id: &policy.id,
        short_description: Text::plain(visible(&policy.title)),
        full_description: Text::plain(why),
        help: Text {
            text: help,
            markdown: Some(documentation::explanation(policy)),
        },
        default_configuration: Configuration {
            level: level(policy.severity),
        },
        properties: RuleProperties {
            tags: [policy.chapter.title().to_lowercase().replace(' ', "-")],
            problem_severity: match policy.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "recommendation",
            },
        },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn invocation(report: &Report) -> Invocation {
    let notification = report.incomplete.as_ref().map(|why| Notification {
        level: "error",
        message: Text::plain(visible(why)),
    });
    Invocation {
        execution_successful: notification.is_none(),
        tool_execution_notifications: notification.into_iter().collect(),
    }
}

fn result<'r>(
    finding: &'r Finding,
    baseline_state: Option<&'static str>,
    indices: &HashMap<&str, usize>,
) -> RunResult<'r> {
    let object = finding.object.as_ref().map(|identity| LogicalLocation {
        fully_qualified_name: visible(&format!("{} {identity}", identity.api_version)).into_owned(),
        kind: "resource",
    });
    let words = finding.primary.words();
    let related = finding.related.iter().take(RELATED).zip(1..);
    RunResult {
        rule_id: &finding.policy,
        rule_index: indices.get(&*finding.policy).copied(),
        level: level(finding.severity),
        message: Text::plain(message(finding)),
        locations: [Location {
            id: None,
            physical: physical_location(&finding.primary.place),
            logical: object.into_iter().collect(),
            message: (!words.is_empty()).then(|| Text::plain(visible(&words))),
        }],
        related_locations: related.map(|(label, id)| related_location(label, id)).collect(),
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, finding.fingerprint())]),
        baseline_state,
        suppressions: finding.suppressed.iter().map(suppression).collect(),
        fixes: Vec::new(),
        properties: ResultProperties {
            target: &finding.target,
            path: &finding.path,
            help: finding.help.trim_end(),
            rendered_in: finding.rendered_in.iter().map(|root| &**root).collect(),
        },
    }
}

fn fix<'r>(finding: &Finding, prepared: &'r Result<Prepared, Refusal>) -> Option<Fix<'r>> {
    let mend = finding.mend.as_ref()?;
    let edits = &prepared.as_ref().ok()?.edits;
    let (first, _) = edits.first()?;
    let replacement = |(place, text): &'r (Place, String)| Replacement {
        deleted_region: region(place),
        inserted_content: InsertedContent { text },
    };
    Some(Fix {
        description: Text::plain(visible(&format!("{} ({})", mend.description, mend.safety.name()))),
        artifact_changes: [ArtifactChange {
            artifact_location: artifact_location(first),
            replacements: edits.iter().map(replacement).collect(),
        }],
    })
}

fn suppression(suppressed: &Suppressed) -> Suppression<'_> {
    Suppression {
        kind: match suppressed.means {
            Means::Comment | Means::Annotation => "inSource",
            Means::Configuration | Means::Baseline => "external",
        },
        justification: suppressed.reason.as_deref(),
    }
}

/// The sentence with links to the related places: GitHub shows those only that a message links to.
fn message(finding: &Finding) -> String {
    let mut message = unlinked(&sentence(finding));
    let links: Vec<String> = finding
        .related
        .iter()
        .take(RELATED)
        .zip(1..)
        .map(|(label, id)| format!("[{}]({id})", escape_brackets(&link_text(label))))
        .collect();
    if !links.is_empty() {
        let _ = write!(message, "; see {}", links.join(", "));
    }
    let more = finding.related.len().saturating_sub(RELATED);
    if more > 0 {
        let _ = write!(message, " and {more} more");
    }
    message
}

fn link_text(label: &Label) -> String {
    let words = label.words();
    if words.is_empty() {
        position(&label.place)
    } else {
        visible(&words).into_owned()
    }
}

/// A text in which nothing is a link. `[words](destination)` is one in every message (SARIF 2.1.0, 3.11.6).
fn unlinked(text: &str) -> String {
    if text.contains("](") {
        escape_brackets(text)
    } else {
        text.to_owned()
    }
}

fn escape_brackets(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn related_location(label: &Label, id: usize) -> Location {
    Location {
        id: Some(id),
        physical: physical_location(&label.place),
        logical: Vec::new(),
        message: Some(Text::plain(link_text(label))),
    }
}

fn physical_location(place: &Place) -> PhysicalLocation {
    PhysicalLocation {
        artifact_location: artifact_location(place),
        region: region(place),
    }
}

fn artifact_location(place: &Place) -> ArtifactLocation {
    ArtifactLocation {
        uri: relative_uri(place.file.path()),
        uri_base_id: ROOT,
    }
}

fn region(place: &Place) -> Region {
    let start = place.file.position(place.span.start);
    let end = place.file.position(place.span.end);
    Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

/// The path as a relative reference: all but what RFC 3986 leaves unreserved is encoded, so that no `:` makes a scheme of a folder.
fn relative_uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
