//! What a dry run is asked, and what is shown of its answer.

use checker::diff::verify::{Taken, Verified};
use checker::live::dry_run::ProposedChange;
use serde_json::json;

use crate::case::case;

#[test]
fn a_patch_leaves_the_annotations_of_others_when_git_has_none_any_longer() {
    let git = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata: {key: new}\n";
    let live = r#"
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  namespace: b
  annotations:
    ours: "1"
    theirs: "2"
    kubectl.kubernetes.io/last-applied-configuration: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"b","annotations":{"ours":"1"}},"data":{"key":"old"}}'
data: {key: old}
"#;
    let answer = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b", "annotations": {"theirs": "2"}},
        "data": {"key": "new"},
    });
    let (proposal, verified) = case(git, live).verify(&answer);
    let ProposedChange::Merge(patch) = &proposal.change else {
        panic!("{proposal:?}");
    };
    let annotations = patch["metadata"]["annotations"].as_object().unwrap();
    assert_eq!(annotations.get("ours"), Some(&json!(null)), "{patch}");
    assert!(!annotations.contains_key("theirs"), "{patch}");
    assert_eq!(verified, Verified::Taken(Taken::default()));
}

#[test]
fn an_annotation_that_repeats_an_old_value_of_a_secret_is_not_shown() {
    let git = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\nstringData: {key: canary-new}\n";
    let live = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b, annotations: {note: it is canary-old}}\ndata: {key: Y2FuYXJ5LW9sZA==}\n";
    let answer = |note: &str| {
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "b", "annotations": {"note": note}},
            "data": {"key": "Y2FuYXJ5LW5ldw=="},
        })
    };
    let (_, verified) = case(git, live).verify(&answer("it is canary-old"));
    assert_eq!(verified, Verified::Taken(Taken::default()));
    let (_, verified) = case(git, live).verify(&answer("it was canary-old, is canary-new"));
    assert!(!format!("{verified:?}").contains("canary"), "{verified:?}");
}
