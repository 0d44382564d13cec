//! What sort of file it is, so that a template is not judged as a manifest and nothing is left out in silence.

use std::collections::HashSet;
use std::path::Path;

use super::decode::{Decoded, FaultKind, Node, NodeKind, objects};

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
    /// What this program is told about the repository.
    Configuration,
    /// Findings that were there before, written by this program.
    Baseline,
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
            Self::Configuration => "configuration",
            Self::Baseline => "baseline",
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

/// The name of the program's own configuration, in any folder.
pub const CONFIGURATION_NAME: &str = ".checker.yaml";

/// The file that makes a folder a chart.
pub const CHART_NAME: &str = "Chart.yaml";

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
                (file == CHART_NAME).then(|| folder.to_owned())
            })
            .collect();
        Self { folders }
    }

    /// What a file is by its name or its place in a chart; `None` outside of charts, and for plain manifests inside (`crds/`).
    #[must_use]
    pub fn class_of(&self, name: &str) -> Option<FileClass> {
        let (folder, file) = split_name(name);
        if file == CONFIGURATION_NAME {
            return Some(FileClass::Configuration);
        }
        if self.folders.contains(folder) {
            if matches!(file, CHART_NAME | "requirements.yaml") {
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

/// The names that make a file a kustomization.
pub const KUSTOMIZATION_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The files that tell what others are, also those in folders below their own.
pub const CONTEXT_NAMES: [&str; 4] = [
    CHART_NAME,
    KUSTOMIZATION_NAMES[0],
    KUSTOMIZATION_NAMES[1],
    KUSTOMIZATION_NAMES[2],
];

/// Whether the name alone makes a file a kustomization.
#[must_use]
pub fn is_kustomization_name(name: &str) -> bool {
    KUSTOMIZATION_NAMES.contains(&split_name(name).1)
}

/// Whether a file is a kustomization. One of Flux's own objects, whose kind has the same name, may stand in a file of that name.
fn is_kustomization(name: &str, decoded: &Decoded) -> bool {
    is_kustomization_name(name)
        && !decoded
            .documents
            .first()
            .and_then(|document| document.tree.as_ref())
            .and_then(|tree| tree.root().str_at(&["apiVersion"]))
            .is_some_and(|version| version.starts_with("kustomize.toolkit.fluxcd.io/"))
}

/// Whether the name makes a file the description of a Helm chart.
#[must_use]
pub fn is_chart_name(name: &str) -> bool {
    split_name(name).1 == CHART_NAME
}

/// Whether a text holds marks of Go templates or Jinja.
#[must_use]
pub fn has_template_marks(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"{{").is_some() || memchr::memmem::find(text.as_bytes(), b"{%").is_some()
}

/// Whether a text that cannot be read was meant for Kubernetes.
#[must_use]
pub fn looks_like_kubernetes(text: &str) -> bool {
    text.contains("apiVersion") || text.lines().any(|line| line.trim_start().starts_with("kind:"))
}

/// Whether template marks stand in what could not be read: the text of a refused document, or of a refused separator.
fn has_marks_in_refused_text(decoded: &Decoded) -> bool {
    let file = &decoded.file;
    decoded
        .refused()
        .any(|document| has_template_marks(file.slice(document.span)))
        || decoded
            .faults
            .iter()
            .any(|fault| fault.kind == FaultKind::Separator && has_template_marks(file.slice(fault.span)))
}

/// Why an object in a file of manifests is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeftOut {
    /// A patch by its own word (`$patch`).
    Patch,
    /// A template that was not rendered, and is YAML by accident.
    Template,
}

impl LeftOut {
    /// Why an object is left out, if it is.
    #[must_use]
    pub fn of(object: Node<'_>) -> Option<Self> {
        // A mapping where a string is due is a placeholder that happens to be YAML: `name: {NAME}`.
        let is_template = object
            .at(&["metadata", "name"])
            .is_some_and(|name| name.kind() == NodeKind::Mapping);
        if is_template {
            Some(Self::Template)
        } else {
            object.entry("$patch").map(|_| Self::Patch)
        }
    }

    /// The name in machine output.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.class().name()
    }

    /// The class of a file that holds nothing else.
    fn class(self) -> FileClass {
        match self {
            Self::Patch => FileClass::KustomizePatch,
            Self::Template => FileClass::Template,
        }
    }
}

const DEFINITION: &str = "CustomResourceDefinition";

/// The class of a file by what it holds. One odd document never hides its neighbours: with a single object to judge the file
/// is a manifest.
#[must_use]
pub fn class_of_content(name: &str, decoded: &Decoded) -> FileClass {
    if is_kustomization(name, decoded) {
        return FileClass::Kustomization;
    }
    let mut has_object = false;
    let mut has_other_than_definition = false;
    let mut left_out = None;
    for document in &decoded.documents {
        if let Some(skimmed) = &document.skimmed {
            has_object = true;
            has_other_than_definition |= skimmed.kind != DEFINITION;
        }
        let Some(tree) = &document.tree else {
            continue;
        };
        for object in objects::objects(tree.root()).0 {
            let kind = object.kind();
            let is_object = kind.is_some() || object.api_version().is_some();
            match LeftOut::of(object.node) {
                // A patch may leave out what it is a patch of.
                Some(why @ LeftOut::Patch) => left_out = left_out.max(Some(why)),
                Some(why @ LeftOut::Template) if is_object => left_out = left_out.max(Some(why)),
                _ => {
                    has_object |= is_object;
                    has_other_than_definition |= is_object && kind != Some(DEFINITION);
                }
            }
        }
    }
    if has_object && !has_other_than_definition {
        FileClass::CustomResourceDefinition
    } else if has_object {
        FileClass::Manifest
    } else if let Some(why) = left_out {
        why.class()
    } else if has_marks_in_refused_text(decoded) {
        FileClass::Template
    } else if decoded.is_refused() {
        FileClass::Unreadable
    } else {
        FileClass::NotKubernetes
    }
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
        assert_eq!(charts.class_of("x/.checker.yaml"), Some(FileClass::Configuration));
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
        assert_eq!(class("kind: Pod\nmetadata: {name: {NAME}}\n"), FileClass::Template);
        assert_eq!(
            class("apiVersion: v1\nkind: Pod\n$patch: delete\n"),
            FileClass::KustomizePatch
        );
        assert_eq!(
            class("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"),
            FileClass::CustomResourceDefinition
        );
    }
    #[test]
    fn one_odd_document_does_not_hide_its_neighbours() {
        let readable = "apiVersion: v1\nkind: Pod\n---\n";
        for odd in [
            "kind: Pod\nname: {{ x }}\n",
            "kind: Pod\nmetadata: {name: {NAME}}\n",
            "kind: Pod\n$patch: delete\n",
            "kind: [\n",
        ] {
            let decoded = decode_str("a.yaml", format!("{readable}{odd}"));
            assert_eq!(class_of_content("a.yaml", &decoded), FileClass::Manifest, "{odd}");
        }
    }

    #[test]
    fn marks_outside_of_what_was_refused_make_no_template() {
        let decoded = decode_str("a.yaml", "text: '{{ x }}'\n---\nkind: [\n");
        assert_eq!(class_of_content("a.yaml", &decoded), FileClass::Unreadable);
    }
}
