//! The entries of a mapping that has ended: the last of equal keys wins, and `<<` counts where it stands.

use std::collections::HashMap;

use super::super::fault::{Fault, FaultKind};
use super::super::tree::{EntryData, NodeId, Run, Value};
use super::{Builder, RawEntry, index};

/// From so many keys on they are looked up by hash, or a crafted file costs quadratic time; fewer are compared one by one.
const HASH_FROM: usize = 24;

impl Builder<'_> {
    /// Moves the open entries from `first` on into the arena, with duplicates and merges settled.
    pub(super) fn settle(&mut self, mapping: NodeId, first: usize, has_merge: bool) -> Run {
        let end = self.open_entries.len();
        let start = self.entries.len();
        let mut by_key: Option<HashMap<String, usize>> = (has_merge || end - first >= HASH_FROM).then(HashMap::new);
        for at in first..end {
            let entry = self.open_entries[at];
            match entry.key {
                Some(key) => {
                    let data = EntryData {
                        key: key.text,
                        key_span: key.span,
                        key_style: key.style,
                        key_is_text: key.is_text,
                        value: entry.value,
                        merged: false,
                    };
                    self.add_entry(start, data, &mut by_key);
                }
                None => self.merge(mapping, start, entry, &mut by_key),
            }
        }
        self.open_entries.truncate(first);
        Run {
            start: index(start),
            len: index(self.entries.len() - start),
        }
    }

    fn add_entry(&mut self, start: usize, data: EntryData, by_key: &mut Option<HashMap<String, usize>>) {
        let key = self.key_str(data.key);
        let existing = match by_key {
            Some(by_key) => {
                let known = by_key.get(key).copied();
                if known.is_none() {
                    by_key.insert(key.to_owned(), self.entries.len());
                }
                known
            }
            None => self.entries[start..]
                .iter()
                .position(|entry| self.key_str(entry.key) == key)
                .map(|at| start + at),
        };
        let Some(at) = existing else {
            self.entries.push(data);
            return;
        };
        let before = self.entries[at];
        match (before.merged, data.merged) {
            (false, false) => {
                let key = self.key_str(data.key).to_owned();
                self.note(
                    Fault::new(
                        FaultKind::DuplicateKey,
                        data.key_span,
                        format!("the key `{key}` stands twice; this one wins in silence"),
                    )
                    .with_related(before.key_span, "this one is lost"),
                );
            }
            (false, true) => {
                let key = self.key_str(data.key).to_owned();
                self.note(
                    Fault::new(
                        FaultKind::MergeOverridesKey,
                        before.key_span,
                        format!("for Kubernetes the `<<` below overrides `{key}`"),
                    )
                    .with_related(data.key_span, "the value that wins"),
                );
            }
            (true, _) => {}
        }
        self.entries[at] = data;
    }

    fn merge(&mut self, mapping: NodeId, start: usize, entry: RawEntry, by_key: &mut Option<HashMap<String, usize>>) {
        // A list counts only when it stands here itself, not by an alias (go-yaml `decoder.merge`).
        let sources: Option<Vec<NodeId>> = match self.nodes[entry.value.0 as usize].value {
            Value::Mapping(_) | Value::Alias(_) => Some(vec![entry.value]),
            // Earlier maps of a list win, so the later ones go first (go-yaml `decoder.merge` walks backwards).
            Value::Sequence(run) => Some(self.items[run.range()].iter().rev().copied().collect()),
            _ => None,
        };
        let sources = sources.filter(|sources| {
            sources
                .iter()
                .all(|&source| matches!(self.resolved(source), Value::Mapping(_)))
        });
        let Some(sources) = sources else {
            self.refuse(Fault::new(
                FaultKind::InvalidMerge,
                entry.key_span,
                "`<<` needs a mapping, or a list of mappings",
            ));
            return;
        };
        if self.refusal.is_some() {
            // The budget for aliases bounds what is copied; beyond it the copies would be without end.
            return;
        }
        for source in sources {
            let node = match self.nodes[source.0 as usize].value {
                Value::Alias(target) => target,
                _ => source,
            };
            if let Some(fault) = self.unsayable.get(&node).cloned() {
                self.unsayable.insert(mapping, fault);
            }
            let Value::Mapping(run) = self.resolved(source) else {
                continue;
            };
            for at in run.range() {
                let data = EntryData {
                    merged: true,
                    ..self.entries[at]
                };
                self.add_entry(start, data, by_key);
            }
        }
    }

    fn resolved(&self, node: NodeId) -> Value {
        match self.nodes[node.0 as usize].value {
            Value::Alias(target) => self.nodes[target.0 as usize].value,
            value => value,
        }
    }
}
