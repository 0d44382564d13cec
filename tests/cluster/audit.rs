//! The server's own record of what was asked of it.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Who asked what, without bodies. One entry a request, once it is answered.
pub const POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: Metadata
";

/// One request.
#[derive(Debug, Clone)]
pub struct Entry {
    /// `get`, `list`, `patch` …, or the method for what is no resource.
    pub verb: String,
    /// Path and query.
    pub uri: String,
    /// Who asked.
    pub user: String,
    /// As whom, if as another.
    pub impersonated: Option<String>,
    /// The program that asked, as it calls itself.
    pub agent: String,
    /// The status code of the answer.
    pub status: u64,
}

pub fn read(log: &Path) -> Vec<Entry> {
    let text = fs::read_to_string(log).unwrap();
    // The last line may be half written.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(entry).collect()
}

fn entry(line: &str) -> Entry {
    let entry: Value = serde_json::from_str(line).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Entry {
        verb: text(&entry["verb"]),
        uri: text(&entry["requestURI"]),
        user: text(&entry["user"]["username"]),
        impersonated: entry["impersonatedUser"]["username"].as_str().map(str::to_owned),
        agent: text(&entry["userAgent"]),
        status: entry["responseStatus"]["code"].as_u64().unwrap_or_default(),
    }
}
