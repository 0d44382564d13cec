//! `--output github`: workflow commands, which GitHub shows as annotations at the lines of a pull request.
//!
//! The runner takes a line for a command that begins with `::`, and an older form that stands anywhere as `##[`
//! (actions/runner, `ActionCommand.TryParseV2` and `TryParse`); nothing from a manifest may become either.

use std::fmt::Write;

use super::Report;
use super::faults::{Fault, faults};
use super::sentence::{circumstances, mend, sentence, targets};
use super::summary;
use super::visible::visible;
use crate::policy::finding::{Place, Severity};

/// The report as lines for the log of a workflow step.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    if let Some(why) = &report.incomplete {
        let message = format!("the run could not be finished: {}", visible(why));
        let _ = writeln!(out, "::error title=checker::{}", escape_data(&message));
    }
    for fault in faults(report) {
        write_command(&mut out, &fault, report);
    }
    for line in summary::lines(report).into_iter().chain([summary::found(report)]) {
        let _ = writeln!(out, "{}", line.replace("##[", "## ["));
    }
    out
}

fn write_command(out: &mut String, fault: &Fault<'_>, report: &Report) {
    let finding = fault.finding;
    let place = &finding.primary.place;
    let mut message = vec![sentence(finding)];
    message.extend(circumstances(finding));
    message.extend(targets(fault, report));
    message.push(String::new());
    message.extend(mend(finding));
    let _ = writeln!(
        out,
        "::{} file={},{},title={}::{}",
        command(finding.severity),
        escape_path(place.file.path()),
        position(place),
        escape_property(&format!("checker[{}]", finding.policy)),
        escape_data(message.join("\n").trim_end()),
    );
}

fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    }
}

/// Columns only on one line: GitHub refuses an annotation with columns on several (REST API, check runs, `start_column`).
fn position(place: &Place) -> String {
    let start = place.file.position(place.span.start);
    let end = place.file.position(place.span.end);
    if start.line == end.line {
        return format!(
            "line={},endLine={},col={},endColumn={}",
            start.line, end.line, start.column, end.column
        );
    }
    let last = place.file.position(place.span.end.saturating_sub(1));
    format!("line={},endLine={}", start.line, last.line)
}

/// As `escapeData` of actions/toolkit, packages/core/src/command.ts.
fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As `escapeProperty` there.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The path must stay what it is, or the annotation lands nowhere; but what would steer a terminal is replaced.
fn escape_path(path: &str) -> String {
    escape_property(path).replace(char::is_control, "\u{fffd}")
}
