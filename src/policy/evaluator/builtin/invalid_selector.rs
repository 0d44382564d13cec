//! Selectors of a SidecarSet that Kruise refuses.

use super::shared::{has_placeholder, is_filled_by_tools};
use crate::model::object::Object;
use crate::model::read::{self, SelectorReading, UnusableSelector};
use crate::model::relations::{SetFacts, WorkloadFacts};
use crate::model::selector::{RequirementField, SelectorFault, SelectorPlace, SelectorProblem};
use crate::model::sidecar_set::SidecarSet;
use crate::policy::definition::Policy;
use crate::policy::evaluate::Context;
use crate::policy::finding::{Finding, fill};
use crate::source::decode::{Node, NodeKind};
use crate::source::spelling;

/// The selectors of a SidecarSet, as ways from its root, and whether it must have them.
const FIELDS: [(&[&str], bool); 3] = [
    (&["spec", "selector"], true),
    (&["spec", "namespaceSelector"], false),
    (&["spec", "updateStrategy", "selector"], false),
];

pub(super) fn evaluate(policy: &Policy, context: Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for facts in &context.relations.sets {
        let set = facts.set;
        let before = findings.len();
        for (way, is_required) in FIELDS {
            if !is_idle(set.object, way) {
                judge(policy, set.object, way, is_required, &mut findings);
            }
        }
        if findings.len() > before {
            let likely = Likely::of(facts, context);
            for finding in &mut findings[before..] {
                likely.help(policy, finding);
            }
        }
    }
    findings
}

/// Kruise validates what belongs to a rolling update only where there is one.
fn is_idle(object: &Object, way: &[&str]) -> bool {
    way.len() == 3
        && object
            .root()
            .str_at(&["spec", "updateStrategy", "type"])
            .is_some_and(|strategy| strategy != "RollingUpdate")
}

/// Whether a node of a SidecarSet is a selector, or a part of one, that is told here to be none: then its fields and types are no other faults.
pub(super) fn speaks_of(object: &Object, node: Node<'_>) -> bool {
    if SidecarSet::of(object).is_none() {
        return false;
    }
    FIELDS
        .iter()
        .filter(|(way, _)| !is_idle(object, way))
        .filter_map(|(way, _)| object.root().at(way))
        .any(|selector| match read::selector(Some(selector)) {
            SelectorReading::Empty => selector == node,
            SelectorReading::Unusable(unusable) => unusable.at == node && !is_unquoted(selector, node),
            SelectorReading::Absent | SelectorReading::Usable(_) => false,
        })
}

/// What a selector is likely to be meant to hold.
struct Likely<'i> {
    label: String,
    namespace: &'i str,
}

impl<'i> Likely<'i> {
    /// By the labels that are written in the wrong place, else by the workload whose name is in that of the set, or the only one there is.
    fn of(facts: &SetFacts<'i>, context: Context<'i>) -> Self {
        let set = facts.set.name();
        let reached = |workload: &&WorkloadFacts<'_>| context.relations.reach(facts, workload).is_yes();
        let workloads = &context.relations.workloads;
        let by_name = workloads
            .iter()
            .filter(|workload| {
                let name = workload.pod.object.identity.name.as_deref();
                name.is_some_and(|name| !name.is_empty() && set.contains(name))
            })
            .filter(reached)
            .max_by_key(|workload| workload.pod.object.identity.display_name().len());
        let only = || workloads.first().filter(|_| workloads.len() == 1).filter(reached);
        let workload = by_name.or_else(only);
        let written = facts.set.selector().and_then(|selector| {
            let entry = selector.entries().next()?;
            Some((entry.key(), entry.value().as_str()?))
        });
        let of_workload = || {
            let labels = &workload?.labels;
            let usual = ["app", "app.kubernetes.io/name"]
                .into_iter()
                .find_map(|key| Some((key, labels.get(key)?)));
            usual.or_else(|| labels.iter().next())
        };
        let label = written.or_else(of_workload).map_or_else(
            || "<label>: <value>".to_owned(),
            |(key, value)| format!("{key}: {}", in_yaml(value)),
        );
        let namespace = workload.and_then(|workload| workload.pod.object.identity.namespace.name());
        Self {
            label,
            namespace: namespace.unwrap_or("<namespace>"),
        }
    }

    fn help(&self, policy: &Policy, finding: &mut Finding) {
        let case = FIELDS
            .iter()
            .filter_map(|(way, _)| way.get(1))
            .find(|field| finding.path.split(['.', '[']).nth(1) == Some(field));
        let mend = case.map_or(policy.mend.as_str(), |case| policy.mend_for(case));
        finding.help = fill(mend, &[("label", &self.label), ("namespace", self.namespace)]);
    }
}

