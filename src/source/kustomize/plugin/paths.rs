//! The files that plugins name, so that they are read before anything is built.

use super::API_VERSION;
use crate::source::decode::{Decoded, Node};
use crate::source::kustomize::generate;

/// The paths that plugins name, as they are written.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// Of files that are read for what they say.
    pub inputs: Vec<String>,
    /// Of files whose bytes are taken.
    pub data: Vec<String>,
}

impl Paths {
    pub(super) fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.data.is_empty()
    }

    fn add(&mut self, other: Self) {
        self.inputs.extend(other.inputs);
        self.data.extend(other.data);
    }
}

/// The paths that kustomize's own plugins of a file name, those in a list too.
#[must_use]
pub fn of_file(decoded: &Decoded) -> Paths {
    let mut all = Paths::default();
    let trees = decoded.documents.iter().filter_map(|document| document.tree.as_ref());
    for root in trees.map(|tree| tree.root()) {
        let items = root.get("items").into_iter().flat_map(Node::items);
        for object in std::iter::once(root).chain(items) {
            if object.str_at(&["apiVersion"]) == Some(API_VERSION) {
                all.add(of(object.str_at(&["kind"]).unwrap_or_default(), object));
            }
        }
    }
    all
}

/// The paths that a plugin of this kind names.
pub(super) fn of(kind: &str, root: Node<'_>) -> Paths {
    let mut paths = Paths::default();
    let mut add = |node: Option<Node<'_>>| {
        let path = node.and_then(Node::as_str).filter(|path| !path.is_empty());
        paths.inputs.extend(path.map(str::to_owned));
    };
    let list = |field: &str| root.get(field).into_iter().flat_map(Node::items);
    match kind {
        "ConfigMapGenerator" | "SecretGenerator" => {
            let data = generate::wanted_data_of_one(root).into_iter();
            paths.data.extend(data.map(|(_, path)| path));
        }
        "PatchTransformer" | "PatchJson6902Transformer" => add(root.get("path")),
        "PatchStrategicMergeTransformer" => list("paths").for_each(|item| add(Some(item))),
        "ReplacementTransformer" => list("replacements").for_each(|item| add(item.get("path"))),
        _ => {}
    }
    paths
}
