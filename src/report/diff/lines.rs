//! Texts held against each other, line by line and within a line.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A line of one of two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line<'t> {
    Both(&'t str),
    Old(&'t str),
    New(&'t str),
}

/// The lines of a text. A line feed at its end ends the last line and begins no further one.
pub(super) fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.split('\n').collect();
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    lines
}

/// How to get from some lines to others. The work is bounded by `similar`'s own heuristic, which does not look at a clock.
pub(super) fn operations(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    capture_diff_slices(Algorithm::Myers, old, new)
}

/// The lines that differ with so many around them; `None` stands where lines are left out, with their number.
pub(super) fn hunks<'t>(old: &[&'t str], new: &[&'t str], context: usize) -> Vec<Result<Line<'t>, usize>> {
    let mut shown = Vec::new();
    let mut at = 0;
    for group in similar::group_diff_ops(operations(old, new), context) {
        let start = group.first().map_or(at, |operation| operation.old_range().start);
        if start > at {
            shown.push(Err(start - at));
        }
        for operation in &group {
            at = operation.old_range().end;
            if let DiffOp::Equal { .. } = operation {
                shown.extend(slice(old, operation.old_range()).map(Line::Both).map(Ok));
            } else {
                shown.extend(slice(old, operation.old_range()).map(Line::Old).map(Ok));
                shown.extend(slice(new, operation.new_range()).map(Line::New).map(Ok));
            }
        }
    }
    if at < old.len() {
        shown.push(Err(old.len() - at));
    }
    shown
}

fn slice<'s, 't>(lines: &'s [&'t str], range: std::ops::Range<usize>) -> impl Iterator<Item = &'t str> + use<'s, 't> {
    lines.get(range).unwrap_or_default().iter().copied()
}

/// A piece of a line, and whether the other text has it, too.
pub(super) type Piece = (String, bool);

/// Two lines in pieces: words, and what stands between them.
pub(super) fn pieces(old: &str, new: &str) -> (Vec<Piece>, Vec<Piece>) {
    let (old, new) = (tokens(old), tokens(new));
    let (mut of_old, mut of_new) = (Vec::new(), Vec::new());
    for operation in operations(&old, &new) {
        let is_shared = matches!(operation, DiffOp::Equal { .. });
        add(&mut of_old, old.get(operation.old_range()), is_shared);
        add(&mut of_new, new.get(operation.new_range()), is_shared);
    }
    (of_old, of_new)
}

fn add(pieces: &mut Vec<Piece>, tokens: Option<&[&str]>, is_shared: bool) {
    let text = tokens.unwrap_or_default().concat();
    if !text.is_empty() {
        pieces.push((text, is_shared));
    }
}

/// Runs of letters and digits, and every other character alone.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut is_in_word = false;
    for (at, character) in text.char_indices() {
        let is_word = character.is_alphanumeric();
        if at > start && !(is_word && is_in_word) {
            tokens.extend(text.get(start..at));
            start = at;
        }
        is_in_word = is_word;
    }
    tokens.extend(text.get(start..).filter(|last| !last.is_empty()));
    tokens
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(pieces: &[Piece]) -> String {
        pieces.iter().map(|(text, _)| text.as_str()).collect()
    }

    #[test]
    fn what_differs_within_a_line_is_told_by_words() {
        let (old, new) = pieces("registry/proxy:1.2.3-a", "registry/proxy:1.2.4-a");
        let differing = |pieces: &[Piece]| -> Vec<String> {
            let of = pieces.iter().filter(|(_, is_shared)| !is_shared);
            of.map(|(text, _)| text.clone()).collect()
        };
        assert_eq!(
            (differing(&old), differing(&new)),
            (vec!["3".to_owned()], vec!["4".to_owned()])
        );
    }

    proptest! {
        #[test]
        fn pieces_and_hunks_lose_nothing(old in "[ab\n é]{0,60}", new in "[ab\n é]{0,60}", context in 0_usize..4) {
            let (of_old, of_new) = pieces(&old, &new);
            prop_assert_eq!((whole(&of_old), whole(&of_new)), (old.clone(), new.clone()));
            let (old, new) = (lines(&old), lines(&new));
            let (mut from_old, mut from_new) = (0, 0);
            for line in hunks(&old, &new, context) {
                match line {
                    Err(count) => { from_old += count; from_new += count; }
                    Ok(Line::Both(text)) => {
                        prop_assert_eq!((old[from_old], new[from_new]), (text, text));
                        from_old += 1;
                        from_new += 1;
                    }
                    Ok(Line::Old(text)) => { prop_assert_eq!(old[from_old], text); from_old += 1; }
                    Ok(Line::New(text)) => { prop_assert_eq!(new[from_new], text); from_new += 1; }
                }
            }
            prop_assert_eq!((from_old, from_new), (old.len(), new.len()));
        }
    }
}
