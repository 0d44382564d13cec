//! Plain requests: no client's idea of a resource between the test and the server.

use checker::source::decode;
use http::{HeaderMap, Request};
use kube::client::Body;
use kube::{Client, Config};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body; `null` if it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// What the server says of a refusal.
    pub fn message(&self) -> String {
        let status = self.json();
        status["message"].as_str().map_or_else(|| self.text(), str::to_owned)
    }

    /// The texts of its `Warning` headers.
    pub fn warnings(&self) -> Vec<String> {
        let headers = self.headers.get_all("warning").iter();
        headers
            .filter_map(|header| header.to_str().ok())
            .map(str::to_owned)
            .collect()
    }
}

/// Sends requests to one server. It authenticates nobody: that is left to the headers.
pub struct Caller {
    runtime: Runtime,
    client: Client,
}

impl Caller {
    pub fn new(url: &str, authority_der: Option<Vec<u8>>) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut config = Config::new(url.parse().unwrap());
        config.root_cert = authority_der.map(|der| vec![der]);
        config.default_retry = false;
        let client = {
            let _guard = runtime.enter();
            Client::try_from(config).unwrap()
        };
        Self { runtime, client }
    }

    /// One request, and its whole answer.
    pub fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: Vec<u8>,
    ) -> Result<Answer, String> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body)).map_err(|error| error.to_string())?;
        self.runtime.block_on(async {
            let response = self.client.send(request).await.map_err(|error| format!("{error:?}"))?;
            let (head, body) = response.into_parts();
            let body = body.collect_bytes().await.map_err(|error| error.to_string())?;
            Ok(Answer {
                status: head.status.as_u16(),
                headers: head.headers,
                body: body.to_vec(),
            })
        })
    }
}

/// The documents of a manifest, as the program reads them.
pub fn json_of(name: &str, text: Vec<u8>) -> Vec<Value> {
    let decoded = decode::decode(name, text);
    assert!(!decoded.is_refused(), "{name}: {:?}", decoded.faults);
    let trees = decoded.documents.iter().filter_map(|document| document.tree.as_ref());
    trees.map(|tree| decode::to_json(tree.root(), 1_000).unwrap()).collect()
}
