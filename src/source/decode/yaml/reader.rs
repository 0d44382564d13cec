//! The characters of one piece, as go-yaml's reader hands them to its scanner.
//!
//! go-yaml v2 (`readerc.go`) validates text in windows of 512 bytes, and only as far as the scanner looks. A control character
//! behind the end of the document is therefore refused only when it stands in a window that was still read. The windows also
//! decide where a byte order mark inside the text does harm (see [`Reader::skip_mark`]), so they are kept here.

use crate::source::decode::events::SyntaxError;
use crate::source::text::{SourceFile, Span};

/// `input_raw_buffer_size` in `yamlprivateh.go`.
const WINDOW_BYTES: usize = 512;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Mark {
    /// Byte offset in the file.
    pub(super) at: usize,
    /// Characters from the start of the piece.
    pub(super) index: usize,
    /// Lines from the start of the piece, by YAML 1.1's line ends.
    pub(super) line: usize,
    /// Characters from the start of the line.
    pub(super) column: usize,
}

impl Mark {
    /// The span of the one-byte indicator here.
    pub(super) fn indicator(self) -> Span {
        Span::new(self.at, self.at + 1)
    }
}

/// Reads one piece of a file.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    file: &'t SourceFile,
    text: &'t str,
    bytes: &'t [u8],
    /// The piece does not end with a line feed; kubectl's line reader adds one (apimachinery `LineReader.Read`).
    lacks_line_feed: bool,
    mark: Mark,
    /// Up to here the text was validated.
    filled: usize,
    /// Whether the reader's buffer, as it was last moved, begins with a byte order mark.
    buffer_begins_with_mark: bool,
}

impl<'t> Reader<'t> {
    /// Reads `piece` of `file`. Offsets count in the text of the file.
    pub(super) fn new(file: &'t SourceFile, piece: Span) -> Self {
        let text = file.text();
        let end = (piece.end as usize).min(text.len());
        let start = (piece.start as usize).min(end);
        let bytes = &text.as_bytes()[..end];
        let mut reader = Self {
            file,
            text,
            bytes,
            lacks_line_feed: !bytes[start..].ends_with(b"\n"),
            mark: Mark {
                at: start,
                ..Mark::default()
            },
            filled: start,
            buffer_begins_with_mark: false,
        };
        if bytes[start..].starts_with(BYTE_ORDER_MARK) {
            // A mark at the very start of a piece tells the encoding; it is no character and has no column.
            reader.mark.at += BYTE_ORDER_MARK.len();
            reader.filled = reader.mark.at;
        }
        reader
    }

    pub(super) fn mark(&self) -> Mark {
        self.mark
    }

    pub(super) fn column(&self) -> usize {
        self.mark.column
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or("")
    }

