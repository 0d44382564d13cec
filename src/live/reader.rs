//! The only way in which this module asks a cluster. It can read and nothing else: every request that it makes is a GET (a LIST is a GET of
//! a collection), without a body.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::Client;
use kube::client::Body;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use super::connection::{Connection, Patience};
use super::retry;

/// What the server is to answer with.
pub(super) mod accept {
    /// The thing itself.
    pub const JSON: &str = "application/json";
    /// Metadata of one object, and nothing else of it.
    pub const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    /// Metadata of objects, and nothing else of them: no other form is taken instead, since that might hold Secrets.
    pub const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
}

/// Longest answer that is read, in bytes. 10,000 pods' metadata are 30 MB.
const ANSWER_BYTES: usize = 256 << 20;

/// Longest text of an answer that is shown, in characters.
const SHOWN: usize = 500;

/// Reads from one cluster.
pub(super) struct Reader {
    client: Client,
    patience: Patience,
    permits: Arc<Semaphore>,
    deadline: Instant,
    /// Whether something could not be had in spite of all patience: then nothing else is asked for twice.
    is_out_of_patience: AtomicBool,
    server: String,
}

/// Why there is no answer. Each of these is another thing to a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The server knows the kind, and there is no such object.
    NoObject,
    /// The server does not know the address: it does not serve the kind.
    NoAddress,
    /// 403, with to whom what is forbidden.
    Forbidden(String),
    /// 410: the pages of a list are no longer there.
    Expired,
    /// Another answer that is none.
    Other(String),
    /// No answer at all.
    Unreachable(String),
}

impl Refusal {
    /// In words.
    pub(super) fn message(&self) -> String {
        match self {
            Self::NoObject => "there is none".to_owned(),
            Self::NoAddress => "the server does not serve it".to_owned(),
            Self::Expired => "the list changed too fast to be read to its end".to_owned(),
            Self::Forbidden(message) | Self::Other(message) | Self::Unreachable(message) => message.clone(),
        }
    }
}

/// What the server says when it does not give what is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    kind: String,
    message: String,
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    name: String,
}

impl Reader {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// What of the connection cannot be used.
    pub(super) fn open(connection: &Connection, permits: Arc<Semaphore>) -> Result<Self, String> {
        let client = Client::try_from(connection.config.clone()).map_err(|error| match error {
            // The library may quote the lines of a key.
            kube::Error::RustlsTls(_) => {
                "the certificates of the kubeconfig cannot be used: certificate and key in PEM are due, and a key in PKCS8, PKCS1 or SEC1"
                    .to_owned()
            }
            _ => "the kubeconfig asks for a connection that cannot be made".to_owned(),
        })?;
        Ok(Self {
            client,
            patience: connection.patience,
            permits,
            deadline: Instant::now() + connection.patience.whole,
            is_out_of_patience: AtomicBool::new(false),
            server: connection.server(),
        })
    }

    /// Where the server is.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// What stands at an address, as JSON.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str, accept: &str) -> Result<T, Refusal> {
        let bytes = self.bytes(path, accept).await?;
        // Not the library's words: they may quote what it read.
        serde_json::from_slice(&bytes).map_err(|_| {
            Refusal::Other(format!(
                "the answer to GET {} is not what an API server says",
                shown(path)
            ))
        })
    }

    /// What stands at an address.
    pub(super) async fn bytes(&self, path: &str, accept: &str) -> Result<Vec<u8>, Refusal> {
        let start = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            let attempt = match self.attempt(path, accept).await {
                Ok(bytes) => return Ok(bytes),
                Err(attempt) => attempt,
            };
            let wait = retry::wait(&self.patience, tries, path, attempt.retry_after);
            let is_over = tries >= self.patience.tries
                || self.is_out_of_patience.load(Ordering::Relaxed)
                || start.elapsed() + wait > self.patience.repetition
                || Instant::now() + wait > self.deadline;
            if !attempt.is_worth_a_retry {
                return Err(attempt.refusal);
            }
            if is_over {
                if matches!(attempt.refusal, Refusal::Unreachable(_)) {
                    self.is_out_of_patience.store(true, Ordering::Relaxed);
                }
                return Err(attempt.refusal);
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, path: &str, accept: &str) -> Result<Vec<u8>, Attempt> {
        // The permit is given back before anybody waits.
        let _permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| Attempt::last(Refusal::Unreachable("the program ends".to_owned())))?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        let time = self.patience.request.map_or(left, |request| request.min(left));
        let answered = within(time, async {
            let response = self.send(path, accept).await?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, ANSWER_BYTES).collect().await;
            match body {
                Ok(body) => Ok((parts.status, parts.headers, body.to_bytes())),
                Err(error) if error.is::<LengthLimitError>() => Err(Attempt::last(Refusal::Other(format!(
                    "the answer to GET {} is longer than {} MiB",
                    shown(path),
                    ANSWER_BYTES >> 20
                )))),
                Err(error) => Err(self.unreachable(&*error)),
            }
        });
        let (status, headers, body) = match answered.await {
            Some(answered) => answered?,
            None if left.is_zero() => {
                return Err(Attempt::last(Refusal::Unreachable(format!(
                    "no time is left to ask {}: {} seconds have gone",
                    self.server,
                    self.patience.whole.as_secs()
                ))));
            }
            None => {
                let seconds = time.as_secs_f32();
                let message = format!(
                    "{} has not answered within {seconds} seconds (`--request-timeout`)",
                    self.server
                );
                return Err(Attempt::again(Refusal::Unreachable(message)));
            }
        };
        if status == StatusCode::OK {
            return Ok(body.into());
        }
        let said: Status = serde_json::from_slice(&body).unwrap_or_default();
        let is_worth_a_retry = retry::is_worth_a_retry(status, &said.message);
        Err(Attempt {
            is_worth_a_retry,
            retry_after: retry::retry_after(&headers),
            refusal: refusal(status, &said, path),
        })
    }

    /// Sends a GET, the only request there is.
    async fn send(&self, path: &str, accept: &str) -> Result<Response<Body>, Attempt> {
        let request = Request::get(path).header(header::ACCEPT, accept).body(Body::empty());
        let request = request.map_err(|_| {
            Attempt::last(Refusal::Other(format!(
                "{} is no address that can be asked for",
                shown(path)
            )))
        })?;
        self.client
            .send(request)
            .await
            .map_err(|error| self.unreachable(&error))
    }

    fn unreachable(&self, error: &(dyn Error + 'static)) -> Attempt {
        Attempt::again(Refusal::Unreachable(format!(
            "{} cannot be reached: {}",
            self.server,
            innermost(error)
        )))
    }
}

