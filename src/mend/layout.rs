//! How the lines of a document are laid out: columns, indentation, line ends.

use super::Refusal;
use super::notation::BlockNotation;
use crate::source::decode::{Node, NodeId, NodeKind, Style, Tree};

/// Where the line of an offset begins.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |found| found + 1)
}

/// What ends the line of an offset: its line end, and its place before that. The last line of a file may have none.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let end = text[at..].find('\n').map_or(text.len(), |found| at + found);
    if text[at..end].ends_with('\r') { end - 1 } else { end }
}

/// What lines end with: that of the first one.
pub(super) fn line_break(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// Whether only a comment, or nothing, stands in a rest of a line.
pub(super) fn is_blank_or_comment(rest: &str) -> bool {
    let trimmed = rest.trim_start();
    trimmed.is_empty() || trimmed.starts_with('#') && (trimmed.len() < rest.len())
}

/// The column of a block mapping's keys.
pub(super) fn column_of_mapping(text: &str, mapping: Node<'_>) -> Result<usize, Refusal> {
    let mut columns = mapping
        .entries()
        .filter(|entry| !entry.is_merged())
        .filter_map(|entry| {
            let start = entry.key_span().start as usize;
            let prefix = text.get(line_start(text, start)..start)?;
            let is_first = mapping.span().start as usize == start;
            is_indentation(prefix, is_first).then_some(prefix.len())
        });
    // Where an anchor or a tag stands before the first key, the others tell.
    columns.next_back().ok_or_else(odd_layout)
}

/// The column of a block list's dashes.
pub(super) fn column_of_list(text: &str, list: Node<'_>) -> Result<usize, Refusal> {
    let mut columns = list.items().filter_map(|item| {
        let start = item.span().start as usize;
        let before = text.get(line_start(text, start)..start)?;
        let dash = before.trim_end_matches([' ', '\t']).strip_suffix('-')?;
        let is_first = list.items().next() == Some(item);
        is_indentation(dash, is_first).then_some(dash.len())
    });
    columns.next_back().ok_or_else(odd_layout)
}

/// Whether only blanks, and the dashes of lists around it, stand before something in its line.
fn is_indentation(prefix: &str, is_first: bool) -> bool {
    prefix.bytes().all(|byte| byte == b' ' || is_first && byte == b'-')
}

pub(super) fn odd_layout() -> Refusal {
    Refusal::new("the lines around it are laid out in a way that is not edited")
}

/// How the document indents: as it does most often.
pub(super) fn notation(text: &str, tree: &Tree) -> BlockNotation {
    let (mut steps, mut dashes) = (Vec::new(), Vec::new());
    let count = u32::try_from(tree.nodes.len()).unwrap_or(u32::MAX);
    for node in (0..count).map(|id| tree.node(NodeId(id))) {
        let is_block_mapping = |node: Node<'_>| {
            node.kind() == NodeKind::Mapping && node.style() == Style::Block && node.anchor_span().is_none()
        };
        if !is_block_mapping(node) {
            continue;
        }
        let Ok(column) = column_of_mapping(text, node) else {
            continue;
        };
        for entry in node.entries().filter(|entry| !entry.is_merged()) {
            let value = entry.value();
            if value.anchor_span().is_some() || value.style() != Style::Block {
                continue;
            }
            if value.kind() == NodeKind::Sequence {
                let below = column_of_list(text, value).ok();
                dashes.extend(below.and_then(|below| below.checked_sub(column)));
            } else {
                let below = column_of_mapping(text, value).ok();
                steps.extend(below.and_then(|below| below.checked_sub(column)));
            }
        }
    }
    let step = most_common(&steps).filter(|step| *step > 0).unwrap_or(2);
    BlockNotation {
        step,
        dash: most_common(&dashes).unwrap_or(step),
    }
}

/// The number that occurs most often, the smallest of several.
fn most_common(numbers: &[usize]) -> Option<usize> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    let runs = sorted.chunk_by(|one, other| one == other);
    let longest = runs.rev().max_by_key(|run| run.len())?;
    longest.first().copied()
}
