//! The keys of `.checker.yaml`. The published JSON Schema is made from these types, and a configuration is validated by it.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::model::kruise_version::KruiseVersion;
use crate::policy::catalog;
use crate::policy::finding::Severity;
use crate::source::limits;

/// What `checker` is told about a repository.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(title = ".checker.yaml")]
pub(super) struct ConfigurationFile {
    /// The version of this format.
    #[schemars(schema_with = "version")]
    #[expect(dead_code, reason = "there is one version, and the schema knows it")]
    version: u32,

    /// The clusters whose desired state the repository holds. Without this key the whole repository is one target.
    #[serde(default)]
    #[schemars(length(min = 1, max = limits::TARGETS))]
    pub(super) targets: Vec<TargetEntry>,

    /// Folders of further policies, relative to the root of the repository; `--policy-dir` takes their place.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub(super) policy_dirs: Vec<String>,

    /// The least severity that makes the exit code 1; `--fail-on` takes its place.
    #[serde(default)]
    #[schemars(schema_with = "severity")]
    pub(super) fail_on: Option<Severity>,

    /// Policies of another severity than their own, by their ids; one that is `off` is not evaluated.
    #[serde(default)]
    #[schemars(schema_with = "severities")]
    #[expect(dead_code, reason = "it is read from the tree, to know the bytes")]
    severity: Option<IgnoredAny>,

    /// Findings that are not to be seen.
    #[serde(default)]
    #[schemars(length(max = limits::SUPPRESSIONS))]
    pub(super) ignore: Vec<IgnoreEntry>,

    /// What was found before and is not to be seen: a file that `--write-baseline` writes, relative to the root of the repository;
    /// `--baseline` takes its place.
    #[serde(default)]
    #[schemars(with = "String", length(min = 1))]
    pub(super) baseline: Option<String>,

    /// Patterns of the only files to look at, relative to the root of the repository.
    #[serde(default)]
    #[schemars(with = "Vec<String>", length(min = 1), inner(length(min = 1)))]
    pub(super) include: Option<Vec<String>>,

    /// Patterns of files that are not looked at, relative to the root of the repository; they are stronger than `include`.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub(super) exclude: Vec<String>,

    /// How `checker diff` holds the repository against a cluster.
    #[serde(default)]
    #[schemars(with = "DiffEntry")]
    pub(super) diff: Option<DiffEntry>,
}

/// How `checker diff` holds the repository against a cluster.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Diff")]
pub(super) struct DiffEntry {
    /// The field managers that apply the repository; by default the one whose fields cover an object best.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub(super) field_managers: Vec<String>,

    /// Drift that does not count. What Git changes is always shown.
    #[serde(default)]
    #[schemars(length(max = limits::SUPPRESSIONS))]
    pub(super) ignore: Vec<DiffIgnoreEntry>,
}

/// Drift that does not count: of one field, or all of one field manager.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "DiffIgnore")]
pub(super) struct DiffIgnoreEntry {
    /// A field and all below it: `spec.containers[name=app].image`, `metadata.annotations["a.b/c"]` or `/spec/replicas`.
    #[serde(default)]
    #[schemars(with = "String", length(min = 1))]
    pub(super) path: Option<String>,

    /// Everything that this field manager wrote last.
    #[serde(default)]
    #[schemars(with = "String", length(min = 1))]
    pub(super) manager: Option<String>,

    /// The objects.
    #[serde(default)]
    #[schemars(with = "DiffObjectsEntry")]
    pub(super) objects: Option<DiffObjectsEntry>,

    /// Why.
    #[schemars(length(min = 1))]
    pub(super) reason: String,
}

/// Some objects, by their exact names: what is left out may be anything.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "DiffObjects", extend("minProperties" = 1))]
pub(super) struct DiffObjectsEntry {
    /// The kind.
    #[serde(default)]
    #[schemars(with = "String", length(min = 1))]
    pub(super) kind: Option<String>,

    /// The namespace.
    #[serde(default)]
    #[schemars(with = "String", length(min = 1))]
    pub(super) namespace: Option<String>,

    /// The name.
    #[serde(default)]
    #[schemars(with = "String", length(min = 1))]
    pub(super) name: Option<String>,
}

/// Findings of some policies, in some files or of some objects, that are not to be seen.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Ignore")]
pub(super) struct IgnoreEntry {
    /// A policy, or several.
    #[schemars(schema_with = "policies")]
    #[expect(dead_code, reason = "it is read from the tree, to know the bytes")]
    policy: IgnoredAny,

