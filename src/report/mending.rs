//! What was mended of what was found, what could be, and what was refused with its reason.

use std::fmt::Write;

use similar::TextDiff;

use super::Report;
use super::human::{CYAN, GREEN, RED, Style, paint, wrap};
use super::sentence::position;
use super::summary::plural;
use super::visible::visible;
use crate::mend::Mending;

/// "; 3 can be mended with `--fix`", or nothing.
pub(super) fn phrase(report: &Report) -> String {
    match (report.mendable(), &report.mending) {
        (0, _) | (_, Some(_)) => String::new(),
        (mendable, None) => format!("; {mendable} can be mended with `--fix`"),
    }
}

/// The sentences about the mends of a run, in whole lines that are safe to show.
#[must_use]
pub fn summary(mending: &Mending, style: Style<'_>) -> String {
    let Mending {
        mended,
        held_back,
        refused,
        is_written,
        ..
    } = mending;
    let would = if *is_written { "" } else { "would be " };
    let mut parts = vec![format!(
        "{mended} {} {would}mended",
        plural(*mended, "finding", "findings")
    )];
    if *held_back > 0 {
        parts.push(format!("{held_back} can be mended with `--unsafe-fixes`"));
    }
    if !refused.is_empty() {
        parts.push(format!("{} refused:", refused.len()));
    }
    let mut out = format!("{}\n", parts.join(", "));
    for refused in refused {
        let place = visible(&position(&refused.place)).into_owned();
        let words = format!("{place}  [{}] {}: {}", refused.policy, refused.description, refused.why);
        for (at, line) in wrap(&visible(&words), style.width.saturating_sub(4)).iter().enumerate() {
            let indent = if at == 0 { "  " } else { "    " };
            let _ = writeln!(out, "{indent}{line}");
        }
    }
    out
}

/// What changes in the files, as a unified diff that `git apply` takes.
#[must_use]
pub fn difference(mending: &Mending, is_colored: bool) -> String {
    const CONTEXT: usize = 3;
    let mut out = String::new();
    for ((name, new), old) in mending.texts.iter().zip(mending.before.values()) {
        let name = visible(name);
        let name = name.trim_start_matches('/');
        let text = TextDiff::from_lines(old.text(), new.as_str())
            .unified_diff()
            .context_radius(CONTEXT)
            .header(&format!("a/{name}"), &format!("b/{name}"))
            .to_string();
        for line in text.split_inclusive('\n') {
            out.push_str(&colored(line, is_colored));
        }
    }
    out
}

fn colored(line: &str, is_colored: bool) -> String {
    let code = match line.bytes().next() {
        Some(b'+') => GREEN,
        Some(b'-') => RED,
        Some(b'@') => CYAN,
        _ => return line.to_owned(),
    };
    let style = Style {
        color: is_colored,
        width: usize::MAX,
        verbose: false,
        show_suppressed: false,
        links: None,
    };
    let content = line.trim_end_matches(['\r', '\n']);
    format!("{}{}", paint(content, code, style), &line[content.len()..])
}
