//! What a report says besides the findings that it tells: what was there before, what is gone, and what is elsewhere.

use std::fmt::Write;

use super::Report;
use super::faults::together;
use super::human::{BOLD, DIM, Style, paint};
use super::sentence::{position, sentence};
use super::summary::plural;
use super::suppressed::indented;
use super::visible::visible;
use crate::policy::finding::Finding;

/// Findings that are listed.
const LISTED: usize = 20;

/// " new since `main`; 4 stay, 1 is gone", or nothing.
pub(super) fn phrase(report: &Report) -> String {
    let Some(comparison) = &report.comparison else {
        return String::new();
    };
    let (stay, gone) = (report.staying().count(), comparison.gone.len());
    format!(
        " new since `{}`; {stay} {}, {gone} {} gone",
        visible(&comparison.base),
        plural(stay, "stays", "stay"),
        plural(gone, "is", "are"),
    )
}

/// How much is not told because it concerns other files, or nothing.
pub(super) fn narrowing(report: &Report) -> String {
    let Some(narrowing) = &report.narrowing else {
        return String::new();
    };
    let files = narrowing.touched.names.len();
    let elsewhere = narrowing.elsewhere;
    format!(
        "Told is what concerns the {files} {} asked for; {elsewhere} {} elsewhere {} not.",
        plural(files, "path", "paths"),
        plural(elsewhere, "finding", "findings"),
        plural(elsewhere, "is", "are"),
    )
}

/// Lists what is gone, and with `-v` what stays.
pub(super) fn write(out: &mut String, report: &Report, style: Style) {
    let Some(comparison) = &report.comparison else {
        return;
    };
    let base = visible(&comparison.base);
    let gone: Vec<&Finding> = comparison.gone.iter().collect();
    write_list(out, &format!("Gone since `{base}`:"), &gone, style);
    if style.verbose {
        let staying: Vec<&Finding> = report.staying().collect();
        write_list(out, &format!("There since before `{base}`:"), &staying, style);
    }
}

fn write_list(out: &mut String, title: &str, findings: &[&Finding], style: Style) {
    if findings.is_empty() {
        return;
    }
    let faults = together(findings);
    let listed = if style.verbose { faults.len() } else { LISTED };
    let _ = writeln!(out, "{}", paint(title, BOLD, style));
    for fault in faults.iter().take(listed) {
        let finding = fault.finding;
        let place = position(&finding.primary.place);
        let line = format!(
            "{}[{}] {place}: {}",
            finding.severity,
            finding.policy,
            sentence(finding)
        );
        for line in indented(&line, 2, style) {
            let _ = writeln!(out, "{}", paint(&line, DIM, style));
        }
    }
    let more = faults.len().saturating_sub(listed);
    if more > 0 {
        let _ = writeln!(out, "  and {more} more (-v shows them all)");
    }
    out.push('\n');
}
