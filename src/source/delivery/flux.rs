//! Flux: `Kustomization` (`fluxcd/kustomize-controller docs/spec/v1/kustomizations.md`) and `HelmRelease` (`fluxcd/helm-controller
//! docs/spec/v2/helmreleases.md`).

use std::collections::BTreeMap;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::chart::{ChartDelivery, OwnNamespace, ValuesSource};
use super::{DeliveredNamespace, Deliverer, Delivery, Reach, Reader, Variables, is_unfilled};
use crate::source::decode::{Node, write_json};
use crate::source::folder;

pub(super) const KUSTOMIZATION: &str = "Kustomization";
pub(super) const HELM_RELEASE: &str = "HelmRelease";
const KUSTOMIZE_GROUP: &str = "kustomize.toolkit.fluxcd.io";
const HELM_GROUP: &str = "helm.toolkit.fluxcd.io";

/// Fields of a Kustomization that change more of its objects than is read here.
const FURTHER_FIELDS: [&str; 8] = [
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "images",
    "components",
    "namePrefix",
    "nameSuffix",
    "commonMetadata",
];

pub(super) fn read(objects: &[Deliverer<'_>], reader: &mut Reader<'_>) {
    let kustomizations: Vec<&Deliverer<'_>> = objects
        .iter()
        .filter(|object| object.is(KUSTOMIZE_GROUP, KUSTOMIZATION))
        .collect();
    let sources = Sources::of(&kustomizations, reader);
    // Variables are often given to all Kustomizations at once, by a patch of the outermost.
    let are_patched = kustomizations.iter().any(|object| patches_variables(object));
    for object in kustomizations {
        kustomization(object, &sources, are_patched, reader);
    }
    for object in objects.iter().filter(|object| object.is(HELM_GROUP, HELM_RELEASE)) {
        helm_release(object, reader);
    }
}

fn patches_variables(object: &Deliverer<'_>) -> bool {
    let patches = object.root().at(&["spec", "patches"]);
    let mut patches = patches.into_iter().flat_map(Node::items);
    patches.any(|patch| patch.str_at(&["patch"]).is_some_and(|text| text.contains("postBuild")))
}

/// Whether the sources that Kustomizations read from are this repository: those are of which every path is here.
struct Sources {
    /// By kind and name: whether a path other than the root is here, and whether one is not.
    seen: BTreeMap<(String, String), (bool, bool)>,
}

impl Sources {
    fn of(kustomizations: &[&Deliverer<'_>], reader: &Reader<'_>) -> Self {
        let mut seen: BTreeMap<(String, String), (bool, bool)> = BTreeMap::new();
        for object in kustomizations {
            let Some(path) = path(object).filter(|path| !path.is_empty()) else {
                continue;
            };
            let (is_here, is_elsewhere) = seen.entry(source(object)).or_default();
            let exists = reader.found.known.exists(&path);
            *is_here |= exists;
            *is_elsewhere |= !exists;
        }
        Self { seen }
    }

    fn may_be_here(&self, object: &Deliverer<'_>) -> bool {
        self.seen.get(&source(object)) == Some(&(true, false))
    }
}

fn source(object: &Deliverer<'_>) -> (String, String) {
    let part = |key: &str| {
        object
            .root()
            .str_at(&["spec", "sourceRef", key])
            .unwrap_or("")
            .to_owned()
    };
    (part("kind"), part("name"))
}

/// `spec.path`, the root if there is none; `None` if it is still to be filled in.
fn path(object: &Deliverer<'_>) -> Option<String> {
    let path = object.root().str_at(&["spec", "path"]).unwrap_or("");
    if is_unfilled(path) {
        return None;
    }
    folder::join("", path)
}

fn kustomization(object: &Deliverer<'_>, sources: &Sources, are_patched: bool, reader: &mut Reader<'_>) {
    let title = "Flux Kustomization";
    let spec = object.root().get("spec");
    let at = |field: &str| spec.and_then(|spec| spec.get(field));
    let said = object.says_at(title, at("path"));
    let Some(folder) = path(object) else {
        reader.undecided(&said, "its path is still to be filled in");
        return;
    };
    if !reader.found.known.exists(&folder) {
        // Another repository's, or not among the paths to check.
        return;
    }
    if ["OCIRepository", "ExternalArtifact"].contains(&source(object).0.as_str()) {
        reader.undecided(
            &said,
            "its source is an artifact, whose folders need not be those of the repository",
        );
        return;
    }
    if folder.is_empty() && !sources.may_be_here(object) {
        reader.undecided(&said, "its path is the root of a repository that may be another one");
        return;
    }
    let further = reader.further(&said, &FURTHER_FIELDS, at);
    let namespace = match at("targetNamespace").map(|node| (node, node.as_str())) {
        None => DeliveredNamespace::AsWritten,
        Some((_, Some(name))) if !is_unfilled(name) => DeliveredNamespace::Override(name.to_owned()),
        Some((node, _)) => {
            let said = object.says_at(title, Some(node));
            reader.undecided(&said, "its target namespace is still to be filled in");
            DeliveredNamespace::OverrideUnknown
        }
    };
    let mut variables = Variables::of(object, &reader.config_maps);
    if are_patched {
        variables.may_be_more();
    }
    reader.found.folders.push(Delivery {
        folder,
        reach: Reach::Kustomize,
        said: match namespace {
            DeliveredNamespace::AsWritten => said,
            _ => object.says_at(title, at("targetNamespace")),
        },
        namespace,
        variables,
        further,
    });
}

fn helm_release(object: &Deliverer<'_>, reader: &mut Reader<'_>) {
    let root = object.root();
    let title = "HelmRelease";
    if let Some(reference) = root.at(&["spec", "chartRef"]) {
        // An OCIRepository never has a chart of this repository; a HelmChart may.
        if reference.str_at(&["kind"]) == Some("HelmChart") {
            let said = object.says_at(title, Some(reference));
            reader.undecided(&said, "another object says which chart it installs");
        }
        return;
    }
    let chart = root.at(&["spec", "chart", "spec"]);
    let path = chart.and_then(|chart| chart.get("chart"));
    let is_in_git = chart
        .and_then(|chart| chart.str_at(&["sourceRef", "kind"]))
        .is_some_and(|kind| {
            // A HelmRepository knows charts by name, not by path.
            matches!(kind, "GitRepository" | "Bucket")
        });
    let Some(written) = path.and_then(Node::as_str).filter(|_| is_in_git) else {
        return;
    };
    let said = object.says_at(title, path);
    if is_unfilled(written) {
        reader.undecided(&said, "the path of its chart is still to be filled in");
        return;
    }
    let folder = folder::join("", written).filter(|folder| reader.found.known.is_chart(folder));
    let Some(folder) = folder else {
        return;
    };
    let target = root
        .str_at(&["spec", "targetNamespace"])
        .filter(|name| !name.is_empty());
    // `fluxcd/helm-controller api/v2/helmrelease_types.go`, `GetReleaseNamespace`.
    let namespace = target.or_else(|| object.namespace());
    let release = release_name(object, target);
    let mut gap = None;
    let mut values = Vec::new();
    let files: Vec<Node<'_>> = values_files(chart).collect();
    let is_optional = chart.and_then(|chart| chart.get("ignoreMissingValuesFiles"));
    let is_optional = is_optional.and_then(Node::as_bool) == Some(true);
    for file in &files {
        // Relative to the source, not to the chart.
        let plain = file.as_str().filter(|file| !is_unfilled(file));
        match plain.and_then(|file| folder::join("", file)) {
            Some(name) if is_optional => values.push(ValuesSource::FileIfThere(name)),
            Some(name) => values.push(ValuesSource::File(name)),
            None => gap = Some("a file of its values is not plainly named, or not in this repository"),
        }
    }
    if let Some(inline) = root.at(&["spec", "values"]) {
        let mut text = String::new();
        write_json(inline, &mut text);
        // A template may reckon with what is not there yet.
        if is_unfilled(&text) {
            gap = Some("its values are still to be filled in");
        }
        values.push(ValuesSource::Inline(text));
    }
    if root.at(&["spec", "valuesFrom"]).is_some() {
        gap = Some("its valuesFrom names values that are not read");
    } else if root.at(&["spec", "postRenderers"]).is_some() {
        gap = Some("its postRenderers change what the chart renders");
    } else if target.is_some_and(is_unfilled) {
        gap = Some("its target namespace is still to be filled in");
    } else if release.is_none() {
        gap = Some("its name is still to be filled in");
    }
    if let Some(gap) = gap {
        reader.undecided(&said, gap);
    }
    reader.found.charts.push(ChartDelivery {
        chart: folder,
        release,
        namespace: namespace.filter(|name| !is_unfilled(name)).map(str::to_owned),
        values,
        // `fluxcd/source-controller api/v1/helmchart_types.go`, `ValuesFiles`.
        replaces_defaults: !files.is_empty(),
        gap: gap.map(str::to_owned),
        said,
        own: target.is_none().then(|| OwnNamespace {
            written: object.namespace().map(str::to_owned),
            is_rendered: object.is_rendered,
        }),
    });
}

fn values_files(chart: Option<Node<'_>>) -> impl Iterator<Item = Node<'_>> {
    let files = chart.and_then(|chart| chart.get("valuesFiles"));
    files.into_iter().flat_map(Node::items)
}

/// The name of the release; `None` if it is still to be filled in (`fluxcd/helm-controller api/v2/helmrelease_types.go`, `GetReleaseName`).
fn release_name(object: &Deliverer<'_>, target: Option<&str>) -> Option<String> {
    let written = object
        .root()
        .str_at(&["spec", "releaseName"])
        .filter(|name| !name.is_empty());
    let name = match (written, target) {
        (Some(name), _) => name.to_owned(),
        (None, Some(target)) => format!("{target}-{}", object.name()),
        (None, None) => object.name().to_owned(),
    };
    (!is_unfilled(&name) && !name.is_empty()).then(|| shortened(&name))
}

/// A name that Helm takes (`fluxcd/helm-controller internal/release/name.go`, `ShortenName`).
fn shortened(name: &str) -> String {
    const LONGEST: usize = 53;
    const HASH: usize = 12;
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let mut hash = String::new();
    for byte in Sha256::digest(name) {
        let _ = write!(hash, "{byte:02x}");
    }
    hash.truncate(HASH);
    // Names of Kubernetes are ASCII; another one Helm refuses anyhow.
    let beginning: String = name.chars().take(LONGEST - HASH - 1).collect();
    format!("{beginning}-{hash}")
}
