//! What several built-in evaluators say and point at.

use crate::model::object::{Identity, Object};
use crate::model::placeholder::{self, PlaceholderKind};
use crate::model::relations::{SetFacts, WorkloadFacts};
use crate::model::selector::{LabelSelector, Operator};
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
pub(super) fn selected_label<'i>(workload: &WorkloadFacts<'i>, selector: &LabelSelector) -> Option<(Node<'i>, Entry<'i>)> {
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
