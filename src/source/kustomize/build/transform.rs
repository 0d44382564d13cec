//! The order in which a kustomization changes its objects (kustomize api v0.18.0 `internal/target/kusttarget_configplugin.go`).

use super::accumulated::Accumulated;
use crate::source::decode::Node;
use crate::source::kustomize::go_struct::Reading;
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::Resources;
use crate::source::kustomize::transform::{annotations, images, labels, name, namespace, replicas};
use crate::source::kustomize::{patch, replacement};

/// Carries out what a kustomization, given whole, changes.
pub(super) fn transform(into: &mut Accumulated, root: Node<'_>, layer: &Layer<'_>) -> Result<(), Problem> {
    let configuration = &into.configuration;
    let resources = &mut into.resources;
    let field = |name: &str| root.get(name);
    let drop_empty = |resources: &mut Resources| {
        resources.retain(|resource| !resource.is_empty());
    };
    if let Some(list) = field("patchesStrategicMerge") {
        patch::patches_strategic_merge(resources, layer, list)?;
        drop_empty(resources);
    }
    if let Some(list) = field("patches") {
        patch::patches(resources, layer, list)?;
        drop_empty(resources);
    }
    if let Some(node) = field("namespace") {
        namespace::apply(resources, layer, node, &configuration.namespace)?;
    }
    if let Some(node) = field("namePrefix") {
        name::prefix(resources, layer, node, &configuration.name_prefix)?;
    }
    if let Some(node) = field("nameSuffix") {
        name::suffix(resources, layer, node, &configuration.name_suffix)?;
    }
    labels::apply(resources, layer, root, configuration)?;
    if let Some(node) = field("commonAnnotations") {
        annotations::apply(resources, layer, node, &configuration.common_annotations)?;
    }
    if let Some(list) = field("patchesJson6902") {
        patch::patches_json6902(resources, layer, list)?;
        drop_empty(resources);
    }
    if let Some(list) = field("replicas") {
        replicas::apply(resources, layer, list, &configuration.replicas)?;
    }
    for list in ["images", "imageTags"].into_iter().filter_map(field) {
        images::apply(resources, layer, list, &configuration.images)?;
    }
    if let Some(list) = field("replacements") {
        replacement::apply(resources, layer, list, Reading::Kustomization)?;
    }
    Ok(())
}
