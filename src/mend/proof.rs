//! What a text must say after a mend, as values: only what the mend is about may differ.

use serde_json::{Map, Value};

use super::Refusal;
use super::locate::{Route, Step};
use crate::policy::mend::{Addition, Operation};
use crate::source::decode::{Decoded, to_json};
use crate::source::limits;

/// The documents of a file as values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Values(Vec<Value>);

impl Values {
    pub(super) fn of(decoded: &Decoded) -> Result<Self, Refusal> {
        let documents = decoded.documents.iter().map(|document| {
            let tree = document.tree.as_ref();
            let tree = tree.ok_or_else(|| Refusal::new("a document of the file could not be read any more"))?;
            to_json(tree.root(), limits::RENDERED_DEPTH)
                .ok_or_else(|| Refusal::new("a document is nested too deep to prove that nothing else changes"))
        });
        documents.collect::<Result<_, _>>().map(Self)
    }

    /// Does to the values what an operation is to do to the text.
    pub(super) fn apply(&mut self, route: &Route, operation: &Operation) -> Result<(), Refusal> {
        let root = self.0.get_mut(route.document).ok_or_else(lost)?;
        match operation {
            Operation::SetText { text, .. } => {
                *at(root, &route.steps).ok_or_else(lost)? = Value::from(text.as_str());
            }
            Operation::SetMode { mode, .. } => {
                *at(root, &route.steps).ok_or_else(lost)? = Value::from(*mode);
            }
            Operation::RenameKey { judged, name, .. } => {
                let (before, _) = route.split().ok_or_else(lost)?;
                let fields = at(root, before).and_then(Value::as_object_mut).ok_or_else(lost)?;
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(key, value)| {
                        if key == *judged {
                            (name.clone(), value)
                        } else {
                            (key, value)
                        }
                    })
                    .collect();
            }
            Operation::Insert { way, addition, .. } => {
                let mut node = at(root, &route.steps).ok_or_else(lost)?;
                for key in way {
                    node = object(node)?.entry(key.as_str()).or_insert(Value::Null);
                }
                match addition {
                    Addition::Entry(key, value) => {
                        object(node)?.insert(key.clone(), value.clone());
                    }
                    Addition::Item(value) => {
                        if node.is_null() {
                            *node = Value::Array(Vec::new());
                        }
                        node.as_array_mut().ok_or_else(lost)?.push(value.clone());
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether the same is said in the same order.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        // Maps are equal whatever their order; texts are not.
        let text = |values: &Self| serde_json::to_string(&values.0).ok();
        self.0.len() == other.0.len() && text(self) == text(other)
    }
}

fn lost() -> Refusal {
    Refusal::new("another mend has changed the same place; run it once more")
}

fn at<'v>(root: &'v mut Value, steps: &[Step]) -> Option<&'v mut Value> {
    steps.iter().try_fold(root, |node, step| match step {
        Step::Key(key) => node.get_mut(key),
        Step::Item(index) => node.get_mut(*index),
    })
}

fn object(node: &mut Value) -> Result<&mut Map<String, Value>, Refusal> {
    if node.is_null() {
        *node = Value::Object(Map::new());
    }
    node.as_object_mut().ok_or_else(lost)
}
