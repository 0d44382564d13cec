//! A cluster in memory behind the server: a few kinds, objects, and whatever fault a test wants.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use checker::live::asked::Asked;
use checker::live::connection::{Connection, Patience};
use checker::live::kubeconfig::{Kubeconfig, Wishes};
use checker::live::progress::Silent;
use checker::live::reference::ObjectReference;
use checker::live::state::{Found, State};
use serde_json::{Value, json};

use super::server::{Reply, Request, Server};

type Fault = dyn Fn(&Request) -> Option<Reply> + Send + Sync;

/// The kinds: `apiVersion`, kind, plural, whether namespaced.
const KINDS: [(&str, &str, &str, bool); 9] = [
    ("v1", "Namespace", "namespaces", false),
    ("v1", "ConfigMap", "configmaps", true),
    ("v1", "Secret", "secrets", true),
    ("v1", "Pod", "pods", true),
    ("apps/v1", "Deployment", "deployments", true),
    (
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        true,
    ),
    (
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        false,
    ),
    ("apps.kruise.io/v1alpha1", "SidecarSet", "sidecarsets", false),
    ("metrics.k8s.io/v1beta1", "PodMetrics", "pods", true),
];

/// What stands in the cluster.
#[derive(Default)]
pub struct Content {
    /// By the address of the object.
    objects: BTreeMap<String, Value>,
    /// Objects of one page of a list.
    page: Option<usize>,
    faults: Vec<Arc<Fault>>,
}

impl Content {
    /// A cluster with the namespace `shop`.
    pub fn new() -> Self {
        Self::default().with(
            "v1",
            "Namespace",
            None,
            "shop",
            json!({"metadata": {"labels": {"team": "a"}}}),
        )
    }

    pub fn with(
        mut self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        name: &str,
        mut object: Value,
    ) -> Self {
        object["apiVersion"] = api_version.into();
        object["kind"] = kind.into();
        object["metadata"]["name"] = name.into();
        if let Some(namespace) = namespace {
            object["metadata"]["namespace"] = namespace.into();
        }
        let address = format!("{}/{name}", collection(api_version, kind, namespace));
        self.objects.insert(address, object);
        self
    }

    pub fn config_map(self, name: &str) -> Self {
        self.with("v1", "ConfigMap", Some("shop"), name, json!({"data": {"name": name}}))
    }

    pub fn config_maps(self, count: usize) -> Self {
        (0..count).fold(self, |content, index| content.config_map(&format!("map-{index:03}")))
    }

    pub fn pages_of(mut self, page: usize) -> Self {
        self.page = Some(page);
        self
    }

