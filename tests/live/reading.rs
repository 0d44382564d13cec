//! What is read of a cluster, and with how many questions.

use std::collections::BTreeSet;

use checker::live::asked::PruneScope;
use checker::live::progress::Silent;
use checker::live::state::Found;
use checker::model::selector::LabelSelector;
use serde_json::{Value, json};

use super::cluster::{Content, asked, config_map, config_maps, reference, word};
use super::server::Reply;

#[test]
fn each_object_has_an_answer_of_its_own() {
    let cluster = Content::new()
        .config_map("here")
        .with("apps.kruise.io/v1alpha1", "SidecarSet", None, "mesh", json!({}))
        .forbid("/api/v1/namespaces/shop/configmaps/closed")
        .fault(|request| request.path.ends_with("/broken").then(|| Reply::status(400, "no")))
        .start();
    let questions = [
        (config_map("here"), "object"),
        (config_map("gone"), "absent"),
        (reference("v1", "ConfigMap", Some("nowhere"), "a"), "namespace absent"),
        (reference("v1", "Namespace", None, "shop"), "object"),
        (reference("example.com/v1", "Widget", Some("shop"), "a"), "unknown kind"),
        (
            reference("apps/v1beta1", "Deployment", Some("shop"), "a"),
            "unknown kind",
        ),
        (config_map("closed"), "forbidden"),
        (config_map("broken"), "failed"),
        (config_map("../secrets/a"), "failed"),
        (reference("v1", "ConfigMap", None, "a"), "failed"),
        // Git may write a namespace where there is none.
        (
            reference("apps.kruise.io/v1alpha1", "SidecarSet", Some("shop"), "mesh"),
            "object",
        ),
    ];
    let references: Vec<_> = questions.iter().map(|(reference, _)| reference.clone()).collect();
    let words = cluster.words(&references);
    for ((reference, expected), word) in questions.iter().zip(words) {
        assert_eq!(word, *expected, "{reference}");
    }
    let sent = cluster.counts();
    assert!(!sent.keys().any(|path| path.contains("secrets")), "{sent:?}");
}

#[test]
fn many_objects_of_a_collection_are_listed_and_few_are_not() {
    const MAPS: &str = "/api/v1/namespaces/shop/configmaps";
    let cluster = Content::new().config_maps(40).pages_of(25).start();
    let mut references = config_maps(40);
    references.push(config_map("gone"));
    let words = cluster.words(&references);
    assert_eq!((words[39], words[40]), ("object", "absent"));
    let counts = cluster.counts();
    assert_eq!(counts.get(MAPS), Some(&2));
    assert!(
        !counts.keys().any(|path| path.starts_with(&format!("{MAPS}/"))),
        "{counts:?}"
    );
    let few = Content::new().config_maps(40).start();
    assert_eq!(few.words(&config_maps(5)), ["object"; 5]);
    assert_eq!(few.count(MAPS), 0);
}

#[test]
fn a_list_of_far_more_than_is_asked_for_is_left_off() {
    const MAPS: &str = "/api/v1/namespaces/shop/configmaps";
    let cluster = Content::new().config_maps(900).pages_of(5).start();
    assert_eq!(cluster.words(&config_maps(12)), ["object"; 12]);
    assert_eq!(cluster.count(MAPS), 1);
}

#[test]
fn secrets_are_never_listed() {
    let content = (0..30).fold(Content::new(), |content, index| {
        content.with(
            "v1",
            "Secret",
            Some("shop"),
            &format!("secret-{index}"),
            json!({"data": {"a": "Yg=="}}),
        )
    });
    let cluster = content.start();
    let references: Vec<_> = (0..20)
        .map(|index| reference("v1", "Secret", Some("shop"), &format!("secret-{index}")))
        .collect();
    assert_eq!(cluster.words(&references), ["object"; 20]);
    assert_eq!(cluster.count("/api/v1/namespaces/shop/secrets"), 0);
}

