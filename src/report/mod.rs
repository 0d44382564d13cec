//! Findings and coverage, for people and for programs. One file a format.

mod comment;
pub mod configuration;
pub mod coverage;
pub mod diff;
mod excerpt;
mod faults;
pub mod github;
pub mod gitlab;
pub mod human;
pub mod json;
pub mod junit;
pub mod kustomizations;
pub mod links;
pub mod markdown;
pub mod mending;
pub mod objects;
mod prose;
pub mod sarif;
mod sentence;
mod shown;
mod since;
mod summary;
mod suppressed;
#[cfg(test)]
mod tests;
pub mod visible;

use std::iter;
use std::sync::Arc;

use coverage::{Coverage, FileLine};
pub(crate) use summary::plural;

use crate::mend::{self, Mending, Prepared, Refusal};
use crate::model::target::Targets;
use crate::policy::catalog::Catalog;
use crate::policy::comparison;
use crate::policy::evaluate::EvaluationProblem;
use crate::policy::finding::{Finding, Severity, Since};
use crate::policy::judge::judge;
use crate::policy::mend::Safety;
use crate::policy::suppression::Decisions;
use crate::policy::touched::Touched;
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
    /// Whether `--fix` can be asked for: not of a stream, nor of what is staged.
    pub is_fixable: bool,
    /// What was mended before this was found, if that was asked for.
    pub mending: Option<Mending>,
    /// What the findings were held against, if anything.
    pub comparison: Option<Comparison>,
    /// To what the findings were narrowed, if at all.
    pub narrowing: Option<Narrowing>,
}

/// An earlier state of the repository.
#[derive(Debug)]
pub struct Comparison {
    /// What people call it.
    pub base: String,
    /// Its findings that are not there any more, in their order.
    pub gone: Vec<Finding>,
}

/// What became of a report that tells of some files only.
#[derive(Debug)]
pub struct Narrowing {
    /// The files.
    pub touched: Touched,
    /// Findings that would be told and concern none of them.
    pub elsewhere: usize,
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
            is_fixable: false,
            mending: None,
            findings,
            coverage: Coverage::of_all(repository, targets, reports.iter().map(|report| &report.coverage)),
            files: coverage::file_lines(repository, targets),
            incomplete: incomplete(&reports),
            targets: reports,
            comparison: None,
            narrowing: None,
        })
    }

    /// Holds the findings against those of an earlier state, which people call `base`. What was there is not told again.
    pub fn compare(&mut self, base: String, before: Self) {
        self.note_incomplete(&base, before.incomplete);
        let gone = comparison::compare(&mut self.findings, before.findings);
        self.comparison = Some(Comparison { base, gone });
    }

    fn note_incomplete(&mut self, base: &str, why: Option<String>) {
        let own = self.incomplete.take();
        let why = why.map(|why| format!("of `{base}`: {why}"));
        let reasons: Vec<String> = own.into_iter().chain(why).collect();
        self.incomplete = (!reasons.is_empty()).then(|| reasons.join("; "));
    }

    /// Keeps what concerns some files, and if files were removed what is new: since `before`, or since what it is compared with already.
    pub fn narrow(&mut self, touched: Touched, before: Option<Self>, removes: bool) {
        let is_told = |finding: &&Finding| finding.is_told();
        let all = self.findings.iter().filter(is_told).count();
        let is_compared = self.comparison.is_some();
        if let Some(before) = before {
            self.note_incomplete("HEAD", before.incomplete);
            // What is gone is nobody's concern here.
            let _ = comparison::compare(&mut self.findings, before.findings);
        }
        let is_brought = |finding: &Finding| removes && finding.since == Some(Since::New);
        self.retain(|finding| touched.concerns(finding) || is_brought(finding));
        if !is_compared {
            for finding in &mut self.findings {
                finding.since = None;
            }
        }
        if let Some(comparison) = &mut self.comparison {
            comparison.gone.retain(|finding| touched.concerns(finding));
        }
        let elsewhere = all - self.findings.iter().filter(is_told).count();
        self.narrowing = Some(Narrowing { touched, elsewhere });
    }

    /// Keeps some findings, each with what its mend means.
    fn retain(&mut self, is_kept: impl Fn(&Finding) -> bool) {
        let findings = std::mem::take(&mut self.findings);
        let mends = std::mem::take(&mut self.mends).into_iter().chain(iter::repeat(None));
        (self.findings, self.mends) = findings
            .into_iter()
            .zip(mends)
            .filter(|(finding, _)| is_kept(finding))
            .unzip();
    }

    /// The findings, each with what its mend means, if it has one.
    pub fn with_mends(&self) -> impl Iterator<Item = (&Finding, Option<&Result<Prepared, Refusal>>)> {
        let mends = self.mends.iter().map(Option::as_ref).chain(iter::repeat(None));
        self.findings.iter().zip(mends)
    }

    /// How many findings that are told `--fix` can mend, as far as is known without judging again.
    #[must_use]
    pub fn mendable(&self) -> usize {
        let is_asked_for = |prepared: &Prepared| {
            let narrowing = self.narrowing.as_ref();
            narrowing.is_none_or(|narrowing| narrowing.touched.holds(prepared.file.path()))
        };
        let is_safe = |finding: &Finding| finding.mend.as_ref().is_some_and(|mend| mend.safety == Safety::Safe);
        let mendable = self.with_mends().filter(|(finding, prepared)| {
            let can_be_made = prepared.is_some_and(|prepared| prepared.as_ref().is_ok_and(is_asked_for));
            finding.is_told() && is_safe(finding) && can_be_made
        });
        if self.is_fixable { mendable.count() } else { 0 }
    }

    /// The findings that people are told of: nobody decided not to see them, and they were not there before.
    pub fn shown(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_told())
    }

    /// The findings that were there before, and that nobody decided not to see.
    pub fn staying(&self) -> impl Iterator<Item = &Finding> {
        let stays = |finding: &&Finding| finding.since == Some(Since::Stays) && !finding.is_suppressed();
        self.findings.iter().filter(stays)
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
