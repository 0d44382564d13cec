//! A kustomization and all that it takes, built in kustomize's order
//! (kustomize api v0.18.0 `internal/target/kusttarget.go`, `kusttarget_configplugin.go`).

mod accumulate;
mod accumulated;
mod missing;
mod plugins;
mod run;
mod transform;

use std::collections::{BTreeMap, BTreeSet};

use accumulated::Accumulated;
pub(super) use missing::is_remote;
use run::Run;

use super::allowance::{Allowance, Cost};
use super::circles::Circles;
use super::graph::{Graph, Kustomization, PLUGINS, RESOURCES};
use super::layer::Layer;
use super::problem::Problem;
use super::resource::Resources;
use super::schema::Known;
use super::sources::Sources;
use super::value::{FileId, Origin, Step};
use super::{fields, finish, hash, name_reference, variable};
use crate::source::decode::{FaultKind, Node, Style};
use crate::source::folder::join_relative;
use crate::source::limits;
use crate::source::text::Span;

/// All kustomizations of a graph, built from the bottom up, each once.
#[derive(Debug)]
pub struct Builder<'b> {
    graph: &'b Graph,
    sources: &'b Sources,
    circles: Circles<'b>,
    allowance: Allowance,
    allowed: Cost,
    built: BTreeMap<&'b str, Result<Accumulated, Problem>>,
    /// The folders, each behind those that it takes.
    order: Vec<&'b str>,
    /// The folders in whose runs a schema is set: they are built anew for each root.
    with_schema: BTreeSet<&'b str>,
}

impl<'b> Builder<'b> {
    /// Builds what the roots take, and the roots themselves up to their last steps.
    #[must_use]
    pub fn new(graph: &'b Graph, sources: &'b Sources) -> Self {
        let (levels, left) = graph.levels();
        let allowed = Cost::allowed(sources);
        let mut builder = Self {
            graph,
            sources,
            circles: Circles::of(graph, &left),
            allowance: Allowance::new(allowed),
            allowed,
            built: BTreeMap::new(),
            order: levels
                .iter()
                .take(limits::KUSTOMIZATION_LEVELS + 1)
                .flatten()
                .copied()
                .collect(),
            with_schema: run::with_schema(graph, &levels),
        };
        for (depth, mut level) in levels.into_iter().enumerate() {
            if depth > limits::KUSTOMIZATION_LEVELS {
                for folder in level {
                    let problem = builder.too_large(folder, &too_many_levels());
                    builder.built.insert(folder, Err(problem));
                }
                continue;
            }
            // Roots are built one by one as they are asked for.
            level.retain(|folder| builder.is_built_for_others(folder) && !builder.with_schema.contains(folder));
            let built = builder.share_out(&level, |builder, folder| {
                builder.accumulate_folder(folder, &Run::default())
            });
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

    fn is_built_for_others(&self, folder: &str) -> bool {
        let kustomization = self.graph.kustomizations.get(folder);
        kustomization.is_some_and(|known| known.is_taken && !known.is_component)
    }

    /// Refuses to go on with one root that costs more than all may.
    fn allow(&self, cost: Cost, folder: &str) -> Result<(), Problem> {
        if cost.is_within(self.allowed) {
            return Ok(());
        }
        Err(self.too_large(folder, TOO_MUCH_IN_ALL))
    }

    fn root(&self, folder: &'b str) -> (Cost, Result<Resources, Problem>) {
        if self.with_schema.contains(folder) && !self.built.contains_key(folder) {
            return self.root_with_schema(folder);
        }
        let (before, accumulated) = match self.built.get(folder) {
            Some(built) => (built.as_ref().map_or(0, |built| built.resources.steps()), built.clone()),
            None => match self.accumulate_folder(folder, &Run::default()) {
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
        let (layer, root) = self.open(folder, kustomization, Known::BuiltIn)?;
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
    fn open(
        &self,
        folder: &'b str,
        kustomization: &'b Kustomization,
        schema: Known<'b>,
    ) -> Result<(Layer<'b>, Node<'b>), Problem> {
        let Some(file) = self.file_id(kustomization) else {
            return Err(Problem::refused("the kustomization cannot be read"));
        };
        let layer = Layer {
            sources: self.sources,
            file,
            folder,
            schema,
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
}

/// So many values of an object are passed over in one step.
const VALUES_IN_A_STEP: usize = 32;

const TOO_MUCH_IN_ALL: &str = "the kustomizations of this repository, those that come before this one, make too much in all: objects that are \
                               taken again and again, or steps to build them";

fn too_many_levels() -> String {
    let limit = limits::KUSTOMIZATION_LEVELS;
    format!("kustomizations take one another over more than {limit} steps")
}

/// The paths that may name folders with kustomizations.
fn named_folders(root: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let fields = RESOURCES.into_iter().chain(["components"]).chain(PLUGINS);
    fields.filter_map(move |field| root.get(field)).flat_map(Node::items)
}
