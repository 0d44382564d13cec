//! What the report says, whatever side the cluster is seen from.

use serde_json::{Value, json};

use crate::cluster::{Cluster, User};
use crate::place::{Place, apply, config_map, deployment, edit, ended, object, reference, statuses};

/// The changes that there may be, on objects that `view` may read.
fn everything(cluster: &Cluster, namespace: &str) -> Place {
    let live = [
        config_map(namespace, "same", "a"),
        deployment(namespace, "web", "registry.example/web:1"),
    ]
    .concat();
    let drifted = config_map(namespace, "drifted", "a");
    let place = Place::new(cluster, namespace, &(live.replace("web:1", "web:2") + &drifted));
    apply(cluster, &live);
    // Only `kubectl apply` keeps the values that were applied, so that it can be told who has moved on.
    let applied = cluster.kubectl(User::Admin, &["apply", "-f", "-"], &drifted);
    assert_eq!(applied.code, 0, "{applied:?}");
    edit(
        cluster,
        &reference("ConfigMap", namespace, "drifted"),
        &json!({"data": {"key": "b"}}),
    );
    place.write("new.yaml", &config_map(namespace, "new", "a"));
    place
}

/// A report without which side it is of, and when it was read.
fn of_any_side(report: &str) -> String {
    let mut report: Value = serde_json::from_str(report).unwrap();
    let fields = report.as_object_mut().unwrap();
    fields.remove("side").unwrap();
    fields.remove("taken").unwrap();
    report.to_string()
}

#[test]
fn a_snapshot_gives_the_report_of_the_cluster_and_only_reads_it() {
    let Some(cluster) = Cluster::shared("snapshots of a real cluster") else {
        return;
    };
    let place = everything(cluster, "snapshots");
    let asked_before = cluster.audit().len();
    let kubeconfig = cluster.kubeconfig(User::Checker);
    let taken = place.run(
        &kubeconfig,
        &["snapshot", "--context", "checker", "-o", "../cluster.snapshot"],
    );
    assert_eq!(taken.code, 0, "{taken:?}");
    for format in ["json", "unified", "markdown", "human"] {
        let live = place.run(&kubeconfig, &["diff", "--context", "checker", "-o", format]);
        let nowhere = place.path("no-kubeconfig");
        let offline = place.run(&nowhere, &["diff", "--snapshot", "../cluster.snapshot", "-o", format]);
        assert_eq!((live.code, offline.code), (1, 1), "{live:?}\n{offline:?}");
        match format {
            "json" => assert_eq!(of_any_side(&live.stdout), of_any_side(&offline.stdout)),
            "unified" => assert_eq!(live.stdout, offline.stdout),
            // All but the lines that name the side.
            _ => {
                let rest = |text: &str| {
                    let is_of_side = |line: &&str| line.contains("context checker") || line.contains("snapshot");
                    text.lines()
                        .filter(|line| !is_of_side(line))
                        .collect::<Vec<_>>()
                        .join("\n")
                };
                assert_eq!(rest(&live.stdout), rest(&offline.stdout), "{format}");
                assert!(live.stdout.contains("drifted"));
            }
        }
    }
    let report = place.run(&kubeconfig, &["diff", "-o", "json"]).json();
    let expected = [
        ("ConfigMap drifted", "change"),
        ("ConfigMap new", "create"),
        ("ConfigMap same", "same"),
        ("Deployment web", "change"),
    ];
    assert_eq!(
        statuses(&report),
        expected.map(|(name, status)| (name.to_owned(), status.to_owned()))
    );
    let drifted = &object(&report, "ConfigMap", "drifted")["changes"][0];
    assert_eq!(
        (&drifted["class"], &drifted["actor"]["manager"]),
        (&json!("drift"), &json!("kubectl-edit"))
    );
    let asked: Vec<_> = cluster.audit().split_off(asked_before);
    let ours: Vec<_> = asked.iter().filter(|entry| entry.user == "checker").collect();
    assert!(ours.len() > 10);
    for entry in ours {
        assert!(matches!(entry.verb.as_str(), "get" | "list"), "{entry:?}");
    }
}

