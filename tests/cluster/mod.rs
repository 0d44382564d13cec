//! A real API server for tests: etcd and kube-apiserver, started for one test process and gone with it.
//!
//! There are no nodes and no controllers but those inside the server: nothing is scheduled, no namespace ends by itself, and the
//! status of an object is what a test writes.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may stop where it stands, and says what it skips"
)]
#![allow(dead_code, reason = "each test uses what it needs")]

mod api;
mod audit;
mod certificates;
mod kruise;
mod programs;
mod proxy;
mod supervised;
mod users;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use certificates::Certificates;
use programs::Programs;
use supervised::Supervised;

#[allow(unused_imports, reason = "each test uses what it needs")]
pub use api::{Answer, Caller, json_of};
#[allow(unused_imports, reason = "each test uses what it needs")]
pub use audit::Entry;
#[allow(unused_imports, reason = "each test uses what it needs")]
pub use kruise::Kruise;
#[allow(unused_imports, reason = "each test uses what it needs")]
pub use proxy::{Fault, Proxy, Rule};
pub use users::User;

/// How long the server may take to be ready: on a busy machine of two cores it takes some seconds.
const DEADLINE: Duration = Duration::from_secs(120);

/// A running API server. It ends when this is dropped, or with the test process, however that ends.
pub struct Cluster {
    // Dropped in this order: the server before its store.
    server: Supervised,
    store: Supervised,
    /// What the server serves at.
    pub url: String,
    certificate_authority: Certificates,
    caller: Caller,
    kubectl: PathBuf,
}

