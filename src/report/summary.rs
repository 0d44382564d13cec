//! What was looked at and what was found, in a few sentences at the end of the report.

use std::fmt::Write;

use super::coverage::Coverage;
use super::human::{CYAN, RED, Style, YELLOW, paint, wrap};
use super::visible::visible;
use super::{Report, TargetReport};
use crate::policy::finding::Severity;

/// Adds the summary to `out`.
pub(super) fn write(out: &mut String, report: &Report, style: Style) {
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
    for note in kustomization_notes(coverage) {
        for line in wrap(&note, style.width) {
            let _ = writeln!(out, "{line}");
        }
    }
    if report.targets.len() > 1 {
        for target in &report.targets {
            write_target(out, report, target, style);
        }
    }
    let _ = writeln!(out, "{}", counts(|severity| report.count(severity), style));
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

/// One line a target: what of it was looked at, and what was found.
fn write_target(out: &mut String, report: &Report, target: &TargetReport, style: Style) {
    let files = &target.coverage.files;
    let what = if files.seen == 0 {
        "no file among the paths".to_owned()
    } else {
        format!("{} checked, {}", files.checked, objects_phrase(&target.coverage))
    };
    let counts = counts(|severity| report.count_of(&target.name, severity), style);
    let _ = writeln!(out, "  {}: {what}; {counts}", visible(&target.name));
}

/// "1 error, 2 warnings, 0 info".
fn counts(count: impl Fn(Severity) -> usize, style: Style) -> String {
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
pub(super) fn plural<'w>(count: usize, one: &'w str, many: &'w str) -> &'w str {
    if count == 1 { one } else { many }
}
