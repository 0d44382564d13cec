//! The document asks for one independent SidecarSet for each Deployment. Two questions: a workload with several mesh sets, and a
//! mesh set with several workloads.

use std::collections::{BTreeMap, BTreeSet};

use super::shared::{listed, name_node, selected_label, selector_node};
use crate::model::relations::{SetFacts, WorkloadFacts};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;

/// Second places in one finding; a set that selects a whole cluster would otherwise mark all of it.
const RELATED: usize = 5;

/// Workloads that two or more mesh sets select.
pub(super) fn several_sets(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let relations = context.relations;
    let mut findings = Vec::new();
    for workload in &relations.workloads {
        let sets: BTreeMap<&str, &SetFacts<'_>> = relations
            .certain_sets(workload)
            .filter(|set| set.mesh.is_some())
            .map(|set| (set.set.name(), set))
            .collect();
        if sets.len() < 2 {
            continue;
        }
        let object = workload.pod.object;
        let message = format!(
            "the SidecarSets {} all inject a proxy into the pods of `{}`",
            listed(sets.keys().copied()),
            object.identity.display_name()
        );
        let first = sets.values().next().and_then(|set| set.selector.usable());
        let mut finding = match first.and_then(|selector| selected_label(workload, selector)) {
            Some((labels, entry)) => Finding::at_entry(policy, object, labels, entry, message),
            None => Finding::at(policy, object, name_node(object), message),
        };
        for (name, set) in sets.into_iter().take(RELATED) {
            finding =
                finding.with_related_part(set.set.object, selector_node(set), format!("`{name}` selects the pods"));
            // The label may be there only because a kustomization adds it.
            let selected = set
                .selector
                .usable()
                .and_then(|selector| selected_label(workload, selector));
            if let Some((_, label)) = selected {
                finding = finding.with_what_puts(object, label.value(), "the label");
            }
        }
        findings.push(finding);
    }
    findings
}

/// Mesh sets that select two or more workloads.
pub(super) fn several_workloads(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let relations = context.relations;
    let kinds = policy.strings("kinds");
    let lesser = policy.strings("lesserKinds");
    let mut findings = Vec::new();
    for set in relations.sets.iter().filter(|set| set.mesh.is_some()) {
        let mut by_name: BTreeMap<(&str, &str), Vec<&WorkloadFacts<'_>>> = BTreeMap::new();
        for workload in relations.certain_workloads(set) {
            let identity = &workload.pod.object.identity;
            if kinds.contains(&identity.kind.as_str()) {
                by_name
                    .entry((&identity.kind, identity.display_name()))
                    .or_default()
                    .push(workload);
            }
        }
        findings.extend(judge_set(policy, set, &by_name).or_else(|| {
            // Pods of other kinds that the set of a Deployment catches too.
            let (own, _) = by_name.iter().next().filter(|_| by_name.len() == 1)?;
            let others: BTreeMap<(&str, &str), &WorkloadFacts<'_>> = relations
                .certain_workloads(set)
                .filter(|workload| lesser.contains(&workload.pod.object.identity.kind.as_str()))
                .map(|workload| {
                    (
                        (
                            workload.pod.object.identity.kind.as_str(),
                            workload.pod.object.identity.display_name(),
                        ),
                        workload,
                    )
                })
                .collect();
            besides(policy, set, *own, &others)
        }));
    }
    findings
}

/// A set that selects one workload, and pods of a Job, a CronJob or their own besides.
fn besides(
    policy: &Policy,
    set: &SetFacts<'_>,
    own: (&str, &str),
    others: &BTreeMap<(&str, &str), &WorkloadFacts<'_>>,
) -> Option<Finding> {
    if others.is_empty() {
        return None;
    }
    let names: Vec<String> = others
        .keys()
        .take(RELATED)
        .map(|(kind, name)| format!("{kind} {name}"))
        .collect();
    let more = match others.len() - names.len() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    let message = format!(
        "the SidecarSet `{}` of the {} `{}` also selects the pods of {}{more}",
        set.set.name(),
        own.0,
        own.1,
        listed(names.iter().map(String::as_str)),
    );
    let finding = Finding::at(policy, set.set.object, selector_node(set), message).with_severity(policy.weaker());
    Some(others.values().take(RELATED).fold(finding, |finding, workload| {
        let object = workload.pod.object;
        finding.with_related_node(name_node(object), "selected")
    }))
}

fn judge_set(
    policy: &Policy,
    set: &SetFacts<'_>,
    by_name: &BTreeMap<(&str, &str), Vec<&WorkloadFacts<'_>>>,
) -> Option<Finding> {
    // An object without a namespace may be any of its namesakes.
    let namespaces: BTreeSet<&str> = by_name
        .values()
        .flatten()
        .filter_map(|workload| workload.pod.object.identity.namespace.name())
        .collect();
    let is_one_name = by_name.len() < 2;
    if is_one_name && namespaces.len() < 2 {
        return None;
    }
    let shown: Vec<&WorkloadFacts<'_>> = if is_one_name {
        let mut seen = BTreeSet::new();
        by_name
            .values()
            .flatten()
            .filter(|workload| {
                let namespace = workload.pod.object.identity.namespace.name();
                namespace.is_some_and(|name| seen.insert(name))
            })
            .copied()
            .collect()
    } else {
        by_name.values().filter_map(|copies| copies.first()).copied().collect()
    };
    let names: Vec<String> = shown
        .iter()
        .take(RELATED)
        .map(|workload| workload.pod.object.identity.to_string())
        .collect();
    let more = match shown.len() - names.len() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    let message = format!(
        "the SidecarSet `{}` selects {} workloads: {}{more}",
        set.set.name(),
        shown.len(),
        listed(names.iter().map(String::as_str)),
    );
    let mut finding = Finding::at(policy, set.set.object, selector_node(set), message);
    if is_one_name {
        finding = finding.with_severity(policy.weaker());
    }
    for workload in shown.into_iter().take(RELATED) {
        let object = workload.pod.object;
        finding = finding.with_related_node(name_node(object), "selected");
    }
    Some(finding)
}
