//! Questions to one cluster, and the way they take: how many at once, how long each may take, and when one is asked again.
//!
//! A [`Question`] is all that can be sent. It has no form that changes anything: it reads, or it patches as a dry run.

use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use kube::Client;
use kube::client::Body;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::connection::{Connection, Patience};
use super::retry;

/// Longest answer that is read, in bytes. 10,000 pods' metadata are 30 MB.
const ANSWER_BYTES: usize = 256 << 20;

/// Longest text of an answer that is shown, in characters.
const SHOWN: usize = 500;

/// How often a server is tried that has never answered. A wrong address is told soon.
const FIRST_TRIES: u32 = 3;

/// All that is ever sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Question<'q> {
    /// A GET.
    Read {
        /// Path and query.
        path: &'q str,
        /// The form of the answer.
        accept: &'q str,
    },
    /// A patch of which nothing is kept: `dryRun=All` is part of it.
    DryRun {
        /// What kind of patch it is.
        form: PatchForm,
        /// The address of the object, without a query.
        path: &'q str,
        /// Further parameters, encoded.
        parameters: &'q str,
        /// The patch, in JSON.
        patch: &'q str,
    },
}

/// Kinds of patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PatchForm {
    /// A manifest, applied by the server.
    Apply,
    /// RFC 7386.
    Merge,
}

impl PatchForm {
    fn content_type(self) -> &'static str {
        match self {
            // JSON is YAML.
            Self::Apply => "application/apply-patch+yaml",
            Self::Merge => "application/merge-patch+json",
        }
    }
}

impl Question<'_> {
    fn request(self) -> Result<Request<Body>, http::Error> {
        match self {
            Self::Read { path, accept } => Request::get(path).header(header::ACCEPT, accept).body(Body::empty()),
            Self::DryRun {
                form,
                path,
                parameters,
                patch,
            } => Request::patch(format!("{path}?dryRun=All&{parameters}"))
                .header(header::ACCEPT, "application/json")
                .header(header::CONTENT_TYPE, form.content_type())
                .body(Body::from(patch.as_bytes().to_vec())),
        }
    }

    /// The address, as it may be shown.
    pub(super) fn path(self) -> String {
        let (Self::Read { path, .. } | Self::DryRun { path, .. }) = self;
        shown(path)
    }

    fn verb(self) -> &'static str {
        match self {
            Self::Read { .. } => "GET",
            Self::DryRun { .. } => "PATCH (dry run)",
        }
    }
}

/// The way to one cluster.
pub(super) struct Transport {
    client: Client,
    patience: Patience,
    permits: Arc<Semaphore>,
    deadline: Instant,
    has_answered: AtomicBool,
    /// Whether it did not answer in spite of all patience: then nothing else is asked for twice.
    is_lost: AtomicBool,
    server: String,
    /// The server and the proxy, for messages.
    way: String,
}

/// An answer.
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why there is none.
#[derive(Debug, Clone)]
pub(super) enum NoAnswer {
    /// The server refuses.
    Refused(StatusCode, Status),
    /// Nobody answers, with why.
    Unreachable(String),
    /// What was answered, or asked, is not what it should be.
    Wrong(String),
}

/// What the server says when it does not give what is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    kind: String,
    message: String,
    /// What is meant.
    pub(super) details: Option<Details>,
}

/// What a refusal is about.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Details {
    /// The name of the object that is not there, or is wrong.
    pub(super) name: String,
    /// Its kind, or its resource.
    pub(super) kind: String,
    /// Field by field.
    pub(super) causes: Vec<StatusCause>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct StatusCause {
    /// In one word.
    pub(super) reason: String,
    /// In words.
    pub(super) message: String,
    /// The path of the field.
    pub(super) field: String,
}

impl Status {
    /// What it says, if it is the server that says it and not somebody between.
    pub(super) fn said(&self) -> Option<String> {
        let message = self.message.trim();
        (self.kind == "Status" && !message.is_empty()).then(|| shown(message))
    }

    /// Whether it says so.
    pub(super) fn mentions(&self, text: &str) -> bool {
        self.message.contains(text)
    }

    /// The field by field part.
    pub(super) fn causes(&self) -> &[StatusCause] {
        self.details.as_ref().map_or(&[], |details| &details.causes)
    }
}

/// What a refusal is told as, if the server says nothing more: not the body, which is of whoever stands between, and may be a page.
pub(super) fn bare(question: Question<'_>, status: StatusCode) -> String {
    format!("{} {}: {status}", question.verb(), question.path())
}

