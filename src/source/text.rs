//! The text of one file as it was read, and positions in it.

use std::sync::{Arc, OnceLock};

/// A half-open range of bytes in the decoded text of one file.
///
/// Files are limited to far less than 4 GiB (see [`crate::source::limits`]), so 32 bits are enough and keep the arena small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from byte offsets.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self {
            start: u32::try_from(start).unwrap_or(u32::MAX),
            end: u32::try_from(end).unwrap_or(u32::MAX),
        }
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(self) -> usize {
        (self.end.saturating_sub(self.start)) as usize
    }

    /// Whether the span covers no byte, as the span of a value that was left out does.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// The range to slice the file's text with.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A position as people and other programs count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// 1-based; lines end at a line feed, as in an editor.
    pub line: usize,
    /// 1-based, in Unicode characters; a byte order mark does not count.
    pub column: usize,
    /// 0-based, in bytes of the file on disk (of its UTF-8 form, if the file is UTF-16).
    pub offset: usize,
}

/// A stretch of a file.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The bytes.
    pub span: Span,
    /// Whether no text of the file is known to have made what is meant: it was rendered, from near there.
    pub is_near: bool,
}

impl Place {
    /// A stretch of a file.
    #[must_use]
    pub fn new(file: Arc<SourceFile>, span: Span) -> Self {
        Self {
            file,
            span,
            is_near: false,
        }
    }

    /// What places are sorted by.
    #[must_use]
    pub fn sort_key(&self) -> (&str, Span) {
        (self.file.path(), self.span)
    }
}

/// Where decoded text and the file's bytes differ in length: each entry says that decoded offsets from `at` on are
/// `shift` bytes away from the file's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OffsetShift {
    pub(crate) at: usize,
    pub(crate) shift: isize,
}

/// One file: its name for people, and its text after the byte order mark and the encoding were dealt with.
#[derive(Debug)]
pub struct SourceFile {
    path: String,
    text: String,
    shifts: Vec<OffsetShift>,
    /// Offsets of the characters that stand for bytes which no YAML reader takes, in order.
    undecodable: Vec<usize>,
    line_starts: OnceLock<Vec<u32>>,
    is_ascii: OnceLock<bool>,
}

impl SourceFile {
    /// A file whose text is already UTF-8 and has no byte order mark.
    #[must_use]
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self::with_shifts(path.into(), text.into(), Vec::new())
    }

    pub(crate) fn with_shifts(path: String, text: String, shifts: Vec<OffsetShift>) -> Self {
        Self {
            path,
            text,
            shifts,
            undecodable: Vec::new(),
            line_starts: OnceLock::new(),
            is_ascii: OnceLock::new(),
        }
    }

    pub(crate) fn set_undecodable(&mut self, offsets: Vec<usize>) {
        self.undecodable = offsets;
    }

    /// The first character in the range that stands for bytes which no YAML reader takes.
    pub(crate) fn first_undecodable(&self, range: std::ops::Range<usize>) -> Option<usize> {
        let index = self.undecodable.partition_point(|&at| at < range.start);
        self.undecodable.get(index).copied().filter(|&at| at < range.end)
    }

    /// The path, relative to the root of the repository, with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The decoded text that spans count in.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text a span covers; empty if the span is not inside this file.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// The position of a byte offset of the decoded text.
    #[must_use]
    pub fn position(&self, offset: u32) -> Position {
        let offset = (offset as usize).min(self.text.len());
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start as usize <= offset) - 1;
        let line_start = starts[line] as usize;
        // In a minified JSON file the line is the file: counting its characters for every finding would cost quadratic time.
        let column = if *self.is_ascii.get_or_init(|| self.text.is_ascii()) {
            offset - line_start
        } else {
            let before = self.text.get(line_start..offset);
            before.map_or(0, |before| before.chars().count())
        };
        Position {
            line: line + 1,
            column: column + 1,
            offset: self.file_offset(offset),
        }
    }

    /// How many lines there are; a line feed at the end begins no new one.
    #[must_use]
    pub fn line_count(&self) -> usize {
        let count = self.line_starts().len();
        if count > 1 && self.text.ends_with('\n') {
            count - 1
        } else {
            count
        }
    }

    /// The text of a 1-based line without its line feed; empty when there is no such line.
    #[must_use]
    pub fn line(&self, number: usize) -> &str {
        let span = self.line_span(number);
        self.slice(span).strip_suffix('\r').unwrap_or_else(|| self.slice(span))
    }

    /// The span of a 1-based line without its line feed.
    #[must_use]
    pub fn line_span(&self, number: usize) -> Span {
        let starts = self.line_starts();
        let Some(&start) = number.checked_sub(1).and_then(|index| starts.get(index)) else {
            return Span::new(self.text.len(), self.text.len());
        };
        let end = starts.get(number).map_or(self.text.len(), |&next| next as usize - 1);
        Span::new(start as usize, end)
    }

    /// Built at the first question only: most files have no finding and need no index.
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            std::iter::once(0)
                .chain(
                    memchr::memchr_iter(b'\n', self.text.as_bytes())
                        .map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX)),
                )
                .collect()
        })
    }

    fn file_offset(&self, offset: usize) -> usize {
        let index = self.shifts.partition_point(|shift| shift.at <= offset);
        let shift = index.checked_sub(1).map_or(0, |index| self.shifts[index].shift);
        offset.saturating_add_signed(shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_offsets_count_bytes() {
        let file = SourceFile::new("a.yaml", "é: ü\nb: c\n");
        let position = file.position(u32::try_from("é: ".len()).unwrap());
        assert_eq!((position.line, position.column, position.offset), (1, 4, 4));
        let second = file.position(u32::try_from("é: ü\nb".len()).unwrap());
        assert_eq!((second.line, second.column), (2, 2));
        assert_eq!(file.line(1), "é: ü");
        assert_eq!(file.line(3), "");
    }

    #[test]
    fn a_line_never_holds_its_carriage_return() {
        let file = SourceFile::new("a.yaml", "a: b\r\nc: d");
        assert_eq!((file.line(1), file.line(2)), ("a: b", "c: d"));
    }
}
