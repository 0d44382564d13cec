//! Events to tree.
//!
//! No recursion: the depth of a document is its author's choice. Merges and duplicate keys are settled when a mapping ends, by
//! go-yaml v2's rules: the last of equal keys wins, and `<<` is applied in place, so that it overrides what stands above it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use super::budget::{Budget, Cost, Exceeded};
use super::events::{Event, EventSource};
use super::fault::{Fault, FaultKind};
use super::scalar::{JsonNumber, Scalar, Tag, json_number, key_text, resolve, resolve_tagged};
use super::tree::{EntryData, NodeData, NodeId, Run, Style, TextRef, Tree, Value};
use super::unfold::Arena;
use crate::source::limits;
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

/// From so many keys on they are looked up by hash, or a crafted file costs quadratic time; fewer are compared one by one.
const HASH_FROM: usize = 24;

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

    fn refuse(&mut self, fault: Fault) {
        if self.refusal.is_none() {
            self.refusal = Some(fault);
        } else {
            self.note(fault);
        }
    }

    /// Keeps a fault. The last one that is kept stands for all that come after it too.
    fn note(&mut self, fault: Fault) {
        if self.faults.len() < limits::FAULTS_PER_DOCUMENT {
            self.faults.push(fault);
        } else {
            self.dropped += 1;
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

    fn scalar(&mut self, source: Source<'_>, style: Style, anchor: Option<&'t str>, tag: Option<Tag>, span: Span) {
        let text = source.text;
        let is_merge = text == "<<"
            && match tag {
                None => style == Style::Plain,
                Some(tag) => matches!(tag, Tag::Merge | Tag::Bare),
            };
        let expects_key = self.expects_key();
        let before = self.budget.now();
        // go-yaml does not decode the `<<` of a merge.
        if !(expects_key && is_merge) {
            self.spend(text.len(), span);
        }
        let resolved = match (style, tag) {
            (_, Some(tag)) => resolve_tagged(tag, text),
            (Style::Plain, None) => Ok(resolve(text)),
            (_, None) => Ok(Scalar::Text(Cow::Borrowed(text))),
        };
        let scalar = match resolved {
            Ok(scalar) => scalar,
            Err(message) => {
                self.refuse(Fault::new(FaultKind::InvalidTag, span, message));
                Scalar::Null
            }
        };
        let key = (expects_key || anchor.is_some()).then(|| self.key_of(&scalar, source));
        if anchor.is_some() || !expects_key {
            let value = self.value_of(scalar, source);
            let node = self.push(NodeData { value, span, style });
            if let Value::Float(number) = value
                && !number.is_finite()
            {
                self.unsayable.insert(node, no_such_number(span));
            }
            if let Some(name) = anchor {
                self.budget.close_anchored(node, before);
                self.anchors.insert(name, Anchored { node, key });
            }
            if !expects_key {
                self.place(node);
                return;
            }
        }
        if is_merge {
            self.set_key(Key::Merge(span));
        } else if let Some(key) = key {
            self.take_key(key, span, style);
        }
    }

    fn spend(&mut self, bytes: usize, span: Span) {
        if self.budget.step(bytes) == Err(Exceeded) {
            self.refuse_aliasing(span);
        }
    }

    fn refuse_aliasing(&mut self, span: Span) {
        // Once is enough: everything after it exceeds the budget too.
        if self.refusal.is_none() {
            self.refuse(Fault::new(
                FaultKind::ExcessiveAliasing,
                span,
                "the aliases of this document unfold to far more than its text; kubectl refuses it",
            ));
        }
    }

    fn value_of(&mut self, scalar: Scalar<'_>, source: Source<'_>) -> Value {
        match scalar {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Number(number) => match json_number(number) {
                JsonNumber::Int(value) => Value::Int(value),
                JsonNumber::Float(value) => Value::Float(value),
            },
            Scalar::Text(text) => Value::Text(self.text_ref(&text, source)),
        }
    }

    /// Text that stands in the file as it is stays there.
    fn text_ref(&mut self, text: &str, source: Source<'_>) -> TextRef {
        match source.place {
            Some(place) if place.len() == text.len() => TextRef::Source(place),
            _ => self.own(text),
        }
    }

    fn place_in_file(&self, part: &str) -> Option<Span> {
        let text = self.file.text();
        let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
        let end = start + part.len();
        (end <= text.len()).then(|| Span::new(start, end))
    }

    /// The scalar as the key of a JSON object.
    fn key_of(&mut self, scalar: &Scalar<'_>, source: Source<'_>) -> KeyText {
        let is_text = matches!(scalar, Scalar::Text(_));
        let (text, is_sayable) = match scalar {
            Scalar::Text(text) => (self.text_ref(text, source), true),
            other => match key_text(other) {
                Some(text) => (self.own(&text), true),
                None => (self.own(source.text), false),
            },
        };
        KeyText {
            text,
            is_text,
            is_sayable,
        }
    }

    fn own(&mut self, text: &str) -> TextRef {
        let start = self.owned.len();
        self.owned.push_str(text);
        TextRef::Owned(Span::new(start, self.owned.len()))
    }

    fn take_key(&mut self, key: KeyText, span: Span, style: Style) {
        if !key.is_sayable
            && let Some(Frame::Mapping { node, .. }) = self.stack.last()
        {
            let what = match self.key_str(key.text) {
                "" => "nothing".to_owned(),
                text => format!("`{text}`"),
            };
            self.unsayable.insert(
                *node,
                Fault::new(
                    FaultKind::InvalidKey,
                    span,
                    format!("{what} cannot be a key for Kubernetes; quote it"),
                ),
            );
        }
        self.set_key(Key::Text(PendingKey {
            text: key.text,
            span,
            style,
            is_text: key.is_text,
        }));
    }

    fn alias(&mut self, name: &str, span: Span) {
        self.has_alias = true;
        let Some(&Anchored { node: target, key }) = self.anchors.get(name) else {
            self.refuse(Fault::new(
                FaultKind::Syntax,
                span,
                "no anchor of this name stands above",
            ));
            self.take_null(span);
            return;
        };
        let is_open = self.stack.iter().any(|frame| match frame {
            Frame::Sequence { node, .. } | Frame::Mapping { node, .. } => *node == target,
            Frame::KeyCollection { .. } => false,
        });
        if is_open {
            self.refuse(Fault::new(
                FaultKind::ExcessiveAliasing,
                span,
                "this alias stands inside its own anchor",
            ));
            self.take_null(span);
            return;
        }
        if self.budget.alias(target) == Err(Exceeded) {
            self.refuse_aliasing(span);
        }
        if self.expects_key() {
            let style = self.nodes[target.0 as usize].style;
            if let Some(key) = key {
                self.take_key(key, span, style);
            } else {
                self.refuse(collection_as_key(span));
                self.set_key(Key::Bad);
            }
            return;
        }
        let style = Style::Alias;
        let node = self.push(NodeData {
            value: Value::Alias(target),
            span,
            style,
        });
        self.place(node);
    }

    fn take_null(&mut self, span: Span) {
        if self.expects_key() {
            self.set_key(Key::Bad);
        } else {
            let node = self.push(NodeData {
                value: Value::Null,
                span,
                style: Style::Plain,
            });
            self.place(node);
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

    /// Begins a collection; `None` when it stands in the place of a key.
    fn open(&mut self, value: Value, style: Style, anchor: Option<&'t str>, span: Span) -> Option<NodeId> {
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

    fn close(&mut self, end: Span) {
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
    fn place(&mut self, node: NodeId) {
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

    /// Moves the open entries from `first` on into the arena, with duplicates and merges settled.
    fn settle(&mut self, mapping: NodeId, first: usize, has_merge: bool) -> Run {
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

    fn key_str(&self, key: TextRef) -> &str {
        match key {
            TextRef::Source(span) => self.file.slice(span),
            TextRef::Owned(span) => self.owned.get(span.range()).unwrap_or(""),
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

    /// What go-yaml reads but `encoding/json` does not write or read again.
    fn refuse_what_json_cannot_say(&mut self, root: NodeId) {
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

/// A scalar as a key.
#[derive(Debug, Clone, Copy)]
struct KeyText {
    text: TextRef,
    is_text: bool,
    /// Whether JSON can have it as a key: not so null, and numbers above 2^63.
    is_sayable: bool,
}

fn collection_as_key(span: Span) -> Fault {
    Fault::new(
        FaultKind::InvalidKey,
        span,
        "a list or a mapping cannot be a key (is this a template that was not rendered?)",
    )
}

fn no_such_number(span: Span) -> Fault {
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

fn index(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
