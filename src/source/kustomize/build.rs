//! A kustomization and all that it takes, built in kustomize's order
//! (kustomize api v0.18.0 `internal/target/kusttarget.go`, `kusttarget_configplugin.go`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::allowance::{Allowance, Cost};
use super::circles::Circles;
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
#[derive(Debug, Clone)]
pub(super) struct Accumulated {
    pub(super) resources: Resources,
    pub(super) configuration: Arc<Configuration>,
    pub(super) variables: Vec<Variable>,
    /// How many files and folders are in it, each counted as often as it is taken.
    taken: usize,
}

impl Accumulated {
    fn new() -> Self {
        Self {
            resources: Resources::default(),
            configuration: Configuration::nothing(),
            variables: Vec::new(),
            taken: 0,
        }
    }

    fn merge(&mut self, base: &Self) -> Result<(), Problem> {
        self.resources.append_all(&base.resources)?;
        Configuration::merge_shared(&mut self.configuration, &base.configuration)?;
        variable::merge_sets(&mut self.variables, &base.variables)?;
        self.taken += base.taken;
        Ok(())
    }

    fn cost(&self) -> Cost {
        Cost {
            values: self.resources.size() + self.variables.len() + self.taken,
            steps: self.resources.steps(),
        }
    }
}

/// All kustomizations of a graph, built from the bottom up, each once.
#[derive(Debug)]
pub struct Builder<'b> {
    graph: &'b Graph,
    sources: &'b Sources,
    circles: Circles<'b>,
    allowance: Allowance,
    built: BTreeMap<&'b str, Result<Accumulated, Problem>>,
}

impl<'b> Builder<'b> {
    /// Builds what the roots take, and the roots themselves up to their last steps.
    #[must_use]
    pub fn new(graph: &'b Graph, sources: &'b Sources) -> Self {
        let (levels, left) = graph.levels();
        let mut builder = Self {
            graph,
            sources,
            circles: Circles::of(graph, &left),
            allowance: Allowance::new(Cost::allowed(sources)),
            built: BTreeMap::new(),
        };
        for (depth, mut level) in levels.into_iter().enumerate() {
            if depth > limits::KUSTOMIZATION_LEVELS {
                for folder in level {
                    let problem = builder.too_large(folder, &too_many_levels());
                    builder.built.insert(folder, Err(problem));
                }
                continue;
            }
            // Roots are built one by one as they are asked for; a component is carried out anew by each that takes it.
            level.retain(|folder| {
                (graph.kustomizations.get(*folder)).is_some_and(|known| known.is_taken && !known.is_component)
            });
            let built = builder.share_out(&level, Self::accumulate_folder);
            builder.built.extend(level.into_iter().zip(built));
        }
        for folder in left {
            let problem = builder.circle(folder);
            builder.built.insert(folder, Err(problem));
        }
        builder
    }

