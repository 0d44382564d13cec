//! Whether a part of a schema is as Go expects it. kustomize does not survive one that is not
//! (`k8s.io/kube-openapi` `pkg/validation/spec`).

use crate::source::decode::{Node, NodeKind};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::value::Step;

/// What a field of a schema holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Texts,
    TextOrTexts,
    Boolean,
    Number,
    List,
    Mapping,
    /// A schema, or a boolean.
    SchemaOrBoolean,
    /// A list of schemas.
    Schemas,
    /// A mapping of schemas.
    SchemaMapping,
    /// What is seldom there, and not followed.
    Never,
}

/// The fields of a schema that Go knows.
const FIELDS: [(&str, Shape); 35] = [
    ("$ref", Shape::Text),
    ("$schema", Shape::Text),
    ("additionalItems", Shape::Never),
    ("additionalProperties", Shape::SchemaOrBoolean),
    ("allOf", Shape::Schemas),
    ("anyOf", Shape::Schemas),
    ("definitions", Shape::Never),
    ("dependencies", Shape::Never),
    ("description", Shape::Text),
    ("discriminator", Shape::Text),
    ("enum", Shape::List),
    ("exclusiveMaximum", Shape::Boolean),
    ("exclusiveMinimum", Shape::Boolean),
    ("externalDocs", Shape::Mapping),
    ("format", Shape::Text),
    ("id", Shape::Text),
    ("items", Shape::Mapping),
    ("maxItems", Shape::Number),
    ("maxLength", Shape::Number),
    ("maxProperties", Shape::Number),
    ("maximum", Shape::Number),
    ("minItems", Shape::Number),
    ("minLength", Shape::Number),
    ("minProperties", Shape::Number),
    ("minimum", Shape::Number),
    ("multipleOf", Shape::Number),
    ("not", Shape::Never),
    ("nullable", Shape::Boolean),
    ("oneOf", Shape::Schemas),
    ("pattern", Shape::Text),
    ("patternProperties", Shape::Never),
    ("properties", Shape::SchemaMapping),
    ("readOnly", Shape::Boolean),
    ("required", Shape::Texts),
    ("type", Shape::TextOrTexts),
];

/// What else may stand in a schema, and means something to kustomize.
const EXTENSIONS: [(&str, Shape); 3] = [
    (super::read::LIST_KEYS, Shape::Texts),
    (super::read::MERGE_KEY, Shape::Text),
    (super::read::STRATEGY, Shape::Text),
];

impl Shape {
    fn fits(self, node: Node<'_>) -> bool {
        let kind = node.kind();
        let texts = || kind == NodeKind::Sequence && node.items().all(|item| item.kind() == NodeKind::Text);
        let mappings =
            |mut nodes: Box<dyn Iterator<Item = Node<'_>> + '_>| nodes.all(|node| node.kind() == NodeKind::Mapping);
        match self {
            Self::Text => kind == NodeKind::Text,
            Self::Texts => texts(),
            Self::TextOrTexts => kind == NodeKind::Text || texts(),
            Self::Boolean => kind == NodeKind::Boolean,
            Self::Number => matches!(kind, NodeKind::Integer | NodeKind::Float),
            Self::List => kind == NodeKind::Sequence,
            Self::Mapping => kind == NodeKind::Mapping,
            Self::SchemaOrBoolean => matches!(kind, NodeKind::Mapping | NodeKind::Boolean),
            Self::Schemas => kind == NodeKind::Sequence && mappings(Box::new(node.items())),
            Self::SchemaMapping => {
                kind == NodeKind::Mapping && mappings(Box::new(node.entries().map(crate::source::decode::Entry::value)))
            }
            Self::Never => false,
        }
    }
}

/// Looks at the fields of one schema, not below.
pub(super) fn check(schema: Node<'_>, layer: &Layer<'_>) -> Result<(), Problem> {
    for entry in schema.entries() {
        let key = entry.key();
        let known = FIELDS.iter().chain(&EXTENSIONS);
        let Some((name, shape)) = known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(key)) else {
            continue;
        };
        if *name != key || !shape.fits(entry.value()) {
            return Err(Problem::not_understood_at(
                &layer.origin(entry.value(), Step::Resource),
                format!("`{key}` of a schema is not as it should be"),
            ));
        }
    }
    Ok(())
}
