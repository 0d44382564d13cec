//! The decoded document: one arena of nodes, each with the bytes it came from.
//!
//! Policies, schema validation, CEL and every report work on this tree; nothing is parsed twice. An alias stays a reference
//! to its target, so no document grows in memory beyond its text.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::source::text::{Place, SourceFile, Span};

/// Index of a node in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes, on one or several lines.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A collection in block form.
    Block,
    /// A collection in flow form (`[…]`, `{…}`), or anything in JSON but a string.
    Flow,
    /// `*name`
    Alias,
    /// Not as it stands there: a variable in it was replaced by its value.
    Substituted,
}

/// Text in the file, or beside it when escapes, folding or decoding changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextRef {
    Source(Span),
    Owned(Span),
}

/// A range in [`Tree::items`] or [`Tree::entries`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Run {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl Run {
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(TextRef),
    Sequence(Run),
    Mapping(Run),
    Alias(NodeId),
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct NodeData {
    pub(crate) value: Value,
    pub(crate) span: Span,
    pub(crate) style: Style,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct EntryData {
    pub(crate) key: TextRef,
    pub(crate) key_span: Span,
    pub(crate) key_style: Style,
    /// Whether the key was written as text: `8080:` and `on:` were not.
    pub(crate) key_is_text: bool,
    pub(crate) value: NodeId,
    pub(crate) merged: bool,
}

/// One document: as it was read, or rendered from several.
#[derive(Debug)]
pub struct Tree {
    pub(crate) file: Arc<SourceFile>,
    /// The files of the nodes of a rendered document; `None` when all of it stands in `file`.
    pub(crate) places: Option<Places>,
    pub(crate) nodes: Vec<NodeData>,
    pub(crate) items: Vec<NodeId>,
    pub(crate) entries: Vec<EntryData>,
    pub(crate) owned: String,
    pub(crate) root: NodeId,
    /// The parent of each node, once asked: only findings need the way back.
    pub(crate) parents: OnceLock<Vec<Option<Parent>>>,
}

/// From which file each part of a rendered document comes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    pub(crate) files: Vec<Arc<SourceFile>>,
    /// For each node, in the order of [`Tree::nodes`], the index of its file.
    pub(crate) of_nodes: Vec<u32>,
    /// For each entry, in the order of [`Tree::entries`], the index of the file of its key.
    pub(crate) of_keys: Vec<u32>,
    /// For each node, whether its place is only near the text that made it; empty when none is.
    pub(crate) near_nodes: Vec<bool>,
    /// For each entry, the same of its key.
    pub(crate) near_keys: Vec<bool>,
}

/// The collection that a node is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parent {
    node: NodeId,
    /// Position among its entries or items.
    index: u32,
}

impl Tree {
    /// The file the document stands in; for a rendered one the file of its outermost node.
    #[must_use]
    pub fn file(&self) -> &Arc<SourceFile> {
        &self.file
    }

    /// Every file that a part of the document stands in.
    pub fn files(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        let others = self.places.iter().flat_map(|places| &places.files);
        std::iter::once(&self.file).chain(others)
    }

    fn file_of(&self, index: impl FnOnce(&Places) -> Option<&u32>) -> &Arc<SourceFile> {
        let file = |places| self.places.as_ref().and_then(|all: &Places| all.files.get(places));
        self.places
            .as_ref()
            .and_then(index)
            .and_then(|&at| file(at as usize))
            .unwrap_or(&self.file)
    }

    /// The outermost node.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        self.node(self.root)
    }

    /// Whether any key was written as something else than text, and became text.
    #[must_use]
    pub fn has_converted_keys(&self) -> bool {
        self.entries.iter().any(|entry| !entry.key_is_text)
    }

    fn parent(&self, child: NodeId) -> Option<Parent> {
        let parents = self.parents.get_or_init(|| {
            let mut parents = vec![None; self.nodes.len()];
            let ids = (0..).map(NodeId);
            for (id, node) in ids.zip(&self.nodes) {
                let children: Vec<(usize, NodeId)> = match node.value {
                    Value::Sequence(run) => self.items[run.range()].iter().copied().enumerate().collect(),
                    Value::Mapping(run) => {
                        let entries = self.entries[run.range()].iter().enumerate();
                        // What came by `<<` is written elsewhere.
                        entries
                            .filter(|(_, entry)| !entry.merged)
                            .map(|(at, entry)| (at, entry.value))
                            .collect()
                    }
                    _ => Vec::new(),
                };
                for (index, child) in children {
                    parents[child.0 as usize] = Some(Parent {
                        node: id,
                        index: u32::try_from(index).unwrap_or(u32::MAX),
                    });
                }
            }
            parents
        });
        parents.get(child.0 as usize).copied().flatten()
    }

    /// The node with this index.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Node<'_> {
        Node { tree: self, id }
    }

    pub(crate) fn text(&self, text: TextRef) -> &str {
        match text {
            TextRef::Source(span) => self.file.slice(span),
            TextRef::Owned(span) => self.owned.get(span.range()).unwrap_or(""),
        }
    }
}

