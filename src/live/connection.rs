//! Which cluster to ask, as whom, and how long to wait for it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// All that is needed to ask one cluster. Its credentials are shown nowhere.
pub struct Connection {
    /// The kubeconfig context; `in-cluster` for the cluster that the program itself runs in.
    pub context: String,
    /// The namespace of objects that name none.
    pub namespace: Option<String>,
    /// What is odd about how the cluster is to be reached, for people.
    pub warnings: Vec<String>,
    /// How long to wait, and how often to ask again.
    pub patience: Patience,
    /// The user's folder for caches, if there is one: schemas that were read once are kept there.
    pub cache_folder: Option<PathBuf>,
    pub(super) config: kube::Config,
}

impl Connection {
    /// Where the server is.
    #[must_use]
    pub fn server(&self) -> String {
        self.config.cluster_url.to_string()
    }

    /// Where the server is, and which proxy leads there, for messages.
    pub(super) fn way(&self) -> String {
        let server = self.server();
        match self.config.proxy_url.as_ref().and_then(http::Uri::authority) {
            None => server,
            Some(authority) => {
                // Not the name and password before the `@`.
                let host = authority.as_str().rsplit('@').next().unwrap_or_default();
                format!("{server} (through the proxy {host})")
            }
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Connection")
            .field("context", &self.context)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

/// How long to wait for a cluster, and how often to ask it again.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For one answer, all of it; `None` for as long as bytes come.
    pub request: Option<Duration>,
    /// Between two bytes of an answer.
    pub silence: Duration,
    /// For everything.
    pub whole: Duration,
    /// For one answer with all that is asked again for it.
    pub repetition: Duration,
    /// How often one thing is asked at most.
    pub tries: u32,
    /// Before something is asked a second time; each later wait is twice as long.
    pub first_wait: Duration,
    /// At most between two tries, whatever the server asks for.
    pub longest_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            request: Some(Duration::from_secs(60)),
            silence: Duration::from_secs(30),
            whole: Duration::from_secs(600),
            repetition: Duration::from_secs(60),
            tries: 6,
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(15),
        }
    }
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionError {
    /// What the user has written is wrong.
    Configuration(String),
    /// The credentials could not be had.
    Credentials(String),
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(message) | Self::Credentials(message) => formatter.write_str(message),
        }
    }
}

impl std::error::Error for ConnectionError {}
