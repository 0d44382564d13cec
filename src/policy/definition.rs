//! A policy as its file says it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;

use super::finding::Severity;
use super::suppression::SuppressionFault;

/// One policy. Its file under `policies/` is the only place that describes it: the list, the explanation, the documentation,
/// the reports and the tests all read it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Policy {
    /// Kebab-case; names the fault.
    pub id: Arc<str>,
    /// The fault in a few words.
    pub title: String,
    /// How grave a finding is.
    pub severity: Severity,
    /// What a finding weighs when the evaluator cannot be as sure; the `why` says when.
    #[serde(default)]
    pub weaker_severity: Option<Severity>,
    /// Whether somebody may decide not to see its findings.
    #[serde(default = "yes")]
    pub suppressible: bool,
    /// The chapter it is listed under.
    pub chapter: Chapter,
    /// Why it matters.
    pub why: String,
    /// Where the fact comes from.
    pub source: Vec<String>,
    /// What to write instead; `{name}` is filled in by the evaluator.
    pub mend: String,
    /// Who decides.
    #[serde(with = "serde_yaml::with::singleton_map")]
    pub evaluator: Evaluator,
    /// What the evaluator may be told.
    #[serde(default)]
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Manifests that show it.
    #[serde(default)]
    pub examples: Examples,
    /// Where its file lies, if it is not one of the program's own.
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

fn yes() -> bool {
    true
}

impl Policy {
    /// The severity for a case that is not certain.
    #[must_use]
    pub fn weaker(&self) -> Severity {
        self.weaker_severity.unwrap_or(self.severity)
    }

    /// What to write instead in a case that the mend does not fit: an entry of the parameter `mends`.
    #[must_use]
    pub fn mend_for(&self, case: &str) -> &str {
        self.parameters
            .get("mends")
            .and_then(|mends| mends.get(case))
            .and_then(serde_json::Value::as_str)
            .unwrap_or(&self.mend)
    }

    /// A list of strings among the parameters.
    #[must_use]
    pub fn strings(&self, parameter: &str) -> Vec<&str> {
        self.parameters
            .get(parameter)
            .and_then(serde_json::Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(serde_json::Value::as_str)
            .collect()
    }
}

/// The chapters of the documentation, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chapter {
    /// Files that cannot be read, or are read otherwise than people think.
    Reading,
    /// Fields and types.
    Schema,
    /// Who selects whom.
    Selection,
    /// Who injects the proxy.
    Injection,
    /// What the document's SidecarSet must hold.
    MeshProxy,
    /// What a hot upgrade needs.
    HotUpgrade,
    /// How an upgrade rolls out.
    Rollout,
    /// What hides findings.
    Suppression,
}

impl Chapter {
    /// The heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Reading => "Reading",
            Self::Schema => "Schema",
            Self::Selection => "Selection",
            Self::Injection => "Injection",
            Self::MeshProxy => "Mesh proxy",
            Self::HotUpgrade => "Hot upgrade",
            Self::Rollout => "Rollout",
            Self::Suppression => "Suppression",
        }
    }
}

/// Who decides whether there is a fault.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub enum Evaluator {
    /// A function of the program, by its name in the table of built-ins.
    Builtin(String),
    /// An expression on one thing.
    Cel(CelRule),
    /// A JSON Schema on one thing.
    Schema(SchemaRule),
    /// Whoever suppresses findings; these come when all others are there.
    Suppression(SuppressionFault),
}

/// What a CEL or schema rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Every object.
    Object,
    /// Every object with a pod template.
    Workload,
    /// Every SidecarSet.
    SidecarSet,
    /// Every container of a SidecarSet.
    SidecarContainer,
    /// Every container that asks for HotUpgrade.
    HotContainer,
    /// Every SidecarSet taken for a mesh proxy.
    MeshSidecarSet,
    /// The proxy container of such a set.
    MeshContainer,
}

/// A rule in CEL.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CelRule {
    /// What `self` is.
    pub on: Subject,
    /// True where there is a fault. `self`, `object`, `relations`, `profile` and `parameters` are at hand.
    pub fault: String,
    /// A CEL expression that gives the message, a string.
    pub message: String,
    /// The field at fault, from `self` on, as dotted keys; the first that exists is marked, else the nearest above the last.
    /// Where one of them is missing because it is misspelt there is no finding: `unknown-field` has it.
    pub at: Vec<String>,
    /// Words at the mark.
    #[serde(default)]
    pub label: String,
    /// CEL expressions that give what `{name}` in the mend is filled with, strings; `<name>` where they cannot tell.
    #[serde(default)]
    pub help: BTreeMap<String, String>,
}

/// A rule in JSON Schema.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SchemaRule {
    /// What is validated.
    pub on: Subject,
    /// The schema.
    pub schema: serde_json::Value,
    /// What is wrong when it does not validate; `{error}` is the validator's own sentence.
    pub message: String,
}

/// Manifests that must pass, and manifests that must fail just where they are marked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// No finding of this policy.
    #[serde(default)]
    pub pass: Vec<Example>,
    /// A finding at each `«…»`, with related places at each `‹…›`.
    #[serde(default)]
    pub fail: Vec<Example>,
}

/// One example.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// The manifests, one file, or several of which each begins with a line `# file: NAME`. Each U+FFFD stands for a byte that is
    /// not UTF-8.
    #[serde(default)]
    pub manifests: String,
    /// Its name, where that matters.
    #[serde(default)]
    pub file: Option<String>,
    /// Paths beside it; in a failing example each one has a finding.
    #[serde(default)]
    pub paths: Vec<ExamplePath>,
}

/// A path that is no readable file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExamplePath {
    /// Its name.
    pub name: String,
    /// What it is.
    pub state: PathState,
}

/// What a path is, if it is no readable file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathState {
    /// The system refuses to read it.
    Unreadable,
    /// Named by an ignore file.
    Ignored,
    /// A chart that Helm cannot render; the path is its `Chart.yaml`.
    UnrenderedChart,
    /// A link inside the repository.
    Link,
    /// A link inside the repository to what is not among the paths to check.
    LinkElsewhere,
    /// A link that leads nowhere.
    BrokenLink,
    /// A link out of the repository.
    LinkOutside,
    /// A folder with a file's name.
    Directory,
    /// A pipe, a socket or a device.
    Special,
}
