//! One changed field as lines, for whatever shows lines: bounded, and safe to show.

use serde_json::Value;

use super::lines::{self, Line, Piece};
use crate::diff::change::{Change, Operation};
use crate::diff::redacted::Shown;
use crate::report::summary::plural;
use crate::report::visible::visible;
use crate::source::decode;

/// What stands for a value that is kept secret.
pub(super) const SECRET: &str = "(secret)";

/// What a changed field looks like.
#[derive(Debug, PartialEq)]
pub(super) enum Field {
    /// `a → b`: both are short.
    Short(String),
    /// Lines.
    Long(Vec<FieldLine>),
}

/// One line.
#[derive(Debug, PartialEq)]
pub(super) struct FieldLine {
    /// `-`, `+`, or a blank for what both have; `…` for what is left out.
    pub(super) mark: char,
    /// The text, in pieces of which the other side has some, too.
    pub(super) pieces: Vec<Piece>,
}

/// How much is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Lines of one field.
    pub(super) lines: usize,
    /// Characters of one line.
    pub(super) characters: usize,
    /// Characters of two values that stand in one line together.
    pub(super) short: usize,
}

/// Lines shown around those that differ.
const CONTEXT: usize = 2;
/// Bytes of an order that stands in one line.
const ORDER_LINE: usize = 100;
/// Characters of a line that are looked through for what differs in it.
const COMPARED: usize = 20_000;

pub(super) fn field(change: &Change, bounds: Bounds) -> Field {
    if change.from == Some(Shown::Secret) && change.to == Some(Shown::Secret) {
        return Field::Short("the secret value changes".to_owned());
    }
    let text = |shown: &Shown| {
        if change.operation == Operation::Reorder {
            order(shown)
        } else {
            text(shown)
        }
    };
    let old = change.from.as_ref().map(text);
    let new = change.to.as_ref().map(text);
    if let Some(short) = short(old.as_deref(), new.as_deref(), bounds) {
        return Field::Short(short);
    }
    // Two texts of several lines differ by lines; everything else is shown whole, each side for itself.
    let mut shown = match (&change.from, &change.to, &old, &new) {
        (Some(Shown::Value(Value::String(old))), Some(Shown::Value(Value::String(new))), ..) => {
            by_lines(old, new, bounds)
        }
        (_, _, Some(old), Some(new)) => by_lines(old, new, bounds),
        _ => {
            let old = old.iter().flat_map(|text| lines::lines(text));
            let old = old.map(|line| plain('-', line, bounds));
            let new = new.iter().flat_map(|text| lines::lines(text));
            old.chain(new.map(|line| plain('+', line, bounds))).collect()
        }
    };
    if shown.len() > bounds.lines {
        let left_out = shown.len() - bounds.lines;
        shown.truncate(bounds.lines);
        shown.push(gap(&format!("{left_out} more {}", plural(left_out, "line", "lines"))));
    }
    Field::Long(shown)
}

/// What tells the items of a list apart, one after the other.
fn order(shown: &Shown) -> String {
    match shown {
        Shown::Value(Value::Array(items)) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                .collect();
            let length: usize = items.iter().map(String::len).sum();
            items.join(if length > ORDER_LINE { ",\n" } else { ", " })
        }
        other => text(other),
    }
}

/// A value as YAML, which tells `80` from `"80"`.
fn text(shown: &Shown) -> String {
    match shown {
        Shown::Secret => SECRET.to_owned(),
        Shown::Value(value) => decode::write_yaml(value).trim_end_matches('\n').to_owned(),
    }
}

fn short(old: Option<&str>, new: Option<&str>, bounds: Bounds) -> Option<String> {
    let length: usize = old.iter().chain(&new).map(|text| text.chars().count()).sum();
    let is_short = |text: &&str| !text.contains('\n');
    if length > bounds.short || !old.iter().chain(&new).all(is_short) {
        return None;
    }
    Some(match (old, new) {
        (Some(old), Some(new)) => visible(&format!("{old} → {new}")).into_owned(),
        (Some(text), None) | (None, Some(text)) => visible(text).into_owned(),
        (None, None) => String::new(),
    })
}

