//! What the server, or Kruise's webhook, writes where nothing is written.
//!
//! Only the difference of two forms is ever shown, and both get the defaults: so they matter where something was taken away or is new.
//!
//! Facts: kubernetes v1.36.3 `pkg/apis/*/v*/defaults.go` and `zz_generated.defaults.go`; kruise v1.9.0 `apis/apps/defaults/v1alpha1.go`.

mod conditional;
mod constants;

use serde_json::{Map, Value};

use super::schema;
use super::schema::shape::Shape;

/// Writes the defaults into an object, by the types of its fields. Its nesting is limited where it is read.
pub(crate) fn apply(object: &mut Value, shape: Option<Shape<'_>>) {
    let Some(shape) = shape else {
        return;
    };
    if let Some(fields) = object.as_object_mut() {
        map(fields, shape, true);
    }
}

fn map(fields: &mut Map<String, Value>, shape: Shape<'_>, is_root: bool) {
    let name = shape.name();
    for (field, default) in constants::of(name) {
        set(fields, field, || default.value());
    }
    conditional::apply(name, fields, is_root);
    for field in shape.fields() {
        if let Some(default) = shape.field(field).and_then(|shape| shape.default()) {
            set(fields, field, || default.clone());
        }
    }
    for (key, value) in fields.iter_mut() {
        // Kruise v1.9.0 gives the other probes their defaults, and this one none.
        if name == conditional::SIDECAR_CONTAINER && key == "startupProbe" {
            continue;
        }
        let Some(shape) = schema::field(Some(shape), key, is_root) else {
            continue;
        };
        match value {
            Value::Object(fields) => map(fields, shape, false),
            Value::Array(items) => list(items, shape),
            _ => {}
        }
    }
}

fn list(items: &mut [Value], shape: Shape<'_>) {
    let Some(shape) = shape.items() else {
        return;
    };
    for item in items {
        match item {
            Value::Object(fields) => map(fields, shape, false),
            Value::Array(items) => list(items, shape),
            _ => {}
        }
    }
}

/// Writes a field that is not set.
fn set(fields: &mut Map<String, Value>, field: &str, value: impl FnOnce() -> Value) {
    if fields.get(field).is_none_or(Value::is_null) {
        fields.insert(field.to_owned(), value());
    }
}
