//! Tokens to events, by the grammar of go-yaml v2's parser (`parserc.go`).
//!
//! The stack of states takes the place of recursion, so that no document is too deep for the thread that reads it.

mod block;
mod document;
mod flow;

use std::borrow::Cow;

use super::scanner::{Scanner, error};
use super::token::TokenKind;
use crate::source::decode::events::{Event, EventSource, SyntaxError, UNRENDERED};
use crate::source::decode::scalar::Tag;
use crate::source::decode::tree::Style;
use crate::source::text::{SourceFile, Span};

/// What is due next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceFirstEntry,
    BlockSequenceEntry,
    IndentlessSequenceEntry,
    BlockMappingFirstKey,
    BlockMappingKey,
    BlockMappingValue,
    FlowSequenceFirstEntry,
    FlowSequenceEntry,
    /// Inside `[a: b]`: one pair that stands for a mapping.
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingFirstKey,
    FlowMappingKey,
    FlowMappingValue,
    FlowMappingEmptyValue,
    Finished,
}

/// Where a node stands, and so what it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Block,
    /// A mapping's key or value, where a list may begin without being indented.
    BlockOrIndentless,
    Flow,
}

/// The events of the first document of one piece.
#[derive(Debug)]
pub(crate) struct YamlSource<'t> {
    scanner: Scanner<'t>,
    state: State,
    states: Vec<State>,
    /// Where the open flow collections begin, for messages.
    openings: Vec<Span>,
    tag_directives: Vec<(Vec<u8>, Vec<u8>)>,
    /// End of the last token that was taken.
    last_end: usize,
    /// The last token that has characters, for messages.
    last_written: Span,
    /// End of the piece.
    end: u32,
}

type Step<'t> = Result<(Event<'t>, Span), SyntaxError>;

impl<'t> YamlSource<'t> {
    /// Reads `piece` of `file`; spans count in the text of the file.
    pub(crate) fn new(file: &'t SourceFile, piece: Span) -> Self {
        Self {
            scanner: Scanner::new(file, piece),
            state: State::DocumentStart,
            states: Vec::new(),
            openings: Vec::new(),
            tag_directives: Vec::new(),
            last_end: piece.start as usize,
            last_written: Span::default(),
            end: piece.end,
        }
    }

    fn peek(&mut self) -> Result<&TokenKind<'t>, SyntaxError> {
        Ok(&self.scanner.peek()?.kind)
    }

    fn peek_span(&mut self) -> Result<Span, SyntaxError> {
        Ok(self.scanner.peek()?.span)
    }

    /// Takes the token that was peeked.
    fn take(&mut self) -> (TokenKind<'t>, Span) {
        let token = self.scanner.take();
        self.last_end = self.last_end.max(token.span.end as usize);
        if !token.span.is_empty() {
            self.last_written = token.span;
        }
        (token.kind, token.span)
    }

    fn return_to_outer_state(&mut self) {
        self.state = self.states.pop().unwrap_or(State::Finished);
    }

    /// A value that was left out stands behind the last token.
    fn empty_scalar(&self) -> (Event<'t>, Span) {
        let event = Event::Scalar {
            text: Cow::Borrowed(""),
            style: Style::Plain,
            anchor: None,
            tag: None,
        };
        (event, self.here())
    }

    fn here(&self) -> Span {
        Span::new(self.last_end, self.last_end)
    }

    fn node(&mut self, place: Place) -> Step<'t> {
        if let TokenKind::Alias(name) = *self.peek()? {
            let (_, span) = self.take();
            self.return_to_outer_state();
            return Ok((Event::Alias(name), span));
        }
        let (anchor, tag) = self.properties()?;
        let has_properties = anchor.is_some() || tag.is_some();
        let span = self.peek_span()?;
        let (state, event) = match self.peek()? {
            TokenKind::BlockEntry if place == Place::BlockOrIndentless => (
                State::IndentlessSequenceEntry,
                Event::SequenceStart {
                    anchor,
                    style: Style::Block,
                },
            ),
            TokenKind::Scalar { .. } => {
                let (kind, span) = self.take();
                self.return_to_outer_state();
                let TokenKind::Scalar { text, style } = kind else {
                    return Ok(self.empty_scalar());
                };
                return Ok((
                    Event::Scalar {
                        text,
                        style,
                        anchor,
                        tag,
                    },
                    span,
                ));
            }
            TokenKind::FlowSequenceStart => (
                State::FlowSequenceFirstEntry,
                Event::SequenceStart {
                    anchor,
                    style: Style::Flow,
                },
            ),
            TokenKind::FlowMappingStart => (
                State::FlowMappingFirstKey,
                Event::MappingStart {
                    anchor,
                    style: Style::Flow,
                },
            ),
            TokenKind::BlockSequenceStart if place != Place::Flow => (
                State::BlockSequenceFirstEntry,
                Event::SequenceStart {
                    anchor,
                    style: Style::Block,
                },
            ),
            TokenKind::BlockMappingStart if place != Place::Flow => (
                State::BlockMappingFirstKey,
                Event::MappingStart {
                    anchor,
                    style: Style::Block,
                },
            ),
            _ if has_properties => {
                self.return_to_outer_state();
                return Ok((
                    Event::Scalar {
                        text: Cow::Borrowed(""),
                        style: Style::Plain,
                        anchor,
                        tag,
                    },
                    self.here(),
                ));
            }
            _ => return Err(self.unexpected_token()),
        };
        self.state = state;
        Ok((event, span))
    }

    fn properties(&mut self) -> Result<(Option<&'t str>, Option<Tag>), SyntaxError> {
        let mut anchor = None;
        let mut tag = None;
        // Each at most once, in either order.
        loop {
            match self.peek()? {
                TokenKind::Anchor(name) if anchor.is_none() => {
                    anchor = Some(*name);
                    self.take();
                }
                TokenKind::Tag { .. } if tag.is_none() => {
                    let (kind, span) = self.take();
                    if let TokenKind::Tag { handle, suffix } = kind {
                        tag = Some((handle, suffix, span));
                    }
                }
                _ => break,
            }
        }
        let tag = match tag {
            Some((handle, suffix, span)) => Some(self.resolve_tag(&handle, &suffix, span)?),
            None => None,
        };
        Ok((anchor, tag))
    }

    fn unexpected_token(&mut self) -> SyntaxError {
        let span = match self.peek_span() {
            Ok(span) => span,
            Err(error) => return error,
        };
        if self.is_in_template() {
            return error(span, UNRENDERED);
        }
        let message = match self.peek() {
            Ok(TokenKind::StreamEnd) => {
                if let Some(&opening) = self.openings.last() {
                    return error(opening, "this bracket is never closed");
                }
                "the text ends here, but a value is due"
            }
            Ok(TokenKind::FlowSequenceEnd | TokenKind::FlowMappingEnd) => {
                "this bracket closes nothing; quote the value if it is one"
            }
            Ok(TokenKind::FlowEntry) => "a value cannot begin with `,`; quote it",
            Ok(TokenKind::BlockEntry) => "a list item cannot stand here; indent it, or quote the `-`",
            Ok(TokenKind::Anchor(_)) => "one value can have one anchor only",
            Ok(TokenKind::Tag { .. }) => "one value can have one tag only",
            Ok(TokenKind::Alias(_)) => "an alias can have no tag and no anchor",
            Ok(TokenKind::Value) => "no key stands in front of this `:`",
            Ok(TokenKind::BlockEnd) => "a value is due in front of this line",
            Ok(_) => "a value is due here",
            Err(error) => return error.clone(),
        };
        error(span, message)
    }
}

