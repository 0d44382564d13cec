//! The events of a plain piece, for the builder.

use std::sync::Arc;

use super::{Collection, Scalar, Sink, cook, scan};
use crate::source::decode::build::{Built, build};
use crate::source::decode::events::{Event, EventSource, SyntaxError};
use crate::source::decode::tree::Style;
use crate::source::text::{SourceFile, Span};

/// Builds one piece, if it is plain.
pub(in crate::source::decode) fn build_piece(file: &Arc<SourceFile>, piece: Span) -> Option<Built> {
    let mut source = PlainSource::new(file.text(), piece)?;
    Some(build(file, &mut source))
}

/// What the scanner has met, small, so that a whole piece can be kept: only its end shows whether it is plain.
#[derive(Debug, Clone, Copy)]
enum Step {
    Open(Collection, Style, Span),
    Close(Collection, Span),
    Scalar(Scalar),
}

struct Steps(Vec<Step>);

impl Sink for Steps {
    fn open(&mut self, what: Collection, style: Style, start: usize, end: usize) -> Option<()> {
        self.0.push(Step::Open(what, style, Span::new(start, end)));
        Some(())
    }

    fn close(&mut self, what: Collection, start: usize, end: usize) -> Option<()> {
        self.0.push(Step::Close(what, Span::new(start, end)));
        Some(())
    }

    fn key(&mut self, key: Scalar) -> Option<()> {
        self.value(key)
    }

    fn value(&mut self, value: Scalar) -> Option<()> {
        self.0.push(Step::Scalar(value));
        Some(())
    }
}

/// Events of a piece that was scanned to its end.
pub(super) struct PlainSource<'t> {
    piece: &'t str,
    base: u32,
    steps: std::vec::IntoIter<Step>,
}

impl<'t> PlainSource<'t> {
    /// `None` if the piece is not plain.
    pub(super) fn new(text: &'t str, span: Span) -> Option<Self> {
        /// Bytes that one step takes in an ordinary manifest.
        const BYTES_PER_STEP: usize = 10;
        let piece = text.get(span.range())?;
        let mut steps = Steps(Vec::with_capacity(piece.len() / BYTES_PER_STEP));
        scan(piece, &mut steps)?;
        Some(Self {
            piece,
            base: span.start,
            steps: steps.0.into_iter(),
        })
    }

    fn span(&self, span: Span) -> Span {
        Span {
            start: self.base + span.start,
            end: self.base + span.end,
        }
    }
}

impl<'t> EventSource<'t> for PlainSource<'t> {
    fn next_event(&mut self) -> Result<(Event<'t>, Span), SyntaxError> {
        let anchor = None;
        Ok(match self.steps.next() {
            Some(Step::Open(Collection::Sequence, style, span)) => {
                (Event::SequenceStart { anchor, style }, self.span(span))
            }
            Some(Step::Open(Collection::Mapping, style, span)) => {
                (Event::MappingStart { anchor, style }, self.span(span))
            }
            Some(Step::Close(Collection::Sequence, span)) => (Event::SequenceEnd, self.span(span)),
            Some(Step::Close(Collection::Mapping, span)) => (Event::MappingEnd, self.span(span)),
            Some(Step::Scalar(scalar)) => {
                let event = Event::Scalar {
                    text: cook::text(&scalar, self.piece),
                    style: scalar.style,
                    anchor,
                    tag: None,
                };
                let span = Span {
                    start: scalar.start,
                    end: scalar.end,
                };
                (event, self.span(span))
            }
            None => {
                let after = self.base as usize + self.piece.len();
                (Event::DocumentEnd { after }, Span::new(after, after))
            }
        })
    }
}
