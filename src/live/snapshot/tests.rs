//! Writing and reading.

use serde_json::json;

use super::*;

fn reference(kind: &str, namespace: Option<&str>, name: &str) -> ObjectReference {
    ObjectReference {
        api_version: "v1".to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    }
}

fn object(json: Value) -> Found {
    Found::Object(Arc::new(LiveObject {
        json,
        without_values: false,
    }))
}

fn state() -> State {
    let found = [
        object(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"z": "1", "a": "2"}}),
        ),
        object(
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "b"}, "data": {"key": "Y2FuYXJ5LXZhbHVl"}}),
        ),
        Found::Absent,
        Found::NamespaceAbsent,
        Found::UnknownKind,
        Found::Forbidden("no".to_owned()),
        Found::Failed("broken".to_owned()),
    ];
    let objects = found.into_iter().enumerate();
    State {
        side: Side::Context("prod".to_owned()),
        objects: objects
            .map(|(index, found)| (reference("ConfigMap", Some("shop"), &format!("object-{index}")), found))
            .collect(),
        kinds: Some(vec![ServedKind {
            api_version: "v1".to_owned(),
            kind: "ConfigMap".to_owned(),
            plural: "configmaps".to_owned(),
            namespaced: true,
            verbs: vec!["get".to_owned()],
        }]),
        schemas: BTreeMap::from([("v1".to_owned(), Arc::new(json!({"openapi": "3.0.0"})))]),
        namespaces: Some(BTreeMap::from([(
            "shop".to_owned(),
            BTreeMap::from([("team".to_owned(), "a".to_owned())]),
        )])),
        surroundings: Surroundings {
            autoscalers: None,
            mutating_webhooks: Some(Vec::new()),
            pods: Some(vec![json!({"metadata": {"name": "web-1"}})]),
            prune_candidates: None,
        },
        server_version: Some("v1.36.2".to_owned()),
        taken: Some("2026-01-02T03:04:05Z".to_owned()),
        problems: vec!["a problem".to_owned()],
    }
}

#[test]
fn what_is_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prod.snapshot");
    fs::write(&file, "older").unwrap();
    write(&state(), Some("shop"), &file).unwrap();
    let snapshot = read(&file).unwrap();
    assert_eq!(
        (snapshot.context.as_str(), snapshot.namespace.as_deref()),
        ("prod", Some("shop"))
    );
    assert_eq!(snapshot.state.side, Side::Snapshot(file.display().to_string()));
    // All but the side and the values of the Secret is as it was.
    let written = State {
        side: snapshot.state.side.clone(),
        ..state()
    };
    let without = |state: &State| {
        let mut state = state.clone();
        state.objects.remove(&reference("ConfigMap", Some("shop"), "object-1"));
        format!("{state:?}")
    };
    assert_eq!(without(&snapshot.state), without(&written));
    let Some(Found::Object(secret)) = snapshot.state.found(&reference("ConfigMap", Some("shop"), "object-1")) else {
        panic!("the Secret is not there");
    };
    assert!(secret.without_values);
    assert_eq!(secret.json["data"], json!({"key": null}));
    assert!(!fs::read_to_string(&file).unwrap().contains("Y2FuYXJ5"));
    // Written again, it is the same to the byte, and nothing lies beside it.
    let first = fs::read(&file).unwrap();
    write(&state(), Some("shop"), &file).unwrap();
    assert_eq!(fs::read(&file).unwrap(), first);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prod.snapshot");
    fs::write(&file, "older, for everybody").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    write(&state(), None, &file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_is_no_snapshot_is_refused_without_being_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a");
    for (text, told) in [
        ("", "not the JSON of a snapshot"),
        ("hunter2", "not the JSON of a snapshot (line 1, column 1)"),
        ("[]", "no snapshot"),
        ("{\"kind\": \"hunter2\"}", "no snapshot"),
        ("{\"kind\": \"snapshot\", \"version\": 2}", "another version"),
        (
            "{\"kind\": \"snapshot\", \"version\": 1, \"context\": [\"hunter2\"]}",
            "not as `checker snapshot` writes it",
        ),
        (&"[".repeat(100_000), "not the JSON of a snapshot"),
    ] {
        fs::write(&file, text).unwrap();
        let why = read(&file).unwrap_err();
        assert!(why.contains(told) && !why.contains("hunter2"), "{why}");
    }
    assert!(read(folder.path()).unwrap_err().contains("a folder"));
    assert!(
        read(&folder.path().join("missing"))
            .unwrap_err()
            .contains("no such file")
    );
}

#[test]
fn values_that_somebody_wrote_into_a_snapshot_are_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a");
    write(&state(), None, &file).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    let edited = text.replace("{\"key\":null}", "{\"key\":\"Y2FuYXJ5\"}");
    assert_ne!(edited, text);
    fs::write(&file, edited).unwrap();
    let snapshot = read(&file).unwrap();
    assert!(!format!("{:?}", snapshot.state).contains("Y2FuYXJ5"));
}
