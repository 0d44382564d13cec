//! kubectl's flags, and the clusters that they name.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::CLUSTER;
use super::exit::Outcome;
use super::output;
use crate::live::connection::{Connection, ConnectionError};
use crate::live::kubeconfig::{self, Impersonation, Kubeconfig, Wishes};

#[derive(Debug, Args)]
pub(super) struct KubernetesArguments {
    /// The kubeconfig context of the cluster
    ///
    /// Without it that of the target, else the current one of kubectl. Repeatable where several clusters are compared.
    #[arg(long, value_name = "NAME")]
    pub(super) context: Vec<String>,

    /// The kubeconfig file [default: `KUBECONFIG`, else `~/.kube/config`]
    #[arg(long, value_name = "FILE", hide_short_help = true, help_heading = CLUSTER)]
    kubeconfig: Option<PathBuf>,

    /// Ask as this user
    #[arg(long = "as", value_name = "USER", hide_short_help = true, help_heading = CLUSTER)]
    user: Option<String>,

    /// Ask as a member of this group; repeatable
    #[arg(long = "as-group", value_name = "GROUP", requires = "user", hide_short_help = true, help_heading = CLUSTER)]
    groups: Vec<String>,

    /// How long to wait for one answer: `30s`, `1m30s`; `0` for as long as it takes [default: 1m]
    #[arg(long, value_name = "TIME", value_parser = timeout, hide_short_help = true, help_heading = CLUSTER)]
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
