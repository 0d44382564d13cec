//! What the server itself says would become of an object: the answer that a prediction is held against.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::apply::{AppliedObject, Way, list_of, server_side};
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

/// One kubectl for many objects, each of them once. One refusal leaves nothing printed: what is refused is asked about no more.
fn ask_kubectl(cluster: &Cluster, batch: &mut [Answered]) {
    let mut asked: Vec<usize> = (0..batch.len()).collect();
    while !asked.is_empty() {
        let input = list_of(asked.iter().map(|at| &batch[*at].desired));
        let arguments = ["apply", "--dry-run=server", "-o", "json", "-f", "-"];
        let run = cluster.kubectl(User::Admin, &arguments, &input);
        if run.code == 0 {
            let printed = objects(&serde_json::from_str(&run.stdout).unwrap());
            for at in asked {
                let predicted = printed.get(&key(&batch[at].desired)).cloned();
                batch[at].predicted = predicted.ok_or_else(|| "kubectl did not print it".to_owned());
            }
            return;
        }
        let refused: Vec<usize> = asked
            .iter()
            .copied()
            .filter(|at| is_named(&batch[*at].desired, &run.stderr))
            .collect();
        if refused.is_empty() || refused.len() == asked.len() {
            // Its words tell none from the others.
            for at in asked {
                ask_kubectl_alone(cluster, &mut batch[at]);
            }
            return;
        }
        asked.retain(|at| !refused.contains(at));
        for at in refused {
            ask_kubectl_alone(cluster, &mut batch[at]);
        }
    }
}

fn ask_kubectl_alone(cluster: &Cluster, answered: &mut Answered) {
    let arguments = ["apply", "--dry-run=server", "-o", "json", "-f", "-"];
    let run = cluster.kubectl(User::Admin, &arguments, &answered.desired.to_string());
    answered.predicted = if run.code == 0 {
        Ok(serde_json::from_str(&run.stdout).unwrap())
    } else {
        Err(run.stderr)
    };
}

/// Whether kubectl names the object as one that it could not apply.
fn is_named(object: &Value, stderr: &str) -> bool {
    let name = object["metadata"]["name"].as_str().unwrap();
    stderr.contains(&format!("\"{name}\"")) || stderr.contains(&format!("/{name}:"))
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
