//! `checker snapshot`, as a user runs it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::cluster::{Cluster, Content, forbidden};
use super::program::{Run, checker, here, write};

const MANIFESTS: &str = "\
apiVersion: v1
kind: Secret
metadata: {name: login, namespace: shop}
stringData: {password: git-canary}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: here, namespace: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: gone}
---
apiVersion: apps.kruise.io/v1alpha1
kind: SidecarSet
metadata: {name: mesh}
spec:
  selector: {matchLabels: {app: web}}
  containers: []
";

fn content() -> Content {
    Content::new()
        .config_map("here")
        .with("v1", "Pod", Some("shop"), "web-1", json!({"metadata": {"labels": {"app": "web"}}}))
        .with(
            "v1",
            "Secret",
            Some("shop"),
            "login",
            json!({
                "type": "Opaque",
                "data": {"password": "bGl2ZS1jYW5hcnk="},
                "metadata": {
                    "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"stringData\":{\"password\":\"live-canary\"}}"},
                    "managedFields": [{"manager": "a", "fieldsV1": {"f:metadata": {"f:finalizers": {"v:\"live-canary\"": {}}}}}],
                },
            }),
        )
}

fn run(cluster: &Cluster, folder: &Path, user: &str, arguments: &[&str]) -> Run {
    let kubeconfig = cluster.kubeconfig(user);
    let kubeconfig = kubeconfig.to_str().unwrap();
    checker(folder, &[&["snapshot", "--kubeconfig", kubeconfig], arguments].concat())
}

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "all.yaml", MANIFESTS.as_bytes());
    folder
}

#[test]
fn a_snapshot_holds_what_git_has_and_no_value_of_a_secret() {
    let (cluster, folder) = (content().start(), repository());
    let run = run(
        &cluster,
        folder.path(),
        "{token: token-canary}",
        &["-o", "prod.snapshot"],
    );
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(
        run.stdout,
        "prod.snapshot: 4 objects of context `prod`, 2 of them there, 1 pod\n"
    );
    let text = fs::read_to_string(folder.path().join("prod.snapshot")).unwrap();
    for canary in ["live-canary", "bGl2ZS1jYW5hcnk", "git-canary", "token-canary"] {
        assert!(!text.contains(canary), "{canary}");
    }
    let snapshot: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&snapshot["version"], &snapshot["kind"]),
        (&json!(1), &json!("snapshot"))
    );
    let objects: Vec<String> = snapshot["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| {
            let reference = &object["reference"];
            format!(
                "{} {} {} {}",
                reference["kind"], reference["namespace"], reference["name"], object["found"]
            )
        })
        .collect();
    assert_eq!(
        objects,
        [
            r#""SidecarSet" null "mesh" "absent""#,
            // Of no namespace in Git: that of the context, here none, so `default`, which this cluster lacks.
            r#""ConfigMap" "default" "gone" "namespaceAbsent""#,
            r#""ConfigMap" "shop" "here" "object""#,
            r#""Secret" "shop" "login" "object""#,
        ]
    );
    assert_eq!(snapshot["objects"][3]["object"]["data"], json!({"password": null}));
    // Nothing half written lies about.
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    cluster.requests();
}

