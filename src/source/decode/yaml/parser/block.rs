//! Lists and mappings by indentation.

use super::super::scanner::error;
use super::super::token::TokenKind;
use super::{Place, State, Step, YamlSource};
use crate::source::decode::events::{Event, SyntaxError};
use crate::source::text::Span;

impl<'t> YamlSource<'t> {
    pub(super) fn block_sequence_entry(&mut self) -> Step<'t> {
        match self.peek()? {
            TokenKind::BlockEntry => {
                self.take();
                if matches!(self.peek()?, TokenKind::BlockEntry | TokenKind::BlockEnd) {
                    self.state = State::BlockSequenceEntry;
                    return Ok(self.empty_scalar());
                }
                self.states.push(State::BlockSequenceEntry);
                self.node(Place::Block)
            }
            TokenKind::BlockEnd => {
                self.take();
                self.return_to_outer_state();
                Ok((Event::SequenceEnd, self.here()))
            }
            _ => Err(self.misplaced(
                "this is neither an item of the list above nor indented like the key that the list belongs to",
            )),
        }
    }

    /// Whether the innermost brackets are `{{`.
    pub(super) fn is_in_template(&self) -> bool {
        match self.openings.as_slice() {
            [.., outer, inner] => {
                self.scanner.reader.slice_of(Span {
                    end: inner.end,
                    ..*outer
                }) == "{{"
            }
            _ => false,
        }
    }

    fn misplaced(&mut self, message: &str) -> SyntaxError {
        match self.peek_span() {
            Ok(span) => error(span, message),
            Err(error) => error,
        }
    }

    pub(super) fn indentless_sequence_entry(&mut self) -> Step<'t> {
        if *self.peek()? != TokenKind::BlockEntry {
            self.return_to_outer_state();
            return Ok((Event::SequenceEnd, self.here()));
        }
        self.take();
        if matches!(
            self.peek()?,
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd
        ) {
            self.state = State::IndentlessSequenceEntry;
            return Ok(self.empty_scalar());
        }
        self.states.push(State::IndentlessSequenceEntry);
        self.node(Place::Block)
    }

    pub(super) fn block_mapping_key(&mut self) -> Step<'t> {
        match self.peek()? {
            TokenKind::Key => {
                self.take();
                self.block_mapping_node(State::BlockMappingValue)
            }
            TokenKind::BlockEnd => {
                self.take();
                self.return_to_outer_state();
                Ok((Event::MappingEnd, self.here()))
            }
            TokenKind::BlockEntry => {
                Err(self
                    .misplaced("a list item stands where the next key of the mapping is due; check its indentation"))
            }
            _ => Err(self.no_next_key()),
        }
    }

    #[cold]
    fn no_next_key(&mut self) -> SyntaxError {
        let last_end = self.last_written.end as usize;
        let span = match self.peek_span() {
            Ok(span) => span,
            Err(error) => return error,
        };
        let between = self.scanner.reader.slice(last_end, span.start as usize);
        let message = if between.contains(['\n', '\r']) {
            "this line is indented unlike the lines above that it could belong to"
        } else {
            match self.scanner.reader.slice(last_end.saturating_sub(1), last_end) {
                "'" => "nothing can follow the closing quote; write `''` for a quote that belongs to the value",
                "\"" => "nothing can follow the closing quote; write `\\\"` for a quote that belongs to the value",
                "]" | "}" => "nothing can follow the closing bracket; quote the value if the bracket belongs to it",
                _ => "the next key of the mapping is due here; quote the value if this belongs to it",
            }
        };
        error(span, message)
    }

    pub(super) fn block_mapping_value(&mut self) -> Step<'t> {
        if *self.peek()? == TokenKind::Value {
            self.take();
            return self.block_mapping_node(State::BlockMappingKey);
        }
        self.state = State::BlockMappingKey;
        Ok(self.empty_scalar())
    }

    /// A key or value of a block mapping, which may be left out.
    fn block_mapping_node(&mut self, next: State) -> Step<'t> {
        if matches!(self.peek()?, TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd) {
            self.state = next;
            return Ok(self.empty_scalar());
        }
        self.states.push(next);
        self.node(Place::BlockOrIndentless)
    }
}
