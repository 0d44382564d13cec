//! A proxy before the server that makes trouble: plain HTTP on the loopback address, each answer late, refused or cut as a test wants it.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::json;

use super::{Answer, Caller, Cluster, User};

/// What becomes of a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// 429, to be tried again after so many seconds.
    TooManyRequests { retry_after: u64 },
    /// 410, as for a list that went on too late.
    Gone,
    /// Another status, with a message.
    Status(u16, String),
    /// The answer is announced whole, and the connection closed after so many bytes of its body.
    CutAfter(usize),
    /// The connection is closed without a word.
    NoAnswer,
    /// The answer comes later than the others, once this time has passed.
    Late(Duration),
}

/// Which requests a fault is for.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The method; any if empty.
    pub method: &'static str,
    /// What path and query hold: `continue=` for the later pages of a list.
    pub holds: String,
    /// How many of them; from then on they go through.
    pub times: usize,
    pub fault: Fault,
}

/// A request as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub uri: String,
}

struct Shared {
    caller: Caller,
    token: String,
    delay: Duration,
    rules: Mutex<Vec<Rule>>,
    requests: Mutex<Vec<Request>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    stopped: AtomicBool,
}

/// A running proxy.
pub struct Proxy {
    /// Where it listens.
    pub url: String,
    /// A kubeconfig with it for the server.
    pub kubeconfig: PathBuf,
    port: u16,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

impl Proxy {
    /// A proxy that asks as `user`, whoever asks it; each request takes `delay` more, and the first rule that fits it is followed.
    pub fn start(cluster: &Cluster, name: &str, user: User, delay: Duration, rules: Vec<Rule>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        let shared = Arc::new(Shared {
            caller: cluster.new_caller(),
            token: user.token(),
            delay,
            rules: Mutex::new(rules),
            requests: Mutex::default(),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        });
        let for_listener = Arc::clone(&shared);
        let listener = thread::spawn(move || {
            for connection in listener.incoming() {
                if for_listener.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(connection), shared) = (connection, Arc::clone(&for_listener)) else {
                    continue;
                };
                thread::spawn(move || drop(serve(&connection, &shared)));
            }
        });
        Self {
            kubeconfig: cluster.write_kubeconfig(name, &url, user),
            url,
            port,
            shared,
            listener: Some(listener),
        }
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// How many requests there were of each method.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        self.requests()
            .into_iter()
            .fold(BTreeMap::new(), |mut counts, request| {
                *counts.entry(request.method).or_default() += 1;
                counts
            })
    }

    /// How many requests were under way at once, at most.
    pub fn most_at_once(&self) -> usize {
        self.shared.most_at_once.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // So that the listener wakes up.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        if let Some(listener) = self.listener.take() {
            drop(listener.join());
        }
    }
}

/// Serves one connection, request by request.
fn serve(connection: &TcpStream, shared: &Shared) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(connection);
    while let Some(incoming) = Incoming::read(&mut reader)? {
        let now = shared.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most_at_once.fetch_max(now, Ordering::SeqCst);
        let goes_on = answer(connection, shared, incoming);
        shared.at_once.fetch_sub(1, Ordering::SeqCst);
        if !goes_on? {
            return connection.shutdown(Shutdown::Both);
        }
    }
    Ok(())
}

/// Answers one request; `false` if the connection is to be closed.
fn answer(connection: &TcpStream, shared: &Shared, incoming: Incoming) -> io::Result<bool> {
    let fault = shared.fault_for(&incoming.request);
    shared.requests.lock().unwrap().push(incoming.request.clone());
    thread::sleep(shared.delay);
    match fault {
        Some(Fault::NoAnswer) => Ok(false),
        Some(Fault::TooManyRequests { retry_after }) => {
            let header = format!("Retry-After: {retry_after}\r\n");
            write_status(connection, 429, &header, "too many requests, please try again later").map(|()| true)
        }
        Some(Fault::Gone) => write_status(connection, 410, "", "the continue parameter is too old").map(|()| true),
        Some(Fault::Status(status, message)) => write_status(connection, status, "", &message).map(|()| true),
        Some(Fault::Late(more)) => {
            thread::sleep(more);
            write_answer(connection, &shared.forward(incoming), None)
        }
        Some(Fault::CutAfter(bytes)) => write_answer(connection, &shared.forward(incoming), Some(bytes)),
        None => write_answer(connection, &shared.forward(incoming), None),
    }
}

impl Shared {
    fn fault_for(&self, request: &Request) -> Option<Fault> {
        let mut rules = self.rules.lock().unwrap();
        let rule = rules.iter_mut().find(|rule| {
            rule.times > 0
                && (rule.method.is_empty() || rule.method == request.method)
                && request.uri.contains(&rule.holds)
        })?;
        rule.times -= 1;
        Some(rule.fault.clone())
    }

    fn forward(&self, incoming: Incoming) -> Answer {
        let mut headers = incoming.headers;
        headers.retain(|(name, _)| {
            // Those of this connection, and what the client behind the proxy does by itself.
            ![
                "host",
                "connection",
                "content-length",
                "accept-encoding",
                "authorization",
            ]
            .contains(&name.as_str())
        });
        headers.push(("authorization".to_owned(), format!("Bearer {}", self.token)));
        let request = &incoming.request;
        let answer = self.caller.call(&request.method, &request.uri, &headers, incoming.body);
        answer.unwrap_or_else(|error| Answer {
            status: 502,
            headers: http::HeaderMap::new(),
            body: error.into_bytes(),
        })
    }
}

/// One request of a connection.
struct Incoming {
    request: Request,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Incoming {
    /// The next request; `None` at the end of the connection.
    fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let invalid = || io::Error::new(io::ErrorKind::InvalidData, "no HTTP/1.1 request");
        let mut parts = line.split_whitespace();
        let (Some(method), Some(uri)) = (parts.next(), parts.next()) else {
            return Err(invalid());
        };
        let request = Request {
            method: method.to_owned(),
            uri: uri.to_owned(),
        };
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(invalid)?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        if headers.iter().any(|(name, _)| name == "transfer-encoding") {
            // No client of the tests sends a body without its length.
            return Err(invalid());
        }
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: usize = length
            .map_or(Ok(0), |(_, length)| length.parse())
            .map_err(|_| invalid())?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        Ok(Some(Self { request, headers, body }))
    }
}

fn write_status(mut connection: &TcpStream, status: u16, headers: &str, message: &str) -> io::Result<()> {
    let reason = match status {
        410 => "Expired",
        429 => "TooManyRequests",
        _ => "InternalError",
    };
    let body = json!({
        "apiVersion": "v1", "kind": "Status", "status": "Failure",
        "code": status, "reason": reason, "message": message,
    })
    .to_string();
    let length = body.len();
    write!(
        connection,
        "HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

fn write_answer(mut connection: &TcpStream, answer: &Answer, cut_after: Option<usize>) -> io::Result<bool> {
    let mut head = format!("HTTP/1.1 {} Answer\r\n", answer.status).into_bytes();
    for (name, value) in &answer.headers {
        if !["content-length", "transfer-encoding", "connection"].contains(&name.as_str()) {
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
    }
    head.extend_from_slice(format!("Content-Length: {}\r\n\r\n", answer.body.len()).as_bytes());
    let sent = cut_after.unwrap_or(answer.body.len()).min(answer.body.len());
    head.extend_from_slice(&answer.body[..sent]);
    connection.write_all(&head)?;
    connection.flush()?;
    Ok(cut_after.is_none())
}
