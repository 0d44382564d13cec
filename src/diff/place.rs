//! Where Git has a field.

use serde_json::Value;

use super::path::{FieldPath, PathElement};
use crate::source::decode::{Entry, Node};
use crate::source::text::Place;

/// The place of a field, or of the nearest one above it that Git has.
pub(crate) fn of(root: Node<'_>, path: &FieldPath) -> Place {
    let (mut node, mut place) = (root, None);
    for element in &path.0 {
        let next = match element {
            PathElement::Field(name) => {
                // `data` of a Secret may be written as `stringData`.
                let entry = node
                    .entry(name)
                    .or_else(|| (name == "data").then(|| node.entry("stringData")).flatten());
                place = entry.map(Entry::key_place).or(place);
                entry.map(Entry::value)
            }
            PathElement::Index(index) => node.items().nth(*index),
            PathElement::Item(value) => node.items().find(|item| is(*item, value)),
            PathElement::Key(keys) => node.items().find(|item| has_keys(*item, keys)),
        };
        let Some(next) = next else {
            // A key that is gone leaves the key above it; an item the list.
            return place.unwrap_or_else(|| first_line(root));
        };
        if !matches!(element, PathElement::Field(_)) {
            place = Some(first_field(next));
        }
        node = next;
    }
    if node.items().len() > 0 || node.entries().len() > 0 {
        return place.unwrap_or_else(|| first_line(root));
    }
    node.place()
}

/// Where an object begins: its kind, which is written in every one.
pub(crate) fn first_line(root: Node<'_>) -> Place {
    let field = root.entry("kind").or_else(|| root.entries().next());
    field.map_or_else(|| root.place(), |entry| entry.value().place())
}

fn first_field(item: Node<'_>) -> Place {
    item.entries().next().map_or_else(|| item.place(), Entry::key_place)
}

fn has_keys(item: Node<'_>, keys: &[(String, Value)]) -> bool {
    keys.iter().all(|(key, value)| match item.get(key) {
        Some(node) => is(node, value),
        // Left out, it is the default.
        None => keys.len() > 1,
    })
}

fn is(node: Node<'_>, value: &Value) -> bool {
    match value {
        Value::String(text) => node.as_str() == Some(text),
        Value::Bool(is) => node.as_bool() == Some(*is),
        Value::Number(number) => node.as_f64().is_some() && node.as_f64() == number.as_f64(),
        _ => false,
    }
}
