//! The report for a person at a terminal.
//!
//! One fault that repeats in forty files is shown in full a few times and then listed, and what a policy is for is said once.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::Arc;

use textwrap::WordSplitter;

use super::Report;
use super::excerpt::Excerpt;
use super::faults::faults;
use super::links::{self, Links};
use super::mending;
use super::sentence::{roots_note, sentence};
use super::shown::Shown;
use super::since;
use super::summary::{self, plural};
use super::suppressed;
use super::visible::visible;
use crate::policy::catalog::Catalog;
use crate::policy::finding::{Finding, Label, Place, Severity};

/// How the report is to look.
#[derive(Debug, Clone, Copy)]
pub struct Style<'l> {
    /// Colours, by ANSI codes.
    pub color: bool,
    /// Columns to fill.
    pub width: usize,
    /// Show every finding in full, and every file.
    pub verbose: bool,
    /// List the findings that somebody decided not to see.
    pub show_suppressed: bool,
    /// Where names of files and policies lead, if the terminal can open links.
    pub links: Option<&'l Links>,
}

/// Findings of one policy that are shown in full.
const SHOWN_IN_FULL: usize = 3;
/// Further findings of one policy that are listed by their places.
const LISTED: usize = 10;

/// Renders the report; `catalog` says what each policy is for.
#[must_use]
pub fn render(report: &Report, catalog: &Catalog, style: Style<'_>) -> String {
    let mut out = String::new();
    if style.verbose {
        for line in &report.files {
            let name = links::to_file(style.links, &line.name, &visible(&line.name));
            let _ = writeln!(out, "{:<28} {name}", line.what);
        }
        if !report.files.is_empty() {
            out.push('\n');
        }
    }
    let mut shown: HashMap<&str, usize> = HashMap::new();
    let mut rest: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    // What several targets share is shown once.
    for fault in &faults(report) {
        let finding = fault.finding;
        let count = shown.entry(&finding.policy).or_default();
        *count += 1;
        if *count > SHOWN_IN_FULL && !style.verbose {
            rest.entry(&finding.policy).or_default().push(finding);
            continue;
        }
        let is_first = *count == 1;
        write_finding(&mut out, finding, is_first, catalog, style);
        if report.targets.len() > 1 {
            write_targets(&mut out, &fault.targets, style);
        }
        out.push('\n');
    }
    for (policy, findings) in rest {
        write_rest(&mut out, policy, &findings, catalog, style);
    }
    since::write(&mut out, report, style);
    if style.show_suppressed {
        suppressed::write(&mut out, report, style);
    }
    summary::write(&mut out, report, style);
    if let Some(mending) = &report.mending {
        out.push_str(&mending::summary(mending, style));
    }
    out
}

/// Related places this many lines away from the primary one are shown with it, others in a block of their own.
const NEAR_LINES: usize = 12;

fn write_finding(out: &mut String, finding: &Finding, is_first: bool, catalog: &Catalog, style: Style<'_>) {
    let primary = &finding.primary;
    let (near, far): (Vec<&Label>, Vec<&Label>) = finding.related.iter().partition(|label| is_near(primary, label));
    let mut labels = vec![primary];
    labels.extend(near);
    let policy = policy_name(&finding.policy, catalog, style);
    Shown {
        message: format!("{}[{policy}]: {}", finding.severity, sentence(finding)),
        severity: miette_severity(finding.severity),
        excerpt: excerpt(&labels, style).filter(|_| !primary.place.file.text().is_empty()),
    }
    .write(out, style.color, style.width);
    for label in far {
        let wordless = Label {
            text: String::new(),
            place: Place::new(Arc::clone(&label.place.file), label.place.span),
        };
        let words = label.words();
        let message = if words.is_empty() { "together with" } else { &*words };
        Shown {
            message: visible(message).into_owned(),
            severity: miette::Severity::Advice,
            excerpt: excerpt(&[&wordless], style),
        }
        .write(out, style.color, style.width);
    }
    if let Some(note) = roots_note(finding) {
        write_note(out, "in", &note, style);
    }
    if is_first && let Some(policy) = catalog.get(&finding.policy) {
        write_note(out, "why", &policy.why, style);
    }
    if !finding.help.is_empty() {
        write_note(out, "mend", &finding.help, style);
    }
}

