//! What was looked at and what was found, in a few sentences at the end of the report.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::coverage::{ChartCoverage, Coverage, DeliveryCounts, UndecidedDelivery};
use super::human::{CYAN, RED, Style, YELLOW, paint, wrap};
use super::visible::visible;
use super::{Report, TargetReport, mending, since, suppressed};
use crate::policy::finding::Severity;

/// For where nothing is coloured or wrapped.
const PLAIN: Style = Style {
    color: false,
    width: usize::MAX,
    verbose: false,
    show_suppressed: false,
    links: None,
};

/// Adds the summary to `out`.
pub(super) fn write(out: &mut String, report: &Report, style: Style<'_>) {
    write_coverage(out, report, style);
    let counts = counts(|severity| report.count(severity), style);
    let since = since::phrase(report);
    let suppressed = suppressed::count(report.suppressed());
    let found = format!("{counts}{since}{suppressed}{}", mending::phrase(report));
    for line in wrap(&found, style.width) {
        let _ = writeln!(out, "{line}");
    }
}

/// What was looked at, in whole lines that are safe to show.
pub(super) fn lines(report: &Report) -> Vec<String> {
    let mut text = String::new();
    write_coverage(&mut text, report, PLAIN);
    text.lines().map(str::to_owned).collect()
}

/// How many findings there are, by severity.
pub(super) fn found(report: &Report) -> String {
    counts(|severity| report.count(severity), PLAIN) + &since::phrase(report)
}

fn write_coverage(out: &mut String, report: &Report, style: Style<'_>) {
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
    write_deliveries(out, &coverage.deliveries, style);
    write_charts(out, &coverage.charts, style);
    for note in kustomization_notes(coverage) {
        for line in wrap(&note, style.width) {
            let _ = writeln!(out, "{line}");
        }
    }
    for line in wrap(&suppressed::sentence(report, style), style.width) {
        if !line.is_empty() {
            let _ = writeln!(out, "{line}");
        }
    }
    for line in wrap(&since::narrowing(report), style.width) {
        if !line.is_empty() {
            let _ = writeln!(out, "{line}");
        }
    }
    if report.targets.len() > 1 {
        for target in &report.targets {
            write_target(out, report, target, style);
        }
    }
}

fn kustomization_notes(coverage: &Coverage) -> Vec<String> {
    let counts = &coverage.kustomizations;
    let mut notes = Vec::new();
    if counts.roots > 0 {
        let built = counts.roots - counts.not_built.len();
        let mut note = format!(
            "{built} of {} {} built and judged as rendered",
            counts.roots,
            plural(counts.roots, "kustomization", "kustomizations")
        );
        if !counts.fallback.is_empty() {
            let by = counts.fallback.first().map_or("", |fallback| fallback.by);
            let _ = write!(note, ", {} of them by `{by}`", counts.fallback.len());
        }
        if counts.not_built.is_empty() {
            notes.push(format!("{note}."));
        } else {
            notes.push(format!("{note}; why not all is told above."));
        }
    }
    let kustomized = coverage.files.kustomized;
    if kustomized > 0 {
        let stand = plural(kustomized, "file stands", "files stand");
        notes.push(format!(
            "{kustomized} {stand} below a kustomization that was not built: judged as written."
        ));
    }
    notes
}

/// What Flux and Argo CD deliver, and with `-v` what of it Git does not decide.
fn write_deliveries(out: &mut String, deliveries: &DeliveryCounts, style: Style<'_>) {
    let known = deliveries.folders + deliveries.charts;
    let open = deliveries.undecided.len();
    if known + open == 0 {
        return;
    }
    let folders = plural(known, "folder", "folders");
    let mut note = format!("Flux and Argo CD deliver {known} {folders}");
    match (open, style.verbose) {
        (0, _) => note.push('.'),
        (_, true) => {
            let _ = write!(note, "; what Git does not decide of it:");
        }
        (_, false) => {
            let _ = write!(
                note,
                "; {open} {} of it Git does not decide (-v lists them).",
                plural(open, "part", "parts")
            );
        }
    }
    for line in wrap(&note, style.width) {
        let _ = writeln!(out, "{line}");
    }
    for undecided in deliveries.undecided.iter().filter(|_| style.verbose) {
        let UndecidedDelivery { file, line, by, reason } = undecided;
        let _ = writeln!(out, "  {}", visible(&format!("{file}:{line}  {by}: {reason}")));
    }
}

