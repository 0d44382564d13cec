//! What a repository needs to be checked from now on: proposed after a look at it, as files that people read before they are written.
//!
//! ```text
//! survey (what is there) ─┬ configuration (`.checker.yaml`)
//!                         ├ hook (`.pre-commit-config.yaml`)
//!                         └ pipeline (the job of a pull request)
//! ```

pub mod configuration;
pub mod hook;
pub mod pipeline;
pub mod survey;

/// A file of the repository, as it is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedFile {
    /// Its name relative to the root.
    pub name: &'static str,
    /// Its text, if it is not there yet.
    pub text: String,
    /// What to add, if it is there; `None` for a file that is of this program alone.
    pub addition: Option<String>,
}
