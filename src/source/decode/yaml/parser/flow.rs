//! Lists and mappings in brackets and braces.

use super::super::scanner::error;
use super::super::token::TokenKind;
use super::{Place, State, Step, YamlSource};
use crate::source::decode::events::{Event, SyntaxError, UNRENDERED};
use crate::source::decode::tree::Style;
use crate::source::text::Span;

impl<'t> YamlSource<'t> {
    pub(super) fn open_flow(&mut self) -> Result<(), SyntaxError> {
        self.peek()?;
        let (_, span) = self.take();
        self.openings.push(span);
        Ok(())
    }

    fn close_flow(&mut self, event: Event<'t>) -> (Event<'t>, Span) {
        let (_, span) = self.take();
        self.openings.pop();
        self.return_to_outer_state();
        (event, span)
    }

    /// Takes the comma between two entries.
    fn flow_separator(&mut self, closing: &str) -> Result<(), SyntaxError> {
        let span = self.peek_span()?;
        match self.peek()? {
            TokenKind::FlowEntry => {
                self.take();
                Ok(())
            }
            TokenKind::StreamEnd => Err(error(
                self.openings.last().copied().unwrap_or(span),
                format!("this bracket is never closed; `{closing}` is missing"),
            )),
            _ => {
                if self.is_in_template() {
                    return Err(error(span, UNRENDERED));
                }
                let error = error(span, format!("`,` or `{closing}` is due here"));
                Err(match self.openings.last() {
                    Some(&opening) => error.with_related(opening, "the bracket that is still open"),
                    None => error,
                })
            }
        }
    }

    pub(super) fn flow_sequence_entry(&mut self, is_first: bool) -> Step<'t> {
        if is_first {
            self.open_flow()?;
        }
        if !is_first && *self.peek()? != TokenKind::FlowSequenceEnd {
            self.flow_separator("]")?;
        }
        match self.peek()? {
            TokenKind::FlowSequenceEnd => Ok(self.close_flow(Event::SequenceEnd)),
            TokenKind::Key => {
                let (_, span) = self.take();
                self.state = State::FlowPairKey;
                Ok((
                    Event::MappingStart {
                        anchor: None,
                        style: Style::Flow,
                    },
                    span,
                ))
            }
            _ => {
                self.states.push(State::FlowSequenceEntry);
                self.node(Place::Flow)
            }
        }
    }

    pub(super) fn flow_pair_key(&mut self) -> Step<'t> {
        if matches!(
            self.peek()?,
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd
        ) {
            // go-yaml takes this token away, though it does not belong to the key.
            self.take();
            self.state = State::FlowPairValue;
            return Ok(self.empty_scalar());
        }
        self.states.push(State::FlowPairValue);
        self.node(Place::Flow)
    }

    pub(super) fn flow_pair_value(&mut self) -> Step<'t> {
        if *self.peek()? == TokenKind::Value {
            self.take();
            if !matches!(self.peek()?, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                self.states.push(State::FlowPairEnd);
                return self.node(Place::Flow);
            }
        }
        self.state = State::FlowPairEnd;
        Ok(self.empty_scalar())
    }

    pub(super) fn flow_mapping_key(&mut self, is_first: bool) -> Step<'t> {
        if is_first {
            self.open_flow()?;
        }
        if !is_first && *self.peek()? != TokenKind::FlowMappingEnd {
            self.flow_separator("}")?;
        }
        match self.peek()? {
            TokenKind::FlowMappingEnd => Ok(self.close_flow(Event::MappingEnd)),
            TokenKind::Key => {
                self.take();
                if matches!(
                    self.peek()?,
                    TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd
                ) {
                    self.state = State::FlowMappingValue;
                    return Ok(self.empty_scalar());
                }
                self.states.push(State::FlowMappingValue);
                self.node(Place::Flow)
            }
            _ => {
                self.states.push(State::FlowMappingEmptyValue);
                self.node(Place::Flow)
            }
        }
    }

    pub(super) fn flow_mapping_value(&mut self) -> Step<'t> {
        if *self.peek()? == TokenKind::Value {
            self.take();
            if !matches!(self.peek()?, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                self.states.push(State::FlowMappingKey);
                return self.node(Place::Flow);
            }
        }
        self.state = State::FlowMappingKey;
        Ok(self.empty_scalar())
    }
}
