//! What the program says would become of objects: read from the server as `checker diff` reads it.

use checker::diff::change::ObjectDifference;
use checker::diff::compare::{Desired, compare};
use checker::diff::options::Options;
use checker::live::asked::Asked;
use checker::live::connection::Connection;
use checker::live::kubeconfig::{Kubeconfig, Wishes};
use checker::live::progress::Silent;
use checker::live::reference::ObjectReference;
use checker::live::state::State;
use checker::live::{self};
use checker::model::object::{Namespace, Object};
use checker::source::decode::decode_str;
use checker::source::decode::objects::objects;
use serde_json::Value;

use crate::cluster::{Cluster, User};

/// Whose kubeconfig is used, and where schemas are kept between two readings.
fn connection(cluster: &Cluster) -> Connection {
    let cache = cluster.folder().join("cache");
    let environment = |name: &str| (name == "XDG_CACHE_HOME").then(|| cache.clone().into());
    let kubeconfig = Kubeconfig::load(Some(&cluster.kubeconfig(User::Admin)), &environment).unwrap();
    kubeconfig.connection(None, &Wishes::default(), &environment).unwrap()
}

fn object(desired: &Value) -> Object {
    let decoded = decode_str("git.json", desired.to_string());
    assert!(!decoded.is_refused(), "{:?}\n{desired}", decoded.faults);
    let tree = decoded.documents[0].tree.as_ref().unwrap();
    let found = objects(tree.root()).0;
    assert_eq!(found.len(), 1, "{desired}");
    let object = &found[0];
    let (version, kind) = (object.api_version().unwrap(), object.kind().unwrap());
    Object::new(tree, tree.node(object.node.id()), version, kind, None)
}

fn reference(object: &Object) -> ObjectReference {
    ObjectReference {
        api_version: object.identity.api_version.clone(),
        kind: object.identity.kind.clone(),
        namespace: match &object.identity.namespace {
            Namespace::Given(name) => Some(name.clone()),
            _ => None,
        },
        name: object.identity.name.clone().unwrap(),
    }
}

/// The objects as the server has them, with what the program reads beside them.
pub struct Reading {
    state: State,
}

impl Reading {
    /// Asks for all objects with these desired states.
    pub fn of<'v>(cluster: &Cluster, desired: impl Iterator<Item = &'v Value>) -> Self {
        let asked = Asked {
            objects: desired.map(|desired| reference(&object(desired))).collect(),
            ..Asked::default()
        };
        let state = live::read(&connection(cluster), &asked, &Silent);
        assert_eq!(state.problems, Vec::<String>::new());
        Self { state }
    }

    /// What applying these comes to, each held against what was read.
    pub fn predict<'v>(&self, desired: impl Iterator<Item = &'v Value>) -> Vec<ObjectDifference> {
        let objects: Vec<Object> = desired.map(object).collect();
        let wanted: Vec<Desired<'_>> = objects
            .iter()
            .map(|object| Desired {
                object,
                reference: reference(object),
                target: "default",
            })
            .collect();
        compare(&wanted, &self.state, &Options::default())
    }
}
