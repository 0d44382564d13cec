//! Whether what a kustomization file holds is a kustomization: kustomize refuses unknown fields and wrong types
//! (kustomize api v0.18.0 `types/kustomization.go`).

use super::problem::Problem;
use super::value::{Origin, Step};
use crate::source::decode::{Entry, Node, NodeKind};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::read::is_first_document;
use crate::source::spelling;

/// What a field must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Boolean,
    Whole,
    Text,
    Texts,
    TextMapping,
    Mapping,
    Mappings,
}

/// The node, if it is neither null nor of this kind.
fn wrong(node: Node<'_>, kind: NodeKind) -> Option<Node<'_>> {
    (!node.is_null() && node.kind() != kind).then_some(node)
}

impl Shape {
    fn words(self) -> &'static str {
        match self {
            Self::Boolean => "`true` or `false`",
            Self::Whole => "a whole number",
            Self::Text => "a string",
            Self::Texts => "a list of strings",
            Self::TextMapping => "a mapping of strings",
            Self::Mapping => "a mapping",
            Self::Mappings => "a list of mappings",
        }
    }

    /// The node that is not as it must be, if there is one.
    fn misfit(self, node: Node<'_>) -> Option<Node<'_>> {
        match self {
            Self::Boolean => wrong(node, NodeKind::Boolean),
            Self::Whole => wrong(node, NodeKind::Integer),
            Self::Text => wrong(node, NodeKind::Text),
            Self::Mapping => wrong(node, NodeKind::Mapping),
            Self::TextMapping => {
                let mut values = node.entries().map(Entry::value);
                wrong(node, NodeKind::Mapping).or_else(|| values.find_map(|value| wrong(value, NodeKind::Text)))
            }
            Self::Texts | Self::Mappings => {
                let of_item = if self == Self::Texts {
                    NodeKind::Text
                } else {
                    NodeKind::Mapping
                };
                let mut items = node.items();
                wrong(node, NodeKind::Sequence).or_else(|| items.find_map(|item| wrong(item, of_item)))
            }
        }
    }
}

const FIELDS: [(&str, Shape); 34] = [
    ("apiVersion", Shape::Text),
    ("bases", Shape::Texts),
    ("buildMetadata", Shape::Texts),
    ("commonAnnotations", Shape::TextMapping),
    ("commonLabels", Shape::TextMapping),
    ("components", Shape::Texts),
    ("configMapGenerator", Shape::Mappings),
    ("configurations", Shape::Texts),
    ("crds", Shape::Texts),
    ("generatorOptions", Shape::Mapping),
    ("generators", Shape::Texts),
    ("helmChartInflationGenerator", Shape::Mappings),
    ("helmCharts", Shape::Mappings),
    ("helmGlobals", Shape::Mapping),
    ("imageTags", Shape::Mappings),
    ("images", Shape::Mappings),
    ("kind", Shape::Text),
    ("labels", Shape::Mappings),
    ("metadata", Shape::Mapping),
    ("namePrefix", Shape::Text),
    ("nameSuffix", Shape::Text),
    ("namespace", Shape::Text),
    ("openapi", Shape::TextMapping),
    ("patches", Shape::Mappings),
    ("patchesJson6902", Shape::Mappings),
    ("patchesStrategicMerge", Shape::Texts),
    ("replacements", Shape::Mappings),
    ("replicas", Shape::Mappings),
    ("resources", Shape::Texts),
    ("secretGenerator", Shape::Mappings),
    ("sortOptions", Shape::Mapping),
    ("transformers", Shape::Texts),
    ("validators", Shape::Texts),
    ("vars", Shape::Mappings),
];

/// `generatorOptions`, and the `options` of one generator (kustomize api v0.18.0 `types/generatoroptions.go`).
pub(super) const GENERATOR_OPTIONS: [(&str, Shape); 4] = [
    ("annotations", Shape::TextMapping),
    ("disableNameSuffixHash", Shape::Boolean),
    ("immutable", Shape::Boolean),
    ("labels", Shape::TextMapping),
];

/// The fields of mappings that count even where nothing takes them: their types are those of the file.
const TYPES: [(&str, &[(&str, Shape)]); 4] = [
    ("generatorOptions", &GENERATOR_OPTIONS),
    (
        "helmGlobals",
        &[("chartHome", Shape::Text), ("configHome", Shape::Text)],
    ),
    (
        "metadata",
        &[
            ("annotations", Shape::TextMapping),
            ("labels", Shape::TextMapping),
            ("name", Shape::Text),
            ("namespace", Shape::Text),
        ],
    ),
    (
        "sortOptions",
        &[("legacySortOptions", Shape::Mapping), ("order", Shape::Text)],
    ),
];

const LEGACY_SORT_OPTIONS: [(&str, Shape); 2] = [("orderFirst", Shape::Texts), ("orderLast", Shape::Texts)];

const KIND: &str = "Kustomization";
const COMPONENT: &str = "Component";

/// Whether the file says that it is a component.
#[must_use]
pub fn is_component(root: Node<'_>) -> bool {
    root.str_at(&["kind"]) == Some(COMPONENT)
}

/// Refuses what kustomize refuses in the file itself.
///
/// # Errors
/// An unknown field, a wrong type, a wrong kind or version, or nothing at all.
pub fn check(root: Node<'_>, layer: &Layer<'_>) -> Result<(), Problem> {
    let origin = |node: Node<'_>| layer.origin(node, Step::Resource);
    if root.kind() != NodeKind::Mapping {
        return Err(Problem::refused_at(
            &origin(root),
            "a kustomization is due here, a mapping of fields",
        ));
    }
    if !is_first_document(root) {
        return Err(Problem::not_understood_at(
            &origin(root),
            "a kustomization with something before it, which may be a document of its own",
        ));
    }
    for entry in root.entries() {
        check_field(entry, &FIELDS, layer)?;
    }
    for (field, known) in TYPES {
        if let Some(mapping) = root.get(field) {
            check_mapping(mapping, known, layer)?;
        }
    }
    if let Some(mapping) = root.at(&["sortOptions", "legacySortOptions"]) {
        check_mapping(mapping, &LEGACY_SORT_OPTIONS, layer)?;
    }
    let (kind, version) = if is_component(root) {
        (COMPONENT, "kustomize.config.k8s.io/v1alpha1")
    } else {
        (KIND, "kustomize.config.k8s.io/v1beta1")
    };
    for (field, wanted) in [("kind", kind), ("apiVersion", version)] {
        if let Some(node) = root.get(field)
            && let Some(written) = node.as_str()
            && !written.is_empty()
            && written != wanted
        {
            return Err(Problem::refused_at(
                &origin(node),
                format!("kustomize refuses `{field}: {written}` here; write `{field}: {wanted}`"),
            ));
        }
    }
    // What is left of the fields once they are read into Go's types, and the old ones are moved (`FixKustomization`).
    let says_something = |entry: Entry<'_>| {
        let value = entry.value();
        match entry.key() {
            "apiVersion" | "kind" => false,
            "bases" | "imageTags" | "helmChartInflationGenerator" => value.items().len() > 0,
            _ => !value.is_null() && value.as_str() != Some(""),
        }
    };
    if !root.entries().any(says_something) {
        return Err(Problem::refused_at(
            &origin(root),
            "kustomize refuses an empty kustomization",
        ));
    }
    Ok(())
}

