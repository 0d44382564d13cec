//! OpenKruise's SidecarSet, as it is written in Git.

use super::object::Object;
use crate::source::decode::Node;

/// The group of every OpenKruise kind.
pub const KRUISE_GROUP: &str = "apps.kruise.io";

/// The kind.
pub const KIND: &str = "SidecarSet";

/// The value of `upgradeType` that makes two containers of one.
pub const HOT_UPGRADE: &str = "HotUpgrade";

/// A view of a SidecarSet of any version.
#[derive(Debug, Clone, Copy)]
pub struct SidecarSet<'o> {
    /// The object.
    pub object: &'o Object,
}

impl<'o> SidecarSet<'o> {
    /// The view of an object, if it is a SidecarSet.
    #[must_use]
    pub fn of(object: &'o Object) -> Option<Self> {
        let identity = &object.identity;
        (identity.kind == KIND && identity.group() == KRUISE_GROUP).then_some(Self { object })
    }

    /// The name, or a stand-in for messages.
    #[must_use]
    pub fn name(self) -> &'o str {
        self.object.identity.display_name()
    }

    /// `spec`.
    #[must_use]
    pub fn spec(self) -> Option<Node<'o>> {
        self.object.root().get("spec")
    }

    /// `spec.selector`.
    #[must_use]
    pub fn selector(self) -> Option<Node<'o>> {
        self.spec()?.get("selector")
    }

    /// `spec.namespace`, which only v1alpha1 has: in v1beta1 it is an unknown field, and dropped
    /// (`kruise v1.9.0 apis/apps/v1beta1/sidecarset_types.go`).
    #[must_use]
    pub fn namespace(self) -> Option<Node<'o>> {
        if self.object.identity.api_version.ends_with("/v1beta1") {
            return None;
        }
        self.spec()?.get("namespace")
    }

    /// Whether it injects into new pods, which `spec.injectionStrategy.paused` stops.
    #[must_use]
    pub fn injects(self) -> bool {
        let paused = self
            .spec()
            .and_then(|spec| spec.at(&["injectionStrategy", "paused"]))
            .and_then(Node::as_bool);
        paused != Some(true)
    }

    /// `spec.namespaceSelector`.
    #[must_use]
    pub fn namespace_selector(self) -> Option<Node<'o>> {
        self.spec()?.get("namespaceSelector")
    }

    fn list(self, key: &str) -> impl Iterator<Item = Node<'o>> + use<'o> {
        self.spec()
            .and_then(|spec| spec.get(key))
            .into_iter()
            .flat_map(Node::items)
    }

    /// `spec.containers`.
    pub fn containers(self) -> impl Iterator<Item = Node<'o>> {
        self.list("containers")
    }

    /// `spec.initContainers`.
    pub fn init_containers(self) -> impl Iterator<Item = Node<'o>> {
        self.list("initContainers")
    }

    /// `spec.volumes`.
    pub fn volumes(self) -> impl Iterator<Item = Node<'o>> {
        self.list("volumes")
    }

    /// The containers that ask for HotUpgrade.
    pub fn hot_containers(self) -> impl Iterator<Item = Node<'o>> {
        self.containers().filter(|container| is_hot(*container))
    }
}

/// The names a container has in a pod: one that asks for HotUpgrade becomes two
/// (`kruise v1.9.0 pkg/webhook/pod/mutating/sidecarset_hotupgrade.go`).
#[must_use]
pub fn injected_names(container: Node<'_>) -> Vec<String> {
    match container.str_at(&["name"]) {
        None => Vec::new(),
        Some(name) if is_hot(container) => vec![format!("{name}-1"), format!("{name}-2")],
        Some(name) => vec![name.to_owned()],
    }
}

/// Whether a container asks for HotUpgrade, spelt as Kruise wants it.
#[must_use]
pub fn is_hot(container: Node<'_>) -> bool {
    container.str_at(&["upgradeStrategy", "upgradeType"]) == Some(HOT_UPGRADE)
}

/// The name of a container, or a stand-in for messages.
#[must_use]
pub fn container_name(container: Node<'_>) -> &str {
    container.str_at(&["name"]).unwrap_or("(without a name)")
}
