//! A repository, the home of whoever compares it, and a namespace of the cluster for one test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::cluster::{Cluster, User, json_of};

/// Everything that one test has for itself.
pub struct Place {
    folder: tempfile::TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Run {
    /// The report of `-o json`.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

impl Place {
    /// A repository with one file, and its namespace in the cluster.
    pub fn new(cluster: &Cluster, namespace: &str, manifests: &str) -> Self {
        cluster.ensure_namespace(namespace);
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for folder in ["repository", "cache", "temporary"] {
            fs::create_dir(place.path(folder)).unwrap();
        }
        place.write("all.yaml", manifests);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path("repository").join(name), text).unwrap();
    }

    /// A run of the program in the repository, in this place and nothing of what surrounds the tests.
    pub fn command(&self, kubeconfig: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_checker"));
        command
            .args(arguments)
            .current_dir(self.path("repository"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("TMPDIR", self.path("temporary"))
            .env("KUBECONFIG", kubeconfig)
            .env("COLUMNS", "100")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, kubeconfig: &Path, arguments: &[&str]) -> Run {
        ended(&mut self.command(kubeconfig, arguments))
    }

    /// Everything that lies in a folder of this place, by its path.
    pub fn files(&self, name: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut pending = vec![self.path(name)];
        while let Some(folder) = pending.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    pending.push(path.clone());
                }
                found.push(path);
            }
        }
        found.sort();
        found
    }
}

pub fn ended(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap(),
    }
}

/// Statuses and reasons, by kind and name.
pub fn statuses(report: &Value) -> Vec<(String, String)> {
    let objects = report["objects"].as_array().unwrap().iter();
    let mut statuses: Vec<(String, String)> = objects
        .map(|object| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let name = &object["object"];
            (
                format!("{} {}", text(&name["kind"]), text(&name["name"])),
                text(&object["status"]),
            )
        })
        .collect();
    statuses.sort();
    statuses
}

/// What a report says of one object.
pub fn object<'r>(report: &'r Value, kind: &str, name: &str) -> &'r Value {
    let mut objects = report["objects"].as_array().unwrap().iter();
    let is_it = |object: &&Value| object["object"]["kind"] == kind && object["object"]["name"] == name;
    objects
        .find(is_it)
        .unwrap_or_else(|| panic!("no {kind} {name} in {report}"))
}

/// The address of an object.
pub fn address(object: &Value) -> String {
    let version = object["apiVersion"].as_str().unwrap();
    let kind = object["kind"].as_str().unwrap();
    let root = if version.contains('/') { "apis" } else { "api" };
    let plural = format!("{}s", kind.to_lowercase());
    let name = object["metadata"]["name"].as_str().unwrap();
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("/{root}/{version}/namespaces/{namespace}/{plural}/{name}"),
        None => format!("/{root}/{version}/{plural}/{name}"),
    }
}

/// Applies manifests as kubectl does it by the server.
pub fn apply(cluster: &Cluster, manifests: &str) {
    for object in json_of("applied", manifests.as_bytes().to_vec()) {
        apply_as(cluster, "kubectl", &object);
    }
}

pub fn apply_as(cluster: &Cluster, manager: &str, object: &Value) {
    let address = format!("{}?fieldManager={manager}&force=true", address(object));
    let answer = cluster.request(
        User::Admin,
        "PATCH",
        &address,
        object.to_string(),
        "application/apply-patch+yaml",
    );
    assert!(answer.is_success(), "{address}: {answer:?}");
}

/// Changes an object as somebody at a terminal does.
pub fn edit(cluster: &Cluster, object: &Value, patch: &Value) {
    let address = format!("{}?fieldManager=kubectl-edit", address(object));
    let answer = cluster.request(
        User::Admin,
        "PATCH",
        &address,
        patch.to_string(),
        "application/merge-patch+json",
    );
    assert!(answer.is_success(), "{address}: {answer:?}");
}

pub fn config_map(namespace: &str, name: &str, value: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\ndata: {{key: {value}}}\n"
    )
}

pub fn reference(kind: &str, namespace: &str, name: &str) -> Value {
    let version = if kind == "Deployment" { "apps/v1" } else { "v1" };
    json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}})
}

pub fn deployment(namespace: &str, name: &str, image: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{app: {name}}}}}\nspec:\n  replicas: 2\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n      - name: app\n        \
         image: {image}\n        ports: [{{containerPort: 8080}}]\n        env: [{{name: A, value: \"1\"}}, {{name: B, value: \"2\"}}]\n"
    )
}
