//! A node as JSON text.

use super::objects::ObjectNode;
use super::tree::{Node, Value};

/// Writes an object as compact JSON, with the kind and version that its list lends it.
pub fn write_object(object: ObjectNode<'_>, out: &mut String) {
    let Some((api_version, kind)) = object.implied else {
        write_json(object.node, out);
        return;
    };
    out.push_str("{\"apiVersion\":");
    write_string(api_version, out);
    out.push_str(",\"kind\":");
    write_string(kind, out);
    for entry in object.node.entries() {
        if !matches!(entry.key(), "apiVersion" | "kind") {
            out.push(',');
            write_string(entry.key(), out);
            out.push(':');
            write_json(entry.value(), out);
        }
    }
    out.push('}');
}

/// Writes a node as compact JSON, aliases unfolded, keys in the order of the file.
///
/// Without recursion, since a document may be nested ten thousand deep; the budget for aliases bounds what it unfolds to.
pub fn write_json(node: Node<'_>, out: &mut String) {
    enum Step<'t> {
        Value(Node<'t>),
        Text(&'static str),
        Key(&'t str),
    }
    let mut pending = vec![Step::Value(node)];
    while let Some(step) = pending.pop() {
        let node = match step {
            Step::Text(text) => {
                out.push_str(text);
                continue;
            }
            Step::Key(key) => {
                write_string(key, out);
                out.push(':');
                continue;
            }
            Step::Value(node) => node,
        };
        match node.value() {
            Value::Null | Value::Alias(_) => out.push_str("null"),
            Value::Bool(value) => out.push_str(if value { "true" } else { "false" }),
            Value::Int(value) => out.push_str(&value.to_string()),
            Value::Float(value) => {
                out.push_str(
                    &serde_json::Number::from_f64(value).map_or_else(|| "null".to_owned(), |number| number.to_string()),
                );
            }
            Value::Text(_) => write_string(node.as_str().unwrap_or(""), out),
            Value::Sequence(_) => {
                out.push('[');
                pending.push(Step::Text("]"));
                for (index, item) in node.items().enumerate().rev() {
                    pending.push(Step::Value(item));
                    if index > 0 {
                        pending.push(Step::Text(","));
                    }
                }
            }
            Value::Mapping(_) => {
                out.push('{');
                pending.push(Step::Text("}"));
                for (index, entry) in node.entries().enumerate().rev() {
                    pending.push(Step::Value(entry.value()));
                    pending.push(Step::Key(entry.key()));
                    if index > 0 {
                        pending.push(Step::Text(","));
                    }
                }
            }
        }
    }
}

/// A node as a JSON value, aliases unfolded. `None` if it is nested deeper than `depth` collections.
#[must_use]
pub fn to_json(node: Node<'_>, depth: usize) -> Option<serde_json::Value> {
    let below = depth.checked_sub(1)?;
    Some(match node.value() {
        Value::Null | Value::Alias(_) => serde_json::Value::Null,
        Value::Bool(value) => value.into(),
        Value::Int(value) => value.into(),
        Value::Float(value) => value.into(),
        Value::Text(_) => node.as_str().unwrap_or("").into(),
        Value::Sequence(_) => node.items().map(|item| to_json(item, below)).collect::<Option<_>>()?,
        Value::Mapping(_) => {
            let fields = node
                .entries()
                .map(|entry| Some((entry.key().to_owned(), to_json(entry.value(), below)?)));
            serde_json::Value::Object(fields.collect::<Option<_>>()?)
        }
    })
}

fn write_string(text: &str, out: &mut String) {
    // serde_json escapes; a string cannot fail.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}
