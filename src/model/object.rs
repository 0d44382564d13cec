//! One Kubernetes object and who it is.

use std::fmt;
use std::sync::Arc;

use super::placeholder;
use crate::source::decode::{Node, NodeId, Tree};
use crate::source::text::SourceFile;

/// One object of the repository.
#[derive(Debug, Clone)]
pub struct Object {
    tree: Arc<Tree>,
    root: NodeId,
    /// Who it is.
    pub identity: Identity,
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
            identity,
        }
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

    /// The folders of its file.
    #[must_use]
    pub fn folder(&self) -> &str {
        self.file().path().rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

/// How far two folders are apart: the steps up and down from the one to the other.
#[must_use]
pub fn folder_distance(one: &str, other: &str) -> usize {
    let parts = |folder: &str| folder.split('/').filter(|part| !part.is_empty()).count();
    let common = one
        .split('/')
        .zip(other.split('/'))
        .take_while(|(left, right)| left == right && !left.is_empty())
        .count();
    parts(one) + parts(other) - 2 * common
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_steps_between_folders() {
        assert_eq!(folder_distance("a/b", "a/b"), 0);
        assert_eq!(folder_distance("", "a"), 1);
        assert_eq!(folder_distance("clusters/eu/web", "clusters/us/web"), 4);
    }
}