/// A try that gave no answer.
struct Attempt {
    refusal: Refusal,
    is_worth_a_retry: bool,
    retry_after: Option<Duration>,
}

impl Attempt {
    fn last(refusal: Refusal) -> Self {
        Self {
            refusal,
            is_worth_a_retry: false,
            retry_after: None,
        }
    }

    fn again(refusal: Refusal) -> Self {
        Self {
            is_worth_a_retry: true,
            ..Self::last(refusal)
        }
    }
}

/// What comes in time.
async fn within<T>(time: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(time, work).await.ok()
}

fn refusal(status: StatusCode, said: &Status, path: &str) -> Refusal {
    let is_status = said.kind == "Status";
    let message = || {
        let message = said.message.trim();
        if is_status && !message.is_empty() {
            shown(message)
        } else {
            // Not the body: it is of whoever stands between, and may be a page.
            format!("GET {}: {status}", shown(path))
        }
    };
    match status {
        // Of an address that it does not serve the server says so in plain text (kube-apiserver v1.36.2, measured).
        StatusCode::NOT_FOUND if said.details.as_ref().is_some_and(|details| !details.name.is_empty()) => {
            Refusal::NoObject
        }
        StatusCode::NOT_FOUND => Refusal::NoAddress,
        StatusCode::FORBIDDEN => Refusal::Forbidden(message()),
        StatusCode::GONE => Refusal::Expired,
        StatusCode::UNAUTHORIZED => {
            Refusal::Other("the server does not accept the credentials of the context (401 Unauthorized)".to_owned())
        }
        _ => Refusal::Other(message()),
    }
}

/// The cause behind an error of several layers; the outer ones say nothing (`client error (Connect)`).
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    shown(&cause.to_string())
}

/// A text of somebody else: in one line, and not too long.
fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= SHOWN {
        return line;
    }
    let mut cut: String = line.chars().take(SHOWN).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> Refusal {
        let said: Status = serde_json::from_str(body).unwrap_or_default();
        refusal(StatusCode::from_u16(status).unwrap(), &said, "/api/v1/nodes")
    }

    #[test]
    fn the_kinds_of_not_found_are_told_apart() {
        let object = r#"{"kind":"Status","message":"deployments.apps \"web\" not found","details":{"name":"web","kind":"deployments"}}"#;
        assert_eq!(refused(404, object), Refusal::NoObject);
        assert_eq!(refused(404, "404 page not found"), Refusal::NoAddress);
        let resource = r#"{"kind":"Status","message":"the server could not find the requested resource","details":{}}"#;
        assert_eq!(refused(404, resource), Refusal::NoAddress);
    }

    #[test]
    fn the_page_of_a_gateway_is_not_quoted() {
        let told = refused(502, "<html>secret</html>").message();
        assert_eq!(told, "GET /api/v1/nodes: 502 Bad Gateway");
        let long = format!(r#"{{"kind":"Status","message":"{}"}}"#, "a ".repeat(5_000));
        assert!(refused(400, &long).message().len() < 600);
    }
}
