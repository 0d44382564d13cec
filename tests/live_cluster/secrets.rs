//! Values that are nobody's business, planted wherever one can stand, and sought in everything that comes out.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::cluster::{Cluster, Fault, Proxy, Rule, User};
use crate::place::{Place, Run, ended};

const CANARY: &str = "kanarienvogel";

/// Whether a text holds the canary, as it is or in base64 at any of its three places.
fn is_told(text: &[u8]) -> bool {
    let encoded = ["", "x", "xx"].map(|before| {
        let whole = STANDARD.encode(format!("{before}{CANARY}"));
        // Without the characters that hang on what is before and behind.
        whole[4..16].to_owned()
    });
    let has = |needle: &str| text.windows(needle.len()).any(|window| window == needle.as_bytes());
    has(CANARY) || encoded.iter().any(|needle| has(needle))
}

fn assert_silent(what: &str, run: &Run) {
    for (stream, text) in [("output", &run.stdout), ("errors", &run.stderr)] {
        let line = text.lines().find(|line| is_told(line.as_bytes()));
        assert!(line.is_none(), "{what}, {stream}: {line:?}");
    }
}

fn assert_no_file_tells(place: &Place, folders: &[&str]) {
    for folder in folders {
        for file in place.files(folder).iter().filter(|file| file.is_file()) {
            assert!(!is_told(&fs::read(file).unwrap()), "{}", file.display());
        }
    }
}

/// Secrets of Git, in every form that the server would take or refuse.
fn in_git(namespace: &str) -> String {
    let secret = |name: &str, rest: &str| {
        format!("---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}, namespace: {namespace}}}\n{rest}\n")
    };
    let encoded = STANDARD.encode(format!("{CANARY}-git"));
    [
        secret("strings", &format!("stringData: {{a: {CANARY}-git}}")),
        secret("data", &format!("data: {{a: {encoded}}}")),
        secret("by-client", &format!("data: {{a: {encoded}}}")),
        secret("wrong", &format!("data: {{a: '{CANARY} is no base64'}}")),
        secret(
            "misplaced",
            &format!("password: {CANARY}\nspec: {{password: {CANARY}}}"),
        ),
        secret("new", &format!("immutable: true\nstringData: {{a: {CANARY}-git}}")),
        secret(
            "immutable",
            &format!("immutable: true\nstringData: {{a: {CANARY}-git}}"),
        ),
        secret(
            "typed",
            &format!("type: kubernetes.io/tls\nstringData: {{tls.key: {CANARY}}}"),
        ),
        secret("failing", &format!("stringData: {{a: {CANARY}}}")),
    ]
    .concat()
}

/// Secrets of the cluster, which somebody has changed there.
fn plant(cluster: &Cluster, namespace: &str) {
    let live = STANDARD.encode(format!("{CANARY}-live"));
    for name in [
        "strings",
        "data",
        "wrong",
        "misplaced",
        "immutable",
        "pruned",
        "failing",
    ] {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "immutable": name == "immutable",
            "metadata": {"name": name, "namespace": namespace, "annotations": {
                "note": format!("the password is {CANARY}-live"),
                "kubectl.kubernetes.io/last-applied-configuration": format!("{{\"stringData\":{{\"a\":\"{CANARY}-before\"}}}}")}},
            "data": {"a": live, "b": live}});
        let answer = cluster.post(&format!("/api/v1/namespaces/{namespace}/secrets"), &secret);
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    let by_client = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "by-client", "namespace": namespace},
        "stringData": {"a": format!("{CANARY}-before"), "gone": format!("{CANARY}-gone")}});
    let applied = cluster.kubectl(User::Admin, &["apply", "-f", "-"], &by_client.to_string());
    assert_eq!(applied.code, 0, "{applied:?}");
}

/// Looks at all files of a folder for as long as it is there.
struct Watch {
    stopped: Arc<AtomicBool>,
    watcher: Option<thread::JoinHandle<(usize, Vec<PathBuf>)>>,
}

impl Watch {
    fn start(folder: PathBuf) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let is_stopped = Arc::clone(&stopped);
        let watcher = thread::spawn(move || {
            let (mut seen, mut telling) = (0, Vec::new());
            while !is_stopped.load(Ordering::SeqCst) {
                look(&folder, &mut seen, &mut telling);
                thread::sleep(Duration::from_millis(1));
            }
            (seen, telling)
        });
        Self {
            stopped,
            watcher: Some(watcher),
        }
    }

    /// How many files were seen, and which of them tell.
    fn end(mut self) -> (usize, Vec<PathBuf>) {
        self.stopped.store(true, Ordering::SeqCst);
        self.watcher.take().unwrap().join().unwrap()
    }
}

fn look(folder: &Path, seen: &mut usize, telling: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            look(&path, seen, telling);
        } else if let Ok(bytes) = fs::read(&path) {
            *seen += 1;
            if is_told(&bytes) {
                telling.push(path);
            }
        }
    }
}

