//! `namespace` (kustomize api v0.18.0 `NamespaceTransformer`, `filters/namespace/namespace.go`).

use std::collections::HashMap;

use crate::source::decode::Node;
use crate::source::kustomize::configuration::Configuration;
use crate::source::kustomize::field_spec::{Create, FieldSpec};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::{Resource, ResourceId, Resources};
use crate::source::kustomize::scalar;
use crate::source::kustomize::value::{Data, Origin, Step, Value};
use crate::source::limits;

/// What a look at who an object is takes, in steps.
const STEPS_OF_AN_OBJECT: usize = 20;
/// Subjects of this name are taken for the account that each namespace has.
const DEFAULT_ACCOUNT: &str = "default";
/// Only in this version a Namespace is called what the kustomization says.
const NAMESPACE_VERSION: &str = "v1";

/// Puts the namespace on all objects that have one, and calls Namespace objects by it.
///
/// # Errors
/// When two objects become one, or a place cannot hold a namespace.
pub fn apply(
    resources: &mut Resources,
    layer: &Layer<'_>,
    node: Node<'_>,
    configuration: &Configuration,
) -> Result<(), Problem> {
    let namespace = node.as_str().unwrap_or_default();
    if namespace.is_empty() {
        return Ok(());
    }
    let origin = layer.origin(node, Step::Namespace);
    if namespace.len() > limits::IDENTITY_BYTES {
        let limit = limits::IDENTITY_BYTES;
        return Err(Problem::too_large(format!("a namespace whose name is longer than {limit} bytes")).or_at(&origin));
    }
    let steps = (configuration.namespace.len() + STEPS_OF_AN_OBJECT).saturating_mul(resources.len());
    resources.spend(steps, &origin)?;
    let mut counts: HashMap<ResourceId, usize> = HashMap::new();
    for resource in resources.iter() {
        *counts.entry(resource.id()).or_default() += 1;
    }
    for resource in resources.iter_mut().filter(|resource| !resource.is_empty()) {
        let before = resource.id();
        resource.remember_id();
        set(resource, namespace, &origin, &configuration.namespace)?;
        let now = resource.id();
        if let Some(count) = counts.get_mut(&before) {
            *count -= 1;
        }
        let count = counts.entry(now.clone()).or_default();
        *count += 1;
        if *count > 1 {
            let name = resource.value.at(&["metadata", "name"]).unwrap_or(&resource.value);
            return Err(Problem::refused_at(
                &origin,
                format!(
                    "in the one namespace `{namespace}` there are two objects {now}: kustomize refuses this; give them different names, or \
                     set the namespace in another kustomization"
                ),
            )
            .with_related(&name.origin, "one of them"));
        }
    }
    Ok(())
}

fn set(resource: &mut Resource, namespace: &str, origin: &Origin, places: &[FieldSpec]) -> Result<(), Problem> {
    let mut put = |value: &mut Value| scalar::set_text(value, namespace, origin);
    let id = resource.id();
    if !id.is_cluster_scoped() {
        let place = FieldSpec::new("", "", "", "metadata/namespace", true);
        place.change(&mut resource.value, Create::Text, origin, &mut put)?;
        resource.namespace_set_by.push(origin.clone());
    }
    let is_binding = |kind: &str| matches!(kind, "RoleBinding" | "ClusterRoleBinding");
    let is_namespace_version = resource.api_version() == NAMESPACE_VERSION;
    let has_subjects = is_binding(&id.kind);
    if has_subjects {
        set_subjects(&mut resource.value, namespace, origin)?;
    }
    for place in places {
        let is_hard_coded = place.path == ["metadata", "namespace"]
            || place.path == ["metadata", "name"] && !is_namespace_version
            || has_subjects && is_binding(&place.kind) && place.path == ["subjects", "namespace"];
        if !is_hard_coded {
            place.change(&mut resource.value, Create::Text, origin, &mut put)?;
        }
    }
    Ok(())
}

/// Of a binding's subjects those called `default` get the namespace.
fn set_subjects(object: &mut Value, namespace: &str, origin: &Origin) -> Result<(), Problem> {
    let Some(subjects) = object.get_mut("subjects") else {
        return Ok(());
    };
    let refused =
        |origin: &Origin| Problem::refused_at(origin, "kustomize refuses this: `subjects` is a list of mappings");
    let subjects = match &mut subjects.data {
        Data::Null => return Ok(()),
        Data::List(subjects) => subjects,
        _ => return Err(refused(&subjects.origin)),
    };
    for subject in subjects {
        match &subject.data {
            Data::Null => continue,
            Data::Map(_) => {}
            _ => return Err(refused(&subject.origin)),
        }
        if let Some(name) = subject.get("name") {
            scalar::refuse_collection(name)?;
        }
        if subject.str_at(&["name"]) != Some(DEFAULT_ACCOUNT) {
            continue;
        }
        match subject.get_mut("namespace") {
            Some(there) => scalar::set_text(there, namespace, origin)?,
            None => subject.set("namespace", origin, Value::text(namespace, origin.clone())),
        }
    }
    Ok(())
}
