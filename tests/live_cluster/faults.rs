//! A server, or a way to it, on a bad day: what can be known is told, and the rest is unknown, with why.

use std::time::{Duration, Instant};

use crate::cluster::{Cluster, Fault, Proxy, Rule, User};
use crate::place::{Place, apply, config_map, object, statuses};

fn rule(holds: &str, times: usize, fault: Fault) -> Rule {
    Rule {
        method: "GET",
        holds: holds.to_owned(),
        times,
        fault,
    }
}

#[test]
fn faults_of_single_objects_hide_no_other() {
    let Some(cluster) = Cluster::shared("faults of a real cluster") else {
        return;
    };
    let namespace = "faults";
    let maps = |value: &str| -> String {
        ["busy", "broken", "cut", "fine", "late", "once"]
            .iter()
            .map(|name| config_map(namespace, name, value))
            .collect()
    };
    let place = Place::new(cluster, namespace, &maps("b"));
    apply(cluster, &maps("a"));
    let always = usize::MAX;
    let rules = vec![
        rule("/configmaps/busy", always, Fault::TooManyRequests { retry_after: 0 }),
        rule("/configmaps/broken", always, Fault::Status(503, "not now".to_owned())),
        rule("/configmaps/cut", always, Fault::CutAfter(40)),
        rule("/configmaps/late", always, Fault::Late(Duration::from_secs(4))),
        rule("/configmaps/once", 1, Fault::NoAnswer),
        // A storm over everything, before anything is answered.
        rule("/api", 3, Fault::TooManyRequests { retry_after: 1 }),
    ];
    let proxy = Proxy::start(cluster, "faults", User::Checker, Duration::ZERO, rules);
    let started = Instant::now();
    let run = place.run(&proxy.kubeconfig, &["diff", "--request-timeout", "2s", "-o", "json"]);
    assert!(started.elapsed() < Duration::from_secs(75), "{:?}", started.elapsed());
    assert_eq!(run.code, 3, "{run:?}");
    let report = run.json();
    for (name, status, words) in [
        ("busy", "unknown", "too many requests"),
        ("broken", "unknown", "not now"),
        ("cut", "unknown", "cannot be reached"),
        ("late", "unknown", "has not answered within 2 seconds"),
        ("fine", "change", ""),
        ("once", "change", ""),
    ] {
        let found = object(&report, "ConfigMap", name);
        assert_eq!(found["status"], status, "{found}");
        assert!(found["reason"].as_str().unwrap_or("").contains(words), "{found}");
    }
    assert_eq!(report["summary"]["create"], 0);
}

#[test]
fn what_is_beside_the_objects_may_fail_and_is_told() {
    let Some(cluster) = Cluster::shared("faults beside the objects of a real cluster") else {
        return;
    };
    let place = Place::new(cluster, "faults-beside", &config_map("faults-beside", "fine", "b"));
    apply(cluster, &config_map("faults-beside", "fine", "a"));
    for (holds, words) in [
        ("/openapi/v3", "schema"),
        ("/mutatingwebhookconfigurations", "webhooks"),
        ("/namespaces?", "namespaces"),
    ] {
        let fault = Fault::Status(400, "broken".to_owned());
        let proxy = Proxy::start(
            cluster,
            "faults-beside",
            User::Checker,
            Duration::ZERO,
            vec![rule(holds, usize::MAX, fault)],
        );
        let run = place.run(&proxy.kubeconfig, &["diff", "-o", "json"]);
        assert_eq!(run.code, 3, "{holds}: {run:?}");
        let report = run.json();
        assert_eq!(object(&report, "ConfigMap", "fine")["status"], "change", "{holds}");
        let problems = report["problems"].to_string();
        assert!(problems.contains(words), "{holds}: {problems}");
    }
}

#[test]
fn pages_that_are_gone_are_read_anew_and_then_one_by_one() {
    let Some(cluster) = Cluster::shared("pages of a real cluster") else {
        return;
    };
    let namespace = "pages";
    let count = 520;
    let maps: String = (0..count)
        .map(|at| config_map(namespace, &format!("map-{at:03}"), "a"))
        .collect();
    let place = Place::new(cluster, namespace, &maps);
    apply(cluster, &maps);
    for (times, bound) in [(1, 30), (usize::MAX, 30 + count)] {
        let rules = vec![rule("continue=", times, Fault::Gone)];
        let proxy = Proxy::start(cluster, "pages", User::Checker, Duration::ZERO, rules);
        let run = place.run(&proxy.kubeconfig, &["diff", "-o", "json"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let statuses = statuses(&run.json());
        assert_eq!(statuses.iter().filter(|(_, status)| status == "same").count(), count);
        assert!(proxy.requests().len() < bound, "{:?}", proxy.counts());
    }
}
