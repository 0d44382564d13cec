//! `--verify=server`: the prediction held against what the server itself makes of it, of which nothing is kept.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cluster::{Cluster, Proxy, User};
use crate::place::{Place, apply, config_map, deployment, edit, object, reference};

const VERIFY: [&str; 4] = ["diff", "--verify=server", "-o", "json"];

fn service(namespace: &str, kind: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: {namespace}}}\nspec: {{type: {kind}, selector: {{app: web}}, ports: [{{port: 80}}]}}\n"
    )
}

#[test]
fn the_report_says_where_the_server_agrees_where_not_and_what_it_refuses() {
    let Some(cluster) = Cluster::shared("verification by a real server") else {
        return;
    };
    let namespace = "verified";
    let live = [
        config_map(namespace, "same", "a"),
        config_map(namespace, "drifted", "a"),
        deployment(namespace, "web", "registry.example/web:1"),
        deployment(namespace, "moved", "registry.example/web:1"),
        deployment(namespace, "mistyped", "registry.example/web:1"),
        service(namespace, "ClusterIP"),
    ];
    let by_client = format!(
        "{}{}",
        deployment(namespace, "by-client", "registry.example/web:1"),
        config_map(namespace, "by-client", "a").replace("{key: a}", "{key: a, gone: b}")
    );
    let place = Place::new(cluster, namespace, "");
    apply(cluster, &live.concat());
    let applied = cluster.kubectl(User::Admin, &["apply", "-f", "-"], &by_client);
    assert_eq!(applied.code, 0, "{applied:?}");
    edit(
        cluster,
        &reference("ConfigMap", namespace, "drifted"),
        &json!({"data": {"key": "b"}}),
    );
    let secret =
        "---\napiVersion: v1\nkind: Secret\nmetadata: {name: hidden, namespace: verified}\nstringData: {key: canary}\n";
    let desired = [
        config_map(namespace, "same", "a"),
        config_map(namespace, "drifted", "a"),
        config_map(namespace, "new", "a"),
        config_map("verified-later", "elsewhere", "a"),
        deployment(namespace, "web", "registry.example/web:2"),
        deployment(namespace, "moved", "registry.example/web:1").replace("{app: moved}", "{app: other}"),
        deployment(namespace, "mistyped", "registry.example/web:1").replace("replicas: 2", "replica: 2"),
        service(namespace, "NodePort"),
        // Another image, a default that the server is to set, and a key less.
        deployment(namespace, "by-client", "registry.example/web:2")
            + "      - {name: more, image: registry.example/more}\n",
        config_map(namespace, "by-client", "a"),
        secret.to_owned(),
    ];
    place.write("all.yaml", &desired.concat());
    let versions = || {
        let lists = [
            "/api/v1/configmaps",
            "/apis/apps/v1/deployments",
            "/api/v1/services",
            "/api/v1/secrets",
        ];
        let in_namespace = lists.map(|list| {
            let (root, plural) = list.rsplit_once('/').unwrap();
            let list = cluster.get(&format!("{root}/namespaces/{namespace}/{plural}")).json();
            let items = list["items"].as_array().unwrap().iter();
            items
                .map(|item| item["metadata"]["resourceVersion"].clone())
                .collect::<Vec<Value>>()
        });
        in_namespace.concat()
    };
    let before = versions();
    let proxy = Proxy::start(cluster, "verified", User::Admin, Duration::ZERO, Vec::new());
    let run = place.run(&proxy.kubeconfig, &VERIFY);
    assert_eq!(run.code, 1, "{run:?}");
    let report = run.json();
    let verified = |kind: &str, name: &str| object(&report, kind, name)["verified"].clone();
    for (kind, name) in [
        ("ConfigMap", "same"),
        ("ConfigMap", "new"),
        ("Deployment", "web"),
        ("Deployment", "by-client"),
        ("ConfigMap", "by-client"),
        ("Secret", "hidden"),
    ] {
        let agreed = json!({"verdict": "taken", "disagreements": [], "conflicts": [], "warnings": []});
        assert_eq!(verified(kind, name), agreed, "{kind} {name}");
    }
    let drifted = verified("ConfigMap", "drifted");
    assert_eq!(drifted["conflicts"][0]["field"], ".data.key", "{drifted}");
    assert_eq!(drifted["disagreements"], json!([]), "{drifted}");
    let moved = verified("Deployment", "moved");
    assert_eq!(moved["verdict"], "refused", "{moved}");
    assert!(moved["causes"].to_string().contains("spec.selector"), "{moved}");
    let mistyped = verified("Deployment", "mistyped");
    assert_eq!(mistyped["verdict"], "refused", "{mistyped}");
    assert!(
        mistyped["message"].as_str().unwrap().contains(".spec.replica"),
        "{mistyped}"
    );
    // The server chooses a port that nobody can foresee.
    let service = verified("Service", "web");
    let port = &service["disagreements"][0];
    assert_eq!(port["path"], "spec.ports[port=80,protocol=TCP].nodePort", "{service}");
    assert!(port["predicted"].is_null() && port["server"].is_u64(), "{service}");
    assert_eq!(verified("ConfigMap", "elsewhere")["verdict"], "not-asked");
    assert!(!run.stdout.contains("canary") && !run.stderr.contains("canary"));

    assert_eq!(versions(), before, "something was written");
    for request in proxy.requests() {
        let is_dry_run = request.uri.contains("?dryRun=All&");
        assert!(
            request.method == "GET" || (request.method == "PATCH" && is_dry_run),
            "{request:?}"
        );
    }
    assert!(proxy.counts()["PATCH"] >= 10);

    // With force no field is in the way of it; the other forms say the same.
    let forced = place.run(&proxy.kubeconfig, &[&VERIFY[..], &["--force-conflicts"]].concat());
    assert_eq!(
        object(&forced.json(), "ConfigMap", "drifted")["verified"]["conflicts"],
        json!([])
    );
    for format in ["human", "markdown"] {
        let run = place.run(&proxy.kubeconfig, &["diff", "--verify=server", "-o", format]);
        assert_eq!(run.code, 1);
        for words in [
            "the server refuses",
            "without force",
            "nodePort",
            "field is immutable",
            "6 as predicted",
        ] {
            assert!(run.stdout.contains(words), "{format} lacks {words}: {}", run.stdout);
        }
        assert!(!run.stdout.contains("canary"));
    }
}

