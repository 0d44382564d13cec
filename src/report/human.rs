//! The report for a person at a terminal.
//!
//! One fault that repeats in forty files is shown in full a few times and then listed, and what a policy is for is said once.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use textwrap::WordSplitter;

use super::Report;
use super::coverage::Coverage;
use super::excerpt::{CONTEXT_LINES, Excerpt};
use super::visible::visible;
use crate::policy::catalog::Catalog;
use crate::policy::finding::{Finding, Label, Severity};

/// How the report is to look.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Colours, by ANSI codes.
    pub color: bool,
    /// Columns to fill.
    pub width: usize,
    /// Show every finding in full, and every file.
    pub verbose: bool,
}

/// Findings of one policy that are shown in full.
const SHOWN_IN_FULL: usize = 3;
/// Further findings of one policy that are listed by their places.
const LISTED: usize = 10;

/// Renders the report; `catalog` says what each policy is for.
#[must_use]
pub fn render(report: &Report, catalog: &Catalog, style: Style) -> String {
    let mut out = String::new();
    if style.verbose {
        for line in &report.files {
            let _ = writeln!(out, "{:<28} {}", line.what, visible(&line.name));
        }
        if !report.files.is_empty() {
            out.push('\n');
        }
    }
    let mut shown: HashMap<&str, usize> = HashMap::new();
    let mut rest: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        let count = shown.entry(&finding.policy).or_default();
        *count += 1;
        if *count > SHOWN_IN_FULL && !style.verbose {
            rest.entry(&finding.policy).or_default().push(finding);
            continue;
        }
        let is_first = *count == 1;
        write_finding(&mut out, finding, is_first, catalog, style);
    }
    for (policy, findings) in rest {
        write_rest(&mut out, policy, &findings, catalog, style);
    }
    write_summary(&mut out, report, style);
    out
}

/// One block of source lines with a sentence above it.
#[derive(Debug)]
struct Shown {
    message: String,
    severity: miette::Severity,
    excerpt: Option<Excerpt>,
}

impl std::fmt::Display for Shown {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let excerpt = self.excerpt.as_ref()?;
        Some(Box::new(excerpt.labels.iter().cloned()))
    }
}

/// Related places this many lines away from the primary one are shown with it, others in a block of their own.
const NEAR_LINES: usize = 12;

fn write_finding(out: &mut String, finding: &Finding, is_first: bool, catalog: &Catalog, style: Style) {
    let primary = &finding.primary;
    let (near, far): (Vec<&Label>, Vec<&Label>) = finding.related.iter().partition(|label| is_near(primary, label));
    let mut labels = vec![primary];
    labels.extend(near);
    // A message that names its object needs no name in front.
    let object = finding
        .object
        .as_ref()
        .filter(|identity| !finding.message.contains(&format!("`{}`", identity.display_name())))
        .map(|identity| format!("{identity}: "))
        .unwrap_or_default();
    let handler = handler(style);
    let message = format!("{}[{}]: {object}{}", finding.severity, finding.policy, finding.message);
    let _ = handler.render_report(
        out,
        &Shown {
            message: visible(&message).into_owned(),
            severity: miette_severity(finding.severity),
            excerpt: Excerpt::of(&labels).filter(|_| !primary.place.file.text().is_empty()),
        },
    );
    for label in far {
        let wordless = Label {
            text: String::new(),
            place: label.place.clone(),
        };
        let message = if label.text.is_empty() {
            "together with"
        } else {
            &label.text
        };
        let _ = handler.render_report(
            out,
            &Shown {
                message: visible(message).into_owned(),
                severity: miette::Severity::Advice,
                excerpt: Excerpt::of(&[&wordless]),
            },
        );
    }
    if is_first && let Some(policy) = catalog.get(&finding.policy) {
        write_note(out, "why", &policy.why, style);
    }
    if !finding.help.is_empty() {
        write_note(out, "mend", &finding.help, style);
    }
    out.push('\n');
}

fn is_near(primary: &Label, other: &Label) -> bool {
    let (one, two) = (&primary.place, &other.place);
    std::sync::Arc::ptr_eq(&one.file, &two.file) && {
        let line = |offset: u32| one.file.position(offset).line;
        line(one.span.start).abs_diff(line(two.span.start)) <= NEAR_LINES
    }
}

fn handler(style: Style) -> GraphicalReportHandler {
    let theme = if style.color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_context_lines(CONTEXT_LINES)
        .with_word_splitter(WordSplitter::NoHyphenation)
        .without_cause_chain()
        .with_links(false)
}