/// A node of a [`Tree`], with the tree at hand.
///
/// Every question looks through an alias to its target, except [`Node::span`], which stays where the alias is written.
#[derive(Debug, Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree,
    id: NodeId,
}

/// The sort of a node's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// `null`, or nothing at all.
    Null,
    /// `true` or `false`, and for Kubernetes `yes`, `on`, `y` and their like.
    Boolean,
    /// A whole number that fits 64 bits.
    Integer,
    /// Any other number.
    Float,
    /// A string.
    Text,
    /// A list.
    Sequence,
    /// A mapping.
    Mapping,
}

impl NodeKind {
    /// The sort as a message names it, with its article.
    #[must_use]
    pub fn with_article(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Integer | Self::Float => "a number",
            Self::Text => "a string",
            Self::Sequence => "a list",
            Self::Mapping => "a mapping",
        }
    }
}

impl<'t> Node<'t> {
    /// The index of the node itself (of the alias, not of its target).
    #[must_use]
    pub fn id(self) -> NodeId {
        self.id
    }

    /// The collection the node is written in, and its position among the entries or items; `None` for the root.
    #[must_use]
    pub fn parent(self) -> Option<(Node<'t>, usize)> {
        let parent = self.tree.parent(self.id)?;
        Some((self.tree.node(parent.node), parent.index as usize))
    }

    /// The index of the node itself, or of an alias's target.
    #[must_use]
    pub fn target_id(self) -> NodeId {
        match self.data().value {
            Value::Alias(target) => target,
            _ => self.id,
        }
    }

    /// The tree the node belongs to.
    #[must_use]
    pub fn tree(self) -> &'t Tree {
        self.tree
    }

    /// The file the node stands in.
    #[must_use]
    pub fn file(self) -> &'t Arc<SourceFile> {
        self.tree.file_of(|places| places.of_nodes.get(self.id.0 as usize))
    }

    fn data(self) -> &'t NodeData {
        &self.tree.nodes[self.id.0 as usize]
    }

    fn target(self) -> &'t NodeData {
        match self.data().value {
            Value::Alias(target) => &self.tree.nodes[target.0 as usize],
            _ => self.data(),
        }
    }

    pub(crate) fn value(self) -> Value {
        self.target().value
    }

    /// The bytes the node is written at. A value that was left out has an empty span behind its key's colon.
    #[must_use]
    pub fn span(self) -> Span {
        self.data().span
    }

    /// The file and the bytes the node is written at.
    #[must_use]
    pub fn place(self) -> Place {
        Place {
            file: Arc::clone(self.file()),
            span: self.span(),
            is_near: self.is_near(),
        }
    }

    /// Where an alias's target is written; `None` for a node that is no alias.
    #[must_use]
    pub fn anchor_span(self) -> Option<Span> {
        matches!(self.data().value, Value::Alias(_)).then(|| self.target().span)
    }

    /// How the node is written (how its target is, for an alias).
    #[must_use]
    pub fn style(self) -> Style {
        self.target().style
    }

    /// Whether no text of a file is known to have made the node: its span is near it only.
    #[must_use]
    pub fn is_near(self) -> bool {
        let places = self.tree.places.as_ref();
        places.and_then(|places| places.near_nodes.get(self.id.0 as usize)) == Some(&true)
    }

    /// Whether a template made the node: the characters of the file are not the value then.
    #[must_use]
    pub fn is_rendered(self) -> bool {
        self.tree
            .places
            .as_ref()
            .is_some_and(|places| !places.near_nodes.is_empty())
    }

    /// The value as a message quotes it: as it is written, or what a template made of it.
    #[must_use]
    pub fn written(self) -> Cow<'t, str> {
        if !self.is_rendered() {
            return Cow::Borrowed(self.source());
        }
        self.as_str().map_or_else(
            || {
                let mut json = String::new();
                super::write_json(self, &mut json);
                Cow::Owned(json)
            },
            Cow::Borrowed,
        )
    }

    /// The characters of the file that make up the node.
    #[must_use]
    pub fn source(self) -> &'t str {
        self.file().slice(self.span())
    }

    /// The sort of the value.
    #[must_use]
    pub fn kind(self) -> NodeKind {
        match self.value() {
            Value::Null | Value::Alias(_) => NodeKind::Null,
            Value::Bool(_) => NodeKind::Boolean,
            Value::Int(_) => NodeKind::Integer,
            Value::Float(_) => NodeKind::Float,
            Value::Text(_) => NodeKind::Text,
            Value::Sequence(_) => NodeKind::Sequence,
            Value::Mapping(_) => NodeKind::Mapping,
        }
    }

    /// Whether the value is null. Kubernetes treats a null field as an absent one.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind() == NodeKind::Null
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(self) -> Option<&'t str> {
        match self.value() {
            Value::Text(text) => Some(self.tree.text(text)),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.value() {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number, if it is one; `3.0` is one, as it is for the API server.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        match self.value() {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_f64(self) -> Option<f64> {
        match self.value() {
            #[expect(clippy::cast_precision_loss, reason = "as JSON readers do")]
            Value::Int(value) => Some(value as f64),
            Value::Float(value) => Some(value),
            _ => None,
        }
    }

    /// The items of a list; none for anything else.
    #[must_use]
    pub fn items(self) -> impl ExactSizeIterator<Item = Node<'t>> + DoubleEndedIterator + Clone {
        let run = match self.value() {
            Value::Sequence(run) => run,
            _ => Run::default(),
        };
        let tree = self.tree;
        tree.items[run.range()].iter().map(|&id| tree.node(id))
    }

    /// The entries of a mapping, keys in the order of the file; none for anything else.
    #[must_use]
    pub fn entries(self) -> impl ExactSizeIterator<Item = Entry<'t>> + DoubleEndedIterator + Clone {
        let run = match self.value() {
            Value::Mapping(run) => run,
            _ => Run::default(),
        };
        let tree = self.tree;
        let ids = run.start..run.start + run.len;
        let data = tree.entries[run.range()].iter();
        data.zip(ids).map(move |(data, id)| Entry { tree, data, id })
    }

    /// The entry of a mapping under this key.
    #[must_use]
    pub fn entry(self, key: &str) -> Option<Entry<'t>> {
        self.entries().find(|entry| entry.has_key(key))
    }

    /// The value of a mapping under this key; `None` also when it is null, which Kubernetes takes for absent.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Node<'t>> {
        self.entry(key).map(Entry::value).filter(|value| !value.is_null())
    }

    /// The value at the end of a way of keys.
    #[must_use]
    pub fn at(self, keys: &[&str]) -> Option<Node<'t>> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The string under this key, if there is one.
    #[must_use]
    pub fn str_at(self, keys: &[&str]) -> Option<&'t str> {
        self.at(keys).and_then(Node::as_str)
    }
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.id == other.id
    }
}