impl<'t> EventSource<'t> for YamlSource<'t> {
    fn next_event(&mut self) -> Step<'t> {
        // The line feed that is read behind a last line without one is not in the file.
        let end = self.end;
        let clamp = |span: Span| Span {
            start: span.start.min(end),
            end: span.end.min(end),
        };
        match self.step() {
            Ok((Event::DocumentEnd { after }, span)) => {
                let after = after.min(end as usize);
                Ok((Event::DocumentEnd { after }, clamp(span)))
            }
            Ok((event, span)) => Ok((event, clamp(span))),
            Err(error) => Err(SyntaxError {
                span: clamp(error.span),
                related: error.related.map(|(span, message)| (clamp(span), message)),
                ..error
            }),
        }
    }
}

impl<'t> YamlSource<'t> {
    fn step(&mut self) -> Step<'t> {
        match self.state {
            State::DocumentStart => self.document_start(),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(Place::Block),
            State::BlockSequenceFirstEntry => {
                self.peek()?;
                self.take();
                self.block_sequence_entry()
            }
            State::BlockSequenceEntry => self.block_sequence_entry(),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingFirstKey => {
                self.peek()?;
                self.take();
                self.block_mapping_key()
            }
            State::BlockMappingKey => self.block_mapping_key(),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceFirstEntry => self.flow_sequence_entry(true),
            State::FlowSequenceEntry => self.flow_sequence_entry(false),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => {
                self.peek()?;
                self.state = State::FlowSequenceEntry;
                Ok((Event::MappingEnd, self.here()))
            }
            State::FlowMappingFirstKey => self.flow_mapping_key(true),
            State::FlowMappingKey => self.flow_mapping_key(false),
            State::FlowMappingValue => self.flow_mapping_value(),
            State::FlowMappingEmptyValue => {
                self.peek()?;
                self.state = State::FlowMappingKey;
                Ok(self.empty_scalar())
            }
            State::Finished => Ok(self.finished()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::source::decode::yaml::tests::{assert_events, assert_refused};

    #[test]
    fn flow_collections_are_read_as_yaml_1_1_reads_them() {
        assert_events(&[
            ("[a: b, c]", "[ { \"a\" \"b\" } \"c\" ]"),
            ("[a:b, http://c]", "[ \"a:b\" \"http://c\" ]"),
            ("{a, b: }", "{ \"a\" \"\" \"b\" \"\" }"),
            ("{\"a\":1}", "{ \"a\" \"1\" }"),
            ("[? a : b]", "[ { \"a\" \"b\" } ]"),
            ("{a\n  b}", "{ \"a b\" \"\" }"),
        ]);
        assert_refused(&[
            "[a",
            "a: [b]]",
            "{a: b",
            "[a}",
            "[a b, - c]",
            "{a\n  b: c}",
            "{a\n : b}",
        ]);
    }

    #[test]
    fn a_document_ends_where_no_node_goes_on() {
        assert_events(&[
            ("[a] b", "[ \"a\" ]"),
            ("a\n...\n[", "\"a\""),
            ("{a: b}\nc: d", "{ \"a\" \"b\" }"),
        ]);
        assert_refused(&["[a] '"]);
    }

    #[test]
    fn lists_may_stand_below_their_key_without_indentation() {
        assert_events(&[
            ("a:\n- b\n-\nc: d", "{ \"a\" [ \"b\" \"\" ] \"c\" \"d\" }"),
            ("a: &x\n- b", "{ \"a\" [ \"b\" ] }"),
            ("? - a\n: - b", "{ [ \"a\" ] [ \"b\" ] }"),
        ]);
        assert_refused(&["a: - b", "a:\n- b\n - c: d\n e", "- a\nb: c", "a: 1\n- b"]);
    }
}