#[test]
fn each_way_of_not_being_there_is_told_apart() {
    let Some(cluster) = Cluster::shared("what is not in a real cluster") else {
        return;
    };
    let namespace = "absence";
    let definition = "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: gadgets.example.com}\nspec:\n  group: \
                      example.com\n  scope: Namespaced\n  names: {kind: Gadget, plural: gadgets, singular: gadget, listKind: GadgetList}\n  versions:\n  - {name: v1, \
                      served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}\n";
    let custom = |kind: &str, name: &str| {
        format!("---\napiVersion: example.com/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\n")
    };
    let manifests = [
        "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: absence-made-first}\n".to_owned(),
        config_map("absence-made-first", "in-new", "a"),
        config_map("absence-made-by-nobody", "in-none", "a"),
        definition.to_owned(),
        custom("Gadget", "of-new-kind"),
        config_map(namespace, "going", "a"),
        config_map(namespace, "absent", "a"),
    ];
    let place = Place::new(cluster, namespace, &manifests.concat());
    let going = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "going", "namespace": namespace, "finalizers": ["example.com/wait"]}, "data": {"key": "a"}});
    apply(cluster, &going.to_string());
    let address = format!("/api/v1/namespaces/{namespace}/configmaps/going");
    assert!(cluster.request(User::Admin, "DELETE", &address, "", "").is_success());

    let kubeconfig = cluster.kubeconfig(User::Checker);
    let run = place.run(&kubeconfig, &["diff", "-o", "json"]);
    assert_eq!(run.code, 1, "{run:?}");
    let report = run.json();
    for (kind, name, status, words) in [
        ("ConfigMap", "in-new", "create", "is made first: Git has it"),
        ("ConfigMap", "in-none", "create", "is not there"),
        (
            "Gadget",
            "of-new-kind",
            "create",
            "CustomResourceDefinition is made first",
        ),
        ("ConfigMap", "going", "terminating", "being deleted since"),
        ("ConfigMap", "absent", "create", ""),
        ("Namespace", "absence-made-first", "create", ""),
    ] {
        let found = object(&report, kind, name);
        assert_eq!(found["status"], status, "{found}");
        assert!(found["reason"].as_str().unwrap_or("").contains(words), "{found}");
    }
    // A kind that nobody knows is no answer, and hides no other.
    place.write("unknown.yaml", &custom("Widget", "of-no-kind"));
    let run = place.run(&kubeconfig, &["diff", "-o", "json"]);
    assert_eq!(run.code, 3, "{run:?}");
    let report = run.json();
    assert_eq!(object(&report, "Widget", "of-no-kind")["status"], "unknown");
    assert_eq!(object(&report, "ConfigMap", "absent")["status"], "create");
}

#[test]
fn flags_are_those_of_kubectl() {
    let Some(cluster) = Cluster::shared("the flags of kubectl on a real cluster") else {
        return;
    };
    let map = |name: &str, label: &str| {
        format!(
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, labels: {{team: {label}}}}}\ndata: {{key: a}}\n"
        )
    };
    let place = Place::new(cluster, "flags", &[map("one", "a"), map("two", "b")].concat());
    for name in ["one", "two"] {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"key": "a"},
            "metadata": {"name": name, "namespace": "flags", "labels": {"team": if name == "one" { "a" } else { "b" }}}});
        apply(cluster, &object.to_string());
    }
    let admin = cluster.kubeconfig(User::Admin);
    let here = place.run(&admin, &["diff", "-n", "flags"]);
    assert_eq!(here.code, 0, "{here:?}");
    // Without `-n` the namespace is that of the context: they are not there.
    assert_eq!(place.run(&admin, &["diff"]).code, 1);
    let selected = place
        .run(&admin, &["diff", "-n", "flags", "-l", "team=a", "-o", "json"])
        .json();
    assert_eq!(statuses(&selected), [("ConfigMap one".to_owned(), "same".to_owned())]);
    // As somebody who may read nothing; the server records who that is.
    let nobody = place.run(&admin, &["diff", "-n", "flags", "--as", "somebody-else"]);
    assert_eq!(nobody.code, 3, "{nobody:?}");
    assert!(nobody.stdout.contains("somebody-else"), "{nobody:?}");
    let record = cluster.audit();
    assert!(
        record
            .iter()
            .any(|entry| entry.impersonated.as_deref() == Some("somebody-else"))
    );
    // Two clusters in one report, each as its own user.
    let both = format!("{}:{}", admin.display(), cluster.kubeconfig(User::Nobody).display());
    let arguments = [
        "diff",
        "-n",
        "flags",
        "--context",
        "admin",
        "--context",
        "nobody",
        "-o",
        "json",
    ];
    let run = place.run(both.as_ref(), &arguments);
    assert_eq!(run.code, 3, "{run:?}");
    let report = run.json();
    let statuses_of = |side: usize| statuses(&report["sides"][side]).into_iter().map(|(_, status)| status);
    assert_eq!(statuses_of(0).collect::<Vec<_>>(), ["same", "same"]);
    assert_eq!(statuses_of(1).collect::<Vec<_>>(), ["unknown", "unknown"]);
    // Wrong usage, and a server that nobody answers for.
    assert_eq!(place.run(&admin, &["diff", "--context", "none"]).code, 2);
    let gone = cluster.write_kubeconfig("gone", "http://127.0.0.1:9", User::Admin);
    let lost = place.run(&gone, &["diff", "-n", "flags", "-o", "json"]);
    assert_eq!(lost.code, 3, "{lost:?}");
    assert_eq!(object(&lost.json(), "ConfigMap", "one")["status"], "unknown");
}

#[test]
fn another_program_shows_the_difference_and_its_folders_are_gone() {
    let Some(cluster) = Cluster::shared("KUBECTL_EXTERNAL_DIFF on a real cluster") else {
        return;
    };
    let place = everything(cluster, "external");
    let mut command = place.command(&cluster.kubeconfig(User::Checker), &["diff"]);
    let run = ended(command.env("KUBECTL_EXTERNAL_DIFF", "diff -u -N"));
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("-        image: registry.example/web:1"), "{run:?}");
    assert!(run.stdout.contains("+        image: registry.example/web:2"), "{run:?}");
    assert_eq!(place.files("temporary"), Vec::<std::path::PathBuf>::new());
}
