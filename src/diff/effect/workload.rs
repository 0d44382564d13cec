//! What a change does to the pods of a workload.

use serde_json::Value;

use super::{Outcome, Subject};
use crate::diff::change::Effect;
use crate::diff::differences::Difference;
use crate::diff::find;
use crate::diff::path::PathElement;
use crate::model::workload;

/// The outcome of a change that the server takes.
pub(super) fn outcome(difference: &Difference, subject: &Subject<'_>) -> Outcome {
    let path = &difference.path.0;
    let fields = find::fields(path);
    let (group, kind) = (subject.reference.group(), subject.reference.kind.as_str());
    match (kind, fields.as_slice()) {
        ("HorizontalPodAutoscaler", ["spec", "minReplicas" | "maxReplicas"]) | ("Job", ["spec", "parallelism"]) => {
            Outcome::of(Effect::Scale)
        }
        ("CronJob", ["spec", "jobTemplate", ..]) => Outcome::of(Effect::NewPodsOnly),
        (_, ["spec", "replicas"]) if is_workload(group, kind) => Outcome::of(Effect::Scale),
        (_, ["spec", "template", ..]) if is_workload(group, kind) => template(path, subject),
        _ => Outcome::of(Effect::None),
    }
}

/// A kind that keeps pods of a template.
fn is_workload(group: &str, kind: &str) -> bool {
    workload::workload_kind(group, kind).is_some()
        || matches!(
            (group, kind),
            ("", "ReplicationController")
                | ("argoproj.io", "Rollout")
                | ("apps.kruise.io", "CloneSet" | "StatefulSet" | "DaemonSet")
        )
}

fn template(path: &[PathElement], subject: &Subject<'_>) -> Outcome {
    let after = |pointer: &str| subject.after.pointer(pointer).and_then(Value::as_str);
    let is_paused = subject.after.pointer("/spec/paused") == Some(&Value::Bool(true));
    let strategy = after("/spec/updateStrategy/type");
    match (subject.reference.group(), subject.reference.kind.as_str()) {
        (_, "ReplicaSet" | "ReplicationController") => Outcome::of(Effect::NewPodsOnly),
        ("apps", "Deployment") if is_paused => Outcome::remarked(
            Effect::None,
            "the rollout is paused: nothing happens until `spec.paused` is taken away",
        ),
        (_, "StatefulSet" | "DaemonSet") if strategy == Some("OnDelete") => Outcome::remarked(
            Effect::NewPodsOnly,
            "`updateStrategy.type: OnDelete`: a pod gets it when somebody deletes the pod",
        ),
        ("apps.kruise.io", "CloneSet")
            if matches!(strategy, Some("InPlaceIfPossible" | "InPlaceOnly")) && is_image(path) =>
        {
            Outcome::of(Effect::InPlaceCold)
        }
        _ => Outcome::of(Effect::Recreate),
    }
}

fn is_image(path: &[PathElement]) -> bool {
    matches!(path.last(), Some(PathElement::Field(name)) if name == "image")
}