    pub(super) fn slice_of(&self, span: Span) -> &'t str {
        self.slice(span.start as usize, span.end as usize)
    }

    /// The span of the character at `start`.
    pub(super) fn character_at(&self, start: usize) -> Span {
        let character = self.text.get(start..).and_then(|rest| rest.chars().next());
        Span::new(start, start + character.map_or(0, char::len_utf8))
    }

    /// The byte `ahead` bytes further on; 0 behind the end.
    #[inline]
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        match self.bytes.get(self.mark.at + ahead) {
            Some(&byte) => byte,
            None => self.byte_behind_end(ahead),
        }
    }

    #[cold]
    fn byte_behind_end(&self, ahead: usize) -> u8 {
        if self.lacks_line_feed && self.mark.at + ahead == self.bytes.len() {
            b'\n'
        } else {
            0
        }
    }

    pub(super) fn is_break_at(&self, ahead: usize) -> bool {
        match self.byte(ahead) {
            b'\n' | b'\r' => true,
            0xC2 => self.byte(ahead + 1) == 0x85,
            0xE2 => self.byte(ahead + 1) == 0x80 && matches!(self.byte(ahead + 2), 0xA8 | 0xA9),
            _ => false,
        }
    }

    /// Whether a line ends here: also at U+0085, U+2028 and U+2029, as YAML 1.1 has it.
    #[inline]
    pub(super) fn is_break(&self) -> bool {
        self.is_break_at(0)
    }

    #[inline]
    pub(super) fn is_break_or_end(&self, ahead: usize) -> bool {
        self.byte(ahead) == 0 || self.is_break_at(ahead)
    }

    #[inline]
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.byte(0), b' ' | b'\t')
    }

    #[inline]
    pub(super) fn is_blank_break_or_end(&self, ahead: usize) -> bool {
        match self.byte(ahead) {
            0 | b' ' | b'\t' | b'\n' | b'\r' => true,
            0xC2 | 0xE2 => self.is_break_at(ahead),
            _ => false,
        }
    }

    /// `---` or `...` alone at the start of a line.
    pub(super) fn is_document_indicator(&self, character: u8) -> bool {
        self.mark.column == 0
            && self.byte(0) == character
            && self.byte(1) == character
            && self.byte(2) == character
            && self.is_blank_break_or_end(3)
    }

    /// Goes one character on.
    #[inline]
    pub(super) fn skip(&mut self) {
        let width = match self.byte(0) {
            0..0x80 => 1,
            0x80..0xE0 => 2,
            0xE0..0xF0 => 3,
            0xF0.. => 4,
        };
        self.mark.at = (self.mark.at + width).min(self.bytes.len() + usize::from(self.lacks_line_feed));
        self.mark.index += 1;
        self.mark.column += 1;
    }

    /// Goes `count` characters of ASCII on, none of them a line end.
    pub(super) fn skip_ascii(&mut self, count: usize) {
        self.mark.at += count;
        self.mark.index += count;
        self.mark.column += count;
    }

    /// Goes over the characters of ASCII that `is_ordinary` names, as far as they were validated. What it leaves over near the end
    /// of a window is for [`Reader::skip`], so that the next window is asked for where go-yaml asks for it.
    pub(super) fn skip_run(&mut self, is_ordinary: impl Fn(u8) -> bool) {
        let end = self.filled.saturating_sub(4);
        let run = self.bytes.get(self.mark.at..end).unwrap_or(&[]);
        let count = run.iter().take_while(|&&byte| is_ordinary(byte)).count();
        self.skip_ascii(count);
    }

    /// Goes over a line end and answers what stands for it in a value: a line feed, but U+2028 and U+2029 stay themselves.
    pub(super) fn skip_break(&mut self) -> &'static str {
        let (width, characters, value) = match (self.byte(0), self.byte(1), self.byte(2)) {
            (b'\r', b'\n', _) => (2, 2, "\n"),
            (b'\r' | b'\n', ..) => (1, 1, "\n"),
            (0xC2, ..) => (2, 1, "\n"),
            (0xE2, _, 0xA8) => (3, 1, "\u{2028}"),
            _ => (3, 1, "\u{2029}"),
        };
        self.mark.at += width;
        self.mark.index += characters;
        self.mark.column = 0;
        self.mark.line += 1;
        value
    }

    /// go-yaml means to let a byte order mark start a line, but looks at the start of its buffer instead of at the character
    /// (`is_bom` in `yamlprivateh.go`): when the buffer begins with a mark, the first character of every line is lost.
    pub(super) fn skip_mark(&mut self) {
        if self.buffer_begins_with_mark && self.mark.column == 0 {
            self.skip();
        }
    }

    /// The text ends at the last character of the file here, for the spans of what was read to the end.
    pub(super) fn end_line(&mut self) {
        if self.mark.column != 0 {
            self.mark.column = 0;
            self.mark.line += 1;
        }
    }

    /// Makes sure that so many characters were validated, or all there are.
    #[inline]
    pub(super) fn need(&mut self, characters: usize) -> Result<(), SyntaxError> {
        if self.mark.at + 4 * characters <= self.filled {
            return Ok(());
        }
        self.fill(characters)
    }

    fn fill(&mut self, characters: usize) -> Result<(), SyntaxError> {
        let unread = self.bytes.get(self.mark.at..self.filled).unwrap_or(&[]);
        let mut unread = count_characters(unread);
        if unread >= characters {
            return Ok(());
        }
        self.buffer_begins_with_mark = self
            .bytes
            .get(self.mark.at..)
            .is_some_and(|rest| rest.starts_with(BYTE_ORDER_MARK));
        while unread < characters && self.filled < self.bytes.len() {
            let end = self.window_end();
            let window = self.slice(self.filled, end);
            let not_allowed = window.char_indices().find(|&(_, character)| !is_allowed(character));
            if let Some((at, character)) = not_allowed {
                return Err(control_character(self.filled + at, character));
            }
            if let Some(at) = self.file.first_undecodable(self.filled..end) {
                return Err(SyntaxError::new(
                    Span::new(at, at + char::REPLACEMENT_CHARACTER.len_utf8()),
                    "this is not UTF-8, though the file begins with its byte order mark",
                ));
            }
            unread += count_characters(window.as_bytes());
            self.filled = end;
        }
        Ok(())
    }

    /// Where the next window ends. kubectl's line reader has turned CRLF into LF before, so a CR in front of LF does not count.
    fn window_end(&self) -> usize {
        let rest = &self.bytes[self.filled..];
        let mut counted = 0;
        let mut length = 0;
        while length < rest.len() && counted < WINDOW_BYTES {
            counted += usize::from(!rest[length..].starts_with(b"\r\n"));
            length += 1;
        }
        // A character that is cut by the window waits for the next one.
        while !self.text.is_char_boundary(self.filled + length) {
            length -= 1;
        }
        self.filled + length
    }
}

