//! Runs of kustomize that have a schema of their own: what they take is built anew for them.

use std::collections::{BTreeMap, BTreeSet};

use super::Builder;
use super::accumulated::Accumulated;
use crate::source::decode::Node;
use crate::source::kustomize::allowance::Cost;
use crate::source::kustomize::graph::Graph;
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::Resources;
use crate::source::kustomize::schema::Known;
use crate::source::kustomize::schema::run::{BUILT_IN, Start, openapi};
use crate::source::kustomize::value::{FileId, Step};

/// A run of kustomize.
#[derive(Debug, Default)]
pub(super) struct Run<'b> {
    /// What is known of types, from where the schema is set on.
    schema: Known<'b>,
    /// The folders that are built before that, as in all other runs; `None` if nothing sets a schema.
    before: Option<BTreeSet<&'b str>>,
    /// What is built behind it.
    built: BTreeMap<&'b str, Result<Accumulated, Problem>>,
}

impl<'b> Run<'b> {
    /// Whether a folder is built for this run alone.
    fn is_own(&self, folder: &str) -> bool {
        self.before.as_ref().is_some_and(|before| !before.contains(folder))
    }

    /// What is known of types while a folder is built.
    pub(super) fn schema_of(&self, folder: &str) -> Known<'b> {
        if self.is_own(folder) {
            self.schema
        } else {
            Known::BuiltIn
        }
    }
}

/// The folders in whose runs a schema is set; `levels` has each behind those that it takes.
pub(super) fn with_schema<'b>(graph: &'b Graph, levels: &[Vec<&'b str>]) -> BTreeSet<&'b str> {
    let mut found = BTreeSet::new();
    for folder in levels.iter().flatten() {
        let Some(kustomization) = graph.kustomizations.get(*folder) else {
            continue;
        };
        let takes = kustomization.takes.iter();
        if openapi(kustomization).is_some() || takes.map(String::as_str).any(|taken| found.contains(taken)) {
            found.insert(*folder);
        }
    }
    found
}

impl<'b> Builder<'b> {
    /// What a folder makes for the one that takes it in a run.
    pub(super) fn taken<'r>(&'r self, run: &'r Run<'b>, folder: &str) -> Option<&'r Result<Accumulated, Problem>> {
        let own = run.built.get(folder).filter(|_| run.is_own(folder));
        own.or_else(|| self.built.get(folder))
    }

    /// The objects of a root in whose run a schema is set.
    pub(super) fn root_with_schema(&self, root: &'b str) -> (Cost, Result<Resources, Problem>) {
        let mut cost = Cost::default();
        let objects = self.build_with_schema(root, &mut cost);
        (cost, objects)
    }

    fn build_with_schema(&self, root: &'b str, cost: &mut Cost) -> Result<Resources, Problem> {
        let mut run = self.run_of(root)?;
        let taken = self.graph.reachable([root]);
        for folder in &self.order {
            if !taken.contains(folder) || !run.is_own(folder) || !self.is_built_for_others(folder) {
                continue;
            }
            let (spent, built) = self.accumulate_folder(folder, &run);
            cost.add(spent);
            self.allow(*cost, root)?;
            run.built.insert(folder, built);
        }
        let (spent, accumulated) = self.accumulate_folder(root, &run);
        cost.add(spent);
        let mut accumulated = accumulated?;
        self.finish(root, &mut accumulated)?;
        Ok(accumulated.resources)
    }

    /// The run that begins with a root.
    fn run_of(&self, root: &'b str) -> Result<Run<'b>, Problem> {
        let Some(start) = Start::of(self.graph, root) else {
            return Ok(Run::default());
        };
        let Some((folder, kustomization)) = self.graph.kustomizations.get_key_value(start.folder) else {
            return Ok(Run::default());
        };
        let (layer, own) = self.open(folder, kustomization, Known::BuiltIn)?;
        let Some(node) = openapi(kustomization) else {
            return Ok(Run::default());
        };
        let origin = layer.origin(node, Step::Resource);
        if let Some(twice) = start.twice {
            return Err(Problem::not_understood_at(
                &origin,
                format!("`{twice}` is built once before kustomize comes to the schema here, and once behind it"),
            ));
        }
        let schema = self.set_schema(node, own, &layer, start.is_first)?;
        Ok(Run {
            schema,
            before: Some(start.before),
            built: BTreeMap::new(),
        })
    }

    fn set_schema(
        &self,
        openapi: Node<'_>,
        root: Node<'_>,
        layer: &Layer<'_>,
        is_first: bool,
    ) -> Result<Known<'b>, Problem> {
        let file = read_path(root, layer)?;
        if let Some(version) = openapi.get("version") {
            let origin = layer.origin(version, Step::Resource);
            return match (file, version.as_str().unwrap_or_default()) {
                (Some(_), _) => Err(Problem::refused_at(
                    &origin,
                    "kustomize refuses `version` beside `path`: either a schema that it has, or one of a file",
                )),
                (None, BUILT_IN) => Ok(Known::BuiltIn),
                (None, other) => Err(Problem::refused_at(
                    &origin,
                    format!("kustomize 5.5 has no schema `{other}`; write `{BUILT_IN}`, or leave `openapi` away"),
                )),
            };
        }
        match file.and_then(|file| self.sources.schema(file)) {
            Some(Ok(schema)) if is_first => Ok(Known::Custom(schema)),
            Some(Ok(schema)) => Ok(Known::Mixed(schema)),
            Some(Err(problem)) => Err(problem.clone()),
            None => Err(Problem::not_understood_at(
                &layer.origin(openapi, Step::Resource),
                "a schema that was not foreseen",
            )),
        }
    }
}

/// The file that `openapi` names; kustomize reads it also where it passes over it.
pub(super) fn read_path(root: Node<'_>, layer: &Layer<'_>) -> Result<Option<FileId>, Problem> {
    let Some(path) = root.at(&["openapi", "path"]) else {
        return Ok(None);
    };
    let origin = layer.origin(path, Step::Resource);
    let written = path.as_str().unwrap_or_default();
    if written.is_empty() {
        return Err(Problem::not_understood_at(&origin, "an empty `path`"));
    }
    if written.contains("://") {
        return Err(Problem::undecided_at(
            &origin,
            format!("`{written}` is fetched over the network, which only `--allow-remote` allows"),
        ));
    }
    layer.file_at(path).map(Some)
}

/// Refuses to go on with an object of whose kind only the schema says that it has no namespace.
pub(super) fn check_scopes(resources: &Resources, schema: Known<'_>) -> Result<(), Problem> {
    let Some(schema) = schema.custom() else { return Ok(()) };
    let is_odd = |kind: &str, api_version: &str| {
        schema.is_cluster_scoped(api_version, kind)
            && !crate::source::kustomize::cluster_scoped::is_certainly(api_version, kind)
    };
    match resources
        .iter()
        .find(|resource| is_odd(resource.kind(), resource.api_version()))
    {
        Some(resource) => Err(Problem::not_understood_at(
            &resource.value.origin,
            format!("the schema of `openapi` says that {} has no namespace", resource.kind()),
        )),
        None => Ok(()),
    }
}
