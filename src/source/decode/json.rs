//! JSON as Go's `encoding/json` reads it: strict, one value after the other.
//!
//! kubectl takes a file for JSON when its first character that is no space is `{` (apimachinery `GuessJSONStream`), and then knows
//! neither comments nor trailing commas.

use std::borrow::Cow;

use super::events::{Event, EventSource, SyntaxError, UNRENDERED};
use super::scalar::Tag;
use super::tree::Style;
use crate::source::limits;
use crate::source::text::Span;

/// kubectl looks no further for the `{` (cli-runtime `StreamVisitor.Visit`).
const GUESS_BYTES: usize = 4096;

/// Whether kubectl reads this text as JSON.
pub(crate) fn is_json(text: &str) -> bool {
    let trimmed = text.trim_start();
    trimmed.starts_with('{') && text.len() - trimmed.len() < GUESS_BYTES
}

/// Where the next value begins, if there is one.
pub(crate) fn next_value(text: &str, at: usize) -> Option<usize> {
    text.get(at..)?
        .bytes()
        .position(|byte| !is_space(byte))
        .map(|offset| at + offset)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Object,
    Array,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// The value itself.
    Value,
    /// Right after `[`: a value or `]`.
    FirstItem,
    /// Right after `{`: a key or `}`.
    FirstKey,
    Key,
    /// After a value inside a collection.
    CommaOrEnd,
    /// The outermost value is over.
    Nothing,
}

/// Reads one JSON value.
pub(crate) struct JsonSource<'t> {
    text: &'t str,
    at: usize,
    open: Vec<Open>,
    expect: Expect,
}

impl<'t> JsonSource<'t> {
    pub(crate) fn new(text: &'t str, start: usize) -> Self {
        Self {
            text,
            at: start,
            open: Vec::new(),
            expect: Expect::Value,
        }
    }

