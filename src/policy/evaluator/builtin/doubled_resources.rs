//! Resources of a hot-upgraded container, which every pod asks for twice.

use std::borrow::Cow;

use crate::model::quantity::Quantity;
use crate::model::sidecar_set;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::decode::Node;

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        for container in facts.set.hot_containers() {
            let Some(entry) = container.entry("resources") else {
                continue;
            };
            let doubled: Vec<String> = ["requests", "limits"]
                .into_iter()
                .filter_map(|list| doubled(entry.value(), list))
                .collect();
            if doubled.is_empty() {
                continue;
            }
            let (set, name) = (facts.set.name(), sidecar_set::container_name(container));
            let message = format!(
                "each pod counts the resources of container `{name}` of SidecarSet `{set}` twice: {}",
                doubled.join("; ")
            );
            findings.push(
                Finding::at_key(policy, facts.set.object, container, entry, message)
                    .labelled("for each of the two copies"),
            );
        }
    }
    findings
}

/// `requests cpu 200m, memory 256Mi`
fn doubled(resources: Node<'_>, list: &str) -> Option<String> {
    let amounts: Vec<String> = resources
        .get(list)?
        .entries()
        .filter_map(|entry| {
            let value = entry.value();
            // A bare number is a quantity too; its text is what counts, `1e3` and `0.5` included.
            let text = &*value.as_str().map_or_else(|| value.written(), Cow::Borrowed);
            let quantity = Quantity::parse_field(text)
                .ok()
                .filter(|quantity| !quantity.is_zero())?;
            Some(format!("{} {}", entry.key(), quantity.doubled()?))
        })
        .collect();
    (!amounts.is_empty()).then(|| format!("{list} {}", amounts.join(", ")))
}
