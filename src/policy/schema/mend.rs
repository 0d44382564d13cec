//! From the schemas that the types give to what the API server takes.

use serde_json::{Map, Value, json};

use crate::model::quantity::Quantity;

/// The format of a string that is a resource quantity.
pub(super) const QUANTITY_FORMAT: &str = "kubernetes-quantity";

/// Whether a text is a quantity, as the field reads it.
pub(super) fn is_quantity(text: &str) -> bool {
    Quantity::parse_field(text).is_ok()
}

/// Definitions that the derived schemas say nothing, or too little, about.
fn replacement(name: &str) -> Option<Value> {
    if name.ends_with("intstr.IntOrString") {
        return Some(json!({"type": ["integer", "string"]}));
    }
    if name.ends_with("resource.Quantity") {
        // apimachinery v0.32 pkg/api/resource/quantity.go, UnmarshalJSON: numbers are taken too.
        return Some(json!({"type": ["number", "string"], "format": QUANTITY_FORMAT}));
    }
    let is_open = ["meta.v1.FieldsV1", "runtime.RawExtension", "v1.JSON"]
        .iter()
        .any(|open| name.ends_with(open));
    is_open.then(|| Value::Bool(true))
}

/// Mends a root schema in place.
pub(super) fn mend(schema: &mut Value) {
    if let Some(definitions) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        for (name, definition) in definitions.iter_mut() {
            match replacement(name) {
                Some(replacement) => *definition = replacement,
                None => mend_schema(definition),
            }
        }
    }
    let definitions = schema.as_object_mut().and_then(|root| root.remove("$defs"));
    mend_schema(schema);
    if let (Some(root), Some(definitions)) = (schema.as_object_mut(), definitions) {
        root.insert("$defs".to_owned(), definitions);
    }
}

/// The nesting of a schema is ours, not the user's, so recursion is safe.
fn mend_schema(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else {
        return;
    };
    // What must be there is the API server's to say: an example or a partial manifest may leave it out, and a patch does.
    fields.remove("required");
    // Formats of our own making only: `int32`, `date-time` and `byte` are checked by nobody before the API server.
    fields.remove("format");
    fields.remove("description");
    fields.remove("title");
    close(fields);
    for (keyword, value) in fields.iter_mut() {
        match keyword.as_str() {
            "properties" => {
                for property in value.as_object_mut().into_iter().flat_map(Map::values_mut) {
                    mend_schema(property);
                }
            }
            "items" | "additionalProperties" => mend_schema(value),
            "anyOf" | "oneOf" | "allOf" => {
                for part in value.as_array_mut().into_iter().flatten() {
                    mend_schema(part);
                }
            }
            _ => {}
        }
    }
}

/// An object with named fields has no others.
fn close(fields: &mut Map<String, Value>) {
    if fields.contains_key("properties") && !fields.contains_key("additionalProperties") {
        fields.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
}
