//! How much is asked of a server and of this machine; how long it takes is measured in `benches/diff.rs`.

use std::time::Duration;

use crate::cluster::{Cluster, Proxy, User};
use crate::memory::most_memory;
use crate::place::{Place, apply, config_map, deployment};

#[test]
fn five_hundred_objects_take_few_requests_and_little_memory_whatever_else_there_is() {
    // Its own: others bring kinds along, whose schemas are then read anew.
    let Some(cluster) = Cluster::start("many objects in a real cluster") else {
        return;
    };
    let namespace = "many";
    let has_sets = cluster.apply_crd("sidecarsets.apps.kruise.io-v1.8.4.yaml");
    let mut manifests: String = (0..250)
        .map(|at| {
            config_map(namespace, &format!("map-{at:03}"), "a")
                + &deployment(namespace, &format!("web-{at:03}"), "registry.example/web:1")
        })
        .collect();
    if has_sets {
        manifests += "---\napiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {name: many}\nspec:\n  selector: {matchLabels: {app: \
                      many}}\n  containers: [{name: proxy, image: registry.example/proxy:1}]\n";
    }
    let place = Place::new(&cluster, namespace, &manifests);
    apply(&cluster, &manifests);
    let proxy = Proxy::start(&cluster, "many", User::Checker, Duration::ZERO, Vec::new());
    let ask = || {
        let asked_before = proxy.requests().len();
        let (memory, code) = most_memory(&mut place.command(&proxy.kubeconfig, &["diff", "-o", "json"]));
        assert_eq!(code, 0);
        // 150 MB, of which the program itself needs some tens.
        assert!(memory > 1_000, "it was not measured");
        assert!(memory < 150_000, "{memory} KiB");
        assert!(proxy.most_at_once() <= 16, "{}", proxy.most_at_once());
        proxy.requests().len() - asked_before
    };
    let first = ask();
    assert!(first <= 20, "{first} requests");
    // Schemas are kept, and a crowd of pods is one list.
    let second = ask();
    assert!(second < first, "{second} requests after {first}");
    for at in 0..300 {
        let pod = serde_json::json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": format!("pod-{at}"), "labels": {"app": "many"}},
            "spec": {"containers": [{"name": "app", "image": "registry.example/web:1"}]}});
        let made = cluster.post(&format!("/api/v1/namespaces/{namespace}/pods"), &pod);
        assert_eq!(made.status, 201, "{made:?}");
    }
    assert_eq!(ask(), second);
}
