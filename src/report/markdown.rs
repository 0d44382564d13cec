//! `--output markdown`: a comment for a pull request. What there is comes first, the details can be unfolded; what has changed since a
//! base comes last.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

use super::comment::{Comment, LONGEST};
use super::diff::{self, DiffReport};
use super::excerpt::Excerpt;
use super::faults::{Fault, faults, together};
use super::prose::{code_block, code_span, html_prose, prose};
use super::sentence::{circumstances, mend, position, sentence, targets};
use super::summary::{self, plural};
use super::{Report, visible::visible};
use crate::policy::catalog::Catalog;
use crate::policy::finding::{Finding, Severity};

/// Bytes for the table of policies; there could be any number.
const LONGEST_TABLE: usize = 20_000;
/// Bytes for what has changed, if the findings need all the others.
const CHANGES: usize = 25_000;
/// Faults of one policy that are shown.
const SHOWN: usize = 10;

/// The report as Markdown of at most 65,000 bytes; `catalog` says what each policy is for, `changes` what is otherwise than at the base.
#[must_use]
pub fn render(report: &Report, catalog: &Catalog, changes: Option<&DiffReport>) -> String {
    let Some(changes) = changes else {
        return findings(report, catalog, LONGEST);
    };
    // Each takes the room that the other leaves.
    let needed = diff::markdown::section(changes, CHANGES).len();
    let mut text = findings(report, catalog, LONGEST - needed);
    let section = diff::markdown::section(changes, LONGEST - text.len());
    text.push_str(&section);
    text
}

fn findings(report: &Report, catalog: &Catalog, longest: usize) -> String {
    let faults = faults(report);
    // The gravest first.
    let mut by_policy: BTreeMap<&str, Vec<&Fault<'_>>> = BTreeMap::new();
    for fault in &faults {
        by_policy.entry(&fault.finding.policy).or_default().push(fault);
    }
    let mut policies: Vec<_> = by_policy.into_iter().collect();
    policies.sort_by_key(|(_, faults)| Reverse(faults.iter().map(|fault| fault.finding.severity).max()));

    // By the comment at its head a program finds the comment that it wrote for an earlier commit.
    let mut out = Comment::new(longest);
    let _ = writeln!(
        out,
        "<!-- checker -->\n### checker: {}\n",
        prose(&summary::found(report))
    );
    if let Some(why) = &report.incomplete {
        let _ = writeln!(out, "**The run could not be finished:** {}\n", prose(&shortened(why)));
    }
    write_table(&mut out, &policies);
    for line in summary::lines(report) {
        // What is indented begins with the name of a target, and a name could begin a list.
        let lead = if line.starts_with(' ') { "· " } else { "" };
        out.push_if_room(&format!("{lead}{}\n\n", prose(line.trim_start())));
    }
    let mut unseen = 0;
    for (policy, faults) in &policies {
        unseen += write_policy(&mut out, policy, faults, report, catalog);
    }
    if let Some(comparison) = &report.comparison {
        let base = html_prose(&comparison.base);
        write_list(
            &mut out,
            &format!("Gone since {base}"),
            &comparison.gone.iter().collect::<Vec<_>>(),
        );
        write_list(
            &mut out,
            &format!("There since before {base}"),
            &report.staying().collect::<Vec<_>>(),
        );
    }
    if unseen > 0 {
        let _ = writeln!(
            out,
            "{unseen} more {} of policies for which there is no room here.",
            places(unseen)
        );
        out.push_str("\n");
    }
    out.into_text()
}

fn places(count: usize) -> &'static str {
    plural(count, "place", "places")
}

