//! What was looked at, so that "0 findings" never stands alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::kustomizations::KustomizationCounts;
use crate::model::injection::InjectionVerdict;
use crate::model::inventory::Inventory;
use crate::model::object::Namespace;
use crate::model::relations::Relations;
use crate::model::target::{Belonging, Target, Targets};
use crate::source::classify::FileClass;
use crate::source::delivery::{Deliveries, Said};
use crate::source::folder;
use crate::source::helm;
use crate::source::kustomize::rendering::{Rendering, Role};
use crate::source::load::{LoadedFile, Repository};
use crate::source::walk::{SkipReason, UnreadablePath};

/// Counts of everything met. `seen` is the sum of the others.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Coverage {
    /// Files.
    pub files: FileCounts,
    /// Documents of all files that were read.
    pub documents: usize,
    /// What became of the kustomizations.
    pub kustomizations: KustomizationCounts,
    /// Objects of the checked files and of what kustomizations make, by kind.
    pub objects: BTreeMap<String, usize>,
    /// Objects of the checked files that were not judged, by reason.
    #[serde(rename = "skippedObjects")]
    pub skipped_objects: BTreeMap<&'static str, usize>,
    /// SidecarSets taken for mesh proxies.
    #[serde(rename = "meshSidecarSets")]
    pub mesh_sidecar_sets: usize,
    /// Where there are such sets: the workloads of which Git does not tell whether the mesh injects a proxy of its own, or in
    /// which namespace they are.
    pub undecided: usize,
    /// What Flux and Argo CD were read to deliver.
    pub deliveries: DeliveryCounts,
    /// The Helm charts, each once.
    pub charts: Vec<ChartCoverage>,
}

/// One Helm chart and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChartCoverage {
    /// Its folder.
    pub chart: String,
    /// Templates in it.
    pub templates: usize,
    /// Whether what it renders was judged.
    pub rendered: bool,
    /// Why not, or why not quite.
    pub reason: Option<String>,
    /// Whether Helm failed, which is a finding of its own.
    #[serde(skip)]
    pub has_failed: bool,
}

/// What the objects of Flux and Argo CD say.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeliveryCounts {
    /// Folders of manifests whose delivery is known.
    pub folders: usize,
    /// Charts of the repository that one of them installs.
    pub charts: usize,
    /// What of it Git does not decide.
    pub undecided: Vec<UndecidedDelivery>,
}

/// Something that Git does not decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UndecidedDelivery {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The object.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl DeliveryCounts {
    /// Counts what is said in files that `holds`.
    fn of(deliveries: &Deliveries, holds: impl Fn(&str) -> bool) -> Self {
        let is_held = |said: &Said| holds(&said.holder);
        let undecided = deliveries.undecided.iter().filter(|undecided| is_held(&undecided.said));
        let undecided = undecided.map(|undecided| {
            let said = &undecided.said;
            UndecidedDelivery {
                file: said.file.path().to_owned(),
                line: said.file.position(said.span.start).line,
                by: said.by.clone(),
                reason: undecided.why.clone(),
            }
        });
        Self {
            folders: deliveries
                .folders
                .iter()
                .filter(|delivery| is_held(&delivery.said))
                .count(),
            charts: deliveries.charts.iter().filter(|chart| is_held(&chart.said)).count(),
            undecided: undecided.collect(),
        }
    }
}

/// Files by what became of them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FileCounts {
    /// All paths met.
    pub seen: usize,
    /// Files whose objects were judged.
    pub checked: usize,
    /// Files that could not be read, wholly or in part.
    pub unreadable: usize,
    /// Files that were passed over, by reason.
    pub skipped: BTreeMap<&'static str, usize>,
    /// Checked files that a kustomization takes as a resource, and that were judged as written, since it was not built.
    pub kustomized: usize,
    /// Templates that were judged by what they render.
    pub rendered: usize,
    /// Charts whose templates were not rendered.
    #[serde(rename = "helmCharts")]
    pub helm_charts: usize,
}

/// One file and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileLine {
    /// Relative to the root.
    pub name: String,
    /// What became of it.
    pub what: &'static str,
}

impl Coverage {
    /// Counts what belongs to a target.
    #[must_use]
    pub fn of(repository: &Repository, target: &Target, inventory: &Inventory, relations: &Relations<'_>) -> Self {
        let mesh_sidecar_sets = relations.sets.iter().filter(|facts| facts.mesh.is_some()).count();
        let files = repository
            .files
            .iter()
            .filter(|file| target.holds_file(&file.name, &repository.rendering));
        let skipped = repository.skipped.iter().filter(|path| target.may_hold(&path.name));
        let unreadable = repository.unreadable.iter().filter(|path| target.may_hold(&path.name));
        Self {
            files: FileCounts::of(
                files
                    .map(|file| fate(file, repository))
                    .chain(unreadable.map(|_| Fate::Unreadable)),
                skipped.map(|path| path.reason),
            ),
            documents: inventory.documents,
            kustomizations: KustomizationCounts::of(
                repository
                    .rendering
                    .roots
                    .iter()
                    .filter(|root| target.holds(root.name())),
            ),
            objects: inventory.counts.clone(),
            skipped_objects: inventory.left_out.clone(),
            mesh_sidecar_sets,
            undecided: if mesh_sidecar_sets > 0 { undecided(relations) } else { 0 },
            deliveries: DeliveryCounts::of(&repository.deliveries, |name| target.holds(name)),
            charts: charts(repository, |name| target.holds(name)),
        }
    }

