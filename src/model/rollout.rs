//! How an upgrade of a `SidecarSet` rolls out, and over how many pods.

use std::collections::{HashMap, HashSet};

use super::int_or_percent::IntOrString;
use super::inventory::Inventory;
use super::object::Object;
use super::placeholder;
use super::read;
use super::relations::{Relations, SetFacts, WorkloadFacts};
use super::sidecar_set::SidecarSet;
use crate::source::decode::{Node, NodeKind};

/// The type that upgrades pods, and the default.
pub const ROLLING_UPDATE: &str = "RollingUpdate";
/// The type that never does.
pub const NOT_UPDATE: &str = "NotUpdate";

/// `spec.updateStrategy`.
#[derive(Debug, Clone, Copy)]
pub struct UpdateStrategy<'o> {
    node: Option<Node<'o>>,
}

impl<'o> UpdateStrategy<'o> {
    /// The strategy of a set.
    #[must_use]
    pub fn of(set: SidecarSet<'o>) -> Self {
        Self {
            node: set.spec().and_then(|spec| spec.get("updateStrategy")),
        }
    }

    /// The mapping, if there is one.
    #[must_use]
    pub fn node(self) -> Option<Node<'o>> {
        self.node
    }

    /// Whether it can be read: a mapping, or nothing, which means the defaults.
    #[must_use]
    pub fn is_known(self) -> bool {
        self.node.is_none_or(|node| node.kind() == NodeKind::Mapping)
    }

    /// One of its fields.
    #[must_use]
    pub fn field(self, key: &str) -> Option<Node<'o>> {
        self.node?.get(key)
    }

    /// A field that is a number or a percentage, with its node. Nothing for a placeholder.
    #[must_use]
    pub fn amount(self, key: &str) -> Option<(Node<'o>, IntOrString)> {
        let node = self.field(key)?;
        if node.as_str().is_some_and(|text| placeholder::find(text).is_some()) {
            return None;
        }
        Some((node, read::int_or_string(node)?))
    }

    /// Whether the field is written but cannot be read.
    #[must_use]
    pub fn is_unreadable(self, key: &str) -> bool {
        self.field(key).is_some() && self.amount(key).is_none()
    }

    /// `type`, as Kruise takes it: `RollingUpdate` where nothing is written.
    #[must_use]
    pub fn kind(self) -> &'o str {
        self.field("type")
            .and_then(Node::as_str)
            .filter(|text| !text.is_empty())
            .unwrap_or(ROLLING_UPDATE)
    }

    /// Whether `paused` is true.
    #[must_use]
    pub fn is_paused(self) -> bool {
        self.field("paused").and_then(Node::as_bool).unwrap_or(false)
    }
}

/// A workload that a set selects, and how many pods it has.
#[derive(Debug, Clone, Copy)]
pub struct Reached<'r> {
    /// The workload.
    pub workload: &'r WorkloadFacts<'r>,
    /// The number of its pods, where it is written and no autoscaler changes it.
    pub replicas: Option<u32>,
    /// Where the number is written, or the workload's name.
    pub place: Option<Node<'r>>,
}

/// Group and kind of what sets the number of a workload's pods: the built-in autoscaler, and KEDA's.
pub const SCALERS: [(&str, &str); 2] = [("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject")];

/// What autoscalers look after: their workloads have as many pods as they please.
#[derive(Debug)]
pub struct Autoscaled<'i> {
    targets: HashMap<(&'i str, &'i str), Vec<&'i Object>>,
}

impl<'i> Autoscaled<'i> {
    /// The targets of every `HorizontalPodAutoscaler` and of every `ScaledObject` of KEDA.
    #[must_use]
    pub fn of(inventory: &'i Inventory) -> Self {
        let mut targets: HashMap<_, Vec<&Object>> = HashMap::new();
        for object in &inventory.objects {
            let identity = &object.identity;
            if !SCALERS.contains(&(identity.group(), identity.kind.as_str())) {
                continue;
            }
            if let Some(target) = object.root().at(&["spec", "scaleTargetRef"])
                && let Some(name) = target.str_at(&["name"])
            {
                let kind = target.str_at(&["kind"]).unwrap_or("Deployment");
                targets.entry((kind, name)).or_default().push(object);
            }
        }
        Self { targets }
    }

    fn holds(&self, workload: &Object) -> bool {
        let identity = &workload.identity;
        identity
            .name
            .as_deref()
            .and_then(|name| self.targets.get(&(identity.kind.as_str(), name)))
            .is_some_and(|scalers| {
                scalers
                    .iter()
                    .any(|scaler| scaler.identity.namespace.may_be(&identity.namespace))
            })
    }
}

/// The pods that a set reaches.
#[derive(Debug)]
pub struct Reach<'r> {
    /// The workloads it certainly selects, each identity once.
    pub workloads: Vec<Reached<'r>>,
    /// All their pods; `None` if one of the numbers is not known, or a workload may be selected.
    pub pods: Option<u32>,
}

impl<'r> Reach<'r> {
    /// The pods of a set.
    #[must_use]
    pub fn of(facts: &'r SetFacts<'r>, relations: &'r Relations<'r>, autoscaled: &Autoscaled<'_>) -> Self {
        let mut seen = HashSet::new();
        let workloads: Vec<Reached<'_>> = relations
            .certain_workloads(facts)
            .filter(|workload| seen.insert(&workload.pod.object.identity))
            .map(|workload| reached(workload, autoscaled))
            .collect();
        let is_all = facts.selects.iter().all(|selection| selection.verdict.is_yes());
        let pods = workloads
            .iter()
            .try_fold(0_u32, |sum, reached| sum.checked_add(reached.replicas?))
            .filter(|_| is_all);
        Self { workloads, pods }
    }
}

fn reached<'r>(workload: &'r WorkloadFacts<'r>, autoscaled: &Autoscaled<'_>) -> Reached<'r> {
    let object = workload.pod.object;
    let written = object.root().at(&["spec", "replicas"]);
    // What is not written may be an autoscaler's business, which need not be in Git; the API server's default of 1 is only where none is.
    let replicas = written
        .and_then(Node::as_i64)
        .filter(|_| !autoscaled.holds(object))
        .and_then(|replicas| u32::try_from(replicas).ok());
    Reached {
        workload,
        replicas,
        place: written.or_else(|| object.root().at(&["metadata", "name"])),
    }
}
