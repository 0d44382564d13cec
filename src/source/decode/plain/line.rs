//! Lines and the characters in them.

use super::{Scanner, Sink};

/// Declines texts with characters that are refused, or that mean something to one reader and nothing to another.
pub(super) fn only_plain_characters(text: &str) -> Option<()> {
    // Without an early way out this runs on whole vectors.
    let mut odd = 0_u8;
    let mut high = 0_u8;
    for &byte in text.as_bytes() {
        let is_odd = byte < b' ' && byte != b'\n' && byte != b'\t' || byte == 0x7f;
        odd |= u8::from(is_odd);
        high |= byte;
    }
    if odd != 0 {
        return None;
    }
    if high < 0x80 {
        return Some(());
    }
    // Controls of Unicode, line breaks of YAML 1.1, byte order marks and what is no character at all.
    let bytes = text.as_bytes();
    let is_odd = |at: usize| {
        matches!(
            bytes[at..],
            [0xC2, 0x80..=0x9F, ..]
                | [0xE2, 0x80, 0xA8 | 0xA9, ..]
                | [0xEF, 0xBB, 0xBF, ..]
                | [0xEF, 0xBF, 0xBE | 0xBF, ..]
        )
    };
    (!memchr::memchr3_iter(0xC2, 0xE2, 0xEF, bytes).any(is_odd)).then_some(())
}

/// Where the line that `at` lies in ends: at its line feed, or with the text.
pub(super) fn end_of_line(bytes: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found)
}

/// Why a line of a plain scalar ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// A colon that makes a key of what stands before it.
    Colon,
    /// A comment.
    Comment,
    LineEnd,
}

/// What comes next in a text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Next {
    /// A line whose content begins at this column.
    Line(usize),
    End,
}

/// One line of a plain scalar.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlainLine {
    /// Behind the last character that is no space.
    pub(super) end: usize,
    pub(super) stop: Stop,
    /// Where the comment or the line feed stands.
    pub(super) stop_at: usize,
}

/// Lines are short, so most runs of characters end within these; eight at once spare the branch predictor eight guesses.
const WORD: usize = 8;

/// The bytes from `at` on, the first one lowest; `None` near the end of the text.
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    let word = bytes.get(at..)?.first_chunk::<WORD>()?;
    Some(u64::from_le_bytes(*word))
}

fn repeated(byte: u8) -> u64 {
    u64::from_le_bytes([byte; WORD])
}

/// Marks the first byte of `word` that is `byte`; higher marks may be wrong.
fn marks(word: u64, byte: u8) -> u64 {
    let zero_if_equal = word ^ repeated(byte);
    zero_if_equal.wrapping_sub(repeated(1)) & !zero_if_equal & repeated(0x80)
}

fn first_mark(marks: u64) -> usize {
    marks.trailing_zeros() as usize / WORD
}

/// The first byte from `at` on that can end a line of a plain scalar.
fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = word(bytes, at) {
        let found = marks(word, b'\n') | marks(word, b':') | marks(word, b'#') | marks(word, b'\t');
        if found != 0 {
            return at + first_mark(found);
        }
        at += WORD;
    }
    bytes[at..]
        .iter()
        .position(|byte| matches!(byte, b'\n' | b':' | b'#' | b'\t'))
        .map_or(bytes.len(), |found| at + found)
}

impl<S: Sink> Scanner<'_, '_, S> {
    pub(super) fn skip_spaces(&self, from: usize) -> usize {
        let mut at = from;
        while let Some(word) = word(self.bytes, at) {
            let others = word ^ repeated(b' ');
            if others != 0 {
                return at + first_mark(others);
            }
            at += WORD;
        }
        while self.byte(at) == Some(b' ') {
            at += 1;
        }
        at
    }

    /// Goes to the content of the next line that holds more than blanks or a comment. Declines tabs before it.
    pub(super) fn next_content(&mut self) -> Option<Next> {
        loop {
            let start = self.skip_spaces(self.at);
            match self.byte(start) {
                None => {
                    self.at = self.bytes.len();
                    return Some(Next::End);
                }
                Some(b'\n') => self.at = start + 1,
                Some(b'#') => self.at = (end_of_line(self.bytes, start) + 1).min(self.bytes.len()),
                Some(b'\t') => return None,
                Some(_) => {
                    let column = start - self.at;
                    self.at = start;
                    return Some(Next::Line(column));
                }
            }
        }
    }

    /// The next line that is not blank, without moving: where it starts and where its content does. Declines tabs; at the end
    /// of the text both are there.
    pub(super) fn peek_line(&self, mut line: usize) -> Option<(usize, usize)> {
        loop {
            let content = self.skip_spaces(line);
            match self.byte(content) {
                Some(b'\n') => line = content + 1,
                Some(b'\t') => return None,
                Some(_) => return Some((line, content)),
                None => return Some((self.bytes.len(), self.bytes.len())),
            }
        }
    }

    /// Declines unless only blanks or a comment are left on the line; goes to the next one.
    pub(super) fn finish_line(&mut self, from: usize) -> Option<()> {
        let rest = self.skip_spaces(from);
        let end = match self.byte(rest) {
            None | Some(b'\n') => rest,
            Some(b'#') if self.byte(rest - 1) == Some(b' ') => end_of_line(self.bytes, rest),
            Some(_) => return None,
        };
        self.at = (end + 1).min(self.bytes.len());
        Some(())
    }

    /// Declines what cannot begin a plain scalar, and what only may.
    pub(super) fn plain_start(&self, at: usize) -> Option<()> {
        let is_plain = match self.byte(at)? {
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
            | b'`' | b'?' | b':' | b' ' | b'\t' | b'\n' => false,
            b'-' => !matches!(self.byte(at + 1), None | Some(b' ' | b'\t' | b'\n')),
            _ => true,
        };
        is_plain.then_some(())
    }

    /// One line of a plain scalar. Declines tabs.
    pub(super) fn plain_line(&self, start: usize) -> Option<PlainLine> {
        let mut at = start;
        let stop = loop {
            match self.byte(at) {
                None | Some(b'\n') => break Stop::LineEnd,
                Some(b':') if matches!(self.byte(at + 1), None | Some(b' ' | b'\n')) => {
                    break Stop::Colon;
                }
                Some(b'#') if at > start && self.bytes[at - 1] == b' ' => break Stop::Comment,
                Some(b'\t') => return None,
                Some(_) => at = plain_end(self.bytes, at + 1),
            }
        };
        let mut end = at;
        while end > start && self.bytes[end - 1] == b' ' {
            end -= 1;
        }
        Some(PlainLine { end, stop, stop_at: at })
    }
}
