//! A snapshot: what a cluster had when it was asked, in one file. Of Secrets it holds the names of keys, and no values.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reference::ObjectReference;
use super::secret_values::{is_secret, without_values};
use super::state::{Found, LiveObject, ServedKind, Side, State, Surroundings};
use crate::source::walk;

/// The version of the form.
const VERSION: u64 = 1;

/// What the file says that it is.
const KIND: &str = "snapshot";

/// Largest file that is read, in bytes. Of a cluster with 10,000 pods it is some 50 MB.
const FILE_BYTES: u64 = 1 << 30;

/// A snapshot that was read.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// What the cluster had.
    pub state: State,
    /// The context that was asked.
    pub context: String,
    /// The namespace of objects that name none, when it was taken.
    pub namespace: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'s> {
    version: u64,
    kind: &'static str,
    checker: &'static str,
    context: &'s str,
    namespace: Option<&'s str>,
    taken: Option<&'s str>,
    server_version: Option<&'s str>,
    kinds: Option<&'s [ServedKind]>,
    objects: Vec<WrittenObject<'s>>,
    schemas: BTreeMap<&'s str, &'s Value>,
    namespaces: Option<&'s BTreeMap<String, BTreeMap<String, String>>>,
    surroundings: WrittenSurroundings<'s>,
    problems: &'s [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenObject<'s> {
    reference: &'s ObjectReference,
    #[serde(flatten)]
    found: WrittenFound<'s>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "found")]
enum WrittenFound<'s> {
    Object { object: Stripped<'s> },
    Absent,
    NamespaceAbsent,
    UnknownKind,
    Forbidden { why: &'s str },
    Failed { why: &'s str },
}

/// An object without the values of a Secret.
#[derive(Serialize)]
#[serde(untagged)]
enum Stripped<'s> {
    As(&'s Value),
    Secret(Value),
}

impl<'s> Stripped<'s> {
    fn of(object: &'s Value) -> Self {
        if is_secret(object) {
            Self::Secret(without_values(object))
        } else {
            Self::As(object)
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenSurroundings<'s> {
    autoscalers: Option<&'s [Value]>,
    mutating_webhooks: Option<&'s [Value]>,
    pods: Option<&'s [Value]>,
    prune_candidates: Option<&'s [Value]>,
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    version: Value,
    #[serde(default)]
    kind: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    context: String,
    namespace: Option<String>,
    taken: Option<String>,
    server_version: Option<String>,
    kinds: Option<Vec<ServedKind>>,
    objects: Vec<ReadObject>,
    schemas: BTreeMap<String, Value>,
    namespaces: Option<BTreeMap<String, BTreeMap<String, String>>>,
    surroundings: ReadSurroundings,
    problems: Vec<String>,
}

#[derive(Deserialize)]
struct ReadObject {
    reference: ObjectReference,
    #[serde(flatten)]
    found: ReadFound,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", tag = "found")]
enum ReadFound {
    Object { object: Value },
    Absent,
    NamespaceAbsent,
    UnknownKind,
    Forbidden { why: String },
    Failed { why: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadSurroundings {
    autoscalers: Option<Vec<Value>>,
    mutating_webhooks: Option<Vec<Value>>,
    pods: Option<Vec<Value>>,
    prune_candidates: Option<Vec<Value>>,
}

/// Writes a snapshot. A file that is there already is replaced at once, or not at all; only its owner can read it.
///
/// # Errors
/// Why it could not be written.
pub fn write(state: &State, namespace: Option<&str>, file: &Path) -> Result<(), String> {
    let (Side::Context(context) | Side::Snapshot(context) | Side::Base(context)) = &state.side;
    let surroundings = &state.surroundings;
    let written = Written {
        version: VERSION,
        kind: KIND,
        checker: env!("CARGO_PKG_VERSION"),
        context,
        namespace,
        taken: state.taken.as_deref(),
        server_version: state.server_version.as_deref(),
        kinds: state.kinds.as_deref(),
        objects: state.objects.iter().map(written_object).collect(),
        schemas: state
            .schemas
            .iter()
            .map(|(version, schema)| (version.as_str(), &**schema))
            .collect(),
        namespaces: state.namespaces.as_ref(),
        surroundings: WrittenSurroundings {
            autoscalers: surroundings.autoscalers.as_deref(),
            mutating_webhooks: surroundings.mutating_webhooks.as_deref(),
            pods: surroundings.pods.as_deref(),
            prune_candidates: surroundings.prune_candidates.as_deref(),
        },
        problems: &state.problems,
    };
    replace(file, &written).map_err(|error| format!("cannot write {}: {}", file.display(), walk::plain(&error)))
}

fn replace(file: &Path, written: &Written<'_>) -> std::io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // `tempfile` lets nobody but the owner read it.
    let mut temporary = tempfile::Builder::new()
        .prefix(".checker-snapshot-")
        .tempfile_in(folder)?;
    let mut writer = BufWriter::new(temporary.as_file_mut());
    serde_json::to_writer(&mut writer, written)?;
    writer.write_all(b"\n")?;
    writer.flush()?;
    drop(writer);
    temporary.as_file().sync_all()?;
    temporary.persist(file)?;
    Ok(())
}

fn written_object<'s>((reference, found): (&'s ObjectReference, &'s Found)) -> WrittenObject<'s> {
    WrittenObject {
        reference,
        found: match found {
            Found::Object(object) => WrittenFound::Object {
                object: Stripped::of(&object.json),
            },
            Found::Absent => WrittenFound::Absent,
            Found::NamespaceAbsent => WrittenFound::NamespaceAbsent,
            Found::UnknownKind => WrittenFound::UnknownKind,
            Found::Forbidden(why) => WrittenFound::Forbidden { why },
            Found::Failed(why) => WrittenFound::Failed { why },
        },
    }
}

/// Reads a snapshot.
///
/// # Errors
/// Why the file cannot be read, or is none; nothing of what it holds is quoted.
pub fn read(file: &Path) -> Result<Snapshot, String> {
    let name = file.display().to_string();
    let told = |why: &str| format!("snapshot {name}: {why}");
    let metadata = fs::metadata(file).map_err(|error| told(&walk::plain(&error)))?;
    if metadata.is_dir() {
        return Err(told("a folder, not a file"));
    }
    let opened = File::open(file).map_err(|error| told(&walk::plain(&error)))?;
    let mut bytes = Vec::new();
    let result = opened.take(FILE_BYTES + 1).read_to_end(&mut bytes);
    result.map_err(|error| told(&walk::plain(&error)))?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(told(&format!("larger than {} MiB", FILE_BYTES >> 20)));
    }
    parse(&name, &bytes).map_err(|why| told(&why))
}

fn parse(name: &str, bytes: &[u8]) -> Result<Snapshot, String> {
    let place = |error: &serde_json::Error| format!("line {}, column {}", error.line(), error.column());
    let head: Head = serde_json::from_slice(bytes).map_err(|error| {
        format!(
            "it is not the JSON of a snapshot ({}); `checker snapshot` writes one",
            place(&error)
        )
    })?;
    if head.kind != KIND {
        return Err("it is no snapshot (`\"kind\": \"snapshot\"` is due); `checker snapshot` writes one".to_owned());
    }
    if head.version != VERSION {
        return Err(format!(
            "it is of another version of the form than {VERSION}, which this program reads; take it anew"
        ));
    }
    let content: Content = serde_json::from_slice(bytes).map_err(|error| {
        format!(
            "it is not as `checker snapshot` writes it ({}); take it anew",
            place(&error)
        )
    })?;
    let objects = content.objects.into_iter();
    let surroundings = content.surroundings;
    let schemas = content.schemas.into_iter();
    Ok(Snapshot {
        context: content.context,
        namespace: content.namespace,
        state: State {
            side: Side::Snapshot(name.to_owned()),
            objects: objects.map(|object| (object.reference, found(object.found))).collect(),
            kinds: content.kinds,
            schemas: schemas.map(|(version, schema)| (version, Arc::new(schema))).collect(),
            namespaces: content.namespaces,
            surroundings: Surroundings {
                autoscalers: surroundings.autoscalers,
                mutating_webhooks: surroundings.mutating_webhooks,
                pods: surroundings.pods,
                prune_candidates: surroundings.prune_candidates,
            },
            server_version: content.server_version,
            taken: content.taken,
            problems: content.problems,
        },
    })
}

fn found(read: ReadFound) -> Found {
    match read {
        ReadFound::Object { object } => {
            let without = is_secret(&object);
            Found::Object(Arc::new(LiveObject {
                // Also of a file that somebody has written by hand.
                json: if without { without_values(&object) } else { object },
                without_values: without,
            }))
        }
        ReadFound::Absent => Found::Absent,
        ReadFound::NamespaceAbsent => Found::NamespaceAbsent,
        ReadFound::UnknownKind => Found::UnknownKind,
        ReadFound::Forbidden { why } => Found::Forbidden(why),
        ReadFound::Failed { why } => Found::Failed(why),
    }
}

#[cfg(test)]
mod tests;
