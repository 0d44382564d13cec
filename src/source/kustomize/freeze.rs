//! Values to trees: what was built becomes a document like any other, in which each node knows its own file.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::sources::Sources;
use super::value::{Data, FileId, Origin, Step, Value};
use crate::source::decode::tree::{EntryData, NodeData, Places, Run, TextRef};
use crate::source::decode::{NodeId, Tree};
use crate::source::text::{Place, SourceFile, Span};

/// A built document: the tree, and what is in it by more than being written in a resource.
#[derive(Debug)]
pub struct Frozen {
    /// The document.
    pub tree: Arc<Tree>,
    /// For each node that something other than a resource put there, what did, the last first; what is replaced stands behind.
    pub changed: HashMap<NodeId, Vec<Changed>>,
}

/// What put a value where it is.
#[derive(Debug, Clone)]
pub struct Changed {
    /// What.
    pub step: Step,
    /// Where that is written.
    pub place: Place,
    /// Where it is written that it goes there, if that is another place.
    pub put_at: Option<Place>,
}

/// Makes a tree of a value. The file of its outermost part must be among the sources.
#[must_use]
pub fn freeze(value: &Value, sources: &Sources) -> Option<Frozen> {
    let mut freezer = Freezer {
        sources,
        files: Vec::new(),
        known: HashMap::new(),
        tree: Tree {
            file: Arc::clone(sources.file(value.origin.file)?),
            places: None,
            nodes: Vec::new(),
            items: Vec::new(),
            entries: Vec::new(),
            owned: String::new(),
            root: NodeId(0),
            parents: OnceLock::new(),
        },
        places: Places::default(),
        changed: HashMap::new(),
    };
    let root = freezer.add(value);
    freezer.tree.root = root;
    freezer.places.files = freezer.files;
    freezer.tree.places = Some(freezer.places);
    Some(Frozen {
        tree: Arc::new(freezer.tree),
        changed: freezer.changed,
    })
}

struct Freezer<'s> {
    sources: &'s Sources,
    files: Vec<Arc<SourceFile>>,
    known: HashMap<FileId, u32>,
    tree: Tree,
    places: Places,
    changed: HashMap<NodeId, Vec<Changed>>,
}

impl Freezer<'_> {
    fn file(&mut self, id: FileId) -> u32 {
        if let Some(&at) = self.known.get(&id) {
            return at;
        }
        let file = self.sources.file(id).unwrap_or(&self.tree.file);
        let at = index(self.files.len());
        self.files.push(Arc::clone(file));
        self.known.insert(id, at);
        at
    }

    fn text(&mut self, text: &str) -> TextRef {
        let start = self.tree.owned.len();
        self.tree.owned.push_str(text);
        TextRef::Owned(Span::new(start, self.tree.owned.len()))
    }

    /// Children stand before what holds them, as they do in a tree that was read.
    fn add(&mut self, value: &Value) -> NodeId {
        use crate::source::decode::tree::Value as Node;
        let node = match &value.data {
            Data::Null => Node::Null,
            Data::Bool(value) => Node::Bool(*value),
            Data::Int(value) => Node::Int(*value),
            Data::Float(value) => Node::Float(*value),
            Data::Text(text) => Node::Text(self.text(text)),
            Data::List(items) => {
                let ids: Vec<NodeId> = items.iter().map(|item| self.add(item)).collect();
                let start = index(self.tree.items.len());
                self.tree.items.extend(ids);
                Node::Sequence(Run {
                    start,
                    len: index(items.len()),
                })
            }
            Data::Map(fields) => {
                let entries: Vec<(EntryData, u32)> = fields
                    .iter()
                    .map(|field| {
                        let data = EntryData {
                            key: self.text(&field.key),
                            key_span: field.key_origin.span,
                            key_style: field.key_origin.style,
                            key_is_text: true,
                            value: self.add(&field.value),
                            merged: false,
                        };
                        (data, self.file(field.key_origin.file))
                    })
                    .collect();
                let start = index(self.tree.entries.len());
                for (data, file) in entries {
                    self.tree.entries.push(data);
                    self.places.of_keys.push(file);
                }
                Node::Mapping(Run {
                    start,
                    len: index(fields.len()),
                })
            }
        };
        let id = NodeId(index(self.tree.nodes.len()));
        let file = self.file(value.origin.file);
        self.tree.nodes.push(NodeData {
            value: node,
            span: value.origin.span,
            style: value.origin.style,
        });
        self.places.of_nodes.push(file);
        self.note_near(value.origin.step == Step::Unknown);
        if value.origin.step.field().is_some() || value.origin.before.is_some() {
            self.changed.insert(id, self.history(&value.origin));
        }
        id
    }

    /// Notes that the place of the node just added is only near what made it.
    fn note_near(&mut self, is_near: bool) {
        let near = &mut self.places.near_nodes;
        if is_near || !near.is_empty() {
            near.resize(self.tree.nodes.len() - 1, false);
            near.push(is_near);
        }
    }

    fn history(&self, origin: &Origin) -> Vec<Changed> {
        let mut changed = Vec::new();
        let mut next = Some(origin);
        while let Some(origin) = next {
            if let Some(file) = self.sources.file(origin.file) {
                let place = |file: &Arc<SourceFile>, span| Place::new(Arc::clone(file), span);
                let put_at = origin
                    .put_at
                    .and_then(|(file, span)| Some(place(self.sources.file(file)?, span)));
                changed.push(Changed {
                    step: origin.step,
                    place: place(file, origin.span),
                    put_at,
                });
            }
            next = origin.before.as_deref();
        }
        changed
    }
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
