//! Where a mend lies in its file as it is written: a way of keys and positions, which stays true when bytes move.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Refusal;
use crate::policy::mend::Operation;
use crate::source::decode::tree::Value;
use crate::source::decode::{Decoded, FaultKind, Node, NodeId, Tree, write_json};
use crate::source::text::Span;

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Key(String),
    Item(usize),
}

/// The way to a node of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Route {
    /// Position among the documents of the file.
    pub(super) document: usize,
    pub(super) steps: Vec<Step>,
}

impl Route {
    /// The way without its last step, and that step.
    pub(super) fn split(&self) -> Option<(&[Step], &Step)> {
        let (last, before) = self.steps.split_last()?;
        Some((before, last))
    }
}

/// The node at the end of a way; `None` if it is not there any more, or not there itself but by an alias or `<<`.
pub(super) fn follow<'t>(tree: &'t Tree, steps: &[Step]) -> Option<Node<'t>> {
    let mut node = tree.root();
    for step in steps {
        if node.anchor_span().is_some() {
            return None;
        }
        node = match step {
            Step::Key(key) => node.entry(key).filter(|entry| !entry.is_merged())?.value(),
            Step::Item(index) => node.items().nth(*index)?,
        };
    }
    Some(node)
}

/// The nodes of one document by what is asked of them.
struct Index {
    nodes: HashMap<Span, NodeId>,
    /// The value of the entry that a key belongs to.
    keys: HashMap<Span, NodeId>,
    shared: HashSet<NodeId>,
}

impl Index {
    fn of(tree: &Tree) -> Self {
        let mut index = Self {
            nodes: HashMap::new(),
            keys: HashMap::new(),
            shared: shared(tree),
        };
        for node in nodes(tree) {
            index.nodes.insert(node.span(), node.id());
            if node.anchor_span().is_none() {
                let entries = node.entries().filter(|entry| !entry.is_merged());
                let entries = entries.map(|entry| (entry.key_span(), entry.value().id()));
                index.keys.extend(entries);
            }
        }
        index
    }
}

fn nodes(tree: &Tree) -> impl Iterator<Item = Node<'_>> {
    let count = u32::try_from(tree.nodes.len()).unwrap_or(u32::MAX);
    (0..count).map(|id| tree.node(NodeId(id)))
}

/// The nodes that aliases stand for, `<<` among them.
pub(super) fn shared(tree: &Tree) -> HashSet<NodeId> {
    let data = tree.nodes.iter();
    data.filter_map(|data| match data.value {
        Value::Alias(target) => Some(target),
        _ => None,
    })
    .collect()
}

/// Finds what mends mean in one file; what it learns of a document it keeps.
pub(super) struct Locator<'d> {
    decoded: &'d Decoded,
    doubled: HashSet<Span>,
    indices: HashMap<usize, Index>,
}

impl<'d> Locator<'d> {
    pub(super) fn of(decoded: &'d Decoded) -> Self {
        let doubled = decoded
            .faults
            .iter()
            .filter(|fault| matches!(fault.kind, FaultKind::DuplicateKey | FaultKind::MergeOverridesKey))
            .map(|fault| fault.span)
            .collect();
        Self {
            decoded,
            doubled,
            indices: HashMap::new(),
        }
    }

    /// The file.
    pub(super) fn decoded(&self) -> &'d Decoded {
        self.decoded
    }

    /// The way to what an operation is about. Of a renamed key it is the way to its value.
    pub(super) fn route(&mut self, operation: &Operation) -> Result<Route, Refusal> {
        let place = operation.place();
        if place.is_near {
            return Err(Refusal::new(
                "it is rendered, and no text of the file is known to make it",
            ));
        }
        let (file, judged) = (&self.decoded.file, &place.file);
        if !Arc::ptr_eq(file, judged) && (file.path() != judged.path() || file.text() != judged.text()) {
            return Err(Refusal::new("it was read from another state of the file"));
        }
        if let Operation::Insert {
            made_by: Some(root), ..
        } = operation
        {
            return Err(Refusal::new(format!(
                "the kustomization `{}` makes the object: whether it belongs into a base or an overlay is for people to say",
                if root.is_empty() { "." } else { root }
            )));
        }
        let document = self
            .decoded
            .document_around(place.span)
            .ok_or_else(|| Refusal::new("it stands in no document"))?;
        let tree = document
            .tree
            .as_ref()
            .ok_or_else(|| Refusal::new("its document is not read"))?;
        let index = self.indices.entry(document.index).or_insert_with(|| Index::of(tree));
        let known = match operation {
            Operation::RenameKey { .. } => index.keys.get(&place.span),
            Operation::SetText { .. } | Operation::SetMode { .. } | Operation::Insert { .. } => {
                index.nodes.get(&place.span)
            }
        };
        let node = known.map(|&id| tree.node(id)).ok_or_else(filled_in)?;
        check_judged(operation, node)?;
        let steps = way_to(node, &index.shared, &self.doubled)?;
        Ok(Route {
            document: document.index,
            steps,
        })
    }
}

fn filled_in() -> Refusal {
    Refusal::new("what is judged is not what is written there: something fills it in on the way")
}

fn check_judged(operation: &Operation, node: Node<'_>) -> Result<(), Refusal> {
    match operation {
        Operation::SetText { judged, .. } | Operation::SetMode { judged, .. } => {
            let mut written = String::new();
            write_json(node, &mut written);
            if written == *judged { Ok(()) } else { Err(filled_in()) }
        }
        Operation::RenameKey { judged, .. } => {
            let entry = node.parent().and_then(|(mapping, at)| mapping.entries().nth(at));
            match entry {
                Some(entry) if entry.key() == judged => Ok(()),
                _ => Err(filled_in()),
            }
        }
        Operation::Insert { .. } => Ok(()),
    }
}

/// The way from the root of its document to a node, unless what stands there stands elsewhere, too.
fn way_to(node: Node<'_>, shared: &HashSet<NodeId>, doubled: &HashSet<Span>) -> Result<Vec<Step>, Refusal> {
    let mut steps = Vec::new();
    let mut at = node;
    loop {
        if shared.contains(&at.id()) {
            return Err(shared_anchor());
        }
        let Some((parent, position)) = at.parent() else {
            break;
        };
        if let Some(entry) = parent.entries().nth(position) {
            if doubled.contains(&entry.key_span()) {
                return Err(doubled_key(entry.key()));
            }
            steps.push(Step::Key(entry.key().to_owned()));
        } else {
            steps.push(Step::Item(position));
        }
        at = parent;
    }
    if at != at.tree().root() {
        return Err(Refusal::new(
            "it comes by `<<`, or a second key of the same name hides it",
        ));
    }
    if node.anchor_span().is_some() && !matches!(steps.first(), Some(Step::Key(_))) {
        return Err(shared_anchor());
    }
    steps.reverse();
    Ok(steps)
}

pub(super) fn shared_anchor() -> Refusal {
    Refusal::new("it stands in an anchor that aliases share, so more would change than this")
}

pub(super) fn doubled_key(key: &str) -> Refusal {
    Refusal::new(format!(
        "the key `{key}` stands twice; which one is meant is for people to say"
    ))
}
