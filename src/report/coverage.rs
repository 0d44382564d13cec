//! What was looked at, so that "0 findings" never stands alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::model::injection::InjectionVerdict;
use crate::model::inventory::Inventory;
use crate::model::object::Namespace;
use crate::model::relations::Relations;
use crate::source::classify::FileClass;
use crate::source::load::Repository;
use crate::source::walk::SkipReason;

/// Counts of everything met. `seen` is the sum of the others.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Coverage {
    /// Files.
    pub files: FileCounts,
    /// Documents of all files that were read.
    pub documents: usize,
    /// Objects of the checked files, by kind.
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
    /// Checked files that a kustomization takes as a resource: judged as written.
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
    /// Counts a repository.
    #[must_use]
    pub fn of(repository: &Repository, inventory: &Inventory, relations: &Relations<'_>) -> Self {
        let mesh_sidecar_sets = relations.sets.iter().filter(|facts| facts.mesh.is_some()).count();
        let mut files = FileCounts::default();
        let mut charts = BTreeSet::new();
        for file in &repository.files {
            let refused = file
                .decoded
                .as_ref()
                .is_some_and(crate::source::decode::Decoded::is_refused);
            if file.class == FileClass::Unreadable || (file.class.is_checked() && refused) {
                files.unreadable += 1;
            } else if file.class.is_checked() {
                files.checked += 1;
                files.kustomized += usize::from(file.is_kustomized);
            } else {
                *files.skipped.entry(file.class.name()).or_default() += 1;
            }
            charts.extend(file.chart.as_deref());
        }
        for skipped in &repository.skipped {
            *files.skipped.entry(skip_name(skipped.reason)).or_default() += 1;
        }
        files.unreadable += repository.unreadable.len();
        files.helm_charts = charts.len();
        files.seen = files.checked + files.unreadable + files.skipped.values().sum::<usize>();
        Self {
            files,
            documents: inventory.documents,
            objects: inventory.counts.clone(),
            skipped_objects: inventory.left_out.clone(),
            mesh_sidecar_sets,
            undecided: if mesh_sidecar_sets > 0 { undecided(relations) } else { 0 },
        }
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
pub fn file_lines(repository: &Repository) -> Vec<FileLine> {
    let files = repository.files.iter().map(|file| FileLine {
        name: file.name.clone(),
        what: file.class.name(),
    });
    let skipped = repository.skipped.iter().map(|skipped| FileLine {
        name: skipped.name.clone(),
        what: skip_name(skipped.reason),
    });
    let unreadable = repository.unreadable.iter().map(|unreadable| FileLine {
        name: unreadable.name.clone(),
        what: FileClass::Unreadable.name(),
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
        let profile = catalog::default_profile().unwrap();
        Context::with(&repository, &profile, None, |context| {
            Coverage::of(&repository, context.inventory, context.relations)
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
