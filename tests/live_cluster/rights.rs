//! What the program may read, and what it makes of what it may not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cluster::{Cluster, User, json_of};
use crate::place::{Place, Run, apply, config_map, deployment, object, statuses};

#[test]
fn without_rights_everything_is_unknown_and_nothing_is_to_be_made() {
    let Some(cluster) = Cluster::shared("users without rights") else {
        return;
    };
    let namespace = "no-rights";
    let manifests = [
        config_map(namespace, "there", "a"),
        config_map(namespace, "absent", "a"),
        deployment(namespace, "web", "registry.example/web:1"),
    ];
    let place = Place::new(cluster, namespace, &manifests.concat());
    apply(cluster, &manifests[0]);
    let run = place.run(&cluster.kubeconfig(User::Nobody), &["diff", "-o", "json"]);
    assert_eq!(run.code, 3, "{run:?}");
    let report = run.json();
    assert!(
        statuses(&report).iter().all(|(_, status)| status == "unknown"),
        "{report}"
    );
    let why = object(&report, "ConfigMap", "absent")["reason"].as_str().unwrap();
    assert!(why.contains("\"nobody\" cannot get resource \"configmaps\""), "{why}");
    let taken = place.run(
        &cluster.kubeconfig(User::Nobody),
        &["snapshot", "-o", "../nothing.snapshot"],
    );
    assert_eq!(taken.code, 3, "{taken:?}");
}

#[test]
fn the_role_view_shows_what_it_may_read() {
    let Some(cluster) = Cluster::shared("users with the role view") else {
        return;
    };
    let namespace = "view";
    let secret = format!("---\napiVersion: v1\nkind: Secret\nmetadata: {{name: key, namespace: {namespace}}}\n");
    let role =
        "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: of-view}\nrules: []\n";
    let manifests = [
        config_map(namespace, "there", "b"),
        config_map(namespace, "absent", "a"),
        secret,
        role.to_owned(),
    ];
    let place = Place::new(cluster, namespace, &manifests.concat());
    apply(cluster, &config_map(namespace, "there", "a"));
    let run = place.run(&cluster.kubeconfig(User::Viewer), &["diff", "-o", "json"]);
    assert_eq!(run.code, 3, "{run:?}");
    let report = run.json();
    let expected = [
        ("ClusterRole of-view", "unknown"),
        ("ConfigMap absent", "create"),
        ("ConfigMap there", "change"),
        ("Secret key", "unknown"),
    ];
    assert_eq!(
        statuses(&report),
        expected.map(|(name, status)| (name.to_owned(), status.to_owned()))
    );
}

/// Each resource of the role, with an object of it in Git: group, version, kind, plural, whether namespaced.
const HELD: [(&str, &str, &str, &str, bool); 20] = [
    ("", "v1", "Namespace", "namespaces", false),
    ("", "v1", "ConfigMap", "configmaps", true),
    ("", "v1", "Service", "services", true),
    ("", "v1", "ServiceAccount", "serviceaccounts", true),
    ("apps", "v1", "Deployment", "deployments", true),
    ("apps", "v1", "StatefulSet", "statefulsets", true),
    ("apps", "v1", "DaemonSet", "daemonsets", true),
    ("batch", "v1", "Job", "jobs", true),
    ("batch", "v1", "CronJob", "cronjobs", true),
    ("apps.kruise.io", "v1alpha1", "CloneSet", "*", true),
    ("networking.istio.io", "v1", "VirtualService", "*", true),
    ("security.istio.io", "v1", "PeerAuthentication", "*", true),
    ("telemetry.istio.io", "v1", "Telemetry", "*", true),
    ("extensions.istio.io", "v1alpha1", "WasmPlugin", "*", true),
    (
        "autoscaling",
        "v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        true,
    ),
    ("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true),
    (
        "policy.kruise.io",
        "v1alpha1",
        "PodUnavailableBudget",
        "podunavailablebudgets",
        true,
    ),
    (
        "admissionregistration.k8s.io",
        "v1",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        false,
    ),
    (
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        false,
    ),
    // Nothing of `diff` needs pods without a SidecarSet; see below.
    ("", "v1", "Pod", "pods", true),
];

/// Serves the kinds of Kruise and Istio, as bare as can be.
fn serve(cluster: &Cluster) {
    for (group, version, kind, _, _) in HELD
        .iter()
        .filter(|held| held.0.contains("istio.io") || held.0.contains("kruise.io"))
    {
        let lower = kind.to_lowercase();
        let (plural, name) = match *kind {
            "PeerAuthentication" => ("peerauthentications".to_owned(), lower.clone()),
            "Telemetry" => ("telemetries".to_owned(), lower.clone()),
            _ => (format!("{lower}s"), lower.clone()),
        };
        let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.{group}"),
                // Else nobody may define what belongs to Kubernetes.
                "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"}},
            "spec": {"group": group, "scope": "Namespaced",
                "names": {"kind": kind, "plural": plural, "singular": name, "listKind": format!("{kind}List")},
                "versions": [{"name": version, "served": true, "storage": true,
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}});
        let answer = cluster.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition);
        assert!(matches!(answer.status, 201 | 409), "{answer:?}");
        cluster.wait_until_established(&format!("{plural}.{group}"));
    }
}

