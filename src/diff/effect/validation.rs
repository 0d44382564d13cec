//! What the server refuses of the object that comes out, where its parts contradict each other (kubernetes v1.36.3
//! `pkg/apis/core/validation/validation.go`, `pkg/apis/apps/validation/validation.go`). The commonest rules only: what else it refuses, it says
//! itself (`--verify=server`).

use std::collections::HashSet;

use serde_json::Value;

use super::{Outcome, Subject};
use crate::diff::change::Effect;
use crate::diff::differences::Difference;
use crate::diff::find;
use crate::diff::path::PathElement;

/// What is wrong with the part of an object that a path leads to, if it is.
type Rule = fn(&[PathElement], &Subject<'_>, &Value) -> Option<String>;

/// The outcome of a change in a part that is refused afterwards.
pub(super) fn outcome(difference: &Difference, subject: &Subject<'_>) -> Option<Outcome> {
    let path = &difference.path.0;
    let rules: [Rule; 3] = [ports, labels, mounts];
    // What is there already was taken, whatever this program thinks of it.
    let rule = rules
        .iter()
        .filter(|rule| rule(path, subject, subject.before).is_none())
        .find_map(|rule| rule(path, subject, subject.after))?;
    Some(Outcome::stopped(Effect::Rejected, rule))
}

/// Of several ports of a Service each has a name of its own.
fn ports(path: &[PathElement], subject: &Subject<'_>, object: &Value) -> Option<String> {
    if !subject.reference.is_core("Service") || !find::fields(path).starts_with(&["spec", "ports"]) {
        return None;
    }
    let ports = object.pointer("/spec/ports")?.as_array()?;
    let mut names = HashSet::new();
    let is_named = |port: &Value| {
        let name = port.get("name").and_then(Value::as_str).unwrap_or_default();
        !name.is_empty() && names.insert(name.to_owned())
    };
    let is_refused = ports.len() > 1 && !ports.iter().all(is_named);
    is_refused.then(|| "of several ports of a Service each needs a `name` of its own".to_owned())
}

/// The template of a workload has the labels that its selector asks for.
fn labels(path: &[PathElement], subject: &Subject<'_>, object: &Value) -> Option<String> {
    let kinds = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];
    if subject.reference.group() != "apps" || !kinds.contains(&subject.reference.kind.as_str()) {
        return None;
    }
    let fields = find::fields(path);
    if !fields.starts_with(&["spec", "selector"]) && !fields.starts_with(&["spec", "template", "metadata"]) {
        return None;
    }
    let asked = object.pointer("/spec/selector/matchLabels")?.as_object()?;
    let labels = object.pointer("/spec/template/metadata/labels");
    let (key, _) = asked
        .iter()
        .find(|(key, value)| labels.and_then(|labels| labels.get(key.as_str())) != Some(*value))?;
    // Another label or annotation of the template is not to blame.
    let is_label = fields.get(3).is_none_or(|field| *field == "labels")
        && fields.get(4).is_none_or(|label| label == key)
        || fields.starts_with(&["spec", "selector"]);
    is_label.then(|| format!("`spec.selector` asks for the label `{key}`, which the template has not so"))
}

/// What a container mounts is a volume of its pod.
fn mounts(path: &[PathElement], subject: &Subject<'_>, object: &Value) -> Option<String> {
    let shapes = find::shapes(path, subject.shape);
    let depth = shapes.iter().position(|shape| shape.name() == "core.v1.PodSpec")?;
    let (above, within) = path.split_at_checked(depth)?;
    let is_about = match within {
        [PathElement::Field(list)] => matches!(list.as_str(), "volumes" | "containers" | "initContainers"),
        [PathElement::Field(list), ..] if list == "volumes" => true,
        [PathElement::Field(list), _, rest @ ..] if matches!(list.as_str(), "containers" | "initContainers") => rest
            .first()
            .is_none_or(|field| *field == PathElement::Field("volumeMounts".to_owned())),
        _ => false,
    };
    if !is_about {
        return None;
    }
    let pod = find::value(object, above, subject.shape)?;
    let list = |holder: &Value, field: &str| holder.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    let name = |item: &Value| item.get("name").and_then(Value::as_str).map(str::to_owned);
    let mut volumes: HashSet<String> = list(pod, "volumes").iter().filter_map(name).collect();
    let claims = subject
        .after
        .pointer("/spec/volumeClaimTemplates")
        .and_then(Value::as_array);
    let claims = claims.into_iter().flatten();
    volumes.extend(claims.filter_map(|claim| claim.pointer("/metadata/name")?.as_str().map(str::to_owned)));
    let containers = list(pod, "initContainers").into_iter().chain(list(pod, "containers"));
    let mounted = containers.flat_map(|container| list(&container, "volumeMounts"));
    let lacking = mounted
        .filter_map(|mount| name(&mount))
        .find(|name| !volumes.contains(name))?;
    Some(format!("a container mounts `{lacking}`, which is no volume of the pod"))
}
