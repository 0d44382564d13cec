//! How far a scalar reaches. What it says is found later, by [`cook`](super::cook), if anyone asks.

use super::line::{Stop, end_of_line};
use super::{Scanner, Sink};
use crate::source::decode::tree::Style;

/// What becomes of the line feeds at the end of a block scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chomp {
    Strip,
    Clip,
    Keep,
}

/// A scalar as it stands in the piece.
#[derive(Debug, Clone, Copy)]
pub(in crate::source::decode) struct Scalar {
    pub(in crate::source::decode) start: u32,
    pub(in crate::source::decode) end: u32,
    pub(in crate::source::decode) style: Style,
    /// Whether the text is what stands there, without the quotes.
    pub(in crate::source::decode) is_verbatim: bool,
    pub(super) chomp: Chomp,
    /// For a block scalar: the first line behind its header, and the column its text begins at.
    pub(super) body: u32,
    pub(super) indent: u32,
}

impl Scalar {
    pub(super) fn new(style: Style, start: usize, end: usize) -> Self {
        Self {
            start: offset(start),
            end: offset(end),
            style,
            is_verbatim: true,
            chomp: Chomp::Clip,
            body: 0,
            indent: 0,
        }
    }

    /// A value that was left out.
    pub(super) fn empty(at: usize) -> Self {
        Self::new(Style::Plain, at, at)
    }

    pub(super) fn end(&self) -> usize {
        self.end as usize
    }

    /// What stands in the piece, without quotes; the text itself if `is_verbatim`.
    pub(in crate::source::decode) fn written<'t>(&self, piece: &'t str) -> &'t str {
        let quote = usize::from(matches!(self.style, Style::SingleQuoted | Style::DoubleQuoted));
        piece
            .get(self.start as usize + quote..self.end as usize - quote)
            .unwrap_or("")
    }
}

/// Files are bounded far below 4 GiB.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl<S: Sink> Scanner<'_, '_, S> {
    /// A plain scalar of one or several lines, and the line behind it.
    pub(super) fn plain(&self, start: usize) -> Option<(Scalar, usize)> {
        self.plain_start(start)?;
        let parent = self.parent_column()?;
        let mut line = self.plain_line(start)?;
        let mut is_verbatim = true;
        loop {
            let next = match line.stop {
                // A key cannot stand here, and granit refuses it.
                Stop::Colon => return None,
                Stop::Comment => Some(end_of_line(self.bytes, line.stop_at) + 1),
                Stop::LineEnd => None,
            };
            let (next, goes_on) = match next {
                Some(next) => (next.min(self.bytes.len()), None),
                None if line.stop_at >= self.bytes.len() => (self.bytes.len(), None),
                None => {
                    let (next, content) = self.peek_line(line.stop_at + 1)?;
                    let goes_on = content - next > parent && self.byte(content) != Some(b'#');
                    (next, goes_on.then_some(content))
                }
            };
            let Some(content) = goes_on else {
                let mut scalar = Scalar::new(Style::Plain, start, line.end);
                scalar.is_verbatim = is_verbatim;
                return Some((scalar, next));
            };
            is_verbatim = false;
            line = self.plain_line(content)?;
        }
    }

    /// A quoted scalar of one or several lines.
    pub(super) fn quoted(&self, start: usize, quote: u8) -> Option<Scalar> {
        let mut is_verbatim = true;
        let mut at = start + 1;
        loop {
            at += memchr::memchr3(quote, b'\n', b'\\', &self.bytes[at.min(self.bytes.len())..])?;
            match self.bytes[at] {
                b'\n' => {
                    at = self.quoted_line(at)?;
                    is_verbatim = false;
                }
                b'\\' if quote == b'"' => {
                    match self.byte(at + 1)? {
                        b'"' | b'\\' | b'n' | b't' | b'r' => at += 2,
                        b'\n' => at = self.quoted_line(at + 1)?,
                        _ => return None,
                    }
                    is_verbatim = false;
                }
                b'\\' => at += 1,
                _ if quote == b'\'' && self.byte(at + 1) == Some(b'\'') => {
                    at += 2;
                    is_verbatim = false;
                }
                _ => break,
            }
        }
        let style = if quote == b'"' {
            Style::DoubleQuoted
        } else {
            Style::SingleQuoted
        };
        let mut scalar = Scalar::new(style, start, at + 1);
        scalar.is_verbatim = is_verbatim;
        Some(scalar)
    }

    /// From a line feed in quotes to the content of the next line. Declines tabs around it, and lines that do not lie behind
    /// their parent.
    fn quoted_line(&self, line_feed: usize) -> Option<usize> {
        let before = self.bytes[..line_feed].iter().rev().find(|&&byte| byte != b' ');
        if before == Some(&b'\t') {
            return None;
        }
        let (line, content) = self.peek_line(line_feed + 1)?;
        (content - line > self.parent_column()?).then_some(content)
    }

    /// `|` or `>`, and the line behind it.
    pub(super) fn block_scalar(&self, start: usize) -> Option<(Scalar, usize)> {
        let style = if self.byte(start) == Some(b'>') {
            Style::Folded
        } else {
            Style::Literal
        };
        let (chomp, header_end) = match self.byte(start + 1)? {
            b'-' => (Chomp::Strip, start + 2),
            b'+' => (Chomp::Keep, start + 2),
            _ => (Chomp::Clip, start + 1),
        };
        let rest = self.skip_spaces(header_end);
        let body = match self.byte(rest)? {
            b'\n' => rest + 1,
            b'#' if rest > header_end => end_of_line(self.bytes, rest) + 1,
            _ => return None,
        };
        // The first line that is not blank sets the column; no blank line before it may reach further.
        let mut widest = 0;
        let mut line = body;
        let (first_line, first) = loop {
            let content = self.skip_spaces(line);
            widest = widest.max(content - line);
            match self.byte(content)? {
                b'\n' => line = content + 1,
                b'\t' => return None,
                _ => break (line, content),
            }
        };
        let indent = first - first_line;
        if indent <= self.parent_column()? || widest > indent {
            return None;
        }
        let (end, next) = self.block_scalar_end(first, indent);
        let mut scalar = Scalar::new(style, start, end);
        scalar.is_verbatim = false;
        scalar.chomp = chomp;
        scalar.body = offset(body);
        scalar.indent = offset(indent);
        Some((scalar, next))
    }

    /// Where the last line of a block scalar ends, and the line behind it and the blank lines that follow it.
    fn block_scalar_end(&self, first: usize, indent: usize) -> (usize, usize) {
        let mut content = first;
        loop {
            let end = end_of_line(self.bytes, content);
            let mut line = end + 1;
            content = loop {
                let rest = self.bytes.get(line..).unwrap_or(&[]);
                let spaces = rest.iter().take(indent).take_while(|&&byte| byte == b' ').count();
                match rest.get(spaces) {
                    Some(b'\n') => line += spaces + 1,
                    Some(_) if spaces == indent => break line + spaces,
                    _ => return (end, line.min(self.bytes.len())),
                }
            };
        }
    }
}
