//! What several built-in evaluators say and point at.

use std::collections::HashMap;

use crate::model::object::{Identity, Object};
use crate::model::placeholder::{self, PlaceholderKind};
use crate::model::relations::{SetFacts, WorkloadFacts};
use crate::model::selector::{LabelSelector, NAMESPACE_NAME_LABEL, Operator};
use crate::source::decode::{Entry, Node};

/// What makes two objects of a repository one object of a cluster.
pub(super) fn same_object(one: &Identity, other: &Identity) -> bool {
    one.name.is_some()
        && one.kind == other.kind
        && one.group() == other.group()
        && one.name == other.name
        && one.namespace.may_be(&other.namespace)
}

/// Where an object is pointed at as a whole: its name.
pub(super) fn name_node(object: &Object) -> Node<'_> {
    object.root().at(&["metadata", "name"]).unwrap_or(object.root())
}

/// The selector of a set as a place to point at.
pub(super) fn selector_node<'i>(set: &SetFacts<'i>) -> Node<'i> {
    set.set.selector().unwrap_or(set.set.object.root())
}

/// The label of a pod template by which a selector finds it, with the mapping it stands in.
pub(super) fn selected_label<'i>(
    workload: &WorkloadFacts<'i>,
    selector: &LabelSelector,
) -> Option<(Node<'i>, Entry<'i>)> {
    let labels = workload.pod.labels()?;
    positive_keys(selector).find_map(|key| Some((labels, labels.entry(key)?)))
}

/// The keys whose labels a selector wants to be there.
pub(super) fn positive_keys(selector: &LabelSelector) -> impl Iterator<Item = &str> {
    let by_label = selector.match_labels.iter().map(|(key, _)| key.as_str());
    let by_expression = selector
        .match_expressions
        .iter()
        .filter(|requirement| matches!(requirement.operator, Operator::In | Operator::Exists))
        .map(|requirement| requirement.key.as_str());
    by_label.chain(by_expression)
}

/// The way to the pod template of a workload, as one writes it; empty for a Pod.
pub(super) fn template_path(workload: &WorkloadFacts<'_>) -> &'static str {
    match workload.pod.object.identity.kind.as_str() {
        "Pod" => "",
        "CronJob" => "spec.jobTemplate.spec.template.",
        _ => "spec.template.",
    }
}

/// Placeholders that a tool on the way to the cluster fills in as a matter of course; the others only people fill in.
pub(super) fn is_filled_by_tools(kind: PlaceholderKind) -> bool {
    matches!(
        kind,
        PlaceholderKind::DollarBrace
            | PlaceholderKind::DoubleBrace
            | PlaceholderKind::DoubleAt
            | PlaceholderKind::Percent
            | PlaceholderKind::VaultPath
    )
}

/// Whether a text holds a placeholder.
pub(super) fn has_placeholder(text: &str) -> bool {
    placeholder::find(text).is_some()
}

/// "`a`, `b` and `c`".
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// Sets by the namespaces they can reach, so that a thousand namespaces do not ask a thousand sets each.
pub(super) struct ScopeIndex<'r, 'i> {
    by_name: HashMap<String, Vec<&'r SetFacts<'i>>>,
    others: Vec<&'r SetFacts<'i>>,
}

impl<'r, 'i> ScopeIndex<'r, 'i> {
    pub(super) fn of(sets: impl Iterator<Item = &'r SetFacts<'i>>) -> Self {
        let mut index = Self {
            by_name: HashMap::new(),
            others: Vec::new(),
        };
        for set in sets {
            match namespace_names(set) {
                Some(names) => {
                    for name in names {
                        index.by_name.entry(name).or_default().push(set);
                    }
                }
                None => index.others.push(set),
            }
        }
        index
    }

    /// The sets that can certainly reach the namespace of this name; those left out certainly do not, or cannot be known to.
    pub(super) fn candidates(&self, namespace: Option<&str>) -> impl Iterator<Item = &'r SetFacts<'i>> {
        let named = namespace.and_then(|name| self.by_name.get(name));
        named.into_iter().flatten().chain(&self.others).copied()
    }
}

/// The names of the namespaces a set reaches, where its scope lists them.
pub(super) fn namespace_names(set: &SetFacts<'_>) -> Option<Vec<String>> {
    if set.scope_gap.is_some() {
        return None;
    }
    let selector = set.scope.as_selector()?;
    let by_label = selector
        .match_labels
        .iter()
        .filter(|(key, _)| key == NAMESPACE_NAME_LABEL)
        .map(|(_, name)| vec![name.clone()]);
    let by_expression = selector
        .match_expressions
        .iter()
        .filter(|requirement| requirement.key == NAMESPACE_NAME_LABEL && requirement.operator == Operator::In)
        .map(|requirement| requirement.values.clone());
    by_label.chain(by_expression).min_by_key(Vec::len)
}
