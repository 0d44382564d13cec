//! Scalars in their five styles. A value that stands in the file as it is stays there; only folding and escapes make a copy.

use std::borrow::Cow;

use super::reader::{is_line_byte, is_word_byte};
use super::scanner::{Scanner, error};
use super::token::{Token, TokenKind};
use crate::source::decode::events::SyntaxError;
use crate::source::decode::tree::Style;
use crate::source::text::Span;

/// A value in the making: a run of the source that goes on, behind what had to be copied.
struct Pieces {
    copied: Option<String>,
    run_start: usize,
}

impl Pieces {
    fn new(start: usize) -> Self {
        Self {
            copied: None,
            run_start: start,
        }
    }

    fn finish<'t>(self, scanner: &Scanner<'t>, end: usize) -> Cow<'t, str> {
        let run = scanner.reader.slice(self.run_start, end);
        match self.copied {
            None => Cow::Borrowed(run),
            Some(mut copied) => {
                copied.push_str(run);
                Cow::Owned(copied)
            }
        }
    }

    /// Ends the run at `end`, and answers where more can be written.
    fn cut(&mut self, scanner: &Scanner<'_>, end: usize) -> &mut String {
        let copied = self.copied.get_or_insert_default();
        copied.push_str(scanner.reader.slice(self.run_start, end));
        self.run_start = end;
        copied
    }

    fn resume(&mut self, start: usize) {
        self.run_start = start;
    }
}

/// The line ends between two words of a folded value.
#[derive(Default)]
struct Breaks {
    first: &'static str,
    more: String,
}

impl Breaks {
    fn push(&mut self, line_break: &'static str) {
        if self.first.is_empty() {
            self.first = line_break;
        } else {
            self.more.push_str(line_break);
        }
    }

    /// One line feed becomes a space, several lose the first; U+2028 and U+2029 are not folded.
    fn fold(&self, out: &mut String) {
        if self.first != "\n" {
            out.push_str(self.first);
            out.push_str(&self.more);
        } else if self.more.is_empty() {
            out.push(' ');
        } else {
            out.push_str(&self.more);
        }
    }
}

