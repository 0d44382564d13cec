//! What the other side holds, as far as it was asked. A snapshot file is one of these, written out.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reference::ObjectReference;

/// What one other side holds.
#[derive(Debug, Clone)]
pub struct State {
    /// Which side it is.
    pub side: Side,
    /// What was found for each object that was asked for.
    pub objects: BTreeMap<ObjectReference, Found>,
    /// What kinds there are; `None` where it cannot be asked (a git revision, or a discovery that failed: see [`State::problems`]).
    pub kinds: Option<Vec<ServedKind>>,
    /// The `OpenAPI` v3 documents of the group versions in use, by `group/version` or `v1`.
    pub schemas: BTreeMap<String, Arc<Value>>,
    /// The namespaces with their labels; `None` if they could not be listed.
    pub namespaces: Option<BTreeMap<String, BTreeMap<String, String>>>,
    /// Objects beside those in Git that a comparison asks for, each list `None` if it could not be read.
    pub surroundings: Surroundings,
    /// The version of the server (`v1.36.2`), if it is one that told.
    pub server_version: Option<String>,
    /// When it was read, RFC 3339 in UTC; `None` for a revision.
    pub taken: Option<String>,
    /// What could not be asked, for people: each makes the run unfinished (exit 3).
    pub problems: Vec<String>,
}

impl State {
    /// What was found for an object. One of a kind without namespaces may be asked for with the namespace that Git writes.
    #[must_use]
    pub fn found(&self, reference: &ObjectReference) -> Option<&Found> {
        self.objects.get(reference).or_else(|| {
            reference.namespace.as_ref()?;
            self.objects.get(&ObjectReference {
                namespace: None,
                ..reference.clone()
            })
        })
    }

    /// Why the side is not known as far as it was asked, for people: with any of these a run is unfinished.
    pub fn faults(&self) -> impl Iterator<Item = &str> {
        let of_objects = self.objects.values().filter_map(|found| match found {
            Found::Forbidden(why) | Found::Failed(why) => Some(why),
            Found::Object(_) | Found::Absent | Found::NamespaceAbsent | Found::UnknownKind => None,
        });
        self.problems.iter().chain(of_objects).map(String::as_str)
    }
}

/// Which side a desired state is held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// A live cluster, by its kubeconfig context; `in-cluster` for the one that the program itself runs in.
    Context(String),
    /// A snapshot, by its file as it was given.
    Snapshot(String),
    /// The repository at a revision, as it was given.
    Base(String),
}

/// What the other side has in place of one object. Each of these is another answer to a user; none stands for another.
#[derive(Debug, Clone)]
pub enum Found {
    /// The object, as the server gave it at the version asked for.
    Object(Arc<LiveObject>),
    /// There is none.
    Absent,
    /// There is none, and not even its namespace.
    NamespaceAbsent,
    /// The server does not serve the kind at that version.
    UnknownKind,
    /// Reading it is forbidden; the text says to whom and what.
    Forbidden(String),
    /// The question failed: a fault of the run, not an answer.
    Failed(String),
}

/// An object of the other side.
#[derive(Debug, Clone)]
pub struct LiveObject {
    /// The object with all fields, `managedFields` too.
    pub json: Value,
    /// Whether the values of its `data` are not known: a Secret out of a snapshot, which keeps the keys only (each value is `null`).
    pub without_values: bool,
}

/// A kind that the server serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServedKind {
    /// `group/version`, or `v1`.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// The resource in addresses: `deployments`.
    pub plural: String,
    /// Whether its objects are in namespaces.
    pub namespaced: bool,
    /// Which verbs it takes.
    pub verbs: Vec<String>,
}

/// What stands beside the objects in Git and changes what a difference means. `None` is "could not be read", not "there are none".
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `HorizontalPodAutoscaler` objects.
    pub autoscalers: Option<Vec<Value>>,
    /// `MutatingWebhookConfiguration` objects.
    pub mutating_webhooks: Option<Vec<Value>>,
    /// Metadata of pods that a SidecarSet in Git may have been injected into (`PartialObjectMetadata`).
    pub pods: Option<Vec<Value>>,
    /// Metadata of objects that prune asked for (`PartialObjectMetadata` with `apiVersion` and `kind` of the object itself).
    pub prune_candidates: Option<Vec<Value>>,
}
