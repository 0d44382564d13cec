//! What the scanner cuts a text into.

use std::borrow::Cow;

use super::reader::Mark;
use crate::source::decode::tree::Style;
use crate::source::text::Span;

/// One token and where it stands.
#[derive(Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind<'t>,
    pub(super) span: Span,
}

impl<'t> Token<'t> {
    pub(super) fn new(kind: TokenKind<'t>, span: Span) -> Self {
        Self { kind, span }
    }

    /// A token that no character stands for.
    pub(super) fn at(kind: TokenKind<'t>, mark: Mark) -> Self {
        Self::new(kind, Span::new(mark.at, mark.at))
    }
}

/// The sorts of tokens of YAML 1.1's libyaml.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TokenKind<'t> {
    StreamEnd,
    VersionDirective { major: u8, minor: u8 },
    TagDirective { handle: Vec<u8>, prefix: Vec<u8> },
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'t str),
    Anchor(&'t str),
    Tag { handle: Vec<u8>, suffix: Vec<u8> },
    Scalar { text: Cow<'t, str>, style: Style },
}
