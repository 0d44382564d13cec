//! Workloads that keep the mesh's proxy away and get none from a SidecarSet either.

use std::collections::{HashMap, HashSet};

use super::shared::{ScopeIndex, selector_node};
use crate::model::injection::{self, INJECT_KEY, InjectionReason};
use crate::model::object::Namespace;
use crate::model::relations::{Relations, SetFacts, WorkloadFacts};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let relations = context.relations;
    let kinds = policy.strings("kinds");
    let scopes = ScopeIndex::of(relations.sets.iter().filter(|set| set.mesh.is_some()));
    let served = served_namespaces(relations);
    let mut governors: HashMap<(&Namespace, Option<*const _>), Option<&SetFacts<'_>>> = HashMap::new();
    let mut findings = Vec::new();
    for workload in &relations.workloads {
        let identity = &workload.pod.object.identity;
        if !kinds.contains(&identity.kind.as_str()) || !opts_out(workload, context) {
            continue;
        }
        let is_selected = workload
            .selected_by
            .iter()
            .any(|selection| relations.sets[selection.other].mesh.is_some());
        if is_selected {
            continue;
        }
        let key = (&identity.namespace, workload.namespace.map(std::ptr::from_ref));
        let governor = *governors
            .entry(key)
            .or_insert_with(|| governor(relations, &scopes, workload, &served));
        if let Some(set) = governor {
            findings.extend(finding(policy, workload, set));
        }
    }
    findings
}

fn opts_out(workload: &WorkloadFacts<'_>, context: Context<'_>) -> bool {
    let is_ignored = matches!(
        workload.injection.reason,
        InjectionReason::HostNetwork | InjectionReason::IgnoredNamespace(_)
    );
    // A gateway is a proxy itself, and opts out for that reason.
    let brings_its_own = || {
        workload
            .pod
            .containers()
            .any(|(_, container)| context.profile.is_mesh_proxy(container))
    };
    !is_ignored
        && injection::opt_out_form(&workload.labels, &workload.annotations, &context.profile.injection).effective
        && !brings_its_own()
}

/// Namespaces in which a mesh SidecarSet selects some workload.
fn served_namespaces<'r>(relations: &'r Relations<'_>) -> HashSet<&'r str> {
    relations
        .sets
        .iter()
        .filter(|set| set.mesh.is_some())
        .flat_map(|set| relations.certain_workloads(set))
        .filter_map(|workload| workload.pod.object.identity.namespace.name())
        .collect()
}

/// The mesh SidecarSet that shows the namespace to be one whose pods get their proxy from SidecarSets; none if that is in doubt,
/// and none if a set that cannot be read may be the one that selects the workload.
fn governor<'r, 'i>(
    relations: &'r Relations<'i>,
    scopes: &ScopeIndex<'r, 'i>,
    workload: &WorkloadFacts<'i>,
    served: &HashSet<&str>,
) -> Option<&'r SetFacts<'i>> {
    let name = workload.pod.object.identity.namespace.name()?;
    let mut governor = None;
    for set in scopes.candidates(Some(name)) {
        let reach = relations.reach(set, workload);
        if !reach.is_no() && set.selector.usable().is_none() {
            return None;
        }
        let is_limited = set.scope.as_selector().is_some();
        if reach.is_yes() && (is_limited || served.contains(name)) {
            governor = governor.or(Some(set));
        }
    }
    governor
}

fn finding(policy: &Policy, workload: &WorkloadFacts<'_>, set: &SetFacts<'_>) -> Option<Finding> {
    let object = workload.pod.object;
    let maps = [workload.pod.annotations(), workload.pod.labels()];
    let (mapping, entry) = maps
        .into_iter()
        .flatten()
        .find_map(|mapping| Some((mapping, mapping.entry(INJECT_KEY)?)))?;
    let message = format!(
        "the pods of `{}` opt out of the mesh's injection, and no SidecarSet with a proxy selects them",
        object.identity.display_name()
    );
    Some(
        Finding::at_entry(policy, object, mapping, entry, message)
            .labelled("no proxy from the mesh")
            .with_related_node(
                selector_node(set),
                format!(
                    "`{}` serves the namespace but does not select these pods",
                    set.set.name()
                ),
            )
            .with_namespace_said(object)
            .with_help(&[("annotation", INJECT_KEY)]),
    )
}