/// What a run of kubectl said.
#[derive(Debug)]
pub struct Kubectl {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Cluster {
    /// The cluster that all tests of one process share; `None`, said aloud, where its programs are not to be had.
    pub fn shared(what_is_skipped: &str) -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| Programs::find().map(|programs| Self::start_with(&programs)).ok());
        if shared.is_none() {
            let reason = Programs::find().err().unwrap_or_default();
            eprintln!("skipped: {what_is_skipped}: {reason}");
        }
        shared.as_ref()
    }

    /// A cluster of a test's own, for what would disturb the others.
    pub fn start(what_is_skipped: &str) -> Option<Self> {
        match Programs::find() {
            Ok(programs) => Some(Self::start_with(&programs)),
            Err(reason) => {
                eprintln!("skipped: {what_is_skipped}: {reason}");
                None
            }
        }
    }

    fn start_with(programs: &Programs) -> Self {
        // Between the choice of a free port and its use another program may take it.
        let mut last = String::new();
        for _ in 0..3 {
            match Self::try_start(programs) {
                Ok(cluster) => return cluster,
                Err(reason) => last = reason,
            }
        }
        panic!("the API server does not start: {last}");
    }

    fn try_start(programs: &Programs) -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("checker-cluster-")
            .tempdir()
            .unwrap()
            .keep();
        let [client, peer, port] = supervised::free_ports();
        let (client, peer) = (format!("http://127.0.0.1:{client}"), format!("http://127.0.0.1:{peer}"));
        let store = Supervised::start(&programs.etcd, folder.join("etcd"), &[], |own| {
            vec![
                format!("--data-dir={}", own.join("data").display()),
                format!("--listen-client-urls={client}"),
                format!("--advertise-client-urls={client}"),
                format!("--listen-peer-urls={peer}"),
                format!("--initial-advertise-peer-urls={peer}"),
                format!("--initial-cluster=default={peer}"),
                "--unsafe-no-fsync".to_owned(),
                "--log-level=warn".to_owned(),
            ]
        });
        let certificates = Certificates::make();
        let server = Supervised::start(&programs.apiserver, folder.join("kube-apiserver"), &[], |own| {
            certificates.write(own);
            fs::write(own.join("tokens.csv"), users::tokens()).unwrap();
            fs::write(own.join("audit-policy.yaml"), audit::POLICY).unwrap();
            server_arguments(own, &client, port)
        });
        let url = format!("https://127.0.0.1:{port}");
        let cluster = Self {
            caller: Caller::new(&url, Some(certificates.authority_der())),
            server,
            store,
            url,
            certificate_authority: certificates,
            kubectl: programs.kubectl.clone(),
        };
        cluster.wait_until_ready()?;
        for user in users::ALL {
            cluster.write_kubeconfig(user.name(), &cluster.url, user);
        }
        users::grant(&cluster);
        Ok(cluster)
    }

    fn wait_until_ready(&self) -> Result<(), String> {
        let started = Instant::now();
        loop {
            if let Some(end) = self.server.ended().or_else(|| self.store.ended()) {
                return Err(end);
            }
            // `/readyz` holds the roles that every server has; the namespace is made a little later.
            let is_there = |path: &str| {
                let answer = self.caller.call("GET", path, &User::Admin.headers(), Vec::new());
                answer.is_ok_and(|answer| answer.status == 200)
            };
            if is_there("/readyz") && is_there("/api/v1/namespaces/default") {
                return Ok(());
            }
            if started.elapsed() > DEADLINE {
                return Err(format!("not ready after {DEADLINE:?}: {}", self.server.log_end()));
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Where what belongs to this server lies; it is removed with it.
    pub fn folder(&self) -> &Path {
        &self.server.folder
    }

    /// The kubeconfig of a user; its only context is named like the user.
    pub fn kubeconfig(&self, user: User) -> PathBuf {
        self.folder().join(format!("{}.kubeconfig", user.name()))
    }

    /// Writes a kubeconfig of a user for another address of the server, as that of a proxy.
    pub fn write_kubeconfig(&self, name: &str, url: &str, user: User) -> PathBuf {
        let mut cluster = json!({"server": url});
        if url.starts_with("https:") {
            cluster["certificate-authority-data"] = json!(self.certificate_authority.authority_base64());
        }
        let kubeconfig = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": {"token": user.token()}}],
        });
        let path = self.folder().join(format!("{name}.kubeconfig"));
        fs::write(&path, kubeconfig.to_string()).unwrap();
        path
    }

    /// A connection of one's own to the server.
    pub fn new_caller(&self) -> Caller {
        Caller::new(&self.url, Some(self.certificate_authority.authority_der()))
    }

    /// A request as a user, its body as it is.
    pub fn request(
        &self,
        user: User,
        method: &str,
        path: &str,
        body: impl Into<Vec<u8>>,
        content_type: &str,
    ) -> Answer {
        let mut headers = user.headers();
        if !content_type.is_empty() {
            headers.push(("content-type".to_owned(), content_type.to_owned()));
        }
        self.caller.call(method, path, &headers, body.into()).unwrap()
    }

    /// A GET as the administrator.
    pub fn get(&self, path: &str) -> Answer {
        self.request(User::Admin, "GET", path, "", "")
    }

    /// A POST of JSON as the administrator.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(User::Admin, "POST", path, body.to_string(), "application/json")
    }

    /// Runs kubectl as a user, with its caches in the folder of the server.
    pub fn kubectl(&self, user: User, arguments: &[&str], input: &str) -> Kubectl {
        let mut child = Command::new(&self.kubectl)
            .args(arguments)
            .env("KUBECONFIG", self.kubeconfig(user))
            .env("KUBECACHEDIR", self.folder().join("kubectl-cache"))
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        // Apart, since kubectl may speak before it has read all; and one that stops early reads no further.
        let writer = thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Kubectl {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }

    /// Everything that was asked of the server so far, in its order.
    pub fn audit(&self) -> Vec<Entry> {
        audit::read(&self.folder().join("audit.log"))
    }

    /// Makes the kinds of a CRD of the shared material served; `false`, said aloud, where there is none.
    pub fn apply_crd(&self, file: &str) -> bool {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/crds").join(file);
        let Ok(text) = fs::read(&path) else {
            eprintln!("skipped: what needs {}, since it is not there", path.display());
            return false;
        };
        for crd in api::json_of(file, text) {
            let address = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
            let name = crd["metadata"]["name"].as_str().unwrap();
            let answer = self.request(
                User::Admin,
                "PATCH",
                &format!("{address}/{name}?fieldManager=crds&force=true"),
                crd.to_string(),
                "application/apply-patch+yaml",
            );
            assert!(answer.is_success(), "{file}: {answer:?}");
            self.wait_until_established(name);
        }
        true
    }

    /// Waits until the server serves what a CRD makes.
    pub fn wait_until_established(&self, crd: &str) {
        let started = Instant::now();
        let address = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd}");
        while started.elapsed() < DEADLINE {
            let crd = self.get(&address).json();
            let group = crd["spec"]["group"].as_str().unwrap_or_default();
            let plural = crd["spec"]["names"]["plural"].as_str().unwrap_or_default();
            let is_served = |version: &Value| {
                let version_name = version["name"].as_str().unwrap_or_default();
                version["served"] != true
                    || self
                        .get(&format!("/apis/{group}/{version_name}/{plural}?limit=1"))
                        .status
                        == 200
            };
            if crd["spec"]["versions"]
                .as_array()
                .is_some_and(|versions| versions.iter().all(is_served))
            {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("{crd} is not served: {:?}", self.get(&address));
    }

    /// Makes a namespace, unless it is there.
    pub fn ensure_namespace(&self, name: &str) {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let answer = self.post("/api/v1/namespaces", &namespace);
        assert!(matches!(answer.status, 201 | 409), "namespace {name}: {answer:?}");
    }
}

fn server_arguments(own: &Path, store: &str, port: u16) -> Vec<String> {
    let file = |name: &str| own.join(name).display().to_string();
    vec![
        format!("--etcd-servers={store}"),
        "--bind-address=127.0.0.1".to_owned(),
        "--advertise-address=127.0.0.1".to_owned(),
        format!("--secure-port={port}"),
        format!("--tls-cert-file={}", file("server.crt")),
        format!("--tls-private-key-file={}", file("server.key")),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        format!("--service-account-key-file={}", file("server.crt")),
        format!("--service-account-signing-key-file={}", file("server.key")),
        "--service-cluster-ip-range=10.0.0.0/16".to_owned(),
        format!("--token-auth-file={}", file("tokens.csv")),
        "--authorization-mode=RBAC".to_owned(),
        "--endpoint-reconciler-type=none".to_owned(),
        // Pods without the controller that makes a ServiceAccount in each namespace.
        "--disable-admission-plugins=ServiceAccount".to_owned(),
        "--allow-privileged=true".to_owned(),
        format!("--audit-policy-file={}", file("audit-policy.yaml")),
        format!("--audit-log-path={}", file("audit.log")),
        // Written before the answer goes out.
        "--audit-log-mode=blocking".to_owned(),
        "--profiling=false".to_owned(),
    ]
}