fn by_lines(old: &str, new: &str, bounds: Bounds) -> Vec<FieldLine> {
    let (old_lines, new_lines) = (lines::lines(old), lines::lines(new));
    let mut shown = Vec::new();
    let hunks = lines::hunks(&old_lines, &new_lines, CONTEXT);
    let mut at = 0;
    while let Some(line) = hunks.get(at) {
        let olds: Vec<&str> = hunks[at..].iter().map_while(of_old).collect();
        let news: Vec<&str> = hunks[at + olds.len()..].iter().map_while(of_new).collect();
        // Lines that as many others take the place of: what differs within them is marked.
        if !olds.is_empty() && olds.len() == news.len() {
            let both: Vec<_> = olds
                .iter()
                .zip(&news)
                .map(|(old, new)| marked(old, new, bounds))
                .collect();
            let (of_old, of_new): (Vec<_>, Vec<_>) = both.into_iter().unzip();
            shown.extend(of_old.into_iter().map(|pieces| FieldLine { mark: '-', pieces }));
            shown.extend(of_new.into_iter().map(|pieces| FieldLine { mark: '+', pieces }));
            at += olds.len() + news.len();
            continue;
        }
        shown.push(match line {
            Ok(Line::Both(text)) => plain(' ', text, bounds),
            Ok(Line::Old(text)) => plain('-', text, bounds),
            Ok(Line::New(text)) => plain('+', text, bounds),
            Err(count) => gap(&format!("{count} {} alike", plural(*count, "line", "lines"))),
        });
        at += 1;
    }
    match (old.ends_with('\n'), new.ends_with('\n')) {
        (true, false) => shown.push(gap("the line feed at the end goes")),
        (false, true) => shown.push(gap("a line feed comes at the end")),
        _ => {}
    }
    shown
}

fn of_old<'t>(line: &Result<Line<'t>, usize>) -> Option<&'t str> {
    match line {
        Ok(Line::Old(text)) => Some(text),
        _ => None,
    }
}

fn of_new<'t>(line: &Result<Line<'t>, usize>) -> Option<&'t str> {
    match line {
        Ok(Line::New(text)) => Some(text),
        _ => None,
    }
}

fn gap(text: &str) -> FieldLine {
    FieldLine {
        mark: '…',
        pieces: vec![(text.to_owned(), true)],
    }
}

fn plain(mark: char, line: &str, bounds: Bounds) -> FieldLine {
    // What differs in blanks only would look alike.
    let (line, ends_blank) = match line.trim_end_matches(' ') {
        trimmed if mark != ' ' && trimmed.len() < line.len() => (trimmed, line.len() - trimmed.len()),
        _ => (line, 0),
    };
    let mut text = cut(line, bounds.characters);
    text.push_str(&"·".repeat(ends_blank.min(bounds.characters)));
    FieldLine {
        mark,
        pieces: vec![(text, true)],
    }
}

fn cut(line: &str, characters: usize) -> String {
    match line.char_indices().nth(characters) {
        None => visible(line).into_owned(),
        Some((end, _)) => {
            let (shown, rest) = line.split_at(end);
            format!("{}… ({} more characters)", visible(shown), rest.chars().count())
        }
    }
}

/// Two lines in pieces. Of long ones the part around the first difference is shown.
fn marked(old: &str, new: &str, bounds: Bounds) -> (Vec<Piece>, Vec<Piece>) {
    const BEFORE: usize = 40;
    let common = old.chars().zip(new.chars()).take_while(|(old, new)| old == new).count();
    let longest = old.chars().count().max(new.chars().count());
    let skipped = if longest > bounds.characters {
        common.saturating_sub(BEFORE)
    } else {
        0
    };
    let window = |text: &str| -> (String, usize) {
        let taken: String = text
            .chars()
            .skip(skipped)
            .take(bounds.characters.min(COMPARED))
            .collect();
        let more = text.chars().count().saturating_sub(skipped + taken.chars().count());
        (taken, more)
    };
    let ((old, more_old), (new, more_new)) = (window(old), window(new));
    let (old, new) = lines::pieces(&old, &new);
    let finish = |pieces: Vec<Piece>, more: usize| {
        let mut shown = Vec::new();
        if skipped > 0 {
            shown.push((format!("({skipped} characters alike) …"), true));
        }
        shown.extend(
            pieces
                .into_iter()
                .map(|(text, is_shared)| (of_difference(&text, is_shared), is_shared)),
        );
        if more > 0 {
            shown.push((format!("… ({more} more characters)"), true));
        }
        shown
    };
    (finish(old, more_old), finish(new, more_new))
}

/// Blanks that differ are made visible.
fn of_difference(text: &str, is_shared: bool) -> String {
    let text = visible(text);
    if is_shared {
        text.into_owned()
    } else {
        text.replace(' ', "·")
    }
}
