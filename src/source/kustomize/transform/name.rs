//! `namePrefix` and `nameSuffix` (kustomize api v0.18.0 `PrefixTransformer`, `SuffixTransformer`).

use crate::source::decode::Node;
use crate::source::kustomize::field_spec::{Create, FieldSpec};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::{Resource, ResourceId, Resources};
use crate::source::kustomize::scalar;
use crate::source::kustomize::value::{Data, Origin, Step};
use crate::source::limits;

/// Puts the prefix before names.
///
/// # Errors
/// When kustomize refuses a place, or makes no string of a name.
pub fn prefix(
    resources: &mut Resources,
    layer: &Layer<'_>,
    node: Node<'_>,
    places: &[FieldSpec],
) -> Result<(), Problem> {
    apply(resources, layer, node, Side::Prefix, places)
}

/// Puts the suffix behind names.
///
/// # Errors
/// When kustomize refuses a place, or makes no string of a name.
pub fn suffix(
    resources: &mut Resources,
    layer: &Layer<'_>,
    node: Node<'_>,
    places: &[FieldSpec],
) -> Result<(), Problem> {
    apply(resources, layer, node, Side::Suffix, places)
}

/// What a look at who an object is takes, in steps.
const STEPS_OF_AN_OBJECT: usize = 4;

/// Puts nothing before or behind names, as kustomize does where a prefix or suffix is empty: names that are strings stay as they are.
///
/// # Errors
/// When kustomize refuses a place, or may make something else of what is there.
pub(in crate::source::kustomize) fn nothing(
    resources: &mut Resources,
    places: &[FieldSpec],
    origin: &Origin,
) -> Result<(), Problem> {
    if let Some(place) = places.iter().find(|place| place.create) {
        return Err(Problem::not_understood_at(
            origin,
            format!("`{}` made where it is missing, of nothing", place.path.join("/")),
        ));
    }
    let steps = (STEPS_OF_AN_OBJECT + places.len()).saturating_mul(resources.len());
    resources.spend(steps, origin)?;
    for resource in resources.iter_mut() {
        let id = resource.original_id();
        if keeps_name(&id) {
            continue;
        }
        for place in places.iter().filter(|place| is_due(&id, place)) {
            place.change_scalar(&mut resource.value, Create::Never, origin, &mut |value| {
                scalar::refuse_collection(value)?;
                match &value.data {
                    Data::Text(text) if scalar::is_surely_string(text) => Ok(()),
                    _ => Err(Problem::not_understood_at(
                        &value.origin,
                        "a name that may be no string",
                    )),
                }
            })?;
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Side {
    Prefix,
    Suffix,
}

fn apply(
    resources: &mut Resources,
    layer: &Layer<'_>,
    node: Node<'_>,
    side: Side,
    places: &[FieldSpec],
) -> Result<(), Problem> {
    let affix = node.as_str().unwrap_or_default();
    let step = match side {
        Side::Prefix => Step::NamePrefix,
        Side::Suffix => Step::NameSuffix,
    };
    let origin = layer.origin(node, step);
    if affix.is_empty() {
        return Ok(());
    }
    if affix.len() > limits::IDENTITY_BYTES {
        let limit = limits::IDENTITY_BYTES;
        return Err(Problem::too_large(format!("a part of names that is longer than {limit} bytes")).or_at(&origin));
    }
    if affix.contains(',') {
        return Err(Problem::not_understood_at(&origin, "a comma in a part of names"));
    }
    resources.spend(
        (STEPS_OF_AN_OBJECT + places.len()).saturating_mul(resources.len()),
        &origin,
    )?;
    for at in 0..resources.len() {
        let Some(resource) = resources.get(at) else { continue };
        let id = resource.original_id();
        let due: Vec<&FieldSpec> = places.iter().filter(|place| is_due(&id, place)).collect();
        if keeps_name(&id) || due.is_empty() {
            continue;
        }
        if let Some(resource) = resources.get_mut(at) {
            due.into_iter()
                .try_for_each(|place| rename(resource, place, affix, side, &origin))?;
            resource.check_identity()?;
        }
    }
    Ok(())
}

/// The kinds whose names are never changed.
fn keeps_name(id: &ResourceId) -> bool {
    matches!(id.kind.as_str(), "CustomResourceDefinition" | "Namespace")
        || id.kind == "APIService" && id.group == "apiregistration.k8s.io"
}

fn is_due(id: &ResourceId, place: &FieldSpec) -> bool {
    let selects = |wanted: &str, there: &str| wanted.is_empty() || wanted == there;
    selects(&place.group, &id.group) && selects(&place.version, &id.version) && selects(&place.kind, &id.kind)
}

fn rename(resource: &mut Resource, place: &FieldSpec, affix: &str, side: Side, origin: &Origin) -> Result<(), Problem> {
    if place.path == ["metadata", "name"] {
        match side {
            Side::Prefix => resource.prefixes.push(affix.into()),
            Side::Suffix => resource.suffixes.push(affix.into()),
        }
        resource.remember_id();
    }
    place.change_scalar(&mut resource.value, Create::Text, origin, &mut |value| {
        scalar::refuse_collection(value)?;
        let Data::Text(old) = &value.data else {
            return Err(Problem::not_understood_at(&value.origin, "a name that is no string"));
        };
        let new = match side {
            Side::Prefix => format!("{affix}{old}"),
            Side::Suffix => format!("{old}{affix}"),
        };
        scalar::set_untagged(value, new, origin)
    })
}
