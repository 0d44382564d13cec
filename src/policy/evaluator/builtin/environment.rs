//! What the environment of a mesh SidecarSet's containers takes from the pod and from its namespace: labels and ConfigMaps.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::shared::{has_placeholder, is_filled_by_tools, template_path};
use crate::model::object::{FolderDistance, Namespace, Object};
use crate::model::placeholder::{self, PlaceholderKind};
use crate::model::relations::{SetFacts, WorkloadFacts};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::classify::FileClass;
use crate::source::decode::Node;

/// The variables of all containers of a set.
fn variables<'i>(set: &SetFacts<'i>) -> impl Iterator<Item = Node<'i>> {
    let set = set.set;
    set.containers()
        .chain(set.init_containers())
        .filter_map(|container| container.get("env"))
        .flat_map(Node::items)
}

/// Pod templates without a label that the proxy's environment reads.
pub(super) fn missing_label(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let relations = context.relations;
    let mut findings = Vec::new();
    let mut seen = HashSet::new();
    for set in relations.sets.iter().filter(|set| set.mesh.is_some()) {
        let mut read: BTreeMap<&str, (&str, Node<'_>)> = BTreeMap::new();
        for variable in variables(set) {
            let Some(path) = variable.at(&["valueFrom", "fieldRef", "fieldPath"]) else {
                continue;
            };
            let label = path.as_str().and_then(label_of);
            if let Some(label) = label.filter(|label| context.profile.pod_labels.iter().any(|needed| needed == label)) {
                let name = variable.str_at(&["name"]).unwrap_or("");
                read.entry(label).or_insert((name, path));
            }
        }
        for (label, (variable, path)) in read {
            for selection in set.selects.iter().filter(|selection| selection.verdict.is_yes()) {
                let Some(workload) = relations.workloads.get(selection.other) else {
                    continue;
                };
                if has_value(workload, label) || !seen.insert((selection.other, label)) {
                    continue;
                }
                findings.push(label_finding(policy, workload, set, label, variable, path));
            }
        }
    }
    findings
}

/// Whether the pods have the label with a value; one that is no string is the finding of another policy.
fn has_value(workload: &WorkloadFacts<'_>, label: &str) -> bool {
    workload
        .pod
        .labels()
        .and_then(|labels| labels.get(label))
        .is_some_and(|value| value.as_str() != Some(""))
}

fn label_finding(
    policy: &Policy,
    workload: &WorkloadFacts<'_>,
    set: &SetFacts<'_>,
    label: &str,
    variable: &str,
    path: Node<'_>,
) -> Finding {
    let object = workload.pod.object;
    let template = workload.pod.template.unwrap_or(object.root());
    let message = format!(
        "the pods of `{}` have no label `{label}`, from which the SidecarSet `{}` sets `{variable}` of the proxy",
        object.identity.display_name(),
        set.set.name()
    );
    let empty = workload
        .pod
        .labels()
        .and_then(|labels| Some((labels, labels.entry(label)?)))
        .filter(|(_, entry)| !entry.value().is_null());
    let finding = match empty {
        Some((labels, entry)) => Finding::at_entry(policy, object, labels, entry, message).labelled("empty"),
        None => Finding::missing(policy, object, template, &["metadata", "labels", label], message)
            .labelled(format!("`{label}` is missing")),
    };
    finding.with_related_node(path, "this reads the label").with_help(&[
        ("template", template_path(workload)),
        ("label", label),
        ("value", object.identity.display_name()),
    ])
}

/// The label in `metadata.labels['app']`. Kubernetes knows single quotes only (`pkg/fieldpath/fieldpath.go`).
fn label_of(path: &str) -> Option<&str> {
    path.strip_prefix("metadata.labels['")?.strip_suffix("']")
}

/// ConfigMaps that the environment needs and the namespace of the pods lacks, or that hold no value.
pub(super) fn config_map(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let config_maps = ConfigMaps::of(context);
    let mut findings = Vec::new();
    let mut seen = HashSet::new();
    for set in context.relations.sets.iter().filter(|set| set.mesh.is_some()) {
        for reference in references(set, context) {
            if config_maps.may_come_from_elsewhere(reference.name) {
                continue;
            }
            for workload in context.relations.certain_workloads(set) {
                let Namespace::Given(namespace) = &workload.pod.object.identity.namespace else {
                    continue;
                };
                match config_maps.nearest(namespace, reference.name, workload.pod.object) {
                    None if config_maps.may_be_unnamed(namespace) => {}
                    None => {
                        if seen.insert((namespace.as_str(), reference.name, reference.key, None)) {
                            findings.push(absent(policy, &config_maps, workload, set, &reference, namespace));
                        }
                    }
                    Some(object) => {
                        let fault = value_fault(policy, object, workload, &reference);
                        let at = std::ptr::from_ref(object);
                        if let Some(finding) = fault
                            && seen.insert((namespace, reference.name, reference.key, Some(at)))
                        {
                            findings.push(finding);
                        }
                    }
                }
            }
        }
    }
    findings
}

/// A reference to a ConfigMap that the profile lists.
struct Reference<'i> {
    variable: &'i str,
    name: &'i str,
    name_node: Node<'i>,
    key: &'i str,
}

