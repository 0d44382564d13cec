//! The objects that are asked for: one by one, or by lists where that is cheaper.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::Value;

use super::discovery::{Discovery, Serving, address, segment};
use super::list::{self, Next, Page, Query};
use super::progress::Progress;
use super::reader::{Reader, Refusal, accept};
use super::reference::ObjectReference;
use super::state::{Found, LiveObject, ServedKind};

/// From how many objects of one kind and namespace on a list is asked for. Sixteen requests are under way at once, so fewer objects
/// come one by one in hardly more time, and without what nobody asks for.
const WORTH_A_LIST: usize = 10;

/// A list is left off when there are so many more objects in it than are still looked for.
const TOO_MANY_OTHERS: u64 = 20;

/// What is asked for of one collection.
struct Group<'a> {
    served: &'a ServedKind,
    /// The address of the collection.
    collection: String,
    references: Vec<ObjectReference>,
}

/// What there is of each object.
pub(super) async fn objects(
    reader: &Reader,
    discovery: &Discovery,
    asked: &BTreeSet<ObjectReference>,
    progress: &dyn Progress,
) -> BTreeMap<ObjectReference, Found> {
    let mut found = BTreeMap::new();
    let mut groups: BTreeMap<(&str, &str, Option<&str>), Group<'_>> = BTreeMap::new();
    for reference in asked {
        let served = match discovery.serving(&reference.api_version, &reference.kind) {
            Serving::As(served) => served,
            Serving::Not => {
                found.insert(reference.clone(), Found::UnknownKind);
                continue;
            }
            Serving::Unknown(why) => {
                found.insert(reference.clone(), Found::Failed(why.to_owned()));
                continue;
            }
        };
        let namespace = reference.namespace.as_deref().filter(|_| served.namespaced);
        let reference_there = ObjectReference {
            namespace: namespace.map(str::to_owned),
            ..reference.clone()
        };
        if let Some(why) = impossible(&reference_there, served) {
            found.insert(reference_there, Found::Failed(why));
            continue;
        }
        let key = (served.api_version.as_str(), served.kind.as_str(), namespace);
        let group = groups.entry(key).or_insert_with(|| Group {
            served,
            collection: collection(served, namespace),
            references: Vec::new(),
        });
        // The same object may be asked for with a namespace and without.
        if group.references.last() != Some(&reference_there) {
            group.references.push(reference_there);
        }
    }
    let total = asked.len();
    let read = Cell::new(found.len());
    progress.objects(read.get(), total);
    let tell = |count: usize| {
        read.set(read.get() + count);
        progress.objects(read.get(), total);
    };
    let read_groups = groups.into_values().map(|group| read_group(reader, group, &tell));
    found.extend(join_all(read_groups).await.into_iter().flatten());
    found
}

/// Why an object cannot be asked for, if so.
fn impossible(reference: &ObjectReference, served: &ServedKind) -> Option<String> {
    // apimachinery pkg/api/validation/path/name.go
    let is_no_name = |name: &str| name.is_empty() || name == "." || name == ".." || name.contains(['/', '%']);
    let namespace = reference.namespace.as_deref();
    if is_no_name(&reference.name) || namespace.is_some_and(is_no_name) {
        return Some(format!(
            "{reference} cannot be asked for: that is no name that the server can have"
        ));
    }
    if served.namespaced && namespace.is_none() {
        return Some(format!("{reference} cannot be asked for: its namespace is not known"));
    }
    if !served.verbs.iter().any(|verb| verb == "get") {
        return Some(format!(
            "{reference} cannot be asked for: the server keeps no objects of the kind"
        ));
    }
    None
}

/// The address of a collection.
pub(super) fn collection(served: &ServedKind, namespace: Option<&str>) -> String {
    let root = address(&served.api_version);
    let plural = segment(&served.plural);
    match namespace {
        Some(namespace) => format!("{root}/namespaces/{}/{plural}", segment(namespace)),
        None => format!("{root}/{plural}"),
    }
}

