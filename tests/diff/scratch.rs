//! Scratch repositories, and snapshots of clusters that never were.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::program::{self, Run, write};

/// A repository in a folder of its own.
pub struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let scratch = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        scratch.write(files);
        scratch.commit();
        scratch
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, files: &[(&str, &str)]) {
        for (name, text) in files {
            write(self.root(), name, text.as_bytes());
        }
    }

    pub fn remove(&self, name: &str) {
        std::fs::remove_file(self.root().join(name)).unwrap();
    }

    pub fn commit(&self) {
        program::commit(self.root());
    }

    pub fn git(&self, arguments: &[&str]) {
        program::git(self.root(), arguments);
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, &[])
    }

    pub fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
        let path = std::env::var("PATH").unwrap();
        let mut all = vec![("PATH", path.as_str())];
        all.extend_from_slice(environment);
        program::checker_with(self.root(), arguments, &all)
    }

    /// A snapshot file beside the repository's own files, ignored by the walk for its name.
    pub fn snapshot(&self, found: &[Value]) -> PathBuf {
        let path = self.root().join("cluster.snapshot");
        let text = json!({
            "version": 1, "kind": "snapshot", "checker": "0", "context": "prod", "namespace": null,
            "taken": "2026-11-20T10:00:00Z", "serverVersion": "v1.34.1", "kinds": null, "objects": found, "schemas": {},
            "namespaces": null, "problems": [],
            "surroundings": {"autoscalers": [], "mutatingWebhooks": [], "pods": [], "pruneCandidates": null},
        });
        std::fs::write(&path, text.to_string()).unwrap();
        path
    }
}

/// An object that the cluster of a snapshot has.
pub fn there(object: &Value) -> Value {
    let metadata = &object["metadata"];
    json!({
        "reference": reference(object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap(),
                               metadata["namespace"].as_str(), metadata["name"].as_str().unwrap()),
        "found": "object", "object": object,
    })
}

pub fn reference(version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Value {
    json!({"apiVersion": version, "kind": kind, "namespace": namespace, "name": name})
}

pub const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: app
        image: registry.example/shop/web:1.2.3
        env:
        - {name: A, value: \"1\"}
        - {name: B, value: \"2\"}
";

pub fn config_map(name: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\ndata: {{key: {value}}}\n")
}
