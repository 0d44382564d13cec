//! What kubectl refuses, and what is told of it.

use super::super::budget::Exceeded;
use super::super::fault::{Fault, FaultKind};
use super::super::tree::NodeId;
use super::super::unfold::Arena;
use super::Builder;
use crate::source::limits;
use crate::source::text::Span;

impl Builder<'_> {
    pub(super) fn refuse(&mut self, fault: Fault) {
        if self.refusal.is_none() {
            self.refusal = Some(fault);
        } else {
            self.note(fault);
        }
    }

    /// Keeps a fault. The last one that is kept stands for all that come after it too.
    pub(super) fn note(&mut self, fault: Fault) {
        if self.faults.len() < limits::FAULTS_PER_DOCUMENT {
            self.faults.push(fault);
        } else {
            self.dropped += 1;
        }
    }

    pub(super) fn spend(&mut self, bytes: usize, span: Span) {
        if self.budget.step(bytes) == Err(Exceeded) {
            self.refuse_aliasing(span);
        }
    }

    pub(super) fn refuse_aliasing(&mut self, span: Span) {
        // Once is enough: everything after it exceeds the budget too.
        if self.refusal.is_none() {
            self.refuse(Fault::new(
                FaultKind::ExcessiveAliasing,
                span,
                "the aliases of this document unfold to far more than its text; kubectl refuses it",
            ));
        }
    }

    /// What go-yaml reads but `encoding/json` does not write or read again.
    pub(super) fn refuse_what_json_cannot_say(&mut self, root: NodeId) {
        let arena = Arena {
            nodes: &self.nodes,
            items: &self.items,
            entries: &self.entries,
        };
        let mut found = Vec::new();
        if (self.deepest > limits::DEPTH || self.has_alias)
            && let Some(node) = arena.deeper_than(root, limits::DEPTH)
        {
            let span = self.nodes[node.0 as usize].span;
            let start = span.start as usize;
            let first = self.file.slice(span).chars().next().map_or(0, char::len_utf8);
            found.push(too_deep(Span::new(start, start + first)));
        }
        if !self.unsayable.is_empty() {
            let reachable = arena.reachable(root);
            let mut unsayable: Vec<Fault> = self
                .unsayable
                .drain()
                .filter(|(node, _)| reachable.contains(node))
                .map(|(_, fault)| fault)
                .collect();
            unsayable.sort_by_key(|fault| fault.span);
            found.extend(unsayable);
        }
        for fault in found {
            self.refuse(fault);
        }
    }
}

pub(super) fn collection_as_key(span: Span) -> Fault {
    Fault::new(
        FaultKind::InvalidKey,
        span,
        "a list or a mapping cannot be a key (is this a template that was not rendered?)",
    )
}

pub(super) fn no_such_number(span: Span) -> Fault {
    Fault::new(
        FaultKind::InvalidNumber,
        span,
        "JSON has no such number; quote it if it is a string",
    )
}

fn too_deep(span: Span) -> Fault {
    Fault::new(
        FaultKind::TooDeep,
        span,
        format!("nested more than {} deep", limits::DEPTH),
    )
}
