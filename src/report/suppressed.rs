//! The findings that somebody decided not to see: how many, by what, and for those who ask which.

use std::fmt::Write;

use super::Report;
use super::faults::is_same_elsewhere;
use super::human::{DIM, Style, paint, wrap};
use super::visible::visible;
use crate::policy::finding::{Finding, Place};
use crate::policy::suppression::{Means, Suppressed};

/// ", 3 suppressed", or nothing.
pub(super) fn count<'f>(findings: impl Iterator<Item = &'f Finding>) -> String {
    match findings.count() {
        0 => String::new(),
        count => format!(", {count} suppressed"),
    }
}

/// "Suppressed: 2 by comments, 1 by the baseline (--show-suppressed lists them).", or nothing.
pub(super) fn sentence(report: &Report, style: Style<'_>) -> String {
    let means: Vec<Means> = report
        .suppressed()
        .filter_map(|finding| Some(finding.suppressed.as_ref()?.means))
        .collect();
    if means.is_empty() {
        return String::new();
    }
    let by: Vec<String> = Means::ALL
        .into_iter()
        .filter_map(|one| {
            let count = means.iter().filter(|means| **means == one).count();
            (count > 0).then(|| format!("{count} by {}", several(one, count)))
        })
        .collect();
    let hint = if style.show_suppressed {
        ""
    } else {
        " (--show-suppressed lists them)"
    };
    format!("Suppressed: {}{hint}.", by.join(", "))
}

fn several(means: Means, count: usize) -> &'static str {
    match means {
        Means::Comment => super::summary::plural(count, "a comment", "comments"),
        Means::Annotation => super::summary::plural(count, "an annotation", "annotations"),
        Means::Configuration => "the configuration",
        Means::Baseline => "the baseline",
    }
}

/// Lists the suppressed findings, each with what suppresses it.
pub(super) fn write(out: &mut String, report: &Report, style: Style<'_>) {
    let findings: Vec<&Finding> = report.suppressed().collect();
    let mut lines = Vec::new();
    for same in findings.chunk_by(|one, other| is_same_elsewhere(one, other)) {
        let Some((finding, suppressed)) = same
            .first()
            .and_then(|finding| Some((finding, finding.suppressed.as_ref()?)))
        else {
            continue;
        };
        let object = finding
            .object
            .as_ref()
            .map_or(String::new(), |identity| format!("{identity}: "));
        let head = format!(
            "{}[{}] {}: {object}{}",
            finding.severity,
            finding.policy,
            place(&finding.primary.place),
            finding.message
        );
        lines.extend(indented(&head, 2, style));
        lines.extend(indented(&by(suppressed), 6, style));
    }
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", paint("Suppressed:", DIM, style));
    for line in lines {
        let _ = writeln!(out, "{}", paint(&line, DIM, style));
    }
    out.push('\n');
}

/// "by the comment at a.yaml:3:1 until 2026-12-31: moves in Q4".
fn by(suppressed: &Suppressed) -> String {
    let mut text = format!("by the {} at {}", suppressed.means.name(), place(&suppressed.place));
    if let Some(until) = suppressed.until {
        let _ = write!(text, " until {until}");
    }
    if let Some(reason) = &suppressed.reason {
        let _ = write!(text, ": {reason}");
    }
    text
}

fn place(place: &Place) -> String {
    let position = place.file.position(place.span.start);
    format!("{}:{}:{}", place.file.path(), position.line, position.column)
}

/// A text over as many lines as it needs, the first `columns` in.
pub(super) fn indented(text: &str, columns: usize, style: Style<'_>) -> Vec<String> {
    let indent = " ".repeat(columns);
    let width = style.width.saturating_sub(columns);
    wrap(&visible(text), width)
        .iter()
        .enumerate()
        .map(|(at, line)| format!("{indent}{}{line}", if at > 0 { "  " } else { "" }))
        .collect()
}
