//! The kubeconfig, read as client-go reads it.
//!
//! The `kube` crate reads it, too, but not alike: it takes an empty token for a token, runs a credential plugin three times and shows
//! what it printed, quotes lines beside a fault, matches `NO_PROXY` against the proxy, and fails on a missing file
//! (measured with kube 5.0.0). So this module reads the files itself and hands `kube` a finished configuration.

mod certificate;
mod entries;
mod file;
mod in_cluster;
mod plugin;
mod proxy;
mod resolve;
mod secret;
mod timeout;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::connection::{Connection, ConnectionError};
use crate::source::{spelling, walk};
use entries::{Cluster, Context, User};
pub use timeout::timeout;

/// The variable that lists the files.
const VARIABLE: &str = "KUBECONFIG";

/// The variables of the environment. Tests have one of their own.
pub type Environment<'e> = dyn Fn(&str) -> Option<OsString> + 'e;

/// A variable that is set, is text, and is not empty.
fn variable(environment: &Environment<'_>, name: &str) -> Option<String> {
    let value = environment(name)?.into_string().ok()?;
    (!value.is_empty()).then_some(value)
}

/// What the files say, put together.
#[derive(Debug, Default)]
pub struct Kubeconfig {
    /// Where it was looked for, for messages.
    looked_at: Vec<PathBuf>,
    /// Whether a file is named by the user, so that the cluster around the program is not meant.
    is_explicit: bool,
    clusters: BTreeMap<String, Cluster>,
    users: BTreeMap<String, User>,
    contexts: BTreeMap<String, Context>,
    current_context: Option<String>,
    warnings: Vec<String>,
}

/// What a run wants otherwise than the kubeconfig says.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// Whom to ask as.
    pub impersonation: Option<Impersonation>,
    /// How long to wait for one answer; zero for as long as it takes.
    pub request_timeout: Option<Duration>,
}

/// Whom to act as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Impersonation {
    /// The user.
    pub user: String,
    /// The user's identifier.
    pub identifier: Option<String>,
    /// The user's groups.
    pub groups: Vec<String>,
    /// What else is said of the user.
    pub extra: BTreeMap<String, Vec<String>>,
}

impl Kubeconfig {
    /// Reads the file that is given, or those of `KUBECONFIG`, or `~/.kube/config`.
    ///
    /// # Errors
    /// A file cannot be read, or is no kubeconfig; nothing that a file holds is shown.
    pub fn load(explicit: Option<&Path>, environment: &Environment<'_>) -> Result<Self, ConnectionError> {
        let mut kubeconfig = Self {
            is_explicit: explicit.is_some(),
            ..Self::default()
        };
        let (files, may_miss, tells) = match explicit {
            Some(file) => (vec![file.to_owned()], false, true),
            None => match listed(environment) {
                Some(files) => (files, true, true),
                None => (home_file(environment).into_iter().collect(), true, false),
            },
        };
        for path in files {
            kubeconfig.add(&path, may_miss, tells)?;
            kubeconfig.looked_at.push(path);
        }
        Ok(kubeconfig)
    }

    /// Adds what a file says. What an earlier file has said stays, entry by entry (`client-go tools/clientcmd/loader.go`).
    fn add(&mut self, path: &Path, may_miss: bool, tells: bool) -> Result<(), ConnectionError> {
        let read = match file::read(path) {
            Ok(read) => read,
            // client-go tells of missing files in the list (`loader.go`, `NewDefaultClientConfigLoadingRules`, `WarnIfAllMissing`).
            Err(file::Problem::Missing) if may_miss => {
                if tells {
                    self.warnings.push(format!(
                        "the kubeconfig {} of `{VARIABLE}` does not exist, and is passed over",
                        path.display()
                    ));
                }
                return Ok(());
            }
            Err(problem) => {
                return Err(ConnectionError::Configuration(format!(
                    "kubeconfig {}: {problem}",
                    path.display()
                )));
            }
        };
        self.warnings.extend(read.warnings);
        merge(&mut self.clusters, read.clusters);
        merge(&mut self.users, read.users);
        merge(&mut self.contexts, read.contexts);
        if self.current_context.is_none() {
            self.current_context = read.current_context;
        }
        Ok(())
    }