/// Which charts were rendered, and why the others were not.
fn write_charts(out: &mut String, charts: &[ChartCoverage], style: Style<'_>) {
    let (rendered, others): (Vec<_>, Vec<_>) = charts.iter().partition(|chart| chart.rendered);
    let mut sentences = Vec::new();
    if !rendered.is_empty() {
        let names: Vec<String> = rendered
            .iter()
            .map(|chart| match &chart.reason {
                None => format!("`{}`", chart.chart),
                Some(reason) => format!("`{}` ({reason})", chart.chart),
            })
            .collect();
        sentences.push(format!("Rendered by Helm: {}.", names.join(", ")));
    }
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for chart in others {
        let reason = chart.reason.as_deref().unwrap_or("");
        let reason = if chart.has_failed { "Helm fails" } else { reason };
        by_reason.entry(reason).or_default().push(format!("`{}`", chart.chart));
    }
    for (reason, names) in by_reason {
        let charts = plural(names.len(), "chart", "charts");
        sentences.push(format!("Not rendered: the {charts} {}: {reason}.", names.join(", ")));
    }
    for sentence in sentences {
        // Made safe first: a line feed in a name would begin a line of its own.
        for line in wrap(&visible(&sentence), style.width) {
            let _ = writeln!(out, "{line}");
        }
    }
}

/// One line a target: what of it was looked at, and what was found.
fn write_target(out: &mut String, report: &Report, target: &TargetReport, style: Style<'_>) {
    let files = &target.coverage.files;
    let what = if files.seen == 0 {
        "no file among the paths".to_owned()
    } else {
        format!("{} checked, {}", files.checked, objects_phrase(&target.coverage))
    };
    let counts = counts(|severity| report.count_of(&target.name, severity), style);
    let suppressed = report.suppressed().filter(|finding| finding.target == target.name);
    let suppressed = suppressed::count(suppressed);
    let _ = writeln!(out, "  {}: {what}; {counts}{suppressed}", visible(&target.name));
}

/// "1 error, 2 warnings, 0 info".
fn counts(count: impl Fn(Severity) -> usize, style: Style<'_>) -> String {
    let counts: Vec<String> = Severity::ALL
        .into_iter()
        .map(|severity| {
            let count = count(severity);
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
    counts.join(", ")
}

fn plural_of(severity: Severity, count: usize) -> &'static str {
    match severity {
        Severity::Error => plural(count, "error", "errors"),
        Severity::Warning => plural(count, "warning", "warnings"),
        Severity::Info => "info",
    }
}

/// What was looked at, in numbers.
pub(super) fn coverage_sentence(coverage: &Coverage) -> String {
    let files = &coverage.files;
    let mut sentence = format!(
        "{} {} seen: {} checked, ",
        files.seen,
        plural(files.seen, "file", "files"),
        files.checked,
    );
    if files.rendered > 0 {
        let _ = write!(sentence, "{} rendered, ", files.rendered);
    }
    let _ = write!(sentence, "{} unreadable", files.unreadable);
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
    let _ = write!(
        sentence,
        ". {objects} {}, {} among them, {} taken for {}.",
        plural(objects, "object", "objects"),
        objects_phrase(coverage),
        coverage.mesh_sidecar_sets,
        plural(coverage.mesh_sidecar_sets, "a mesh proxy", "mesh proxies"),
    );
    sentence
}

/// "2 Deployments and 1 SidecarSet".
fn objects_phrase(coverage: &Coverage) -> String {
    let count = |kind: &str| coverage.objects.get(kind).copied().unwrap_or(0);
    let (deployments, sets) = (count("Deployment"), count("SidecarSet"));
    format!(
        "{deployments} {} and {sets} {}",
        plural(deployments, "Deployment", "Deployments"),
        plural(sets, "SidecarSet", "SidecarSets"),
    )
}

/// The word for so many.
pub(crate) fn plural<'w>(count: usize, one: &'w str, many: &'w str) -> &'w str {
    if count == 1 { one } else { many }
}
