//! Bad days: servers that are busy, slow, half dead, or change while they are read.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use checker::live::progress::Silent;
use serde_json::json;

use super::cluster::{Content, asked, config_map, config_maps, discovery, forbidden, reference, resource_list, word};
use super::server::Reply;

const MAP: &str = "/api/v1/namespaces/shop/configmaps/map-000";
const MAPS: &str = "/api/v1/namespaces/shop/configmaps";

/// Answers the first requests for an address otherwise.
fn first(count: usize, path: &'static str, reply: Reply) -> impl Fn(&super::server::Request) -> Option<Reply> {
    let asked = AtomicUsize::new(0);
    move |request| (request.path == path && asked.fetch_add(1, Ordering::SeqCst) < count).then(|| reply.clone())
}

#[test]
fn a_busy_server_is_asked_again_when_it_says() {
    // An hour is more than anybody waits: the bound counts.
    let busy = Reply::status(429, "busy").with_header("retry-after", "3600");
    let cluster = Content::new().config_maps(1).fault(first(3, MAP, busy)).start();
    let start = Instant::now();
    assert_eq!(cluster.words(&config_maps(1)), ["object"]);
    assert_eq!(cluster.count(MAP), 4);
    let elapsed = start.elapsed();
    assert!(
        elapsed >= Duration::from_millis(150) && elapsed < Duration::from_secs(20),
        "{elapsed:?}"
    );
}

#[test]
fn a_server_that_stays_busy_fails_that_object_and_no_other() {
    let busy = Reply::status(429, json!({"kind": "Status", "message": "too many requests"}));
    let cluster = Content::new()
        .config_maps(2)
        .fault(first(usize::MAX, MAP, busy))
        .start();
    let references = config_maps(2);
    let state = cluster.read(&asked(&references));
    assert_eq!(
        [word(&state, &references[0]), word(&state, &references[1])],
        ["failed", "object"]
    );
    assert_eq!(state.faults().collect::<Vec<_>>(), ["too many requests"]);
    assert_eq!(cluster.count(MAP), 6);
}

#[test]
fn what_will_not_change_is_asked_once() {
    for status in [400, 401, 403, 422, 501] {
        let refusal = Reply::status(status, json!({"kind": "Status", "message": "no"}));
        let cluster = Content::new()
            .config_maps(1)
            .fault(first(usize::MAX, MAP, refusal))
            .start();
        let word = if status == 403 { "forbidden" } else { "failed" };
        assert_eq!(cluster.words(&config_maps(1)), [word], "{status}");
        assert_eq!(cluster.count(MAP), 1, "{status}");
    }
}

#[test]
fn a_server_that_comes_up_late_is_waited_for() {
    let down = Reply::status(503, "<html>starting</html>");
    let cluster = Content::new().config_maps(1).fault(first(2, "/apis", down)).start();
    assert_eq!(cluster.words(&config_maps(1)), ["object"]);
}

#[test]
fn an_answer_that_is_cut_is_asked_for_again() {
    let cut = Reply::Cut(json!({"metadata": {"name": "map-000"}, "data": {"a": "b".repeat(100)}}).to_string());
    let cluster = Content::new().config_maps(1).fault(first(2, MAP, cut)).start();
    assert_eq!(cluster.words(&config_maps(1)), ["object"]);
    assert_eq!(cluster.count(MAP), 3);
}

#[test]
fn an_answer_that_does_not_come_is_given_up() {
    let silence = Reply::Silence(Duration::from_secs(3));
    let cluster = Content::new()
        .config_maps(2)
        .fault(first(usize::MAX, MAP, silence))
        .start();
    let mut connection = cluster.connection();
    connection.patience.request = Some(Duration::from_millis(300));
    connection.patience.tries = 2;
    let references = config_maps(2);
    let start = Instant::now();
    let state = checker::live::read(&connection, &asked(&references), &Silent);
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(
        [word(&state, &references[0]), word(&state, &references[1])],
        ["failed", "object"]
    );
    let fault = state.faults().next().unwrap();
    assert!(fault.contains("has not answered within 0.3 seconds"), "{fault}");
}

#[test]
fn the_whole_reading_ends_in_time() {
    let silence = Reply::Silence(Duration::from_secs(2));
    let cluster = Content::new()
        .config_maps(9)
        .fault(move |request| request.path.starts_with(MAPS).then(|| silence.clone()));
    let cluster = cluster.start();
    let mut connection = cluster.connection();
    connection.patience.whole = Duration::from_millis(700);
    let start = Instant::now();
    let state = checker::live::read(&connection, &asked(&config_maps(9)), &Silent);
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    assert!(state.faults().count() >= 9);
}

#[test]
fn a_server_that_is_not_there_is_told_once_and_soon() {
    let cluster = Content::new().start();
    let connection = cluster.connection();
    drop(cluster);
    let start = Instant::now();
    let references = config_maps(200);
    let state = checker::live::read(&connection, &asked(&references), &Silent);
    assert!(start.elapsed() < Duration::from_secs(10));
    assert!(references.iter().all(|reference| word(&state, reference) == "failed"));
    assert_eq!(state.problems.len(), 1);
    assert!(
        state.problems[0].contains("cannot be reached: "),
        "{:?}",
        state.problems
    );
    assert!(state.kinds.is_none());
}