    /// Patterns of files, relative to the root of the repository.
    #[serde(default)]
    #[schemars(with = "Vec<String>", length(min = 1), inner(length(min = 1)))]
    pub(super) paths: Option<Vec<String>>,

    /// The objects.
    #[serde(default)]
    #[schemars(with = "ObjectsEntry")]
    pub(super) objects: Option<ObjectsEntry>,

    /// Why.
    #[serde(default)]
    #[schemars(with = "String")]
    pub(super) reason: Option<String>,

    /// The last day on which it holds, such as 2026-12-31.
    #[serde(default)]
    #[schemars(schema_with = "day")]
    pub(super) until: Option<String>,
}

/// Some objects: what is left out may be anything.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Objects", extend("minProperties" = 1))]
pub(super) struct ObjectsEntry {
    /// The kind.
    #[serde(default)]
    #[schemars(with = "String", length(min = 1))]
    pub(super) kind: Option<String>,

    /// A pattern of the namespace.
    #[serde(default)]
    #[schemars(with = "String", length(min = 1))]
    pub(super) namespace: Option<String>,

    /// A pattern of the name.
    #[serde(default)]
    #[schemars(with = "String", length(min = 1))]
    pub(super) name: Option<String>,
}

/// One target: the desired state of one cluster.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "Target")]
pub(super) struct TargetEntry {
    /// What reports and `--target` call it: letters, digits, `-`, `_` and `.`.
    #[schemars(length(min = 1))]
    pub(super) name: String,

    /// Files and folders that belong to it, relative to the root of the repository. Targets may share them.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub(super) paths: Vec<String>,

    /// The kubeconfig context of the cluster.
    #[serde(default)]
    #[schemars(with = "String", length(min = 1))]
    pub(super) context: Option<String>,

    /// The namespace of objects that name none; `-n` takes its place.
    #[serde(default)]
    #[schemars(with = "String", length(min = 1))]
    pub(super) namespace: Option<String>,

    /// The release of the mesh, by the name of its profile.
    #[serde(default)]
    #[schemars(schema_with = "mesh")]
    pub(super) mesh: Option<String>,

    /// The release of OpenKruise, such as "1.8.3"; by default the one that goes with the mesh.
    #[serde(default)]
    #[schemars(schema_with = "kruise")]
    pub(super) kruise: Option<KruiseVersion>,

    /// Charts of the repository, as they are installed into the cluster.
    #[serde(default)]
    pub(super) helm: Vec<HelmEntry>,
}

/// One Helm release.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "HelmRelease")]
pub(super) struct HelmEntry {
    /// The folder of the chart, relative to the root of the repository.
    #[schemars(length(min = 1))]
    pub(super) chart: String,

    /// The name of the release.
    #[schemars(length(min = 1))]
    pub(super) release: String,

    /// The namespace it is installed into; by default that of the target.
    #[serde(default)]
    #[schemars(with = "String", length(min = 1))]
    pub(super) namespace: Option<String>,

    /// Files of values, relative to the root of the repository; a later one overrides an earlier one.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub(super) values: Vec<String>,
}

fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"const": 1})
}

fn severity(_: &mut SchemaGenerator) -> Schema {
    let names = Severity::ALL.map(Severity::name);
    json_schema!({"enum": names})
}

/// As a program for YAML 1.1 reads it, `off` without quotes is `false`.
fn severities(_: &mut SchemaGenerator) -> Schema {
    let names = Severity::ALL.map(Severity::name);
    let levels: Vec<Value> = names
        .into_iter()
        .map(Value::from)
        .chain([OFF.into(), false.into()])
        .collect();
    json_schema!({"type": "object", "additionalProperties": {"enum": levels}})
}

/// The word that switches a policy off.
pub(super) const OFF: &str = "off";

fn policies(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["string", "array"],
        "minLength": 1,
        "minItems": 1,
        "maxItems": limits::SUPPRESSED_POLICIES,
        "items": {"type": "string", "minLength": 1}
    })
}

/// The pattern is for editors; [`Date`](crate::policy::suppression::Date) itself judges.
fn day(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
}

fn mesh(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": catalog::profile_names()})
}

/// The pattern is for editors; [`KruiseVersion`] itself judges.
fn kruise(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "pattern": KRUISE_PATTERN})
}

pub(super) const KRUISE_PATTERN: &str = r"^v?[0-9]+\.[0-9]+(\.[0-9]+)?([-+].*)?$";
