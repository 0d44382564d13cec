//! What became of the kustomizations, so that none is left out in silence.

use serde::Serialize;

use crate::source::kustomize::problem::BuildVerdict;
use crate::source::kustomize::rendering::{Renderer, Root, Unbuilt};

/// Counts of the roots: the kustomizations that no other takes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct KustomizationCounts {
    /// All of them.
    pub roots: usize,
    /// Those that this program built.
    pub native: usize,
    /// Those that another program built, since this one does not understand them.
    pub fallback: Vec<Fallback>,
    /// Those whose objects are not known.
    #[serde(rename = "notBuilt")]
    pub not_built: Vec<NotBuilt>,
}

/// A root that another program built.
#[derive(Debug, Clone, Serialize)]
pub struct Fallback {
    /// Its folder.
    pub root: String,
    /// The program.
    pub by: &'static str,
    /// What was not understood.
    pub reason: String,
}

/// A root whose objects are not known.
#[derive(Debug, Clone, Serialize)]
pub struct NotBuilt {
    /// Its folder.
    pub root: String,
    /// `refused`, `not-understood`, `undecided` or `too-large`.
    pub verdict: &'static str,
    /// Why.
    pub reason: String,
}

impl KustomizationCounts {
    /// Counts roots.
    pub(super) fn of<'r>(roots: impl Iterator<Item = &'r Root>) -> Self {
        let mut counts = Self::default();
        for root in roots {
            counts.roots += 1;
            let name = root.name().to_owned();
            match &root.outcome {
                Ok(built) => match &built.by {
                    Renderer::Native => counts.native += 1,
                    Renderer::Program { name: by, why } => counts.fallback.push(Fallback {
                        root: name,
                        by,
                        reason: why.clone(),
                    }),
                },
                Err(Unbuilt { verdict, message, .. }) => counts.not_built.push(NotBuilt {
                    root: name,
                    verdict: verdict_name(*verdict),
                    reason: message.clone(),
                }),
            }
        }
        counts
    }
}

fn verdict_name(verdict: BuildVerdict) -> &'static str {
    match verdict {
        BuildVerdict::Refused => "refused",
        BuildVerdict::NotUnderstood => "not-understood",
        BuildVerdict::Undecided => "undecided",
        BuildVerdict::TooLarge => "too-large",
    }
}
