//! An `upgradeType` that Kruise does not know, and takes for a cold upgrade.

use crate::model::placeholder;
use crate::model::sidecar_set::{self, HOT_UPGRADE};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;

const COLD_UPGRADE: &str = "ColdUpgrade";

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        for container in facts.set.containers() {
            let Some(node) = container.at(&["upgradeStrategy", "upgradeType"]) else {
                continue;
            };
            let Some(text) = node.as_str() else {
                continue;
            };
            // Kruise's webhook makes ColdUpgrade of an empty string.
            if ["", COLD_UPGRADE, HOT_UPGRADE].contains(&text) || placeholder::find(text).is_some() {
                continue;
            }
            let (set, name) = (facts.set.name(), sidecar_set::container_name(container));
            let lower = text.to_lowercase();
            let meant = match (lower.contains("hot"), lower.contains("cold")) {
                (true, false) => format!("; did you mean `{HOT_UPGRADE}`?"),
                (false, true) => format!("; did you mean `{COLD_UPGRADE}`?"),
                _ => String::new(),
            };
            let message = format!(
                "`{text}` is no upgrade type, so Kruise upgrades container `{name}` of SidecarSet `{set}` cold{meant}"
            );
            findings.push(
                Finding::at(policy, facts.set.object, node, message)
                    .labelled(format!("neither `{HOT_UPGRADE}` nor `{COLD_UPGRADE}`")),
            );
        }
    }
    findings
}