    /// Counts a repository from what its targets count: each path once, and the objects of each target, since a file that two
    /// targets share is two objects in two clusters.
    #[must_use]
    pub fn of_all<'c>(
        repository: &Repository,
        targets: &Targets,
        coverages: impl Iterator<Item = &'c Self> + Clone,
    ) -> Self {
        let files = repository
            .files
            .iter()
            .map(|file| fate_among(file, repository, targets));
        let unreadable = repository.unreadable.iter().map(|path| unreadable_among(path, targets));
        let skipped = repository.skipped.iter().map(|path| path.reason);
        let is_selected =
            |file: &&LoadedFile| targets.belonging(&file.name, &repository.rendering) == Belonging::Selected;
        let decoded = repository.files.iter().filter(is_selected);
        Self {
            files: FileCounts::of(files.chain(unreadable), skipped),
            documents: decoded
                .filter_map(|file| file.decoded.as_ref())
                .map(|decoded| decoded.documents.len())
                .sum(),
            kustomizations: KustomizationCounts::of(
                repository
                    .rendering
                    .roots
                    .iter()
                    .filter(|root| targets.selected.iter().any(|target| target.holds(root.name()))),
            ),
            objects: sum(coverages.clone().map(|coverage| &coverage.objects)),
            skipped_objects: sum(coverages.clone().map(|coverage| &coverage.skipped_objects)),
            mesh_sidecar_sets: coverages.clone().map(|coverage| coverage.mesh_sidecar_sets).sum(),
            undecided: coverages.map(|coverage| coverage.undecided).sum(),
            deliveries: DeliveryCounts::of(&repository.deliveries, |_| true),
            charts: charts(repository, |_| true),
        }
    }
}

/// The sums of counts by name.
fn sum<'c, N: Clone + Ord + 'c>(counts: impl Iterator<Item = &'c BTreeMap<N, usize>>) -> BTreeMap<N, usize> {
    let mut sums = BTreeMap::new();
    for (name, count) in counts.flatten() {
        *sums.entry(name.clone()).or_default() += count;
    }
    sums
}

/// The charts that `holds`.
fn charts(repository: &Repository, holds: impl Fn(&str) -> bool) -> Vec<ChartCoverage> {
    let rendered = &repository.rendered_charts;
    helm::charts(repository)
        .into_values()
        .filter(|chart| holds(&chart.folder))
        .map(|chart| {
            let around = || rendered.around(&chart.folder);
            let failed = around().find_map(|chart| chart.outcome.as_ref().err());
            let gap = || around().find_map(|chart| chart.instance.gap.clone());
            let why_not = || chart.alone.as_ref().err().map(ToString::to_string);
            let is_rendered = rendered.has_come_out(&chart.folder);
            ChartCoverage {
                templates: chart.templates,
                rendered: is_rendered,
                has_failed: failed.is_some(),
                reason: match (failed, is_rendered) {
                    (Some(failure), _) => Some(failure.message.clone()),
                    (None, true) => gap().or_else(|| {
                        let is_silent = chart.templates > 0 && rendered.is_silent(&chart.folder);
                        is_silent.then(|| "nothing came out of it with these values".to_owned())
                    }),
                    (None, false) => why_not().or_else(|| Some("not asked for (--helm)".to_owned())),
                },
                chart: if chart.folder.is_empty() {
                    ".".to_owned()
                } else {
                    chart.folder
                },
            }
        })
        .collect()
}

/// What became of a file.
enum Fate<'f> {
    Rendered,
    Checked {
        is_kustomized: bool,
    },
    Unreadable,
    Skipped {
        reason: &'static str,
        chart: Option<&'f str>,
    },
}

fn fate<'f>(file: &'f LoadedFile, repository: &Repository) -> Fate<'f> {
    let chart = file.chart.as_deref().filter(|_| file.class == FileClass::HelmTemplate);
    if chart.is_some_and(|chart| repository.rendered_charts.has_come_out(folder::named(chart))) {
        return Fate::Rendered;
    }
    let is_refused = file.decoded.as_ref().is_some_and(|decoded| decoded.is_refused());
    if file.class == FileClass::Unreadable || (file.class.is_checked() && is_refused) {
        Fate::Unreadable
    } else if file.class.is_checked() {
        Fate::Checked {
            is_kustomized: file.role == Role::Taken,
        }
    } else {
        Fate::Skipped {
            reason: file.class.name(),
            chart: file.chart.as_deref(),
        }
    }
}

