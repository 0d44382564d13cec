//! The only way in which a cluster is read. It can read and nothing else: every request that it makes is a GET (a LIST is a GET of a
//! collection), without a body.

use std::sync::Arc;

use http::StatusCode;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use super::connection::Connection;
use super::transport::{NoAnswer, Question, Status, Transport, bare, shown};

/// What the server is to answer with.
pub(super) mod accept {
    /// The thing itself.
    pub const JSON: &str = "application/json";
    /// Metadata of one object, and nothing else of it.
    pub const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    /// Metadata of objects, and nothing else of them: no other form is taken instead, since that might hold Secrets.
    pub const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
}

/// Reads from one cluster.
pub(super) struct Reader {
    transport: Transport,
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

impl Reader {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// What of the connection cannot be used.
    pub(super) fn open(connection: &Connection, permits: Arc<Semaphore>) -> Result<Self, String> {
        Ok(Self {
            transport: Transport::open(connection, permits)?,
        })
    }

    /// Where the server is.
    pub(super) fn server(&self) -> &str {
        self.transport.server()
    }

    /// What stands at an address.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str, accept: &str) -> Result<T, Refusal> {
        let question = Question::Read { path, accept };
        let answer = self.transport.ask(question).await.map_err(|why| match why {
            NoAnswer::Refused(status, said) => refusal(status, &said, question),
            NoAnswer::Unreachable(why) => Refusal::Unreachable(why),
            NoAnswer::Wrong(why) => Refusal::Other(why),
        })?;
        // Not the library's words: they may quote what it read.
        serde_json::from_slice(&answer.body).map_err(|_| {
            let path = shown(path);
            Refusal::Other(format!("the answer to GET {path} is not what an API server says"))
        })
    }
}

fn refusal(status: StatusCode, said: &Status, question: Question<'_>) -> Refusal {
    // What a server says of a Secret might quote it. Whoever may not read it has nothing to quote.
    let is_open = status == StatusCode::FORBIDDEN || !is_of_secrets(question);
    let message = || {
        let said = said.said().filter(|_| is_open);
        said.unwrap_or_else(|| bare(question, status))
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

/// Whether it is a question for Secrets.
fn is_of_secrets(question: Question<'_>) -> bool {
    let path = question.path();
    let path = path.split('?').next().unwrap_or_default();
    let mut parts = path.split('/').skip_while(|part| part.is_empty());
    if parts.next() != Some("api") || parts.next() != Some("v1") {
        return false;
    }
    match parts.next() {
        Some("namespaces") => parts.nth(1) == Some("secrets"),
        resource => resource == Some("secrets"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_secret_is_not_repeated() {
        let said: Status =
            serde_json::from_str(r#"{"kind": "Status", "message": "cannot decode hunter2"}"#).unwrap_or_default();
        for (path, is_told) in [
            ("/api/v1/namespaces/shop/secrets/key", false),
            ("/api/v1/secrets?limit=500", false),
            ("/api/v1/namespaces/secrets/configmaps/a", true),
            ("/apis/example.com/v1/namespaces/shop/secrets/key", true),
        ] {
            let question = Question::Read {
                path,
                accept: accept::JSON,
            };
            let message = refusal(StatusCode::BAD_REQUEST, &said, question).message();
            assert_eq!(message.contains("hunter2"), is_told, "{message}");
        }
    }

    fn refused(status: u16, body: &str) -> Refusal {
        let said: Status = serde_json::from_str(body).unwrap_or_default();
        let question = Question::Read {
            path: "/api/v1/nodes",
            accept: accept::JSON,
        };
        refusal(StatusCode::from_u16(status).unwrap(), &said, question)
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