    /// The objects of roots, with their last names, and what `finish` makes of them; or why they were not built.
    pub fn roots<T: Send>(
        &mut self,
        folders: &[&'b str],
        finish: impl Fn(&Resources) -> T + Sync,
    ) -> Vec<Result<T, Problem>> {
        // Why one was not built is known already, whatever may still be spent.
        let failed = |folder: &&str| matches!(self.built.get(folder), Some(Err(_)));
        let (failed, others): (Vec<&str>, Vec<&str>) = folders.iter().partition(|folder| failed(folder));
        let built = self.share_out(&others, |builder, folder| {
            let (cost, root) = builder.root(folder);
            (cost, root.map(|resources| finish(&resources)))
        });
        let mut all: BTreeMap<&str, Result<T, Problem>> = others.into_iter().zip(built).collect();
        for folder in failed {
            if let Some(Err(problem)) = self.built.get(folder) {
                all.insert(folder, Err(problem.clone()));
            }
        }
        folders.iter().filter_map(|folder| all.remove(folder)).collect()
    }

    fn share_out<T: Send>(
        &mut self,
        folders: &[&'b str],
        make: impl Fn(&Self, &'b str) -> (Cost, Result<T, Problem>) + Sync,
    ) -> Vec<Result<T, Problem>> {
        let mut allowance = std::mem::take(&mut self.allowance);
        let built = allowance.share_out(folders, |folder| make(self, folder));
        self.allowance = allowance;
        let all = folders.iter().zip(built);
        all.map(|(folder, built)| built.unwrap_or_else(|| Err(self.too_large(folder, TOO_MUCH_IN_ALL))))
            .collect()
    }

    fn root(&self, folder: &'b str) -> (Cost, Result<Resources, Problem>) {
        let (before, accumulated) = match self.built.get(folder) {
            Some(built) => (built.as_ref().map_or(0, |built| built.resources.steps()), built.clone()),
            None => match self.accumulate_folder(folder) {
                (_, Ok(accumulated)) => (0, Ok(accumulated)),
                (cost, Err(problem)) => return (cost, Err(problem)),
            },
        };
        let mut accumulated = match accumulated {
            Ok(accumulated) => accumulated,
            Err(problem) => return (Cost::default(), Err(problem)),
        };
        let finished = self.finish(folder, &mut accumulated);
        let mut cost = accumulated.cost();
        cost.steps -= before;
        (cost, finished.map(|()| accumulated.resources))
    }

    fn finish(&self, folder: &str, accumulated: &mut Accumulated) -> Result<(), Problem> {
        let Some((folder, kustomization)) = self.graph.kustomizations.get_key_value(folder) else {
            return Err(Problem::refused("there is no kustomization in this folder"));
        };
        let (layer, root) = self.open(folder, kustomization)?;
        let Accumulated {
            resources,
            configuration,
            variables,
            ..
        } = accumulated;
        let whole = layer.origin(root, Step::Resource);
        let places = configuration.count() + variables.len();
        let size = resources.size();
        // Each place is looked for in each object, and what changes there may be looked for in all of it.
        let steps = (resources.len() + size / VALUES_IN_A_STEP).saturating_mul(places);
        resources.spend(steps + size, &whole)?;
        hash::add_hashes(resources)?;
        name_reference::fix_references(resources, configuration, self.sources)?;
        variable::resolve(resources, variables, configuration, self.sources)?;
        finish::finish(resources, &layer, root)
    }

    fn too_large(&self, folder: &str, message: &str) -> Problem {
        let problem = Problem::too_large(message);
        match self.whole_file(folder) {
            Some(origin) => problem.or_at(&origin),
            None => problem,
        }
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
            faults.find(|fault| match fault.kind {
                FaultKind::InvalidMetadata => false,
                FaultKind::InvalidUtf8 => true,
                kind => kind.is_refusal(),
            })
        });
        if let Some(fault) = refusal {
            let origin = Origin::new(file, fault.span, Style::Plain, Step::Resource);
            let message = format!("this kustomization cannot be read: {}", fault.message);
            // What begins with a brace is JSON for kubectl only, and what stands behind the first document counts for nothing.
            let is_behind = (kustomization.root()).is_some_and(|root| root.span().end <= fault.span.start);
            let text = (kustomization.files.first()).map_or("", |decoded| decoded.file.text());
            return Err(if is_behind || text.trim_start().starts_with('{') {
                Problem::not_understood_at(&origin, message)
            } else {
                Problem::refused_at(&origin, message)
            });
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

    fn accumulate_folder(&self, folder: &'b str) -> (Cost, Result<Accumulated, Problem>) {
        let mut into = Accumulated::new();
        let built = self.accumulate(folder, &mut into, 0);
        (into.cost(), built.map(|()| into))
    }

    /// What a folder in a circle is not built for, at the path that leads round.
    fn circle(&self, folder: &str) -> Problem {
        let problem = Problem::refused(
            "kustomizations go round in a circle here: one of those that this one takes takes this folder, or one above it",
        );
        let kustomization = self.graph.kustomizations.get(folder);
        let root = kustomization.and_then(Kustomization::root);
        let paths = root.into_iter().flat_map(named_folders);
        let next = self.circles.next(folder);
        let leading = paths.filter(|path| join_relative(folder, path.as_str().unwrap_or_default()).as_deref() == next);
        let file = kustomization.and_then(|kustomization| self.file_id(kustomization));
        let path = file.zip(leading.min_by_key(|path| path.span()));
        let origin = path.map(|(file, path)| Origin::new(file, path.span(), path.style(), Step::Resource));
        match origin.or_else(|| self.whole_file(folder)) {
            Some(origin) => problem.or_at(&origin),
            None => problem,
        }
    }

    /// Carries out one kustomization. A component goes on with what the one that takes it has so far.
    fn accumulate(&self, folder: &'b str, into: &mut Accumulated, depth: usize) -> Result<(), Problem> {
        let Some((folder, kustomization)) = self.graph.kustomizations.get_key_value(folder) else {
            return Err(Problem::refused(format!("there is no kustomization in `{folder}`")));
        };
        if self.circles.next(folder).is_some() {
            return Err(self.circle(folder));
        }
        if self.circles.is_unfinished {
            return Err(self.too_large(folder, TOO_MUCH_IN_ALL));
        }
        if kustomization.names_too_many {
            let limit = limits::NAMED_PATHS;
            return Err(self.too_large(folder, &format!("one kustomization names more than {limit} paths")));
        }
        if depth > limits::COMPONENT_DEPTH {
            let limit = limits::COMPONENT_DEPTH;
            return Err(self.too_large(folder, &format!("more than {limit} components within one another")));
        }
        let (layer, root) = self.open(folder, kustomization)?;
        refuse_plugins(root, &layer)?;
        into.taken += 1;
        // A component may be taken again and again.
        let whole = layer.origin(root, Step::Resource);
        into.resources
            .spend(STEPS_OF_A_KUSTOMIZATION + root.source().len(), &whole)?;
        for path in RESOURCES
            .into_iter()
            .filter_map(|field| root.get(field))
            .flat_map(Node::items)
        {
            self.take(into, path, &layer)?;
        }
        let own = Self::own_configuration(into, root, &layer)?;
        into.resources
            .spend(Configuration::comparisons(&into.configuration, &own), &whole)?;
        Configuration::merge_shared(&mut into.configuration, &own)?;
        generate::generate(&mut into.resources, &layer, root)?;
        for path in root.get("components").into_iter().flat_map(Node::items) {
            self.take_component(into, path, &layer, depth)?;
        }
        transform(into, root, &layer)?;
        if let Some(list) = root.get("vars") {
            variable::merge(&mut into.variables, &mut into.resources, &layer, list)?;
        }
        Ok(())
    }

    /// kustomize's own places, with those of `configurations`, which are merged with one another first.
    fn own_configuration(
        into: &mut Accumulated,
        root: Node<'_>,
        layer: &Layer<'_>,
    ) -> Result<Arc<Configuration>, Problem> {
        let mut of_files = Configuration::nothing();
        for path in root.get("configurations").into_iter().flat_map(Node::items) {
            let origin = layer.origin(path, Step::Resource);
            let more = Arc::new(Configuration::read(layer, path)?);
            into.resources
                .spend(more.count() + Configuration::comparisons(&of_files, &more), &origin)?;
            Configuration::merge_shared(&mut of_files, &more)?;
            of_files.check_length().map_err(|problem| problem.or_at(&origin))?;
        }
        let mut own = Configuration::default_of_kustomize();
        if of_files.count() > 0 {
            let origin = layer.origin(root, Step::Resource);
            into.resources
                .spend(Configuration::comparisons(&own, &of_files), &origin)?;
            Configuration::merge_shared(&mut own, &of_files)?;
            own.check_length().map_err(|problem| problem.or_at(&origin))?;
        }
        Ok(own)
    }

    fn take(&self, into: &mut Accumulated, path: Node<'_>, layer: &Layer<'_>) -> Result<(), Problem> {
        let written = path.as_str().unwrap_or_default();
        let origin = layer.origin(path, Step::Resource);
        if let Some(name) = join_relative(layer.folder, written) {
            if let Some(file) = self.sources.file_named(&name) {
                into.taken += 1;
                // It is read for each that takes it, a byte a step.
                into.resources.spend(file.text().len(), &origin)?;
                for resource in layer.resources_at(path, Step::Resource)? {
                    into.resources.append(resource)?;
                }
                return bounded(into, &origin);
            }
            if let Some((folder, base)) = self.graph.kustomizations.get_key_value(&name) {
                if base.is_component {
                    return Err(Problem::refused_at(
                        &origin,
                        format!("`{folder}` is a component; kustomize takes it under `components` only"),
                    ));
                }
                return match self.built.get(folder.as_str()) {
                    Some(Ok(built)) => {
                        let comparisons = Configuration::comparisons(&into.configuration, &built.configuration);
                        let steps = comparisons + built.resources.len() + into.variables.len() + built.variables.len();
                        into.resources.spend(steps, &origin)?;
                        into.merge(built)?;
                        bounded(into, &origin)
                    }
                    Some(Err(problem)) => Err(problem.clone()),
                    None => Err(self.circle(layer.folder)),
                };
            }
        }
        Err(unknown_resource(written, &origin, layer))
    }

    fn take_component(
        &self,
        into: &mut Accumulated,
        path: Node<'_>,
        layer: &Layer<'_>,
        depth: usize,
    ) -> Result<(), Problem> {
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
        self.accumulate(folder, into, depth + 1)?;
        // Both go on in a new accumulation, which compares places once more, in their new order.
        let configuration = std::mem::replace(&mut into.configuration, Configuration::nothing());
        Configuration::merge_shared(&mut into.configuration, &configuration)
            .map_err(|problem| problem.or_at(&origin))?;
        into.resources.refuse_twins()
    }
}

/// So many values of an object are passed over in one step.
const VALUES_IN_A_STEP: usize = 32;
/// What opening a kustomization takes, in steps.
const STEPS_OF_A_KUSTOMIZATION: usize = 1_000;

const TOO_MUCH_IN_ALL: &str = "the kustomizations of this repository, those that come before this one, make too much in all: objects that are \
                               taken again and again, or steps to build them";

fn too_many_levels() -> String {
    let limit = limits::KUSTOMIZATION_LEVELS;
    format!("kustomizations take one another over more than {limit} steps")
}

/// The paths that may name folders with kustomizations.
fn named_folders(root: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let fields = RESOURCES.into_iter().chain(["components"]);
    fields.filter_map(move |field| root.get(field)).flat_map(Node::items)
}

/// Refuses more than one kustomization may make.
fn bounded(accumulated: &Accumulated, origin: &Origin) -> Result<(), Problem> {
    if accumulated.resources.len() > limits::RENDERED_OBJECTS {
        return Err(Problem::too_large(format!(
            "one kustomization makes more than {} objects",
            limits::RENDERED_OBJECTS
        ))
        .or_at(origin));
    }
    Ok(())
}

/// The same, once all objects are changed.
fn bounded_in_values(resources: &Resources, origin: &Origin) -> Result<(), Problem> {
    for resource in resources.iter() {
        resource.check_identity()?;
        resource.check_named()?;
    }
    if resources.size() > limits::KUSTOMIZATION_VALUES {
        return Err(Problem::too_large(format!(
            "the objects of one kustomization have more than {} values in all, long texts counted as several",
            limits::KUSTOMIZATION_VALUES
        ))
        .or_at(origin));
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
    let whole = layer.origin(root, Step::Resource);
    bounded_in_values(resources, &whole)?;
    bounded(into, &whole)
}