async fn read_group(reader: &Reader, group: Group<'_>, tell: &dyn Fn(usize)) -> Vec<(ObjectReference, Found)> {
    let mut found = Vec::new();
    let mut missing = group.references;
    let is_secret = group.served.kind == "Secret" && group.served.api_version == "v1";
    let can_list = group.served.verbs.iter().any(|verb| verb == "list");
    // A list of Secrets would bring all of them, whoever asks for a few.
    if missing.len() >= WORTH_A_LIST && can_list && !is_secret {
        let is_whole;
        (found, missing, is_whole) = read_list(reader, &group.collection, missing).await;
        if is_whole {
            found.extend(missing.drain(..).map(|reference| (reference, Found::Absent)));
        }
        tell(found.len());
    }
    let one_by_one = missing.into_iter().map(|reference| {
        let collection = &group.collection;
        async move {
            let result = read_one(reader, collection, &reference).await;
            tell(1);
            (reference, result)
        }
    });
    found.extend(join_all(one_by_one).await);
    found
}

/// What a list holds of the objects, those that were not found, and whether the list was read to its end.
async fn read_list(
    reader: &Reader,
    collection: &str,
    references: Vec<ObjectReference>,
) -> (Vec<(ObjectReference, Found)>, Vec<ObjectReference>, bool) {
    let all: BTreeMap<String, ObjectReference> = references
        .into_iter()
        .map(|reference| (reference.name.clone(), reference))
        .collect();
    let mut found: BTreeMap<String, Value> = BTreeMap::new();
    let mut was_left_off = false;
    let query = Query {
        accept: accept::JSON,
        ..Query::default()
    };
    let take = |is_first: bool, page: Page| {
        if is_first {
            found.clear();
        }
        for item in page.items {
            let name = item.pointer("/metadata/name").and_then(Value::as_str);
            if let Some(name) = name.filter(|name| all.contains_key(*name)).map(str::to_owned) {
                found.insert(name, item);
            }
        }
        let outstanding = (all.len() - found.len()) as u64;
        let others = page.metadata.remaining_item_count.unwrap_or(0);
        if outstanding == 0 || others > outstanding.saturating_mul(TOO_MANY_OTHERS) {
            was_left_off = true;
            return Next::Nothing;
        }
        Next::Page
    };
    let is_whole = match list::pages(reader, collection, &query, take).await {
        Ok(()) => !was_left_off,
        Err(refusal) => {
            // One object that cannot be converted fails the whole list, and whoever may not list may still read the one or the other:
            // what is still missing is asked for one by one. Not so when nobody answers.
            if let Refusal::Unreachable(why) = refusal {
                let failed = all.into_values();
                return (
                    failed
                        .map(|reference| (reference, Found::Failed(why.clone())))
                        .collect(),
                    Vec::new(),
                    false,
                );
            }
            found.clear();
            false
        }
    };
    let mut objects = Vec::new();
    let mut missing = Vec::new();
    for (name, reference) in all {
        match found.remove(&name) {
            Some(mut json) => {
                // Items of a list do not say what they are.
                if let Some(object) = json.as_object_mut() {
                    object.insert("apiVersion".to_owned(), reference.api_version.as_str().into());
                    object.insert("kind".to_owned(), reference.kind.as_str().into());
                }
                objects.push((reference, object(json)));
            }
            None => missing.push(reference),
        }
    }
    (objects, missing, is_whole)
}

async fn read_one(reader: &Reader, collection: &str, reference: &ObjectReference) -> Found {
    let address = format!("{collection}/{}", segment(&reference.name));
    match reader.get::<Value>(&address, accept::JSON).await {
        Ok(json) => {
            let is_it = json.pointer("/metadata/name").and_then(Value::as_str) == Some(reference.name.as_str());
            if is_it {
                object(json)
            } else {
                Found::Failed(format!("the answer to the question for {reference} is another object"))
            }
        }
        Err(Refusal::NoObject) => Found::Absent,
        Err(Refusal::NoAddress) => Found::UnknownKind,
        Err(Refusal::Forbidden(why)) => Found::Forbidden(why),
        Err(refusal) => Found::Failed(refusal.message()),
    }
}

fn object(json: Value) -> Found {
    Found::Object(Arc::new(LiveObject {
        json,
        without_values: false,
    }))
}