/// A text of which only the beginning matters.
fn shortened(text: &str) -> String {
    const CHARACTERS: usize = 1_000;
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn write_table(out: &mut Comment, policies: &[(&str, Vec<&Fault<'_>>)]) {
    if policies.is_empty() {
        return;
    }
    out.push_str("| policy | gravest | places |\n|---|---|--:|\n");
    for (at, (policy, faults)) in policies.iter().enumerate() {
        if out.len() > LONGEST_TABLE {
            let _ = writeln!(out, "| and {} more | | |", policies.len() - at);
            break;
        }
        let gravest = faults.iter().map(|fault| fault.finding.severity).max();
        let gravest = gravest.map_or("", Severity::name);
        // An id is of small letters, digits and hyphens.
        let _ = writeln!(out, "| `{policy}` | {gravest} | {} |", faults.len());
    }
    out.push_str("\n");
}

/// Findings that need nothing to be done now, a line each.
fn write_list(out: &mut Comment, title: &str, findings: &[&Finding]) {
    const LISTED: usize = 50;
    if findings.is_empty() {
        return;
    }
    let faults = together(findings);
    let head = format!("<details><summary>{title} ({})</summary>\n\n", findings.len());
    if !out.push_if_room(&head) {
        return;
    }
    let mut shown = 0;
    for fault in faults.iter().take(LISTED) {
        let finding = fault.finding;
        let place = code_span(&position(&finding.primary.place));
        let line = format!("- {place} `{}` {}\n", finding.policy, prose(&sentence(finding)));
        shown += usize::from(out.push_if_room(&line));
    }
    let more = faults.len() - shown;
    if more > 0 {
        let _ = writeln!(out, "\n… and {more} more {}.", places(more));
    }
    out.push_str("\n</details>\n\n");
}

/// Writes what there is room for, and gives the number of faults of a policy that is not there at all.
fn write_policy(out: &mut Comment, policy: &str, faults: &[&Fault<'_>], report: &Report, catalog: &Catalog) -> usize {
    let known = catalog.get(policy);
    let title = known.map_or(String::new(), |known| html_prose(&format!(": {}", known.title)));
    let mut head = format!(
        "<details><summary><code>{policy}</code>{title} ({})</summary>\n\n",
        faults.len()
    );
    if let Some(known) = known {
        let _ = writeln!(head, "**Why:** {}\n", paragraph(&known.why));
    }
    if !out.push_if_room(&head) {
        return faults.len();
    }
    let mut shown = 0;
    let mut last_mend = "";
    for fault in faults.iter().take(SHOWN) {
        let mut block = fault_block(fault, report);
        // What to write instead is said once for all that follow.
        if fault.finding.help != last_mend {
            block.push_str(&mend_block(&mend(fault.finding)));
        }
        if out.push_if_room(&block) {
            last_mend = &fault.finding.help;
            shown += 1;
        }
    }
    let more = faults.len() - shown;
    if more > 0 {
        let _ = writeln!(out, "… and {more} more {}.\n", places(more));
    }
    out.push_str("</details>\n\n");
    0
}

fn fault_block(fault: &Fault<'_>, report: &Report) -> String {
    let finding = fault.finding;
    let place = code_span(&position(&finding.primary.place));
    let mut block = format!("**{}** at {place}: {}\n\n", finding.severity, prose(&sentence(finding)));
    let excerpt = Excerpt::of(&[&finding.primary]).filter(|_| !finding.primary.place.file.text().is_empty());
    if let Some(excerpt) = excerpt {
        block.push_str(&code_block("text", &excerpt.marked_lines()));
        block.push('\n');
    }
    let lines = circumstances(finding).into_iter().chain(targets(fault, report));
    let mut has_lines = false;
    for line in lines {
        let _ = writeln!(block, "- \u{21b3} {}", prose(&line));
        has_lines = true;
    }
    if has_lines {
        block.push('\n');
    }
    block
}

/// Indented lines of a mend are text to paste.
fn mend_block(lines: &[String]) -> String {
    let mut block = String::new();
    for part in lines.chunk_by(|one, other| is_code(one) == is_code(other)) {
        if part.first().is_some_and(|line| is_code(line)) {
            let code: Vec<String> = part.iter().map(|line| line[2..].to_owned()).collect();
            block.push_str(&code_block("yaml", &code));
            block.push('\n');
        } else if part.iter().any(|line| !line.trim().is_empty()) {
            let lead = if block.is_empty() { "**Mend:** " } else { "… " };
            let _ = writeln!(block, "{lead}{}\n", paragraph(&part.join("\n")));
        }
    }
    block
}

fn is_code(line: &str) -> bool {
    line.starts_with("  ")
}

/// Lines of prose as one line.
fn paragraph(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    prose(&visible(&lines.join(" ")))
}