fn miette_severity(severity: Severity) -> miette::Severity {
    match severity {
        Severity::Error => miette::Severity::Error,
        Severity::Warning => miette::Severity::Warning,
        Severity::Info => miette::Severity::Advice,
    }
}

/// Text under a finding: prose is wrapped, indented lines (text to paste) stay as they are.
fn write_note(out: &mut String, title: &str, text: &str, style: Style) {
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

fn write_rest(out: &mut String, policy: &str, findings: &[&Finding], catalog: &Catalog, style: Style) {
    let title = catalog.get(policy).map_or(policy, |policy| policy.title.as_str());
    let _ = writeln!(
        out,
        "  {} [{policy}] in {} more {}:",
        paint(title, BOLD, style),
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
            visible(place.file.path()),
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

fn write_summary(out: &mut String, report: &Report, style: Style) {
    let coverage = &report.coverage;
    for line in wrap(&coverage_sentence(coverage), style.width) {
        let _ = writeln!(out, "{line}");
    }
    if coverage.undecided > 0 {
        let note = format!(
            "Of {} {} Git does not tell whether the mesh injects a proxy: the namespace, or its labels, are not there.",
            coverage.undecided,
            plural(coverage.undecided, "workload", "workloads")
        );
        for line in wrap(&note, style.width) {
            let _ = writeln!(out, "{line}");
        }
    }
    if coverage.files.kustomized > 0 {
        let note = format!(
            "{} of them {} below a kustomization: judged as written, not as rendered.",
            coverage.files.kustomized,
            plural(coverage.files.kustomized, "stands", "stand")
        );
        for line in wrap(&note, style.width) {
            let _ = writeln!(out, "{line}");
        }
    }
    let counts: Vec<String> = Severity::ALL
        .into_iter()
        .map(|severity| {
            let count = report.count(severity);
            let word = match severity {
                Severity::Info => "info",
                _ => plural_of(severity, count),
            };
            let color = match severity {
                Severity::Error => RED,
                Severity::Warning => YELLOW,
                Severity::Info => CYAN,
            };
            let text = format!("{count} {word}");
            if count > 0 { paint(&text, color, style) } else { text }
        })
        .collect();
    let _ = writeln!(out, "{}", counts.join(", "));
}

fn plural_of(severity: Severity, count: usize) -> &'static str {
    match severity {
        Severity::Error => plural(count, "error", "errors"),
        Severity::Warning => plural(count, "warning", "warnings"),
        Severity::Info => "info",
    }
}

fn coverage_sentence(coverage: &Coverage) -> String {
    let files = &coverage.files;
    let mut sentence = format!(
        "{} {} seen: {} checked, {} unreadable",
        files.seen,
        plural(files.seen, "file", "files"),
        files.checked,
        files.unreadable
    );
    let skipped: usize = files.skipped.values().sum();
    let reasons: Vec<String> = files
        .skipped
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    let _ = write!(sentence, ", {skipped} skipped");
    if !reasons.is_empty() {
        let _ = write!(sentence, " ({})", reasons.join(", "));
    }
    let objects: usize = coverage.objects.values().sum();
    let count = |kind: &str| coverage.objects.get(kind).copied().unwrap_or(0);
    let (deployments, sets) = (count("Deployment"), count("SidecarSet"));
    let _ = write!(
        sentence,
        ". {objects} {}, {deployments} {} and {sets} {} among them, {} taken for {}.",
        plural(objects, "object", "objects"),
        plural(deployments, "Deployment", "Deployments"),
        plural(sets, "SidecarSet", "SidecarSets"),
        coverage.mesh_sidecar_sets,
        plural(coverage.mesh_sidecar_sets, "a mesh proxy", "mesh proxies"),
    );
    sentence
}

fn plural<'w>(count: usize, one: &'w str, many: &'w str) -> &'w str {
    if count == 1 { one } else { many }
}

/// Lines of at most `width` columns; identifiers such as `helm-template` stay whole.
fn wrap(text: &str, width: usize) -> Vec<std::borrow::Cow<'_, str>> {
    let options = textwrap::Options::new(width.max(20)).word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(text, options)
}

const RED: &str = "31";
const YELLOW: &str = "33";
const CYAN: &str = "36";
const BOLD: &str = "1";

fn paint(text: &str, code: &str, style: Style) -> String {
    if style.color {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}
