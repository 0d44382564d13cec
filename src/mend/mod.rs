//! From what would put a finding right to the bytes of its file, and back again to prove it.
//!
//! ```text
//! finding ─ obstacle, locate (where it stands in its file) ─ bytes (edits) ─ apply (a new text) ─ proof (read again)
//!                                                     plan (judged again) ─ write (on the disk) ┘
//! ```
//!
//! Only the bytes of an edit change: comments, order, quotes, anchors, line ends and the end of the file stay as they are. What cannot be
//! done so is refused, with the reason.

mod apply;
mod bytes;
mod flow;
mod layout;
mod locate;
mod notation;
mod obstacle;
mod plan;
mod prepare;
mod proof;
pub mod write;

use std::fmt;

pub use plan::{Asked, Mending, RefusedMend, plan};
pub use prepare::{Prepared, prepare};

use crate::source::text::Span;

/// Why a mend is not made, as a sentence without a capital and a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(String);

impl Refusal {
    /// The refusal for this reason.
    #[must_use]
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Some bytes of a text, and what stands there afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that go; empty where something is put in only.
    pub span: Span,
    /// What comes.
    pub text: String,
}

impl Edit {
    fn new(start: usize, end: usize, text: impl Into<String>) -> Self {
        Self {
            span: Span::new(start, end),
            text: text.into(),
        }
    }

    /// Whether two edits have to do with the same bytes, so that their order would matter.
    fn touches(&self, other: &Self) -> bool {
        self.span.start <= other.span.end && other.span.start <= self.span.end
    }
}
