//! What the server and tools write about an object into it: never a difference.

use serde_json::{Map, Value};

pub(crate) use crate::live::secret_values::LAST_APPLIED;

/// The annotation of kapp, which holds the same.
const KAPP_ORIGINAL: &str = "kapp.k14s.io/original";

/// Annotations that tools keep their books in.
const ANNOTATIONS: [&str; 7] = [
    LAST_APPLIED,
    KAPP_ORIGINAL,
    "kapp.k14s.io/original-diff-md5",
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "kruise.io/sidecarset-hash",
    "kruise.io/sidecarset-hash-without-image",
];

/// Fields of the metadata that the server writes.
const METADATA: [&str; 8] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "managedFields",
];

/// What says who an object is.
const IDENTITY: [&str; 2] = ["apiVersion", "kind"];

/// The object without what is no part of the desired state; it is still one that can be shown.
pub(crate) fn strip(object: &mut Value) {
    let Some(fields) = object.as_object_mut() else {
        return;
    };
    fields.shift_remove("status");
    let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    for field in METADATA {
        metadata.shift_remove(field);
    }
    let is_empty = metadata
        .get_mut("annotations")
        .and_then(Value::as_object_mut)
        .map(|annotations| {
            for name in ANNOTATIONS {
                annotations.shift_remove(name);
            }
            annotations.is_empty()
        });
    if is_empty == Some(true) {
        metadata.shift_remove("annotations");
    }
}

/// `kubectl apply` writes its annotation into what it applies: so there are annotations in it, whatever Git says, and those of others stay
/// (kubectl v0.36 `pkg/util/apply.go`, `GetModifiedConfiguration`).
pub(crate) fn ensure_annotations(object: &mut Value) {
    let metadata = object
        .as_object_mut()
        .map(|fields| fields.entry("metadata").or_insert_with(|| Value::Object(Map::new())));
    if let Some(Value::Object(metadata)) = metadata {
        let annotations = metadata.entry("annotations").or_insert(Value::Null);
        if annotations.is_null() {
            *annotations = Value::Object(Map::new());
        }
    }
}

/// The same object without who it is: both sides have that in common.
pub(crate) fn without_identity(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        for field in IDENTITY {
            fields.shift_remove(field);
        }
        if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
            for field in ["name", "namespace", "generateName"] {
                metadata.shift_remove(field);
            }
        }
    }
    object
}

/// The object that was applied last, as an annotation tells.
pub(crate) fn last_applied(live: &Value) -> Option<Value> {
    let annotations = live.pointer("/metadata/annotations").and_then(Value::as_object)?;
    let text = |name: &str| annotations.get(name).and_then(Value::as_str);
    let text = text(LAST_APPLIED).or_else(|| text(KAPP_ORIGINAL))?;
    let mut object: Value = serde_json::from_str(text).ok().filter(Value::is_object)?;
    strip(&mut object);
    Some(object)
}

/// Texts of a Secret as the server keeps them: `stringData` becomes a part of `data`.
pub(crate) fn fold_string_data(object: &mut Value) {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let Some(fields) = object.as_object_mut() else {
        return;
    };
    let Some(Value::Object(texts)) = fields.shift_remove("stringData") else {
        return;
    };
    let data = fields
        .entry("data".to_owned())
        .or_insert_with(|| Value::Object(Map::new()));
    if data.is_null() {
        *data = Value::Object(Map::new());
    }
    if let Some(data) = data.as_object_mut() {
        for (key, text) in texts {
            let encoded = text.as_str().map(|text| Value::from(STANDARD.encode(text)));
            data.insert(key, encoded.unwrap_or(text));
        }
    }
}
