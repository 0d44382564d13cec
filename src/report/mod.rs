//! Findings and coverage, for people and for programs. One file a format.

pub mod configuration;
pub mod coverage;
mod excerpt;
mod faults;
mod fingerprints;
pub mod github;
pub mod gitlab;
pub mod human;
pub mod json;
pub mod junit;
pub mod kustomizations;
pub mod markdown;
pub mod objects;
mod prose;
pub mod sarif;
mod sentence;
mod shown;
mod summary;
#[cfg(test)]
mod tests;
pub mod visible;

use std::sync::Arc;

use coverage::{Coverage, FileLine};

use crate::model::target::Targets;
use crate::policy::catalog::Catalog;
use crate::policy::evaluate::{Context, EvaluationProblem, evaluate};
use crate::policy::finding::{Finding, Severity};
use crate::source::load::Repository;

/// Everything a report is made from.
#[derive(Debug)]
pub struct Report {
    /// Sorted by place, and at one place by the order of the targets.
    pub findings: Vec<Finding>,
    /// What was looked at, of all targets together.
    pub coverage: Coverage,
    /// Each target that was judged, in the order of the configuration.
    pub targets: Vec<TargetReport>,
    /// Every path met, for those who ask.
    pub files: Vec<FileLine>,
    /// Why something was not judged at all, if so; then the run could not finish.
    pub incomplete: Option<String>,
}

/// What is told of one target.
#[derive(Debug)]
pub struct TargetReport {
    /// Its name.
    pub name: Arc<str>,
    /// What was looked at for it.
    pub coverage: Coverage,
    /// Why something of it was not judged at all, if so.
    incomplete: Option<String>,
}

impl Report {
    /// Judges the selected targets of a repository, one after the other.
    ///
    /// # Errors
    /// The first policy that cannot be evaluated.
    pub fn of(repository: &Repository, catalog: &Catalog, targets: &Targets) -> Result<Self, EvaluationProblem> {
        let mut findings = Vec::new();
        let mut reports = Vec::new();
        for (at, target) in targets.selected.iter().enumerate() {
            let earlier = targets.selected.get(..at).unwrap_or_default();
            let report = Context::with(repository, target, earlier, |context| {
                findings.append(&mut evaluate(catalog, context)?);
                Ok(TargetReport {
                    name: Arc::clone(&target.name),
                    coverage: Coverage::of(repository, target, context.inventory, context.relations),
                    incomplete: (context.relations.incomplete.as_ref())
                        .or(context.inventory.incomplete.as_ref())
                        .cloned(),
                })
            });
            reports.push(report?);
        }
        // The sort is stable: equal findings stay in the order of the targets.
        findings.sort_by(|left, right| left.sort_key().cmp(&right.sort_key()));
        Ok(Self {
            findings,
            coverage: Coverage::of_all(repository, targets, reports.iter().map(|report| &report.coverage)),
            files: coverage::file_lines(repository, targets),
            incomplete: incomplete(&reports),
            targets: reports,
        })
    }

    /// How many findings have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        count(self.findings.iter(), severity)
    }

    /// How many findings of a target have this severity.
    #[must_use]
    pub fn count_of(&self, target: &str, severity: Severity) -> usize {
        let findings = self.findings.iter();
        count(findings.filter(|finding| &*finding.target == target), severity)
    }
}

fn count<'f>(findings: impl Iterator<Item = &'f Finding>, severity: Severity) -> usize {
    findings.filter(|finding| finding.severity == severity).count()
}

fn incomplete(reports: &[TargetReport]) -> Option<String> {
    let reasons: Vec<String> = reports
        .iter()
        .filter_map(|report| {
            let why = report.incomplete.as_ref()?;
            Some(match reports {
                [_] => why.clone(),
                _ => format!("target `{}`: {why}", report.name),
            })
        })
        .collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}