impl Transport {
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
            has_answered: AtomicBool::new(false),
            is_lost: AtomicBool::new(false),
            server: connection.server(),
            way: connection.way(),
        })
    }

    /// Where the server is.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// Asks, and asks again where that may help.
    pub(super) async fn ask(&self, question: Question<'_>) -> Result<Answer, NoAnswer> {
        let start = Instant::now();
        let mut tries = 0;
        loop {
            tries += 1;
            let attempt = match self.attempt(question).await {
                Ok(answer) => return Ok(answer),
                Err(attempt) => attempt,
            };
            if !attempt.is_worth_a_retry {
                return Err(attempt.why);
            }
            let has_answered = self.has_answered.load(Ordering::Relaxed);
            let most = if has_answered {
                self.patience.tries
            } else {
                FIRST_TRIES.min(self.patience.tries)
            };
            let wait = retry::wait(&self.patience, tries, &question.path(), attempt.retry_after);
            let is_over = tries >= most
                || self.is_lost.load(Ordering::Relaxed)
                || start.elapsed() + wait > self.patience.repetition
                || Instant::now() + wait > self.deadline;
            if is_over {
                if matches!(attempt.why, NoAnswer::Unreachable(_)) {
                    self.is_lost.store(true, Ordering::Relaxed);
                }
                return Err(attempt.why);
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self, question: Question<'_>) -> Result<Answer, Attempt> {
        // The permit is given back before anybody waits.
        let permit = self.permits.acquire().await;
        let _permit = permit.map_err(|_| Attempt::last(NoAnswer::Unreachable("the program ends".to_owned())))?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        let time = self.patience.request.map_or(left, |request| request.min(left));
        let answered = within(time, async {
            let response = self.send(question).await?;
            let (parts, body) = response.into_parts();
            match Limited::new(body, ANSWER_BYTES).collect().await {
                Ok(body) => Ok((parts.status, parts.headers, body.to_bytes())),
                Err(error) if error.is::<LengthLimitError>() => Err(Attempt::last(NoAnswer::Wrong(format!(
                    "the answer to {} {} is longer than {} MiB",
                    question.verb(),
                    question.path(),
                    ANSWER_BYTES >> 20
                )))),
                Err(error) => Err(self.unreachable(&*error)),
            }
        });
        let (status, headers, body) = match answered.await {
            Some(answered) => answered?,
            None if left.is_zero() => {
                return Err(Attempt::last(NoAnswer::Unreachable(format!(
                    "no time is left to ask {}: {} seconds have gone",
                    self.way,
                    self.patience.whole.as_secs()
                ))));
            }
            None => {
                let seconds = time.as_secs_f32();
                let way = &self.way;
                return Err(Attempt::again(NoAnswer::Unreachable(format!(
                    "{way} has not answered within {seconds} seconds (`--request-timeout`)"
                ))));
            }
        };
        self.has_answered.store(true, Ordering::Relaxed);
        if status.is_success() {
            return Ok(Answer {
                headers,
                body: body.into(),
            });
        }
        let said: Status = serde_json::from_slice(&body).unwrap_or_default();
        Err(Attempt {
            is_worth_a_retry: retry::is_worth_a_retry(status, &said.message),
            retry_after: retry::retry_after(&headers),
            why: NoAnswer::Refused(status, said),
        })
    }

    async fn send(&self, question: Question<'_>) -> Result<Response<Body>, Attempt> {
        let request = question.request().map_err(|_| {
            let path = question.path();
            Attempt::last(NoAnswer::Wrong(format!("{path} is no address that can be asked for")))
        })?;
        let sent = self.client.send(request).await;
        sent.map_err(|error| self.unreachable(&error))
    }

    fn unreachable(&self, error: &(dyn Error + 'static)) -> Attempt {
        let cause = innermost(error);
        Attempt::again(NoAnswer::Unreachable(format!(
            "{} cannot be reached: {cause}",
            self.way
        )))
    }
}

/// A try that gave no answer.
struct Attempt {
    why: NoAnswer,
    is_worth_a_retry: bool,
    retry_after: Option<Duration>,
}

impl Attempt {
    fn last(why: NoAnswer) -> Self {
        Self {
            why,
            is_worth_a_retry: false,
            retry_after: None,
        }
    }

    fn again(why: NoAnswer) -> Self {
        Self {
            is_worth_a_retry: true,
            ..Self::last(why)
        }
    }
}

/// What comes in time.
async fn within<T>(time: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(time, work).await.ok()
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
pub(super) fn shown(text: &str) -> String {
    let line = without_long_values(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    if line.chars().count() <= SHOWN {
        return line;
    }
    let mut cut: String = line.chars().take(SHOWN).collect();
    cut.push('…');
    cut
}

/// Before a value that the server quotes stands this (apimachinery pkg/util/validation/field/errors.go); behind it comes what is wrong with it.
const QUOTED: &str = "Invalid value: \"";

/// A message in which quoted values that are long, a whole patch for one, are left out.
fn without_long_values(text: &str) -> String {
    const LONG: usize = 200;
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, value)) = rest.split_once(QUOTED) {
        let mut is_escaped = false;
        let end = value.find(|character: char| {
            let ends = character == '"' && !is_escaped;
            is_escaped = character == '\\' && !is_escaped;
            ends
        });
        let Some(end) = end else {
            break;
        };
        let (value, after) = value.split_at(end);
        out.push_str(before);
        out.push_str(QUOTED);
        out.push_str(if value.len() > LONG { "…" } else { value });
        rest = after;
    }
    out.push_str(rest);
    out
}
