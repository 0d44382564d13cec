//! All policies over all targets of a repository, and what somebody decided not to see.

use super::catalog::Catalog;
use super::evaluate::{Context, EvaluationProblem, evaluate};
use super::finding::{self, Finding};
use super::rendered;
use super::suppression::{Decisions, Ledger};
use crate::model::target::{Target, Targets};
use crate::source::load::Repository;

/// Judges the selected targets of a repository, one after the other. Findings come sorted by place, and at one place in the order of the
/// targets; suppressed ones are among them. `look` is shown each target as it is judged.
///
/// # Errors
/// The first policy that cannot be evaluated.
pub fn judge(
    repository: &Repository,
    catalog: &Catalog,
    targets: &Targets,
    decisions: &Decisions,
    mut look: impl FnMut(&Target, Context<'_>),
) -> Result<Vec<Finding>, EvaluationProblem> {
    let mut ledger = Ledger::open(repository, catalog, decisions);
    let mut findings = Vec::new();
    for (at, target) in targets.selected.iter().enumerate() {
        let earlier = targets.selected.get(..at).unwrap_or_default();
        let found = Context::with(repository, target, earlier, |context| {
            let mut found = evaluate(catalog, context)?;
            ledger.hide(&mut found, context);
            look(target, context);
            Ok(found)
        });
        findings.append(&mut rendered::merge_copies(found?));
    }
    sort(&mut findings);
    let mut about_suppressions = ledger.close(&mut findings, targets);
    findings.append(&mut about_suppressions);
    sort(&mut findings);
    finding::number(&mut findings);
    Ok(findings)
}

/// The sort is stable: equal findings stay in the order of the targets.
fn sort(findings: &mut [Finding]) {
    findings.sort_by(|left, right| left.sort_key().cmp(&right.sort_key()));
}