#[test]
fn a_second_reading_takes_schemas_from_the_cache() {
    const SCHEMA: &str = "/openapi/v3/api/v1";
    let cluster = Content::new().config_maps(1).start();
    let schemas = || cluster.read(&asked(&config_maps(1))).schemas;
    let first = schemas();
    assert_eq!(first["v1"]["info"]["title"], SCHEMA);
    // That of no other group version is read.
    assert_eq!(first.len(), 1);
    assert_eq!(schemas(), first);
    assert_eq!(cluster.count(SCHEMA), 1);
}

fn pod(labels: Value) -> Value {
    json!({
        "metadata": {"labels": labels, "annotations": {
            "kruise.io/sidecarset-injected-list": "mesh",
            "kubectl.kubernetes.io/last-applied-configuration": "canary-value",
        }, "managedFields": [{"manager": "kubelet"}]},
        "spec": {"containers": [{"name": "canary-value"}]},
    })
}

fn selector(labels: Value) -> LabelSelector {
    serde_json::from_value(json!({"matchLabels": labels})).unwrap()
}

#[test]
fn what_stands_beside_is_read_as_far_as_it_matters() {
    let scaler = json!({"spec": {"maxReplicas": 3}});
    let cluster = Content::new()
        .config_maps(1)
        .with("v1", "Namespace", None, "other", json!({}))
        .with("v1", "Pod", Some("shop"), "web-1", pod(json!({"app": "web"})))
        .with("v1", "Pod", Some("other"), "db-1", pod(json!({"app": "db"})))
        .with(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            Some("shop"),
            "web",
            scaler.clone(),
        )
        .with("autoscaling/v2", "HorizontalPodAutoscaler", Some("other"), "db", scaler)
        .with(
            "admissionregistration.k8s.io/v1",
            "MutatingWebhookConfiguration",
            None,
            "mesh",
            json!({}),
        )
        .start();
    let mut question = asked(&config_maps(1));
    // The server of this test does not look at selectors, so that it is seen who does; the last one selects nothing in Kruise.
    question.pods = vec![selector(json!({"app": "web"})), LabelSelector::default()];
    let state = cluster.read(&question);
    let surroundings = state.surroundings;
    let pods = surroundings.pods.unwrap();
    assert_eq!(pods.len(), 1);
    assert_eq!(pods[0]["kind"], "Pod");
    assert_eq!(
        pods[0]["metadata"]["annotations"]["kruise.io/sidecarset-injected-list"],
        "mesh"
    );
    let text = pods[0].to_string();
    assert!(!text.contains("canary") && !text.contains("managedFields"), "{text}");
    let names = |objects: Option<Vec<Value>>| {
        let objects = objects.unwrap();
        objects
            .iter()
            .map(|object| object["metadata"]["name"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(surroundings.autoscalers), ["web"]);
    assert_eq!(names(surroundings.mutating_webhooks), ["mesh"]);
    assert_eq!(surroundings.prune_candidates, None);
    assert_eq!(state.namespaces.unwrap()["shop"]["team"], "a");
    assert_eq!(state.server_version.as_deref(), Some("v1.36.2"));
    assert_eq!(state.problems, Vec::<String>::new());

    let requests = cluster.requests();
    let of_pods: Vec<_> = requests
        .iter()
        .filter(|request| request.path.ends_with("/pods"))
        .collect();
    assert_eq!(of_pods.len(), 1);
    // From the memory of the server, which it does not use with a limit.
    assert!(
        of_pods[0].query.contains("resourceVersion=0") && !of_pods[0].query.contains("limit"),
        "{:?}",
        of_pods[0]
    );
    assert!(of_pods[0].query.contains("labelSelector=app%3Dweb"), "{:?}", of_pods[0]);
    assert!(
        of_pods[0]
            .header("accept")
            .unwrap()
            .contains("PartialObjectMetadataList")
    );
}

#[test]
fn what_stands_beside_and_may_not_be_read_is_not_known_and_no_fault() {
    let cluster = Content::new()
        .config_maps(1)
        .forbid("/api/v1/pods")
        .forbid("/api/v1/namespaces")
        .forbid("/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers")
        .forbid("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations")
        .forbid("/openapi/v3")
        .start();
    let nowhere = reference("v1", "ConfigMap", Some("nowhere"), "a");
    let mut question = asked(&[config_map("map-000"), nowhere.clone()]);
    question.pods = vec![selector(json!({"app": "web"}))];
    let state = cluster.read(&question);
    assert_eq!(state.problems, Vec::<String>::new());
    assert_eq!(state.namespaces, None);
    let surroundings = &state.surroundings;
    assert_eq!(
        (
            &surroundings.pods,
            &surroundings.autoscalers,
            &surroundings.mutating_webhooks
        ),
        (&None, &None, &None)
    );
    // The namespaces that matter are asked for one by one.
    assert_eq!(word(&state, &nowhere), "namespace absent");
}

#[test]
fn what_prune_may_remove_is_read_as_metadata_only() {
    let controlled = json!({"metadata": {"ownerReferences": [{"controller": true, "name": "a"}]}});
    let copy = json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "canary-value"}},
                      "data": {"a": "canary-value"}});
    let cluster = Content::new()
        .config_maps(1)
        .with("v1", "Secret", Some("shop"), "old", copy)
        .with("v1", "Secret", Some("shop"), "owned", controlled)
        .with(
            "v1",
            "Secret",
            Some("shop"),
            "going",
            json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}),
        )
        .start();
    let mut question = asked(&config_maps(1));
    question.prune = Some(PruneScope {
        kinds: BTreeSet::from([
            ("v1".to_owned(), "Secret".to_owned()),
            ("example.com/v1".to_owned(), "Widget".to_owned()),
        ]),
        namespaces: BTreeSet::from(["shop".to_owned()]),
        label_selector: Some("app.kubernetes.io/part-of=shop".to_owned()),
    });
    let state = cluster.read(&question);
    let candidates = state.surroundings.prune_candidates.unwrap();
    assert_eq!(candidates.len(), 1);
    assert_eq!(
        (&candidates[0]["kind"], &candidates[0]["metadata"]["name"]),
        (&json!("Secret"), &json!("old"))
    );
    assert!(!candidates[0].to_string().contains("canary"));
    for request in cluster.requests() {
        if request.path.contains("/secrets") {
            let accept = request.header("accept").unwrap();
            assert_eq!(
                accept,
                "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
            );
            assert!(
                request
                    .query
                    .contains("labelSelector=app.kubernetes.io%2Fpart-of%3Dshop"),
                "{request:?}"
            );
        }
    }
    // What would be removed was asked for: not to know it is a fault.
    let closed = Content::new()
        .config_maps(1)
        .forbid("/api/v1/namespaces/shop/secrets")
        .start();
    let state = closed.read(&question);
    assert_eq!(state.surroundings.prune_candidates, None);
    assert_eq!(state.problems.len(), 1);
}

