//! Objects of which only the keys are known.

use serde_json::Value;

/// Makes the values of keys that both sides have equal, where one side does not know them.
pub(crate) fn forget_values(desired: &mut Value, other: &mut Value) {
    for field in ["data", "binaryData"] {
        let Some(known) = other.get_mut(field).and_then(Value::as_object_mut) else {
            continue;
        };
        let wanted = desired.get_mut(field).and_then(Value::as_object_mut);
        for value in known.values_mut() {
            *value = Value::from("");
        }
        for (key, value) in wanted.into_iter().flatten() {
            if known.contains_key(key) {
                *value = Value::from("");
            }
        }
    }
}
