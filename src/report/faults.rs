//! The findings as people count them: what several targets share is one fault.

use super::Report;
use crate::policy::finding::{Finding, Label};

/// One fault.
#[derive(Debug)]
pub(super) struct Fault<'r> {
    /// The finding of the first target that has it.
    pub(super) finding: &'r Finding,
    /// The names of the targets that have it, in their order.
    pub(super) targets: Vec<&'r str>,
}

/// The faults of a report that people are told of, in the order of its findings.
pub(super) fn faults(report: &Report) -> Vec<Fault<'_>> {
    together(&report.shown().collect::<Vec<_>>())
}

/// The faults among some findings, in their order.
pub(super) fn together<'r>(findings: &[&'r Finding]) -> Vec<Fault<'r>> {
    let same = findings.chunk_by(|one, other| is_same_elsewhere(one, other));
    same.filter_map(|same| {
        Some(Fault {
            finding: same.first()?,
            targets: same.iter().map(|finding| &*finding.target).collect(),
        })
    })
    .collect()
}

/// Whether two findings are one fault in two targets.
pub(super) fn is_same_elsewhere(one: &Finding, other: &Finding) -> bool {
    let is_same_label =
        |(one, other): (&Label, &Label)| one.place.sort_key() == other.place.sort_key() && one.text == other.text;
    one.target != other.target
        && one.since == other.since
        && one.sort_key() == other.sort_key()
        && one.severity == other.severity
        && one.help == other.help
        && one.related.len() == other.related.len()
        && one.related.iter().zip(&other.related).all(is_same_label)
}
