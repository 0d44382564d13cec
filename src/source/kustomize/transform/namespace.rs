//! `namespace` (kustomize api v0.18.0 `NamespaceTransformer`, `filters/namespace/namespace.go`).

use std::collections::HashMap;

use crate::source::decode::Node;
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
const SERVICE_ACCOUNT: &str = "ServiceAccount";
/// Only in this version a Namespace is called what the kustomization says.
const NAMESPACE_VERSION: &str = "v1";

/// A namespace, and what it is put on.
pub(in crate::source::kustomize) struct Namespacing<'p> {
    /// The namespace; if it is empty, nothing is done.
    pub(in crate::source::kustomize) namespace: &'p str,
    /// Where it is written.
    pub(in crate::source::kustomize) origin: Origin,
    /// Further places that get it.
    pub(in crate::source::kustomize) places: &'p [FieldSpec],
    /// Which subjects of bindings get it.
    pub(in crate::source::kustomize) subjects: Subjects,
    /// Whether what has a namespace keeps it.
    pub(in crate::source::kustomize) unset_only: bool,
}

/// Subjects of bindings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source::kustomize) enum Subjects {
    /// Those called `default`, the account that each namespace has.
    Default,
    /// Those of kind `ServiceAccount`.
    ServiceAccounts,
    /// None.
    Nobody,
}

/// Puts the namespace on all objects that have one, and calls Namespace objects by it.
///
/// # Errors
/// When two objects become one, or a place cannot hold a namespace.
pub fn apply(
    resources: &mut Resources,
    layer: &Layer<'_>,
    node: Node<'_>,
    places: &[FieldSpec],
) -> Result<(), Problem> {
    let namespacing = Namespacing {
        namespace: node.as_str().unwrap_or_default(),
        origin: layer.origin(node, Step::Namespace),
        places,
        subjects: Subjects::Default,
        unset_only: false,
    };
    carry_out(resources, &namespacing)
}

/// The same, with all that can be said about it.
///
/// # Errors
/// As of [`apply`].
pub(in crate::source::kustomize) fn carry_out(
    resources: &mut Resources,
    wanted: &Namespacing<'_>,
) -> Result<(), Problem> {
    let Namespacing { namespace, origin, .. } = wanted;
    if namespace.is_empty() {
        return Ok(());
    }
    if namespace.len() > limits::IDENTITY_BYTES {
        let limit = limits::IDENTITY_BYTES;
        return Err(Problem::too_large(format!("a namespace whose name is longer than {limit} bytes")).or_at(origin));
    }
    let steps = (wanted.places.len() + STEPS_OF_AN_OBJECT).saturating_mul(resources.len());
    resources.spend(steps, origin)?;
    let mut counts: HashMap<ResourceId, usize> = HashMap::new();
    for resource in resources.iter() {
        *counts.entry(resource.id()).or_default() += 1;
    }
    for resource in resources.iter_mut().filter(|resource| !resource.is_empty()) {
        let before = resource.id();
        resource.remember_id();
        set(resource, wanted)?;
        let now = resource.id();
        if let Some(count) = counts.get_mut(&before) {
            *count -= 1;
        }
        let count = counts.entry(now.clone()).or_default();
        *count += 1;
        if *count > 1 {
            let name = resource.value.at(&["metadata", "name"]).unwrap_or(&resource.value);
            return Err(Problem::refused_at(
                origin,
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

fn set(resource: &mut Resource, wanted: &Namespacing<'_>) -> Result<(), Problem> {
    let Namespacing { origin, places, .. } = wanted;
    let mut put = |value: &mut Value| wanted.put(value);
    let id = resource.id();
    if !id.is_cluster_scoped() {
        let place = FieldSpec::new("", "", "", "metadata/namespace", true);
        let mut is_set = false;
        place.change_scalar(&mut resource.value, Create::Text, origin, &mut |value| {
            is_set |= wanted.is_due(value);
            wanted.put(value)
        })?;
        if is_set {
            resource.namespace_set_by.push(origin.clone());
        }
    }
    let is_binding = |kind: &str| matches!(kind, "RoleBinding" | "ClusterRoleBinding");
    let is_namespace_version = resource.api_version() == NAMESPACE_VERSION;
    let has_subjects = is_binding(&id.kind);
    if has_subjects {
        wanted.set_subjects(&mut resource.value)?;
    }
    for place in *places {
        let is_hard_coded = place.path == ["metadata", "namespace"]
            || place.path == ["metadata", "name"] && !is_namespace_version
            || has_subjects && is_binding(&place.kind) && place.path == ["subjects", "namespace"];
        if !is_hard_coded {
            place.change_scalar(&mut resource.value, Create::Text, origin, &mut put)?;
        }
    }
    Ok(())
}

impl Namespacing<'_> {
    /// Whether this place gets the namespace, if it is one that can have it.
    fn is_due(&self, there: &Value) -> bool {
        !self.unset_only || there.is_null() || there.as_str() == Some("")
    }

    fn put(&self, there: &mut Value) -> Result<(), Problem> {
        if self.is_due(there) {
            return scalar::set_text(there, self.namespace, &self.origin);
        }
        if there.as_str().is_none() {
            return Err(Problem::not_understood_at(
                &there.origin,
                "what is no string where a namespace may be set already",
            ));
        }
        Ok(())
    }

    /// Gives the subjects of a binding the namespace that are to have it (`roleBindingHack`).
    fn set_subjects(&self, object: &mut Value) -> Result<(), Problem> {
        let (field, wanted) = match self.subjects {
            Subjects::Default => ("name", DEFAULT_ACCOUNT),
            Subjects::ServiceAccounts => ("kind", SERVICE_ACCOUNT),
            Subjects::Nobody => return Ok(()),
        };
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
            if let Some(there) = subject.get(field) {
                scalar::refuse_collection(there)?;
            }
            if subject.str_at(&[field]) != Some(wanted) {
                continue;
            }
            match subject.get_mut("namespace") {
                Some(there) => self.put(there)?,
                None => subject.set(
                    "namespace",
                    &self.origin,
                    Value::text(self.namespace, self.origin.clone()),
                ),
            }
        }
        Ok(())
    }
}
