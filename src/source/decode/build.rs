//! Events to tree.
//!
//! No recursion: the depth of a document is its author's choice. Merges and duplicate keys are settled when a mapping ends, by
//! go-yaml v2's rules: the last of equal keys wins, and `<<` is applied in place, so that it overrides what stands above it.
//!
//! ```text
//! events ─ scalar, collection (what is open, and where a node belongs) ─ settle (entries of a mapping) ─ refusal (what kubectl takes for none)
//! ```

mod collection;
mod refusal;
mod scalar;
mod settle;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use super::budget::{Budget, Cost};
use super::events::{Event, EventSource};
use super::fault::{Fault, FaultKind};
use super::tree::{EntryData, NodeData, NodeId, Run, Style, TextRef, Tree, Value};
use crate::source::text::{SourceFile, Span};

/// What became of one piece.
pub(crate) struct Built {
    pub(crate) outcome: Outcome,
    /// What else is wrong or odd.
    pub(crate) faults: Vec<Fault>,
    /// Where the first document ends.
    pub(crate) end: usize,
}

/// A piece is a document, or refused with the reason, or holds nothing: none is lost without a word.
pub(crate) enum Outcome {
    Tree(Tree),
    /// kubectl refuses it, for this in the first place.
    Refused(Fault),
    /// There is no document in it.
    Nothing,
}

/// Builds the tree of the first document that `events` tell.
pub(crate) fn build<'t>(file: &'t Arc<SourceFile>, events: &mut impl EventSource<'t>) -> Built {
    let mut builder = Builder::new(file);
    let end = match builder.run(events) {
        Ok(end) => end,
        Err(fault) => {
            builder.refuse(fault);
            file.text().len()
        }
    };
    builder.finish(end)
}

enum Key {
    /// Nothing is open.
    None,
    /// A usable key.
    Text(PendingKey),
    /// `<<`
    Merge(Span),
    /// A key that kubectl refuses; the fault is recorded, its value is read over.
    Bad,
}

#[derive(Clone, Copy)]
struct PendingKey {
    text: TextRef,
    span: Span,
    style: Style,
    is_text: bool,
}

enum Frame {
    Sequence {
        node: NodeId,
        first: usize,
        /// The count before an anchored node.
        before: Option<Cost>,
    },
    Mapping {
        node: NodeId,
        first: usize,
        before: Option<Cost>,
        key: Key,
        has_merge: bool,
    },
    /// A collection in the place of a key: refused, but read to its end.
    KeyCollection { depth: usize },
}

/// An entry before duplicates and merges are settled.
#[derive(Clone, Copy)]
struct RawEntry {
    /// `None` for `<<`.
    key: Option<PendingKey>,
    key_span: Span,
    value: NodeId,
}

struct Builder<'t> {
    file: &'t Arc<SourceFile>,
    nodes: Vec<NodeData>,
    items: Vec<NodeId>,
    entries: Vec<EntryData>,
    owned: String,
    /// Children of the open collections, innermost last.
    open_items: Vec<NodeId>,
    open_entries: Vec<RawEntry>,
    stack: Vec<Frame>,
    anchors: HashMap<&'t str, Anchored>,
    root: Option<NodeId>,
    faults: Vec<Fault>,
    /// How many faults are not kept.
    dropped: usize,
    /// The first reason to refuse the document: always kept.
    refusal: Option<Fault>,
    has_alias: bool,
    deepest: usize,
    budget: Budget,
    /// Nodes that JSON cannot say, with the fault. go-yaml reads them, and only `json.Marshal` refuses them: not when a later
    /// duplicate key has thrown them away.
    unsayable: HashMap<NodeId, Fault>,
}

/// The text of a scalar.
#[derive(Clone, Copy)]
struct Source<'s> {
    text: &'s str,
    /// Where it stands in the file just like this.
    place: Option<Span>,
}

