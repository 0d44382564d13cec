//! What Kruise's own manager makes of SidecarSets: the facts on which hashes and predictions rest.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::cluster::{Answer, Cluster, Kruise, User};

const SIDECAR_SETS: &str = "/apis/apps.kruise.io/v1alpha1/sidecarsets";
const HASH: &str = "kruise.io/sidecarset-hash";
const HASH_WITHOUT_IMAGE: &str = "kruise.io/sidecarset-hash-without-image";

/// A SidecarSet as the manager would keep it; nothing is kept.
fn dry_run(cluster: &Cluster, sidecar_set: &Value) -> Answer {
    cluster.post(&format!("{SIDECAR_SETS}?dryRun=All"), sidecar_set)
}

fn admitted(cluster: &Cluster, sidecar_set: &Value) -> Value {
    let answer = dry_run(cluster, sidecar_set);
    assert_eq!(answer.status, 201, "{}", answer.message());
    answer.json()
}

fn hash(cluster: &Cluster, sidecar_set: &Value) -> String {
    let made = admitted(cluster, sidecar_set);
    made["metadata"]["annotations"][HASH].as_str().unwrap().to_owned()
}

/// A copy with one field set to another value.
fn with(sidecar_set: &Value, pointer: &str, value: Value) -> Value {
    let mut copy = sidecar_set.clone();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    copy.pointer_mut(parent).unwrap()[field] = value;
    copy
}

fn sample() -> Value {
    json!({
        "apiVersion": "apps.kruise.io/v1alpha1",
        "kind": "SidecarSet",
        "metadata": {"name": "hotupgrade-sidecarset"},
        "spec": {
            "selector": {"matchLabels": {"app": "hotupgrade"}},
            "containers": [{
                "name": "sidecar",
                "image": "openkruise/hotupgrade-sample:sidecarv1",
                "imagePullPolicy": "Always",
                "lifecycle": {"postStart": {"exec": {"command": ["/bin/sh", "/migrate.sh"]}}},
                "upgradeStrategy": {
                    "upgradeType": "HotUpgrade",
                    "hotUpgradeEmptyImage": "openkruise/hotupgrade-sample:empty",
                },
            }],
        },
    })
}

/// The SidecarSet of the upgrade document, filled in.
fn seed() -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/corpora/sidecarsets/000-SEED-alibaba-asm-filled-hot.json");
    let Ok(text) = fs::read(&path) else {
        eprintln!(
            "skipped: the document's own SidecarSet: {} is not there",
            path.display()
        );
        return None;
    };
    let mut seed: Value = serde_json::from_slice(&text).unwrap();
    let spec = seed["spec"].as_object_mut().unwrap();
    if let Some(strategy) = spec.remove("strategy") {
        spec.insert("updateStrategy".to_owned(), strategy);
    }
    Some(seed)
}

#[test]
fn the_manager_of_kruise_hashes_defaults_loses_and_refuses() {
    let what = "the manager of Kruise";
    let Some(cluster) = Cluster::start(what) else {
        return;
    };
    let Some(_kruise) = Kruise::start(&cluster, what) else {
        return;
    };
    hashes(&cluster);
    equal_and_other_hashes(&cluster);
    defaults(&cluster);
    losses(&cluster);
    refusals(&cluster);
    updates(&cluster);
    if let Some(seed) = seed() {
        of_the_document(&cluster, &seed);
    }
}

/// The vector for the sample of a hot upgrade.
fn hashes(cluster: &Cluster) {
    let made = admitted(cluster, &sample());
    let annotations = &made["metadata"]["annotations"];
    assert_eq!(
        annotations[HASH],
        "8z89b4xb4xxbx2bz4xf99c25v4z4fzv296wd245vwc9z2vf4wz4c747c654z825b"
    );
    assert_eq!(
        annotations[HASH_WITHOUT_IMAGE],
        "xw4c5bc2cvw74vz4wfc8c9dz96c698c824vz4444w4cf277vz5f77dz4b5d52849"
    );
}

