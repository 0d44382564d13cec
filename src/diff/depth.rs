//! How deep an object may be nested: deeper ones are not compared.

use serde_json::Value;

use crate::source::limits;

pub(crate) fn too_deep(which: &str) -> String {
    format!(
        "{which} is nested deeper than {} levels, and was not compared",
        limits::RENDERED_DEPTH
    )
}

/// Without recursion: it decides whether recursion is safe.
pub(crate) fn is_deeper(value: &Value, limit: usize) -> bool {
    let mut pending = vec![(value, 0)];
    while let Some((value, depth)) = pending.pop() {
        if depth > limit {
            return true;
        }
        match value {
            Value::Object(fields) => pending.extend(fields.values().map(|value| (value, depth + 1))),
            Value::Array(items) => pending.extend(items.iter().map(|value| (value, depth + 1))),
            _ => {}
        }
    }
    false
}