    /// What is odd about the files, for people.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The connection of a context; without a name that of the current one, or to the cluster that the program runs in. It runs the
    /// credential plugin, if there is one, once.
    ///
    /// # Errors
    /// There is no such context, what it says is wrong, or the credentials cannot be had.
    pub fn connection(
        &self,
        context: Option<&str>,
        wishes: &Wishes,
        environment: &Environment<'_>,
    ) -> Result<Connection, ConnectionError> {
        let Some(name) = context.or(self.current_context.as_deref()) else {
            let has_nothing = self.contexts.is_empty() && self.clusters.is_empty() && !self.is_explicit;
            if has_nothing && let Some(connection) = in_cluster::connection(wishes, environment)? {
                return Ok(connection);
            }
            return Err(self.no_context());
        };
        let Some(context) = self.contexts.get(name) else {
            return Err(self.unknown_context(name));
        };
        resolve::connection(self, name, context, wishes, environment)
    }

    fn no_context(&self) -> ConnectionError {
        let places: Vec<String> = self.looked_at.iter().map(|path| path.display().to_string()).collect();
        ConnectionError::Configuration(if self.contexts.is_empty() {
            let places = if places.is_empty() {
                "there is no home folder to look in".to_owned()
            } else {
                format!("looked at {}", places.join(", "))
            };
            format!(
                "no cluster is known: there is no kubeconfig with a context ({places}); name one with `--kubeconfig`"
            )
        } else {
            format!(
                "the kubeconfig has no current context; name one with `--context` ({})",
                self.known_contexts()
            )
        })
    }

    fn unknown_context(&self, name: &str) -> ConnectionError {
        let hint = spelling::nearest(name, self.contexts.keys().map(String::as_str))
            .map(|meant| format!("; did you mean `{meant}`?"))
            .unwrap_or_default();
        ConnectionError::Configuration(format!(
            "the kubeconfig has no context `{name}`{hint} ({})",
            self.known_contexts()
        ))
    }

    fn known_contexts(&self) -> String {
        const SHOWN: usize = 20;
        if self.contexts.is_empty() {
            return "there is none".to_owned();
        }
        let names: Vec<&str> = self.contexts.keys().take(SHOWN).map(String::as_str).collect();
        let more = match self.contexts.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        format!("there are: {}{more}", names.join(", "))
    }
}

fn merge<T>(known: &mut BTreeMap<String, T>, further: BTreeMap<String, T>) {
    for (name, entry) in further {
        known.entry(name).or_insert(entry);
    }
}

/// The files of `KUBECONFIG`, each once; `None` if it names none.
fn listed(environment: &Environment<'_>) -> Option<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in std::env::split_paths(&environment(VARIABLE)?) {
        if !path.as_os_str().is_empty() && !files.contains(&path) {
            files.push(path);
        }
    }
    (!files.is_empty()).then_some(files)
}

/// `~/.kube/config`. The home is what the environment says, as for client-go (`util/homedir`).
fn home_file(environment: &Environment<'_>) -> Option<PathBuf> {
    let variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    let home = environment(variable).filter(|home| !home.is_empty())?;
    Some(Path::new(&home).join(".kube").join("config"))
}

/// The bytes of a file that a kubeconfig names.
fn read_named(path: &Path, what: &str) -> Result<Vec<u8>, ConnectionError> {
    std::fs::read(path).map_err(|error| {
        ConnectionError::Configuration(format!(
            "the {what} {} cannot be read: {}",
            path.display(),
            walk::plain(&error)
        ))
    })
}

#[cfg(test)]
mod tests;
