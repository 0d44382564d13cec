//! SidecarSets that select nothing: without a reason one can see, and because they look at the labels of the wrong object.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::shared::{name_node, selector_node, template_path};
use crate::model::object::Object;
use crate::model::read;
use crate::model::relations::{LabelIndex, Relations, SetFacts, WorkloadFacts};
use crate::model::selector::{LabelSelector, Labels, Operator};
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::Finding;
use crate::source::decode::{Entry, Node};
use crate::source::kustomize::rendering::Role;
use crate::source::spelling;

/// Sets that select no workload of the repository.
pub(super) fn nothing(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let relations = context.relations;
    if relations.workloads.is_empty() {
        return Vec::new();
    }
    // Templates that were not rendered may hold the workload, and a kustomization may write labels.
    let is_incomplete = context.inventory.lacks_objects || context.files().any(|file| file.role == Role::Taken);
    let empty = Empty::of(relations);
    let near = NearMisses::of(relations, &empty);
    empty
        .sets
        .iter()
        .filter(|set| empty.metadata_match(set).is_none())
        .map(|set| {
            let finding = out_of_scope(policy, set, &near)
                .or_else(|| misspelt_value(policy, set, &near))
                .unwrap_or_else(|| {
                    let message = format!(
                        "the SidecarSet `{}` selects no workload of the repository",
                        set.set.name()
                    );
                    Finding::at(policy, set.set.object, selector_node(set), message)
                });
            if is_incomplete {
                finding.with_severity(policy.weaker())
            } else {
                finding
            }
        })
        .collect()
}

const KUBE_SYSTEM: &str = "kube-system";

/// Most values of one key that a misspelt one is compared with.
const VALUES_COMPARED: usize = 1000;

/// What sets that select nothing may have been meant to select.
struct NearMisses<'r, 'i> {
    relations: &'r Relations<'i>,
    /// The workloads by the labels of their pods.
    index: LabelIndex,
    /// The values of each label, each with the first workload that has it.
    values: HashMap<&'r str, BTreeMap<&'r str, &'r WorkloadFacts<'i>>>,
}

impl<'r, 'i> NearMisses<'r, 'i> {
    fn of(relations: &'r Relations<'i>, empty: &Empty<'_, '_>) -> Self {
        let workloads = if empty.sets.is_empty() {
            &[][..]
        } else {
            &relations.workloads[..]
        };
        let mut values: HashMap<&str, BTreeMap<&str, &WorkloadFacts<'_>>> = HashMap::new();
        for workload in workloads {
            for (key, value) in workload.labels.iter() {
                let known = values.entry(key).or_default();
                if known.len() < VALUES_COMPARED {
                    known.entry(value).or_insert(workload);
                }
            }
        }
        Self {
            relations,
            index: LabelIndex::of(workloads.iter().map(|workload| &workload.labels)),
            values,
        }
    }

    /// The first workload whose labels the set asks for, in a namespace that it does not reach.
    fn out_of_reach(&self, set: &SetFacts<'i>) -> Option<&'r WorkloadFacts<'i>> {
        let selector = set.selector.usable()?;
        self.index
            .candidates(selector)
            .into_iter()
            .filter_map(|at| self.relations.workloads.get(at))
            // There it may be Kruise, and not the scope, that leaves the pods out.
            .filter(|workload| workload.pod.object.identity.namespace.name() != Some(KUBE_SYSTEM))
            .find(|workload| selector.matches(&workload.labels) && self.relations.reach(set, workload).is_no())
    }

    /// A value of this label that is written almost so, of a workload in reach.
    fn most_like(&self, set: &SetFacts<'i>, key: &str, value: &str) -> Option<(&'r str, &'r WorkloadFacts<'i>)> {
        let known = self.values.get(key)?;
        if known.contains_key(value) {
            return None;
        }
        known
            .iter()
            .filter_map(|(known, workload)| Some((spelling::slips(value, known)?, *known, *workload)))
            .filter(|(_, _, workload)| !self.relations.reach(set, workload).is_no())
            .min_by_key(|(slips, _, _)| *slips)
            .map(|(_, known, workload)| (known, workload))
    }
}

