//! A generated object meets what is there already (kustomize api v0.18.0 `resmap/reswrangler.go` `appendReplaceOrMerge`,
//! `resource/resource.go` `CopyMergeMetaDataFieldsFrom`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::{Behavior, Resource, Resources};
use crate::source::kustomize::scalar;
use crate::source::kustomize::scalar::is_surely_string;
use crate::source::kustomize::sources::Sources;
use crate::source::kustomize::value::{Data, Field, Origin, Value};

/// What a look at who an object is and was takes, in steps.
const STEPS_OF_AN_OBJECT: usize = 4;

/// Adds the object, or puts it in the place of the one that is there.
pub(super) fn absorb(resources: &mut Resources, mut resource: Resource, sources: &Sources) -> Result<(), Problem> {
    let id = resource.id();
    let name = resource.value.at(&["metadata", "name"]).unwrap_or(&resource.value);
    let origin = name.origin.clone();
    resources.spend(resources.len().saturating_mul(STEPS_OF_AN_OBJECT), &origin)?;
    let positions = resources.positions_by_id(&id);
    match (positions.as_slice(), resource.behavior) {
        ([], Behavior::Create) => resources.append(resource),
        ([], Behavior::Replace | Behavior::Merge) => Err(Problem::refused_at(
            &origin,
            format!(
                "there is no {id} to replace or merge with; take `behavior` away, or write the name as it is before any prefix or suffix"
            ),
        )),
        (&[at], behavior) => {
            let Some(old) = resources.get(at) else { return Ok(()) };
            if behavior == Behavior::Create {
                let there = old.value.at(&["metadata", "name"]).unwrap_or(&old.value);
                return Err(Problem::refused_at(
                    &origin,
                    format!(
                        "{id} is there already; say with `behavior: merge` or `behavior: replace` what becomes of it"
                    ),
                )
                .with_related(&there.origin, "this one"));
            }
            take_over(&mut resource, old, sources)?;
            if behavior == Behavior::Merge {
                for field in ["data", "binaryData"] {
                    merge_data(&mut resource.value, old, field, sources)?;
                }
            }
            resources.replace(at, resource);
            Ok(())
        }
        _ => Err(Problem::refused_at(
            &origin,
            format!("there are several objects that {id} may mean"),
        )),
    }
}

/// Labels and annotations of both, the new ones first; name, namespace and history of the old one.
fn take_over(resource: &mut Resource, old: &Resource, sources: &Sources) -> Result<(), Problem> {
    for field in ["labels", "annotations"] {
        let mut all = strings(old.value.at(&["metadata", field]), old.is_rewritten, sources)?;
        add(
            &mut all,
            strings(resource.value.at(&["metadata", field]), false, sources)?,
        );
        let origin = resource.value.origin.clone();
        let Some(metadata) = resource.value.get_mut("metadata") else {
            continue;
        };
        put(metadata, field, all, &origin);
    }
    // A hash is due only if both are due for one: the note is one of the old object's annotations, or of none.
    resource.needs_hash &= old.needs_hash;
    resource.behavior = old.behavior;
    resource.previous.clone_from(&old.previous);
    resource.prefixes.clone_from(&old.prefixes);
    resource.suffixes.clone_from(&old.suffixes);
    resource.variables.clone_from(&old.variables);
    resource.namespace_set_by.clone_from(&old.namespace_set_by);
    resource.is_annotated = old.is_annotated;
    let Some(metadata) = resource.value.get_mut("metadata") else {
        return Ok(());
    };
    let name = old.value.at(&["metadata", "name"]);
    if let Some(name) = name {
        if !name.as_str().is_some_and(is_surely_string) {
            return Err(Problem::not_understood_at(
                &name.origin,
                "a name that may be no string any more",
            ));
        }
        metadata.set("name", &name.origin, name.clone());
    }
    match old.value.at(&["metadata", "namespace"]) {
        Some(namespace) if namespace.as_str().is_some_and(|text| !text.is_empty()) => {
            if !namespace.as_str().is_some_and(is_surely_string) {
                return Err(Problem::not_understood_at(
                    &namespace.origin,
                    "a namespace that may be no string any more",
                ));
            }
            metadata.set("namespace", &namespace.origin, namespace.clone());
        }
        Some(namespace) if !namespace.is_null() && namespace.as_str().is_none() => {
            return Err(Problem::not_understood_at(
                &namespace.origin,
                "a namespace that is no string",
            ));
        }
        _ => {
            metadata.remove("namespace");
        }
    }
    Ok(())
}

/// The data of both, where both have a key that of the new object.
fn merge_data(object: &mut Value, old: &Resource, field: &str, sources: &Sources) -> Result<(), Problem> {
    let mut all = strings(old.value.get(field), old.is_rewritten, sources)?;
    add(&mut all, strings(object.get(field), false, sources)?);
    let origin = object.origin.clone();
    put(object, field, all, &origin);
    Ok(())
}

/// The entries of a mapping, their values as kyaml keeps them: strings.
fn strings(
    mapping: Option<&Value>,
    is_rewritten: bool,
    sources: &Sources,
) -> Result<BTreeMap<Arc<str>, Field>, Problem> {
    let Some(mapping) = mapping else {
        return Ok(BTreeMap::new());
    };
    if !matches!(mapping.data, Data::Map(_) | Data::Null) {
        return Err(Problem::not_understood_at(
            &mapping.origin,
            "a mapping is due here, where a generator merges",
        ));
    }
    let entry = |field: &Field| {
        let mut field = field.clone();
        let text: Arc<str> = match &field.value.data {
            Data::Text(text) => Arc::clone(text),
            // `GetLabels` and `GetDataMap` differ in what null becomes.
            Data::Null => {
                return Err(Problem::not_understood_at(
                    &field.value.origin,
                    "null, where a generator merges",
                ));
            }
            _ => scalar::text_of(&field.value, is_rewritten, sources)?.into(),
        };
        field.value.data = Data::Text(text);
        scalar::check_key(&field.key, &field.key_origin)?;
        Ok((Arc::clone(&field.key), field))
    };
    mapping.fields().iter().map(entry).collect()
}

fn add(all: &mut BTreeMap<Arc<str>, Field>, more: BTreeMap<Arc<str>, Field>) {
    for (key, mut field) in more {
        if let Some(old) = all.get(&key) {
            field.value.origin = field.value.origin.instead_of(&old.value.origin);
        }
        all.insert(key, field);
    }
}

/// Puts the entries in the place of what is there; no mapping is left if there are none.
fn put(parent: &mut Value, field: &str, entries: BTreeMap<Arc<str>, Field>, origin: &Origin) {
    let there = parent.remove(field);
    if entries.is_empty() {
        return;
    }
    let origin = there.map_or_else(|| origin.clone(), |there| there.origin);
    let data = Data::Map(entries.into_values().collect());
    parent.set(
        field,
        &origin,
        Value {
            data,
            origin: origin.clone(),
        },
    );
}
