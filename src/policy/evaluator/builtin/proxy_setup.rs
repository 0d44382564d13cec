//! What a proxy needs besides its image and its volumes: variables that say where it is, and something that sends it the traffic.

use super::shared::has_placeholder;
use crate::model::profile::{Profile, RequiredVariable};
use crate::model::relations::SetFacts;
use crate::model::sidecar_set;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::policy::mend::{Addition, Mend, Operation, Safety, declared_item};
use crate::source::decode::{Node, NodeKind};
use crate::source::spelling;

/// The variable by which a proxy says how it gets its traffic, and the value for not by redirection (`istio 1.6 pkg/kube/inject`).
const INTERCEPTION: (&str, &str) = ("ISTIO_META_INTERCEPTION_MODE", "NONE");
/// The program that redirects, whatever its container is called.
const REDIRECTS: &str = "istio-iptables";

/// Variables that the profile requires and the proxy has not.
pub(super) fn missing_variable(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        let Some(mesh) = facts.mesh else { continue };
        for required in &context.profile.required_environment {
            let declaration = required.declaration.trim_end().replace('\n', "\n  ");
            let finding = variable(policy, facts, mesh, required);
            findings.extend(finding.map(|finding| finding.with_help(&[("declaration", &declaration)])));
        }
    }
    findings
}

fn variable(policy: &Policy, facts: &SetFacts<'_>, mesh: Node<'_>, required: &RequiredVariable) -> Option<Finding> {
    let (object, set) = (facts.set.object, facts.set.name());
    let RequiredVariable { name, why, .. } = required;
    let container = sidecar_set::container_name(mesh);
    let environment = mesh.get("env");
    // `envFrom` may bring it, and what a tool fills in may hold it.
    let is_open = mesh.get("envFrom").is_some()
        || environment.is_some_and(|list| list.kind() != NodeKind::Sequence)
        || spelling::misspelt(mesh, "env").is_some();
    if is_open {
        return None;
    }
    let variables = || environment.into_iter().flat_map(Node::items);
    let named = |wanted: &str| variables().find(|variable| variable.str_at(&["name"]) == Some(wanted));
    if let Some(variable) = named(name) {
        let is_empty = variable.get("valueFrom").is_none()
            && variable.get("value").is_none_or(|value| value.as_str() == Some(""))
            && spelling::misspelt(variable, "value").is_none()
            && spelling::misspelt(variable, "valueFrom").is_none();
        return is_empty.then(|| {
            let message = format!("`{name}` of container `{container}` of SidecarSet `{set}` is empty: {why}");
            match variable.entry("value") {
                Some(entry) => Finding::at_entry(policy, object, variable, entry, message),
                None => Finding::at(policy, object, variable.get("name").unwrap_or(variable), message),
            }
            .labelled("no value")
        });
    }
    let is_elsewhere = variables().any(
        |variable| match variable.as_str().or_else(|| variable.str_at(&["value"])) {
            // The configuration of the proxy can hold it as a part of its metadata.
            Some(text) => text.contains(name.as_str()),
            None => variable.str_at(&["name"]).is_some_and(has_placeholder),
        },
    );
    if is_elsewhere || variables().any(|variable| variable.as_str().is_some_and(has_placeholder)) {
        return None;
    }
    let misspelt = variables().find_map(|variable| {
        let node = variable.get("name")?;
        spelling::slips(node.as_str()?, name)?;
        Some(node)
    });
    let message = format!("container `{container}` of SidecarSet `{set}` has no variable `{name}`: {why}");
    if let Some(node) = misspelt {
        return Some(Finding::at(policy, object, node, message).labelled(format!("did you mean `{name}`?")));
    }
    let mend = declared_item(&required.declaration).map(|variable| {
        let operation = Operation::insert(object, mesh, &["env"], Addition::Item(variable));
        Mend::new(Safety::Unsafe, format!("add the variable `{name}`"), operation)
    });
    let finding = Finding::missing(policy, object, mesh, &["env"], message);
    Some(finding.labelled(format!("no `{name}`")).mended_by(mend))
}

/// Mesh sets without an init container that redirects the traffic of the pod.
pub(super) fn no_capture(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let relations = context.relations;
    relations
        .sets
        .iter()
        .filter_map(|facts| {
            let mesh = facts.mesh?;
            let spec = facts.set.spec()?;
            let list = spec.get("initContainers");
            let is_open = list.is_some_and(|list| {
                list.kind() != NodeKind::Sequence || list.items().any(|item| item.kind() != NodeKind::Mapping)
            }) || spelling::misspelt(spec, "initContainers").is_some();
            let of_pods = || {
                relations.certain_workloads(facts).any(|workload| {
                    workload
                        .pod
                        .containers()
                        .any(|(list, init)| list == "initContainers" && redirects(init, context.profile))
                })
            };
            if is_open
                || takes_no_redirection(mesh)
                || facts.set.init_containers().any(|init| redirects(init, context.profile))
                || of_pods()
            {
                return None;
            }
            let known = context.profile.redirecting_init_containers.join("` or `");
            let message = format!(
                "SidecarSet `{}` injects a proxy and no init container that sends it the traffic of the pod",
                facts.set.name()
            );
            let object = facts.set.object;
            let finding = Finding::missing(policy, object, object.root(), &["spec", "initContainers"], message);
            Some(finding.labelled(format!("no `{known}`")))
        })
        .collect()
}

/// Whether the proxy says that it gets its traffic otherwise.
fn takes_no_redirection(mesh: Node<'_>) -> bool {
    let (name, none) = INTERCEPTION;
    mesh.get("env")
        .into_iter()
        .flat_map(Node::items)
        .any(|variable| variable.str_at(&["name"]) == Some(name) && variable.str_at(&["value"]) == Some(none))
}

fn redirects(init: Node<'_>, profile: &Profile) -> bool {
    let name = init.str_at(&["name"]).unwrap_or_default();
    profile.redirecting_init_containers.iter().any(|known| known == name)
        || has_placeholder(name)
        || ["command", "args"]
            .iter()
            .filter_map(|field| init.get(field))
            .flat_map(Node::items)
            .any(|word| word.as_str().is_some_and(|word| word.contains(REDIRECTS)))
}
