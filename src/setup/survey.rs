//! What a repository is like: its clusters, the release of its mesh, that of its OpenKruise.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::image::{ImageReference, VersionBranch};
use crate::model::inventory::Inventory;
use crate::model::kruise_version::KruiseVersion;
use crate::model::relations::Relations;
use crate::model::sidecar_set::SidecarSet;
use crate::model::target::Target;
use crate::source::classify::FileClass;
use crate::source::decode::{Entry, Node};
use crate::source::folder;
use crate::source::kustomize::rendering::Role;
use crate::source::load::{LoadedFile, Repository};
use crate::source::text::Place;

/// What was seen.
#[derive(Debug)]
pub struct Survey {
    /// The clusters by name, in the order of their names; none where the folders do not tell of several.
    pub clusters: Vec<Cluster>,
    /// Kustomizations that no other takes.
    pub kustomizations: usize,
    /// Deployments.
    pub deployments: usize,
    /// SidecarSets.
    pub sidecar_sets: usize,
    /// The images of the proxies, each once, with where it is written first and what branch its tag tells.
    pub proxies: Vec<Proxy>,
    /// The release of OpenKruise that the manifests need, where they tell, with the field that does.
    pub kruise: Option<(KruiseVersion, Sign)>,
}

/// A cluster, by the folders that only it has and those that it shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// Its files and folders.
    pub paths: Vec<String>,
}

/// The image of a proxy.
#[derive(Debug)]
pub struct Proxy {
    /// As it is written.
    pub image: String,
    /// Where.
    pub place: Place,
    /// The branch of the mesh.
    pub branch: Option<VersionBranch>,
}

/// What gives a release away.
#[derive(Debug)]
pub struct Sign {
    /// The field, or the version of the API.
    pub what: &'static str,
    /// Where it is written.
    pub place: Place,
}

/// Folders whose folders are clusters, as kustomize's and Flux's documentation lay repositories out.
const GROUPS: [&str; 4] = ["clusters", "overlays", "environments", "envs"];

/// Folders among them that are of no cluster.
const SHARED: [&str; 4] = ["base", "common", "components", "shared"];

impl Survey {
    /// Looks at a repository as one target.
    #[must_use]
    pub fn of(repository: &Repository, everything: &Target) -> Self {
        let inventory = Inventory::of(repository, everything);
        let relations = Relations::of(&inventory, &everything.profile);
        let mut proxies: BTreeMap<String, Proxy> = BTreeMap::new();
        let mesh_images = relations.sets.iter().filter_map(|set| set.mesh?.get("image"));
        for image in mesh_images {
            let Some(text) = image.as_str() else { continue };
            proxies.entry(text.to_owned()).or_insert_with(|| Proxy {
                image: text.to_owned(),
                place: image.place(),
                branch: ImageReference::parse(text)
                    .ok()
                    .and_then(|image| everything.profile.images.branch(&image)),
            });
        }
        Self {
            clusters: clusters(repository),
            kustomizations: repository.rendering.roots.len(),
            deployments: inventory.counts.get("Deployment").copied().unwrap_or(0),
            sidecar_sets: inventory.sidecar_sets().len(),
            proxies: proxies.into_values().collect(),
            kruise: inventory.sidecar_sets().find_map(kruise_of),
        }
    }
}

/// The release that a SidecarSet cannot do without (kruise v1.9.0 `apis/apps/v1alpha1/sidecarset_types.go` and v1beta1, against v1.8.3).
fn kruise_of(set: SidecarSet<'_>) -> Option<(KruiseVersion, Sign)> {
    let root = set.object.root();
    let version = root.get("apiVersion");
    let beta = version.filter(|version| version.as_str() == Some("apps.kruise.io/v1beta1"));
    let beta = beta.map(|version| ("apps.kruise.io/v1beta1", version));
    let field_of = |container: Node<'_>, field| container.entry(field).map(Entry::key_place);
    let mut containers = set.containers().chain(set.init_containers());
    let field = || {
        containers.find_map(|container| {
            let fields = ["resourcesPolicy", "shareVolumeDevicePolicy"];
            fields
                .iter()
                .find_map(|field| Some((*field, field_of(container, field)?)))
        })
    };
    let (what, place) = beta.map(|(what, node)| (what, node.place())).or_else(field)?;
    Some((KruiseVersion::new(1, 9, 0), Sign { what, place }))
}