#[test]
fn a_snapshot_that_is_not_whole_says_so() {
    let closed = "/api/v1/namespaces/shop/secrets/login";
    let (cluster, folder) = (content().forbid(closed).start(), repository());
    let run = run(&cluster, folder.path(), "{token: a}", &["-o", "prod.snapshot"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stderr.contains("is forbidden: User"), "{}", run.stderr);
    assert!(run.stderr.contains("the snapshot is not whole"), "{}", run.stderr);
    assert!(
        fs::read_to_string(folder.path().join("prod.snapshot"))
            .unwrap()
            .contains("\"forbidden\"")
    );
}

#[test]
fn a_cluster_that_cannot_be_asked_leaves_the_older_snapshot_as_it_is() {
    let cluster = content().fault(|_| Some(forbidden("/"))).start();
    let folder = repository();
    write(folder.path(), "prod.snapshot", b"older");
    let run = run(&cluster, folder.path(), "{token: a}", &["-o", "prod.snapshot"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stderr.contains("no snapshot was written"), "{}", run.stderr);
    assert_eq!(fs::read(folder.path().join("prod.snapshot")).unwrap(), b"older");
}

#[test]
fn wrong_usage_is_told_before_anything_is_asked() {
    let (cluster, folder) = (content().start(), repository());
    for (arguments, told) in [
        (
            &["-o", "a", "--context", "prd"][..],
            "no context `prd`; did you mean `prod`?",
        ),
        (
            &["-o", "a", "--context", "prod", "--context", "other"],
            "a snapshot is of one cluster",
        ),
        (&["-o", "a", "--request-timeout", "soon"], "write `0`, `30s` or `1m30s`"),
        (&["-o", "a", "--as-group", "admins"], "--as"),
        (&[], "--output"),
        (&["-o", "missing/a"], "cannot write missing/a"),
    ] {
        let run = run(&cluster, folder.path(), "{token: a}", arguments);
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stderr.contains(told), "{}", run.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_credential_plugin_is_run_once_and_what_it_prints_is_shown_nowhere() {
    use std::os::unix::fs::PermissionsExt;
    let (cluster, folder) = (content().start(), repository());
    let login = cluster.home.path().join("login");
    let user = |text: &str| {
        fs::write(
            &login,
            format!(
                "#!/bin/sh\necho run >> '{}/runs'\n{text}\n",
                cluster.home.path().display()
            ),
        )
        .unwrap();
        fs::set_permissions(&login, fs::Permissions::from_mode(0o755)).unwrap();
        format!(
            "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: {}, interactiveMode: Never, \
             args: [argument-canary], env: [{{name: A, value: variable-canary}}]}}}}",
            login.display()
        )
    };
    let good = user(
        r#"echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "plugin-canary"}}'"#,
    );
    let run_good = run(&cluster, folder.path(), &good, &["-o", "prod.snapshot"]);
    assert_eq!(run_good.code, 0, "{}", run_good.stderr);
    let requests = cluster.requests();
    assert!(requests.len() > 5);
    assert!(
        requests
            .iter()
            .all(|request| request.header("authorization") == Some("Bearer plugin-canary"))
    );
    assert_eq!(fs::read_to_string(cluster.home.path().join("runs")).unwrap(), "run\n");

    let bad = user("echo plugin-canary; exit 4");
    let run_bad = run(&cluster, folder.path(), &bad, &["-o", "prod.snapshot"]);
    assert_eq!(run_bad.code, 3);
    assert!(run_bad.stderr.contains("failed with exit code 4"), "{}", run_bad.stderr);
    for printed in [&run_good.stdout, &run_good.stderr, &run_bad.stdout, &run_bad.stderr] {
        assert!(!printed.contains("canary"), "{printed}");
    }
}

#[test]
fn the_rights_that_are_documented_are_to_read_only() {
    let text = fs::read(here().join("docs/rbac.yaml")).unwrap();
    let decoded = checker::source::decode::decode("docs/rbac.yaml", text);
    assert!(decoded.faults.is_empty());
    let mut rules = 0;
    for tree in decoded.documents.iter().filter_map(|document| document.tree.as_ref()) {
        for rule in tree
            .root()
            .get("rules")
            .into_iter()
            .flat_map(|rules| rules.items().collect::<Vec<_>>())
        {
            rules += 1;
            for verb in rule.get("verbs").unwrap().items() {
                assert!(matches!(verb.as_str(), Some("get" | "list")));
            }
        }
    }
    assert!(rules > 3);
}

#[test]
fn the_context_of_the_targets_is_asked_for_their_objects_only() {
    let (cluster, folder) = (content().start(), tempfile::tempdir().unwrap());
    let map = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
    write(folder.path(), "eu/a.yaml", map("here").as_bytes());
    write(folder.path(), "us/a.yaml", map("of-us").as_bytes());
    let configuration = "version: 1\ntargets:\n\
                         \x20 - {name: eu, paths: [eu], context: prod, namespace: shop}\n\
                         \x20 - {name: us, paths: [us], context: us}\n";
    write(folder.path(), ".checker.yaml", configuration.as_bytes());
    let several = run(&cluster, folder.path(), "{token: a}", &["-o", "a"]);
    assert_eq!(several.code, 2);
    assert!(
        several
            .stderr
            .contains("the targets are of several contexts (prod, us)"),
        "{}",
        several.stderr
    );
    for arguments in [&["-o", "a", "--context", "prod"], &["-o", "a", "--target", "eu"]] {
        let one = run(&cluster, folder.path(), "{token: a}", arguments);
        assert_eq!(one.code, 0, "{}", one.stderr);
        assert_eq!(one.stdout, "a: 1 object of context `prod`, 1 of them there, 0 pods\n");
    }
    assert!(!cluster.counts().keys().any(|path| path.contains("of-us")));
}