impl<'t> Scanner<'t> {
    pub(super) fn scan_plain(&mut self) -> Result<Token<'t>, SyntaxError> {
        let start = self.reader.mark().at;
        let content_column = self.content_column();
        let mut end = start;
        let mut pieces = Pieces::new(start);
        let mut breaks: Option<Breaks> = None;
        loop {
            self.reader.need(4)?;
            let reader = &self.reader;
            if reader.is_document_indicator(b'-') || reader.is_document_indicator(b'.') || reader.byte(0) == b'#' {
                break;
            }
            while !self.reader.is_blank_break_or_end(0) {
                if self.ends_plain() {
                    break;
                }
                if let Some(breaks) = breaks.take() {
                    breaks.fold(pieces.cut(self, end));
                    pieces.resume(self.reader.mark().at);
                }
                self.reader.skip();
                self.reader.skip_run(is_word_byte);
                end = self.reader.mark().at;
                self.reader.need(2)?;
            }
            if !self.reader.is_blank() && !self.reader.is_break() {
                break;
            }
            self.reader.need(1)?;
            loop {
                if self.reader.is_blank() {
                    if breaks.is_some() && self.reader.column() < content_column && self.reader.byte(0) == b'\t' {
                        return Err(error(
                            self.reader.mark().indicator(),
                            "a tab cannot indent here; use spaces",
                        ));
                    }
                    self.reader.skip();
                } else if self.reader.is_break() {
                    self.reader.need(2)?;
                    breaks.get_or_insert_default().push(self.reader.skip_break());
                } else {
                    break;
                }
                self.reader.need(1)?;
            }
            if self.flow_level == 0 && self.reader.column() < content_column {
                break;
            }
        }
        if breaks.is_some() {
            self.simple_key_allowed = true;
        }
        let text = pieces.finish(self, end);
        Ok(Token::new(
            TokenKind::Scalar {
                text,
                style: Style::Plain,
            },
            Span::new(start, end),
        ))
    }

    #[inline]
    fn ends_plain(&self) -> bool {
        match self.reader.byte(0) {
            b':' => self.reader.is_blank_break_or_end(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow_level > 0,
            _ => false,
        }
    }

    pub(super) fn scan_quoted(&mut self) -> Result<Token<'t>, SyntaxError> {
        let start = self.reader.mark();
        let quote = self.reader.byte(0);
        let is_single = quote == b'\'';
        self.reader.skip();
        let mut pieces = Pieces::new(self.reader.mark().at);
        loop {
            self.reader.need(4)?;
            let reader = &self.reader;
            if reader.is_document_indicator(b'-') || reader.is_document_indicator(b'.') {
                return Err(error(
                    Span::new(reader.mark().at, reader.mark().at + 3),
                    "a line that is only this ends the document, also inside quotes",
                ));
            }
            if reader.byte(0) == 0 {
                return Err(error(start.indicator(), "this quote is never closed"));
            }
            let mut breaks: Option<Breaks> = None;
            while !self.reader.is_blank_break_or_end(0) {
                let byte = self.reader.byte(0);
                if byte == quote {
                    if !is_single || self.reader.byte(1) != b'\'' {
                        break;
                    }
                    pieces.cut(self, self.reader.mark().at).push('\'');
                    self.reader.skip_ascii(2);
                    pieces.resume(self.reader.mark().at);
                } else if byte == b'\\' && !is_single {
                    let at = self.reader.mark().at;
                    if self.is_escaped_break() {
                        self.reader.need(3)?;
                        pieces.cut(self, at);
                        self.reader.skip();
                        self.reader.skip_break();
                        pieces.resume(self.reader.mark().at);
                        breaks = Some(Breaks::default());
                        break;
                    }
                    let character = self.scan_escape()?;
                    pieces.cut(self, at).push(character);
                    pieces.resume(self.reader.mark().at);
                } else {
                    self.reader.skip();
                    self.reader.skip_run(is_word_byte);
                }
                self.reader.need(2)?;
            }
            self.reader.need(1)?;
            if self.reader.byte(0) == quote {
                break;
            }
            let blanks_start = self.reader.mark().at;
            // Behind an escaped line end every further one is kept.
            let is_escaped = breaks.is_some();
            loop {
                if self.reader.is_blank() {
                    self.reader.skip();
                } else if self.reader.is_break() {
                    self.reader.need(2)?;
                    if breaks.is_none() {
                        pieces.cut(self, blanks_start);
                    }
                    let line_break = self.reader.skip_break();
                    let breaks = breaks.get_or_insert_default();
                    if is_escaped {
                        breaks.more.push_str(line_break);
                    } else {
                        breaks.push(line_break);
                    }
                } else {
                    break;
                }
                self.reader.need(1)?;
            }
            if let Some(breaks) = breaks {
                breaks.fold(pieces.copied.get_or_insert_default());
                pieces.resume(self.reader.mark().at);
            }
        }
        let end = self.reader.mark().at;
        let text = pieces.finish(self, end);
        self.reader.skip();
        let style = if is_single {
            Style::SingleQuoted
        } else {
            Style::DoubleQuoted
        };
        Ok(Token::new(
            TokenKind::Scalar { text, style },
            Span::new(start.at, self.reader.mark().at),
        ))
    }

    fn is_escaped_break(&self) -> bool {
        self.reader.is_break_at(1)
    }

    /// One escape of a double-quoted value. YAML 1.2's `\/` is not known, and no surrogates; `\'` is.
    fn scan_escape(&mut self) -> Result<char, SyntaxError> {
        let start = self.reader.mark().at;
        let simple = match self.reader.byte(1) {
            b'0' => '\0',
            b'a' => '\u{7}',
            b'b' => '\u{8}',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\u{B}',
            b'f' => '\u{C}',
            b'r' => '\r',
            b'e' => '\u{1B}',
            b' ' => ' ',
            b'"' => '"',
            b'\'' => '\'',
            b'\\' => '\\',
            b'N' => '\u{85}',
            b'_' => '\u{A0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' => return self.scan_code(2),
            b'u' => return self.scan_code(4),
            b'U' => return self.scan_code(8),
            other => {
                let message = match other {
                    b'/' => "Kubernetes' YAML reader does not know the escape `\\/`; write `/`",
                    _ => "there is no such escape; write `\\\\` for a backslash, or use single quotes",
                };
                return Err(error(Span::new(start, start + 1), message));
            }
        };
        self.reader.skip_ascii(2);
        Ok(simple)
    }

    fn scan_code(&mut self, digits: usize) -> Result<char, SyntaxError> {
        let start = self.reader.mark().at;
        self.reader.skip_ascii(2);
        self.reader.need(digits)?;
        let mut code = 0_u32;
        for ahead in 0..digits {
            let Some(digit) = char::from(self.reader.byte(ahead)).to_digit(16) else {
                return Err(error(
                    Span::new(start, start + 2 + ahead),
                    format!("this escape needs {digits} hexadecimal digits"),
                ));
            };
            code = code << 4 | digit;
        }
        self.reader.skip_ascii(digits);
        char::from_u32(code).ok_or_else(|| {
            error(
                Span::new(start, self.reader.mark().at),
                "Kubernetes' YAML reader refuses a surrogate or a code above 10FFFF; write the character itself",
            )
        })
    }

    pub(super) fn scan_block_scalar(&mut self) -> Result<Token<'t>, SyntaxError> {
        /// What becomes of the line ends behind the last line.
        enum Chomp {
            Strip,
            Clip,
            Keep,
        }
        let start = self.reader.mark();
        let is_literal = self.reader.byte(0) == b'|';
        self.reader.skip();
        self.reader.need(1)?;
        let mut chomp = Chomp::Clip;
        let mut increment = 0;
        // The two indicators come in either order; each at most once.
        for _ in 0..2 {
            match self.reader.byte(0) {
                sign @ (b'+' | b'-') if matches!(chomp, Chomp::Clip) => {
                    chomp = if sign == b'+' { Chomp::Keep } else { Chomp::Strip };
                }
                b'0' if increment == 0 => {
                    return Err(error(
                        self.reader.mark().indicator(),
                        "the indentation of a block scalar cannot be 0",
                    ));
                }
                digit @ b'1'..=b'9' if increment == 0 => increment = usize::from(digit - b'0'),
                _ => break,
            }
            self.reader.skip();
            self.reader.need(1)?;
        }
        let mut content_end = self.reader.mark().at;
        while self.reader.is_blank() {
            self.reader.skip();
            self.reader.need(1)?;
        }
        if self.reader.byte(0) == b'#' {
            self.skip_comment()?;
        }
        if !self.reader.is_break_or_end(0) {
            return Err(error(
                self.reader.character_at(self.reader.mark().at),
                "only a comment can follow the header of a block scalar on its line",
            ));
        }
        if self.reader.is_break() {
            self.reader.need(2)?;
            self.reader.skip_break();
        }

        let mut indent = if increment > 0 {
            Some(self.indent_or_zero() + increment)
        } else {
            None
        };
        let mut text = String::new();
        let mut leading_break = "";
        let mut trailing_breaks = String::new();
        self.scan_block_breaks(&mut indent, &mut trailing_breaks)?;
        self.reader.need(1)?;
        let mut was_blank = false;
        while Some(self.reader.column()) == indent && self.reader.byte(0) != 0 {
            let is_blank = self.reader.is_blank();
            if !is_literal && !was_blank && !is_blank && leading_break == "\n" {
                if trailing_breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(leading_break);
            }
            text.push_str(&trailing_breaks);
            trailing_breaks.clear();
            was_blank = is_blank;
            let line_start = self.reader.mark().at;
            while !self.reader.is_break_or_end(0) {
                self.reader.skip();
                self.reader.skip_run(is_line_byte);
                self.reader.need(1)?;
            }
            content_end = self.reader.mark().at;
            text.push_str(self.reader.slice(line_start, content_end));
            self.reader.need(2)?;
            leading_break = if self.reader.is_break() {
                self.reader.skip_break()
            } else {
                ""
            };
            self.scan_block_breaks(&mut indent, &mut trailing_breaks)?;
        }
        if !matches!(chomp, Chomp::Strip) {
            text.push_str(leading_break);
        }
        if matches!(chomp, Chomp::Keep) {
            text.push_str(&trailing_breaks);
        }
        let style = if is_literal { Style::Literal } else { Style::Folded };
        Ok(Token::new(
            TokenKind::Scalar {
                text: Cow::Owned(text),
                style,
            },
            Span::new(start.at, content_end),
        ))
    }

    /// Goes over indentation and empty lines; finds the indentation if it is not known yet.
    fn scan_block_breaks(&mut self, indent: &mut Option<usize>, breaks: &mut String) -> Result<(), SyntaxError> {
        let mut deepest = 0;
        loop {
            self.reader.need(1)?;
            let is_outside = |column: usize| indent.is_none_or(|indent| column < indent);
            while is_outside(self.reader.column()) && self.reader.byte(0) == b' ' {
                self.reader.skip();
                self.reader.need(1)?;
            }
            deepest = deepest.max(self.reader.column());
            if is_outside(self.reader.column()) && self.reader.byte(0) == b'\t' {
                return Err(error(
                    self.reader.mark().indicator(),
                    "a tab cannot indent a block scalar; use spaces",
                ));
            }
            if !self.reader.is_break() {
                break;
            }
            self.reader.need(2)?;
            breaks.push_str(self.reader.skip_break());
        }
        // At the outermost level too the text is indented, by one space at least.
        indent.get_or_insert(deepest.max(self.content_column()).max(1));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::source::decode::yaml::tests::{assert_events, assert_refused, spans};

    #[test]
    fn line_ends_are_folded_but_u2028_and_u2029_are_kept() {
        assert_events(&[
            ("a\n  b", "\"a b\""),
            ("a\n\n  b", "\"a\\nb\""),
            ("a\u{85} b", "\"a b\""),
            ("a\u{2028} b", "\"a\\u{2028}b\""),
            ("'a\u{2029}\n b'", "\"a\\u{2029}\\nb\""),
            ("\"a  \n  b\"", "\"a b\""),
            ("\"a \\\n  b\"", "\"a b\""),
        ]);
    }

    #[test]
    fn escapes_are_those_of_yaml_1_1() {
        assert_events(&[("\"\\x41\\u0042\\U00000043\\'\\N\"", "\"ABC'\\u{85}\"")]);
        assert_refused(&[
            "\"\\/\"",
            "\"\\ud83d\\ude00\"",
            "\"\\U00110000\"",
            "\"\\q\"",
            "\"\\x4\"",
            "\"a",
            "'a",
        ]);
    }

    #[test]
    fn a_block_scalar_is_indented_also_at_the_top() {
        assert_events(&[
            ("|\n a", "\"a\\n\""),
            ("|\na", "\"\""),
            ("a: |2\n   b", "{ \"a\" \" b\\n\" }"),
            ("a: |+\n b\n\n", "{ \"a\" \"b\\n\\n\" }"),
            ("a: >-\n b\n c\n\n   d", "{ \"a\" \"b c\\n\\n  d\" }"),
            ("a: |#c\n b", "{ \"a\" \"b\\n\" }"),
        ]);
        assert_refused(&["a: |0\n b", "a: |10\n b", "a: | b\n c", "a: |\n\tb", "a: |--\n b"]);
    }

    #[test]
    fn spans_hold_the_quotes_and_the_header_but_not_the_last_line_end() {
        assert_eq!(spans("a : 'b'\nc: x y # z\n"), ["a", "'b'", "c", "x y"]);
        assert_eq!(
            spans("a: |-  # c\n  b\n  c\n\n\nd:\n"),
            ["a", "|-  # c\n  b\n  c", "d", ""]
        );
        assert_eq!(spans("a: >+\nb: c"), ["a", ">+", "b", "c"]);
    }
}
