//! What the server says of a manifest, where that is asked for.

use std::collections::BTreeMap;

use checker::live::dry_run::{self, Proposal, ProposedChange, Verdict};
use checker::live::progress::Silent;
use checker::live::reference::ObjectReference;
use serde_json::{Value, json};

use super::cluster::{Cluster, Content, asked, config_map, reference};
use super::server::Reply;

fn verdicts(cluster: &Cluster, manifests: &[(ObjectReference, Value)]) -> Vec<Verdict> {
    let apply = |(reference, manifest): &(ObjectReference, Value)| {
        let change = ProposedChange::Apply {
            manifest: manifest.clone(),
            force: true,
        };
        (reference.clone(), proposal(change))
    };
    asked_of(cluster, manifests.iter().map(apply).collect())
}

fn proposal(change: ProposedChange) -> Proposal {
    Proposal {
        change,
        field_manager: "checker & co".to_owned(),
    }
}

fn asked_of(cluster: &Cluster, proposals: BTreeMap<ObjectReference, Proposal>) -> Vec<Verdict> {
    let kinds = cluster.read(&asked(&[config_map("any")])).kinds.unwrap();
    let verdicts = dry_run::apply(&cluster.connection(), &proposals, &kinds, &Silent);
    verdicts.into_values().collect()
}

fn manifest(kind: &str, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "shop"}})
}

#[test]
fn nothing_but_a_dry_run_is_sent_and_a_busy_server_is_asked_again() {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let cluster = Content::new().fault(move |request| {
        if request.method == "GET" {
            return None;
        }
        let is_first = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        Some(if is_first {
            Reply::status(429, "busy").with_header("retry-after", "0")
        } else {
            Reply::json(manifest("ConfigMap", "a")).with_header("warning", "299 - \"unknown field \\\"spec.x\\\"\"")
        })
    });
    let cluster = cluster.start();
    let verdicts = verdicts(&cluster, &[(config_map("a"), manifest("ConfigMap", "a"))]);
    let [Verdict::Taken { object, warnings, .. }] = &verdicts[..] else {
        panic!("{verdicts:?}");
    };
    assert_eq!(object["metadata"]["name"], "a");
    assert_eq!(*warnings, ["unknown field \"spec.x\""]);
    let sent = cluster.all_requests();
    let sent: Vec<_> = sent.iter().filter(|request| request.method != "GET").collect();
    assert_eq!(sent.len(), 2);
    for request in sent {
        assert_eq!(request.method, "PATCH");
        assert_eq!(request.path, "/api/v1/namespaces/shop/configmaps/a");
        assert_eq!(
            request.query,
            "dryRun=All&fieldManager=checker%20%26%20co&fieldValidation=Strict&force=true"
        );
        assert_eq!(request.header("content-type"), Some("application/apply-patch+yaml"));
        assert_eq!(
            serde_json::from_str::<Value>(&request.body).unwrap(),
            manifest("ConfigMap", "a")
        );
    }
}

#[test]
fn a_manifest_that_is_refused_is_asked_of_once_and_hides_no_other() {
    let cluster = Content::new().fault(|request| {
        let typed =
            "failed to create typed patch object (shop/a; /v1, Kind=ConfigMap): .x: field not declared in schema";
        match (request.method.as_str(), request.path.rsplit('/').next().unwrap()) {
            ("GET", _) => None,
            (_, "a") => Some(Reply::status(500, json!({"kind": "Status", "message": typed}))),
            (_, "secret") => Some(Reply::status(
                422,
                json!({"kind": "Status", "message": "Invalid value: \"hunter2\""}),
            )),
            _ => Some(Reply::json(manifest("ConfigMap", "b")).with_header("warning", "299 - \"hunter2\"")),
        }
    });
    let cluster = cluster.start();
    let verdicts = verdicts(
        &cluster,
        &[
            (config_map("a"), manifest("ConfigMap", "a")),
            (config_map("b"), manifest("ConfigMap", "b")),
            (
                reference("v1", "Secret", Some("shop"), "secret"),
                manifest("Secret", "secret"),
            ),
            (reference("v1", "Widget", Some("shop"), "x"), manifest("Widget", "x")),
        ],
    );
    let words: Vec<&str> = verdicts
        .iter()
        .map(|verdict| match verdict {
            Verdict::Taken { .. } => "taken",
            Verdict::Refused { message, .. } => {
                assert!(!message.contains("hunter2"));
                "refused"
            }
            Verdict::UnknownKind => "unknown kind",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(words, ["refused", "taken", "refused", "unknown kind"]);
    let patches = cluster
        .all_requests()
        .into_iter()
        .filter(|request| request.method == "PATCH");
    assert_eq!(patches.count(), 3);
}

#[test]
fn what_others_own_is_told_and_asked_about_once_more_by_force() {
    let cluster = Content::new().fault(|request| {
        let conflict = json!({"kind": "Status", "message": "Apply failed with 1 conflict", "details": {"causes": [
            {"reason": "FieldManagerConflict", "field": ".data.a", "message": "conflict with \"other\""}]}});
        match (request.method.as_str(), request.query.contains("force=true")) {
            ("GET", _) => None,
            (_, true) => Some(Reply::json(manifest("ConfigMap", "a"))),
            (_, false) => Some(Reply::status(409, conflict)),
        }
    });
    let cluster = cluster.start();
    let change = ProposedChange::Apply {
        manifest: manifest("ConfigMap", "a"),
        force: false,
    };
    let verdicts = asked_of(&cluster, BTreeMap::from([(config_map("a"), proposal(change))]));
    let [Verdict::Taken { conflicts, .. }] = &verdicts[..] else {
        panic!("{verdicts:?}");
    };
    assert_eq!(conflicts[0].field, ".data.a");
}

#[test]
fn what_a_client_merges_is_sent_as_a_dry_run_too() {
    let cluster =
        Content::new().fault(|request| (request.method != "GET").then(|| Reply::json(manifest("ConfigMap", "a"))));
    let cluster = cluster.start();
    let patch = json!({"data": {"a": null}});
    let change = ProposedChange::Merge(patch.clone());
    asked_of(&cluster, BTreeMap::from([(config_map("a"), proposal(change))]));
    let sent = cluster.all_requests();
    let sent = sent.iter().find(|request| request.method == "PATCH").unwrap();
    assert_eq!(
        sent.query,
        "dryRun=All&fieldManager=checker%20%26%20co&fieldValidation=Strict"
    );
    assert_eq!(sent.header("content-type"), Some("application/merge-patch+json"));
    assert_eq!(serde_json::from_str::<Value>(&sent.body).unwrap(), patch);
}
