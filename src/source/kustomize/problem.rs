//! Why a kustomization was not built.

use super::value::{FileId, Origin};
use crate::source::limits;
use crate::source::text::Span;

/// A stretch of a file of the build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
}

impl From<&Origin> for Spot {
    fn from(origin: &Origin) -> Self {
        Self {
            file: origin.file,
            span: origin.span,
        }
    }
}

/// Why a build stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whether kustomize itself refuses it.
    pub verdict: BuildVerdict,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where, if one place can be named.
    pub spot: Option<Spot>,
    /// Other places that belong to it.
    pub related: Vec<(Spot, String)>,
}

/// What a stopped build means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BuildVerdict {
    /// kustomize refuses it too: nothing is ever applied from here.
    Refused,
    /// kustomize may build it, this code does not: another renderer may be asked.
    NotUnderstood,
    /// It cannot be known from Git alone: it needs the network, a program, or a file that is not there.
    Undecided,
    /// It costs more than a limit allows.
    TooLarge,
}

impl Problem {
    fn new(verdict: BuildVerdict, spot: Option<Spot>, message: impl Into<String>) -> Self {
        Self {
            verdict,
            message: shortened(message.into()),
            spot,
            related: Vec::new(),
        }
    }

    /// kustomize refuses this.
    #[must_use]
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(BuildVerdict::Refused, None, message)
    }

    /// kustomize refuses what is written here.
    #[must_use]
    pub fn refused_at(origin: &Origin, message: impl Into<String>) -> Self {
        Self::new(BuildVerdict::Refused, Some(origin.into()), message)
    }

    /// What is written here is not built by this code.
    #[must_use]
    pub fn not_understood_at(origin: &Origin, message: impl Into<String>) -> Self {
        Self::new(BuildVerdict::NotUnderstood, Some(origin.into()), message)
    }

    /// This is not built by this code.
    #[must_use]
    pub fn not_understood(message: impl Into<String>) -> Self {
        Self::new(BuildVerdict::NotUnderstood, None, message)
    }

    /// What is written here needs what Git does not have.
    #[must_use]
    pub fn undecided_at(origin: &Origin, message: impl Into<String>) -> Self {
        Self::new(BuildVerdict::Undecided, Some(origin.into()), message)
    }

    /// A limit is met.
    #[must_use]
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(BuildVerdict::TooLarge, None, message)
    }

    /// Another place that belongs to it; of very many only the first.
    #[must_use]
    pub fn with_related(mut self, origin: &Origin, text: impl Into<String>) -> Self {
        if self.related.len() < limits::RELATED_PLACES {
            self.related.push((origin.into(), shortened(text.into())));
        }
        self
    }

    /// The same, at a place, unless it has one.
    #[must_use]
    pub fn or_at(mut self, origin: &Origin) -> Self {
        self.spot.get_or_insert_with(|| origin.into());
        self
    }
}

/// Leaves the middle of a text out that is too long for a message.
fn shortened(text: String) -> String {
    if text.len() <= limits::MESSAGE_BYTES {
        return text;
    }
    let half = limits::MESSAGE_BYTES / 2;
    let is_boundary = |at: &usize| text.is_char_boundary(*at);
    let start = (0..=half).rev().find(is_boundary).unwrap_or(0);
    let end = (text.len() - half..=text.len()).find(is_boundary).unwrap_or(text.len());
    format!("{} … {}", &text[..start], &text[end..])
}
