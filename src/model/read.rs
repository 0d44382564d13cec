//! From nodes of a document to the types that are reasoned with: labels, selectors, numbers or percentages.

use super::int_or_percent::IntOrString;
use super::placeholder::{self, PlaceholderKind};
use super::selector::{LabelSelector, Labels, Operator, Requirement};
use crate::source::decode::{Node, NodeKind};

/// Labels or annotations. Values that are no strings are left out: the API server refuses them, which is a finding of its own.
#[must_use]
pub fn labels(mapping: Option<Node<'_>>) -> Labels {
    let entries = || mapping.into_iter().flat_map(Node::entries);
    let labels: Labels = entries()
        .filter_map(|entry| Some((entry.key(), entry.value().as_str()?)))
        .collect();
    let is_unfilled = |text: &str| placeholder::find(text).is_some();
    if entries().any(|entry| is_unfilled(entry.key())) || mapping.and_then(Node::as_str).is_some_and(is_unfilled) {
        labels.opened()
    } else {
        labels
    }
}

/// What a selector field holds.
#[derive(Debug, Clone)]
pub enum SelectorReading<'t> {
    /// No such field, or null.
    Absent,
    /// Neither labels nor expressions.
    Empty,
    /// Something that is no selector.
    Unusable(UnusableSelector<'t>),
    /// A selector, with the entries it was read from.
    Usable(LabelSelector),
}

/// Why something is no selector.
#[derive(Debug, Clone)]
pub struct UnusableSelector<'t> {
    /// The node at fault; of a key its value.
    pub at: Node<'t>,
    /// What is wrong with it.
    pub what: String,
    /// The placeholder that stands there, if that is it.
    pub placeholder: Option<PlaceholderKind>,
}

impl SelectorReading<'_> {
    /// The selector, if there is a usable one.
    #[must_use]
    pub fn usable(&self) -> Option<&LabelSelector> {
        match self {
            Self::Usable(selector) => Some(selector),
            _ => None,
        }
    }
}

/// Reads a LabelSelector.
#[must_use]
pub fn selector(field: Option<Node<'_>>) -> SelectorReading<'_> {
    let Some(node) = field else {
        return SelectorReading::Absent;
    };
    if node.kind() != NodeKind::Mapping {
        return unusable_kind(node, "a mapping with `matchLabels` or `matchExpressions`");
    }
    let mut selector = LabelSelector::default();
    if let Some(match_labels) = node.get("matchLabels") {
        if match_labels.kind() != NodeKind::Mapping {
            return unusable_kind(match_labels, "a mapping of labels");
        }
        for entry in match_labels.entries() {
            let value = entry.value();
            let Some(text) = value.as_str() else {
                return unusable_kind(value, "a string");
            };
            for part in [entry.key(), text] {
                if let Some(unfilled) = unfilled(value, part) {
                    return SelectorReading::Unusable(unfilled);
                }
            }
            selector.match_labels.push((entry.key().to_owned(), text.to_owned()));
        }
    }
    if let Some(expressions) = node.get("matchExpressions") {
        if expressions.kind() != NodeKind::Sequence {
            return unusable_kind(expressions, "a list of expressions");
        }
        for expression in expressions.items() {
            match requirement(expression) {
                Ok(requirement) => selector.match_expressions.push(requirement),
                Err(unusable) => return SelectorReading::Unusable(unusable),
            }
        }
    }
    if selector.is_empty() {
        SelectorReading::Empty
    } else {
        SelectorReading::Usable(selector)
    }
}

fn requirement(node: Node<'_>) -> Result<Requirement, UnusableSelector<'_>> {
    if node.kind() != NodeKind::Mapping {
        return Err(wrong_kind(node, "an expression with `key`, `operator` and `values`"));
    }
    let key = node.str_at(&["key"]).unwrap_or("");
    if let Some(unfilled) = node.get("key").and_then(|at| unfilled(at, key)) {
        return Err(unfilled);
    }
    let at = node.get("operator").unwrap_or(node);
    let Some(operator) = at.as_str().and_then(Operator::parse) else {
        let placeholder = at.as_str().and_then(placeholder::find).map(|found| found.kind);
        return Err(UnusableSelector {
            at,
            what: "the operator must be In, NotIn, Exists or DoesNotExist".to_owned(),
            placeholder,
        });
    };
    // One placeholder may stand for the whole list.
    if let Some(list) = node.get("values")
        && let Some(unfilled) = list.as_str().and_then(|text| unfilled(list, text))
    {
        return Err(unfilled);
    }
    let mut values = Vec::new();
    for value in node.get("values").into_iter().flat_map(Node::items) {
        let Some(text) = value.as_str() else {
            return Err(wrong_kind(value, "a string"));
        };
        if let Some(unfilled) = unfilled(value, text) {
            return Err(unfilled);
        }
        values.push(text.to_owned());
    }
    Ok(Requirement {
        key: key.to_owned(),
        operator,
        values,
    })
}

fn unusable_kind<'t>(node: Node<'t>, due: &str) -> SelectorReading<'t> {
    SelectorReading::Unusable(wrong_kind(node, due))
}

fn wrong_kind<'t>(at: Node<'t>, due: &str) -> UnusableSelector<'t> {
    let unfilled = at.as_str().and_then(|text| unfilled(at, text));
    unfilled.unwrap_or_else(|| UnusableSelector {
        at,
        what: format!("{due} is due here, this is {}", at.kind().with_article()),
        placeholder: None,
    })
}

/// What is wrong with a text that somebody still has to fill in; it stands at a node, or is its key.
fn unfilled<'t>(at: Node<'t>, text: &str) -> Option<UnusableSelector<'t>> {
    let placeholder = placeholder::find(text)?;
    Some(UnusableSelector {
        at,
        what: format!("the placeholder `{text}` was never filled in"),
        placeholder: Some(placeholder.kind),
    })
}

/// An IntOrString field.
#[must_use]
pub fn int_or_string(node: Node<'_>) -> Option<IntOrString> {
    if let Some(number) = node.as_i64() {
        return i32::try_from(number).ok().map(IntOrString::Int);
    }
    node.as_str().map(|text| IntOrString::String(text.to_owned()))
}