impl Eq for Node<'_> {}

/// A key and its value.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'t> {
    tree: &'t Tree,
    data: &'t EntryData,
    /// Position in [`Tree::entries`].
    id: u32,
}

impl<'t> Entry<'t> {
    /// The key as Kubernetes reads it: `8080:` is `"8080"`, `on:` is `"true"`.
    #[must_use]
    pub fn key(self) -> &'t str {
        self.tree.text(self.data.key)
    }

    /// Whether this is the key. Most keys differ in length already, and this is asked more often than anything else.
    fn has_key(self, key: &str) -> bool {
        let (TextRef::Source(span) | TextRef::Owned(span)) = self.data.key;
        span.len() == key.len() && self.key() == key
    }

    /// Position in [`Tree::entries`].
    pub(crate) fn index(self) -> usize {
        self.id as usize
    }

    /// The bytes of the key.
    #[must_use]
    pub fn key_span(self) -> Span {
        self.data.key_span
    }

    /// The file the key stands in.
    #[must_use]
    pub fn key_file(self) -> &'t Arc<SourceFile> {
        self.tree.file_of(|places| places.of_keys.get(self.id as usize))
    }

    /// The file and the bytes of the key.
    #[must_use]
    pub fn key_place(self) -> Place {
        Place {
            file: Arc::clone(self.key_file()),
            span: self.key_span(),
            is_near: self.key_is_near(),
        }
    }

    /// Whether no text of a file is known to have made the key: its span is near it only.
    #[must_use]
    pub fn key_is_near(self) -> bool {
        let places = self.tree.places.as_ref();
        places.and_then(|places| places.near_keys.get(self.id as usize)) == Some(&true)
    }

    /// How the key is written.
    #[must_use]
    pub fn key_style(self) -> Style {
        self.data.key_style
    }

    /// Whether the key was written as a string, not as a number or boolean that became one.
    #[must_use]
    pub fn key_is_text(self) -> bool {
        self.data.key_is_text
    }

    /// Whether the entry came here by `<<`.
    #[must_use]
    pub fn is_merged(self) -> bool {
        self.data.merged
    }

    /// The value.
    #[must_use]
    pub fn value(self) -> Node<'t> {
        self.tree.node(self.data.value)
    }
}
