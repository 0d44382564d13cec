//! An item of `vars` (kustomize api v0.18.0 `types/var.go`).

use super::Variable;
use crate::source::decode::Node;
use crate::source::kustomize::go_struct::{Fields, Reading};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::ResourceId;
use crate::source::kustomize::value::Step;

/// The object that a variable takes its value from.
#[derive(Debug)]
pub(super) struct Target {
    group: String,
    version: String,
    kind: String,
    pub(super) name: String,
    namespace: String,
}

impl Target {
    /// Whether this is the object. Without a namespace it may be in any.
    pub(super) fn means(&self, id: &ResourceId) -> bool {
        self.name == id.name
            && self.kind == id.kind
            && self.group == id.group
            && self.version == id.version
            && (self.namespace.is_empty() || self.namespace == id.namespace)
    }
}

pub(super) fn variable(item: Node<'_>, layer: &Layer<'_>) -> Result<(Variable, Target), Problem> {
    let fields =
        |node, known: &[&'static str]| Fields::of(node, known, Reading::Kustomization, (layer.file, Step::Variable));
    let variable = fields(item, &["name", "objref", "fieldref"])?;
    let mut target = Target {
        group: String::new(),
        version: String::new(),
        kind: String::new(),
        name: String::new(),
        namespace: String::new(),
    };
    if let Some(node) = variable.get("objref") {
        let reference = fields(node, &["apiVersion", "group", "version", "kind", "name", "namespace"])?;
        target = Target {
            group: reference.text("group")?.to_owned(),
            version: reference.text("version")?.to_owned(),
            kind: reference.text("kind")?.to_owned(),
            name: reference.text("name")?.to_owned(),
            namespace: reference.text("namespace")?.to_owned(),
        };
        // `Target.GVK`: an `apiVersion` without a group leaves that of `group`.
        let api_version = reference.text("apiVersion")?;
        let api_version: Vec<&str> = api_version.split('/').filter(|_| !api_version.is_empty()).collect();
        match api_version.as_slice() {
            [version] => (*version).clone_into(&mut target.version),
            [group, version] => {
                (*group).clone_into(&mut target.group);
                (*version).clone_into(&mut target.version);
            }
            _ => {}
        }
    }
    let mut field_path = "metadata.name";
    if let Some(node) = variable.get("fieldref") {
        let reference = fields(node, &["fieldPath"])?;
        field_path = Some(reference.text("fieldPath")?)
            .filter(|path| !path.is_empty())
            .unwrap_or(field_path);
    }
    let read = Variable {
        name: variable.text("name")?.to_owned(),
        field_path: field_path.to_owned(),
        origin: variable.place("name"),
    };
    Ok((read, target))
}
