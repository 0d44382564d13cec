//! What a kustomization file says of the files beside it. It is read, not built: files are judged as written.

use super::decode::{Decoded, Node};

/// The files that a kustomization names, relative to the root of the repository.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Files it takes as they are (`resources`, `bases`, `components`).
    pub resources: Vec<String>,
    /// Files that are patches, or data, and no manifests of their own.
    pub patches: Vec<String>,
}

/// Reads the references of the kustomization called `name`.
#[must_use]
pub fn references(name: &str, decoded: &Decoded) -> References {
    let mut found = References::default();
    for tree in decoded.documents.iter().filter_map(|document| document.tree.as_ref()) {
        let root = tree.root();
        for field in ["resources", "bases", "components"] {
            found
                .resources
                .extend(strings(root.get(field)).filter_map(|path| join(name, path)));
        }
        for field in ["patchesStrategicMerge", "configurations", "transformers", "generators"] {
            found
                .patches
                .extend(strings(root.get(field)).filter_map(|path| join(name, path)));
        }
        for field in ["patches", "patchesJson6902", "replacements"] {
            let items = root.get(field).into_iter().flat_map(Node::items);
            found.patches.extend(
                items
                    .filter_map(|item| item.str_at(&["path"]))
                    .filter_map(|path| join(name, path)),
            );
        }
        found
            .patches
            .extend(root.str_at(&["openapi", "path"]).and_then(|path| join(name, path)));
    }
    found
}

fn strings(list: Option<Node<'_>>) -> impl Iterator<Item = &str> {
    list.into_iter().flat_map(Node::items).filter_map(Node::as_str)
}

/// A path written in the kustomization, relative to the root; `None` for what lies outside or is an inline document.
fn join(kustomization: &str, path: &str) -> Option<String> {
    if path.contains('\n') || path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = match kustomization.rsplit_once('/') {
        Some((folder, _)) => folder.split('/').collect(),
        None => Vec::new(),
    };
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decode::decode_str;

    #[test]
    fn paths_are_relative_to_the_kustomization() {
        let text = "resources: [a.yaml, ../base]\npatches:\n- path: p.yaml\n- patch: |\n    - op: add\npatchesStrategicMerge: [q.yaml]\n";
        let found = references("o/prod/kustomization.yaml", &decode_str("k", text));
        assert_eq!(found.resources, ["o/prod/a.yaml", "o/base"]);
        assert_eq!(found.patches, ["o/prod/q.yaml", "o/prod/p.yaml"]);
    }
}
