//! Which schema holds where in a run of kustomize.

use std::collections::{BTreeMap, BTreeSet};

use super::{Known, Schema};

use crate::source::decode::Node;
use crate::source::folder::join_relative;
use crate::source::kustomize::graph::{Graph, Kustomization, PLUGINS, RESOURCES};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::plugin;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::sources::Sources;
use crate::source::kustomize::value::FileId;

/// The one schema that kustomize has built in beside the newest (kyaml v0.18.1 `openapi/kubernetesapi/openapiinfo.go`).
pub(in crate::source::kustomize) const BUILT_IN: &str = "v1.21.2";

/// Where a run gets its schema.
#[derive(Debug)]
pub struct Start<'g> {
    /// The folder whose kustomization sets it.
    pub folder: &'g str,
    /// Whether kustomize has read nothing else before.
    pub is_first: bool,
    /// The folders that are built before.
    pub before: BTreeSet<&'g str>,
    /// A folder that is built before, and once more behind.
    pub twice: Option<&'g str>,
}

/// What a kustomization says under `openapi`, if that sets a schema.
#[must_use]
pub fn openapi(kustomization: &Kustomization) -> Option<Node<'_>> {
    let node = kustomization.root()?.get("openapi")?;
    let says = node.get("path").is_some() || node.str_at(&["version"]).is_some_and(|version| !version.is_empty());
    says.then_some(node)
}

/// The schemas of the files that kustomizations name, each read once, where they can be read.
#[must_use]
pub fn schemas(graph: &Graph, sources: &Sources) -> BTreeMap<FileId, Result<Schema, Problem>> {
    let mut schemas = BTreeMap::new();
    for (folder, kustomization) in &graph.kustomizations {
        let path = openapi(kustomization).and_then(|node| node.get("path"));
        let own = kustomization
            .files
            .first()
            .and_then(|decoded| sources.find(decoded.file.path()));
        let Some((path, file)) = path.zip(own) else { continue };
        let layer = Layer {
            sources,
            file,
            folder,
            schema: Known::BuiltIn,
        };
        if let Ok(file) = layer.file_at(path) {
            schemas.entry(file).or_insert_with(|| Schema::read(file, &layer));
        }
    }
    schemas
}

/// What a kustomization takes, in the order in which kustomize reads it: a folder, or nothing for what is none.
fn takes<'g>(graph: &'g Graph, folder: &str, kustomization: &'g Kustomization) -> Vec<Option<&'g str>> {
    let Some(root) = kustomization.root() else {
        return Vec::new();
    };
    let [generators, transformers] = PLUGINS;
    let fields = RESOURCES
        .into_iter()
        .chain([generators, "components", transformers, "validators"]);
    let items = fields.filter_map(|field| root.get(field)).flat_map(Node::items);
    let found = items.map(|item| {
        let written = item.as_str().filter(|written| !plugin::is_inline(written))?;
        let name = join_relative(folder, written)?;
        let (folder, _) = graph.kustomizations.get_key_value(&name)?;
        Some(folder.as_str())
    });
    found.collect()
}

impl<'g> Start<'g> {
    /// Looks for the kustomization that sets the schema of a run which begins with this folder.
    #[must_use]
    pub fn of(graph: &'g Graph, root: &'g str) -> Option<Self> {
        let mut start: Option<Self> = None;
        let mut done = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut is_first = true;
        // What is still to be read, the next one last; a folder with `true` is read to its end.
        let mut pending = vec![(Some(root), false)];
        while let Some((folder, is_end)) = pending.pop() {
            let Some(folder) = folder else {
                is_first = false;
                continue;
            };
            if is_end {
                is_first = false;
                done.insert(folder);
                continue;
            }
            if let Some(start) = &mut start
                && start.before.contains(folder)
            {
                start.twice = Some(folder);
            }
            if !seen.insert(folder) {
                continue;
            }
            let Some(kustomization) = graph.kustomizations.get(folder) else {
                continue;
            };
            if start.is_none() && openapi(kustomization).is_some() {
                start = Some(Self {
                    folder,
                    is_first,
                    before: done.clone(),
                    twice: None,
                });
            }
            pending.push((Some(folder), true));
            let takes = takes(graph, folder, kustomization);
            pending.extend(takes.into_iter().rev().map(|folder| (folder, false)));
        }
        start
    }
}
