//! Native sidecars, which Kruise injects and does not upgrade.

use crate::model::rollout::{ROLLING_UPDATE, UpdateStrategy};
use crate::model::sidecar_set;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Before 1.7 Kruise knew nothing of `restartPolicy` (kruise pull requests 1613 and 1617).
    if !context.profile.kruise.behaves_as_at_least(1, 7) {
        return findings;
    }
    for facts in &context.relations.sets {
        let strategy = UpdateStrategy::of(facts.set);
        if !strategy.is_known() || strategy.kind() != ROLLING_UPDATE {
            continue;
        }
        for container in facts.set.init_containers() {
            let Some(node) = container.get("restartPolicy") else {
                continue;
            };
            if node.as_str() != Some("Always") {
                continue;
            }
            let (set, name) = (facts.set.name(), sidecar_set::container_name(container));
            let written = strategy
                .field("type")
                .filter(|kind| kind.as_str() == Some(ROLLING_UPDATE));
            let how = if written.is_some() { "" } else { ", the default" };
            let message = format!(
                "Kruise refuses SidecarSet `{set}`: init container `{name}` is a native sidecar, and the update type is {ROLLING_UPDATE}{how}"
            );
            let finding = Finding::at(policy, facts.set.object, node, message).labelled("makes it a native sidecar");
            findings.push(match written {
                Some(kind) => finding.with_related_node(kind, "allowed with `NotUpdate` only"),
                None => finding,
            });
        }
    }
    findings
}
