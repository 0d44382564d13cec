//! What a scalar says, where that is not what stands in the file: lines folded, escapes resolved, indentation cut.

use std::borrow::Cow;

use super::scalar::{Chomp, Scalar};
use crate::source::decode::tree::Style;

pub(super) fn text<'t>(scalar: &Scalar, piece: &'t str) -> Cow<'t, str> {
    let written = scalar.written(piece);
    if scalar.is_verbatim {
        return Cow::Borrowed(written);
    }
    Cow::Owned(match scalar.style {
        Style::Literal | Style::Folded => block(scalar, piece),
        style => folded(written, style),
    })
}

/// A plain or quoted scalar: a line feed becomes a space, several become one less.
fn folded(written: &str, style: Style) -> String {
    let mut out = String::with_capacity(written.len());
    // Spaces before a line feed go, but not further back than this.
    let mut floor = 0;
    let mut rest = written;
    loop {
        let special = match style {
            Style::SingleQuoted => memchr::memchr2(b'\n', b'\'', rest.as_bytes()),
            Style::DoubleQuoted => memchr::memchr2(b'\n', b'\\', rest.as_bytes()),
            _ => memchr::memchr(b'\n', rest.as_bytes()),
        };
        let Some(at) = special else {
            out.push_str(rest);
            return out;
        };
        out.push_str(&rest[..at]);
        let is_line_feed = rest.as_bytes()[at] == b'\n';
        rest = &rest[at + 1..];
        if is_line_feed {
            let kept = out[floor..].trim_end_matches(' ').len();
            out.truncate(floor + kept);
            let breaks;
            (breaks, rest) = skip_line_feeds(rest);
            if breaks == 0 {
                out.push(' ');
            }
            push_line_feeds(&mut out, breaks);
            floor = out.len();
            continue;
        }
        // An escape; the scanner has let through only these.
        let Some(escaped) = rest.chars().next() else {
            return out;
        };
        rest = &rest[1..];
        match (style, escaped) {
            (Style::DoubleQuoted, 'n') => out.push('\n'),
            (Style::DoubleQuoted, 't') => out.push('\t'),
            (Style::DoubleQuoted, 'r') => out.push('\r'),
            (Style::DoubleQuoted, '\n') => {
                let breaks;
                (breaks, rest) = skip_line_feeds(rest);
                push_line_feeds(&mut out, breaks);
                floor = out.len();
            }
            (_, itself) => out.push(itself),
        }
    }
}

/// Skips blank lines and the indentation behind them; how many line feeds that were.
fn skip_line_feeds(mut rest: &str) -> (usize, &str) {
    let mut breaks = 0;
    loop {
        rest = rest.trim_start_matches(' ');
        let Some(next) = rest.strip_prefix('\n') else {
            return (breaks, rest);
        };
        breaks += 1;
        rest = next;
    }
}

fn push_line_feeds(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n('\n', count));
}

fn block(scalar: &Scalar, piece: &str) -> String {
    let body = &piece[scalar.body as usize..scalar.end as usize];
    let indent = scalar.indent as usize;
    let mut out = String::with_capacity(body.len());
    // Line feeds that wait for the next line with text.
    let mut blank_lines = 0;
    let mut is_first = true;
    let mut was_indented = false;
    for line in body.split('\n') {
        let spaces = line.len().min(indent);
        let text = &line[spaces..];
        if text.is_empty() {
            blank_lines += 1;
            continue;
        }
        let is_indented = text.starts_with([' ', '\t']);
        if is_first {
            push_line_feeds(&mut out, blank_lines);
        } else if scalar.style == Style::Folded && !was_indented && !is_indented {
            push_line_feeds(&mut out, blank_lines);
            if blank_lines == 0 {
                out.push(' ');
            }
        } else {
            push_line_feeds(&mut out, blank_lines + 1);
        }
        out.push_str(text);
        blank_lines = 0;
        is_first = false;
        was_indented = is_indented;
    }
    if scalar.chomp != Chomp::Strip {
        // Also where the file lacks its last line feed: kubectl reads line by line and adds it.
        out.push('\n');
    }
    let mut rest = &piece[scalar.end as usize..];
    while scalar.chomp == Chomp::Keep
        && let Some(line) = rest.strip_prefix('\n')
    {
        let spaces = line.bytes().take(indent).take_while(|&byte| byte == b' ').count();
        rest = &line[spaces..];
        let is_blank = rest.starts_with('\n') || rest.is_empty() && spaces > 0;
        push_line_feeds(&mut out, usize::from(is_blank));
    }
    out
}
