//! One Kubernetes object and who it is.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::placeholder;
use crate::source::decode::{Node, NodeId, Tree};
use crate::source::delivery::{self, Delivered, Extent, FurtherChange, NamespaceOutcome, Said, Variables};
use crate::source::folder;
pub use crate::source::folder::FolderDistance;
use crate::source::helm::{ChartOrigin, Instance};
use crate::source::kustomize::rendering::RenderedObject;
use crate::source::text::{SourceFile, Span};

/// One object of the repository.
#[derive(Debug, Clone)]
pub struct Object {
    tree: Arc<Tree>,
    root: NodeId,
    rendered: Option<Rendered>,
    /// Where it belongs in the repository, if not where its file is.
    folder: Option<Arc<str>>,
    /// Who it is.
    pub identity: Identity,
    /// Who gives it its namespace, if not the object itself.
    pub namespace_said: Option<Arc<Said>>,
    /// Who else changes it on the way to the cluster, by what is not done here.
    pub changed_by: Option<FurtherChange>,
    /// Whether it may have more labels and annotations in the end.
    pub has_open_metadata: bool,
    /// The chart that renders it, if one does.
    pub chart: Option<Arc<ChartOrigin>>,
    /// Whether whoever delivers it fills in variables of which Git does not tell all.
    pub is_filled_in: bool,
}

/// What a rendered object comes from.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The folder of the kustomization that it was built for.
    pub root: Arc<str>,
    /// The built document.
    pub object: Arc<RenderedObject>,
}

/// Tells an object from every other one, also from a copy of the same identity.
#[derive(Clone)]
pub struct ObjectKey {
    tree: Arc<Tree>,
    root: NodeId,
}

impl PartialEq for ObjectKey {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.tree, &other.tree) && self.root == other.root
    }
}

impl Eq for ObjectKey {}

impl ObjectKey {
    /// Every file that a part of the object is written in.
    pub fn files(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        self.tree.files()
    }
}

impl Hash for ObjectKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::hash(Arc::as_ptr(&self.tree), state);
        self.root.hash(state);
    }
}

impl fmt::Debug for ObjectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ObjectKey({} {:?})", self.tree.file().path(), self.root)
    }
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
    /// Written in the object, set by whoever delivers it, or given for the whole run.
    Given(String),
    /// Not written, or written and replaced by what Git does not tell. It is not `default`: a kustomization, Argo CD, Flux or
    /// `kubectl -n` decides later.
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

    /// Whether it is of this kind of the core group.
    #[must_use]
    pub fn is_core(&self, kind: &str) -> bool {
        self.kind == kind && self.group().is_empty()
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
    /// An object that a kustomization makes, if it has a type; `substituted` is its tree after what its delivery substitutes.
    /// `default_namespace` is for objects that name none.
    #[must_use]
    pub fn of_kustomization(
        root: &Arc<str>,
        object: &Arc<RenderedObject>,
        substituted: Option<&Arc<Tree>>,
        default_namespace: Option<&str>,
    ) -> Option<Self> {
        let tree = substituted.unwrap_or(&object.document.tree);
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
            folder: None,
            identity,
            namespace_said: None,
            changed_by: None,
            has_open_metadata: false,
            chart: None,
            is_filled_in: false,
        }
    }

    /// Gives the object what its deliveries say of it: who changes it further, and its namespace. One that several set to different names is not known: it stays one
    /// object, though each delivery applies one of its own.
    pub fn deliver(&mut self, delivered: &Delivered<'_>, variables: &Variables) {
        self.is_filled_in = variables.are_open() && !delivery::is_left_alone(self.root());
        for change in delivered.further() {
            let extent = change.extent(self.root());
            self.has_open_metadata |= extent.is_some();
            if extent == Some(Extent::Anything) && self.changed_by.is_none() {
                self.changed_by = Some(change.clone());
            }
        }
        let is_namespace = self.identity.is_core("Namespace");
        if self.identity.namespace == Namespace::ClusterScoped && !is_namespace {
            return;
        }
        // Of a Namespace its own name is what is replaced (`kustomize api filters/namespace`, default field `metadata/name`).
        let field = if is_namespace { "name" } else { "namespace" };
        let written = self.root().str_at(&["metadata", field]).filter(|name| !name.is_empty());
        let name = match delivered.namespace(written) {
            NamespaceOutcome::AsWritten => return,
            NamespaceOutcome::Given(name, said) => {
                self.namespace_said = Some(Arc::clone(said));
                Some(name.to_owned())
            }
            NamespaceOutcome::Unknown => None,
        };
        if is_namespace {
            self.identity.name = name;
        } else {
            self.identity.namespace = name.map_or(Namespace::Unresolved, Namespace::Given);
        }
    }

    /// Gives the object, if it names none, the namespace that its chart is installed into. Most templates write that one out.
    pub fn install(&mut self, instance: &Instance, origin: &Arc<ChartOrigin>) {
        self.chart = Some(Arc::clone(origin));
        if let (Some(said), Some(gap)) = (&instance.said, &instance.gap) {
            self.changed_by = Some(FurtherChange::of_chart(said, gap));
            self.has_open_metadata = true;
        }
        let Some(name) = &instance.namespace else {
            return;
        };
        if self.identity.namespace == Namespace::ClusterScoped {
            return;
        }
        // Helm applies into the namespace of the release what names none, whatever else is said for the run.
        let written = self.root().at(&["metadata", "namespace"]);
        let written = written.filter(|node| !node.is_null() && node.as_str() != Some(""));
        if written.is_none_or(|node| node.as_str() == Some(name)) {
            self.identity.namespace = Namespace::Given(name.clone());
            self.namespace_said.clone_from(&instance.said);
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

    /// What tells it from every other object.
    #[must_use]
    pub fn key(&self) -> ObjectKey {
        ObjectKey {
            tree: Arc::clone(&self.tree),
            root: self.root,
        }
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

    /// The same object, as one that belongs to a folder: its chart's, not that of the template.
    #[must_use]
    pub fn in_folder(mut self, folder: &Arc<str>) -> Self {
        self.folder = Some(Arc::clone(folder));
        self
    }

    /// Where the document is written that a kustomization made it from. Of what several kustomizations make from one, each is a copy, whatever
    /// names they give it.
    #[must_use]
    pub fn written_at(&self) -> Option<(&str, Span)> {
        self.rendered.as_ref()?;
        let root = self.root();
        let span = root.span();
        // Another program does not always tell what it made an object from.
        (span.start < span.end).then(|| (root.file().path(), span))
    }

    /// The folder that it belongs to: that of the kustomization that it was built for, or of its file, if nobody says otherwise.
    #[must_use]
    pub fn folder(&self) -> &str {
        match (&self.rendered, &self.folder) {
            (Some(rendered), _) => &rendered.root,
            (None, Some(folder)) => folder,
            (None, None) => folder::of_file(self.file().path()),
        }
    }
}
