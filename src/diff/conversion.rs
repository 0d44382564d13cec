//! A SidecarSet of v1alpha1 as a server that stores v1beta1 gives it back.
//!
//! Facts: kruise v1.9.0 `apis/apps/v1alpha1/sidecarset_conversion.go`: `spec.namespace` becomes a selector and never comes back, a label becomes
//! `spec.customVersion`.

use serde_json::{Map, Value, json};

use super::change::Note;
use super::path::{FieldPath, PathElement};
use crate::live::reference::ObjectReference;
use crate::model::sidecar_set;

const CUSTOM_VERSION: &str = "apps.kruise.io/sidecarset-custom-version";
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// What containers have from Kruise 1.9 on (kruise v1.8.3 and v1.9.0 `apis/apps/v1alpha1/sidecarset_types.go`).
const NEWER: [&str; 2] = ["resourcesPolicy", "shareVolumeDevicePolicy"];

/// Takes out of a desired SidecarSet what a Kruise before 1.9 does not know: its webhook drops it, and its definition does not tell.
pub(crate) fn take_newer(desired: &mut Value) -> Vec<(FieldPath, Value)> {
    let mut taken = Vec::new();
    for list in ["containers", "initContainers"] {
        let containers = desired
            .get_mut("spec")
            .and_then(|spec| spec.get_mut(list))
            .and_then(Value::as_array_mut);
        for (at, container) in containers.into_iter().flatten().enumerate() {
            let Some(container) = container.as_object_mut() else {
                continue;
            };
            let element = match container.get("name") {
                Some(name) => PathElement::Key(vec![("name".to_owned(), name.clone())]),
                None => PathElement::Index(at),
            };
            for name in NEWER {
                if let Some(value) = container.shift_remove(name).filter(|value| !value.is_null()) {
                    let field = |name: &str| PathElement::Field(name.to_owned());
                    let path = vec![field("spec"), field(list), element.clone(), field(name)];
                    taken.push((FieldPath(path), value));
                }
            }
        }
    }
    taken
}

/// Rewrites a desired SidecarSet as its conversion will, and says so.
pub(crate) fn convert(desired: &mut Value, live: &Value, reference: &ObjectReference, serves_beta: bool) -> Vec<Note> {
    let is_alpha = reference.kind == sidecar_set::KIND && reference.api_version == "apps.kruise.io/v1alpha1";
    if !is_alpha {
        return Vec::new();
    }
    let notes = [namespace(desired, live, serves_beta), custom_version(desired, live)];
    notes.into_iter().flatten().collect()
}

fn namespace(desired: &mut Value, live: &Value, serves_beta: bool) -> Option<Note> {
    let spec = desired.get_mut("spec")?.as_object_mut()?;
    let name = spec
        .get("namespace")?
        .as_str()
        .filter(|name| !name.is_empty())?
        .to_owned();
    let is_kept = live.pointer("/spec/namespace").is_some();
    let is_converted = live
        .pointer("/spec/namespaceSelector/matchLabels")
        .is_some_and(|labels| labels.get(NAMESPACE_NAME).is_some());
    if is_kept || !(serves_beta || is_converted) {
        return None;
    }
    spec.shift_remove("namespace");
    spec.insert(
        "namespaceSelector".to_owned(),
        json!({"matchLabels": {NAMESPACE_NAME: name}}),
    );
    Some(Note {
        message: format!(
            "`spec.namespace: {name}` is rewritten by conversion into a `namespaceSelector` for `{NAMESPACE_NAME}`, and is read back so: write the selector \
             instead, which v1beta1 has, too"
        ),
        path: Some(path(&["spec", "namespace"])),
        warns: false,
    })
}

fn custom_version(desired: &mut Value, live: &Value) -> Option<Note> {
    live.pointer("/spec/customVersion")?;
    let labels = desired.pointer_mut("/metadata/labels")?.as_object_mut()?;
    let version = labels.shift_remove(CUSTOM_VERSION)?;
    let spec = desired
        .as_object_mut()?
        .entry("spec".to_owned())
        .or_insert_with(|| Value::Object(Map::new()));
    spec.as_object_mut()?.insert("customVersion".to_owned(), version);
    Some(Note {
        message: format!("the label `{CUSTOM_VERSION}` is rewritten by conversion into `spec.customVersion`"),
        path: Some(path(&["metadata", "labels", CUSTOM_VERSION])),
        warns: false,
    })
}

fn path(fields: &[&str]) -> FieldPath {
    FieldPath(
        fields
            .iter()
            .map(|field| PathElement::Field((*field).to_owned()))
            .collect(),
    )
}
