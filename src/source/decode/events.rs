//! What the tree is built from: a stream of events behind a trait of our own, so that the parser can be exchanged.

use std::borrow::Cow;

use super::scalar::Tag;
use super::tree::Style;
use crate::source::limits;
use crate::source::text::Span;

/// What to say where `{{` makes a text unreadable.
pub(crate) const UNRENDERED: &str = "this is a template that was not rendered; render it first, or quote `{{ … }}`";

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
    /// A second place that belongs to it, with what it is.
    pub(crate) related: Option<(Span, String)>,
    pub(crate) too_deep: bool,
}

impl SyntaxError {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            related: None,
            too_deep: false,
        }
    }

    pub(crate) fn too_deep(span: Span) -> Self {
        Self {
            too_deep: true,
            ..Self::new(span, format!("nested more than {} deep", limits::DEPTH))
        }
    }

    pub(crate) fn with_related(mut self, span: Span, message: impl Into<String>) -> Self {
        self.related = Some((span, message.into()));
        self
    }
}

/// The events of the first document of one piece, in order. Spans count in the whole text of the file.
///
/// Tags on collections mean nothing to Kubernetes and are not told; nor is what a merge or a duplicate key does.
pub(crate) trait EventSource<'t> {
    /// The next event; after [`Event::DocumentEnd`] or an error there is none.
    fn next_event(&mut self) -> Result<(Event<'t>, Span), SyntaxError>;
}
