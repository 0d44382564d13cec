//! The charts of a repository, and how they are rendered.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::source::classify::{self, FileClass};
use crate::source::delivery::{Said, ValuesSource};
use crate::source::folder;
use crate::source::load::{LoadedFile, Repository};
use crate::source::release::HelmRelease;

/// One chart, and how it is to be rendered.
#[derive(Debug, Clone)]
pub struct Instance {
    /// The target that asks for it; `None` for one that nobody writes down.
    pub target: Option<Arc<str>>,
    /// The chart's folder, relative to the root of the repository; empty for the root.
    pub chart: String,
    /// The name of the release.
    pub release: String,
    /// The namespace of the release, if somebody says it.
    pub namespace: Option<String>,
    /// Values, the later over the earlier.
    pub values: Vec<ValuesSource>,
    /// Whether files among them stand in place of the chart's own `values.yaml`.
    pub replaces_defaults: bool,
    /// Who installs it, if an object of the repository does.
    pub said: Option<Arc<Said>>,
    /// Why what comes out is not quite what will run, if so.
    pub gap: Option<String>,
}

/// What a chart that was rendered is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartOrigin {
    /// The folder of the chart; empty for the root.
    pub folder: String,
    /// The names of files elsewhere: its values, and who installs it.
    pub files: Vec<String>,
}

impl Instance {
    /// What it is made of.
    #[must_use]
    pub fn origin(&self) -> Arc<ChartOrigin> {
        let values = self.values.iter().filter_map(|values| match values {
            ValuesSource::File(name) | ValuesSource::FileIfThere(name) => Some(name.clone()),
            ValuesSource::Inline(_) | ValuesSource::Set { .. } => None,
        });
        let said = self.said.iter().flat_map(|said| said.files.iter().cloned());
        Arc::new(ChartOrigin {
            folder: self.chart.clone(),
            files: values.chain(said).collect(),
        })
    }

    /// A chart that nobody installs, with its own values.
    #[must_use]
    pub fn alone(chart: &str) -> Self {
        Self {
            target: None,
            chart: chart.to_owned(),
            release: default_release(chart),
            namespace: None,
            values: Vec::new(),
            replaces_defaults: false,
            said: None,
            gap: None,
        }
    }

    /// The name of its `Chart.yaml`.
    #[must_use]
    pub fn chart_file(&self) -> String {
        join(&self.chart, classify::CHART_NAME)
    }
}

/// A release that the configuration writes down for a target.
#[derive(Debug, Clone)]
pub struct AskedRelease {
    /// The target's name.
    pub target: Arc<str>,
    /// The release.
    pub release: HelmRelease,
}

/// A chart of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChartFolder {
    /// Its folder; empty for the root.
    pub folder: String,
    /// How many templates stand in it.
    pub templates: usize,
    /// Why it is not rendered on its own, if so.
    pub alone: Result<(), NotRendered>,
}

/// Why a chart is not rendered on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotRendered {
    /// It only lends its definitions to other charts.
    Library,
    /// It is rendered as a part of this chart.
    PartOf(String),
}

impl fmt::Display for NotRendered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library => formatter.write_str("a library chart, which renders nothing itself"),
            Self::PartOf(chart) => write!(formatter, "a part of the chart `{}`", shown(chart)),
        }
    }
}

/// The charts among the files that were read, by their folders.
#[must_use]
pub fn charts(repository: &Repository) -> BTreeMap<String, ChartFolder> {
    let mut folders: BTreeSet<String> = BTreeSet::new();
    let mut libraries: BTreeSet<&str> = BTreeSet::new();
    let mut templates: BTreeMap<String, usize> = BTreeMap::new();
    for file in &repository.files {
        if let Some(chart) = chart_of_template(file) {
            folders.insert(chart.clone());
            *templates.entry(chart).or_default() += 1;
        } else if classify::is_chart_name(&file.name) {
            let folder = folder::of_file(&file.name);
            folders.insert(folder.to_owned());
            if is_library(file) {
                libraries.insert(folder);
            }
        }
    }
    let alone = |chart: &str| {
        if let Some(parent) = parent(chart, &folders) {
            return Err(NotRendered::PartOf(parent.to_owned()));
        }
        if libraries.contains(chart) {
            return Err(NotRendered::Library);
        }
        Ok(())
    };
    folders
        .iter()
        .map(|chart| {
            let found = ChartFolder {
                folder: chart.clone(),
                templates: templates.get(chart).copied().unwrap_or_default(),
                alone: alone(chart),
            };
            (chart.clone(), found)
        })
        .collect()
}

