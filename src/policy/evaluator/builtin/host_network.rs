//! Pods of the node's own network into which a SidecarSet brings an init container that redirects traffic.

use super::shared::selector_node;
use crate::model::relations::SetFacts;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::decode::Node;

/// Capabilities that let a container rewrite the rules of its network.
const CAPABILITIES: [&str; 3] = ["NET_ADMIN", "CAP_NET_ADMIN", "ALL"];

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let relations = context.relations;
    let mut findings = Vec::new();
    for workload in relations
        .workloads
        .iter()
        .filter(|workload| workload.pod.host_network())
    {
        let Some(host_network) = workload.pod.spec().and_then(|spec| spec.get("hostNetwork")) else {
            continue;
        };
        let found = relations
            .certain_sets(workload)
            .find_map(|set| Some((set, redirecting_container(set, context)?)));
        let Some((set, container)) = found else {
            continue;
        };
        let name = container.str_at(&["name"]).unwrap_or("(without a name)");
        let message = format!(
            "the SidecarSet `{}` brings the init container `{name}` into pods of the node's own network, where it redirects the traffic of the whole node",
            set.set.name()
        );
        findings.push(
            Finding::at(policy, workload.pod.object, host_network, message)
                .labelled("the node's own network")
                .with_related_node(selector_node(set), "this selects the pods")
                .with_related_node(container, "this rewrites the rules of the network"),
        );
    }
    findings
}

/// The init container that redirects traffic: by its name in any set, by its capabilities in one that brings a proxy.
fn redirecting_container<'i>(set: &SetFacts<'i>, context: Context<'_>) -> Option<Node<'i>> {
    set.set.init_containers().find(|container| {
        let is_known = container.str_at(&["name"]).is_some_and(|name| {
            context
                .profile
                .redirecting_init_containers
                .iter()
                .any(|known| known == name)
        });
        is_known || (set.mesh.is_some() && may_rewrite_rules(*container))
    })
}

fn may_rewrite_rules(container: Node<'_>) -> bool {
    let is_privileged = container
        .at(&["securityContext", "privileged"])
        .and_then(Node::as_bool)
        .unwrap_or(false);
    let has_capability = container
        .at(&["securityContext", "capabilities", "add"])
        .into_iter()
        .flat_map(Node::items)
        .filter_map(Node::as_str)
        .any(|name| CAPABILITIES.contains(&name));
    is_privileged || has_capability
}
