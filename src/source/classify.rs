//! What sort of file it is, so that a template is not judged as a manifest and nothing is left out in silence.

use std::collections::HashSet;
use std::path::Path;

use super::decode::{Decoded, Node, NodeKind, objects};

/// The sort of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileClass {
    /// Holds Kubernetes objects to judge.
    Manifest,
    /// Holds CustomResourceDefinitions only.
    CustomResourceDefinition,
    /// A kustomization file.
    Kustomization,
    /// Named as a patch by a kustomization, or a patch by its own word (`$patch`).
    KustomizePatch,
    /// Below `templates/` of a Helm chart.
    HelmTemplate,
    /// `Chart.yaml` and what belongs to it.
    HelmChart,
    /// Values of a Helm chart.
    HelmValues,
    /// Holds template marks and cannot be read without rendering.
    Template,
    /// YAML or JSON of another sort.
    NotKubernetes,
    /// Could not be read at all.
    Unreadable,
}

impl FileClass {
    /// The name in machine output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::CustomResourceDefinition => "custom-resource-definition",
            Self::Kustomization => "kustomization",
            Self::KustomizePatch => "kustomize-patch",
            Self::HelmTemplate => "helm-template",
            Self::HelmChart => "helm-chart",
            Self::HelmValues => "helm-values",
            Self::Template => "template",
            Self::NotKubernetes => "not-kubernetes",
            Self::Unreadable => "unreadable",
        }
    }

    /// Whether objects of such a file are judged.
    #[must_use]
    pub fn is_checked(self) -> bool {
        matches!(self, Self::Manifest | Self::CustomResourceDefinition)
    }
}

/// Whether a walk looks into a file of this name.
#[must_use]
pub fn has_manifest_name(path: &Path) -> bool {
    let is_yaml_or_json = path.extension().is_some_and(|extension| {
        ["yaml", "yml", "json"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    });
    is_yaml_or_json || path.file_name().is_some_and(|name| name == "Kustomization")
}

/// The folders that are Helm charts: those with a `Chart.yaml`.
#[derive(Debug, Default)]
pub struct Charts {
    folders: HashSet<String>,
}

impl Charts {
    /// Finds the charts among the names of all files.
    #[must_use]
    pub fn find<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        let folders = names
            .filter_map(|name| {
                let (folder, file) = split_name(name);
                (file == "Chart.yaml").then(|| folder.to_owned())
            })
            .collect();
        Self { folders }
    }

    /// What a file is by its place in a chart; `None` outside of charts, and for plain manifests inside (`crds/`).
    #[must_use]
    pub fn class_of(&self, name: &str) -> Option<FileClass> {
        let (folder, file) = split_name(name);
        if self.folders.contains(folder) {
            if matches!(file, "Chart.yaml" | "requirements.yaml") {
                return Some(FileClass::HelmChart);
            }
            if file.starts_with("values") {
                return Some(FileClass::HelmValues);
            }
        }
        self.chart_of_template(name).map(|_| FileClass::HelmTemplate)
    }

    /// The chart whose `templates/` a file stands below.
    #[must_use]
    pub fn chart_of_template<'n>(&self, name: &'n str) -> Option<&'n str> {
        let mut rest = name;
        while let Some(at) = rest.rfind('/') {
            rest = &rest[..at];
            let (parent, folder) = split_name(rest);
            if folder == "templates" && self.folders.contains(parent) {
                return Some(if parent.is_empty() { "." } else { parent });
            }
        }
        None
    }
}

fn split_name(name: &str) -> (&str, &str) {
    name.rsplit_once('/').unwrap_or(("", name))
}

/// Whether the name alone makes a file a kustomization.
#[must_use]
pub fn is_kustomization_name(name: &str) -> bool {
    matches!(
        split_name(name).1,
        "kustomization.yaml" | "kustomization.yml" | "Kustomization"
    )
}

/// Whether a text holds marks of Go templates or Jinja.
#[must_use]
pub fn has_template_marks(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"{{").is_some()
        || memchr::memmem::find(text.as_bytes(), b"{%").is_some()
}

/// Whether a text that cannot be read was meant for Kubernetes.
#[must_use]
pub fn looks_like_kubernetes(text: &str) -> bool {
    text.contains("apiVersion") || text.lines().any(|line| line.trim_start().starts_with("kind:"))
}

const DEFINITION: &str = "CustomResourceDefinition";

/// The class of a file by what it holds.
#[must_use]
pub fn class_of_content(name: &str, decoded: &Decoded) -> FileClass {
    if is_kustomization_name(name) {
        return FileClass::Kustomization;
    }
    let text = decoded.file.text();
    if decoded.is_refused() && has_template_marks(text) {
        return FileClass::Template;
    }
    let mut has_object = false;
    let mut has_other_than_definition = false;
    let mut is_patch = false;
    for document in &decoded.documents {
        if let Some(skimmed) = &document.skimmed {
            has_object = true;
            has_other_than_definition |= skimmed.kind != DEFINITION;
        }
        let Some(tree) = &document.tree else {
            continue;
        };
        let (objects, _) = objects::objects(tree.root());
        for object in objects {
            is_patch |= object.node.entry("$patch").is_some();
            let kind = object.kind();
            let is_object = kind.is_some() || object.api_version().is_some();
            has_object |= is_object;
            has_other_than_definition |= is_object && kind != Some(DEFINITION);
            // A mapping where a string is due is a template mark that happens to be YAML: `name: {{ x }}`.
            if is_object && has_unrendered_name(object.node) {
                return FileClass::Template;
            }
        }
    }
    if is_patch {
        FileClass::KustomizePatch
    } else if has_object && !has_other_than_definition {
        FileClass::CustomResourceDefinition
    } else if has_object {
        FileClass::Manifest
    } else if decoded.is_refused() {
        FileClass::Unreadable
    } else {
        FileClass::NotKubernetes
    }
}

fn has_unrendered_name(object: Node<'_>) -> bool {
    object
        .at(&["metadata", "name"])
        .is_some_and(|name| name.kind() == NodeKind::Mapping)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decode::decode_str;

    #[test]
    fn a_chart_claims_its_templates_and_values_but_not_its_crds() {
        let charts = Charts::find(["c/Chart.yaml", "x/y.yaml"].into_iter());
        assert_eq!(charts.class_of("c/templates/a/b.yaml"), Some(FileClass::HelmTemplate));
        assert_eq!(charts.class_of("c/values-prod.yaml"), Some(FileClass::HelmValues));
        assert_eq!(charts.class_of("c/crds/a.yaml"), None);
        assert_eq!(charts.class_of("x/templates/a.yaml"), None);
        assert_eq!(charts.chart_of_template("c/templates/a/b.yaml"), Some("c"));
    }

    #[test]
    fn content_decides_where_the_name_does_not() {
        let class = |text: &str| class_of_content("a.yaml", &decode_str("a.yaml", text));
        assert_eq!(class("apiVersion: v1\nkind: Pod\n"), FileClass::Manifest);
        assert_eq!(class("a: 1\n"), FileClass::NotKubernetes);
        assert_eq!(class("kind: Pod\nname: {{ x }}\n"), FileClass::Template);
        assert_eq!(class("kind: Pod\nname: [\n"), FileClass::Unreadable);
        assert_eq!(
            class("apiVersion: v1\nkind: Pod\n$patch: delete\n"),
            FileClass::KustomizePatch
        );
        assert_eq!(
            class("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"),
            FileClass::CustomResourceDefinition
        );
    }
}
