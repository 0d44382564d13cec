//! Kinds that make pods, and the pod template in each of them.

use super::object::Object;
use crate::source::decode::Node;

/// A kind that makes pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkloadKind {
    /// Groups it is or was served under; `""` is the core group.
    pub groups: &'static [&'static str],
    /// The kind.
    pub kind: &'static str,
    /// The way to the pod template; empty when the object is the pod itself.
    pub template: &'static [&'static str],
}

const TEMPLATE: &[&str] = &["spec", "template"];

/// Every kind with a pod template that is looked at. `extensions` served Deployments and `DaemonSets` until Kubernetes 1.16.
pub const WORKLOAD_KINDS: [WorkloadKind; 8] = [
    WorkloadKind {
        groups: &["apps", "extensions"],
        kind: "Deployment",
        template: TEMPLATE,
    },
    WorkloadKind {
        groups: &["apps", "apps.kruise.io"],
        kind: "StatefulSet",
        template: TEMPLATE,
    },
    WorkloadKind {
        groups: &["apps", "extensions", "apps.kruise.io"],
        kind: "DaemonSet",
        template: TEMPLATE,
    },
    WorkloadKind {
        groups: &["apps", "extensions"],
        kind: "ReplicaSet",
        template: TEMPLATE,
    },
    WorkloadKind {
        groups: &["batch"],
        kind: "Job",
        template: TEMPLATE,
    },
    WorkloadKind {
        groups: &["batch"],
        kind: "CronJob",
        template: &["spec", "jobTemplate", "spec", "template"],
    },
    WorkloadKind {
        groups: &[""],
        kind: "Pod",
        template: &[],
    },
    WorkloadKind {
        groups: &["apps.kruise.io"],
        kind: "CloneSet",
        template: TEMPLATE,
    },
];

/// The workload kind of an object, if it is one.
#[must_use]
pub fn workload_kind(group: &str, kind: &str) -> Option<&'static WorkloadKind> {
    WORKLOAD_KINDS
        .iter()
        .find(|known| known.kind == kind && known.groups.contains(&group))
}

/// A pod template, or a pod.
#[derive(Debug, Clone, Copy)]
pub struct PodTemplate<'o> {
    /// The object it belongs to.
    pub object: &'o Object,
    /// The template; the object itself for a Pod. `None` if it is missing.
    pub template: Option<Node<'o>>,
}

impl<'o> PodTemplate<'o> {
    /// The template of an object of this kind.
    #[must_use]
    pub fn of(object: &'o Object, kind: &WorkloadKind) -> Self {
        Self {
            object,
            template: object.root().at(kind.template),
        }
    }

    /// The labels that selectors look at.
    #[must_use]
    pub fn labels(self) -> Option<Node<'o>> {
        self.template?.at(&["metadata", "labels"])
    }

    /// The annotations of the pods.
    #[must_use]
    pub fn annotations(self) -> Option<Node<'o>> {
        self.template?.at(&["metadata", "annotations"])
    }

    /// The pod spec.
    #[must_use]
    pub fn spec(self) -> Option<Node<'o>> {
        self.template?.get("spec")
    }

    /// The containers and init containers, with the name of their list.
    pub fn containers(self) -> impl Iterator<Item = (&'static str, Node<'o>)> {
        let spec = self.spec();
        ["initContainers", "containers"].into_iter().flat_map(move |list| {
            spec.and_then(|spec| spec.get(list))
                .into_iter()
                .flat_map(Node::items)
                .map(move |container| (list, container))
        })
    }

    /// Whether the pods share the node's network.
    #[must_use]
    pub fn host_network(self) -> bool {
        self.spec()
            .and_then(|spec| spec.get("hostNetwork"))
            .and_then(Node::as_bool)
            .unwrap_or(false)
    }
}
