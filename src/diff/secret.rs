//! The one door from values to what may be shown: nothing else makes a [`Shown`] or a [`RedactedObject`], or masks an object that is
//! printed.

use serde_json::{Map, Value};

use super::bookkeeping;
use super::path::{FieldPath, PathElement};
use super::redacted::{RedactedObject, Shown};
use crate::live::secret_values::values_of;

/// The fields of a Secret whose values are secret.
const FIELDS: [&str; 2] = ["data", "stringData"];

/// What hides values: the kind, of whatever group, so that a wrong `apiVersion` shows nothing.
#[derive(Clone)]
pub(crate) struct Redaction {
    is_secret: bool,
    /// The values themselves, since an annotation may repeat one.
    values: Vec<String>,
}

impl Redaction {
    /// For the forms of one object of a kind.
    pub(crate) fn of(kind: &str, forms: &[&Value]) -> Self {
        let is_secret = kind == "Secret";
        let forms = forms.iter().filter(|_| is_secret);
        let values = forms.flat_map(|form| values_of(form)).collect();
        Self { is_secret, values }
    }

    /// A value at a path, as it may be shown.
    pub(crate) fn shown(&self, path: &FieldPath, value: &Value) -> Shown {
        let is_hidden = self.is_secret
            && (self.repeats(value)
                || match path.0.first() {
                    Some(PathElement::Field(name)) if name == "metadata" => is_hidden_metadata(&path.0),
                    Some(PathElement::Field(name)) => FIELDS.contains(&name.as_str()) || !is_open_field(name),
                    _ => true,
                });
        if is_hidden {
            Shown::Secret
        } else {
            Shown::Value(value.clone())
        }
    }

    /// Two forms of one object, as they may be shown. A value that is not the same in both is marked so, or a textual diff would not show
    /// that it changes.
    pub(crate) fn objects(
        &self,
        before: Option<&Value>,
        after: Option<&Value>,
    ) -> (Option<RedactedObject>, Option<RedactedObject>) {
        let mask = |object: Option<&Value>, other: Option<&Value>, side: &str| {
            let mut object = object?.clone();
            bookkeeping::strip(&mut object);
            self.mask_beside(&mut object, other, side);
            Some(RedactedObject::masked(object))
        };
        (mask(before, after, "before"), mask(after, before, "after"))
    }

    /// Masks one form that nothing is held against.
    pub(crate) fn mask(&self, object: &mut Value) {
        self.mask_beside(object, None, "");
    }

    fn mask_beside(&self, object: &mut Value, other: Option<&Value>, side: &str) {
        if self.is_secret {
            mask(object, other, side);
            self.mask_annotations(object);
        }
    }

    fn mask_annotations(&self, object: &mut Value) {
        let annotations = object
            .pointer_mut("/metadata/annotations")
            .and_then(Value::as_object_mut);
        for text in annotations.into_iter().flat_map(Map::values_mut) {
            if self.repeats(text) {
                *text = Value::from("***");
            }
        }
    }

    /// Whether a text holds one of the values.
    fn repeats(&self, text: &Value) -> bool {
        let text = text.as_str().unwrap_or_default();
        self.values.iter().any(|value| text.contains(value.as_str()))
    }
}

/// The fields of a Secret that hold no secret. Whatever else stands at its top was probably meant to be in `data`.
fn is_open_field(name: &str) -> bool {
    matches!(name, "apiVersion" | "kind" | "type" | "immutable")
}

/// The metadata that hold no secret. Whatever else stands there was probably meant to be in `data`, and has slipped in by its indentation.
fn is_open_metadata(name: &str) -> bool {
    matches!(
        name,
        "name" | "generateName" | "namespace" | "labels" | "annotations" | "finalizers" | "ownerReferences"
    )
}

/// Whether the path leads to metadata of which nobody knows what they hold, to an annotation in which tools keep the whole object, or to
/// what holds such.
fn is_hidden_metadata(path: &[PathElement]) -> bool {
    match path {
        [_, PathElement::Field(name)] if name == "annotations" => true,
        [_, PathElement::Field(annotations), PathElement::Field(name), ..] if annotations == "annotations" => {
            name == bookkeeping::LAST_APPLIED || name.starts_with("kapp.k14s.io/")
        }
        [_, PathElement::Field(name), ..] => !is_open_metadata(name),
        _ => true,
    }
}

fn mask(object: &mut Value, other: Option<&Value>, side: &str) {
    for (name, value) in object.as_object_mut().into_iter().flatten() {
        let others = other.and_then(|other| other.get(name));
        match value {
            _ if is_open_field(name) => {}
            Value::Object(metadata) if name == "metadata" => {
                for (name, value) in metadata.iter_mut().filter(|(name, _)| !is_open_metadata(name)) {
                    *value = masked(value, others.and_then(|others| others.get(name)), side);
                }
            }
            Value::Object(values) => mask_values(values, others, side),
            _ => *value = masked(value, others, side),
        }
    }
}

fn mask_values(values: &mut Map<String, Value>, others: Option<&Value>, side: &str) {
    for (key, value) in values {
        let other = others.and_then(|others| others.get(key));
        *value = masked(value, other, side);
    }
}

fn masked(value: &Value, other: Option<&Value>, side: &str) -> Value {
    match other {
        Some(other) if other != value => Value::from(format!("*** ({side})")),
        _ => Value::from("***"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_value_of_a_secret_can_be_shown() {
        let redaction = Redaction::of("Secret", &[&json!({"data": {"a": "cmVwZWF0ZWQ="}})]);
        let path = |names: &[&str]| {
            FieldPath(
                names
                    .iter()
                    .map(|name| PathElement::Field((*name).to_owned()))
                    .collect(),
            )
        };
        for hidden in [
            &["data"][..],
            &["data", "a"],
            &["stringData", "a"],
            &["password"],
            &["metadata"],
            &["metadata", "annotations"],
            &["metadata", "data"],
            &["metadata", "data", "a"],
            &["metadata", "annotations", bookkeeping::LAST_APPLIED],
            &[],
        ] {
            assert_eq!(
                redaction.shown(&path(hidden), &json!("canary")),
                Shown::Secret,
                "{hidden:?}"
            );
        }
        for open in [
            &["type"][..],
            &["metadata", "labels", "app"],
            &["metadata", "annotations", "note"],
        ] {
            assert_eq!(
                redaction.shown(&path(open), &json!("x")),
                Shown::Value(json!("x")),
                "{open:?}"
            );
        }
        for repeated in ["it is repeated", "cmVwZWF0ZWQ="] {
            let path = path(&["metadata", "annotations", "note"]);
            assert_eq!(redaction.shown(&path, &json!(repeated)), Shown::Secret);
        }
        let object = |value: &str| {
            json!({"kind": "Secret", "metadata": {"annotations": {bookkeeping::LAST_APPLIED: value, "note": "canary, repeated"}, "stringData": {"d": "canary3"}}, "data": {"a": value, "b": "canary"},
                   "stringData": {"c": value}, "password": value})
        };
        let (before, after) = redaction.objects(Some(&object("canary1")), Some(&object("canary2")));
        let (before, after) = (before.unwrap(), after.unwrap());
        assert!(!format!("{before:?}{after:?}").contains("canary"));
        assert_ne!(before, after);
        assert_eq!(before.json()["data"]["b"], after.json()["data"]["b"]);
    }
}
