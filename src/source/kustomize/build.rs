//! A kustomization and all that it takes, built in kustomize's order
//! (kustomize api v0.18.0 `internal/target/kusttarget.go`, `kusttarget_configplugin.go`).

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::configuration::Configuration;
use super::graph::{Graph, Kustomization, RESOURCES};
use super::layer::Layer;
use super::problem::Problem;
use super::resource::Resources;
use super::sources::Sources;
use super::transform::{annotations, images, labels, name, namespace, replicas};
use super::value::{FileId, Origin, Step};
use super::variable::{self, Variable};
use super::{fields, finish, generate, hash, name_reference, patch, replacement};
use crate::source::decode::{FaultKind, Node, Style};
use crate::source::folder::join_relative;
use crate::source::limits;
use crate::source::text::Span;

/// What a kustomization makes for the one that takes it.
#[derive(Debug, Clone, Default)]
pub(super) struct Accumulated {
    pub(super) resources: Resources,
    pub(super) configuration: Configuration,
    pub(super) variables: Vec<Variable>,
}

impl Accumulated {
    fn merge(&mut self, base: &Self) -> Result<(), Problem> {
        self.resources.append_all(&base.resources)?;
        self.configuration.merge(&base.configuration)?;
        variable::merge_sets(&mut self.variables, &base.variables)
    }
}

/// All kustomizations of a graph, built from the bottom up, each once.
#[derive(Debug)]
pub struct Builder<'b> {
    graph: &'b Graph,
    sources: &'b Sources,
    built: BTreeMap<&'b str, Result<Accumulated, Problem>>,
}

impl<'b> Builder<'b> {
    /// Builds what the roots take, and the roots themselves up to their last steps.
    #[must_use]
    pub fn new(graph: &'b Graph, sources: &'b Sources) -> Self {
        let mut builder = Self {
            graph,
            sources,
            built: BTreeMap::new(),
        };
        let (levels, circles) = graph.levels();
        let mut objects = 0;
        for (depth, level) in levels.into_iter().enumerate() {
            let built: Vec<_> = level
                .into_iter()
                .filter(|folder| {
                    graph
                        .kustomizations
                        .get(*folder)
                        .is_some_and(|known| !known.is_component)
                })
                .map(|folder| {
                    objects += builder.objects_taken(folder);
                    (
                        folder,
                        depth <= limits::KUSTOMIZATION_LEVELS && objects <= limits::RENDERED_OBJECTS_IN_ALL,
                    )
                })
                .collect::<Vec<_>>()
                .into_par_iter()
                .map(|(folder, is_within_limits)| {
                    let built = if is_within_limits {
                        builder.accumulate_folder(folder)
                    } else {
                        Err(builder.too_many(folder))
                    };
                    (folder, built)
                })
                .collect();
            builder.built.extend(built);
        }
        for folder in circles {
            let problem = builder.circle(folder);
            builder.built.insert(folder, Err(problem));
        }
        builder
    }

    /// The objects of a root, with their last names.
    ///
    /// # Errors
    /// Why it was not built.
    pub fn root(&self, folder: &str) -> Result<Resources, Problem> {
        let Some((folder, kustomization)) = self.graph.kustomizations.get_key_value(folder) else {
            return Err(Problem::refused("there is no kustomization in this folder"));
        };
        let Accumulated {
            mut resources,
            configuration,
            variables,
        } = match self.built.get(folder.as_str()) {
            Some(built) => built.clone()?,
            // A component builds alone, too.
            None => self.accumulate_folder(folder)?,
        };
        let (layer, root) = self.open(folder, kustomization)?;
        hash::add_hashes(&mut resources)?;
        name_reference::fix_references(&mut resources, &configuration, self.sources)?;
        variable::resolve(&mut resources, &variables, &configuration, self.sources)?;
        finish::finish(&mut resources, &layer, root)?;
        Ok(resources)
    }

    /// How many objects the folders that this one takes have made.
    fn objects_taken(&self, folder: &str) -> usize {
        let takes = self
            .graph
            .kustomizations
            .get(folder)
            .into_iter()
            .flat_map(|known| &known.takes);
        takes
            .filter_map(|taken| self.built.get(taken.as_str())?.as_ref().ok())
            .map(|built| built.resources.len())
            .sum()
    }

    fn too_many(&self, folder: &str) -> Problem {
        let problem = Problem::too_large(format!(
            "the kustomizations of this repository make more than {} objects in all, or take one another over more than {} steps",
            limits::RENDERED_OBJECTS_IN_ALL,
            limits::KUSTOMIZATION_LEVELS
        ));
        self.whole_file(folder)
            .map_or(problem.clone(), |origin| problem.or_at(&origin))
    }

    fn file_id(&self, kustomization: &Kustomization) -> Option<FileId> {
        self.sources.find(kustomization.files.first()?.file.path())
    }

    fn whole_file(&self, folder: &str) -> Option<Origin> {
        let kustomization = self.graph.kustomizations.get(folder)?;
        let span = kustomization.root().map_or(Span::default(), Node::span);
        Some(Origin::new(
            self.file_id(kustomization)?,
            span,
            Style::Block,
            Step::Resource,
        ))
    }