#[test]
fn no_value_of_a_secret_comes_out_of_a_cluster() {
    let Some(cluster) = Cluster::shared("Secrets of a real cluster") else {
        return;
    };
    let namespace = "secrets";
    let place = Place::new(cluster, namespace, &in_git(namespace));
    plant(cluster, namespace);
    // A server that quotes what it should not.
    let rules = || {
        vec![Rule {
            method: "GET",
            holds: "/secrets/failing".to_owned(),
            times: usize::MAX,
            fault: Fault::Status(400, format!("cannot decode {CANARY}")),
        }]
    };
    let proxy = Proxy::start(cluster, "secrets", User::Admin, Duration::ZERO, rules());
    let prune = ["--prune", "--prune-namespace", namespace];
    for format in ["human", "json", "markdown", "unified"] {
        for more in [
            &[][..],
            &["--verify=server"][..],
            &["--verify=server", "--force-conflicts"][..],
        ] {
            let arguments = [&["diff", "-v", "--show-unmanaged", "-o", format][..], &prune[..], more].concat();
            let run = ended(
                place
                    .command(&proxy.kubeconfig, &arguments)
                    .env("RUST_BACKTRACE", "full"),
            );
            assert_eq!(run.code, 3, "{format}: {}", run.stderr);
            assert!(run.stdout.contains("strings"), "{format} says nothing: {}", run.stderr);
            assert_silent(&format!("{arguments:?}"), &run);
        }
    }
    // Another program sees masked objects only, in files that are gone afterwards.
    let watch = Watch::start(place.path("temporary"));
    let mut command = place.command(&proxy.kubeconfig, &["diff"]);
    let run = ended(command.env("KUBECTL_EXTERNAL_DIFF", "sh -c 'grep -r . \"$0\" \"$1\"; sleep 0.3'"));
    assert!(run.stdout.contains("kind: Secret"), "{run:?}");
    assert_silent("another program", &run);
    let (seen, telling) = watch.end();
    assert!(seen > 0, "no temporary file was seen");
    assert_eq!(telling, Vec::<PathBuf>::new());

    let taken = place.run(&proxy.kubeconfig, &["snapshot", "-o", "../cluster.snapshot"]);
    assert_eq!(taken.code, 3, "{taken:?}");
    assert_silent("snapshot", &taken);
    let snapshot = fs::read(place.path("cluster.snapshot")).unwrap();
    assert!(snapshot.windows(9).any(|window| window == b"by-client"));
    assert!(!is_told(&snapshot), "the snapshot tells");
    for format in ["human", "json", "markdown", "unified"] {
        let run = place.run(
            &proxy.kubeconfig,
            &[
                "diff",
                "--snapshot",
                "../cluster.snapshot",
                "-v",
                "--show-unmanaged",
                "-o",
                format,
            ],
        );
        assert!(run.stdout.contains("misplaced"), "{run:?}");
        assert_silent("from a snapshot", &run);
    }
    assert_no_file_tells(&place, &["cache", "temporary"]);
}

#[test]
fn no_credential_comes_out_whatever_is_wrong_with_it() {
    let Some(cluster) = Cluster::shared("credentials of a real cluster") else {
        return;
    };
    let place = Place::new(
        cluster,
        "credentials",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    );
    let encoded = STANDARD.encode(format!(
        "-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----\n"
    ));
    let plugin = place.path("plugin");
    let script = |text: &str| {
        fs::write(&plugin, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let exec = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": plugin, "interactiveMode": "Never",
        "args": [CANARY], "env": [{"name": "PASSWORD", "value": CANARY}]}});
    let credential = |status: &Value| {
        let credential =
            json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status});
        format!("cat <<'END'\n{credential}\nEND")
    };
    let users: [(&str, Value, String); 9] = [
        ("a token", json!({"token": CANARY}), String::new()),
        (
            "a token that is no text",
            json!({"token": format!("{CANARY}\n\u{7}")}),
            String::new(),
        ),
        (
            "a password",
            json!({"username": "me", "password": CANARY}),
            String::new(),
        ),
        (
            "a key",
            json!({"client-certificate-data": encoded, "client-key-data": encoded}),
            String::new(),
        ),
        (
            "a key that is no base64",
            json!({"client-key-data": format!("{CANARY}!")}),
            String::new(),
        ),
        (
            "a plugin with another token",
            exec.clone(),
            credential(&json!({"token": CANARY})),
        ),
        (
            "a plugin that prints no JSON",
            exec.clone(),
            format!("echo token {CANARY}"),
        ),
        ("a plugin that fails", exec.clone(), format!("echo {CANARY}; exit 3")),
        (
            "a plugin with a wrong key",
            exec.clone(),
            credential(&json!({"clientCertificateData": CANARY, "clientKeyData": CANARY})),
        ),
    ];
    for (what, user, text) in users {
        script(&text);
        let mut kubeconfig: Value =
            serde_json::from_slice(&fs::read(cluster.kubeconfig(User::Admin)).unwrap()).unwrap();
        kubeconfig["users"][0]["user"] = user;
        let file = place.path("kubeconfig");
        fs::write(&file, kubeconfig.to_string()).unwrap();
        for command in [&["diff", "-v"][..], &["snapshot", "-o", "../credentials.snapshot"][..]] {
            let run = ended(place.command(&file, command).env("RUST_BACKTRACE", "full"));
            assert!(matches!(run.code, 2 | 3), "{what}: {run:?}");
            assert_silent(what, &run);
        }
        assert_no_file_tells(&place, &["cache", "temporary"]);
        let snapshot = place.path("credentials.snapshot");
        assert!(!snapshot.exists() || !is_told(&fs::read(snapshot).unwrap()), "{what}");
    }
}