/// What an alias stands for.
struct Anchored {
    node: NodeId,
    /// What a scalar is as a key. A key of `1e7` is not what the number `1e7` would be.
    key: Option<KeyText>,
}

/// A scalar as a key.
#[derive(Debug, Clone, Copy)]
struct KeyText {
    text: TextRef,
    is_text: bool,
    /// Whether JSON can have it as a key: not so null, and numbers above 2^63.
    is_sayable: bool,
}

impl<'t> Builder<'t> {
    fn new(file: &'t Arc<SourceFile>) -> Self {
        Self {
            file,
            nodes: Vec::new(),
            items: Vec::new(),
            entries: Vec::new(),
            owned: String::new(),
            open_items: Vec::new(),
            open_entries: Vec::new(),
            stack: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            faults: Vec::new(),
            dropped: 0,
            refusal: None,
            has_alias: false,
            deepest: 0,
            budget: Budget::new(),
            unsayable: HashMap::new(),
        }
    }

    fn run(&mut self, events: &mut impl EventSource<'t>) -> Result<usize, Fault> {
        loop {
            let (event, span) = events.next_event().map_err(|error| {
                let kind = if error.too_deep {
                    FaultKind::TooDeep
                } else {
                    FaultKind::Syntax
                };
                Fault {
                    related: error.related,
                    ..Fault::new(kind, error.span, error.message)
                }
            })?;
            match event {
                Event::DocumentEnd { after } => return Ok(after),
                Event::Scalar {
                    text,
                    style,
                    anchor,
                    tag,
                } => {
                    let source = Source {
                        text: &text,
                        place: match text {
                            Cow::Borrowed(text) => self.place_in_file(text),
                            Cow::Owned(_) => None,
                        },
                    };
                    self.scalar(source, style, anchor, tag, span);
                }
                Event::Alias(anchor) => self.alias(anchor, span),
                Event::SequenceStart { anchor, style } => {
                    let before = anchor.map(|_| self.budget.now());
                    if let Some(node) = self.open(Value::Sequence(Run::default()), style, anchor, span) {
                        self.stack.push(Frame::Sequence {
                            node,
                            first: self.open_items.len(),
                            before,
                        });
                    }
                }
                Event::MappingStart { anchor, style } => {
                    let before = anchor.map(|_| self.budget.now());
                    if let Some(node) = self.open(Value::Mapping(Run::default()), style, anchor, span) {
                        self.stack.push(Frame::Mapping {
                            node,
                            first: self.open_entries.len(),
                            before,
                            key: Key::None,
                            has_merge: false,
                        });
                    }
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(span),
            }
        }
    }

    fn push(&mut self, data: NodeData) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(data);
        id
    }

    fn expects_key(&self) -> bool {
        match self.stack.last() {
            Some(Frame::Mapping { key, .. }) => matches!(key, Key::None),
            _ => false,
        }
    }

    fn set_key(&mut self, new: Key) {
        if let Some(Frame::Mapping { key, .. }) = self.stack.last_mut() {
            *key = new;
        }
    }

    fn finish(mut self, end: usize) -> Built {
        let root = self.root;
        if let Some(root) = root
            && self.refusal.is_none()
        {
            self.refuse_what_json_cannot_say(root);
        }
        if self.dropped > 0
            && let Some(last) = self.faults.last_mut()
        {
            let more = self.dropped;
            let _ = write!(last.message, "; {more} more faults of this document are not listed");
        }
        let outcome = match (self.refusal, root) {
            (Some(fault), _) => Outcome::Refused(fault),
            (None, Some(root)) => Outcome::Tree(Tree {
                file: Arc::clone(self.file),
                places: None,
                nodes: self.nodes,
                items: self.items,
                entries: self.entries,
                owned: self.owned,
                root,
                parents: OnceLock::new(),
            }),
            (None, None) => Outcome::Nothing,
        };
        Built {
            outcome,
            faults: self.faults,
            end,
        }
    }
}

fn index(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
