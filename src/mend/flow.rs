//! Something new in `{…}` and `[…]`, of YAML and of JSON.

use serde_json::Value;

use super::layout::{line_break, line_end, line_start, odd_layout};
use super::notation::FlowNotation;
use super::{Edit, Refusal};
use crate::source::decode::{Entry, Node, NodeKind, Style};

/// Puts an entry, or an item where there is no key, at the end of a flow collection.
pub(super) fn put(text: &str, collection: Node<'_>, key: Option<&str>, value: &Value) -> Result<Vec<Edit>, Refusal> {
    let notation = notation(text, collection);
    let new = match key {
        Some(key) => notation.entry(key, value),
        None => notation.value(value),
    };
    let span = collection.span();
    let (open, close) = (span.start as usize + 1, (span.end as usize).saturating_sub(1));
    let is_whole = text.get(open - 1..open).is_some_and(|mark| mark == "{" || mark == "[") && close >= open;
    if !is_whole {
        return Err(odd_layout());
    }
    let Some((start, end)) = last_child(collection) else {
        if !text[open..close].trim().is_empty() {
            return Err(odd_layout());
        }
        return Ok(vec![Edit::new(open, close, new)]);
    };
    let comma = comma_in(text, end, close)?;
    let prefix = &text[line_start(text, start)..start];
    let behind = comma.map_or(end, |at| at + 1);
    let has_own_line = prefix.trim().is_empty() && text[end..close].contains('\n');
    if !has_own_line {
        return Ok(vec![match comma {
            Some(_) if notation.has_blanks => Edit::new(behind, behind, format!(" {new}")),
            Some(_) => Edit::new(behind, behind, new),
            None => Edit::new(end, end, format!("{}{new}", notation.separator())),
        }]);
    }
    let line = line_end(text, behind);
    let line_break = line_break(text);
    let own_line = format!("{line_break}{prefix}{new}");
    Ok(match comma {
        Some(_) => vec![Edit::new(line, line, format!("{own_line},"))],
        None if line == end => vec![Edit::new(end, end, format!(",{own_line}"))],
        None => vec![Edit::new(end, end, ","), Edit::new(line, line, own_line)],
    })
}

/// A value, written like a flow collection that is there.
pub(super) fn like(text: &str, collection: Node<'_>, value: &Value) -> String {
    notation(text, collection).value(value)
}

/// Gives a key of a flow mapping that has no value one.
pub(super) fn fill(text: &str, mapping: Node<'_>, entry: Entry<'_>, value: &Value) -> Result<Vec<Edit>, Refusal> {
    let new = notation(text, mapping).value(value);
    let span = entry.value().span();
    let (key_end, start, end) = (entry.key_span().end as usize, span.start as usize, span.end as usize);
    let between = text.get(key_end..start.max(key_end)).unwrap_or("");
    if between.trim() != ":" {
        return Err(odd_layout());
    }
    let blank = if between.ends_with(':') && !text[..start].ends_with(' ') {
        " "
    } else {
        ""
    };
    let blank = if start == end { blank } else { "" };
    Ok(vec![Edit::new(start, end, format!("{blank}{new}"))])
}

/// Where the last entry or item begins and ends.
fn last_child(collection: Node<'_>) -> Option<(usize, usize)> {
    let children: Vec<(u32, u32)> = if collection.kind() == NodeKind::Mapping {
        let entries = collection.entries();
        entries
            .map(|entry| {
                (
                    entry.key_span().start,
                    entry.value().span().end.max(entry.key_span().end),
                )
            })
            .collect()
    } else {
        let items = collection.items();
        items.map(|item| (item.span().start, item.span().end)).collect()
    };
    let last = children.into_iter().max_by_key(|(_, end)| *end)?;
    Some((last.0 as usize, last.1 as usize))
}

/// The comma between the last child and the bracket, if there is one; nothing else but comments may stand there.
fn comma_in(text: &str, from: usize, to: usize) -> Result<Option<usize>, Refusal> {
    let bytes = text.as_bytes();
    let mut comma = None;
    let mut at = from;
    while at < to {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
            Some(b',') if comma.is_none() => {
                comma = Some(at);
                at += 1;
            }
            Some(b'#') => at = line_end(text, at),
            _ => return Err(odd_layout()),
        }
    }
    Ok(comma)
}

/// How a collection is written, by its first key, or the first one in it.
fn notation(text: &str, collection: Node<'_>) -> FlowNotation {
    let is_json = crate::source::decode::is_json(text);
    let first = || {
        let own = collection.entries().next();
        own.or_else(|| collection.items().find_map(|item| item.entries().next()))
    };
    let Some(entry) = first() else {
        return FlowNotation {
            is_json,
            has_blanks: !is_json || text.contains("\": "),
        };
    };
    let colon = text
        .get(entry.key_span().end as usize..entry.value().span().start as usize)
        .unwrap_or(": ");
    FlowNotation {
        is_json: is_json || entry.key_style() == Style::DoubleQuoted,
        has_blanks: colon.ends_with([' ', '\n']) || !colon.contains(':'),
    }
}