fn equal_and_other_hashes(cluster: &Cluster) {
    let first = "/spec/containers/0";
    let at = |field: &str| format!("{first}/{field}");
    let base = with(&sample(), &at("resources"), json!({"limits": {"cpu": "2"}}));
    let base = with(&base, &at("ports"), json!([{"containerPort": 15090}]));
    let base = with(
        &base,
        &at("env"),
        json!([{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]),
    );
    let of_base = hash(cluster, &base);
    let same = [
        with(&base, &at("resources"), json!({"limits": {"cpu": "2000m"}})),
        with(
            &base,
            &at("ports"),
            json!([{"containerPort": 15090, "protocol": "TCP"}]),
        ),
        with(&base, &at("terminationMessagePath"), json!("/dev/termination-log")),
        with(&base, "/spec/volumes", json!([{"name": "more", "emptyDir": {}}])),
        with(
            &base,
            "/spec/initContainers",
            json!([{"name": "init", "image": "init:2"}]),
        ),
    ];
    for other in same {
        assert_eq!(hash(cluster, &other), of_base, "{other}");
    }
    let others = [
        with(
            &base,
            &at("env"),
            json!([{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]),
        ),
        with(&base, &at("image"), json!("openkruise/hotupgrade-sample:sidecarv2")),
        with(
            &base,
            &at("upgradeStrategy/hotUpgradeEmptyImage"),
            json!("openkruise/hotupgrade-sample:other"),
        ),
        with(&base, &at("upgradeStrategy"), json!({"upgradeType": "ColdUpgrade"})),
        with(&base, &at("shareVolumePolicy"), json!({"type": "enabled"})),
        with(
            &base,
            &at("readinessProbe"),
            json!({"httpGet": {"path": "/", "port": 15021}}),
        ),
    ];
    for other in others {
        assert_ne!(hash(cluster, &other), of_base, "{other}");
    }
}

/// What it adds to what Git says.
fn defaults(cluster: &Cluster) {
    let with_init = with(
        &sample(),
        "/spec/initContainers",
        json!([{"name": "init", "image": "init:2"}]),
    );
    let made = admitted(cluster, &with_init);
    let expected = [
        ("/spec/updateStrategy/type", json!("RollingUpdate")),
        ("/spec/updateStrategy/partition", json!(0)),
        ("/spec/updateStrategy/maxUnavailable", json!(1)),
        ("/spec/revisionHistoryLimit", json!(10)),
        ("/spec/containers/0/podInjectPolicy", json!("BeforeAppContainer")),
        ("/spec/containers/0/shareVolumePolicy/type", json!("disabled")),
        (
            "/spec/initContainers/0/upgradeStrategy/upgradeType",
            json!("ColdUpgrade"),
        ),
    ];
    for (pointer, value) in expected {
        assert_eq!(made.pointer(pointer), Some(&value), "{pointer} of {made}");
    }
}

/// What it takes away without a word: the webhook knows Go types only.
fn losses(cluster: &Cluster) {
    let misspelt = with(&sample(), "/spec/containers/0/imagePullPolcy", json!("Never"));
    for validation in ["Warn", "Strict"] {
        let answer = cluster.post(
            &format!("{SIDECAR_SETS}?dryRun=All&fieldValidation={validation}"),
            &misspelt,
        );
        assert_eq!(answer.status, 201, "{}", answer.message());
        assert!(answer.warnings().is_empty(), "{:?}", answer.warnings());
        assert!(answer.json().pointer("/spec/containers/0/imagePullPolcy").is_none());
    }
    let renamed = with(
        &sample(),
        "/spec/strategy",
        json!({"partition": "50%", "maxUnavailable": 3}),
    );
    let made = admitted(cluster, &renamed);
    assert!(made["spec"]["strategy"].is_null());
    assert_eq!(made["spec"]["updateStrategy"]["partition"], 0);
    assert_eq!(made["spec"]["updateStrategy"]["maxUnavailable"], 1);
}

fn refusals(cluster: &Cluster) {
    let refused = [
        (
            "/spec/selector",
            json!({"matchExpressions": []}),
            "empty selector is not valid for sidecarset",
        ),
        (
            "/spec/selector",
            json!({"matchExpressions": [{"key": "app", "operator": "Equals", "values": ["x"]}]}),
            "not a valid selector operator",
        ),
        (
            "/spec/containers/0/podInjectPolicy",
            json!("BeforeApp"),
            "unsupported pod inject policy",
        ),
        (
            "/spec/updateStrategy",
            json!({"maxUnavailable": "abc"}),
            "a valid percent string",
        ),
        (
            "/spec/updateStrategy",
            json!({"partition": -1}),
            "must be greater than or equal to 0",
        ),
        (
            "/spec/containers/0/ports",
            json!([{"containerPort": "15090"}]),
            "cannot unmarshal string",
        ),
        (
            "/spec/containers/0/resources",
            json!({"limits": {"cpu": true}}),
            "quantities must match",
        ),
        (
            "/spec/containers/0/volumeMounts",
            json!([{"name": "nope", "mountPath": "/x"}]),
            "Not found: \"nope\"",
        ),
        ("/spec/containers", json!([]), "no initContainer or container defined"),
    ];
    for (pointer, value, words) in refused {
        let answer = dry_run(cluster, &with(&sample(), pointer, value));
        assert!(!answer.is_success(), "{pointer} is admitted");
        assert!(answer.message().contains(words), "{pointer}: {}", answer.message());
    }
    // What looks no better is admitted.
    let odd = [
        ("/spec/containers/0/image", json!("$$$IMAGE$$$")),
        ("/spec/updateStrategy", json!({"type": "Bogus"})),
        ("/spec/containers/0/upgradeStrategy", json!({"upgradeType": "Hot"})),
        (
            "/spec/containers/0/upgradeStrategy",
            json!({"upgradeType": "HotUpgrade"}),
        ),
    ];
    for (pointer, value) in odd {
        admitted(cluster, &with(&sample(), pointer, value));
    }
}

/// What it forbids to an object that is there.
fn updates(cluster: &Cluster) {
    let answer = cluster.post(SIDECAR_SETS, &sample());
    assert_eq!(answer.status, 201, "{}", answer.message());
    let patched = |patch: Value| {
        let address = format!("{SIDECAR_SETS}/hotupgrade-sidecarset?dryRun=All");
        cluster.request(
            User::Admin,
            "PATCH",
            &address,
            patch.to_string(),
            "application/json-patch+json",
        )
    };
    let replace = |path: &str, value: &str| json!([{"op": "replace", "path": path, "value": value}]);
    let answer = patched(replace("/spec/containers/0/upgradeStrategy/upgradeType", "ColdUpgrade"));
    assert!(answer.message().contains("immutable"), "{}", answer.message());
    let answer = patched(replace("/spec/containers/0/name", "other"));
    assert!(answer.message().contains("is not found"), "{}", answer.message());
    let answer = patched(replace(
        "/spec/containers/0/image",
        "openkruise/hotupgrade-sample:sidecarv2",
    ));
    assert_eq!(answer.status, 200, "{}", answer.message());
    let mut second = sample();
    second["metadata"]["name"] = json!("second");
    let answer = dry_run(cluster, &second);
    assert!(answer.message().contains("already exist in"), "{}", answer.message());
}

fn of_the_document(cluster: &Cluster, seed: &Value) {
    // The sample of the other tests selects other pods.
    let answer = dry_run(cluster, seed);
    assert_eq!(answer.status, 201, "{}", answer.message());
    let made = answer.json();
    for hash in [HASH, HASH_WITHOUT_IMAGE] {
        assert_eq!(
            made["metadata"]["annotations"][hash].as_str().map(str::len),
            Some(64),
            "{made}"
        );
    }
    assert_eq!(
        made["spec"]["initContainers"][0]["podInjectPolicy"],
        "AfterAppContainer"
    );
}
