//! Events from `granit-parser`, mended where it reads otherwise than go-yaml v2, which Kubernetes uses.

use std::borrow::Cow;

use granit_parser::{
    Event as GranitEvent, Options, Parser, ScalarStyle, ScanError, Span as GranitSpan, StrInput,
    StructureStyle, Tag as GranitTag,
};

use super::events::{Event, EventSource, SyntaxError};
use super::scalar::Tag;
use super::tree::Style;
use crate::source::limits;
use crate::source::text::Span;

/// Reads one piece of `text`.
pub(crate) struct GranitSource<'t> {
    parser: Parser<'t, StrInput<'t>>,
    piece: &'t str,
    base: usize,
}

impl<'t> GranitSource<'t> {
    pub(crate) fn new(text: &'t str, piece: Span) -> Self {
        let base = piece.start as usize;
        let piece = text.get(piece.range()).unwrap_or("");
        let mut options = Options::default();
        options.flow_nesting_limit = limits::DEPTH;
        options.block_nesting_limit = limits::DEPTH;
        // Like libyaml, whose Go port reads the manifests.
        options.bom_inside_document_as_content = true;
        Self {
            parser: Parser::new_from_str_with_options(piece, options),
            piece,
            base,
        }
    }

    fn span(&self, span: &GranitSpan) -> Span {
        let start = span.start.byte_offset().unwrap_or(0);
        let end = span.end.byte_offset().unwrap_or(start).max(start);
        Span::new(self.base + start, self.base + end)
    }

    fn error(&self, error: &ScanError) -> SyntaxError {
        let at = error
            .marker()
            .byte_offset()
            .unwrap_or(self.piece.len())
            .min(self.piece.len());
        let end = self.piece[at..]
            .chars()
            .next()
            .map_or(at, |character| at + character.len_utf8());
        let message = error.info().to_owned();
        SyntaxError {
            span: Span::new(self.base + at, self.base + end),
            too_deep: message.contains("nesting") || message.contains("recursion"),
            message,
        }
    }
}

impl<'t> EventSource<'t> for GranitSource<'t> {
    fn next_event(&mut self) -> Result<(Event<'t>, Span), SyntaxError> {
        loop {
            let Some(next) = self.parser.next_event() else {
                let end = self.base + self.piece.len();
                return Ok((Event::DocumentEnd { after: end }, Span::new(end, end)));
            };
            let (event, granit_span) = next.map_err(|error| self.error(&error))?;
            let span = self.span(&granit_span);
            let event = match event {
                GranitEvent::Scalar(text, style, anchor, tag) => {
                    let style = scalar_style(style);
                    // A value that was left out arrives as `~` without width; with a tag it is the empty string.
                    let text = if span.is_empty() && style == Style::Plain {
                        Cow::Borrowed("")
                    } else {
                        text
                    };
                    if style == Style::DoubleQuoted {
                        self.check_escapes(span)?;
                    }
                    Event::Scalar {
                        text,
                        style,
                        anchor,
                        tag: tag.as_deref().map(tag_of),
                    }
                }
                GranitEvent::Alias(anchor) => Event::Alias(anchor),
                GranitEvent::SequenceStart(style, anchor, _) => Event::SequenceStart {
                    anchor,
                    style: collection_style(style),
                },
                GranitEvent::SequenceEnd => Event::SequenceEnd,
                GranitEvent::MappingStart(style, anchor, _) => Event::MappingStart {
                    anchor,
                    style: collection_style(style),
                },
                GranitEvent::MappingEnd => Event::MappingEnd,
                GranitEvent::DocumentEnd | GranitEvent::StreamEnd => Event::DocumentEnd {
                    after: span.end as usize,
                },
                _ => continue,
            };
            return Ok((event, span));
        }
    }
}

impl GranitSource<'_> {
    /// YAML 1.2 allows `\/`; go-yaml v2 does not, and refuses surrogates.
    fn check_escapes(&self, span: Span) -> Result<(), SyntaxError> {
        let start = span.start as usize - self.base;
        let source = self.piece.get(start..span.end as usize - self.base).unwrap_or("");
        let bytes = source.as_bytes();
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'\\', bytes.get(at..).unwrap_or(&[])) {
            let escape = at + found;
            let refusal = match bytes.get(escape + 1) {
                Some(b'/') => Some((2, "Kubernetes' YAML reader does not know the escape `\\/`; write `/`")),
                Some(b'u') if is_surrogate(source.get(escape + 2..escape + 6)) => Some((
                    6,
                    "Kubernetes' YAML reader refuses a surrogate escape; write the character itself",
                )),
                _ => None,
            };
            if let Some((length, message)) = refusal {
                let from = span.start as usize + escape;
                return Err(SyntaxError {
                    span: Span::new(from, from + length),
                    message: message.to_owned(),
                    too_deep: false,
                });
            }
            at = escape + 2;
        }
        Ok(())
    }
}

fn is_surrogate(digits: Option<&str>) -> bool {
    digits
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .is_some_and(|code| (0xD800..=0xDFFF).contains(&code))
}

fn scalar_style(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}

fn collection_style(style: StructureStyle) -> Style {
    match style {
        StructureStyle::Block => Style::Block,
        StructureStyle::Flow => Style::Flow,
    }
}

fn tag_of(tag: &GranitTag) -> Tag {
    if tag.handle() != "tag:yaml.org,2002:" {
        let whole = format!("{}{}", tag.handle(), tag.suffix());
        return match whole.strip_prefix("tag:yaml.org,2002:") {
            Some(suffix) => core_tag(suffix),
            None => Tag::Other,
        };
    }
    core_tag(tag.suffix())
}

fn core_tag(suffix: &str) -> Tag {
    match suffix {
        "str" => Tag::Text,
        "int" => Tag::Integer,
        "float" => Tag::Float,
        "bool" => Tag::Boolean,
        "null" => Tag::Null,
        "timestamp" => Tag::Timestamp,
        "binary" => Tag::Binary,
        "merge" => Tag::Merge,
        _ => Tag::Other,
    }
}
