//! How a comparison is made.

use super::ignore::IgnoreRule;

/// How a comparison is made.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Field managers that apply this repository. Empty: the one whose fields cover the desired object best.
    pub managers: Vec<String>,
    /// How the repository is applied.
    pub applying: Applying,
    /// Differences that do not count. They take away drift only: what Git changes is always shown.
    pub ignore: Vec<IgnoreRule>,
    /// Whether fields that only the other side has, and nobody is known to have applied, are named in notes.
    pub show_unmanaged: bool,
}

/// How the repository is applied: it decides what becomes of fields that are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Applying {
    /// As each object shows that it was applied before.
    #[default]
    Detect,
    /// As `kubectl apply` does it, with the last-applied annotation.
    ClientSide,
    /// Server-side apply.
    ServerSide,
}
