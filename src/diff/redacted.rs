//! Values that may be shown. A value of a Secret cannot become one.

use serde_json::Value;

/// A value that a report may show.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// The value.
    Value(Value),
    /// A value that is kept secret. Nothing of it is here, its length neither.
    Secret,
}

/// A whole object in which every secret value is masked already.
#[derive(Debug, Clone, PartialEq)]
pub struct RedactedObject(Value);

impl RedactedObject {
    /// An object that is masked: for `secret.rs` alone.
    pub(super) fn masked(object: Value) -> Self {
        Self(object)
    }

    /// The object.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.0
    }
}
