//! Ports of the node, which the two copies of a hot-upgraded container cannot both have.

use crate::model::sidecar_set;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::decode::Node;

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        for container in facts.set.hot_containers() {
            let (set, name) = (facts.set.name(), sidecar_set::container_name(container));
            for port in container.get("ports").into_iter().flat_map(Node::items) {
                let Some(node) = port.get("hostPort") else {
                    continue;
                };
                let Some(number) = node.as_i64().filter(|number| *number != 0) else {
                    continue;
                };
                let message = format!(
                    "both copies of container `{name}` of SidecarSet `{set}` ask for port {number} of the node"
                );
                findings.push(
                    Finding::at(policy, facts.set.object, node, message)
                        .labelled(format!("for `{name}-1` and `{name}-2` alike")),
                );
            }
        }
    }
    findings
}