fn clusters(repository: &Repository) -> Vec<Cluster> {
    let judged: Vec<&LoadedFile> = repository.files.iter().filter(|file| is_judged(file)).collect();
    let mut of_name: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in &judged {
        if let Some((name, path)) = cluster_of(&file.name) {
            of_name.entry(name).or_default().insert(path);
        }
    }
    if of_name.len() < 2 {
        return Vec::new();
    }
    let own: BTreeSet<&str> = of_name.values().flatten().copied().collect();
    // What no kustomization takes and no cluster has is of all of them.
    let is_a_root = |name: &str| {
        let mut roots = repository.rendering.roots.iter();
        roots.any(|root| *root.folder == *folder::of_file(name))
    };
    let shared: BTreeSet<&str> = judged
        .iter()
        .filter(|file| cluster_of(&file.name).is_none())
        .filter(|file| match file.class {
            FileClass::Kustomization => is_a_root(&file.name),
            // What is taken and was not built belongs to nobody either.
            _ => matches!(file.role, Role::None | Role::Taken),
        })
        .map(|file| outermost(&file.name, &own))
        .collect();
    of_name
        .into_iter()
        .map(|(name, paths)| Cluster {
            name: name.to_owned(),
            paths: shared.iter().copied().chain(paths).map(str::to_owned).collect(),
        })
        .collect()
}

/// Whether it matters to whom a file belongs.
fn is_judged(file: &LoadedFile) -> bool {
    let others = [FileClass::Kustomization, FileClass::HelmChart, FileClass::Unreadable];
    file.class.is_checked() || others.contains(&file.class)
}

/// The name of the cluster that a file is of, and its folder.
fn cluster_of(file: &str) -> Option<(&str, &str)> {
    let ends = file.match_indices('/').map(|(at, _)| at);
    let folders: Vec<&str> = ends.filter_map(|end| file.get(..end)).collect();
    let last = |folder: &'_ str| folder.rfind('/').map_or(0, |at| at + 1);
    let of_group = folders.windows(2).find(|pair| {
        let (group, own) = (pair[0], pair[1]);
        GROUPS.contains(&&group[last(group)..]) && !SHARED.contains(&&own[last(own)..])
    })?;
    let own = of_group[1];
    let name = &own[last(own)..];
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    is_name.then_some((name, own))
}

/// The outermost folder around a file in which no cluster lies, or the file itself.
fn outermost<'n>(file: &'n str, clusters: &BTreeSet<&str>) -> &'n str {
    let holds_cluster = |folder: &str| {
        let mut clusters = clusters.iter();
        clusters.any(|cluster| cluster.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
    };
    let ends = file.match_indices('/').map(|(at, _)| at);
    ends.filter_map(|end| file.get(..end))
        .find(|folder| !holds_cluster(folder))
        .unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_a_folder_in_a_folder_of_clusters() {
        for (file, cluster) in [
            ("clusters/eu/web.yaml", Some(("eu", "clusters/eu"))),
            ("clusters/eu/overlays/x/web.yaml", Some(("eu", "clusters/eu"))),
            (
                "apps/web/overlays/prod/k.yaml",
                Some(("prod", "apps/web/overlays/prod")),
            ),
            ("apps/overlays/base/k.yaml", None),
            ("clusters/web.yaml", None),
            ("clusters/e u/web.yaml", None),
            ("web.yaml", None),
        ] {
            assert_eq!(cluster_of(file), cluster, "{file}");
        }
    }

    #[test]
    fn what_is_shared_is_named_by_the_outermost_folder_without_a_cluster() {
        let clusters = BTreeSet::from(["apps/web/overlays/eu", "clusters/eu"]);
        for (file, outermost_folder) in [
            ("mesh/istio/set.yaml", "mesh"),
            ("apps/web/base/web.yaml", "apps/web/base"),
            ("apps/api/web.yaml", "apps/api"),
            ("apps/notes.yaml", "apps/notes.yaml"),
            ("namespace.yaml", "namespace.yaml"),
        ] {
            assert_eq!(outermost(file, &clusters), outermost_folder, "{file}");
        }
    }
}
