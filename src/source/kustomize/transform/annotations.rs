//! `commonAnnotations` (kustomize api v0.18.0 `AnnotationsTransformer`).

use super::entries;
use crate::source::decode::Node;
use crate::source::kustomize::field_spec::FieldSpec;
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::Resources;
use crate::source::kustomize::value::Step;

/// Sets the annotations at all these places.
///
/// # Errors
/// When kustomize refuses a value or a place.
pub fn apply(
    resources: &mut Resources,
    layer: &Layer<'_>,
    node: Node<'_>,
    places: &[FieldSpec],
) -> Result<(), Problem> {
    let pairs = entries::pairs(node, Step::Annotations, layer)?;
    entries::set_all(resources, &pairs, places)
}
