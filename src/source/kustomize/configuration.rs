//! What transformers change where: kustomize's defaults, and what `configurations` add to them
//! (kustomize api v0.18.0 `internal/plugins/builtinconfig/transformerconfig.go`).

use super::field_spec::FieldSpec;

/// The places that each transformer changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Places of `namePrefix`.
    pub name_prefix: Vec<FieldSpec>,
    /// Places of `nameSuffix`.
    pub name_suffix: Vec<FieldSpec>,
    /// Places of `namespace`.
    pub namespace: Vec<FieldSpec>,
    /// Places of `commonLabels`, selectors among them.
    pub common_labels: Vec<FieldSpec>,
    /// Further places of `labels`.
    pub labels: Vec<FieldSpec>,
    /// Places of `labels` with `includeTemplates`.
    pub template_labels: Vec<FieldSpec>,
    /// Places of `commonAnnotations`.
    pub common_annotations: Vec<FieldSpec>,
    /// Which fields name which objects.
    pub name_references: Vec<NameReference>,
    /// Places in which `vars` are put.
    pub variable_references: Vec<FieldSpec>,
    /// Places of `images`.
    pub images: Vec<FieldSpec>,
    /// Places of `replicas`.
    pub replicas: Vec<FieldSpec>,
}

/// The fields that name objects of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameReference {
    /// The group of what is named; empty for any.
    pub group: String,
    /// The version; empty for any.
    pub version: String,
    /// The kind.
    pub kind: String,
    /// The fields.
    pub referrers: Vec<FieldSpec>,
}
