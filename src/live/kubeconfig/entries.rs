//! What a kubeconfig says of clusters, users and contexts. An empty text is the same as none, as for client-go.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::Impersonation;
use super::secret::Secret;

/// How to reach a cluster.
#[derive(Debug, Clone, Default)]
pub(super) struct Cluster {
    pub(super) server: Option<String>,
    pub(super) certificate_authority: Option<Material>,
    pub(super) skips_verification: bool,
    pub(super) tls_server_name: Option<String>,
    /// May hold a password.
    pub(super) proxy_url: Option<Secret<String>>,
    pub(super) disables_compression: bool,
    /// What the cluster has for a credential plugin.
    pub(super) plugin_config: Option<Value>,
}

/// Bytes, written out or in a file. What is written out wins.
#[derive(Debug, Clone)]
pub(super) enum Material {
    /// Base64, as it is written.
    Inline(Secret<String>),
    File(PathBuf),
}

/// Who asks.
#[derive(Debug, Clone, Default)]
pub(super) struct User {
    pub(super) client_certificate: Option<Material>,
    pub(super) client_key: Option<Material>,
    pub(super) token: Option<Secret<String>>,
    pub(super) token_file: Option<PathBuf>,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret<String>>,
    pub(super) impersonated: Impersonated,
    pub(super) auth_provider: Option<AuthProvider>,
    pub(super) plugin: Option<Plugin>,
}

/// Whom the user acts as; the parts may be wrong together.
#[derive(Debug, Clone, Default)]
pub(super) struct Impersonated {
    pub(super) user: Option<String>,
    pub(super) identifier: Option<String>,
    pub(super) groups: Vec<String>,
    pub(super) extra: BTreeMap<String, Vec<String>>,
}

impl Impersonated {
    /// Whom to act as.
    pub(super) fn checked(&self) -> Result<Option<Impersonation>, &'static str> {
        let has_more = self.identifier.is_some() || !self.groups.is_empty() || !self.extra.is_empty();
        match &self.user {
            Some(user) => Ok(Some(Impersonation {
                user: user.clone(),
                identifier: self.identifier.clone(),
                groups: self.groups.clone(),
                extra: self.extra.clone(),
            })),
            // client-go transport/round_trippers.go refuses the same.
            None if has_more => {
                Err("it acts with a uid, groups or extra of another user without `as`, the user's name")
            }
            None => Ok(None),
        }
    }
}

/// A way of logging in that was built into kubectl once.
#[derive(Debug, Clone)]
pub(super) struct AuthProvider {
    pub(super) name: String,
    pub(super) identity_token: Option<Secret<String>>,
}

/// A program that gives credentials.
#[derive(Debug, Clone)]
pub(super) struct Plugin {
    pub(super) api_version: Option<String>,
    pub(super) command: Option<String>,
    pub(super) arguments: Vec<Secret<String>>,
    pub(super) variables: Vec<(String, Secret<String>)>,
    pub(super) install_hint: Option<String>,
    pub(super) interactive_mode: Option<InteractiveMode>,
    pub(super) wants_cluster: bool,
}

/// Whether a credential plugin may ask the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InteractiveMode {
    Never,
    IfAvailable,
    Always,
}

/// A cluster and a user, by their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    pub(super) cluster: Option<String>,
    pub(super) user: Option<String>,
    pub(super) namespace: Option<String>,
}
