//! The findings as people count them: what several targets share is one fault.

use super::Report;
use crate::policy::finding::{Finding, Label};

/// One fault.
#[derive(Debug)]
pub(super) struct Fault<'r> {
    /// The finding of the first target that has it.
    pub(super) finding: &'r Finding,
    /// Its index among the findings of the report.
    pub(super) index: usize,
    /// The names of the targets that have it, in their order.
    pub(super) targets: Vec<&'r str>,
}

/// The faults of a report, in the order of its findings.
pub(super) fn faults(report: &Report) -> Vec<Fault<'_>> {
    let mut index = 0;
    let mut faults = Vec::new();
    for same in report.findings.chunk_by(is_same_elsewhere) {
        if let Some(finding) = same.first() {
            let targets = same.iter().map(|finding| &*finding.target).collect();
            faults.push(Fault {
                finding,
                index,
                targets,
            });
        }
        index += same.len();
    }
    faults
}

/// Whether two findings are one fault in two targets.
fn is_same_elsewhere(one: &Finding, other: &Finding) -> bool {
    let is_same_label =
        |(one, other): (&Label, &Label)| one.place.sort_key() == other.place.sort_key() && one.text == other.text;
    one.target != other.target
        && one.sort_key() == other.sort_key()
        && one.severity == other.severity
        && one.help == other.help
        && one.related.len() == other.related.len()
        && one.related.iter().zip(&other.related).all(is_same_label)
}