    /// Answers some requests otherwise.
    pub fn fault(mut self, fault: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Self {
        self.faults.push(Arc::new(fault));
        self
    }

    /// Forbids an address.
    pub fn forbid(self, path: &'static str) -> Self {
        self.fault(move |request| (request.path == path).then(|| forbidden(path)))
    }

    pub fn start(self) -> Cluster {
        Cluster {
            server: Server::start(move |request| self.answer(request)),
            home: tempfile::tempdir().unwrap(),
        }
    }

    fn answer(&self, request: &Request) -> Reply {
        if let Some(reply) = self.faults.iter().find_map(|fault| fault(request)) {
            return reply;
        }
        match request.path.as_str() {
            "/version" => return Reply::json(json!({"gitVersion": "v1.36.2"})),
            "/api" => return Reply::json(discovery(true, &[])),
            "/apis" => return Reply::json(discovery(false, &[])),
            "/openapi/v3" => {
                return Reply::json(json!({"paths": {
                    "api/v1": {"serverRelativeURL": "/openapi/v3/api/v1?hash=AA"},
                    "apis/apps/v1": {"serverRelativeURL": "/openapi/v3/apis/apps/v1?hash=BB"},
                }}));
            }
            path if path.starts_with("/openapi/v3/") => {
                return Reply::json(json!({"openapi": "3.0.0", "info": {"title": path}}));
            }
            _ => {}
        }
        if let Some(object) = self.objects.get(&request.path) {
            return Reply::json(object);
        }
        let Some((_, kind, plural, _)) = KINDS.iter().find(|(api_version, _, plural, _)| {
            let root = root(api_version);
            let mut parts = request.path.split('/').rev();
            let is_one = parts.clone().nth(1) == Some(plural);
            request.path.starts_with(&format!("{root}/")) && (parts.next() == Some(plural) || is_one)
        }) else {
            return Reply::no_page();
        };
        if !request.path.ends_with(&format!("/{plural}")) {
            let name = request.path.rsplit('/').next().unwrap();
            return Reply::status(404, no_object(plural, name));
        }
        self.list(request, kind)
    }

    fn list(&self, request: &Request, kind: &str) -> Reply {
        let namespace = request
            .path
            .split("/namespaces/")
            .nth(1)
            .and_then(|rest| rest.split('/').next());
        let namespace = namespace.filter(|_| kind != "Namespace");
        let items: Vec<Value> = self
            .objects
            .values()
            .filter(|object| object["kind"] == kind)
            .filter(|object| namespace.is_none_or(|namespace| object["metadata"]["namespace"] == namespace))
            .map(|object| {
                // Items do not say what they are.
                let mut item = object.clone();
                item.as_object_mut().unwrap().remove("kind");
                item.as_object_mut().unwrap().remove("apiVersion");
                if request
                    .header("accept")
                    .is_some_and(|accept| accept.contains("PartialObjectMetadataList"))
                {
                    item = json!({"metadata": item["metadata"]});
                }
                item
            })
            .collect();
        let parameter = |name: &str| {
            request
                .query
                .split('&')
                .find_map(|pair| pair.strip_prefix(&format!("{name}=")))
        };
        let start: usize = parameter("continue").map_or(0, |start| start.parse().unwrap());
        let page = parameter("limit").map_or(usize::MAX, |limit| limit.parse().unwrap());
        let end = start
            .saturating_add(page.min(self.page.unwrap_or(usize::MAX)))
            .min(items.len());
        let mut metadata = json!({"resourceVersion": "7"});
        if end < items.len() {
            metadata["continue"] = end.to_string().into();
            metadata["remainingItemCount"] = (items.len() - end).into();
        }
        Reply::json(json!({"kind": format!("{kind}List"), "metadata": metadata, "items": items[start..end]}))
    }
}

pub fn root(api_version: &str) -> String {
    let root = if api_version.contains('/') { "/apis" } else { "/api" };
    format!("{root}/{api_version}")
}

fn collection(api_version: &str, kind: &str, namespace: Option<&str>) -> String {
    let known = KINDS
        .iter()
        .find(|known| (known.0, known.1) == (api_version, kind))
        .unwrap();
    let root = root(api_version);
    match namespace {
        Some(namespace) => format!("{root}/namespaces/{namespace}/{}", known.2),
        None => format!("{root}/{}", known.2),
    }
}

/// All kinds in one answer, as the server gives it since 1.26; group versions of which nothing is known are stale.
pub fn discovery(is_core: bool, stale: &[&str]) -> Value {
    let mut groups: BTreeMap<&str, BTreeMap<&str, Vec<Value>>> = BTreeMap::new();
    for (api_version, kind, plural, namespaced) in KINDS {
        if api_version.contains('/') == is_core {
            continue;
        }
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let resources = groups.entry(group).or_default().entry(version).or_default();
        if !stale.contains(&api_version) {
            resources.push(json!({
                "resource": plural, "scope": if namespaced { "Namespaced" } else { "Cluster" },
                "responseKind": {"group": group, "version": version, "kind": kind},
                "verbs": ["get", "list"],
            }));
        }
    }
    let items: Vec<Value> = groups
        .into_iter()
        .map(|(group, versions)| {
            let versions = versions.into_iter().map(|(version, resources)| {
                let freshness = if resources.is_empty() { "Stale" } else { "Current" };
                json!({"version": version, "resources": resources, "freshness": freshness})
            });
            json!({"metadata": {"name": group}, "versions": versions.collect::<Vec<_>>()})
        })
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

/// The kinds of a group version in the old form.
pub fn resource_list(api_version: &str) -> Value {
    let resources: Vec<Value> = KINDS
        .iter()
        .filter(|known| known.0 == api_version)
        .flat_map(|(_, kind, plural, namespaced)| {
            [
                json!({"name": plural, "kind": kind, "namespaced": namespaced, "verbs": ["get", "list"]}),
                json!({"name": format!("{plural}/status"), "kind": kind, "namespaced": namespaced, "verbs": ["get"]}),
            ]
        })
        .collect();
    json!({"kind": "APIResourceList", "groupVersion": api_version, "resources": resources})
}

pub fn forbidden(path: &str) -> Reply {
    Reply::status(
        403,
        json!({"kind": "Status", "status": "Failure", "reason": "Forbidden", "code": 403,
               "message": format!("{path} is forbidden: User \"me\" cannot read it")}),
    )
}

fn no_object(plural: &str, name: &str) -> Value {
    json!({"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404,
           "message": format!("{plural} \"{name}\" not found"), "details": {"name": name, "kind": plural}})
}

/// A running cluster, and the home of somebody who may ask it.
pub struct Cluster {
    server: Server,
    pub home: tempfile::TempDir,
}

impl Cluster {
    /// What was asked. Whatever it was, it was only read.
    pub fn requests(&self) -> Vec<Request> {
        let requests = self.server.requests();
        for request in &requests {
            assert_eq!(request.method, "GET", "{request:?}");
            assert!(!request.headers.contains_key("content-length"), "{request:?}");
        }
        requests
    }

    /// What was asked where more than reading is allowed.
    pub fn all_requests(&self) -> Vec<Request> {
        self.server.requests()
    }

    /// The paths that were asked for, and how often.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for request in self.requests() {
            *counts.entry(request.path).or_default() += 1;
        }
        counts
    }