/// A label's value as YAML reads it as a string.
fn in_yaml(value: &str) -> String {
    let is_plain = value.starts_with(|first: char| first.is_ascii_alphabetic())
        && !matches!(
            value.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if is_plain {
        value.to_owned()
    } else {
        format!("\"{value}\"")
    }
}

fn judge(policy: &Policy, object: &Object, way: &[&str], is_required: bool, findings: &mut Vec<Finding>) {
    let root = object.root();
    let field = way.join(".");
    let node = root.at(way);
    let finding = match read::selector(node) {
        // A SidecarSet without a name is a piece of one: a patch, or an excerpt.
        SelectorReading::Absent if is_required && !is_named(object) => return,
        // It may come with what is still to be filled in.
        SelectorReading::Absent if root.str_at(&["spec"]).is_some_and(has_placeholder) => return,
        // A misspelt field is the finding of `unknown-field`.
        SelectorReading::Absent if spelling::is_misspelt(root, way) => return,
        SelectorReading::Absent if is_required => Finding::missing(
            policy,
            object,
            root,
            way,
            format!("the SidecarSet has no `{field}`, so Kruise refuses it"),
        ),
        SelectorReading::Absent => return,
        SelectorReading::Empty
            if node.is_some_and(|node| {
                ["matchLabels", "matchExpressions"]
                    .iter()
                    .any(|field| spelling::misspelt(node, field).is_some())
            }) =>
        {
            return;
        }
        SelectorReading::Empty => {
            let is_bare = node.is_some_and(|node| {
                ["matchLabels", "matchExpressions"]
                    .iter()
                    .all(|part| node.entry(part).is_none())
                    && node.entries().len() > 0
            });
            let message = if is_bare {
                format!(
                    "the labels of `{field}` do not stand below `matchLabels`, so it is empty and Kruise refuses the SidecarSet"
                )
            } else {
                format!("`{field}` is empty, so Kruise refuses the SidecarSet")
            };
            let Some((leaf, parents)) = way.split_last() else {
                return;
            };
            let parent = root.at(parents).unwrap_or(root);
            match parent.entry(leaf) {
                Some(entry) => Finding::at_entry(policy, object, parent, entry, message),
                None => return,
            }
        }
        SelectorReading::Unusable(UnusableSelector { at, what, placeholder }) => {
            // What a tool fills in on the way to the cluster may well be right there.
            if placeholder.is_some_and(is_filled_by_tools) {
                return;
            }
            // A value that was not quoted is the finding of `unquoted-string`.
            if node.is_some_and(|node| is_unquoted(node, at)) {
                return;
            }
            Finding::at(policy, object, at, format!("`{field}` is no selector: {what}"))
        }
        SelectorReading::Usable(selector) => {
            let Some(node) = node else { return };
            findings.extend(
                selector
                    .problems()
                    .iter()
                    .map(|problem| invalid(policy, object, node, &field, problem)),
            );
            return;
        }
    };
    findings.push(finding);
}

fn invalid(policy: &Policy, object: &Object, selector: Node<'_>, field: &str, problem: &SelectorProblem) -> Finding {
    let message = format!("the API server refuses `{field}`: {problem}");
    let nth = |list: &str, index: usize| selector.get(list).and_then(|list| list.items().nth(index));
    match &problem.place {
        SelectorPlace::MatchLabels { index, .. } => {
            let labels = selector.get("matchLabels");
            match labels.and_then(|labels| Some((labels, labels.entries().nth(*index)?))) {
                Some((labels, entry)) if is_about_key(problem) => {
                    Finding::at_key(policy, object, labels, entry, message)
                }
                Some((labels, entry)) => Finding::at_entry(policy, object, labels, entry, message),
                None => Finding::at(policy, object, selector, message),
            }
        }
        SelectorPlace::MatchExpressions { index, field } => {
            let Some(expression) = nth("matchExpressions", *index) else {
                return Finding::at(policy, object, selector, message);
            };
            let key = match field {
                RequirementField::Key => "key",
                RequirementField::Values | RequirementField::Value(_) => "values",
            };
            if let RequirementField::Value(value) = field
                && let Some(node) = expression.get("values").and_then(|values| values.items().nth(*value))
            {
                return Finding::at(policy, object, node, message);
            }
            match expression.entry(key) {
                Some(entry) => Finding::at_entry(policy, object, expression, entry, message),
                // What asks for values is the operator.
                None => match expression.get("operator").filter(|_| key == "values") {
                    Some(operator) => Finding::at(policy, object, operator, message),
                    None => Finding::missing(policy, object, expression, &[key], message),
                },
            }
        }
    }
}

/// Whether a boolean or a number stands where the selector wants a string.
fn is_unquoted(selector: Node<'_>, at: Node<'_>) -> bool {
    let is_list = [
        Some(selector),
        selector.get("matchLabels"),
        selector.get("matchExpressions"),
    ]
    .contains(&Some(at));
    let is_expression = || {
        selector
            .get("matchExpressions")
            .is_some_and(|list| list.items().any(|item| item == at))
    };
    matches!(at.kind(), NodeKind::Boolean | NodeKind::Integer | NodeKind::Float) && !is_list && !is_expression()
}

fn is_named(object: &Object) -> bool {
    let metadata = |key| object.root().at(&["metadata", key]);
    metadata("name").or_else(|| metadata("generateName")).is_some()
}

fn is_about_key(problem: &SelectorProblem) -> bool {
    matches!(problem.fault, SelectorFault::Key(_))
}