/// The chart of a template, with the root as the empty name.
fn chart_of_template(file: &LoadedFile) -> Option<String> {
    let chart = file
        .chart
        .as_deref()
        .filter(|_| file.class == FileClass::HelmTemplate)?;
    Some(if chart == "." { "" } else { chart }.to_owned())
}

fn is_library(file: &LoadedFile) -> bool {
    let documents = file.decoded.iter().flat_map(|decoded| &decoded.documents);
    let mut roots = documents.filter_map(|document| document.tree.as_ref());
    roots.any(|tree| tree.root().str_at(&["type"]) == Some("library"))
}

/// The outermost chart in whose `charts/` a chart stands.
fn parent<'f>(chart: &str, folders: &'f BTreeSet<String>) -> Option<&'f str> {
    folders
        .iter()
        .find(|other| {
            let below = join(other, "charts");
            chart.strip_prefix(&below).is_some_and(|rest| rest.starts_with('/'))
        })
        .map(String::as_str)
}

/// How the charts are rendered. Where the configuration writes a release of a chart down, what objects say of the chart counts for those
/// targets only that `is_judged` knows.
pub(super) fn instances(
    repository: &Repository,
    releases: &[AskedRelease],
    is_judged: &dyn Fn(&Instance) -> bool,
) -> Vec<Instance> {
    let charts = charts(repository);
    let mut found: Vec<Instance> = releases.iter().map(of_release).collect();
    for chart in charts.values().filter(|chart| chart.alone.is_ok()) {
        let is_asked = found.iter().any(|instance| instance.chart == chart.folder);
        let delivered = repository.deliveries.charts.iter();
        let delivered: Vec<Instance> = delivered
            .filter(|delivery| delivery.chart == chart.folder)
            .map(|delivery| Instance {
                target: None,
                chart: chart.folder.clone(),
                release: delivery
                    .release
                    .clone()
                    .unwrap_or_else(|| default_release(&chart.folder)),
                namespace: delivery.namespace.clone(),
                values: delivery.values.clone(),
                replaces_defaults: delivery.replaces_defaults,
                said: Some(Arc::clone(&delivery.said)),
                gap: delivery.gap.clone(),
            })
            .filter(|instance| !is_asked || is_judged(instance))
            .collect();
        // Who writes a release down means it, and not what the same chart would be by itself.
        if delivered.is_empty() && !is_asked {
            found.push(Instance::alone(&chart.folder));
        }
        found.extend(delivered);
    }
    found.sort_by(|one, other| (&one.chart, &one.release).cmp(&(&other.chart, &other.release)));
    found
}

fn of_release(asked: &AskedRelease) -> Instance {
    let release = &asked.release;
    Instance {
        target: Some(Arc::clone(&asked.target)),
        chart: if release.chart == "." { "" } else { &release.chart }.to_owned(),
        release: release.release.clone(),
        namespace: release.namespace.clone(),
        values: release.values.iter().cloned().map(ValuesSource::File).collect(),
        replaces_defaults: false,
        said: None,
        gap: None,
    }
}

/// The folder's name as one that Helm takes (`helm v3.18.6 pkg/chartutil/validate_name.go`).
fn default_release(chart: &str) -> String {
    const LONGEST: usize = 53;
    let name = chart.rsplit('/').next().unwrap_or("");
    let name: String = name
        .to_lowercase()
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() {
                character
            } else {
                '-'
            }
        })
        .take(LONGEST)
        .collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "release" } else { name }.to_owned()
}

/// A name in a folder; the root's is empty.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// A folder for people.
fn shown(folder: &str) -> &str {
    if folder.is_empty() { "." } else { folder }
}