/// What became of a file, where it may be of a target that was not judged. What holds no objects is passed over for that, whosever it is.
fn fate_among<'f>(file: &'f LoadedFile, repository: &Repository, targets: &Targets) -> Fate<'f> {
    let fate = fate(file, repository);
    match (elsewhere(file, targets, &repository.rendering), fate) {
        (Some(reason), Fate::Checked { .. } | Fate::Unreadable) => Fate::Skipped { reason, chart: None },
        (_, fate) => fate,
    }
}

fn unreadable_among<'f>(path: &UnreadablePath, targets: &Targets) -> Fate<'f> {
    match elsewhere_reason(targets.possible_belonging(&path.name)) {
        Some(reason) => Fate::Skipped { reason, chart: None },
        None => Fate::Unreadable,
    }
}

/// Why a file with objects, or one that should have some, was not judged, if it was not.
fn elsewhere(file: &LoadedFile, targets: &Targets, rendering: &Rendering) -> Option<&'static str> {
    let is_due = file.class.is_checked() || file.class == FileClass::Unreadable;
    elsewhere_reason(targets.belonging(&file.name, rendering)).filter(|_| is_due)
}

fn elsewhere_reason(belonging: Belonging) -> Option<&'static str> {
    match belonging {
        Belonging::Selected => None,
        Belonging::Other => Some("other-target"),
        Belonging::Nobody => Some("no-target"),
    }
}

impl FileCounts {
    fn of<'f>(fates: impl Iterator<Item = Fate<'f>>, skipped: impl Iterator<Item = SkipReason>) -> Self {
        let mut files = Self::default();
        let mut charts = BTreeSet::new();
        for fate in fates {
            match fate {
                Fate::Checked { is_kustomized } => {
                    files.checked += 1;
                    files.kustomized += usize::from(is_kustomized);
                }
                Fate::Rendered => files.rendered += 1,
                Fate::Unreadable => files.unreadable += 1,
                Fate::Skipped { reason, chart } => {
                    *files.skipped.entry(reason).or_default() += 1;
                    charts.extend(chart);
                }
            }
        }
        for reason in skipped {
            *files.skipped.entry(skip_name(reason)).or_default() += 1;
        }
        files.helm_charts = charts.len();
        files.seen = files.checked + files.rendered + files.unreadable + files.skipped.values().sum::<usize>();
        files
    }
}

fn undecided(relations: &Relations<'_>) -> usize {
    relations
        .workloads
        .iter()
        .filter(|facts| {
            facts.injection.verdict == InjectionVerdict::Unknown
                || facts.pod.object.identity.namespace == Namespace::Unresolved
        })
        .count()
}

/// Every path met, for `-v`.
#[must_use]
pub fn file_lines(repository: &Repository, targets: &Targets) -> Vec<FileLine> {
    let files = repository.files.iter().map(|file| FileLine {
        name: file.name.clone(),
        what: elsewhere(file, targets, &repository.rendering).unwrap_or(file.class.name()),
    });
    let skipped = repository.skipped.iter().map(|skipped| FileLine {
        name: skipped.name.clone(),
        what: skip_name(skipped.reason),
    });
    let unreadable = repository.unreadable.iter().map(|unreadable| FileLine {
        name: unreadable.name.clone(),
        what: elsewhere_reason(targets.possible_belonging(&unreadable.name)).unwrap_or(FileClass::Unreadable.name()),
    });
    let mut lines: Vec<FileLine> = files.chain(skipped).chain(unreadable).collect();
    lines.sort();
    lines
}

fn skip_name(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::Ignored => "ignored",
        SkipReason::NotYaml => "not-yaml",
        SkipReason::Link => "link",
        SkipReason::LinkElsewhere => "link-elsewhere",
        SkipReason::BrokenLink => "broken-link",
        SkipReason::LinkOutside => "link-outside",
        SkipReason::DirectoryNamedLikeFile => "directory",
        SkipReason::Special => "special-file",
        SkipReason::Excluded => "excluded",
        SkipReason::Submodule => "submodule",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::catalog;
    use crate::policy::evaluate::Context;
    use crate::source::load;

    fn coverage(text: &str) -> Coverage {
        let repository = load::load_stream("a.yaml", text.as_bytes().to_vec());
        let target = Target::everything(catalog::default_profile().unwrap());
        Context::with(&repository, &target, &[], |context| {
            Coverage::of(&repository, &target, context.inventory, context.relations)
        })
    }

    #[test]
    fn workloads_that_git_does_not_decide_are_counted_beside_a_mesh() {
        let pods = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\n\
                    apiVersion: v1\nkind: Pod\nmetadata: {name: b, namespace: shop}\n---\n\
                    apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n";
        let set = "apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {name: mesh}\n\
                   spec: {containers: [{name: istio-proxy, image: proxyv2}]}\n";
        assert_eq!(coverage(pods).undecided, 0);
        let beside_a_mesh = coverage(&format!("{pods}{set}"));
        assert_eq!((beside_a_mesh.mesh_sidecar_sets, beside_a_mesh.undecided), (1, 1));
    }
}
