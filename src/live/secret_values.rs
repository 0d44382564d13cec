//! Objects without the values of Secrets.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// The annotation in which `kubectl apply` keeps all of an object, the values of Secrets too.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Values shorter than this are in too many other texts to look for.
const SHORTEST: usize = 4;

/// Whether it is a Secret.
pub(super) fn is_secret(object: &Value) -> bool {
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    text("kind") == Some("Secret") && text("apiVersion") == Some("v1")
}

/// The values of a Secret, as they are and in base64: other texts may repeat one.
pub(crate) fn values_of(secret: &Value) -> Vec<String> {
    let texts = |field: &str| {
        let entries = secret.get(field).and_then(Value::as_object);
        let entries = entries.into_iter().flat_map(Map::values);
        entries.filter_map(Value::as_str).map(str::to_owned)
    };
    let encoded = texts("data");
    let decoded = texts("data").filter_map(|text| String::from_utf8(STANDARD.decode(text).ok()?).ok());
    let plain = texts("stringData");
    let made = texts("stringData").map(|text| STANDARD.encode(text));
    let all = encoded.chain(decoded).chain(plain).chain(made);
    all.filter(|value| value.len() >= SHORTEST).collect()
}

/// A Secret of which only the keys of its values are left: each value is null. Annotations that hold a copy of a value are dropped, and of
/// who has set which field only the fields are told. Fields that no Secret has are dropped, since nobody knows what is in them.
pub(super) fn without_values(secret: &Value) -> Value {
    const KEPT: [&str; 6] = ["apiVersion", "kind", "metadata", "type", "immutable", "data"];
    let mut stripped = Map::new();
    for (key, value) in secret.as_object().into_iter().flatten() {
        if KEPT.contains(&key.as_str()) {
            stripped.insert(key.clone(), value.clone());
        }
    }
    match stripped.get_mut("data") {
        Some(Value::Object(entries)) => entries.values_mut().for_each(|value| *value = Value::Null),
        Some(other) => *other = Value::Null,
        None => {}
    }
    let values = values_of(secret);
    if let Some(metadata) = stripped.get_mut("metadata").and_then(Value::as_object_mut) {
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.retain(|key, text| {
                let text = text.as_str().unwrap_or_default();
                !is_copy(key) && !values.iter().any(|value| text.contains(value.as_str()))
            });
        }
        for entry in metadata
            .get_mut("managedFields")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if let Some(fields) = entry.get_mut("fieldsV1") {
                drop_values(fields);
            }
        }
    }
    Value::Object(stripped)
}

/// Drops the elements of sets (`v:VALUE`) and the keys of list items (`k:{…}`), which hold values, from a set of fields. It does not recurse:
/// the depth is the server's.
fn drop_values(fields: &mut Value) {
    let mut pending = vec![fields];
    while let Some(value) = pending.pop() {
        if let Value::Object(map) = value {
            map.retain(|key, _| !key.starts_with("v:") && !key.starts_with("k:"));
            pending.extend(map.values_mut());
        }
    }
}

/// Whether an annotation of that name holds a copy of the object; kapp keeps one, too (`kapp.k14s.io/original`).
fn is_copy(annotation: &str) -> bool {
    annotation == LAST_APPLIED || annotation.starts_with("kapp.k14s.io/original")
}

/// An object's metadata with nothing in the annotations that hold a copy of the object; that they are there may matter.
pub(super) fn without_copy(mut object: Value) -> Value {
    let annotations = object
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut);
    for (_, text) in annotations.into_iter().flatten().filter(|(name, _)| is_copy(name)) {
        *text = "".into();
    }
    object
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_keys_of_a_secret_are_left() {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque", "immutable": true,
            "data": {"password": "Y2FuYXJ5LXZhbHVl", "empty": ""},
            "stringData": {"other": "canary-value"},
            "binaryData": {"odd": "canary-value"},
            "metadata": {
                "name": "a", "labels": {"app": "web"},
                "annotations": {
                    LAST_APPLIED: "{\"data\":{\"password\":\"Y2FuYXJ5LXZhbHVl\"}}",
                    "kapp.k14s.io/original": "{}",
                    "copied-by": "tool says canary-value is it",
                    "copied-encoded": "Y2FuYXJ5LXZhbHVl",
                    "owner": "team",
                },
                "managedFields": [{"manager": "kubectl", "fieldsV1": {
                    "f:data": {".": {}, "f:password": {}},
                    "f:metadata": {"f:finalizers": {"v:\"canary-value\"": {}}},
                }}],
            },
        });
        let stripped = without_values(&secret);
        let text = stripped.to_string();
        assert!(!text.contains("canary") && !text.contains("Y2FuYXJ5"), "{text}");
        assert_eq!(stripped["data"], json!({"password": null, "empty": null}));
        assert_eq!(stripped["metadata"]["annotations"], json!({"owner": "team"}));
        let fields = &stripped["metadata"]["managedFields"][0]["fieldsV1"];
        assert_eq!(fields["f:data"], json!({".": {}, "f:password": {}}));
        assert_eq!(stripped["type"], "Opaque");
    }

    #[test]
    fn copies_in_annotations_are_emptied() {
        let copies = json!({LAST_APPLIED: "canary", "kapp.k14s.io/original": "canary", "owner": "team"});
        let object = without_copy(json!({"metadata": {"annotations": copies}}));
        let left = json!({LAST_APPLIED: "", "kapp.k14s.io/original": "", "owner": "team"});
        assert_eq!(object["metadata"]["annotations"], left);
    }

    #[test]
    fn data_that_is_no_mapping_is_not_shown() {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "data": "canary-value"});
        assert_eq!(without_values(&secret)["data"], Value::Null);
    }
}
