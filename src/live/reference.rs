//! Which object is meant.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Names one object to the API server, at the version that the manifest is written in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectReference {
    /// `group/version`, or `v1`.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// The namespace; `None` of kinds that have none.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl ObjectReference {
    /// The group of the `apiVersion`; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// Whether it is of this kind of the core group.
    #[must_use]
    pub fn is_core(&self, kind: &str) -> bool {
        self.kind == kind && self.group().is_empty()
    }
}

impl fmt::Display for ObjectReference {
    /// As kubectl shows it: `Deployment shop/web`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(formatter, "{namespace}/")?;
        }
        formatter.write_str(&self.name)
    }
}
