//! The `OpenAPI` v3 documents of group versions. The server names each with a hash of what it holds, so one that was read once is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::Value;

use super::open_api_cache::{Cache, Entry};
use super::reader::{Reader, Refusal, accept};

/// The documents.
#[derive(Default)]
pub(super) struct Schemas {
    /// By `apiVersion`.
    pub(super) documents: BTreeMap<String, Arc<Value>>,
    /// What could not be read.
    pub(super) problems: Vec<String>,
}

#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    paths: BTreeMap<String, IndexEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IndexEntry {
    #[serde(rename = "serverRelativeURL")]
    address: String,
}

impl Schemas {
    /// Reads the documents of these group versions, as far as the server has them.
    pub(super) async fn of(reader: &Reader, wanted: &BTreeSet<&str>, cache: Option<&Cache>) -> Self {
        let index: Index = match reader.get("/openapi/v3", accept::JSON).await {
            Ok(index) => index,
            // Before Kubernetes 1.27, or not for everybody: a comparison is less sure then, and says so.
            Err(Refusal::NoAddress | Refusal::NoObject | Refusal::Forbidden(_)) => return Self::default(),
            Err(refusal) => {
                return Self {
                    problems: vec![format!("the schemas cannot be read: {}", refusal.message())],
                    ..Self::default()
                };
            }
        };
        let asked = wanted.iter().filter_map(|version| {
            let key = if version.contains('/') {
                format!("apis/{version}")
            } else {
                format!("api/{version}")
            };
            // An address of the server, and nowhere else.
            let address = index.paths.get(&key).map(|entry| entry.address.as_str());
            let address = address.filter(|address| address.starts_with("/openapi/v3/"))?;
            Some(async move { ((*version).to_owned(), document(reader, version, address, cache).await) })
        });
        let mut schemas = Self::default();
        for (version, document) in join_all(asked).await {
            match document {
                Ok(document) => {
                    schemas.documents.insert(version, Arc::new(document));
                }
                Err(Refusal::NoAddress | Refusal::NoObject | Refusal::Forbidden(_)) => {}
                Err(refusal) => schemas
                    .problems
                    .push(format!("the schema of {version} cannot be read: {}", refusal.message())),
            }
        }
        schemas
    }
}

async fn document(reader: &Reader, version: &str, address: &str, cache: Option<&Cache>) -> Result<Value, Refusal> {
    let hash = address.split_once("?hash=").map(|(_, hash)| hash);
    let entry = cache.zip(hash).map(|(cache, hash)| {
        let entry = Entry {
            server: reader.server(),
            api_version: version,
            hash,
        };
        (cache, entry)
    });
    if let Some(document) = entry.as_ref().and_then(|(cache, entry)| cache.read(entry)) {
        return Ok(document);
    }
    let document: Value = reader.get(address, accept::JSON).await?;
    if let Some((cache, entry)) = &entry {
        cache.write(entry, &document);
    }
    Ok(document)
}