#[cold]
fn control_character(at: usize, character: char) -> SyntaxError {
    SyntaxError::new(
        Span::new(at, at + character.len_utf8()),
        format!(
            "the control character U+{:04X} is not allowed in YAML",
            u32::from(character)
        ),
    )
}

/// Whether the byte means nothing inside a scalar.
pub(super) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/')
}

/// Whether the byte means nothing inside a line.
pub(super) fn is_line_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

fn count_characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}

/// The characters that YAML 1.1 calls printable (`yaml_parser_update_buffer`).
fn is_allowed(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use crate::source::decode::yaml::tests::{assert_events, assert_refused, events};

    #[test]
    fn control_characters_are_refused_and_other_characters_are_not() {
        assert_refused(&["a\0", "a: \u{1}", "# \u{1b}", "'\u{7f}'", "\u{9f}", "\u{fffe}"]);
        assert_events(&[
            ("\u{e9}", "\"\u{e9}\""),
            ("\u{fffd}", "\"\u{fffd}\""),
            ("\u{1F600}", "\"\u{1F600}\""),
        ]);
    }

    #[test]
    fn text_is_validated_as_far_as_it_is_read() {
        assert!(events("a\n...\n\u{1}").is_err(), "in the window of the end");
        let far = format!("a\n...\n{}\u{1}", "b".repeat(600));
        assert_eq!(events(&far).as_deref(), Ok("\"a\""));
    }

    #[test]
    fn a_byte_order_mark_is_only_skipped_at_the_start() {
        assert_events(&[
            ("\u{feff}a", "\"a\""),
            ("a: 1\n\u{feff}b: 2", "{ \"a\" \"1\" \"\\u{feff}b\" \"2\" }"),
        ]);
        // Behind a second mark the first character of every line is lost.
        assert_events(&[("\u{feff}\u{feff}a: 1\nxb: 2", "{ \"a\" \"1\" \"b\" \"2\" }")]);
    }

    #[test]
    fn a_last_line_without_a_line_feed_is_read_as_if_it_had_one() {
        assert_events(&[("|\n a", "\"a\\n\""), ("|-\n a", "\"a\"")]);
    }
}