    pub fn count(&self, path: &str) -> usize {
        self.counts().get(path).copied().unwrap_or(0)
    }

    /// Writes a kubeconfig whose one context is `prod`, and whose user is this.
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        let path = self.home.path().join("kubeconfig");
        let port = self.server.port;
        let text = format!(
            "current-context: prod\ncontexts:\n- {{name: prod, context: {{cluster: prod, user: me}}}}\n\
             clusters:\n- {{name: prod, cluster: {{server: 'http://127.0.0.1:{port}'}}}}\nusers:\n- {{name: me, user: {user}}}\n"
        );
        fs::write(&path, text).unwrap();
        path
    }

    /// A connection with little patience, so that tests do not take long.
    pub fn connection(&self) -> Connection {
        self.connection_as("{token: a-token}", &Wishes::default())
    }

    pub fn connection_as(&self, user: &str, wishes: &Wishes) -> Connection {
        let file = self.kubeconfig(user);
        let cache = self.home.path().join("cache");
        let environment = |name: &str| (name == "XDG_CACHE_HOME").then(|| cache.clone().into());
        let kubeconfig = Kubeconfig::load(Some(&file), &environment).unwrap();
        let mut connection = kubeconfig.connection(None, wishes, &environment).unwrap();
        connection.patience = Patience {
            first_wait: Duration::from_millis(5),
            longest_wait: Duration::from_millis(50),
            request: connection
                .patience
                .request
                .map(|time| time.min(Duration::from_secs(10))),
            ..connection.patience
        };
        connection
    }

    pub fn read(&self, asked: &Asked) -> State {
        checker::live::read(&self.connection(), asked, &Silent)
    }

    /// What there is of some objects, each in a word.
    pub fn words(&self, references: &[ObjectReference]) -> Vec<&'static str> {
        let state = self.read(&asked(references));
        references.iter().map(|reference| word(&state, reference)).collect()
    }
}

pub fn asked(references: &[ObjectReference]) -> Asked {
    Asked {
        objects: references.iter().cloned().collect::<BTreeSet<_>>(),
        ..Asked::default()
    }
}

pub fn word(state: &State, reference: &ObjectReference) -> &'static str {
    match state
        .found(reference)
        .expect("an answer for each object that was asked for")
    {
        Found::Object(object) => {
            assert_eq!(object.json["metadata"]["name"], *reference.name);
            assert_eq!(object.json["kind"], *reference.kind);
            assert_eq!(object.json["apiVersion"], *reference.api_version);
            "object"
        }
        Found::Absent => "absent",
        Found::NamespaceAbsent => "namespace absent",
        Found::UnknownKind => "unknown kind",
        Found::Forbidden(_) => "forbidden",
        Found::Failed(_) => "failed",
    }
}

pub fn reference(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> ObjectReference {
    ObjectReference {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
    }
}

pub fn config_map(name: &str) -> ObjectReference {
    reference("v1", "ConfigMap", Some("shop"), name)
}

pub fn config_maps(count: usize) -> Vec<ObjectReference> {
    (0..count).map(|index| config_map(&format!("map-{index:03}"))).collect()
}