    /// The kustomization of a folder, once it is certain that it is one.
    fn open(&self, folder: &'b str, kustomization: &'b Kustomization) -> Result<(Layer<'b>, Node<'b>), Problem> {
        let Some(file) = self.file_id(kustomization) else {
            return Err(Problem::refused("the kustomization cannot be read"));
        };
        let layer = Layer {
            sources: self.sources,
            file,
            folder,
        };
        if let [one, other, ..] = kustomization.files.as_slice() {
            let message = format!(
                "kustomize refuses a folder with two kustomizations: `{}` and `{}`",
                one.file.path(),
                other.file.path()
            );
            return Err(Problem::refused_at(
                &Origin::new(file, Span::default(), Style::Block, Step::Resource),
                message,
            ));
        }
        let refusal = kustomization.files.first().and_then(|decoded| {
            let mut faults = decoded.faults.iter();
            faults.find(|fault| fault.kind.is_refusal() && fault.kind != FaultKind::InvalidMetadata)
        });
        if let Some(fault) = refusal {
            return Err(Problem::refused_at(
                &Origin::new(file, fault.span, Style::Plain, Step::Resource),
                format!("this kustomization cannot be read: {}", fault.message),
            ));
        }
        let Some(root) = kustomization.root() else {
            return Err(Problem::refused_at(
                &Origin::new(file, Span::default(), Style::Block, Step::Resource),
                "kustomize refuses an empty kustomization",
            ));
        };
        fields::check(root, &layer)?;
        Ok((layer, root))
    }

    fn accumulate_folder(&self, folder: &'b str) -> Result<Accumulated, Problem> {
        for taken in self.graph.reachable(folder) {
            if is_at_or_above(taken, folder) {
                return Err(self.circle(folder));
            }
        }
        self.accumulate(folder, Accumulated::default(), 0)
    }

    fn circle(&self, folder: &str) -> Problem {
        let problem = Problem::refused(
            "kustomizations go round in a circle here: one of those that this one takes takes this folder, or one above it",
        );
        match self.whole_file(folder) {
            Some(origin) => problem.or_at(&origin),
            None => problem,
        }
    }

    /// Carries out one kustomization. A component goes on with what the one that takes it has so far.
    fn accumulate(&self, folder: &'b str, mut into: Accumulated, depth: usize) -> Result<Accumulated, Problem> {
        let Some((folder, kustomization)) = self.graph.kustomizations.get_key_value(folder) else {
            return Err(Problem::refused(format!("there is no kustomization in `{folder}`")));
        };
        if depth > limits::COMPONENT_DEPTH {
            return Err(Problem::too_large(format!(
                "more than {} components within one another",
                limits::COMPONENT_DEPTH
            )));
        }
        let (layer, root) = self.open(folder, kustomization)?;
        refuse_plugins(root, &layer)?;
        for path in RESOURCES
            .into_iter()
            .filter_map(|field| root.get(field))
            .flat_map(Node::items)
        {
            self.take(&mut into, path, &layer)?;
        }
        // Those of files are merged with one another first.
        let mut of_files = Configuration::default();
        for path in root.get("configurations").into_iter().flat_map(Node::items) {
            of_files.merge(&Configuration::read(&layer, path)?)?;
        }
        let mut own = Configuration::default_of_kustomize();
        own.merge(&of_files)?;
        into.configuration.merge(&own)?;
        generate::generate(&mut into.resources, &layer, root)?;
        for path in root.get("components").into_iter().flat_map(Node::items) {
            into = self.take_component(into, path, &layer, depth)?;
        }
        transform(&mut into, root, &layer)?;
        if let Some(list) = root.get("vars") {
            variable::merge(&mut into.variables, &mut into.resources, &layer, list)?;
        }
        Ok(into)
    }

    fn take(&self, into: &mut Accumulated, path: Node<'_>, layer: &Layer<'_>) -> Result<(), Problem> {
        let written = path.as_str().unwrap_or_default();
        let origin = layer.origin(path, Step::Resource);
        if let Some(name) = join_relative(layer.folder, written) {
            if self.sources.find(&name).is_some() {
                for resource in layer.resources_at(path, Step::Resource)? {
                    into.resources.append(resource)?;
                }
                return bounded(into);
            }
            if let Some((folder, base)) = self.graph.kustomizations.get_key_value(&name) {
                if base.is_component {
                    return Err(Problem::refused_at(
                        &origin,
                        format!("`{folder}` is a component; kustomize takes it under `components` only"),
                    ));
                }
                return match self.built.get(folder.as_str()) {
                    Some(Ok(built)) => into.merge(built).and_then(|()| bounded(into)),
                    Some(Err(problem)) => Err(problem.clone()),
                    None => Err(self.circle(layer.folder)),
                };
            }
        }
        Err(unknown_resource(written, &origin, layer))
    }

