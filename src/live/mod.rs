//! What another side than the repository holds: a live cluster, a snapshot of one, or the same repository at another revision.
//!
//! Whatever it is, it ends as a [`state::State`], which is all that a comparison reads. Of a cluster only GET and LIST are asked: the
//! `Reader`, through which everything is read, can do nothing else. Only [`dry_run`], which nobody calls unasked, sends anything else, and
//! that is a dry run: of what a `Question` can be no form changes anything.
//!
//! ```text
//! kubeconfig ─ connection ─ transport (retry) ─┬─ reader ─┬─ discovery ─┬─ fetch (list) ────┐
//!                                              │          │             ├─ open_api (cache) ├─ state ─ snapshot
//!                                              │          └─ namespaces ┴─ surroundings ────┘
//!                                              └─ dry_run ─ verdicts
//! ```

pub mod asked;
pub mod connection;
mod discovery;
pub mod dry_run;
mod fetch;
pub mod kubeconfig;
mod list;
mod namespaces;
mod open_api;
mod open_api_cache;
pub mod progress;
mod reader;
pub mod reference;
mod retry;
pub(crate) mod secret_values;
pub mod snapshot;
pub mod state;
mod surroundings;
mod transport;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use tokio::sync::Semaphore;

use asked::Asked;
use connection::Connection;
use discovery::{Discovery, Serving};
use namespaces::Namespaces;
use open_api::Schemas;
use open_api_cache::Cache;
use progress::Progress;
use reader::Reader;
use state::{Found, Side, State, Surroundings};

/// Requests that are under way at once, to all clusters together.
const CONCURRENT_REQUESTS: usize = 16;

/// What one cluster has of what is asked for.
///
/// It does not fail: what could not be read is in the state, object by object, and in its [`State::problems`].
#[must_use]
pub fn read(connection: &Connection, asked: &Asked, progress: &dyn Progress) -> State {
    let mut states = read_all(&[(connection, asked)], progress);
    states
        .pop()
        .unwrap_or_else(|| failed(connection, asked, "nothing was read"))
}

/// What each of several clusters has, in the order given. They are read at the same time.
#[must_use]
pub fn read_all(questions: &[(&Connection, &Asked)], progress: &dyn Progress) -> Vec<State> {
    // One thread is enough: the time goes into waiting for answers.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let all_failed = |why: &str| {
        let failed = questions
            .iter()
            .map(|(connection, asked)| failed(connection, asked, why));
        failed.collect()
    };
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return all_failed(&format!("the network cannot be used: {error}")),
    };
    let permits = Arc::new(Semaphore::new(CONCURRENT_REQUESTS));
    let states = runtime.block_on(async {
        let reads = questions.iter().map(|(connection, asked)| {
            let permits = Arc::clone(&permits);
            async move {
                match Reader::open(connection, permits) {
                    Ok(reader) => read_one(&reader, connection, asked, progress).await,
                    Err(why) => failed(connection, asked, &why),
                }
            }
        });
        join_all(reads).await
    });
    // A name that is still looked up is not waited for.
    runtime.shutdown_background();
    states
}

async fn read_one(reader: &Reader, connection: &Connection, asked: &Asked, progress: &dyn Progress) -> State {
    let group_versions = asked.group_versions();
    let discovery = match Discovery::of(reader, &group_versions).await {
        Ok(discovery) => discovery,
        Err(why) => return failed(connection, asked, &why),
    };
    let in_namespaces = asked.namespaces(|reference| {
        matches!(discovery.serving(&reference.api_version, &reference.kind), Serving::As(served) if served.namespaced)
    });
    let (version, namespaces) = tokio::join!(
        discovery::server_version(reader),
        Namespaces::of(reader, &in_namespaces)
    );
    let cache = connection.cache_folder.as_deref().map(Cache::at);
    let (mut objects, schemas, surroundings) = tokio::join!(
        fetch::objects(reader, &discovery, &asked.objects, progress),
        Schemas::of(reader, &group_versions, cache.as_ref()),
        surroundings::read(reader, &discovery, asked, &in_namespaces)
    );
    for (reference, found) in &mut objects {
        if matches!(found, Found::Absent) && namespaces.lacks(reference.namespace.as_deref()) {
            *found = Found::NamespaceAbsent;
        }
    }
    let mut problems = Vec::new();
    problems.extend(discovery.problem);
    problems.extend(namespaces.problem);
    problems.extend(schemas.problems);
    problems.extend(surroundings.problems);
    State {
        side: Side::Context(connection.context.clone()),
        objects,
        kinds: discovery.kinds,
        schemas: schemas.documents,
        namespaces: namespaces.labels,
        surroundings: surroundings.found,
        server_version: version,
        taken: now(),
        problems,
    }
}

/// The state of a cluster that nothing could be asked of.
fn failed(connection: &Connection, asked: &Asked, why: &str) -> State {
    let objects = asked.objects.iter();
    State {
        side: Side::Context(connection.context.clone()),
        objects: objects
            .map(|reference| (reference.clone(), Found::Failed(why.to_owned())))
            .collect(),
        kinds: None,
        schemas: std::collections::BTreeMap::new(),
        namespaces: None,
        surroundings: Surroundings::default(),
        server_version: None,
        taken: now(),
        problems: vec![why.to_owned()],
    }
}

/// The time, to the second.
fn now() -> Option<String> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let second = i64::try_from(since.as_secs()).ok()?;
    Some(jiff::Timestamp::from_second(second).ok()?.to_string())
}
