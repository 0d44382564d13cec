//! Changes that the server refuses for an object that is there: it has to be deleted and made anew.
//!
//! Facts: kubernetes v1.36.3 `pkg/apis/*/validation/validation.go`, the `Validate…Update` functions.

use serde_json::Value;

use super::{Outcome, Subject};
use crate::diff::canonical;
use crate::diff::change::Effect;
use crate::diff::differences::Difference;
use crate::diff::find;
use crate::diff::path::PathElement;

/// Group, kind, and the field that cannot change.
const FIELDS: &[(&str, &str, &str)] = &[
    ("apps", "Deployment", "spec.selector"),
    ("apps", "ReplicaSet", "spec.selector"),
    ("apps", "DaemonSet", "spec.selector"),
    ("apps", "ControllerRevision", "data"),
    ("batch", "Job", "spec.selector"),
    ("batch", "Job", "spec.completionMode"),
    ("batch", "Job", "spec.podFailurePolicy"),
    ("batch", "Job", "spec.successPolicy"),
    ("batch", "Job", "spec.backoffLimitPerIndex"),
    ("batch", "Job", "spec.managedBy"),
    ("", "Secret", "type"),
    ("rbac.authorization.k8s.io", "RoleBinding", "roleRef"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", "roleRef"),
    ("storage.k8s.io", "StorageClass", "parameters"),
    ("storage.k8s.io", "StorageClass", "provisioner"),
    ("storage.k8s.io", "StorageClass", "reclaimPolicy"),
    ("storage.k8s.io", "StorageClass", "volumeBindingMode"),
    ("scheduling.k8s.io", "PriorityClass", "value"),
    ("scheduling.k8s.io", "PriorityClass", "preemptionPolicy"),
    ("networking.k8s.io", "IngressClass", "spec.controller"),
    ("node.k8s.io", "RuntimeClass", "handler"),
    ("discovery.k8s.io", "EndpointSlice", "addressType"),
    ("apiextensions.k8s.io", "CustomResourceDefinition", "spec.scope"),
    ("apiextensions.k8s.io", "CustomResourceDefinition", "spec.group"),
    ("storage.k8s.io", "CSIDriver", "spec.attachRequired"),
    ("storage.k8s.io", "CSIDriver", "spec.volumeLifecycleModes"),
];

/// The fields of a StatefulSet that can change.
const STATEFUL_SET: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

/// The fields of a Pod's spec that can change, beside images.
const POD: [&str; 4] = [
    "activeDeadlineSeconds",
    "tolerations",
    "terminationGracePeriodSeconds",
    "schedulingGates",
];

/// The outcome of a change that a rule forbids.
pub(super) fn outcome(difference: &Difference, subject: &Subject<'_>) -> Option<Outcome> {
    let path = &difference.path.0;
    let fields = find::fields(path);
    let (group, kind) = (subject.reference.group(), subject.reference.kind.as_str());
    let dotted = fields.join(".");
    let is_below =
        |field: &str| dotted == field || dotted.strip_prefix(field).is_some_and(|rest| rest.starts_with('.'));
    let of_table = FIELDS
        .iter()
        .find(|(known_group, known_kind, field)| *known_group == group && *known_kind == kind && is_below(field));
    if let Some((_, _, field)) = of_table {
        return Some(replace(format!("{kind} `{field}` is immutable")));
    }
    match (group, kind, fields.as_slice()) {
        ("apps", "StatefulSet", ["spec", field, ..]) if !STATEFUL_SET.contains(field) => Some(replace(format!(
            "StatefulSet `spec.{field}` is immutable: only {} can change",
            STATEFUL_SET.join(", ")
        ))),
        ("batch", "Job", ["spec", "template", ..]) => {
            let is_suspended = |object: &Value| object.pointer("/spec/suspend") == Some(&Value::Bool(true));
            (!is_suspended(subject.before)).then(|| replace("Job `spec.template` is immutable once the Job runs"))
        }
        ("batch", "Job", ["spec", "completions"]) => {
            let mode = subject.after.pointer("/spec/completionMode");
            (mode != Some(&Value::from("Indexed"))).then(|| replace("Job `spec.completions` is immutable"))
        }
        ("", "Pod", ["spec", field, ..]) => pod(path, field),
        ("", "PersistentVolumeClaim", ["spec", rest @ ..]) => claim(difference, rest),
        ("", "ConfigMap" | "Secret", ["data" | "binaryData" | "immutable", ..]) => {
            let is_immutable = subject.before.get("immutable") == Some(&Value::Bool(true));
            is_immutable.then(|| replace(format!("the {kind} has `immutable: true`")))
        }
        ("", "Service", ["spec", "clusterIP" | "clusterIPs", ..]) => service_address(difference, subject),
        _ => by_definition(path, subject),
    }
}

fn replace(rule: impl Into<String>) -> Outcome {
    Outcome::stopped(Effect::Replace, rule)
}

fn pod(path: &[PathElement], field: &str) -> Option<Outcome> {
    let is_image = matches!(path.last(), Some(PathElement::Field(name)) if name == "image")
        && matches!(field, "containers" | "initContainers");
    if is_image {
        return Some(Outcome::of(Effect::InPlaceCold));
    }
    (!POD.contains(&field)).then(|| {
        replace("Pod `spec` is immutable, except images, `activeDeadlineSeconds`, `terminationGracePeriodSeconds` and more tolerations")
    })
}

/// A claim may only grow.
fn claim(difference: &Difference, rest: &[&str]) -> Option<Outcome> {
    match rest {
        ["resources", "requests", "storage"] => {
            let size = |value: &Option<Value>| value.as_ref().and_then(canonical::quantity);
            let (from, to) = (size(&difference.from)?, size(&difference.to)?);
            (to < from).then(|| Outcome::stopped(Effect::Rejected, "a PersistentVolumeClaim can grow, never shrink"))
        }
        ["volumeAttributesClassName"] => None,
        _ => Some(replace(
            "PersistentVolumeClaim `spec` is immutable, except a larger `resources.requests`",
        )),
    }
}

fn service_address(difference: &Difference, subject: &Subject<'_>) -> Option<Outcome> {
    let is_external = |object: &Value| object.pointer("/spec/type") == Some(&Value::from("ExternalName"));
    if is_external(subject.before) || is_external(subject.after) {
        return None;
    }
    (difference.from.is_some() && difference.to.is_some()).then(|| replace("Service `spec.clusterIP` is immutable"))
}

/// Transition rules that a CustomResourceDefinition has.
fn by_definition(path: &[PathElement], subject: &Subject<'_>) -> Option<Outcome> {
    for (depth, shape) in find::shapes(path, subject.shape).iter().enumerate() {
        let next = match path.get(depth) {
            Some(PathElement::Field(name)) => format!("self.{name} == oldSelf.{name}"),
            _ => String::new(),
        };
        for rule in shape.cel_rules() {
            let words: Vec<&str> = rule.split_whitespace().collect();
            let rule = words.join(" ");
            let is_whole = rule == "self == oldSelf" || rule == "oldSelf == self";
            if is_whole || (!next.is_empty() && rule == next) {
                return Some(replace(format!(
                    "the definition of {} says `{rule}`",
                    subject.reference.kind
                )));
            }
        }
    }
    None
}
