//! The decoded tree as `jsonschema` reads it, so that no object is copied to be validated.
//!
//! Nulls are handed on: an unknown field is unknown also when it is null. That null fits any type is said in `fault.rs`.

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, JsonNumber, Node as JsonNode, NodeIdentity, Object};
use serde_json::{Number, Value};

use crate::source::decode::{Entry, Node, NodeKind, write_json};

/// The representation.
pub(crate) struct TreeJson;

/// A node, or a field's name on its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Instance<'t> {
    Node(Node<'t>),
    Name(&'t str),
}

impl Json for TreeJson {
    type Node<'a> = Instance<'a>;
    type PreparedKey = String;
    type StringBuffer = ();

    const ACYCLIC: bool = true;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>((): &mut (), string: &str, f: impl FnOnce(Instance<'_>) -> T) -> T {
        f(Instance::Name(string))
    }
}

impl<'t> Instance<'t> {
    fn of_kind(self, kind: NodeKind) -> Option<Node<'t>> {
        match self {
            Self::Node(node) if node.kind() == kind => Some(node),
            _ => None,
        }
    }
}

impl<'t> JsonNode<'t, TreeJson> for Instance<'t> {
    type Object = Mapping<'t>;
    type Array = Sequence<'t>;
    type Number = TreeNumber;

    fn as_object(&self) -> Option<Mapping<'t>> {
        self.of_kind(NodeKind::Mapping).map(Mapping)
    }

    fn as_array(&self) -> Option<Sequence<'t>> {
        self.of_kind(NodeKind::Sequence).map(Sequence)
    }

    fn as_string(&self) -> Option<Cow<'t, str>> {
        match self {
            Self::Node(node) => node.as_str().map(Cow::Borrowed),
            Self::Name(name) => Some(Cow::Borrowed(name)),
        }
    }

    fn as_number(&self) -> Option<TreeNumber> {
        let Self::Node(node) = self else {
            return None;
        };
        node.as_i64()
            .map(TreeNumber::Int)
            .or_else(|| node.as_f64().map(TreeNumber::Float))
    }

    fn as_boolean(&self) -> Option<bool> {
        match self {
            Self::Node(node) => node.as_bool(),
            Self::Name(_) => None,
        }
    }

    fn is_null(&self) -> bool {
        self.of_kind(NodeKind::Null).is_some()
    }

    fn json_type(&self) -> JsonType {
        match self {
            Self::Name(_) => JsonType::String,
            Self::Node(node) => match node.kind() {
                NodeKind::Null => JsonType::Null,
                NodeKind::Boolean => JsonType::Boolean,
                NodeKind::Integer | NodeKind::Float => JsonType::Number,
                NodeKind::Text => JsonType::String,
                NodeKind::Sequence => JsonType::Array,
                NodeKind::Mapping => JsonType::Object,
            },
        }
    }

    fn to_value(&self) -> Cow<'t, Value> {
        let node = match self {
            Self::Name(name) => return Cow::Owned(Value::from(*name)),
            Self::Node(node) => node,
        };
        // Called for every error; only small values are worth carrying, and a collection may unfold to a great deal.
        let value = match node.kind() {
            NodeKind::Sequence | NodeKind::Mapping => Value::Null,
            _ => {
                let mut text = String::new();
                write_json(*node, &mut text);
                serde_json::from_str(&text).unwrap_or_default()
            }
        };
        Cow::Owned(value)
    }

    fn identity(&self) -> Option<NodeIdentity> {
        None
    }
}

/// A mapping.
pub(crate) struct Mapping<'t>(Node<'t>);

impl<'t> Object<'t, TreeJson> for Mapping<'t> {
    type Node = Instance<'t>;
    type MemberName = &'t str;
    type MembersIter = Box<dyn Iterator<Item = (&'t str, Instance<'t>)> + 't>;

    fn len(&self) -> usize {
        self.members().count()
    }

    fn get(&self, key: &String) -> Option<Instance<'t>> {
        self.0.entry(key).map(|entry| Instance::Node(entry.value()))
    }

    fn members(&self) -> Self::MembersIter {
        Box::new(
            self.0
                .entries()
                .map(|entry: Entry<'t>| (entry.key(), Instance::Node(entry.value()))),
        )
    }
}

/// A list.
pub(crate) struct Sequence<'t>(Node<'t>);

impl<'t> Array<'t, TreeJson> for Sequence<'t> {
    type Node = Instance<'t>;
    type ElementsIter = Box<dyn Iterator<Item = Instance<'t>> + 't>;

    fn len(&self) -> usize {
        self.0.items().len()
    }

    fn elements(&self) -> Self::ElementsIter {
        Box::new(self.0.items().map(Instance::Node))
    }
}

/// A number of the tree.
pub(crate) enum TreeNumber {
    Int(i64),
    Float(f64),
}

impl JsonNumber for TreeNumber {
    fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Int(value) => u64::try_from(*value).ok(),
            Self::Float(_) => None,
        }
    }

    fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Float(_) => None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "as JSON readers do")]
    fn as_f64(&self) -> Option<f64> {
        Some(match self {
            Self::Int(value) => *value as f64,
            Self::Float(value) => *value,
        })
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Owned(match self {
            Self::Int(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
        })
    }

    fn to_number(&self) -> Cow<'_, Number> {
        Cow::Owned(match self {
            Self::Int(value) => Number::from(*value),
            Self::Float(value) => Number::from_f64(*value).unwrap_or_else(|| Number::from(0)),
        })
    }

    fn is_integer(&self) -> bool {
        match self {
            Self::Int(_) => true,
            Self::Float(value) => value.fract() == 0.0,
        }
    }
}
