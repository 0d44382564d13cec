//! Charts of the repository that somebody installs.

use std::sync::Arc;

use super::Said;

/// One chart, as somebody installs it.
#[derive(Debug, Clone)]
pub struct ChartDelivery {
    /// Its folder, relative to the root of the repository.
    pub chart: String,
    /// The name of the release, if it is plainly said.
    pub release: Option<String>,
    /// The namespace of the release, if it is plainly said.
    pub namespace: Option<String>,
    /// Values, the later over the earlier.
    pub values: Vec<ValuesSource>,
    /// Whether files among them stand in place of the chart's own `values.yaml`.
    pub replaces_defaults: bool,
    /// Why the values in Git are not all, if so.
    pub gap: Option<String>,
    /// Who installs it.
    pub said: Arc<Said>,
    /// How the object that says so is delivered itself, where its own namespace is that of the release.
    pub(super) own: Option<OwnNamespace>,
}

/// The namespace that an object is written in, which whoever delivers it may set.
#[derive(Debug, Clone)]
pub(super) struct OwnNamespace {
    pub(super) written: Option<String>,
    /// Whether a kustomization renders the object.
    pub(super) is_rendered: bool,
}

/// Where values come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValuesSource {
    /// A file, relative to the root of the repository.
    File(String),
    /// Such a file, or nothing if there is none.
    FileIfThere(String),
    /// YAML or JSON, written in the object itself.
    Inline(String),
    /// One value, as `helm --set` takes it.
    Set {
        /// The way to it.
        name: String,
        /// What it is.
        value: String,
        /// Whether it stays a string, as `--set-string` has it.
        is_string: bool,
    },
}