#[test]
fn several_clusters_are_read_at_once_each_for_itself() {
    let (one, other) = (
        Content::new().config_map("a").start(),
        Content::new().config_map("b").start(),
    );
    let question = asked(&[config_map("a"), config_map("b")]);
    let (first, second) = (one.connection(), other.connection());
    let gone = Content::new().start().connection();
    let states = checker::live::read_all(
        &[(&first, &question), (&gone, &question), (&second, &question)],
        &Silent,
    );
    let words: Vec<_> = states
        .iter()
        .map(|state| [word(state, &config_map("a")), word(state, &config_map("b"))])
        .collect();
    assert_eq!(
        words,
        [["object", "absent"], ["failed", "failed"], ["absent", "object"]]
    );
}

#[test]
fn the_answer_does_not_hang_on_the_order_in_which_it_comes() {
    let states = (0..3).map(|_| {
        let cluster = Content::new().config_maps(60).start();
        let mut references = config_maps(9);
        references.extend((0..9).map(|index| reference("v1", "Secret", Some("shop"), &format!("s-{index}"))));
        let state = cluster.read(&asked(&references));
        let objects = state.objects.iter().map(|(reference, found)| match found {
            Found::Object(object) => format!("{reference} {}", object.json),
            other => format!("{reference} {other:?}"),
        });
        (objects.collect::<Vec<_>>(), state.kinds)
    });
    let states: Vec<_> = states.collect();
    assert_eq!(states[0], states[1]);
    assert_eq!(states[1], states[2]);
}
