//! What is in the cluster and no longer in Git.

use std::time::Duration;

use crate::cluster::{Cluster, Fault, Proxy, Rule, User};
use crate::place::{Place, apply, config_map, statuses};

#[test]
fn pruning_lists_what_its_scope_holds_and_reads_secrets_as_metadata() {
    let Some(cluster) = Cluster::shared("pruning on a real cluster") else {
        return;
    };
    let place = Place::new(cluster, "pruning", &config_map("pruning", "kept", "a"));
    let labelled = |kind: &str, name: &str, label: &str| {
        format!(
            "---\napiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: pruning, labels: {{team: {label}}}}}\n"
        )
    };
    let live = [
        config_map("pruning", "kept", "a"),
        labelled("ConfigMap", "left", "a"),
        labelled("ConfigMap", "of-others", "b"),
        labelled("Secret", "secret-left", "a") + "stringData: {key: canary}\n",
    ];
    apply(cluster, &live.concat());
    let proxy = Proxy::start(cluster, "pruning", User::Admin, Duration::ZERO, Vec::new());
    let arguments = ["diff", "--prune", "--prune-namespace", "pruning", "-o", "json"];
    let run = place.run(&proxy.kubeconfig, &arguments);
    assert_eq!(run.code, 1, "{run:?}");
    let word = |name: &str, status: &str| (name.to_owned(), status.to_owned());
    assert_eq!(
        statuses(&run.json()),
        [
            word("ConfigMap kept", "same"),
            word("ConfigMap left", "prune"),
            word("ConfigMap of-others", "prune"),
            word("Secret secret-left", "prune"),
        ]
    );
    assert!(!run.stdout.contains("canary"));
    // Kinds without namespaces are in no namespace to look in, and those of others are not superfluous.
    let lists = proxy.requests();
    assert!(
        lists.iter().any(|request| request.uri.contains("/secrets?")),
        "{lists:?}"
    );
    let labelled = place.run(&proxy.kubeconfig, &[&arguments[..], &["-l", "team=a"]].concat());
    let pruned = statuses(&labelled.json());
    let pruned: Vec<&str> = pruned
        .iter()
        .filter(|(_, status)| status == "prune")
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(pruned, ["ConfigMap left", "Secret secret-left"]);
    // Without a scope everything that others have made would be superfluous.
    assert_eq!(place.run(&proxy.kubeconfig, &["diff", "--prune"]).code, 2);
}

#[test]
fn a_list_that_fails_makes_pruning_unknown_and_never_empty() {
    let Some(cluster) = Cluster::shared("failing lists on a real cluster") else {
        return;
    };
    let place = Place::new(cluster, "prune-fails", &config_map("prune-fails", "kept", "a"));
    apply(cluster, &config_map("prune-fails", "kept", "a"));
    let rules = vec![Rule {
        method: "GET",
        holds: "/services?".to_owned(),
        times: usize::MAX,
        fault: Fault::Status(400, "no lists today".to_owned()),
    }];
    let proxy = Proxy::start(cluster, "prune-fails", User::Admin, Duration::ZERO, rules);
    let run = place.run(
        &proxy.kubeconfig,
        &["diff", "--prune", "--prune-namespace", "prune-fails", "-o", "json"],
    );
    assert_eq!(run.code, 3, "{run:?}");
    let report = run.json();
    assert_eq!(statuses(&report), [("ConfigMap kept".to_owned(), "same".to_owned())]);
    assert!(
        report["problems"][0]
            .as_str()
            .unwrap()
            .contains("services cannot be listed"),
        "{report}"
    );
    // Whoever may not list is no better off.
    let run = place.run(
        &cluster.kubeconfig(User::Nobody),
        &["diff", "--prune", "--prune-namespace", "prune-fails"],
    );
    assert_eq!(run.code, 3, "{run:?}");
}
