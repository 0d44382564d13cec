//! What would put a finding right, said in terms of the document. Which bytes that means is found out
//! later, when all findings are there.

use std::sync::Arc;

use serde_json::Value;

use crate::model::object::Object;
use crate::source::decode::{Entry, Node, write_json};
use crate::source::text::Place;

/// Whether a mend may change what runs in a way that nobody asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Safety {
    /// The object is refused as it is, or the mend says only what was meant by what is written.
    Safe,
    /// What runs changes: something comes in that was not written, or takes effect that had none.
    Unsafe,
}

impl Safety {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}

/// What would put a finding right.
#[derive(Debug, Clone)]
pub struct Mend {
    /// Whether what runs may change.
    pub safety: Safety,
    /// What is done, in a few words that begin with a verb.
    pub description: String,
    /// The steps, all of them or none.
    pub operations: Vec<Operation>,
}

/// One step of a mend.
#[derive(Debug, Clone)]
pub enum Operation {
    /// A scalar becomes a string.
    SetText {
        /// Where the scalar stands.
        value: Place,
        /// What was judged there, as JSON; if something else is written there, something fills it in on the way.
        judged: String,
        /// The string.
        text: String,
    },
    /// A number becomes the mode of a file, which is written in octal where that can be.
    SetMode {
        /// Where the number stands.
        value: Place,
        /// What was judged there, as of [`Operation::SetText`].
        judged: String,
        /// The mode.
        mode: u32,
    },
    /// A key gets another name, its value stays.
    RenameKey {
        /// Where the key stands.
        key: Place,
        /// What was judged to be the key.
        judged: String,
        /// The new name.
        name: String,
    },
    /// Something new at the end of a mapping or of a list.
    Insert {
        /// The mapping that the way begins at.
        mapping: Place,
        /// The keys that lead to where it goes; what is missing of them is made.
        way: Vec<String>,
        /// What goes there.
        addition: Addition,
        /// The kustomization that makes the object, if one does: then the mapping has no one place.
        made_by: Option<Arc<str>>,
    },
}

/// What an insertion adds.
#[derive(Debug, Clone, PartialEq)]
pub enum Addition {
    /// An entry of a mapping.
    Entry(String, Value),
    /// An item of a list.
    Item(Value),
}

impl Mend {
    /// A mend of one step.
    #[must_use]
    pub fn new(safety: Safety, description: impl Into<String>, operation: Operation) -> Self {
        Self {
            safety,
            description: description.into(),
            operations: vec![operation],
        }
    }

    /// The same mend with a further step.
    #[must_use]
    pub fn and(mut self, operation: Operation) -> Self {
        self.operations.push(operation);
        self
    }

    /// Quotes a scalar that is no string as Kubernetes reads it. The API server refuses the object as it is, so nothing runs otherwise
    /// than before.
    #[must_use]
    pub fn quote(value: Node<'_>) -> Self {
        let operation = Operation::set_text(value, value.source());
        Self::new(Safety::Safe, "quote the value", operation)
    }
}

impl Operation {
    /// A scalar becomes the string `text`.
    #[must_use]
    pub fn set_text(value: Node<'_>, text: impl Into<String>) -> Self {
        Self::SetText {
            value: value.place(),
            judged: judged(value),
            text: text.into(),
        }
    }

    /// A number becomes the mode of a file.
    #[must_use]
    pub fn set_mode(value: Node<'_>, mode: u32) -> Self {
        Self::SetMode {
            value: value.place(),
            judged: judged(value),
            mode,
        }
    }

    /// A key gets another name.
    #[must_use]
    pub fn rename(entry: Entry<'_>, name: impl Into<String>) -> Self {
        Self::RenameKey {
            key: entry.key_place(),
            judged: entry.key().to_owned(),
            name: name.into(),
        }
    }

    /// A mapping of an object gets something new, at the end of a way of keys.
    #[must_use]
    pub fn insert(object: &Object, mapping: Node<'_>, way: &[&str], addition: Addition) -> Self {
        Self::Insert {
            mapping: mapping.place(),
            way: way.iter().map(|&key| key.to_owned()).collect(),
            addition,
            made_by: object.rendered().map(|rendered| Arc::clone(&rendered.root)),
        }
    }

    /// The file that is edited.
    #[must_use]
    pub fn place(&self) -> &Place {
        match self {
            Self::SetText { value, .. } | Self::SetMode { value, .. } => value,
            Self::RenameKey { key, .. } => key,
            Self::Insert { mapping, .. } => mapping,
        }
    }
}

fn judged(value: Node<'_>) -> String {
    let mut judged = String::new();
    write_json(value, &mut judged);
    judged
}

/// The first item of a text that stands under `volumes` or `env`, as a profile gives it.
#[must_use]
pub fn declared_item(declaration: &str) -> Option<Value> {
    let items: Vec<Value> = serde_yaml::from_str(declaration).ok()?;
    items.into_iter().next()
}
