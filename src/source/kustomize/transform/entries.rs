//! Entries that are put in mappings of every object: labels and annotations
//! (kustomize api v0.18.0 `filters/labels/labels.go`, `filters/annotations/annotations.go`).

use std::sync::Arc;

use super::bound;
use crate::source::decode::{Node, NodeKind};
use crate::source::kustomize::field_spec::{Create, FieldSpec};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::{Resource, Resources};
use crate::source::kustomize::scalar;
use crate::source::kustomize::value::{Data, Origin, Step, Value};

/// A key and a value that a kustomization sets.
pub(in crate::source::kustomize) struct Pair {
    pub(in crate::source::kustomize) key: Arc<str>,
    pub(in crate::source::kustomize) key_origin: Origin,
    pub(in crate::source::kustomize) value: Value,
}

/// The entries of a mapping of strings, sorted by key as kustomize applies them. An empty value is an empty string.
pub(in crate::source::kustomize) fn pairs(node: Node<'_>, step: Step, layer: &Layer<'_>) -> Result<Vec<Pair>, Problem> {
    bound(node.entries().len(), node, step, layer)?;
    let mut pairs = Vec::with_capacity(node.entries().len());
    for entry in node.entries() {
        let value = entry.value();
        let origin = layer.origin(value, step);
        if !matches!(value.kind(), NodeKind::Text | NodeKind::Null) {
            return Err(Problem::refused_at(
                &origin,
                format!(
                    "kustomize refuses {} here: a string is due; write it in quotes",
                    value.kind().with_article()
                ),
            ));
        }
        pairs.push(Pair {
            key: entry.key().into(),
            key_origin: layer.key_origin(entry, step),
            value: Value::text(value.as_str().unwrap_or_default(), origin),
        });
    }
    pairs.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(pairs)
}

/// Setting a pair at a place of an object takes about so many steps.
const STEPS_OF_A_PLACE: usize = 10;

/// Sets the pairs at all places of all objects.
pub(super) fn set_all(resources: &mut Resources, pairs: &[Pair], places: &[FieldSpec]) -> Result<(), Problem> {
    if pairs.is_empty() {
        return Ok(());
    }
    for at in 0..resources.len() {
        if let Some(resource) = resources.get(at) {
            let (api_version, kind) = (resource.api_version(), resource.kind());
            let due = places.iter().filter(|place| place.fits(api_version, kind)).count();
            // Each key is looked for among those that are there.
            let size = resource.size();
            let of_a_place = STEPS_OF_A_PLACE + (pairs.len() + due + size / 4) / 2;
            let steps = places.len() + size + pairs.len() * due * of_a_place;
            resources.spend(steps, &pairs[0].value.origin)?;
        }
        if let Some(resource) = resources.get_mut(at) {
            set(resource, pairs, places)?;
        }
    }
    Ok(())
}

/// Sets the pairs at all places of an object.
pub(in crate::source::kustomize) fn set(
    resource: &mut Resource,
    pairs: &[Pair],
    places: &[FieldSpec],
) -> Result<(), Problem> {
    let (api_version, kind) = (resource.api_version(), resource.kind());
    let places: Vec<&FieldSpec> = places.iter().filter(|place| place.fits(api_version, kind)).collect();
    for pair in pairs {
        let mut made = 0_usize;
        for place in &places {
            if place.is_among_notes(&resource.value) {
                return Err(Problem::not_understood_at(
                    &pair.value.origin,
                    "annotations that are set where there are some, for an object that has none of its own",
                ));
            }
            place.change(
                &mut resource.value,
                Create::Mapping,
                &pair.value.origin,
                &mut |mapping| {
                    made += usize::from(set_one(mapping, pair)?);
                    Ok(())
                },
            )?;
        }
        if made > 1 {
            resource.share(&pair.value);
        }
    }
    resource.settle_shared()
}

/// Whether the entry is a new one.
fn set_one(mapping: &mut Value, pair: &Pair) -> Result<bool, Problem> {
    match &mapping.data {
        // kyaml adds the entry to a node that stays null (`yaml/fns.go` `FieldSetter`).
        Data::Null => return Ok(false),
        Data::Map(_) => {}
        _ => {
            return Err(Problem::refused_at(
                &mapping.origin,
                format!("kustomize sets `{}` here, and refuses what is no mapping", pair.key),
            ));
        }
    }
    let Some(old) = mapping.get_mut(&pair.key) else {
        scalar::check_key(&pair.key, &pair.key_origin)?;
        mapping.set(&pair.key, &pair.key_origin, pair.value.clone());
        return Ok(true);
    };
    // Two specifications may name one place.
    if !scalar::is_from(old, &pair.value.origin) {
        old.replace(pair.value.data.clone(), &pair.value.origin);
    }
    Ok(false)
}
