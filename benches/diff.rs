//! How long `checker diff` takes on 500 objects of a real API server behind a network that adds 20 ms to each request, and what it asks for;
//! then once more in a cluster with 10,000 pods.
//!
//! `cargo bench --bench diff -- PODS` makes another number of pods. The server is that of the tests: `sh tests/run` says where it is.
//! Figures of one run on one machine compare with each other only.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a table is what this program is for, and it may stop where it stands"
)]

#[path = "../tests/cluster/mod.rs"]
mod cluster;
#[path = "../tests/live_cluster/memory.rs"]
mod memory;
#[path = "../tests/live_cluster/place.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod place;

use std::thread;
use std::time::{Duration, Instant};

use cluster::{Cluster, Proxy, User};
use memory::most_memory;
use place::{Place, apply, config_map, deployment};
use serde_json::json;

const NAMESPACES: usize = 5;
const OBJECTS: usize = 500;
const PODS: usize = 10_000;
const DELAY: Duration = Duration::from_millis(20);
/// How many make pods at once.
const MAKERS: usize = 8;
/// Runs of which the median is told.
const RUNS: usize = 5;

fn main() {
    let given = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let Some(cluster) = Cluster::start("the benchmark of diff") else {
        println!("skipped: there is no API server");
        return;
    };
    let namespaces: Vec<String> = (0..NAMESPACES).map(|at| format!("bench-{at}")).collect();
    for namespace in &namespaces {
        cluster.ensure_namespace(namespace);
    }
    let has_sets = cluster.apply_crd("sidecarsets.apps.kruise.io-v1.8.4.yaml");
    let mut manifests: String = (0..OBJECTS / 2)
        .map(|at| {
            let namespace = &namespaces[at % NAMESPACES];
            config_map(namespace, &format!("map-{at}"), "a")
                + &deployment(namespace, &format!("web-{at}"), "registry.example/web:1")
        })
        .collect();
    if has_sets {
        manifests += "---\napiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {name: bench}\nspec:\n  selector: {matchLabels: {app: \
                      bench}}\n  containers: [{name: proxy, image: registry.example/proxy:1}]\n";
    }
    let place = Place::new(&cluster, "bench", &manifests.replace("web:1", "web:2"));
    apply(&cluster, &manifests);
    let proxy = Proxy::start(&cluster, "bench", User::Checker, DELAY, Vec::new());
    println!("{OBJECTS} objects, {DELAY:?} more for each request");
    measure("nothing kept", &place, &proxy, 1);
    measure("schemas kept", &place, &proxy, RUNS);
    let pods = given.unwrap_or(PODS);
    let started = Instant::now();
    make_pods(&cluster, &namespaces[0], pods);
    println!("{pods} pods, made in {:.0?}", started.elapsed());
    measure("schemas kept", &place, &proxy, RUNS);
}

fn measure(what: &str, place: &Place, proxy: &Proxy, runs: usize) {
    let asked_before = proxy.requests().len();
    let mut most = 0;
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let started = Instant::now();
            let (memory, code) = most_memory(&mut place.command(&proxy.kubeconfig, &["diff", "-o", "json"]));
            assert_eq!(code, 1);
            most = most.max(memory);
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    println!(
        "  {what:<14} {:>6.2} s  {:>3} requests, {:>2} at once  {:>4} MiB",
        times[runs / 2].as_secs_f32(),
        (proxy.requests().len() - asked_before) / runs,
        proxy.most_at_once(),
        most >> 10
    );
}

/// Pods that the SidecarSet selects.
fn make_pods(cluster: &Cluster, namespace: &str, count: usize) {
    thread::scope(|scope| {
        for maker in 0..MAKERS {
            scope.spawn(move || {
                let caller = cluster.new_caller();
                let mut headers = User::Admin.headers();
                headers.push(("content-type".to_owned(), "application/json".to_owned()));
                for at in (maker..count).step_by(MAKERS) {
                    let pod = json!({"apiVersion": "v1", "kind": "Pod",
                        "metadata": {"name": format!("pod-{at}"), "labels": {"app": "bench"},
                            "annotations": {"kruise.io/sidecarset-hash": "{\"bench\": {\"hash\": \"a\"}}"}},
                        "spec": {"containers": [{"name": "app", "image": "registry.example/web:1"}]}});
                    let address = format!("/api/v1/namespaces/{namespace}/pods");
                    let made = caller.call("POST", &address, &headers, pod.to_string().into_bytes());
                    assert_eq!(made.map(|answer| answer.status), Ok(201));
                }
            });
        }
    });
}
