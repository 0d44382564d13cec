//! SidecarSets that select nothing: without a reason one can see, and because they look at the labels of the wrong object.

use std::collections::{HashMap, HashSet};

use super::shared::{selector_node, template_path};
use crate::model::read;
use crate::model::relations::{LabelIndex, Relations, SetFacts, WorkloadFacts};
use crate::model::selector::{LabelSelector, Labels, Operator};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::classify::FileClass;
use crate::source::decode::{Entry, Node};

/// Sets that select no workload of the repository.
pub(super) fn nothing(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let relations = context.relations;
    if relations.workloads.is_empty() {
        return Vec::new();
    }
    // Templates that were not rendered may hold the workload, and a kustomization may write labels.
    let is_incomplete = context
        .repository
        .files
        .iter()
        .any(|file| file.is_kustomized || matches!(file.class, FileClass::HelmTemplate | FileClass::Template | FileClass::Unreadable));
    let empty = Empty::of(relations);
    empty
        .sets
        .iter()
        .filter(|set| empty.metadata_match(set).is_none())
        .map(|set| {
            let message = format!("the SidecarSet `{}` selects no workload of the repository", set.set.name());
            let finding = Finding::at(policy, set.set.object, selector_node(set), message);
            if is_incomplete {
                finding.with_severity(policy.weaker())
            } else {
                finding
            }
        })
        .collect()
}

/// Sets whose selector fits the labels of a workload's own metadata, and not those of its pods.
pub(super) fn own_metadata(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let empty = Empty::of(context.relations);
    empty
        .sets
        .iter()
        .filter_map(|set| finding(policy, set, empty.metadata_match(set)?))
        .collect()
}

fn finding(policy: &Policy, set: &SetFacts<'_>, workload: &WorkloadFacts<'_>) -> Option<Finding> {
    let object = workload.pod.object;
    let selector = set.selector.usable()?;
    let own = read::labels(object.root().at(&["metadata", "labels"]));
    let key = failing_key(selector, &own, &workload.labels)?;
    let message = format!(
        "the SidecarSet `{}` asks for the label `{key}` of the {} `{}` itself, its pods do not have it so, and no pod is selected",
        set.set.name(),
        object.identity.kind,
        object.identity.display_name()
    );
    let mut finding = match selector_entry(set, &key) {
        Some((mapping, entry)) => Finding::at_entry(policy, set.set.object, mapping, entry, message),
        None => Finding::at(policy, set.set.object, selector_node(set), message),
    };
    if let Some(label) = object.root().at(&["metadata", "labels", &key]) {
        finding = finding.with_related_node(object, label, "a label of the object, not of its pods");
    }
    if let Some(label) = workload.pod.labels().and_then(|labels| labels.get(&key)) {
        finding = finding.with_related_node(object, label, "the label of the pods");
    }
    let value = own.get(&key).unwrap_or("").to_owned();
    Some(finding.with_help(&[
        ("template", template_path(workload)),
        ("key", &key),
        ("value", &value),
    ]))
}

/// The sets with a usable selector that select nothing, in whichever copy.
struct Empty<'r, 'i> {
    relations: &'r Relations<'i>,
    sets: Vec<&'r SetFacts<'i>>,
    own_labels: Vec<Labels>,
    index: LabelIndex,
}

impl<'r, 'i> Empty<'r, 'i> {
    fn of(relations: &'r Relations<'i>) -> Self {
        let selecting: HashSet<&str> = relations
            .sets
            .iter()
            .filter(|set| !set.selects.is_empty())
            .map(|set| set.set.name())
            .collect();
        let sets: Vec<&SetFacts<'_>> = relations
            .sets
            .iter()
            .filter(|set| set.selector.usable().is_some_and(|selector| selector.problems().is_empty()))
            .filter(|set| !selecting.contains(set.set.name()))
            .collect();
        let own_labels: Vec<Labels> = if sets.is_empty() {
            Vec::new()
        } else {
            relations.workloads.iter().map(own_labels).collect()
        };
        Self {
            relations,
            index: LabelIndex::of(own_labels.iter()),
            own_labels,
            sets,
        }
    }

    /// The first workload whose own labels the set selects by something its pods lack.
    fn metadata_match(&self, set: &SetFacts<'i>) -> Option<&'r WorkloadFacts<'i>> {
        let selector = set.selector.usable()?;
        self.index.candidates(selector).into_iter().find_map(|at| {
            let (workload, own) = (self.relations.workloads.get(at)?, self.own_labels.get(at)?);
            let fits = selector.matches(own)
                && refuses_nothing(selector, &workload.labels)
                && failing_key(selector, own, &workload.labels).is_some()
                && self.relations.reach(set, workload).is_yes();
            fits.then_some(workload)
        })
    }
}

/// The labels of the object itself; none where they are those of the pods.
fn own_labels(workload: &WorkloadFacts<'_>) -> Labels {
    if template_path(workload).is_empty() {
        return Labels::default();
    }
    read::labels(workload.pod.object.root().at(&["metadata", "labels"]))
}

/// Whether no `NotIn` or `DoesNotExist` keeps the pods out: then they are left out on purpose.
fn refuses_nothing(selector: &LabelSelector, labels: &Labels) -> bool {
    selector
        .match_expressions
        .iter()
        .filter(|requirement| matches!(requirement.operator, Operator::NotIn | Operator::DoesNotExist))
        .all(|requirement| requirement.matches(labels))
}

/// A key that the selector wants, that the object has as wanted and its pods have not.
fn failing_key(selector: &LabelSelector, own: &Labels, pods: &Labels) -> Option<String> {
    let wanted: HashMap<&str, &str> = selector
        .match_labels
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let by_label = selector
        .match_labels
        .iter()
        .map(|(key, _)| key.as_str())
        .find(|key| pods.get(key) != wanted.get(key).copied());
    let by_expression = || {
        selector
            .match_expressions
            .iter()
            .filter(|requirement| matches!(requirement.operator, Operator::In | Operator::Exists))
            .find(|requirement| !requirement.matches(pods))
            .map(|requirement| requirement.key.as_str())
    };
    by_label
        .or_else(by_expression)
        .filter(|key| own.contains_key(key))
        .map(str::to_owned)
}

/// Where the selector asks for a key.
fn selector_entry<'i>(set: &SetFacts<'i>, key: &str) -> Option<(Node<'i>, Entry<'i>)> {
    let selector = set.set.selector()?;
    let by_label = || {
        let mapping = selector.get("matchLabels")?;
        Some((mapping, mapping.entry(key)?))
    };
    let by_expression = || {
        let expression = selector
            .get("matchExpressions")?
            .items()
            .find(|expression| expression.str_at(&["key"]) == Some(key))?;
        Some((expression, expression.entry("key")?))
    };
    by_label().or_else(by_expression)
}
