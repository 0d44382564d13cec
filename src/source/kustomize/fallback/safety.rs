//! Whether another program may build a kustomization: it is asked only if all that it would do is to read the repository.

use std::collections::HashSet;

use super::Permissions;
use crate::source::decode::{Node, Style};
use crate::source::folder::join_relative;
use crate::source::kustomize::build::is_remote;
use crate::source::kustomize::generate;
use crate::source::kustomize::graph::{Graph, Kustomization};
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::sources::Sources;
use crate::source::kustomize::value::{Origin, Step};
use crate::source::text::Span;

/// Refuses what goes beyond the permissions.
///
/// # Errors
/// A URL, a chart, a program, or a path that is not in the repository.
pub(super) fn check(folder: &str, graph: &Graph, sources: &Sources, permissions: Permissions) -> Result<(), Problem> {
    let folders = graph.reachable([folder]).into_iter().chain([folder]);
    for (folder, kustomization) in folders.filter_map(|folder| graph.kustomizations.get_key_value(folder)) {
        for decoded in &kustomization.files {
            let trees = decoded.documents.iter().filter_map(|document| document.tree.as_ref());
            for tree in trees {
                check_paths(tree.root(), folder, sources, permissions)?;
                check_plugins(tree.root(), folder, kustomization, sources, permissions)?;
            }
        }
    }
    Ok(())
}

fn origin(node: Node<'_>, sources: &Sources) -> Option<Origin> {
    let file = sources.find(node.file().path())?;
    Some(Origin::new(file, node.span(), Style::Plain, Step::Resource))
}

fn undecided(node: Node<'_>, sources: &Sources, message: String) -> Problem {
    match origin(node, sources) {
        Some(origin) => Problem::undecided_at(&origin, message),
        None => Problem::not_understood(message),
    }
}

const LISTS: [&str; 9] = [
    "resources",
    "bases",
    "components",
    "configurations",
    "crds",
    "generators",
    "transformers",
    "validators",
    "patchesStrategicMerge",
];

/// The lists in which what is no path may stand itself; what stands elsewhere is a path even if it has several lines.
const TEXTS: [&str; 4] = ["generators", "transformers", "validators", "patchesStrategicMerge"];

fn check_paths(root: Node<'_>, folder: &str, sources: &Sources, permissions: Permissions) -> Result<(), Problem> {
    let list = |field: &'static str| root.get(field).into_iter().flat_map(Node::items);
    let paths = ["patches", "patchesJson6902", "replacements"]
        .into_iter()
        .flat_map(list)
        .filter_map(|item| item.get("path"));
    let of_generators = generate::wanted_data(root).into_iter().map(|(node, _)| node);
    let all = LISTS
        .into_iter()
        .flat_map(list)
        .chain(paths)
        .chain(root.at(&["openapi", "path"]))
        .chain(of_generators);
    let may_be_text: HashSet<Span> = TEXTS.into_iter().flat_map(list).map(Node::span).collect();
    for node in all {
        let written = node.as_str().unwrap_or_default();
        if written.contains('\n') && may_be_text.contains(&node.span()) {
            continue;
        }
        if is_remote(written) {
            if permissions.remote {
                continue;
            }
            return Err(undecided(
                node,
                sources,
                format!("`{written}` is fetched over the network; `--allow-remote` lets another program do so"),
            ));
        }
        let path = written.split_once('=').map_or(written, |(_, path)| path);
        if join_relative(folder, path).is_none() {
            return Err(undecided(
                node,
                sources,
                format!("`{written}` lies outside the repository, and is not read"),
            ));
        }
    }
    Ok(())
}

/// Fields whose entries may be programs; kustomize's own transformers say that they are built in.
const PLUGINS: [&str; 3] = ["generators", "transformers", "validators"];

fn check_plugins(
    root: Node<'_>,
    folder: &str,
    kustomization: &Kustomization,
    sources: &Sources,
    permissions: Permissions,
) -> Result<(), Problem> {
    for field in ["helmCharts", "helmChartInflationGenerator"] {
        if let Some(charts) = root.get(field).filter(|charts| charts.items().len() > 0) {
            return Err(undecided(
                charts,
                sources,
                format!("`{field}`: kustomize fetches charts, and has Helm render them"),
            ));
        }
    }
    if permissions.programs {
        return Ok(());
    }
    for entry in PLUGINS
        .into_iter()
        .filter_map(|field| root.get(field))
        .flat_map(Node::items)
    {
        let written = entry.as_str().unwrap_or_default();
        let is_builtin = if written.contains('\n') {
            let decoded = crate::source::decode::decode_str("", written);
            decoded
                .documents
                .iter()
                .all(|document| document.tree.as_ref().is_some_and(|tree| is_builtin(tree.root())))
        } else {
            join_relative(folder, written)
                .and_then(|name| sources.find(&name))
                .is_some_and(|file| {
                    let documents = sources
                        .decoded(file)
                        .map(|decoded| decoded.documents.as_slice())
                        .unwrap_or_default();
                    let mut trees = documents.iter().map(|document| document.tree.as_ref());
                    !documents.is_empty() && trees.all(|tree| tree.is_some_and(|tree| is_builtin(tree.root())))
                })
        };
        if !is_builtin {
            let is_component = if kustomization.is_component {
                "component"
            } else {
                "kustomization"
            };
            return Err(undecided(
                entry,
                sources,
                format!("this {is_component} may run a program; `--allow-exec` lets another program do so"),
            ));
        }
    }
    Ok(())
}

/// Whether the configuration of a transformer asks for one of kustomize's own.
fn is_builtin(root: Node<'_>) -> bool {
    let annotations = root.at(&["metadata", "annotations"]);
    let names_function = annotations
        .into_iter()
        .flat_map(Node::entries)
        .any(|entry| entry.key().starts_with("config.kubernetes.io/") || entry.key().starts_with("config.k8s.io/"));
    root.str_at(&["apiVersion"]) == Some("builtin")
        && !names_function
        && !root.str_at(&["kind"]).is_some_and(|kind| kind.contains("Helm"))
}