fn references<'i>(set: &SetFacts<'i>, context: Context<'_>) -> Vec<Reference<'i>> {
    let mut seen = HashSet::new();
    variables(set)
        .filter_map(|variable| {
            let reference = variable.at(&["valueFrom", "configMapKeyRef"])?;
            let name_node = reference.get("name")?;
            let name = name_node.as_str()?;
            let is_optional = reference.get("optional").and_then(Node::as_bool) == Some(true);
            let is_listed = context.profile.config_maps.iter().any(|listed| listed.name == name);
            let found = Reference {
                variable: variable.str_at(&["name"]).unwrap_or(""),
                name,
                name_node,
                key: reference.str_at(&["key"])?,
            };
            (!is_optional && is_listed).then_some(found)
        })
        .filter(|reference| seen.insert((reference.name, reference.key)))
        .collect()
}

/// The ConfigMaps of the repository.
struct ConfigMaps<'c> {
    by_place: HashMap<(&'c str, &'c str), Vec<&'c Object>>,
    /// Namespaces with some ConfigMap in Git.
    namespaces: HashSet<&'c str>,
    /// Names whose namespace Git does not give, or that a kustomization which was not built generates.
    elsewhere: HashSet<&'c str>,
    /// Namespaces with a ConfigMap whose name is still to be filled in; `None` for one that is not known either.
    unnamed: HashSet<Option<&'c str>>,
    /// Folders of the copies of each workload.
    workloads: HashMap<(&'c str, &'c str, &'c str), Vec<&'c str>>,
}

impl<'c> ConfigMaps<'c> {
    fn of(context: Context<'c>) -> Self {
        let mut found = Self {
            by_place: HashMap::new(),
            namespaces: HashSet::new(),
            elsewhere: generated(context),
            unnamed: HashSet::new(),
            workloads: HashMap::new(),
        };
        for object in context.inventory.core("ConfigMap") {
            let Some(name) = object.identity.name.as_deref() else {
                continue;
            };
            if has_placeholder(name) {
                found.unnamed.insert(object.identity.namespace.name());
                continue;
            }
            match object.identity.namespace.name() {
                Some(namespace) => {
                    found.namespaces.insert(namespace);
                    found.by_place.entry((namespace, name)).or_default().push(object);
                }
                None => {
                    found.elsewhere.insert(name);
                }
            }
        }
        for workload in &context.relations.workloads {
            let identity = &workload.pod.object.identity;
            if let (Some(namespace), Some(name)) = (identity.namespace.name(), identity.name.as_deref()) {
                let key = (identity.kind.as_str(), namespace, name);
                found
                    .workloads
                    .entry(key)
                    .or_default()
                    .push(workload.pod.object.folder());
            }
        }
        found
    }

    fn may_come_from_elsewhere(&self, name: &str) -> bool {
        self.elsewhere.contains(name)
    }

    /// Whether some ConfigMap of the namespace may get any name.
    fn may_be_unnamed(&self, namespace: &str) -> bool {
        self.unnamed.contains(&None) || self.unnamed.contains(&Some(namespace))
    }

    /// The ConfigMap of this name that is meant for a workload: the nearest one, unless it belongs to another copy of the workload, as it
    /// does in a repository with one folder a cluster.
    fn nearest(&self, namespace: &str, name: &str, workload: &Object) -> Option<&'c Object> {
        let copies = self.by_place.get(&(namespace, name))?;
        let folder = workload.folder();
        let nearest = copies
            .iter()
            .min_by_key(|object| FolderDistance::between(folder, object.folder()))?;
        let identity = &workload.identity;
        let key = (
            identity.kind.as_str(),
            namespace,
            identity.name.as_deref().unwrap_or(""),
        );
        let own = common_folders(nearest.folder(), folder);
        let belongs_to_other = self
            .workloads
            .get(&key)
            .into_iter()
            .flatten()
            .any(|other| common_folders(nearest.folder(), other) > own);
        (!belongs_to_other).then_some(nearest)
    }
}

