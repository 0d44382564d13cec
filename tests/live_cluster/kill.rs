//! The program ended at any moment: nothing is left of it, in the cluster nor on disk.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::cluster::{Cluster, Proxy, User};
use crate::place::{Place, apply, config_map, deployment};

const TIMES: u32 = 20;

#[test]
fn nothing_is_left_of_a_run_that_is_killed() {
    let Some(cluster) = Cluster::shared("runs that are killed") else {
        return;
    };
    let namespace = "killed";
    let manifests = |image: &str| -> String {
        (0..20)
            .map(|at| {
                config_map(namespace, &format!("map-{at}"), image) + &deployment(namespace, &format!("web-{at}"), image)
            })
            .collect()
    };
    let place = Place::new(cluster, namespace, &manifests("registry.example/web:2"));
    apply(cluster, &manifests("registry.example/web:1"));
    let before = versions(cluster, namespace);
    let asked_before = cluster.audit().len();
    let proxy = Proxy::start(cluster, "killed", User::Checker, Duration::from_millis(20), Vec::new());
    let commands = [&["diff"][..], &["snapshot", "-o", "../out/cluster.snapshot"][..]];
    std::fs::create_dir(place.path("out")).unwrap();
    let started = Instant::now();
    assert_eq!(place.run(&proxy.kubeconfig, commands[0]).code, 1);
    let whole = started.elapsed();
    // Without what the whole run has left, so that schemas are written again and again.
    let mut ended_early = 0;
    for at in 0..TIMES {
        std::fs::remove_dir_all(place.path("cache")).unwrap();
        std::fs::create_dir(place.path("cache")).unwrap();
        let arguments = commands[usize::from(at % 2 == 1)];
        let mut child = place.command(&proxy.kubeconfig, arguments).spawn().unwrap();
        // Spread over the run, and to no pattern of it.
        thread::sleep(whole * (at * 37 % TIMES) / TIMES);
        let signal = [Signal::KILL, Signal::TERM, Signal::INT][at as usize % 3];
        // It may have ended by itself.
        let _ = kill_process(Pid::from_child(&child), signal);
        ended_early += u32::from(child.wait().unwrap().code().is_none());
        assert!(place.files("temporary").is_empty(), "{:?}", place.files("temporary"));
        let snapshot = place.path("out/cluster.snapshot");
        if snapshot.exists() {
            let read: Result<Value, _> = serde_json::from_slice(&std::fs::read(&snapshot).unwrap());
            assert!(
                read.is_ok_and(|snapshot| snapshot["kind"] == "snapshot"),
                "half a snapshot"
            );
        }
        // What is left of the cache is whole, or not believed.
        if at % 5 == 0 {
            assert_eq!(place.run(&proxy.kubeconfig, &["diff"]).code, 1);
        }
    }
    assert!(ended_early > TIMES / 2, "only {ended_early} runs were ended");
    assert_eq!(versions(cluster, namespace), before);
    let asked = cluster.audit().split_off(asked_before);
    for entry in asked.iter().filter(|entry| entry.user == "checker") {
        assert!(matches!(entry.verb.as_str(), "get" | "list"), "{entry:?}");
    }
}

#[test]
fn the_folders_for_another_program_go_with_a_run_that_is_told_to_end() {
    let Some(cluster) = Cluster::shared("a run with another program that is ended") else {
        return;
    };
    let place = Place::new(cluster, "ended", &config_map("ended", "new", "a"));
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let mut command = place.command(&cluster.kubeconfig(User::Checker), &["diff"]);
        let mut child = command.env("KUBECTL_EXTERNAL_DIFF", "sh -c 'sleep 3'").spawn().unwrap();
        let started = Instant::now();
        // Both folders, and a file in each.
        while place.files("temporary").len() < 4 {
            assert!(started.elapsed() < Duration::from_secs(30), "no folder comes");
            thread::sleep(Duration::from_millis(5));
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert_eq!(place.files("temporary"), Vec::<std::path::PathBuf>::new());
    }
}

/// The versions of the objects, which grow with any write.
fn versions(cluster: &Cluster, namespace: &str) -> Vec<String> {
    let lists = [
        format!("/api/v1/namespaces/{namespace}/configmaps"),
        format!("/apis/apps/v1/namespaces/{namespace}/deployments"),
    ];
    let objects = lists.iter().flat_map(|list| {
        let list = cluster.get(list).json();
        list["items"].as_array().unwrap().clone()
    });
    objects
        .map(|object| {
            let metadata = &object["metadata"];
            format!("{} {}", metadata["name"], metadata["resourceVersion"])
        })
        .collect()
}