/// Lets a user of its own do what these rules allow.
fn grant(cluster: &Cluster, user: &str, rules: &[Value]) {
    let root = "/apis/rbac.authorization.k8s.io/v1";
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": user}, "rules": rules});
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": user},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]});
    assert_eq!(cluster.post(&format!("{root}/clusterroles"), &role).status, 201);
    assert_eq!(
        cluster.post(&format!("{root}/clusterrolebindings"), &binding).status,
        201
    );
}

/// The rules of the role `checker`, each of one group and one resource.
fn single_rules() -> Vec<(String, String, Value)> {
    let text = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rbac.yaml")).unwrap();
    let roles = json_of("docs/rbac.yaml", text);
    let role = roles.iter().find(|role| role["metadata"]["name"] == "checker").unwrap();
    let mut parts = Vec::new();
    for rule in role["rules"].as_array().unwrap() {
        for group in rule["apiGroups"].as_array().into_iter().flatten() {
            for resource in rule["resources"].as_array().unwrap() {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                parts.push((
                    text(group),
                    text(resource),
                    json!({"apiGroups": [group], "resources": [resource], "verbs": rule["verbs"]}),
                ));
            }
        }
    }
    parts
}

#[test]
fn the_role_is_enough_and_without_any_part_of_it_something_is_unknown() {
    let Some(cluster) = Cluster::shared("the smallest role") else {
        return;
    };
    serve(cluster);
    let namespace = "role";
    let manifests = HELD.map(|(group, version, kind, _, namespaced)| {
        let version = if group.is_empty() {
            version.to_owned()
        } else {
            format!("{group}/{version}")
        };
        let of = if namespaced { ", namespace: role" } else { "" };
        format!("---\napiVersion: {version}\nkind: {kind}\nmetadata: {{name: held{of}}}\n")
    });
    let place = Place::new(cluster, namespace, &manifests.concat());
    let rules = single_rules();
    let of_role: BTreeSet<(&str, &str)> = rules.iter().map(|rule| (rule.0.as_str(), rule.1.as_str())).collect();
    let held: BTreeSet<(&str, &str)> = HELD.iter().map(|held| (held.0, held.3)).collect();
    assert_eq!(of_role, held, "the role and what this test holds against it");

    let user_of = |at: usize| format!("without-part-{at}");
    let all: Vec<Value> = rules.iter().map(|rule| rule.2.clone()).collect();
    grant(cluster, "with-all-parts", &all);
    for at in 0..rules.len() {
        let mut without = all.clone();
        without.remove(at);
        grant(cluster, &user_of(at), &without);
    }
    let admin = cluster.kubeconfig(User::Admin);
    let ask = |user: &str| place.run(&admin, &["diff", "--as", user, "-o", "json"]);
    // The server takes note of rights a moment later.
    let until = |user: &str, is_so: &dyn Fn(&Run) -> bool| {
        let started = Instant::now();
        loop {
            let run = ask(user);
            if is_so(&run) || started.elapsed() > Duration::from_secs(20) {
                return run;
            }
        }
    };
    let whole = until("with-all-parts", &|run| run.code == 1);
    assert_eq!(whole.code, 1, "{whole:?}");
    for (at, (group, resource, _)) in rules.iter().enumerate() {
        let run = until(&user_of(at), &|run| run.code == 3);
        assert_eq!(run.code, 3, "{group}/{resource} is not needed: {run:?}");
    }
}
