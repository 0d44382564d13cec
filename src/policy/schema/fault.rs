//! What the validator says, in terms of the tree and in words for people.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use crate::model::placeholder;
use crate::source::decode::{Entry, Node, NodeKind};
use crate::source::spelling;

/// One thing that the schema does not allow.
#[derive(Debug)]
pub struct SchemaFault<'t> {
    /// The node at fault; for an unknown field the mapping it stands in.
    pub node: Node<'t>,
    /// What is wrong with it.
    pub kind: FaultKind<'t>,
}

/// The sorts of [`SchemaFault`].
#[derive(Debug)]
pub enum FaultKind<'t> {
    /// A field that the kind does not have.
    UnknownField {
        /// The field.
        entry: Entry<'t>,
        /// The field that was probably meant.
        suggestion: Option<String>,
        /// Whether nothing else can have been meant.
        is_only_one: bool,
    },
    /// A boolean or a number where a string is due: it was not quoted.
    UnquotedString,
    /// A value of another type.
    WrongType {
        /// What is due, with its article.
        expected: String,
    },
    /// A value of the right type that is not allowed.
    InvalidValue {
        /// What is due, with its article.
        expected: String,
    },
}

/// Fields that had another name, or are often called by one (kruise v0.7.0 and v1.9.0 `apis/apps/v1alpha1/sidecarset_types.go`).
const RENAMED: [(&str, &str); 2] = [("strategy", "updateStrategy"), ("rollingUpdate", "updateStrategy")];

/// The faults of one error of the validator.
pub(super) fn faults<'t>(error: &ValidationError<'_>, schema: &Value, root: Node<'t>) -> Vec<SchemaFault<'t>> {
    let Some(node) = follow(root, error.instance_path().as_str()) else {
        return Vec::new();
    };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let allowed = allowed_fields(schema, error.schema_path().as_str());
            unexpected
                .iter()
                // What is still to be filled in may become any field, or several.
                .filter(|field| placeholder::find(field).is_none())
                .filter_map(|field| {
                    let entry = node.entry(field)?;
                    let suggestion = suggestion(field, &allowed);
                    let near = allowed.iter().filter(|known| spelling::slips(field, known).is_some());
                    let is_only_one = near.count() == 1;
                    Some(SchemaFault {
                        node,
                        kind: FaultKind::UnknownField {
                            entry,
                            suggestion,
                            is_only_one,
                        },
                    })
                })
                .collect()
        }
        // A null field counts as absent for the API server, a null item as the zero value of its type (`encoding/json`); and a
        // placeholder that something fills in later can be of any type.
        _ if node.is_null() || is_placeholder(node) => Vec::new(),
        ValidationErrorKind::Type {
            kind: TypeKind::Single(JsonType::String),
        } if matches!(node.kind(), NodeKind::Boolean | NodeKind::Integer | NodeKind::Float) => {
            vec![SchemaFault {
                node,
                kind: FaultKind::UnquotedString,
            }]
        }
        ValidationErrorKind::Type { kind } => vec![SchemaFault {
            node,
            kind: FaultKind::WrongType {
                expected: expected(kind),
            },
        }],
        ValidationErrorKind::Format { .. } => vec![SchemaFault {
            node,
            kind: FaultKind::InvalidValue {
                expected: "a quantity such as 100m, 2 or 1Gi".to_owned(),
            },
        }],
        _ => Vec::new(),
    }
}

fn is_placeholder(node: Node<'_>) -> bool {
    node.as_str().is_some_and(|text| placeholder::find(text).is_some())
}

/// The node at a JSON pointer.
pub(crate) fn follow<'t>(root: Node<'t>, pointer: &str) -> Option<Node<'t>> {
    let mut node = root;
    for part in pointer.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
        node = match node.entry(&key) {
            Some(entry) => entry.value(),
            None => node.items().nth(key.parse().ok()?)?,
        };
    }
    Some(node)
}

/// The fields that the schema at the place of the error has; the pointer ends in `additionalProperties`.
pub(crate) fn allowed_fields<'s>(schema: &'s Value, pointer: &str) -> Vec<&'s str> {
    let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
    schema
        .pointer(parent)
        .and_then(|schema| schema.get("properties"))
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|properties| properties.keys().map(String::as_str))
        .collect()
}

fn suggestion(field: &str, allowed: &[&str]) -> Option<String> {
    let renamed = RENAMED
        .iter()
        .find(|(old, new)| *old == field && allowed.contains(new))
        .map(|(_, new)| *new);
    renamed
        .or_else(|| spelling::nearest(field, allowed.iter().copied()))
        .map(str::to_owned)
}

/// The types that are due, each with its article.
pub(crate) fn expected(kind: &TypeKind) -> String {
    let words: Vec<&str> = match kind {
        TypeKind::Single(kind) => vec![word(*kind)],
        TypeKind::Multiple(kinds) => kinds.iter().map(word).collect(),
    };
    words.join(" or ")
}

fn word(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "a list",
        JsonType::Object => "a mapping",
    }
}
