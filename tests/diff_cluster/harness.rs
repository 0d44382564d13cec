//! That the cluster of the tests is what the other tests take it for.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::cluster::{Cluster, Fault, Proxy, Rule, User};

#[test]
fn the_server_is_ready_and_keeps_a_record_of_what_it_is_asked() {
    let Some(cluster) = Cluster::shared("the server itself") else {
        return;
    };
    let version = cluster.get("/version").json();
    assert!(version["gitVersion"].as_str().unwrap().starts_with("v1."), "{version}");
    cluster.request(
        User::Viewer,
        "GET",
        "/api/v1/namespaces/default/configmaps/once-asked",
        "",
        "",
    );
    let record = cluster.audit();
    let entry = record
        .iter()
        .find(|entry| entry.uri.ends_with("/configmaps/once-asked"))
        .unwrap();
    assert_eq!(
        (entry.verb.as_str(), entry.user.as_str(), entry.status),
        ("get", "viewer", 404)
    );
}

#[test]
fn each_user_may_do_what_its_name_says() {
    let Some(cluster) = Cluster::shared("the rights of the users") else {
        return;
    };
    cluster.ensure_namespace("rights");
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "stringData": {"key": "value"}});
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}});
    assert_eq!(cluster.post("/api/v1/namespaces/rights/secrets", &secret).status, 201);
    assert_eq!(
        cluster.post("/api/v1/namespaces/rights/configmaps", &config).status,
        201
    );
    let status = |user: User, method: &str, path: &str| {
        let (body, content_type) = match method {
            "PATCH" => (
                "{\"metadata\": {\"labels\": {\"a\": \"b\"}}}",
                "application/merge-patch+json",
            ),
            _ => ("", ""),
        };
        cluster.request(user, method, path, body, content_type).status
    };
    let config = "/api/v1/namespaces/rights/configmaps/settings";
    let secret = "/api/v1/namespaces/rights/secrets/key";
    let dry_run = format!("{config}?dryRun=All");
    let table = [
        (User::Admin, [200, 200, 200, 200]),
        (User::Nobody, [200, 403, 403, 403]),
        (User::Viewer, [200, 200, 403, 403]),
    ];
    for (user, expected) in table {
        let answers = [
            status(user, "GET", "/apis"),
            status(user, "GET", config),
            status(user, "GET", secret),
            status(user, "PATCH", &dry_run),
        ];
        assert_eq!(answers, expected, "{user:?}");
    }
    // What the program itself may read is its ClusterRole's affair; that it may write nothing, not even in a dry run, is ours.
    assert_eq!(status(User::Checker, "GET", config), 200);
    assert_eq!(status(User::Checker, "PATCH", &dry_run), 403);
    assert_eq!(status(User::Checker, "DELETE", config), 403);
}

#[test]
fn a_kubeconfig_leads_kubectl_to_the_server_as_its_user() {
    let Some(cluster) = Cluster::shared("kubectl on the cluster") else {
        return;
    };
    let who = cluster.kubectl(
        User::Viewer,
        &["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"],
        "",
    );
    assert_eq!((who.stdout.as_str(), who.code), ("viewer", 0), "{}", who.stderr);
}

#[test]
fn a_cluster_of_ones_own_leaves_nothing_behind() {
    let Some(cluster) = Cluster::start("the end of a cluster") else {
        return;
    };
    let folder = cluster.folder().parent().unwrap().to_owned();
    let url = cluster.url.clone();
    assert!(folder.exists());
    drop(cluster);
    assert!(!folder.exists(), "{}", folder.display());
    let address = url.strip_prefix("https://").unwrap();
    assert!(
        std::net::TcpStream::connect(address).is_err(),
        "{address} is still served"
    );
}

fn ask(proxy: &Proxy, path: &str) -> Result<crate::cluster::Answer, String> {
    crate::cluster::Caller::new(&proxy.url, None).call("GET", path, &[], Vec::new())
}

#[test]
fn a_proxy_makes_the_trouble_it_is_asked_for_and_then_none() {
    let Some(cluster) = Cluster::shared("the proxy that makes trouble") else {
        return;
    };
    let rule = |holds: &str, fault: Fault| Rule {
        method: "GET",
        holds: holds.to_owned(),
        times: 1,
        fault,
    };
    let rules = vec![
        rule("/busy", Fault::TooManyRequests { retry_after: 7 }),
        rule("continue=", Fault::Gone),
        rule("/broken", Fault::Status(503, "not now".to_owned())),
        rule("/api/v1/namespaces?cut", Fault::CutAfter(20)),
        rule("/silent", Fault::NoAnswer),
        rule("/late", Fault::Late(Duration::from_millis(300))),
    ];
    let delay = Duration::from_millis(30);
    let proxy = Proxy::start(cluster, "trouble", User::Admin, delay, rules);
    let configmap = |name: &str| format!("/api/v1/namespaces/default/configmaps/{name}");

    let busy = ask(&proxy, &configmap("busy")).unwrap();
    assert_eq!((busy.status, busy.headers["retry-after"].to_str().unwrap()), (429, "7"));
    assert_eq!(ask(&proxy, &configmap("busy")).unwrap().status, 404, "only once");
    assert_eq!(
        ask(&proxy, "/api/v1/namespaces?limit=1&continue=x").unwrap().json()["reason"],
        "Expired"
    );
    let broken = ask(&proxy, &configmap("broken")).unwrap();
    assert_eq!((broken.status, broken.message()), (503, "not now".to_owned()));
    assert!(ask(&proxy, "/api/v1/namespaces?cut").is_err());
    assert!(ask(&proxy, &configmap("silent")).is_err());
    let started = Instant::now();
    assert_eq!(ask(&proxy, &configmap("late")).unwrap().status, 404);
    assert!(started.elapsed() >= delay + Duration::from_millis(300));
    // From here on it is the server itself, as the user of the proxy and a little later.
    let started = Instant::now();
    let list = ask(&proxy, "/api/v1/namespaces").unwrap();
    assert!(started.elapsed() >= delay);
    assert_eq!(list.json()["kind"], "NamespaceList");
    assert_eq!(proxy.counts(), BTreeMap::from([("GET".to_owned(), 8)]));
    assert_eq!(proxy.most_at_once(), 1);
}

#[test]
fn kubectl_goes_through_a_proxy_as_its_user() {
    let Some(cluster) = Cluster::shared("kubectl through the proxy") else {
        return;
    };
    let proxy = Proxy::start(cluster, "through", User::Viewer, Duration::ZERO, Vec::new());
    let kubeconfig = format!("--kubeconfig={}", proxy.kubeconfig.display());
    let run = cluster.kubectl(
        User::Nobody,
        &[&kubeconfig, "get", "namespace", "default", "-o", "name"],
        "",
    );
    assert_eq!(
        (run.stdout.trim(), run.code),
        ("namespace/default", 0),
        "{}",
        run.stderr
    );
    let run = cluster.kubectl(User::Nobody, &[&kubeconfig, "delete", "namespace", "default"], "");
    assert!(run.stderr.contains("Forbidden"), "{}", run.stderr);
    assert_eq!(proxy.counts().get("DELETE"), Some(&1));
}
