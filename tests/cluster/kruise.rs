//! Kruise's own manager beside the server: its kinds, and its webhooks on the loopback address.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::api::json_of;
use super::programs::KruisePrograms;
use super::supervised::{Supervised, free_ports};
use super::{Cluster, User};

const DEADLINE: Duration = Duration::from_secs(120);

/// A running manager; it ends when this is dropped, or with the test process.
pub struct Kruise {
    manager: Supervised,
}

impl Kruise {
    /// Starts the manager on a cluster that is then its own; `None`, said aloud, where it is not to be had.
    pub fn start(cluster: &Cluster, what_is_skipped: &str) -> Option<Self> {
        let programs = match KruisePrograms::find() {
            Ok(programs) => programs,
            Err(reason) => {
                eprintln!("skipped: {what_is_skipped}: {reason}");
                return None;
            }
        };
        let (crds, others) = parts(&programs);
        for object in crds.iter().chain(&others) {
            install(cluster, object);
        }
        for crd in &crds {
            cluster.wait_until_established(crd["metadata"]["name"].as_str().unwrap());
        }
        let [port] = free_ports();
        let folder = cluster.folder().with_file_name("kruise-manager");
        let own = |name: &str| folder.join(name).display().to_string();
        let environment = [
            ("KUBECONFIG", cluster.kubeconfig(User::Admin).display().to_string()),
            ("WEBHOOK_HOST", "127.0.0.1".to_owned()),
            ("WEBHOOK_PORT", port.to_string()),
            ("WEBHOOK_CERT_DIR", own("certificates")),
            ("POD_NAMESPACE", "kruise-system".to_owned()),
            ("NO_PROXY", "127.0.0.1".to_owned()),
        ];
        let manager = Supervised::start(&programs.manager, folder.clone(), &environment, |folder| {
            fs::create_dir_all(folder.join("certificates")).unwrap();
            vec![
                "--enable-leader-election=false".to_owned(),
                "--metrics-addr=0".to_owned(),
                "--health-probe-addr=0".to_owned(),
                "--enable-pprof=false".to_owned(),
                format!("--protection-log-path={}", folder.display()),
            ]
        });
        let kruise = Self { manager };
        kruise.wait_until_ready(cluster);
        Some(kruise)
    }

    /// Its webhooks answer once one of them writes its defaults.
    fn wait_until_ready(&self, cluster: &Cluster) {
        let started = Instant::now();
        let probe = json!({
            "apiVersion": "apps.kruise.io/v1alpha1",
            "kind": "SidecarSet",
            "metadata": {"name": "ready"},
            "spec": {"selector": {"matchLabels": {"app": "ready"}}, "containers": [{"name": "ready", "image": "ready"}]},
        });
        let mut last = String::new();
        while started.elapsed() < DEADLINE {
            if let Some(end) = self.manager.ended() {
                panic!("the manager of Kruise does not start: {end}");
            }
            let answer = cluster.post("/apis/apps.kruise.io/v1alpha1/sidecarsets?dryRun=All", &probe);
            let made = answer.json();
            if answer.status == 201 && made["metadata"]["annotations"]["kruise.io/sidecarset-hash"].is_string() {
                return;
            }
            last = answer.message();
            thread::sleep(Duration::from_millis(200));
        }
        panic!("the manager of Kruise is not ready: {last}\n{}", self.manager.log_end());
    }
}

/// Its CRDs, and what else it needs in the cluster, as the kustomization of its source makes them.
fn parts(programs: &KruisePrograms) -> (Vec<Value>, Vec<Value>) {
    let output = Command::new("kubectl")
        .arg("kustomize")
        .arg(programs.config.join("default"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let objects = json_of("kruise", output.stdout).into_iter();
    let needed = objects.filter(|object| {
        matches!(
            object["kind"].as_str(),
            Some(
                "CustomResourceDefinition"
                    | "Namespace"
                    | "Secret"
                    | "MutatingWebhookConfiguration"
                    | "ValidatingWebhookConfiguration"
            )
        )
    });
    needed.partition(|object| object["kind"] == "CustomResourceDefinition")
}

fn install(cluster: &Cluster, object: &Value) {
    let version = object["apiVersion"].as_str().unwrap();
    let kind = object["kind"].as_str().unwrap();
    let address = match kind {
        "Secret" => format!(
            "/api/v1/namespaces/{}/secrets",
            object["metadata"]["namespace"].as_str().unwrap()
        ),
        "Namespace" => "/api/v1/namespaces".to_owned(),
        _ => format!("/apis/{version}/{}s", kind.to_lowercase()),
    };
    let answer = cluster.post(&address, object);
    assert_eq!(answer.status, 201, "{kind} {}: {answer:?}", object["metadata"]["name"]);
}
