//! What the server itself says would become of an object: the answer that a prediction is held against.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::apply::{AppliedObject, Way, server_side, stream_of};
use crate::cluster::{Cluster, User};

/// An object with another desired state than it was applied with, and what the server makes of it.
#[derive(Debug)]
pub struct Answered {
    pub object: AppliedObject,
    /// The desired state now.
    pub desired: Value,
    /// What was done to the desired state, for people.
    pub edits: Vec<String>,
    /// The live object.
    pub live: Value,
    /// What it would become, or why the server refuses it.
    pub predicted: Result<Value, String>,
}

impl Answered {
    /// Whether the server would change anything; `None` if it refuses.
    pub fn changes(&self) -> Option<bool> {
        let predicted = self.predicted.as_ref().ok()?;
        Some(content(predicted) != content(&self.live))
    }
}

/// An object without what the server keeps of its own accord, and without what kubectl remembers.
pub fn content(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for field in [
            "managedFields",
            "resourceVersion",
            "uid",
            "generation",
            "creationTimestamp",
        ] {
            metadata.remove(field);
        }
        let mut is_empty = false;
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
            // As `generation`, of the template of a DaemonSet.
            annotations.remove("deprecated.daemonset.template.generation");
            // Kruise writes them, by what it makes of the object.
            annotations.remove("kruise.io/sidecarset-hash");
            annotations.remove("kruise.io/sidecarset-hash-without-image");
            is_empty = annotations.is_empty();
        }
        if is_empty {
            metadata.remove("annotations");
        }
    }
    object
}

/// Asks the server about each object, in a dry run of the way in which it was applied. What was created without a record of
/// intent is asked about by server-side apply.
pub fn ask(cluster: &Cluster, way: Way, wanted: Vec<(AppliedObject, Value, Vec<String>)>) -> Vec<Answered> {
    let mut answered: Vec<Answered> = wanted
        .into_iter()
        .map(|(object, desired, edits)| Answered {
            live: cluster.get(&object.address).json(),
            predicted: match way {
                Way::ClientSide => Err("not asked".to_owned()),
                Way::ServerSide | Way::Create => server_side(cluster, &object, &desired, "&dryRun=All&force=true"),
            },
            object,
            desired,
            edits,
        })
        .collect();
    if way == Way::ClientSide {
        for batch in answered.chunks_mut(100) {
            ask_kubectl(cluster, batch);
        }
    }
    answered
}

/// By the types that kubectl knows itself, and without its own look for unknown fields: reading the schema anew for each object takes it
/// ten times as long.
const DRY_RUN: [&str; 8] = [
    "apply",
    "--dry-run=server",
    "--openapi-patch=false",
    "--validate=ignore",
    "-o",
    "json",
    "-f",
    "-",
];

/// One kubectl for many objects, each of them once. One refusal leaves nothing printed: then the others are asked about again.
fn ask_kubectl(cluster: &Cluster, batch: &mut [Answered]) {
    let mut pending = vec![(0..batch.len()).collect::<Vec<usize>>()];
    while let Some(asked) = pending.pop() {
        if asked.is_empty() {
            continue;
        }
        let input = stream_of(asked.iter().map(|at| &batch[*at].desired));
        let run = cluster.kubectl(User::Admin, &DRY_RUN, &input);
        if run.code == 0 {
            let printed = objects(&serde_json::from_str(&run.stdout).unwrap());
            for at in asked {
                let predicted = printed.get(&key(&batch[at].desired)).cloned();
                batch[at].predicted = predicted.ok_or_else(|| "kubectl did not print it".to_owned());
            }
            continue;
        }
        let (refused, others): (Vec<usize>, Vec<usize>) = asked
            .into_iter()
            .partition(|at| is_refused(&batch[*at].desired, &run.stderr));
        match (&refused[..], &others[..]) {
            ([], [at]) => batch[*at].predicted = Err(run.stderr),
            // Its words name none of them.
            ([], _) => {
                let (some, more) = others.split_at(others.len() / 2);
                pending.extend([some.to_vec(), more.to_vec()]);
            }
            _ => {
                for at in refused {
                    batch[at].predicted = Err(refusal_of(&batch[at].desired, &run.stderr));
                }
                pending.push(others);
            }
        }
    }
}

/// How kubectl names an object that it could not patch (kubectl v0.32 `pkg/cmd/apply/patcher.go`).
fn named(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let version = text(&object["apiVersion"]);
    let version = if version.contains('/') {
        version
    } else {
        format!("/{version}")
    };
    let metadata = &object["metadata"];
    format!(
        "GroupVersionKind: \"{version}, Kind={}\"\nName: \"{}\", Namespace: \"{}\"\n",
        text(&object["kind"]),
        text(&metadata["name"]),
        text(&metadata["namespace"]),
    )
}

fn is_refused(object: &Value, stderr: &str) -> bool {
    stderr.contains(&named(object))
}

fn refusal_of(object: &Value, stderr: &str) -> String {
    let after = stderr.split(&named(object)).nth(1).unwrap_or_default();
    after.split("Error from server").next().unwrap_or_default().to_owned()
}

fn objects(printed: &Value) -> BTreeMap<[String; 4], Value> {
    let items = match printed["items"].as_array() {
        Some(items) if printed["kind"] == "List" => items.clone(),
        _ => vec![printed.clone()],
    };
    items.into_iter().map(|item| (key(&item), item)).collect()
}

fn key(object: &Value) -> [String; 4] {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    [
        text(&object["apiVersion"]),
        text(&object["kind"]),
        text(&metadata["namespace"]),
        text(&metadata["name"]),
    ]
}
