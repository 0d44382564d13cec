//! What the tree is built from: a stream of events behind a trait of our own, so that the parser can be exchanged.

use std::borrow::Cow;

use super::scalar::Tag;
use super::tree::Style;
use crate::source::text::Span;

/// One step of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event<'t> {
    Scalar {
        text: Cow<'t, str>,
        style: Style,
        anchor: Option<&'t str>,
        tag: Option<Tag>,
    },
    Alias(&'t str),
    SequenceStart {
        anchor: Option<&'t str>,
        style: Style,
    },
    SequenceEnd,
    MappingStart {
        anchor: Option<&'t str>,
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
///
/// Tags on collections mean nothing to Kubernetes and are not told; nor is what a merge or a duplicate key does.
pub(crate) trait EventSource<'t> {
    /// The next event; after [`Event::DocumentEnd`] or an error there is none.
    fn next_event(&mut self) -> Result<(Event<'t>, Span), SyntaxError>;
}
