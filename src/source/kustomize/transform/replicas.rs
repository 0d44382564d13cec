//! `replicas` (kustomize api v0.18.0 `ReplicaCountTransformer`, `filters/replicacount/replicacount.go`).

use super::bound;
use crate::source::decode::Node;
use crate::source::kustomize::configuration::Configuration;
use crate::source::kustomize::field_spec::Create;
use crate::source::kustomize::fields::{Shape, check_mapping};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::{ResourceId, Resources};
use crate::source::kustomize::scalar;
use crate::source::kustomize::value::{Data, Step};

const FIELDS: [(&str, Shape); 2] = [("count", Shape::Whole), ("name", Shape::Text)];

/// Sets the counts of workloads, each found by a name that it has or had.
///
/// # Errors
/// When there is no such workload, or its count is no single value.
pub fn apply(
    resources: &mut Resources,
    layer: &Layer<'_>,
    node: Node<'_>,
    configuration: &Configuration,
) -> Result<(), Problem> {
    bound(node.items().len(), node, Step::Replicas, layer)?;
    for item in node.items() {
        check_mapping(item, &FIELDS, layer)?;
        let name = item.str_at(&["name"]).unwrap_or("");
        let count = item.get("count");
        let origin = layer.origin(count.unwrap_or(item), Step::Replicas);
        let count = count.and_then(Node::as_i64).unwrap_or_default();
        let mut is_found = false;
        for place in &configuration.replicas {
            let selects = |wanted: &str, there: &str| wanted.is_empty() || wanted == there;
            let is_meant = |id: &ResourceId| {
                id.name == name
                    && selects(&place.group, &id.group)
                    && selects(&place.version, &id.version)
                    && selects(&place.kind, &id.kind)
            };
            for at in resources.positions_by_any_id(is_meant) {
                is_found = true;
                let Some(resource) = resources.get_mut(at) else {
                    continue;
                };
                place.change(&mut resource.value, Create::Text, &origin, &mut |value| {
                    scalar::refuse_collection(value)?;
                    scalar::put(value, Data::Int(count), &origin);
                    Ok(())
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
    }
    Ok(())
}