/// The lines around some labels, under a name that leads to their file.
fn excerpt(labels: &[&Label], style: Style<'_>) -> Option<Excerpt> {
    let file = &labels.first()?.place.file;
    let name = links::to_file(style.links, file.path(), &visible(file.path()));
    Some(Excerpt::of(labels)?.named(name))
}

/// The id of a policy, which leads to its file if it is the user's own.
fn policy_name(id: &str, catalog: &Catalog, style: Style<'_>) -> String {
    let file = catalog.get(id).and_then(|policy| policy.file.as_deref());
    match (style.links, file) {
        (Some(_), Some(file)) => links::to_path(file, id),
        _ => id.to_owned(),
    }
}

fn write_targets(out: &mut String, names: &[&str], style: Style<'_>) {
    let title = plural(names.len(), "target", "targets");
    write_note(out, title, &names.join(", "), style);
}

fn is_near(primary: &Label, other: &Label) -> bool {
    let (one, two) = (&primary.place, &other.place);
    std::sync::Arc::ptr_eq(&one.file, &two.file) && {
        let line = |offset: u32| one.file.position(offset).line;
        line(one.span.start).abs_diff(line(two.span.start)) <= NEAR_LINES
    }
}

fn miette_severity(severity: Severity) -> miette::Severity {
    match severity {
        Severity::Error => miette::Severity::Error,
        Severity::Warning => miette::Severity::Warning,
        Severity::Info => miette::Severity::Advice,
    }
}

/// Text under a finding: prose is wrapped, indented lines (text to paste) stay as they are.
fn write_note(out: &mut String, title: &str, text: &str, style: Style<'_>) {
    let indent = " ".repeat(title.len() + 4);
    let mut lead = format!("  {}: ", paint(title, CYAN, style));
    for line in text.trim_end().lines() {
        let is_code = line.starts_with("  ");
        if line.trim().is_empty() {
            out.push('\n');
            continue;
        }
        if is_code {
            let _ = writeln!(out, "{lead}{}", visible(line));
        } else {
            let width = style.width.saturating_sub(indent.len()).max(20);
            for (index, part) in wrap(&visible(line.trim()), width).iter().enumerate() {
                let prefix = if index == 0 { lead.as_str() } else { indent.as_str() };
                let _ = writeln!(out, "{prefix}{part}");
            }
        }
        lead.clone_from(&indent);
    }
}

fn write_rest(out: &mut String, policy: &str, findings: &[&Finding], catalog: &Catalog, style: Style<'_>) {
    let title = catalog.get(policy).map_or(policy, |policy| policy.title.as_str());
    let _ = writeln!(
        out,
        "  {} [{}] in {} more {}:",
        paint(title, BOLD, style),
        policy_name(policy, catalog, style),
        findings.len(),
        plural(findings.len(), "place", "places")
    );
    for finding in findings.iter().take(LISTED) {
        let place = &finding.primary.place;
        let position = place.file.position(place.span.start);
        let object = finding
            .object
            .as_ref()
            .map(|identity| format!("  {identity}"))
            .unwrap_or_default();
        let _ = writeln!(
            out,
            "    {}:{}:{}{}",
            links::to_file(style.links, place.file.path(), &visible(place.file.path())),
            position.line,
            position.column,
            visible(&object)
        );
    }
    if findings.len() > LISTED {
        let _ = writeln!(out, "    and {} more (-v shows them all)", findings.len() - LISTED);
    }
    out.push('\n');
}

/// Lines of at most `width` columns; identifiers such as `helm-template` stay whole.
pub(super) fn wrap(text: &str, width: usize) -> Vec<std::borrow::Cow<'_, str>> {
    let options = textwrap::Options::new(width.max(20)).word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(text, options)
}

pub(super) const RED: &str = "31";
pub(super) const GREEN: &str = "32";
pub(super) const YELLOW: &str = "33";
pub(super) const CYAN: &str = "36";
pub(super) const DIM: &str = "2";
pub(super) const BOLD: &str = "1";

pub(super) fn paint(text: &str, code: &str, style: Style<'_>) -> String {
    if style.color {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}
