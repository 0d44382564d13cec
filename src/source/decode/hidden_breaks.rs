//! U+0085, U+2028 and U+2029: line ends for YAML 1.1, and so for Kubernetes, but not for editors, nor for YAML 1.2.
//!
//! A field can hide behind `#` this way. Such a text is parsed with line feeds in their place, and each one is a finding.

use std::borrow::Cow;
use std::sync::Arc;

use super::build::{Built, build};
use super::events::{Event, EventSource, SyntaxError};
use super::fault::{Fault, FaultKind};
use super::granit::GranitSource;
use crate::source::text::{SourceFile, Span};

const BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// The hidden line breaks of a text that starts at `base`.
pub(crate) fn find(text: &str, base: usize) -> Vec<Fault> {
    if text.is_ascii() {
        return Vec::new();
    }
    text.match_indices(BREAKS)
        .map(|(at, found)| {
            let code = found.chars().next().map_or(0, u32::from);
            Fault::new(
                FaultKind::HiddenLineBreak,
                Span::new(base + at, base + at + found.len()),
                format!("U+{code:04X} ends the line for Kubernetes, but editors show one line"),
            )
        })
        .collect()
}

/// Builds one piece, hidden breaks taken for what they are.
pub(crate) fn build_piece(file: &Arc<SourceFile>, piece: Span) -> Built {
    let text = file.slice(piece);
    if text.is_ascii() || !text.contains(BREAKS) {
        return build(file, &mut GranitSource::new(file.text(), piece));
    }
    let mut visible = String::with_capacity(text.len());
    let mut cuts = Vec::new();
    let mut last = 0;
    for (at, found) in text.match_indices(BREAKS) {
        visible.push_str(&text[last..at]);
        visible.push('\n');
        last = at + found.len();
        cuts.push((visible.len(), last - visible.len()));
    }
    visible.push_str(&text[last..]);
    let whole = Span::new(0, visible.len());
    let mut source = Shifted {
        inner: GranitSource::new(&visible, whole),
        base: piece.start as usize,
        cuts,
    };
    build(file, &mut source)
}

/// Events of the text with line feeds, at their places in the file.
struct Shifted<'v> {
    inner: GranitSource<'v>,
    base: usize,
    /// From the first offset on, positions lie so many bytes further in the file.
    cuts: Vec<(usize, usize)>,
}

impl Shifted<'_> {
    fn offset(&self, offset: u32) -> usize {
        let offset = offset as usize;
        let index = self.cuts.partition_point(|&(at, _)| at <= offset);
        let shift = index.checked_sub(1).map_or(0, |index| self.cuts[index].1);
        self.base + offset + shift
    }

    fn span(&self, span: Span) -> Span {
        Span::new(self.offset(span.start), self.offset(span.end))
    }
}

impl<'t> EventSource<'t> for Shifted<'_> {
    fn next_event(&mut self) -> Result<(Event<'t>, Span), SyntaxError> {
        let (event, span) = self.inner.next_event().map_err(|error| SyntaxError {
            span: self.span(error.span),
            ..error
        })?;
        let span = self.span(span);
        let event = match event {
            Event::Scalar {
                text,
                style,
                anchor,
                tag,
            } => Event::Scalar {
                text: Cow::Owned(text.into_owned()),
                style,
                anchor,
                tag,
            },
            Event::DocumentEnd { after } => Event::DocumentEnd {
                after: self.offset(u32::try_from(after).unwrap_or(u32::MAX)),
            },
            Event::Alias(anchor) => Event::Alias(anchor),
            Event::SequenceStart { anchor, style } => Event::SequenceStart { anchor, style },
            Event::SequenceEnd => Event::SequenceEnd,
            Event::MappingStart { anchor, style } => Event::MappingStart { anchor, style },
            Event::MappingEnd => Event::MappingEnd,
        };
        Ok((event, span))
    }
}
