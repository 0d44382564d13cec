//! Findings and coverage, for people and for programs. One file a format.

pub mod coverage;
mod excerpt;
pub mod human;
pub mod json;
pub mod visible;

use coverage::{Coverage, FileLine};

use crate::model::profile::Profile;
use crate::policy::catalog::Catalog;
use crate::policy::evaluate::{Context, EvaluationProblem, evaluate};
use crate::policy::finding::{Finding, Severity};
use crate::source::load::Repository;

/// The target of a repository without configuration.
pub const DEFAULT_TARGET: &str = "default";

/// Everything a report is made from.
#[derive(Debug)]
pub struct Report {
    /// Sorted by place.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub coverage: Coverage,
    /// Every path met, for those who ask.
    pub files: Vec<FileLine>,
    /// Why something was not judged at all, if so; then the run could not finish.
    pub incomplete: Option<String>,
}

impl Report {
    /// Judges a repository. `default_namespace` is for objects that name none.
    ///
    /// # Errors
    /// The first policy that cannot be evaluated.
    pub fn of(
        repository: &Repository,
        catalog: &Catalog,
        profile: &Profile,
        default_namespace: Option<&str>,
    ) -> Result<Self, EvaluationProblem> {
        Context::with(repository, profile, default_namespace, |context| {
            Ok(Self {
                findings: evaluate(catalog, context)?,
                coverage: Coverage::of(repository, context.inventory, context.relations),
                files: coverage::file_lines(repository),
                incomplete: (context.relations.incomplete.as_ref())
                    .or(context.inventory.incomplete.as_ref())
                    .cloned(),
            })
        })
    }

    /// How many findings have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}
