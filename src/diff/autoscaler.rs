//! Workloads whose replicas somebody else sets.

use std::collections::HashMap;

use serde_json::Value;

use super::compare::Desired;
use crate::live::reference::ObjectReference;
use crate::live::state::State;
use crate::source::decode::Node;

/// Which workload is scaled by what.
#[derive(Debug, Default)]
pub(crate) struct Autoscalers {
    /// By namespace, kind and name of the workload.
    by_target: HashMap<(Option<String>, String, String), String>,
}

impl Autoscalers {
    /// Those of the other side, and those that Git brings.
    pub(crate) fn of(desired: &[Desired<'_>], state: &State) -> Self {
        let mut all = Self::default();
        for autoscaler in state.surroundings.autoscalers.iter().flatten() {
            let text = |pointer: &str| autoscaler.pointer(pointer).and_then(Value::as_str);
            let namespace = text("/metadata/namespace").map(str::to_owned);
            let target = (text("/spec/scaleTargetRef/kind"), text("/spec/scaleTargetRef/name"));
            let name = text("/metadata/name").unwrap_or_default();
            all.add(namespace, target, format!("HorizontalPodAutoscaler {name}"));
        }
        for wanted in desired {
            let reference = &wanted.reference;
            let root = wanted.object.root();
            let target = match (reference.group(), reference.kind.as_str()) {
                ("autoscaling", "HorizontalPodAutoscaler") => target(root, None),
                // KEDA's default (keda v2 apis/keda/v1alpha1/scaledobject_types.go).
                ("keda.sh", "ScaledObject") => target(root, Some("Deployment")),
                _ => continue,
            };
            let label = format!("{} {}", reference.kind, reference.name);
            all.add(reference.namespace.clone(), target, label);
        }
        all
    }

    fn add(&mut self, namespace: Option<String>, (kind, name): (Option<&str>, Option<&str>), autoscaler: String) {
        if let (Some(kind), Some(name)) = (kind, name) {
            let key = (namespace, kind.to_owned(), name.to_owned());
            self.by_target.entry(key).or_insert(autoscaler);
        }
    }

    /// What scales an object, if anything does.
    pub(crate) fn scaling(&self, object: &ObjectReference) -> Option<&str> {
        let key = (object.namespace.clone(), object.kind.clone(), object.name.clone());
        self.by_target.get(&key).map(String::as_str)
    }
}

fn target<'n>(root: Node<'n>, default_kind: Option<&'n str>) -> (Option<&'n str>, Option<&'n str>) {
    let field = |key| root.str_at(&["spec", "scaleTargetRef", key]);
    (field("kind").or(default_kind), field("name"))
}
