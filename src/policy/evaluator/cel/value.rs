//! Nodes of a document, and parameters of a policy, as values of CEL.

use std::sync::Arc;

use cel::Value;
use cel::objects::{Key, Map};

use super::fields::Fields;
use crate::source::decode::{Entry, Node, NodeKind};

/// Deepest value handed to an expression.
const DEPTH: usize = 64;

/// A node, as far as an expression looks at it.
pub(super) fn of_node(node: Node<'_>, fields: &Fields<'_>) -> Value {
    match (node.kind(), fields) {
        (NodeKind::Mapping, Fields::Some(names)) => {
            mapping(node.entries().filter(|entry| names.contains(entry.key())), 0)
        }
        _ => whole(node, 0),
    }
}

fn mapping<'t>(entries: impl Iterator<Item = Entry<'t>>, depth: usize) -> Value {
    Value::Map(Map {
        map: Arc::new(
            entries
                // For Kubernetes a null field is an absent one, and `has()` must say so.
                .filter(|entry| !entry.value().is_null())
                .map(|entry| (Key::from(entry.key().to_owned()), whole(entry.value(), depth + 1)))
                .collect(),
        ),
    })
}

fn whole(node: Node<'_>, depth: usize) -> Value {
    if depth > DEPTH {
        return Value::Null;
    }
    match node.kind() {
        NodeKind::Null => Value::Null,
        NodeKind::Boolean => Value::Bool(node.as_bool().unwrap_or(false)),
        // By hand: `cel::to_value` makes positive numbers unsigned, and then `replicas + 1` fails.
        NodeKind::Integer => Value::Int(node.as_i64().unwrap_or(0)),
        NodeKind::Float => Value::Float(node.as_f64().unwrap_or(0.0)),
        NodeKind::Text => Value::from(node.as_str().unwrap_or("").to_owned()),
        NodeKind::Sequence => Value::List(Arc::new(node.items().map(|item| whole(item, depth + 1)).collect())),
        NodeKind::Mapping => mapping(node.entries(), depth),
    }
}

/// A parameter.
pub(super) fn of_json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => number
            .as_i64()
            .map_or_else(|| Value::Float(number.as_f64().unwrap_or(0.0)), Value::Int),
        serde_json::Value::String(text) => Value::from(text.clone()),
        serde_json::Value::Array(items) => Value::List(Arc::new(items.iter().map(of_json).collect())),
        serde_json::Value::Object(fields) => Value::Map(Map {
            map: Arc::new(
                fields
                    .iter()
                    .map(|(key, value)| (Key::from(key.clone()), of_json(value)))
                    .collect(),
            ),
        }),
    }
}
