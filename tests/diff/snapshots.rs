//! Against a snapshot of a cluster.

use serde_json::{Value, json};

use crate::program::{here, screen};
use crate::scratch::{Scratch, WEB, config_map, reference, there};

/// The Deployment of Git as it was applied, but for what somebody else has done to it.
fn live() -> Value {
    let applied = json!({
        "f:spec": {"f:replicas": {}, "f:selector": {}, "f:template": {"f:metadata": {"f:labels": {"f:app": {}}}, "f:spec": {"f:containers": {
            "k:{\"name\":\"app\"}": {".": {}, "f:name": {}, "f:env": {
                "k:{\"name\":\"A\"}": {".": {}, "f:name": {}, "f:value": {}}, "k:{\"name\":\"B\"}": {".": {}, "f:name": {}, "f:value": {}}}}}}}}
    });
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "uid": "u", "generation": 4, "resourceVersion": "9", "managedFields": [
            {"manager": "deployer", "operation": "Apply", "apiVersion": "apps/v1", "time": "2026-11-01T08:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": applied},
            {"manager": "kubectl-edit", "operation": "Update", "apiVersion": "apps/v1", "time": "2026-11-19T22:15:00Z", "fieldsType": "FieldsV1",
             "fieldsV1": {"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"app\"}": {"f:image": {}}}}}}}}]},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
                "securityContext": {}, "terminationGracePeriodSeconds": 30, "containers": [{"name": "app", "image": "registry.example/shop/web:debug",
                    "imagePullPolicy": "IfNotPresent", "resources": {}, "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                    "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}]}}},
        "status": {"replicas": 2}
    })
}

#[test]
fn drift_absence_and_what_is_forbidden_are_told_apart() {
    let scratch = Scratch::new(&[
        ("web.yaml", WEB),
        ("new.yaml", &config_map("new", "x")),
        ("hidden.yaml", &config_map("hidden", "x")),
        (
            "homeless.yaml",
            &config_map("homeless", "x").replace(", namespace: shop", ""),
        ),
    ]);
    let object = |name: &str, namespace: &str, found: Value| {
        let mut object = json!({"reference": reference("v1", "ConfigMap", Some(namespace), name)});
        object
            .as_object_mut()
            .unwrap()
            .extend(found.as_object().unwrap().clone());
        object
    };
    let snapshot = scratch.snapshot(&[
        there(&live()),
        object("new", "shop", json!({"found": "absent"})),
        object(
            "hidden",
            "shop",
            json!({"found": "forbidden", "why": "the user `ci` must not get configmaps in `shop`"}),
        ),
        object("homeless", "default", json!({"found": "namespaceAbsent"})),
    ]);
    let name = snapshot.file_name().unwrap().to_str().unwrap();
    let run = scratch.run(&["diff", "--snapshot", name]);
    insta::assert_snapshot!(screen(&run));
    let readme = std::fs::read_to_string(here().join("README.md")).unwrap();
    assert!(
        readme.contains(&run.stdout),
        "the README shows another screen than this one"
    );
}

#[test]
fn what_is_unknown_for_one_reason_is_told_at_once() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let files: Vec<(String, String)> = names
        .iter()
        .map(|name| (format!("{name}.yaml"), config_map(name, "x")))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (&**name, &**text)).collect();
    let scratch = Scratch::new(&files);
    let failed = |name: &&str| json!({"reference": reference("v1", "ConfigMap", Some("shop"), name), "found": "failed", "why": "nobody answers"});
    let snapshot = scratch.snapshot(&names.iter().map(failed).collect::<Vec<_>>());
    let run = scratch.run(&["diff", "--snapshot", snapshot.to_str().unwrap()]);
    assert_eq!(run.code, 3, "{}", run.stdout);
    assert_eq!(run.stdout.matches("nobody answers").count(), 1, "{}", run.stdout);
    assert!(run.stdout.contains("unknown 6 objects"), "{}", run.stdout);
    let run = scratch.run(&["diff", "-v", "--snapshot", snapshot.to_str().unwrap()]);
    assert_eq!(run.stdout.matches("nobody answers").count(), 6, "{}", run.stdout);
}

#[test]
fn what_the_cluster_was_not_asked_for_is_not_called_new() {
    let scratch = Scratch::new(&[("web.yaml", WEB), ("later.yaml", &config_map("later", "x"))]);
    let snapshot = scratch.snapshot(&[there(&live())]);
    let run = scratch.run(&["diff", "--snapshot", snapshot.to_str().unwrap(), "-o", "json"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["objects"][0]["status"], "unknown");
    assert_eq!(report["objects"][1]["changes"][0]["class"], "drift");
    assert_eq!(report["objects"][1]["changes"][0]["actor"]["manager"], "kubectl-edit");
}

/// Without a configuration the folder that is asked for says which cluster is meant.
#[test]
fn of_several_forms_of_an_object_the_nearest_is_meant() {
    let scratch = Scratch::new(&[
        ("eu/map.yaml", &config_map("map", "eu")),
        ("us/map.yaml", &config_map("map", "us")),
    ]);
    let live = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "map", "namespace": "shop"}, "data": {"key": "eu"}});
    let snapshot = scratch.snapshot(&[there(&live)]);
    let snapshot = snapshot.to_str().unwrap();
    assert_eq!(scratch.run(&["diff", "eu", "--snapshot", snapshot]).code, 0);
    assert_eq!(scratch.run(&["diff", "us", "--snapshot", snapshot]).code, 1);
    let both = scratch.run(&["diff", "--snapshot", snapshot]);
    assert_eq!(both.code, 2, "{}", both.stdout);
    assert!(
        both.stdout.contains("`eu/map.yaml`") && both.stdout.contains("`us/map.yaml`"),
        "{}",
        both.stdout
    );
}

#[test]
fn the_configuration_says_which_drift_does_not_count() {
    let rule = "version: 1\ndiff:\n  ignore:\n  - path: spec.template.spec.containers[name=app].image\n    objects: {kind: Deployment}\n    reason: debugged by hand\n";
    let scratch = Scratch::new(&[("web.yaml", WEB), (".checker.yaml", rule)]);
    let snapshot = scratch.snapshot(&[there(&live())]);
    let run = scratch.run(&["diff", "--snapshot", snapshot.to_str().unwrap(), "-v"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains("1 difference is ignored") && run.stdout.contains("debugged by hand"),
        "{}",
        run.stdout
    );
    scratch.write(&[(".checker.yaml", &rule.replace("containers[name=app]", "containers["))]);
    let run = scratch.run(&["diff", "--snapshot", snapshot.to_str().unwrap()]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains(".checker.yaml:4"), "{}", run.stderr);
}