/// Refuses what kustomize refuses in a mapping within the file.
///
/// # Errors
/// An unknown field, or a wrong type.
pub(super) fn check_mapping(mapping: Node<'_>, known: &[(&str, Shape)], layer: &Layer<'_>) -> Result<(), Problem> {
    mapping.entries().try_for_each(|entry| check_field(entry, known, layer))
}

fn check_field(entry: Entry<'_>, known: &[(&str, Shape)], layer: &Layer<'_>) -> Result<(), Problem> {
    let key = entry.key();
    let Some((_, shape)) = known.iter().find(|(field, _)| *field == key) else {
        return Err(unknown(entry, known, layer));
    };
    if let Some(misfit) = shape.misfit(entry.value()) {
        return Err(Problem::refused_at(
            &layer.origin(misfit, Step::Resource),
            format!("kustomize refuses this: `{key}` is {}", shape.words()),
        ));
    }
    Ok(())
}

fn unknown(entry: Entry<'_>, known: &[(&str, Shape)], layer: &Layer<'_>) -> Problem {
    let key = entry.key();
    let at = Origin::new(layer.file, entry.key_span(), entry.key_style(), Step::Resource);
    let names = || known.iter().map(|(field, _)| *field);
    // Go's JSON reader does not tell cases apart.
    if names().any(|field| field.eq_ignore_ascii_case(key)) {
        return Problem::not_understood_at(&at, format!("`{key}` in another case than the documentation has it"));
    }
    let nearest = names()
        .filter_map(|field| Some((spelling::slips(key, field)?, field)))
        .min();
    let meant = nearest
        .map(|(_, field)| format!("; `{field}` is meant?"))
        .unwrap_or_default();
    Problem::refused_at(&at, format!("kustomize refuses the unknown field `{key}`{meant}"))
}