    /// Where reading stopped.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn error(&self, at: usize, message: impl Into<String>) -> SyntaxError {
        let end = self
            .text
            .get(at..)
            .and_then(|rest| rest.chars().next())
            .map_or(at, |character| at + character.len_utf8());
        SyntaxError::new(Span::new(at, end), message)
    }

    fn unexpected(&self, wanted: &str) -> SyntaxError {
        let rest = self.text.get(self.at..).unwrap_or("");
        if rest.starts_with("...") {
            let mut error = self.error(self.at, "`...` is a placeholder of the document, not JSON; fill it in");
            error.span = Span::new(self.at, self.at + 3);
            return error;
        }
        if rest.starts_with('{') && self.text[..self.at].ends_with('{') {
            return self.error(self.at, UNRENDERED);
        }
        let message = match rest.chars().next() {
            None => format!("the JSON ends here, but {wanted} is due"),
            Some('#') => {
                "JSON has no comments; remove it, or begin the file with `---` to have it read as YAML".to_owned()
            }
            Some('\'') => "JSON strings are quoted with `\"`".to_owned(),
            Some('/') => "JSON has no comments".to_owned(),
            Some(character) => format!(
                "`{character}` is not JSON here, {wanted} is due; a file that begins with `{{` is read as JSON, begin it with `---` if it is YAML"
            ),
        };
        self.error(self.at, message)
    }

    fn value_done(&mut self) {
        self.expect = if self.open.is_empty() {
            Expect::Nothing
        } else {
            Expect::CommaOrEnd
        };
    }

    fn begin(&mut self, kind: Open) -> Result<(Event<'t>, Span), SyntaxError> {
        if self.open.len() >= limits::DEPTH {
            return Err(SyntaxError::too_deep(Span::new(self.at, self.at + 1)));
        }
        let span = Span::new(self.at, self.at + 1);
        self.at += 1;
        self.open.push(kind);
        let style = Style::Flow;
        Ok(match kind {
            Open::Object => {
                self.expect = Expect::FirstKey;
                (Event::MappingStart { anchor: None, style }, span)
            }
            Open::Array => {
                self.expect = Expect::FirstItem;
                (Event::SequenceStart { anchor: None, style }, span)
            }
        })
    }

    fn end(&mut self) -> (Event<'t>, Span) {
        let span = Span::new(self.at, self.at + 1);
        self.at += 1;
        let event = match self.open.pop() {
            Some(Open::Array) => Event::SequenceEnd,
            _ => Event::MappingEnd,
        };
        self.value_done();
        (event, span)
    }

    fn key(&mut self) -> Result<(Event<'t>, Span), SyntaxError> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        let event = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.at += 1;
        self.expect = Expect::Value;
        Ok(event)
    }

    fn value(&mut self) -> Result<(Event<'t>, Span), SyntaxError> {
        match self.peek() {
            Some(b'{') => self.begin(Open::Object),
            Some(b'[') => self.begin(Open::Array),
            Some(b'"') => {
                let event = self.string()?;
                self.value_done();
                Ok(event)
            }
            Some(b'-' | b'0'..=b'9') => {
                let event = self.number()?;
                self.value_done();
                Ok(event)
            }
            Some(b't' | b'f' | b'n') => {
                let rest = self.text.get(self.at..).unwrap_or("");
                let Some(word) = ["true", "false", "null"]
                    .into_iter()
                    .find(|word| rest.starts_with(word))
                else {
                    return Err(self.unexpected("a value"));
                };
                let span = Span::new(self.at, self.at + word.len());
                self.at += word.len();
                self.value_done();
                Ok((
                    Event::Scalar {
                        text: Cow::Borrowed(word),
                        style: Style::Plain,
                        anchor: None,
                        tag: None,
                    },
                    span,
                ))
            }
            _ => Err(self.unexpected("a value")),
        }
    }

    fn number(&mut self) -> Result<(Event<'t>, Span), SyntaxError> {
        let start = self.at;
        let digits = |source: &mut Self| {
            let from = source.at;
            while source.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                source.at += 1;
            }
            source.at > from
        };
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else if !digits(self) {
            return Err(self.unexpected("a digit"));
        }
        let mut is_float = false;
        if self.peek() == Some(b'.') {
            is_float = true;
            self.at += 1;
            if !digits(self) {
                return Err(self.unexpected("a digit"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            is_float = true;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !digits(self) {
                return Err(self.unexpected("a digit"));
            }
        }
        let span = Span::new(start, self.at);
        let text = self.text.get(span.range()).unwrap_or("");
        if text.parse::<f64>().is_ok_and(f64::is_infinite) {
            let mut error = self.error(start, "this number is out of range");
            error.span = span;
            return Err(error);
        }
        Ok((
            Event::Scalar {
                text: Cow::Borrowed(text),
                style: Style::Flow,
                anchor: None,
                tag: Some(if is_float { Tag::Float } else { Tag::Number }),
            },
            span,
        ))
    }

    fn string(&mut self) -> Result<(Event<'t>, Span), SyntaxError> {
        let start = self.at;
        self.at += 1;
        let bytes = self.text.as_bytes();
        let mut owned: Option<String> = None;
        let mut from = self.at;
        loop {
            let Some(&byte) = bytes.get(self.at) else {
                return Err(self.error(start, "this string never ends"));
            };
            match byte {
                b'"' => break,
                b'\\' => {
                    let owned = owned.get_or_insert_with(String::new);
                    owned.push_str(self.text.get(from..self.at).unwrap_or(""));
                    let (character, length) = self.escape()?;
                    owned.push(character);
                    self.at += length;
                    from = self.at;
                }
                0..0x20 => {
                    return Err(self.error(
                        self.at,
                        "a JSON string cannot hold a line break or another control character; write `\\n`",
                    ));
                }
                _ => self.at += 1,
            }
        }
        let rest = self.text.get(from..self.at).unwrap_or("");
        self.at += 1;
        let text = match owned {
            Some(mut owned) => {
                owned.push_str(rest);
                Cow::Owned(owned)
            }
            None => Cow::Borrowed(rest),
        };
        Ok((
            Event::Scalar {
                text,
                style: Style::DoubleQuoted,
                anchor: None,
                tag: None,
            },
            Span::new(start, self.at),
        ))
    }

    /// The character of the escape at the cursor, and the length of its text.
    fn escape(&self) -> Result<(char, usize), SyntaxError> {
        let bytes = self.text.as_bytes();
        let simple = match bytes.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.error(self.at, "JSON has no such escape")),
        };
        Ok((simple, 2))
    }

    fn unicode_escape(&self) -> Result<(char, usize), SyntaxError> {
        let unit = |at: usize| -> Option<u32> {
            let digits = self.text.get(at + 2..at + 6)?;
            (self.text.get(at..at + 2)? == "\\u" && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
                .then(|| u32::from_str_radix(digits, 16).ok())
                .flatten()
        };
        let Some(first) = unit(self.at) else {
            return Err(self.error(self.at, "`\\u` needs four hexadecimal digits"));
        };
        if let Some(character) = char::from_u32(first) {
            return Ok((character, 6));
        }
        // Go joins surrogates that fit and replaces those that do not.
        if (0xD800..0xDC00).contains(&first)
            && let Some(second) = unit(self.at + 6)
            && (0xDC00..0xE000).contains(&second)
            && let Some(character) = char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        {
            return Ok((character, 12));
        }
        Ok((char::REPLACEMENT_CHARACTER, 6))
    }
}

impl<'t> EventSource<'t> for JsonSource<'t> {
    fn next_event(&mut self) -> Result<(Event<'t>, Span), SyntaxError> {
        loop {
            if self.expect == Expect::Nothing {
                return Ok((Event::DocumentEnd { after: self.at }, Span::new(self.at, self.at)));
            }
            self.skip_space();
            match (self.expect, self.peek()) {
                (Expect::FirstItem, Some(b']')) | (Expect::FirstKey, Some(b'}')) => {
                    return Ok(self.end());
                }
                (Expect::Value | Expect::FirstItem, _) => return self.value(),
                (Expect::Key | Expect::FirstKey, _) => return self.key(),
                (Expect::CommaOrEnd, Some(b',')) => {
                    self.at += 1;
                    self.expect = match self.open.last() {
                        Some(Open::Object) => Expect::Key,
                        _ => Expect::Value,
                    };
                }
                (Expect::CommaOrEnd, Some(b'}')) if self.open.last() == Some(&Open::Object) => {
                    return Ok(self.end());
                }
                (Expect::CommaOrEnd, Some(b']')) if self.open.last() == Some(&Open::Array) => {
                    return Ok(self.end());
                }
                (Expect::CommaOrEnd, _) => {
                    return Err(self.unexpected("`,` or the end of the collection"));
                }
                (Expect::Nothing, _) => {}
            }
        }
    }
}
