//! Lists and mappings while they are open, and where a finished node belongs.

use super::super::budget::Cost;
use super::super::tree::{NodeData, NodeId, Run, Style, Value};
use super::refusal::collection_as_key;
use super::{Anchored, Builder, Frame, Key, RawEntry, index};
use crate::source::text::Span;

impl<'t> Builder<'t> {
    /// Begins a collection; `None` when it stands in the place of a key.
    pub(super) fn open(&mut self, value: Value, style: Style, anchor: Option<&'t str>, span: Span) -> Option<NodeId> {
        // Of a merge's list only the items are decoded.
        let is_merge_list = matches!(value, Value::Sequence(_))
            && matches!(self.stack.last(), Some(Frame::Mapping { key: Key::Merge(_), .. }));
        if !is_merge_list {
            self.spend(0, span);
        }
        if let Some(Frame::KeyCollection { depth }) = self.stack.last_mut() {
            *depth += 1;
            return None;
        }
        if self.expects_key() {
            self.refuse(collection_as_key(span));
            self.stack.push(Frame::KeyCollection { depth: 1 });
            return None;
        }
        let node = self.push(NodeData { value, span, style });
        if let Some(name) = anchor {
            // Known from here on: an alias inside its own anchor is found by that.
            self.anchors.insert(name, Anchored { node, key: None });
        }
        self.deepest = self.deepest.max(self.stack.len() + 1);
        Some(node)
    }

    pub(super) fn close(&mut self, end: Span) {
        match self.stack.pop() {
            Some(Frame::Sequence { node, first, before }) => {
                let run = Run {
                    start: index(self.items.len()),
                    len: index(self.open_items.len() - first),
                };
                let last = self.open_items.last().copied().filter(|_| run.len > 0);
                self.items.extend(self.open_items.drain(first..));
                self.end_collection(node, Value::Sequence(run), last, end);
                self.end_anchored(node, before);
                self.place(node);
            }
            Some(Frame::Mapping {
                node,
                first,
                before,
                has_merge,
                ..
            }) => {
                let last = self
                    .open_entries
                    .last()
                    .map(|entry| entry.value)
                    .filter(|_| self.open_entries.len() > first);
                let first_key = self.open_entries.get(first).map(|entry| entry.key_span);
                let run = self.settle(node, first, has_merge);
                if let Some(key_span) = first_key
                    && self.nodes[node.0 as usize].style == Style::Block
                {
                    // With a tag or an anchor in front the start event stands there; the mapping begins at its first key.
                    let start = &mut self.nodes[node.0 as usize].span.start;
                    *start = (*start).max(key_span.start);
                }
                self.end_collection(node, Value::Mapping(run), last, end);
                self.end_anchored(node, before);
                self.place(node);
            }
            Some(Frame::KeyCollection { depth }) if depth > 1 => {
                self.stack.push(Frame::KeyCollection { depth: depth - 1 });
            }
            Some(Frame::KeyCollection { .. }) => self.set_key(Key::Bad),
            None => {}
        }
    }

    fn end_anchored(&mut self, node: NodeId, before: Option<Cost>) {
        if let Some(before) = before {
            self.budget.close_anchored(node, before);
        }
    }

    fn end_collection(&mut self, node: NodeId, value: Value, last: Option<NodeId>, end: Span) {
        let last_end = last.map(|last| self.nodes[last.0 as usize].span.end);
        let data = &mut self.nodes[node.0 as usize];
        data.value = value;
        data.span.end = match data.style {
            // The end event of a block collection stands at the next token: the last child knows better.
            Style::Block => last_end.unwrap_or(data.span.end),
            _ => end.end,
        };
    }

    /// Puts a finished node where it belongs.
    pub(super) fn place(&mut self, node: NodeId) {
        match self.stack.last_mut() {
            None => self.root = Some(self.root.unwrap_or(node)),
            Some(Frame::Sequence { .. }) => self.open_items.push(node),
            Some(Frame::KeyCollection { .. }) => {}
            Some(Frame::Mapping { key, has_merge, .. }) => match std::mem::replace(key, Key::None) {
                Key::Text(pending) => self.open_entries.push(RawEntry {
                    key: Some(pending),
                    key_span: pending.span,
                    value: node,
                }),
                Key::Merge(span) => {
                    *has_merge = true;
                    self.open_entries.push(RawEntry {
                        key: None,
                        key_span: span,
                        value: node,
                    });
                }
                Key::None | Key::Bad => {}
            },
        }
    }
}
