//! What tells the items of a list apart.

use std::collections::HashSet;

use serde_json::Value;

use super::canonical;
use super::path::PathElement;
use super::schema::shape::{ListRule, Shape};

/// The path element of each item; `None` if an item has none: it lacks the keys, or is no mapping.
pub(crate) fn elements(list: &[Value], rule: &ListRule, items: Option<Shape<'_>>) -> Option<Vec<PathElement>> {
    match rule {
        ListRule::Atomic => None,
        ListRule::Set => list
            .iter()
            .map(|item| (!item.is_array() && !item.is_object()).then(|| PathElement::Item(canonical::number(item))))
            .collect(),
        ListRule::Keys(keys) => list.iter().map(|item| key_of(item, keys, items)).collect(),
    }
}

/// The keys of an item, those left out by their defaults (structured-merge-diff v6 `typed/helpers.go`).
pub(crate) fn key_of(item: &Value, keys: &[String], items: Option<Shape<'_>>) -> Option<PathElement> {
    let fields = item.as_object()?;
    let pairs: Vec<(String, Value)> = keys
        .iter()
        .filter_map(|key| {
            let written = fields.get(key).filter(|value| !value.is_null());
            let value = written.or_else(|| items?.field(key)?.default())?;
            Some((key.clone(), canonical::number(value)))
        })
        .collect();
    (!pairs.is_empty()).then_some(PathElement::Key(pairs))
}

/// A text that is the same for equal elements only: as `fieldsV1` writes them, keys sorted.
pub(crate) fn text_of(element: &PathElement) -> String {
    match element {
        PathElement::Field(name) => format!("f:{name}"),
        PathElement::Key(pairs) => {
            let mut pairs: Vec<&(String, Value)> = pairs.iter().collect();
            pairs.sort_by(|left, right| left.0.cmp(&right.0));
            let pairs: Vec<String> = pairs
                .iter()
                .map(|(key, value)| format!("{}:{value}", Value::from(key.as_str())))
                .collect();
            format!("k:{{{}}}", pairs.join(","))
        }
        PathElement::Item(value) => format!("v:{value}"),
        PathElement::Index(index) => format!("i:{index}"),
    }
}

/// Whether no two elements are equal.
pub(crate) fn are_unique(elements: &[PathElement]) -> bool {
    let mut seen = HashSet::new();
    elements.iter().all(|element| seen.insert(text_of(element)))
}
