//! Whether another program may build a kustomization: it is asked only if all that it would do is to read the repository.

use std::collections::HashSet;
use std::sync::Arc;

use super::Permissions;
use crate::source::decode::{self, Decoded, Node, Style};
use crate::source::folder::join_relative;
use crate::source::kustomize::build::is_remote;
use crate::source::kustomize::go_struct::is_same_to_go;
use crate::source::kustomize::graph::{Graph, Kustomization};
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::sources::Sources;
use crate::source::kustomize::value::{Origin, Step};
use crate::source::kustomize::{fields, generate};
use crate::source::text::Span;

/// Refuses what goes beyond the permissions.
///
/// # Errors
/// A URL, a chart, a program, a path that is not in the repository, or a field that hides such a thing.
pub(super) fn check(folder: &str, graph: &Graph, sources: &Sources, permissions: Permissions) -> Result<(), Problem> {
    let folders = graph.reachable([folder]).into_iter().chain([folder]);
    for (folder, kustomization) in folders.filter_map(|folder| graph.kustomizations.get_key_value(folder)) {
        for decoded in &kustomization.files {
            let trees = decoded.documents.iter().filter_map(|document| document.tree.as_ref());
            for tree in trees {
                check_spelling(tree.root(), sources)?;
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

/// The fields whose entries name files, and the names of the fields there that do.
const WITH_PATHS: [(&str, &[&str]); 6] = [
    ("configMapGenerator", &OF_GENERATORS),
    ("openapi", &["path"]),
    ("patches", &["path"]),
    ("patchesJson6902", &["path"]),
    ("replacements", &["path"]),
    ("secretGenerator", &OF_GENERATORS),
];
const OF_GENERATORS: [&str; 3] = ["env", "envs", "files"];

/// What is looked for below are the fields as they are documented. Go's JSON reader takes them in any case, so that a path would not be
/// looked at that kustomize reads.
fn check_spelling(root: Node<'_>, sources: &Sources) -> Result<(), Problem> {
    let other_case = |node: Node<'_>, key: &str, name: &str| {
        undecided(
            node,
            sources,
            format!("`{key}` in another case than the documentation has it; write `{name}`"),
        )
    };
    for entry in root.entries() {
        let key = entry.key();
        if fields::NAMES.contains(&key) {
            continue;
        }
        return Err(match fields::NAMES.iter().find(|name| is_same_to_go(key, name)) {
            Some(name) => other_case(entry.value(), key, name),
            None => undecided(
                entry.value(),
                sources,
                format!("`{key}` is no field of a kustomization, and no other program is asked what it may do"),
            ),
        });
    }
    for (field, names) in WITH_PATHS {
        let node = root.get(field);
        let mappings = node.into_iter().chain(node.into_iter().flat_map(Node::items));
        for entry in mappings.flat_map(Node::entries) {
            let key = entry.key();
            if let Some(name) = names.iter().find(|name| **name != key && is_same_to_go(key, name)) {
                return Err(other_case(entry.value(), key, name));
            }
        }
    }
    Ok(())
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
    let all = LISTS
        .into_iter()
        .flat_map(list)
        .chain(paths)
        .chain(root.at(&["openapi", "path"]))
        .map(|node| (node, node.as_str().unwrap_or_default().to_owned()))
        .chain(generate::wanted_data(root));
    let may_be_text: HashSet<Span> = TEXTS.into_iter().flat_map(list).map(Node::span).collect();
    for (node, path) in all {
        let written = node.as_str().unwrap_or_default();
        if written.contains('\n') && may_be_text.contains(&node.span()) {
            continue;
        }
        if is_remote(&path) || is_remote(written) {
            if permissions.remote {
                continue;
            }
            return Err(fetched(node, written, sources));
        }
        if join_relative(folder, &path).is_none() {
            return Err(undecided(
                node,
                sources,
                format!("`{written}` lies outside the repository, and is not read"),
            ));
        }
    }
    Ok(())
}

fn fetched(node: Node<'_>, written: &str, sources: &Sources) -> Problem {
    undecided(
        node,
        sources,
        format!("`{written}` is fetched over the network; `--allow-remote` lets another program do so"),
    )
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
    for entry in PLUGINS
        .into_iter()
        .filter_map(|field| root.get(field))
        .flat_map(Node::items)
    {
        let configuration = configuration(entry, folder, sources);
        let documents = configuration.as_ref().map(|decoded| decoded.documents.as_slice());
        let trees = documents
            .unwrap_or_default()
            .iter()
            .map(|document| document.tree.as_ref());
        let roots: Vec<Option<Node<'_>>> = trees.map(|tree| tree.map(|tree| tree.root())).collect();
        if !permissions.remote
            && let Some(path) = roots.iter().flatten().find_map(|root| fetched_by_plugin(*root))
        {
            return Err(fetched(entry, &path, sources));
        }
        let is_builtin = !roots.is_empty() && roots.iter().all(|root| root.is_some_and(is_builtin));
        if !permissions.programs && !is_builtin {
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

/// What configures a plugin: it stands in the kustomization, or in a file that this names.
fn configuration(entry: Node<'_>, folder: &str, sources: &Sources) -> Option<Arc<Decoded>> {
    let written = entry.as_str()?;
    if written.contains('\n') {
        return Some(Arc::new(decode::decode_str("", written)));
    }
    let file = sources.find(&join_relative(folder, written)?)?;
    sources.decoded(file).cloned()
}

/// What a plugin of kustomize's own would fetch: their fields for files are those of kustomizations, and `paths`
/// (kustomize api v0.18.0 `internal/builtins`).
fn fetched_by_plugin(root: Node<'_>) -> Option<String> {
    let names_files = |key: &str| {
        let mut names = OF_GENERATORS.into_iter().chain(["path", "paths"]);
        names.any(|name| is_same_to_go(key, name))
    };
    let is_fetched = |node: &Node<'_>| {
        let written = node.as_str().unwrap_or_default();
        let path = written.split_once('=').map_or(written, |(_, path)| path);
        is_remote(written) || is_remote(path)
    };
    let mut pending = vec![root];
    while let Some(node) = pending.pop() {
        for entry in node.entries().filter(|entry| names_files(entry.key())) {
            let value = entry.value();
            let mut paths = std::iter::once(value).chain(value.items());
            if let Some(path) = paths.find(is_fetched) {
                return path.as_str().map(str::to_owned);
            }
        }
        pending.extend(node.entries().map(decode::Entry::value));
        pending.extend(node.items());
    }
    None
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
        // A list is taken apart.
        && root.get("items").is_none()
        && !root.str_at(&["kind"]).is_some_and(|kind| kind.contains("Helm"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::disk::InMemory;
    use crate::source::kustomize::rendering::collect_sources;

    /// What stands against another program building `app`, beside which there is a file `x.yaml` with this text.
    fn refusal(kustomization: &str, text: &str, permissions: Permissions) -> Option<String> {
        let name = "app/kustomization.yaml";
        let files = [(name, kustomization), ("app/x.yaml", text), ("app/a.yaml", "{kind: A}")];
        let files = InMemory {
            files: files.map(|(name, text)| (name.to_owned(), text.into())).into(),
        };
        let decoded = Arc::new(decode::decode(name, kustomization.into()));
        let graph = Graph::of(vec![decoded], &files);
        let sources = collect_sources(&graph, &files, |_| None);
        let problem = check("app", &graph, &sources, permissions).err()?;
        assert!(problem.spot.is_some(), "{}", problem.message);
        Some(problem.message)
    }

    #[test]
    fn paths_that_lead_to_the_network_or_out_of_the_repository_are_found_however_they_are_written() {
        let fetched = "is fetched over the network";
        let outside = "lies outside the repository";
        let other_case = "in another case";
        for (kustomization, due) in [
            ("resources: [a.yaml]", None),
            ("resources: [http://localhost/x]", Some(fetched)),
            ("resources: [HTTP://localhost/x]", Some(fetched)),
            ("resources: [!!binary aHR0cDovL2xvY2FsaG9zdC94]", Some(fetched)),
            ("resources: [GitHub.com/a/b]", Some(fetched)),
            ("resources: [deploy@example.com:a/b]", Some(fetched)),
            ("resources: [org-1@example.com/a/b]", Some(fetched)),
            (
                "configMapGenerator: [{name: g, files: ['k=http://localhost/x']}]",
                Some(fetched),
            ),
            ("resources: ['../../=b/../c']", Some(outside)),
            ("patches: [{path: ../../x}]", Some(outside)),
            ("configMapGenerator: [{name: g, files: ['k=../../x']}]", Some(outside)),
            // Go reads fields in any case.
            ("Resources: [http://localhost/x]", Some(other_case)),
            ("re\u{17f}ource\u{17f}: [../../x]", Some(other_case)),
            ("patches: [{Path: ../../x}]", Some(other_case)),
            ("openapi: {PATH: ../../x}", Some(other_case)),
            ("secretGenerator: [{name: g, ENVS: [../../x]}]", Some(other_case)),
            ("commonLabels: {Path: a, ENV: b}", None),
            ("surprise: [../../x]", Some("is no field of a kustomization")),
        ] {
            let found = refusal(kustomization, "{}", Permissions::default());
            let is_due = found
                .as_deref()
                .map_or(due.is_none(), |found| due.is_some_and(|due| found.contains(due)));
            assert!(is_due, "{kustomization}: {found:?}");
        }
        let remote = Permissions {
            remote: true,
            programs: false,
        };
        assert_eq!(refusal("resources: [http://localhost/x]", "{}", remote), None);
    }

    #[test]
    fn plugins_of_kustomizes_own_may_read_the_repository_and_nothing_else() {
        let builtin =
            |kind: &str, rest: &str| format!("apiVersion: builtin\nkind: {kind}\nmetadata: {{name: p}}\n{rest}\n");
        for (text, due) in [
            (builtin("LabelTransformer", "labels: {a: 'http://localhost/x'}"), None),
            (builtin("ConfigMapGenerator", "files: [a.yaml]"), None),
            (
                builtin("ConfigMapGenerator", "files: ['k=http://localhost/x']"),
                Some("network"),
            ),
            (
                builtin("ConfigMapGenerator", "Envs: [https://localhost/x]"),
                Some("network"),
            ),
            (
                builtin("PatchTransformer", "path: !!binary aHR0cDovL2xvY2FsaG9zdC94"),
                Some("network"),
            ),
            (
                builtin("PatchStrategicMergeTransformer", "paths: [http://localhost/x]"),
                Some("network"),
            ),
            (
                builtin("ReplacementTransformer", "replacements: [{path: http://localhost/x}]"),
                Some("network"),
            ),
            (
                builtin("HelmChartInflationGenerator", "name: c"),
                Some("may run a program"),
            ),
            (
                builtin("List", "items: [{apiVersion: someteam/v1, kind: Run}]"),
                Some("may run a program"),
            ),
            (
                "{apiVersion: someteam/v1, kind: Run}".to_owned(),
                Some("may run a program"),
            ),
        ] {
            let inline = format!("  {}\n", text.trim_end().replace('\n', "\n  "));
            for kustomization in [
                "transformers: [x.yaml]".to_owned(),
                format!("generators:\n- |\n{inline}"),
            ] {
                let found = refusal(&kustomization, &text, Permissions::default());
                let is_due = found
                    .as_deref()
                    .map_or(due.is_none(), |found| due.is_some_and(|due| found.contains(due)));
                // A text of one line is a path.
                assert!(is_due || text.starts_with('{'), "{kustomization} {text}: {found:?}");
            }
        }
    }
}
