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
                files.map(fate).chain(unreadable.map(|_| Fate::Unreadable)),
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
            .map(|file| fate_among(file, targets, &repository.rendering));
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

/// What became of a file.
enum Fate<'f> {
    Checked {
        is_kustomized: bool,
    },
    Unreadable,
    Skipped {
        reason: &'static str,
        chart: Option<&'f str>,
    },
}

fn fate(file: &LoadedFile) -> Fate<'_> {
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
fn fate_among<'f>(file: &'f LoadedFile, targets: &Targets, rendering: &Rendering) -> Fate<'f> {
    let fate = fate(file);
    match (elsewhere(file, targets, rendering), fate) {
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
        files.seen = files.checked + files.unreadable + files.skipped.values().sum::<usize>();
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