/// The namespaces of the set leave out the workloads whose labels it asks for.
fn out_of_scope(policy: &Policy, set: &SetFacts<'_>, near: &NearMisses<'_, '_>) -> Option<Finding> {
    let spec = set.set.spec()?;
    let field = match set.set.namespace().and_then(Node::as_str) {
        Some(name) if !name.is_empty() => "namespace",
        _ => "namespaceSelector",
    };
    let entry = spec.entry(field).filter(|entry| !entry.value().is_null())?;
    let workload = near.out_of_reach(set)?;
    let object = workload.pod.object;
    let identity = &object.identity;
    let message = format!(
        "the SidecarSet `{}` selects no workload of the repository: its `{field}` leaves out `{identity}`, whose labels fit",
        set.set.name()
    );
    let finding = Finding::at_entry(policy, set.set.object, spec, entry, message)
        .with_related_node(name_node(object), "would fit")
        .with_namespace_said(object)
        .with_mend(policy, "scope");
    Some(finding.with_help(&[("namespace", identity.namespace.name().unwrap_or("<namespace>"))]))
}

/// A value that the selector asks for is almost that of a workload.
fn misspelt_value(policy: &Policy, set: &SetFacts<'_>, near: &NearMisses<'_, '_>) -> Option<Finding> {
    let selector = set.set.selector()?;
    let labels = selector.get("matchLabels");
    let by_label = labels
        .into_iter()
        .flat_map(Node::entries)
        .map(|entry| (entry.key(), entry.value()));
    let by_expression = selector
        .get("matchExpressions")
        .into_iter()
        .flat_map(Node::items)
        .filter(|expression| expression.str_at(&["operator"]) == Some("In"))
        .filter_map(|expression| Some((expression.str_at(&["key"])?, expression.get("values")?)))
        .flat_map(|(key, values)| values.items().map(move |value| (key, value)));
    by_label.chain(by_expression).find_map(|(key, node)| {
        let value = node.as_str()?;
        let (meant, workload) = near.most_like(set, key, value)?;
        let object = workload.pod.object;
        let message = format!(
            "the SidecarSet `{}` selects no workload of the repository: no pod has the label `{key}: {value}`, those of `{}` have `{meant}`",
            set.set.name(),
            object.identity
        );
        let finding = Finding::at(policy, set.set.object, node, message).labelled(format!("did you mean `{meant}`?"));
        let label = workload.pod.labels().and_then(|labels| labels.get(key))?;
        Some(finding.with_related_node(label, "the label of the pods"))
    })
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
        finding = finding.with_related_node(label, "a label of the object, not of its pods");
    }
    if let Some(label) = workload.pod.labels().and_then(|labels| labels.get(&key)) {
        finding = finding.with_related_node(label, "the label of the pods");
    }
    let value = own.get(&key).unwrap_or("").to_owned();
    Some(finding.with_help(&[("template", template_path(workload)), ("key", &key), ("value", &value)]))
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
            .filter(|set| {
                set.selector
                    .usable()
                    .is_some_and(|selector| selector.problems().is_empty())
            })
            .filter(|set| set.selects.is_empty())
            // Of several copies as they are written one may be meant for workloads elsewhere; what a kustomization makes with workloads
            // beside it is not.
            .filter(|set| !selecting.contains(set.set.name()) || has_rendered_workloads(set, relations))
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

/// Whether a set comes out of a kustomization out of which workloads come, too.
fn has_rendered_workloads(set: &SetFacts<'_>, relations: &Relations<'_>) -> bool {
    let root = |object: &Object| object.rendered().map(|rendered| Arc::clone(&rendered.root));
    root(set.set.object).is_some_and(|own| {
        let mut workloads = relations.workloads.iter();
        workloads.any(|workload| root(workload.pod.object).is_some_and(|other| other == own))
    })
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
