//! One Kubernetes object and who it is.

use std::fmt;
use std::sync::Arc;

use super::placeholder;
use crate::source::decode::{Node, NodeId, Tree};
use crate::source::kustomize::rendering::RenderedObject;
use crate::source::path::folder_of;
use crate::source::text::SourceFile;

/// One object of the repository.
#[derive(Debug, Clone)]
pub struct Object {
    tree: Arc<Tree>,
    root: NodeId,
    rendered: Option<Rendered>,
    /// Who it is.
    pub identity: Identity,
}

/// What a rendered object comes from.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The folder of the kustomization that it was built for.
    pub root: Arc<str>,
    /// The built document.
    pub object: Arc<RenderedObject>,
}

/// Who an object is. Names as written; nothing is assumed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// `group/version`, or `v1`.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// The namespace.
    pub namespace: Namespace,
    /// `metadata.name`; `None` if there is none, or it is no string.
    pub name: Option<String>,
}

/// The namespace of an object, as far as Git tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// The kind has none.
    ClusterScoped,
    /// Written in the object, or given for the whole run.
    Given(String),
    /// Not written. It is not `default`: a kustomization, Argo CD, Flux or `kubectl -n` decides later.
    Unresolved,
}

impl Namespace {
    /// The name, if it is known.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Given(name) => Some(name),
            Self::ClusterScoped | Self::Unresolved => None,
        }
    }

    /// Whether two namespaces can be the same one: equal, or not known.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Given(one), Self::Given(other)) => one == other,
            _ => true,
        }
    }
}

impl Identity {
    /// The group of the `apiVersion`; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// The name, or a stand-in for messages.
    #[must_use]
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or("(without a name)")
    }
}

impl fmt::Display for Identity {
    /// As kubectl shows it: `Deployment shop/web`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.kind)?;
        if let Namespace::Given(namespace) = &self.namespace {
            write!(formatter, "{namespace}/")?;
        }
        formatter.write_str(self.display_name())
    }
}

/// Kinds without a namespace among those that are read for what they mean.
const CLUSTER_SCOPED: [(&str, &str); 2] = [("", "Namespace"), ("apps.kruise.io", "SidecarSet")];

impl Object {
    /// An object that a kustomization makes, if it has a type. `default_namespace` is for objects that name none.
    #[must_use]
    pub fn of_kustomization(
        root: &Arc<str>,
        object: &Arc<RenderedObject>,
        default_namespace: Option<&str>,
    ) -> Option<Self> {
        let tree = &object.document.tree;
        let node = tree.root();
        let (api_version, kind) = (node.str_at(&["apiVersion"])?, node.str_at(&["kind"])?);
        let rendered = Rendered {
            root: Arc::clone(root),
            object: Arc::clone(object),
        };
        Some(Self {
            rendered: Some(rendered),
            ..Self::new(tree, node, api_version, kind, default_namespace)
        })
    }

    /// An object of a document. `default_namespace` is for objects that name none.
    #[must_use]
    pub fn new(
        tree: &Arc<Tree>,
        root: Node<'_>,
        api_version: &str,
        kind: &str,
        default_namespace: Option<&str>,
    ) -> Self {
        let written = root.str_at(&["metadata", "namespace"]).filter(|name| !name.is_empty());
        let mut identity = Identity {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: written
                .or(default_namespace)
                // `${NAMESPACE}` is no name: whoever fills it in decides.
                .filter(|name| placeholder::find(name).is_none())
                .map_or(Namespace::Unresolved, |name| Namespace::Given(name.to_owned())),
            name: root.str_at(&["metadata", "name"]).map(str::to_owned),
        };
        if CLUSTER_SCOPED.contains(&(identity.group(), kind)) {
            identity.namespace = Namespace::ClusterScoped;
        }
        Self {
            tree: Arc::clone(tree),
            root: root.id(),
            rendered: None,
            identity,
        }
    }

    /// The same object, of which it is not known in which namespace it will be, though one is written.
    #[must_use]
    pub fn moved_elsewhere(mut self) -> Self {
        if let Namespace::Given(_) = self.identity.namespace {
            self.identity.namespace = Namespace::Unresolved;
        }
        self
    }

    /// What it comes from, if it is not just written in a file.
    #[must_use]
    pub fn rendered(&self) -> Option<&Rendered> {
        self.rendered.as_ref()
    }

    /// The object's mapping.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        self.tree.node(self.root)
    }

    /// The file it stands in.
    #[must_use]
    pub fn file(&self) -> &Arc<SourceFile> {
        self.tree.file()
    }

    /// The folder that it is applied from: that of its file, or of the kustomization that it was built for.
    #[must_use]
    pub fn folder(&self) -> &str {
        match &self.rendered {
            Some(rendered) => &rendered.root,
            None => folder_of(self.file().path()),
        }
    }
}

/// How far a folder is from another one.
///
/// The steps up to the folder that holds both count first: what shares more folders is nearer, however deep it lies in them.
/// A cluster's own files are so nearer than those of any other cluster, whatever folders either of them has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FolderDistance {
    up: usize,
    down: usize,
}

impl FolderDistance {
    /// The distance of `to`, seen from `from`.
    #[must_use]
    pub fn between(from: &str, to: &str) -> Self {
        let parts = |folder: &str| folder.split('/').filter(|part| !part.is_empty()).count();
        let common = from
            .split('/')
            .zip(to.split('/'))
            .take_while(|(left, right)| left == right && !left.is_empty())
            .count();
        Self {
            up: parts(from) - common,
            down: parts(to) - common,
        }
    }

    /// What tells near from far: of several folders below the one that holds both, none is meant more than the others, but that folder
    /// itself is.
    #[must_use]
    pub fn rank(self) -> (usize, bool) {
        (self.up, self.down > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shares_more_folders_is_nearer_however_deep_it_lies() {
        let from = "clusters/eu/mesh/sidecars";
        let nearer_first = [
            from,
            "clusters/eu/mesh/sidecars/a/b/c",
            "clusters/eu/mesh",
            "clusters/eu/apps/shop/web",
            "clusters",
            "clusters/us",
            "",
            "base",
        ];
        let ranks: Vec<_> = nearer_first
            .iter()
            .map(|to| FolderDistance::between(from, to).rank())
            .collect();
        assert!(ranks.is_sorted_by(|left, right| left < right), "{ranks:?}");
    }

    #[test]
    fn a_folder_above_several_is_equally_near_to_all_of_them() {
        let rank = |to: &str| FolderDistance::between("clusters", to).rank();
        assert_eq!(rank("clusters/eu/apps/web"), rank("clusters/us"));
        assert!(rank("clusters") < rank("clusters/us"));
    }
}
