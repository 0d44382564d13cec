//! kubectl's flags, and the clusters that they name.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::exit::Outcome;
use super::output;
use crate::live::connection::{Connection, ConnectionError};
use crate::live::kubeconfig::{self, Impersonation, Kubeconfig, Wishes};

#[derive(Debug, Args)]
pub(super) struct KubernetesArguments {
    /// The kubeconfig context of the cluster [default: the target's, else kubectl's current one]; repeatable
    #[arg(long, value_name = "NAME")]
    pub(super) context: Vec<String>,

    /// The kubeconfig file [default: `KUBECONFIG`, else `~/.kube/config`]
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,

    /// Ask as this user
    #[arg(long = "as", value_name = "USER")]
    user: Option<String>,

    /// Ask as a member of this group; repeatable
    #[arg(long = "as-group", value_name = "GROUP", requires = "user")]
    groups: Vec<String>,

    /// How long to wait for one answer: `30s`, `1m30s`; `0` for as long as it takes [default: 1m]
    #[arg(long, value_name = "TIME", value_parser = timeout)]
    request_timeout: Option<Duration>,
}

impl KubernetesArguments {
    /// The clusters that the flags name, each once; without `--context` that of `fallback` (a target's), else the current one. Says on
    /// standard error what is odd about the kubeconfig.
    pub(super) fn connections(&self, fallback: Option<&str>) -> Result<Vec<Connection>, Outcome> {
        self.connections_of(&[fallback])
    }

    /// As [`Self::connections`], with a fallback for each of several clusters; each of them gets its connection, in their order.
    pub(super) fn connections_of(&self, fallbacks: &[Option<&str>]) -> Result<Vec<Connection>, Outcome> {
        let environment = |name: &str| std::env::var_os(name);
        let kubeconfig = Kubeconfig::load(self.kubeconfig.as_deref(), &environment).map_err(refused)?;
        for warning in kubeconfig.warnings() {
            output::complain(&format!("warning: {warning}"));
        }
        let mut names: Vec<Option<&str>> = Vec::new();
        for name in &self.context {
            if !names.contains(&Some(name)) {
                names.push(Some(name));
            }
        }
        if names.is_empty() {
            names.extend(fallbacks);
        }
        let wishes = Wishes {
            impersonation: self.user.clone().map(|user| Impersonation {
                user,
                groups: self.groups.clone(),
                ..Impersonation::default()
            }),
            request_timeout: self.request_timeout,
        };
        let mut connections = Vec::new();
        for name in names {
            let connection = kubeconfig.connection(name, &wishes, &environment).map_err(refused)?;
            for warning in &connection.warnings {
                output::complain(&format!("warning: {warning}"));
            }
            connections.push(connection);
        }
        Ok(connections)
    }
}

fn refused(error: ConnectionError) -> Outcome {
    match error {
        ConnectionError::Configuration(message) => Outcome::Usage(message),
        ConnectionError::Credentials(message) => Outcome::Unfinished(message),
    }
}

fn timeout(text: &str) -> Result<Duration, String> {
    kubeconfig::timeout(text)
}
