//! `--output gitlab`: a Code Quality report, which GitLab shows in merge requests.
//!
//! GitLab requires of each entry a description, a check name, a fingerprint that no other entry has, a path without `./`, a first line
//! and one of its severities (GitLab documentation, "Code Quality report format").
//!
//! GitLab holds the report of a merge request against that of its target branch by these fingerprints: what was there before must stand in
//! it, or it would be told as mended.

use serde::Serialize;

use super::Report;
use super::faults::{Fault, together};
use super::sentence::{sentence, targets};
use crate::policy::finding::{Place, Severity};

#[derive(Serialize)]
struct Violation<'r> {
    description: String,
    check_name: &'r str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'r>,
}

#[derive(Serialize)]
struct Location<'r> {
    path: &'r str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// The report as JSON text, with a line feed at its end.
#[must_use]
pub fn render(report: &Report) -> String {
    let findings = report.findings.iter().filter(|finding| !finding.is_suppressed());
    let faults = together(&findings.collect::<Vec<_>>());
    let violations: Vec<Violation<'_>> = faults.iter().map(|fault| violation(fault, report)).collect();
    let mut text = serde_json::to_string_pretty(&violations).unwrap_or_default();
    text.push('\n');
    text
}

fn violation<'r>(fault: &Fault<'r>, report: &Report) -> Violation<'r> {
    let finding = fault.finding;
    let place = &finding.primary.place;
    let description = match targets(fault, report) {
        Some(targets) => format!("{} ({targets})", sentence(finding)),
        None => sentence(finding),
    };
    Violation {
        description,
        check_name: &finding.policy,
        fingerprint: finding.fingerprint(),
        severity: severity(finding.severity),
        location: Location {
            path: place.file.path(),
            lines: lines(place),
        },
    }
}

/// What drops traffic is more than a matter of style, and no `blocker`: whether it blocks is for `--fail-on` to say.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "minor",
        Severity::Info => "info",
    }
}

fn lines(place: &Place) -> Lines {
    let begin = place.file.position(place.span.start).line;
    let last = place.file.position(place.span.end.saturating_sub(1));
    Lines {
        begin,
        end: last.line.max(begin),
    }
}
