//! A baseline as it is read: by the way of the configuration, since people review and edit it.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::meaning::items;
use super::problem::ConfigurationError;
use super::{read_document, schema};
use crate::policy::suppression::Baseline;
use crate::policy::suppression::baseline::{BaselineEntry, BaselineKey, BaselineSubject};
use crate::source::decode::{Entry, Node, write_json};

/// The file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct BaselineFile {
    #[schemars(schema_with = "version")]
    #[expect(dead_code, reason = "there is one version, and the schema knows it")]
    version: u32,
    findings: Vec<FindingEntry>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FindingEntry {
    #[schemars(length(min = 1))]
    policy: String,
    #[serde(default)]
    #[schemars(with = "String")]
    target: Option<String>,
    #[serde(default)]
    #[schemars(with = "ObjectEntry")]
    object: Option<ObjectEntry>,
    #[serde(default)]
    path: String,
    file: String,
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    count: usize,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ObjectEntry {
    kind: String,
    #[serde(default)]
    #[schemars(with = "String")]
    namespace: Option<String>,
    #[serde(default)]
    #[schemars(with = "String")]
    name: Option<String>,
}

fn one() -> usize {
    1
}

fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"const": 1})
}

/// Reads a baseline; `name` is the file's for people.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_baseline(name: &str, bytes: Vec<u8>) -> Result<Baseline, ConfigurationError> {
    let read = read_document(name, bytes, schema::problems_of_type::<BaselineFile>)?;
    let root = read.root();
    let mut text = String::new();
    write_json(root, &mut text);
    let file: BaselineFile =
        serde_json::from_str(&text).map_err(|error| ConfigurationError::Internal(error.to_string()))?;
    let nodes = items(root, "findings");
    Ok(Baseline {
        entries: nodes
            .zip(file.findings)
            .map(|(node, entry)| of_entry(node, entry))
            .collect(),
    })
}

fn of_entry(node: Node<'_>, entry: FindingEntry) -> BaselineEntry {
    let about = match entry.object {
        Some(object) => BaselineSubject::Object {
            kind: object.kind,
            namespace: object.namespace,
            name: object.name,
        },
        None => BaselineSubject::File(entry.file.clone()),
    };
    BaselineEntry {
        key: BaselineKey {
            policy: entry.policy,
            about,
            path: entry.path,
        },
        target: entry.target,
        file: entry.file,
        count: entry.count,
        place: node.entries().next().map_or_else(|| node.place(), Entry::key_place),
    }
}
