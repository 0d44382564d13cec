//! The namespaces and their labels.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::Value;

use super::discovery::segment;
use super::list::{self, Query};
use super::reader::{Reader, Refusal, accept};

const COLLECTION: &str = "/api/v1/namespaces";

/// What is known of the namespaces.
#[derive(Default)]
pub(super) struct Namespaces {
    /// Labels by name; `None` if they could not be listed.
    pub(super) labels: Option<BTreeMap<String, BTreeMap<String, String>>>,
    /// Those that are known not to be there.
    absent: BTreeSet<String>,
    /// Why they are not known, if that is a fault of the run.
    pub(super) problem: Option<String>,
}

impl Namespaces {
    /// Reads all of them; if that is forbidden, asks for those that matter one by one.
    pub(super) async fn of(reader: &Reader, wanted: &BTreeSet<&str>) -> Self {
        let query = Query {
            accept: accept::METADATA_LIST,
            ..Query::default()
        };
        match list::all(reader, COLLECTION, &query).await {
            Ok(items) => {
                let labels: BTreeMap<_, _> = items.iter().filter_map(named).collect();
                let absent = wanted.iter().filter(|name| !labels.contains_key(**name));
                Self {
                    absent: absent.map(|name| (*name).to_owned()).collect(),
                    labels: Some(labels),
                    problem: None,
                }
            }
            Err(Refusal::Forbidden(_)) => Self::one_by_one(reader, wanted).await,
            Err(refusal) => Self {
                problem: Some(format!("the namespaces are not known: {}", refusal.message())),
                ..Self::default()
            },
        }
    }

    async fn one_by_one(reader: &Reader, wanted: &BTreeSet<&str>) -> Self {
        let asked = wanted.iter().map(|name| async move {
            let address = format!("{COLLECTION}/{}", segment(name));
            let answer: Result<Value, Refusal> = reader.get(&address, accept::METADATA).await;
            matches!(answer, Err(Refusal::NoObject)).then(|| (*name).to_owned())
        });
        Self {
            absent: join_all(asked).await.into_iter().flatten().collect(),
            ..Self::default()
        }
    }

    /// Whether a namespace is known not to be there.
    pub(super) fn lacks(&self, namespace: Option<&str>) -> bool {
        namespace.is_some_and(|namespace| self.absent.contains(namespace))
    }
}

fn named(item: &Value) -> Option<(String, BTreeMap<String, String>)> {
    let name = item.pointer("/metadata/name")?.as_str()?;
    let labels = item.pointer("/metadata/labels").and_then(Value::as_object);
    let labels = labels.into_iter().flatten();
    let labels = labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
    Some((name.to_owned(), labels.collect()))
}