#[test]
fn an_agreeing_server_changes_no_exit_code_and_a_refusing_one_does() {
    let Some(cluster) = Cluster::shared("exit codes of a verification") else {
        return;
    };
    let namespace = "verified-codes";
    let place = Place::new(cluster, namespace, &config_map(namespace, "same", "a"));
    apply(cluster, &config_map(namespace, "same", "a"));
    let run = place.run(&cluster.kubeconfig(User::Admin), &VERIFY);
    assert_eq!(run.code, 0, "{run:?}");
    // Whoever may only read cannot ask: the prediction stands, and the run is unfinished.
    let run = place.run(&cluster.kubeconfig(User::Checker), &VERIFY);
    assert_eq!(run.code, 3, "{run:?}");
    let report = run.json();
    let same = object(&report, "ConfigMap", "same");
    assert_eq!(
        (&same["status"], &same["verified"]["verdict"]),
        (&json!("same"), &json!("unknown"))
    );
    assert!(
        same["verified"]["message"].as_str().unwrap().contains("cannot patch"),
        "{same}"
    );
    // There is no server to ask of a file.
    let run = place.run(
        &cluster.kubeconfig(User::Admin),
        &["diff", "--snapshot", "x", "--verify=server"],
    );
    assert_eq!(run.code, 2, "{run:?}");
}