    fn take_component(
        &self,
        into: Accumulated,
        path: Node<'_>,
        layer: &Layer<'_>,
        depth: usize,
    ) -> Result<Accumulated, Problem> {
        let written = path.as_str().unwrap_or_default();
        let origin = layer.origin(path, Step::Resource);
        let component = join_relative(layer.folder, written)
            .and_then(|name| self.graph.kustomizations.get_key_value(&name))
            .ok_or_else(|| unknown_resource(written, &origin, layer))?;
        let (folder, kustomization) = component;
        if !kustomization.is_component {
            return Err(Problem::refused_at(
                &origin,
                format!("`{folder}` is no component; write `kind: Component` there, or take it under `resources`"),
            ));
        }
        self.accumulate(folder, into, depth + 1)
    }
}

/// Whether `folder` is `other`, or holds it.
fn is_at_or_above(folder: &str, other: &str) -> bool {
    folder.is_empty() || other == folder || other.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

fn bounded(accumulated: &Accumulated) -> Result<(), Problem> {
    if accumulated.resources.len() > limits::RENDERED_OBJECTS {
        return Err(Problem::too_large(format!(
            "one kustomization makes more than {} objects",
            limits::RENDERED_OBJECTS
        )));
    }
    Ok(())
}

/// Fields that bring in programs, or rules that this code does not have.
fn refuse_plugins(root: Node<'_>, layer: &Layer<'_>) -> Result<(), Problem> {
    for (field, why) in [
        ("helmCharts", "charts are rendered by Helm"),
        ("helmChartInflationGenerator", "charts are rendered by Helm"),
        ("generators", "a generator of its own may run a program"),
        ("transformers", "a transformer of its own may run a program"),
        ("validators", "a validator of its own may run a program"),
        ("openapi", "a schema of its own changes how patches merge"),
        ("crds", "definitions that change how names and patches are followed"),
    ] {
        let Some(node) = root.get(field) else { continue };
        if node.items().len() > 0 || node.entries().len() > 0 {
            return Err(Problem::not_understood_at(
                &layer.origin(node, Step::Resource),
                format!("`{field}`: {why}"),
            ));
        }
    }
    Ok(())
}

fn unknown_resource(written: &str, origin: &Origin, layer: &Layer<'_>) -> Problem {
    if is_remote(written) {
        return Problem::undecided_at(
            origin,
            format!("`{written}` is fetched over the network, which only `--allow-remote` allows"),
        );
    }
    match join_relative(layer.folder, written) {
        None => Problem::refused_at(
            origin,
            format!("`{written}` lies outside the repository, and is not read"),
        ),
        Some(name) if layer.sources.is_link(&name) => Problem::undecided_at(
            origin,
            format!("`{written}` is reached by a link, and links are not followed"),
        ),
        Some(_) => Problem::refused_at(
            origin,
            format!(
                "kustomize finds nothing to take at `{written}`: neither a file, nor a folder with a kustomization"
            ),
        ),
    }
}

/// Whether kustomize would take it for a URL, or for a repository to clone (kustomize api v0.18.0 `internal/git/repospec.go`).
pub(super) fn is_remote(path: &str) -> bool {
    path.contains("://")
        || path.starts_with("git@")
        || path.starts_with("git::")
        || path.starts_with("github.com")
        || path.contains("?ref=")
        || path.contains(".git/")
        || path.rsplit('.').next() == Some("git")
}

fn transform(into: &mut Accumulated, root: Node<'_>, layer: &Layer<'_>) -> Result<(), Problem> {
    let configuration = &into.configuration;
    let resources = &mut into.resources;
    let field = |name: &str| root.get(name);
    let drop_empty = |resources: &mut Resources| {
        resources.retain(|resource| !resource.is_empty());
    };
    if let Some(list) = field("patchesStrategicMerge") {
        patch::patches_strategic_merge(resources, layer, list)?;
        drop_empty(resources);
    }
    if let Some(list) = field("patches") {
        patch::patches(resources, layer, list)?;
        drop_empty(resources);
    }
    if let Some(node) = field("namespace") {
        namespace::apply(resources, layer, node, configuration)?;
    }
    if let Some(node) = field("namePrefix") {
        name::prefix(resources, layer, node, configuration)?;
    }
    if let Some(node) = field("nameSuffix") {
        name::suffix(resources, layer, node, configuration)?;
    }
    labels::apply(resources, layer, root, configuration)?;
    if let Some(node) = field("commonAnnotations") {
        annotations::apply(resources, layer, node, configuration)?;
    }
    if let Some(list) = field("patchesJson6902") {
        patch::patches_json6902(resources, layer, list)?;
        drop_empty(resources);
    }
    if let Some(list) = field("replicas") {
        replicas::apply(resources, layer, list, configuration)?;
    }
    for list in ["images", "imageTags"].into_iter().filter_map(field) {
        images::apply(resources, layer, list, configuration)?;
    }
    if let Some(list) = field("replacements") {
        replacement::apply(resources, layer, list)?;
    }
    bounded(into)
}
