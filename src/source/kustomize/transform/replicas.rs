//! `replicas` (kustomize api v0.18.0 `ReplicaCountTransformer`, `filters/replicacount/replicacount.go`).

use super::bound;
use crate::source::decode::Node;
use crate::source::kustomize::field_spec::{Create, FieldSpec};
use crate::source::kustomize::fields::{Shape, check_mapping};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::{ResourceId, Resources};
use crate::source::kustomize::scalar;
use crate::source::kustomize::value::{Data, Origin, Step, Value};

/// What a look at who an object is and was takes, in steps.
const STEPS_OF_AN_OBJECT: usize = 20;

const FIELDS: [(&str, Shape); 2] = [("count", Shape::Whole), ("name", Shape::Text)];

/// Sets the counts of workloads, each found by a name that it has or had.
///
/// # Errors
/// When there is no such workload, or its count is no single value.
pub fn apply(
    resources: &mut Resources,
    layer: &Layer<'_>,
    node: Node<'_>,
    places: &[FieldSpec],
) -> Result<(), Problem> {
    bound(node.items().len(), node, Step::Replicas, layer)?;
    node.items()
        .try_for_each(|item| apply_one(resources, layer, item, places))
}

/// Sets the count of one workload.
///
/// # Errors
/// As of [`apply`].
pub fn apply_one(
    resources: &mut Resources,
    layer: &Layer<'_>,
    item: Node<'_>,
    places: &[FieldSpec],
) -> Result<(), Problem> {
    check_mapping(item, &FIELDS, layer)?;
    let name = item.str_at(&["name"]).unwrap_or("");
    let count = item.get("count");
    let origin = layer.origin(count.unwrap_or(item), Step::Replicas);
    let count = count.and_then(Node::as_i64).unwrap_or_default();
    let mut is_found = false;
    for place in places {
        let selects = |wanted: &str, there: &str| wanted.is_empty() || wanted == there;
        let is_meant = |id: &ResourceId| {
            id.name == name
                && selects(&place.group, &id.group)
                && selects(&place.version, &id.version)
                && selects(&place.kind, &id.kind)
        };
        resources.spend(resources.len().saturating_mul(STEPS_OF_AN_OBJECT), &origin)?;
        for at in resources.positions_by_any_id(is_meant) {
            is_found = true;
            let Some(resource) = resources.get_mut(at) else {
                continue;
            };
            place.change_scalar(&mut resource.value, Create::Text, &origin, &mut |value| {
                set(value, count, &origin)
            })?;
        }
    }
    if !is_found {
        let at = item.get("name").unwrap_or(item);
        return Err(Problem::refused_at(
            &layer.origin(at, Step::Replicas),
            format!("kustomize refuses this: there is no workload `{name}` with a count of replicas here"),
        ));
    }
    Ok(())
}

/// Where a string stands in quotes, the count stands in them, too.
fn set(value: &mut Value, count: i64, origin: &Origin) -> Result<(), Problem> {
    scalar::refuse_collection(value)?;
    let is_made = scalar::is_from(value, origin);
    let data = match &value.data {
        Data::Text(_) if is_made => Data::Int(count),
        Data::Text(_) if scalar::is_surely_quoted(value) => Data::Text(count.to_string().into()),
        Data::Text(_) => {
            return Err(Problem::not_understood_at(
                &value.origin,
                "a string where a count is due",
            ));
        }
        _ => Data::Int(count),
    };
    scalar::put(value, data, origin);
    Ok(())
}
