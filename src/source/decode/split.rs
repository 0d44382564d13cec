//! One text into the pieces that kubectl reads as documents.
//!
//! The cut is textual (apimachinery v0.32 `pkg/util/yaml/decoder.go`, `YAMLReader.Read`): a line that starts with `---` ends a
//! piece, wherever it stands, also inside a quoted or block scalar; the rest of that line must be blank or a comment.

use super::fault::{Fault, FaultKind};
use crate::source::text::Span;

/// One piece: at most one document is read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) span: Span,
}

const SEPARATOR: &str = "---";

/// The pieces of `text` from `start` on, and the separators that kubectl refuses.
pub(crate) fn split(text: &str, start: usize) -> (Vec<Piece>, Vec<Fault>) {
    let mut pieces = Vec::new();
    let mut faults = Vec::new();
    let mut piece_start = start;
    // Whether a line stands in the piece already: only then does a separator end it, else it opens it.
    let mut has_line = false;
    let mut line_start = start;
    let bytes = text.as_bytes();
    while line_start < bytes.len() {
        // Jump from separator to separator: nothing else matters to the cut.
        if !bytes[line_start..].starts_with(SEPARATOR.as_bytes()) {
            has_line = true;
            let Some(found) = memchr::memmem::find(&bytes[line_start..], b"\n---") else {
                break;
            };
            line_start += found + 1;
        }
        let line_end = memchr::memchr(b'\n', &bytes[line_start..]).map_or(bytes.len(), |at| line_start + at);
        let next_line = (line_end + 1).min(bytes.len());
        let rest = &text[line_start + SEPARATOR.len()..line_end];
        let trimmed = rest.trim();
        if !trimmed.is_empty() && !trimmed.starts_with('#') {
            push(&mut pieces, piece_start, line_start);
            faults.push(refused_separator(text, line_start, line_end, rest));
            // `--- {a: b}` and `--- !tag` are valid YAML: go on with what they hold. `----` holds nothing.
            let is_yaml = rest.starts_with([' ', '\t']);
            piece_start = if is_yaml { line_start } else { next_line };
            has_line = is_yaml;
        } else if has_line {
            push(&mut pieces, piece_start, line_start);
            piece_start = next_line;
            has_line = false;
        } else {
            has_line = true;
        }
        line_start = next_line;
    }
    push(&mut pieces, piece_start, bytes.len());
    (pieces, faults)
}

fn push(pieces: &mut Vec<Piece>, start: usize, end: usize) {
    if start < end {
        pieces.push(Piece {
            span: Span::new(start, end),
        });
    }
}

fn refused_separator(text: &str, line_start: usize, line_end: usize, rest: &str) -> Fault {
    let line = text[line_start..line_end].trim_end();
    let advice = if rest.starts_with([' ', '\t']) {
        "write the rest on the next line"
    } else {
        "write exactly `---`"
    };
    Fault::new(
        FaultKind::Separator,
        Span::new(line_start, line_start + line.len()),
        format!("kubectl refuses this document separator; {advice}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<&str> {
        split(text, 0).0.iter().map(|piece| &text[piece.span.range()]).collect()
    }

    #[test]
    fn a_separator_opens_a_piece_when_nothing_stands_before_it() {
        assert_eq!(pieces("---\na: 1\n---\nb: 2\n"), ["---\na: 1\n", "b: 2\n"]);
    }

    #[test]
    fn a_comment_or_blank_after_the_separator_is_allowed() {
        assert_eq!(pieces("a: 1\n---#x\nb: 2\n--- \nc: 3"), ["a: 1\n", "b: 2\n", "c: 3"]);
    }

    #[test]
    fn a_separator_inside_a_block_scalar_cuts_it() {
        assert_eq!(pieces("a: |\n  x\n---\n  y\n"), ["a: |\n  x\n", "  y\n"]);
    }

    #[test]
    fn text_on_a_separator_line_is_refused_and_read_all_the_same() {
        let (found, faults) = split("a: 1\n--- {b: 2}\nc: 3\n----\nd: 4\n", 0);
        assert_eq!(faults.len(), 2);
        assert_eq!(found.len(), 3);
    }
}
