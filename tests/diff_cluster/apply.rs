//! Real objects brought into the cluster, by each of the ways in which people do it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cluster::{Cluster, User};
use crate::corpora::{Candidate, Collection};
use crate::kinds::Kinds;

/// How objects come into a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `kubectl apply`: the annotation says what was applied last.
    ClientSide,
    /// `kubectl apply --server-side`: a field manager owns what it applied.
    ServerSide,
    /// `kubectl create`: nothing says what Git wants.
    Create,
}

/// The field manager of server-side apply: kubectl's own.
pub const MANAGER: &str = "kubectl";

/// An object that the cluster took.
#[derive(Debug, Clone)]
pub struct AppliedObject {
    pub origin: String,
    /// As it was applied.
    pub desired: Value,
    /// Where it is.
    pub address: String,
}

/// An object that the cluster did not take, and why.
#[derive(Debug)]
pub struct Refusal {
    pub origin: String,
    pub what: String,
    pub why: String,
}

/// What became of all objects.
#[derive(Debug, Default)]
pub struct Applied {
    pub objects: Vec<AppliedObject>,
    pub refused: Vec<Refusal>,
}

/// Applies everything that the cluster takes: kinds first, then the objects, whose namespaces are made on demand.
pub fn apply_all(cluster: &Cluster, way: Way, collections: &[Collection]) -> Applied {
    // Once for those whose kinds these collections bring along.
    let mut applied = Applied::default();
    let mut taken = BTreeSet::new();
    for is_for_definitions in [true, false] {
        let kinds = Kinds::of(cluster);
        for collection in collections {
            let mut ready = Vec::new();
            for candidate in &collection.candidates {
                let is_definition = candidate.object["kind"] == "CustomResourceDefinition";
                if is_definition == is_for_definitions {
                    prepare(candidate, &kinds, &mut taken, &mut ready, &mut applied.refused);
                }
            }
            // A namespace that is an object itself is left to its own application.
            let own: BTreeSet<String> = ready
                .iter()
                .filter(|object| object.desired["kind"] == "Namespace")
                .map(|object| object.desired["metadata"]["name"].as_str().unwrap().to_owned())
                .collect();
            let namespaces: BTreeSet<String> = ready
                .iter()
                .filter_map(|object| object.desired["metadata"]["namespace"].as_str().map(str::to_owned))
                .collect();
            for namespace in namespaces.difference(&own) {
                cluster.ensure_namespace(namespace);
            }
            let (first, rest) = ready
                .into_iter()
                .partition(|object| object.desired["kind"] == "Namespace");
            apply(cluster, way, first, &mut applied);
            apply(cluster, way, rest, &mut applied);
        }
        if is_for_definitions {
            for definition in &applied.objects {
                cluster.wait_until_established(definition.desired["metadata"]["name"].as_str().unwrap());
            }
        }
    }
    applied
}

/// Adds an object to those to be applied, unless its kind is not served or another of its name is there.
fn prepare(
    candidate: &Candidate,
    kinds: &Kinds,
    taken: &mut BTreeSet<String>,
    ready: &mut Vec<AppliedObject>,
    refused: &mut Vec<Refusal>,
) {
    let mut desired = candidate.object.clone();
    let Some(kind) = kinds.find(&desired) else {
        refused.push(refusal(
            &candidate.origin,
            &desired,
            "no such kind is served".to_owned(),
        ));
        return;
    };
    if !kind.namespaced {
        desired["metadata"].as_object_mut().unwrap().remove("namespace");
    }
    let list = kinds.list_address(&desired).unwrap();
    let address = format!("{list}/{}", desired["metadata"]["name"].as_str().unwrap());
    // One of another collection, which is without namespace, too, or the same object at another version.
    let key = address.replace("/v1beta1/", "/v1/").replace("/v1alpha1/", "/v1/");
    if address.bytes().any(|byte| !byte.is_ascii_graphic()) || !taken.insert(key) {
        return;
    }
    ready.push(AppliedObject {
        origin: candidate.origin.clone(),
        desired,
        address,
    });
}

fn refusal(origin: &str, object: &Value, why: String) -> Refusal {
    Refusal {
        origin: origin.to_owned(),
        what: format!("{} {}", object["kind"], object["metadata"]["name"]),
        why,
    }
}

fn apply(cluster: &Cluster, way: Way, ready: Vec<AppliedObject>, applied: &mut Applied) {
    if way == Way::ClientSide {
        apply_with_kubectl(cluster, ready, applied);
        return;
    }
    for object in ready {
        let answer = if way == Way::ServerSide {
            server_side(cluster, &object, &object.desired, "")
        } else {
            create(cluster, &object, "")
        };
        match answer {
            Ok(_) => applied.objects.push(object),
            Err(why) => applied.refused.push(refusal(&object.origin, &object.desired, why)),
        }
    }
}

/// Server-side apply as kubectl does it, with more of the query.
pub fn server_side(cluster: &Cluster, object: &AppliedObject, desired: &Value, more: &str) -> Result<Value, String> {
    let address = format!("{}?fieldManager={MANAGER}&fieldValidation=Strict{more}", object.address);
    let answer = cluster.request(
        User::Admin,
        "PATCH",
        &address,
        desired.to_string(),
        "application/apply-patch+yaml",
    );
    if answer.is_success() {
        Ok(answer.json())
    } else {
        Err(answer.message())
    }
}

/// The whole object anew, by somebody else than who applies it.
pub fn update(cluster: &Cluster, object: &AppliedObject, live: &Value) -> Result<(), String> {
    let address = format!("{}?fieldManager=kubectl-edit&fieldValidation=Strict", object.address);
    let answer = cluster.request(User::Admin, "PUT", &address, live.to_string(), "application/json");
    if answer.is_success() {
        Ok(())
    } else {
        Err(answer.message())
    }
}

fn create(cluster: &Cluster, object: &AppliedObject, more: &str) -> Result<Value, String> {
    let (list, _) = object.address.rsplit_once('/').unwrap();
    let answer = cluster.post(
        &format!("{list}?fieldManager=kubectl-create&fieldValidation=Strict{more}"),
        &object.desired,
    );
    if answer.is_success() {
        Ok(answer.json())
    } else {
        Err(answer.message())
    }
}

/// One kubectl for all that would be created: applying what is not there is creating it. kubectl asks the server for strict
/// validation, and reads the whole schema for each object before it asks; here the server is asked beforehand.
fn apply_with_kubectl(cluster: &Cluster, ready: Vec<AppliedObject>, applied: &mut Applied) {
    let mut taken = Vec::new();
    for object in ready {
        match create(cluster, &object, "&dryRun=All") {
            Ok(_) => taken.push(object),
            Err(why) => applied.refused.push(refusal(&object.origin, &object.desired, why)),
        }
    }
    if taken.is_empty() {
        return;
    }
    let input = stream_of(taken.iter().map(|object| &object.desired));
    let run = cluster.kubectl(User::Admin, &["apply", "--validate=ignore", "-f", "-"], &input);
    for object in taken {
        let live = cluster.get(&object.address).json();
        if live["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"].is_string() {
            applied.objects.push(object);
        } else {
            applied
                .refused
                .push(refusal(&object.origin, &object.desired, run.stderr.clone()));
        }
    }
}

/// Objects for kubectl to read, one after the other. A list it would validate by itself and as a whole, and not leave that to the server.
pub fn stream_of<'v>(objects: impl Iterator<Item = &'v Value>) -> String {
    objects.fold(String::new(), |stream, object| stream + &object.to_string() + "\n")
}
