//! What kustomize notes of an object in its annotations: they are there while patches are put on, and seen by them
//! (kustomize api v0.18.0 `resource/resource.go`, `internal/utils/annotations.go`).

use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::{Behavior, Resource};
use crate::source::kustomize::scalar::{check_key, text_of};
use crate::source::kustomize::sources::Sources;
use crate::source::kustomize::value::{Data, Field, Value};

/// Stands for all notes among the annotations; no annotation has this key.
pub(super) const MARK: &str = "\0";

/// The prefixes of the keys of notes.
const OWN: [&str; 3] = [
    "internal.config.kubernetes.io/",
    "config.kubernetes.io/index",
    "config.kubernetes.io/path",
];

fn is_own(key: &str) -> bool {
    OWN.iter().any(|own| key.starts_with(own)) || matches!(key, "config.k8s.io/id" | MARK)
}

/// Stops at a patch that changes notes.
pub(super) fn refuse_own(patch: &Value) -> Result<(), Problem> {
    let annotations = patch
        .at(&["metadata", "annotations"])
        .map(Value::fields)
        .unwrap_or_default();
    match annotations.iter().find(|field| is_own(&field.key)) {
        Some(field) => Err(Problem::not_understood_at(
            &field.key_origin,
            "an annotation that kustomize keeps for itself",
        )),
        None => Ok(()),
    }
}

/// Whether there are notes.
pub(super) fn are_kept(resource: &Resource) -> bool {
    resource.is_annotated
        || resource.needs_hash
        || !resource.previous.is_empty()
        || !resource.prefixes.is_empty()
        || !resource.suffixes.is_empty()
}

/// Puts the mark among the annotations. Where there were none, it makes them.
pub(super) fn mark(object: &mut Value) -> Result<(), Problem> {
    let Some(metadata) = object.get_mut("metadata") else {
        return Err(Problem::not_understood_at(
            &object.origin,
            "an object without `metadata`",
        ));
    };
    let origin = metadata.origin.clone();
    let is_empty = |value: &Value| value.fields().is_empty() && value.items().is_empty();
    if metadata.get("annotations").is_none_or(is_empty) {
        metadata.remove("annotations");
        metadata.set("annotations", &origin, Value::map(origin.clone()));
    }
    match metadata.get_mut("annotations") {
        Some(annotations) if matches!(annotations.data, Data::Map(_)) => {
            annotations.set(MARK, &origin, Value::text("", origin.clone()));
            Ok(())
        }
        _ => Err(Problem::not_understood_at(&origin, "annotations that are no mapping")),
    }
}

/// Takes the mark away, and annotations of which nothing else is left. Whether it was still there.
pub(super) fn unmark(object: &mut Value) -> bool {
    let Some(metadata) = object.get_mut("metadata") else {
        return false;
    };
    let Some(annotations) = metadata.get_mut("annotations") else {
        return false;
    };
    let is_there = annotations.remove(MARK).is_some();
    if is_there && annotations.fields().is_empty() {
        metadata.remove("annotations");
    }
    is_there
}

/// Forgets what the notes said.
pub(super) fn forget(resource: &mut Resource) {
    resource.previous.clear();
    resource.prefixes.clear();
    resource.suffixes.clear();
    resource.needs_hash = false;
    resource.behavior = Behavior::Create;
    resource.is_annotated = false;
}

/// Makes strings of all values of a field of the metadata, as kustomize does when it sets them; without any the field is gone
/// (kyaml v0.18.1 `yaml/rnode.go` `setMapInMetadata`).
pub(super) fn make_strings(
    object: &mut Value,
    field: &str,
    is_rewritten: bool,
    sources: &Sources,
) -> Result<(), Problem> {
    let Some(metadata) = object.get_mut("metadata") else {
        return Ok(());
    };
    let Some(values) = metadata.get_mut(field) else {
        return Ok(());
    };
    match &mut values.data {
        Data::Map(fields) if !fields.is_empty() => {
            for Field { key, key_origin, value } in fields {
                check_key(key, key_origin)?;
                value.data = Data::Text(text_of(value, is_rewritten, sources)?.into());
            }
            Ok(())
        }
        Data::List(items) if !items.is_empty() => Err(Problem::not_understood_at(
            &values.origin,
            format!("a list as `metadata.{field}`"),
        )),
        _ => {
            metadata.remove(field);
            Ok(())
        }
    }
}
