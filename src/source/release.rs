//! A Helm release as a repository's configuration asks for it.

/// What `helm template` would be told: the chart, and what to render it with. All paths are relative to the root, with `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelmRelease {
    /// The chart's folder.
    pub chart: String,
    /// The release's name.
    pub release: String,
    /// The namespace it is installed into; `None` for the target's.
    pub namespace: Option<String>,
    /// Files of values, the strongest last.
    pub values: Vec<String>,
}
