//! Charts that were to be rendered and could not be.

use std::sync::Arc;

use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::{Finding, Place};
use crate::source::helm::{Instance, RenderFailure};

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    context
        .own_charts()
        .filter_map(|chart| Some(finding(policy, &chart.instance, chart.outcome.as_ref().err()?)))
        .collect()
}

fn finding(policy: &Policy, instance: &Instance, failure: &RenderFailure) -> Finding {
    let chart = if instance.chart.is_empty() {
        "."
    } else {
        &instance.chart
    };
    let message = format!("Helm does not render the chart `{chart}`: {}", failure.message);
    let mut finding = Finding::in_file(policy, &failure.file, failure.span, message);
    finding.chart = Some(instance.origin());
    match &instance.said {
        None => finding,
        Some(said) => {
            let place = Place::new(Arc::clone(&said.file), said.span);
            match &instance.gap {
                None => finding.with_related(place, format!("{} installs it", said.by)),
                // With what is lacking here Helm may well render it.
                Some(gap) => finding
                    .with_severity(policy.weaker())
                    .with_related(place, format!("{} installs it, but {gap}", said.by)),
            }
        }
    }
}
