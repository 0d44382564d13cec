//! What a SidecarSet brings and a pod already has under the same name.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::shared::selector_node;
use crate::model::equal;
use crate::model::relations::{SetFacts, WorkloadFacts};
use crate::model::sidecar_set::{injected_names, is_hot};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::decode::Node;

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let relations = context.relations;
    let brought: Vec<Brought<'_>> = relations.sets.iter().map(Brought::of).collect();
    let has_init_merge = context.profile.kruise.behaves_as_at_least(1, 7);
    let mut findings = Vec::new();
    for set in &relations.sets {
        findings.extend(within_set(policy, set));
    }
    for workload in &relations.workloads {
        let mut seen = HashSet::new();
        for selection in workload
            .selected_by
            .iter()
            .filter(|selection| selection.verdict.is_yes())
        {
            let (Some(set), Some(brought)) = (relations.sets.get(selection.other), brought.get(selection.other)) else {
                continue;
            };
            if !seen.insert(set.set.name()) {
                continue;
            }
            judge_containers(policy, workload, set, brought, has_init_merge, &mut findings);
            judge_volumes(policy, workload, set, brought, &mut findings);
        }
    }
    findings
}

/// What a set brings into a pod, by name.
struct Brought<'i> {
    containers: HashMap<String, Node<'i>>,
    /// Names of hot containers as they stand in the set: no container of the pod is called so.
    hot: HashMap<&'i str, Node<'i>>,
    init_containers: HashMap<String, Node<'i>>,
    volumes: HashMap<&'i str, Node<'i>>,
}

impl<'i> Brought<'i> {
    fn of(facts: &SetFacts<'i>) -> Self {
        let set = facts.set;
        let by_injected_name = |containers: Vec<Node<'i>>| -> HashMap<String, Node<'i>> {
            containers
                .into_iter()
                .flat_map(|container| injected_names(container).into_iter().map(move |name| (name, container)))
                .collect()
        };
        // Only volumes that an injected container mounts are brought along.
        let mounted: HashSet<&str> = set
            .containers()
            .chain(set.init_containers())
            .filter_map(|container| container.get("volumeMounts"))
            .flat_map(Node::items)
            .filter_map(|mount| mount.str_at(&["name"]))
            .collect();
        Self {
            containers: by_injected_name(set.containers().collect()),
            hot: set
                .hot_containers()
                .filter_map(|container| Some((container.str_at(&["name"])?, container)))
                .collect(),
            init_containers: by_injected_name(set.init_containers().collect()),
            volumes: set
                .volumes()
                .filter_map(|volume| Some((volume.str_at(&["name"])?, volume)))
                .filter(|(name, _)| mounted.contains(name))
                .collect(),
        }
    }
}

fn judge_containers(
    policy: &Policy,
    workload: &WorkloadFacts<'_>,
    set: &SetFacts<'_>,
    brought: &Brought<'_>,
    has_init_merge: bool,
    findings: &mut Vec<Finding>,
) {
    for (list, container) in workload.pod.containers() {
        let Some(name_node) = container.get("name") else {
            continue;
        };
        let Some(name) = name_node.as_str() else { continue };
        let set_name = set.set.name();
        let is_init = list == "initContainers";
        let (same_list, other_list) = if is_init {
            (brought.init_containers.get(name), brought.containers.get(name))
        } else {
            (brought.containers.get(name), brought.init_containers.get(name))
        };
        let (theirs, message) = if let Some(theirs) = same_list {
            let message = match (is_init, has_init_merge) {
                (false, _) => format!(
                    "the SidecarSet `{set_name}` replaces the container `{name}` of the pod by its own, in silence"
                ),
                (true, true) => {
                    format!(
                        "the SidecarSet `{set_name}` replaces the init container `{name}` of the pod by its own, in silence"
                    )
                }
                (true, false) => {
                    format!(
                        "the SidecarSet `{set_name}` adds a second init container `{name}`, and the API server refuses the pod"
                    )
                }
            };
            (theirs, message)
        } else if let Some(theirs) = other_list {
            let (ours, other) = if is_init {
                ("init container", "container")
            } else {
                ("container", "init container")
            };
            let message = format!(
                "the pod has a {ours} `{name}` and the SidecarSet `{set_name}` adds a {other} of that name, so the API server refuses the pod"
            );
            (theirs, message)
        } else if let Some(theirs) = brought.hot.get(name).filter(|_| !is_init) {
            let message = format!(
                "the pod has a container `{name}` already, and the SidecarSet `{set_name}` adds `{name}-1` and `{name}-2` beside it"
            );
            (theirs, message)
        } else {
            continue;
        };
        findings.push(
            Finding::at(policy, workload.pod.object, name_node, message)
                .labelled("taken by the SidecarSet")
                .with_related_node(theirs.get("name").unwrap_or(*theirs), injected_label(*theirs))
                .with_related_node(selector_node(set), "this selects the pods"),
        );
    }
}

fn injected_label(container: Node<'_>) -> &'static str {
    if is_hot(container) {
        "becomes two containers, -1 and -2"
    } else {
        "the name it is injected under"
    }
}

fn judge_volumes(
    policy: &Policy,
    workload: &WorkloadFacts<'_>,
    set: &SetFacts<'_>,
    brought: &Brought<'_>,
    findings: &mut Vec<Finding>,
) {
    let volumes = workload
        .pod
        .spec()
        .and_then(|spec| spec.get("volumes"))
        .into_iter()
        .flat_map(Node::items);
    for volume in volumes {
        let Some(name_node) = volume.get("name") else {
            continue;
        };
        let Some((name, theirs)) = name_node
            .as_str()
            .and_then(|name| Some((name, *brought.volumes.get(name)?)))
        else {
            continue;
        };
        if equal::volumes_equal(volume, theirs) {
            continue;
        }
        let message = format!(
            "the pod has a volume `{name}` of other content than the one of the SidecarSet `{}`, and the pod's own is used in silence",
            set.set.name()
        );
        findings.push(
            Finding::at(policy, workload.pod.object, name_node, message)
                .labelled("this one is mounted into the sidecar")
                .with_related_node(theirs.get("name").unwrap_or(theirs), "this one is left out")
                .with_related_node(selector_node(set), "this selects the pods"),
        );
    }
}

/// A container of a set that is called as the copy of a hot one will be.
fn within_set(policy: &Policy, facts: &SetFacts<'_>) -> Vec<Finding> {
    let mut owners: BTreeMap<String, Node<'_>> = BTreeMap::new();
    for hot in facts.set.hot_containers() {
        for name in injected_names(hot) {
            owners.insert(name, hot);
        }
    }
    if owners.is_empty() {
        return Vec::new();
    }
    facts
        .set
        .containers()
        .chain(facts.set.init_containers())
        .filter_map(|container| {
            let name_node = container.get("name")?;
            let name = name_node.as_str()?;
            let hot = owners.get(name).filter(|hot| **hot != container)?;
            let message = format!(
                "the SidecarSet `{}` makes a container `{name}` of the hot-upgraded `{}`, and has another one of that name",
                facts.set.name(),
                hot.str_at(&["name"]).unwrap_or("")
            );
            Some(
                Finding::at(policy, facts.set.object, name_node, message).with_related_node(hot.get("name").unwrap_or(*hot),
                    injected_label(*hot),
                ),
            )
        })
        .collect()
}
