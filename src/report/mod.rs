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
pub mod mending;
pub mod objects;
mod prose;
pub mod sarif;
mod sentence;
mod shown;
mod summary;
mod suppressed;
#[cfg(test)]
mod tests;
pub mod visible;

use std::sync::Arc;

use coverage::{Coverage, FileLine};

use crate::mend::{self, Mending, Prepared, Refusal};
use crate::model::target::Targets;
use crate::policy::catalog::Catalog;
use crate::policy::evaluate::EvaluationProblem;
use crate::policy::finding::{Finding, Severity};
use crate::policy::judge::judge;
use crate::policy::suppression::Decisions;
use crate::source::load::Repository;

/// Everything a report is made from.
#[derive(Debug)]
pub struct Report {
    /// Sorted by place, and at one place by the order of the targets. Suppressed ones are among them.
    pub findings: Vec<Finding>,
    /// What was looked at, of all targets together.
    pub coverage: Coverage,
    /// Each target that was judged, in the order of the configuration.
    pub targets: Vec<TargetReport>,
    /// Every path met, for those who ask.
    pub files: Vec<FileLine>,
    /// Why something was not judged at all, if so; then the run could not finish.
    pub incomplete: Option<String>,
    /// What the mend of each finding means, in their order; `None` where it has none.
    pub mends: Vec<Option<Result<Prepared, Refusal>>>,
    /// What was mended before this was found, if that was asked for.
    pub mending: Option<Mending>,
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
    pub fn of(
        repository: &Repository,
        catalog: &Catalog,
        targets: &Targets,
        decisions: &Decisions,
    ) -> Result<Self, EvaluationProblem> {
        let mut reports = Vec::new();
        let findings = judge(repository, catalog, targets, decisions, |target, context| {
            reports.push(TargetReport {
                name: Arc::clone(&target.name),
                coverage: Coverage::of(repository, target, context.inventory, context.relations),
                incomplete: (context.relations.incomplete.as_ref())
                    .or(context.inventory.incomplete.as_ref())
                    .cloned(),
            });
        })?;
        Ok(Self {
            mends: mend::prepare(repository, &findings),
            mending: None,
            findings,
            coverage: Coverage::of_all(repository, targets, reports.iter().map(|report| &report.coverage)),
            files: coverage::file_lines(repository, targets),
            incomplete: incomplete(&reports),
            targets: reports,
        })
    }

    /// The findings that nobody decided not to see.
    pub fn shown(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.is_suppressed())
    }

    /// The findings that somebody decided not to see.
    pub fn suppressed(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_suppressed())
    }

    /// How many findings that are shown have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        count(self.shown(), severity)
    }

    /// How many findings of a target that are shown have this severity.
    #[must_use]
    pub fn count_of(&self, target: &str, severity: Severity) -> usize {
        count(self.shown().filter(|finding| &*finding.target == target), severity)
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
