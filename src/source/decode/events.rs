//! What the tree is built from: a stream of events behind a trait of our own, so that the parser can be exchanged.

use std::borrow::Cow;

use super::scalar::Tag;
use super::tree::Style;
use crate::source::text::Span;

/// Identifies an anchor within one document; 0 is no anchor.
pub(crate) type Anchor = usize;

/// One step of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event<'t> {
    Scalar {
        text: Cow<'t, str>,
        style: Style,
        anchor: Anchor,
        tag: Option<Tag>,
    },
    Alias(Anchor),
    SequenceStart {
        anchor: Anchor,
        style: Style,
    },
    SequenceEnd,
    MappingStart {
        anchor: Anchor,
        style: Style,
    },
    MappingEnd,
    /// The first document is over; `after` is where its text ends.
    DocumentEnd {
        after: usize,
    },
}

/// Why the text is not YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) too_deep: bool,
}

/// The events of the first document of one piece, in order. Spans count in the whole text of the file.
pub(crate) trait EventSource<'t> {
    /// The next event; after [`Event::DocumentEnd`] or an error there is none.
    fn next_event(&mut self) -> Result<(Event<'t>, Span), SyntaxError>;
}