#[test]
fn a_list_whose_pages_expire_is_begun_once_more() {
    // What was read before the pages were gone is void: the object of the first page has been deleted since.
    let expired = first(
        1,
        MAPS,
        Reply::json(json!({
            "metadata": {"continue": "5", "remainingItemCount": 5},
            "items": [{"metadata": {"name": "map-gone"}}],
        })),
    );
    let gone = AtomicUsize::new(0);
    let cluster = Content::new()
        .config_maps(20)
        .pages_of(8)
        .fault(expired)
        .fault(move |request| {
            let is_next = request.path == MAPS && request.query.contains("continue=5");
            (is_next && gone.fetch_add(1, Ordering::SeqCst) == 0)
                .then(|| Reply::status(410, json!({"kind": "Status", "reason": "Expired", "message": "gone"})))
        });
    let cluster = cluster.start();
    let mut references = config_maps(20);
    references.push(config_map("map-gone"));
    let words = cluster.words(&references);
    assert_eq!(words[..20], ["object"; 20]);
    assert_eq!(words[20], "absent");
    // The void page, the expired one, and three pages.
    assert_eq!(cluster.count(MAPS), 5);
}

#[test]
fn a_list_that_expires_again_and_again_is_left_for_single_questions() {
    let cluster = Content::new().config_maps(20).pages_of(8).fault(|request| {
        request
            .query
            .contains("continue")
            .then(|| Reply::status(410, json!({"kind": "Status", "message": "gone"})))
    });
    let cluster = cluster.start();
    assert_eq!(cluster.words(&config_maps(20)), ["object"; 20]);
    assert_eq!(cluster.count(MAPS), 4);
}

#[test]
fn who_may_not_list_may_still_read_one_by_one() {
    let cluster = Content::new().config_maps(15).forbid(MAPS).forbid(MAP).start();
    let mut expected = ["object"; 15];
    expected[0] = "forbidden";
    assert_eq!(cluster.words(&config_maps(15)), expected);
    assert_eq!(cluster.count(MAPS), 1);
}

#[test]
fn one_group_that_cannot_be_told_of_hides_no_other() {
    const METRICS: &str = "/apis/metrics.k8s.io/v1beta1";
    let metrics = reference("metrics.k8s.io/v1beta1", "PodMetrics", Some("shop"), "web");
    let cluster = Content::new()
        .config_maps(1)
        .fault(|request| match request.path.as_str() {
            "/apis" => Some(Reply::json(discovery(false, &["metrics.k8s.io/v1beta1"]))),
            METRICS => Some(Reply::status(503, "no endpoints")),
            _ => None,
        });
    let cluster = cluster.start();
    let state = cluster.read(&asked(&[config_map("map-000"), metrics.clone()]));
    assert_eq!(word(&state, &config_map("map-000")), "object");
    assert_eq!(word(&state, &metrics), "failed");
    // Nobody but the object that needs it is told.
    assert_eq!(state.problems, Vec::<String>::new());
    assert!(state.faults().next().unwrap().contains("metrics.k8s.io/v1beta1"));
}

#[test]
fn an_old_server_is_asked_group_by_group() {
    let cluster = Content::new()
        .config_maps(1)
        .fault(|request| match request.path.as_str() {
            "/api" => Some(Reply::json(json!({"kind": "APIVersions", "versions": ["v1"]}))),
            "/apis" => Some(Reply::json(json!({"kind": "APIGroupList", "groups": [
                {"name": "apps", "versions": [{"groupVersion": "apps/v1", "version": "v1"}]},
                {"name": "broken", "versions": [{"groupVersion": "broken/v1", "version": "v1"}]},
            ]}))),
            "/api/v1" => Some(Reply::json(resource_list("v1"))),
            "/apis/apps/v1" => Some(Reply::json(resource_list("apps/v1"))),
            "/apis/broken/v1" => Some(Reply::status(500, "broken")),
            "/openapi/v3" => Some(Reply::no_page()),
            _ => None,
        });
    let cluster = cluster.start();
    let references = [
        config_map("map-000"),
        reference("apps/v1", "Deployment", Some("shop"), "web"),
        reference("apps.kruise.io/v1alpha1", "SidecarSet", None, "mesh"),
        reference("broken/v1", "Thing", None, "a"),
    ];
    let state = cluster.read(&asked(&references));
    let words: Vec<_> = references.iter().map(|reference| word(&state, reference)).collect();
    assert_eq!(words, ["object", "absent", "unknown kind", "failed"]);
    let kinds = state.kinds.unwrap();
    assert!(
        kinds.iter().any(|kind| kind.plural == "deployments") && kinds.iter().all(|kind| !kind.plural.contains('/'))
    );
    assert!(state.schemas.is_empty() && state.problems.is_empty());
}

#[test]
fn who_may_not_see_what_there_is_may_still_read_what_git_has() {
    let cluster = Content::new()
        .config_maps(1)
        .forbid("/apis")
        .fault(|request| match request.path.as_str() {
            "/api" => Some(forbidden("/api")),
            "/api/v1" => Some(Reply::json(resource_list("v1"))),
            _ => None,
        });
    let cluster = cluster.start();
    assert_eq!(cluster.words(&config_maps(1)), ["object"]);
    assert!(cluster.read(&asked(&config_maps(1))).kinds.is_none());
}

#[test]
fn an_answer_that_is_nothing_from_an_api_server_is_not_quoted() {
    for body in ["hunter2", "[\"hunter2\"]", "{\"kind\": \"hunter2\"}"] {
        let cluster = Content::new()
            .config_maps(1)
            .fault(first(1, MAP, Reply::json(body)))
            .start();
        let state = cluster.read(&asked(&config_maps(1)));
        assert_eq!(word(&state, &config_map("map-000")), "failed", "{body}");
        assert!(!state.faults().any(|fault| fault.contains("hunter2")), "{body}");
    }
}
