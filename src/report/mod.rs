//! Findings and coverage, for people and for programs. One file a format.

pub mod coverage;
pub mod human;
pub mod json;
mod source_window;

use coverage::{Coverage, FileLine};

use crate::policy::finding::{Finding, Severity};

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
}

impl Report {
    /// How many findings have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }
}
