//! Who asks: users known by their tokens, and what each may do.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::Cluster;
use super::api::json_of;

/// A user of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User {
    /// May do everything.
    Admin,
    /// May do what every authenticated user may: ask which kinds there are.
    Nobody,
    /// Has the ClusterRole `view`: no Secrets, nothing of the cluster itself.
    Viewer,
    /// Has exactly the rights that the program asks for.
    Checker,
}

pub const ALL: [User; 4] = [User::Admin, User::Nobody, User::Viewer, User::Checker];

impl User {
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Nobody => "nobody",
            Self::Viewer => "viewer",
            Self::Checker => "checker",
        }
    }

    pub fn token(self) -> String {
        format!("token-of-{}", self.name())
    }

    /// What a request as this user carries.
    pub fn headers(self) -> Vec<(String, String)> {
        vec![("authorization".to_owned(), format!("Bearer {}", self.token()))]
    }
}

/// The token file: token, name, identifier, groups.
pub fn tokens() -> String {
    ALL.iter().fold(String::new(), |mut text, user| {
        let name = user.name();
        let groups = if *user == User::Admin { "system:masters" } else { "" };
        writeln!(text, "{},{name},{name},\"{groups}\"", user.token()).unwrap();
        text
    })
}

/// Gives the users their rights.
pub fn grant(cluster: &Cluster) {
    aggregate_view(cluster);
    bind(cluster, User::Viewer, "view");
    for role in program_roles() {
        let answer = cluster.post("/apis/rbac.authorization.k8s.io/v1/clusterroles", &role);
        assert_eq!(answer.status, 201, "{answer:?}");
        bind(cluster, User::Checker, role["metadata"]["name"].as_str().unwrap());
    }
}

/// What a controller does in a whole cluster: the rules of `view` are those of the roles labelled for it.
fn aggregate_view(cluster: &Cluster) {
    let roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
    let label = "labelSelector=rbac.authorization.k8s.io%2Faggregate-to-view%3Dtrue";
    let parts = cluster.get(&format!("{roles}?{label}")).json();
    let parts = parts["items"].as_array().unwrap();
    let rules: Vec<Value> = parts
        .iter()
        .flat_map(|role| role["rules"].as_array().cloned().unwrap_or_default())
        .collect();
    assert!(!rules.is_empty(), "no role is labelled to be a part of view");
    let patch = json!({"rules": rules}).to_string();
    let answer = cluster.request(
        User::Admin,
        "PATCH",
        &format!("{roles}/view"),
        patch,
        "application/merge-patch+json",
    );
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn bind(cluster: &Cluster, user: User, role: &str) {
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": format!("{}-{role}", user.name())},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user.name()}],
    });
    let answer = cluster.post("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", &binding);
    assert_eq!(answer.status, 201, "{answer:?}");
}

/// The ClusterRoles of `docs/rbac.yaml`, which says what the program needs; while there is none, getting and listing everything.
fn program_roles() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rbac.yaml");
    let Ok(text) = fs::read(&path) else {
        eprintln!("docs/rbac.yaml is not there: the user checker may get and list everything");
        return vec![json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": "checker"},
            "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}],
        })];
    };
    let objects = json_of("docs/rbac.yaml", text);
    let roles: Vec<Value> = objects
        .into_iter()
        .filter(|object| object["kind"] == "ClusterRole")
        .collect();
    assert!(!roles.is_empty(), "docs/rbac.yaml holds no ClusterRole");
    roles
}
