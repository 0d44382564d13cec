//! Questions about a document with its aliases unfolded, answered without unfolding it.

use std::collections::HashSet;

use super::tree::{EntryData, NodeData, NodeId, Value};

/// The arena of a document that is read to its end.
#[derive(Clone, Copy)]
pub(crate) struct Arena<'a> {
    pub(crate) nodes: &'a [NodeData],
    pub(crate) items: &'a [NodeId],
    pub(crate) entries: &'a [EntryData],
}

impl<'a> Arena<'a> {
    /// What a node holds: its items, its values, or the target of an alias.
    fn children(self, node: NodeId) -> impl Iterator<Item = NodeId> + 'a {
        let (target, items, entries): (_, &[NodeId], &[EntryData]) = match self.nodes[node.0 as usize].value {
            Value::Alias(target) => (Some(target), &[], &[]),
            Value::Sequence(run) => (None, &self.items[run.range()], &[]),
            Value::Mapping(run) => (None, &[], &self.entries[run.range()]),
            _ => (None, &[], &[]),
        };
        target
            .into_iter()
            .chain(items.iter().copied())
            .chain(entries.iter().map(|entry| entry.value))
    }

    /// The nodes that are part of the document, and not lost to a duplicate key.
    pub(crate) fn reachable(self, root: NodeId) -> HashSet<NodeId> {
        let mut seen = HashSet::from([root]);
        let mut pending = vec![root];
        while let Some(node) = pending.pop() {
            pending.extend(self.children(node).filter(|&child| seen.insert(child)));
        }
        seen
    }

    /// A node that lies deeper than `limit` collections, if there is one.
    pub(crate) fn deeper_than(self, root: NodeId, limit: usize) -> Option<NodeId> {
        let depths = self.depths(root);
        let depth = |node: NodeId| depths[node.0 as usize].unwrap_or(0);
        if depth(root) <= limit {
            return None;
        }
        let mut node = root;
        let mut above = 0;
        while above < limit {
            above += usize::from(self.is_collection(node));
            node = self.children(node).max_by_key(|&child| depth(child))?;
        }
        Some(node)
    }

    fn is_collection(self, node: NodeId) -> bool {
        matches!(
            self.nodes[node.0 as usize].value,
            Value::Sequence(_) | Value::Mapping(_)
        )
    }

    /// For each node how many collections it is high.
    fn depths(self, root: NodeId) -> Vec<Option<usize>> {
        let mut depths: Vec<Option<usize>> = vec![None; self.nodes.len()];
        let mut pending = vec![(root, false)];
        while let Some((node, is_done)) = pending.pop() {
            let index = node.0 as usize;
            if depths[index].is_some() {
                continue;
            }
            if is_done {
                let below = self
                    .children(node)
                    .filter_map(|child| depths[child.0 as usize])
                    .max()
                    .unwrap_or(0);
                depths[index] = Some(below + usize::from(self.is_collection(node)));
            } else {
                pending.push((node, true));
                pending.extend(self.children(node).map(|child| (child, false)));
            }
        }
        depths
    }
}