/// How many folders two ways share.
fn common_folders(one: &str, other: &str) -> usize {
    one.split('/')
        .zip(other.split('/'))
        .take_while(|(one, other)| one == other && !one.is_empty())
        .count()
}

/// Names in `configMapGenerator` of all kustomizations, where not all were built: what is generated is among the objects else.
fn generated(context: Context<'_>) -> HashSet<&str> {
    if context.roots().all(|root| root.outcome.is_ok()) {
        return HashSet::new();
    }
    context
        .files()
        .filter(|file| file.class == FileClass::Kustomization)
        .filter_map(|file| file.decoded.as_ref())
        .flat_map(|decoded| &decoded.documents)
        .filter_map(|document| document.tree.as_ref())
        .filter_map(|tree| tree.root().get("configMapGenerator"))
        .flat_map(Node::items)
        .filter_map(|generator| generator.str_at(&["name"]))
        .collect()
}

fn absent(
    policy: &Policy,
    config_maps: &ConfigMaps<'_>,
    workload: &WorkloadFacts<'_>,
    set: &SetFacts<'_>,
    reference: &Reference<'_>,
    namespace: &str,
) -> Finding {
    let object = workload.pod.object;
    let message = format!(
        "`{}` of the proxy comes from the ConfigMap `{}`, which Git does not have in the namespace `{namespace}` of `{}`",
        reference.variable,
        reference.name,
        object.identity.display_name()
    );
    let mut finding = Finding::at(policy, set.set.object, reference.name_node, message);
    // Where Git holds other ConfigMaps of the namespace, this one should be among them.
    if !config_maps.namespaces.contains(namespace) {
        finding = finding.with_severity(policy.weaker());
    }
    if let Some(node) = object.root().at(&["metadata", "namespace"]) {
        finding = finding.with_related_node(node, "the pods run in this namespace");
    }
    finding.with_help(&help(reference, namespace))
}

fn help<'r>(reference: &Reference<'r>, namespace: &'r str) -> [(&'static str, &'r str); 3] {
    [
        ("name", reference.name),
        ("namespace", namespace),
        ("key", reference.key),
    ]
}

/// What is wrong with the value under the key, if anything is.
fn value_fault(
    policy: &Policy,
    object: &Object,
    workload: &WorkloadFacts<'_>,
    reference: &Reference<'_>,
) -> Option<Finding> {
    let root = object.root();
    let key = reference.key;
    if root.at(&["binaryData", key]).is_some() {
        return None;
    }
    let entry = root
        .get("data")
        .and_then(|data| Some((data, data.entry(key)?)))
        .filter(|(_, entry)| !entry.value().is_null());
    let subject = format!("from which `{}` of the proxy comes", reference.variable);
    let finding = match entry {
        None => Finding::missing(
            policy,
            object,
            root,
            &["data", key],
            format!("the ConfigMap `{}` has no key `{key}`, {subject}", reference.name),
        ),
        Some((data, entry)) => {
            let text = entry.value().as_str()?;
            let placeholder = placeholder::find(text);
            if text.trim().is_empty() {
                let message = format!("`{key}` of the ConfigMap `{}` is empty, {subject}", reference.name);
                Finding::at_entry(policy, object, data, entry, message)
            } else {
                let placeholder = placeholder?;
                if object.is_filled_in && placeholder.kind == PlaceholderKind::DollarBrace {
                    return None;
                }
                let message = format!(
                    "`{key}` of the ConfigMap `{}`, {subject}, is still a placeholder",
                    reference.name
                );
                let finding = Finding::at_entry(policy, object, data, entry, message);
                if is_filled_by_tools(placeholder.kind) {
                    finding.with_severity(policy.weaker())
                } else {
                    finding
                }
            }
        }
    };
    let namespace = object.identity.namespace.name().unwrap_or("");
    let name = workload.pod.object.root().at(&["metadata", "name"]);
    let finding = finding.with_related_node(reference.name_node, "the proxy reads it here");
    let finding = match name {
        Some(name) => finding.with_related_node(name, "and runs in these pods"),
        None => finding,
    };
    Some(finding.with_help(&help(reference, namespace)))
}
