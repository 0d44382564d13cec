//! One kustomization carried out: what it takes, generates and changes, in kustomize's order.

use std::sync::Arc;

use super::accumulated::{Accumulated, bounded, bounded_in_values};
use super::missing::unknown_resource;
use super::run::{Run, check_scopes, read_path};
use super::transform::transform;
use super::{Builder, TOO_MUCH_IN_ALL};
use crate::source::decode::Node;
use crate::source::folder::join_relative;
use crate::source::kustomize::allowance::Cost;
use crate::source::kustomize::configuration::Configuration;
use crate::source::kustomize::graph::RESOURCES;
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::value::Step;
use crate::source::kustomize::{generate, variable};
use crate::source::limits;

impl<'b> Builder<'b> {
    pub(super) fn accumulate_folder(&self, folder: &'b str, run: &Run<'b>) -> (Cost, Result<Accumulated, Problem>) {
        let mut into = Accumulated::new();
        let built = self.accumulate(folder, &mut into, 0, run);
        (into.cost(), built.map(|()| into))
    }

    /// Carries out one kustomization. A component goes on with what the one that takes it has so far.
    fn accumulate(&self, folder: &'b str, into: &mut Accumulated, depth: usize, run: &Run<'b>) -> Result<(), Problem> {
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
        let (layer, root) = self.open(folder, kustomization, run.schema_of(folder))?;
        read_path(root, &layer)?;
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
            self.take(into, path, &layer, run)?;
        }
        let own = Self::own_configuration(into, root, &layer)?;
        into.resources
            .spend(Configuration::comparisons(&into.configuration, &own), &whole)?;
        Configuration::merge_shared(&mut into.configuration, &own)?;
        let mut budget = generate::Budget::new();
        generate::generate(&mut into.resources, &layer, root, &mut budget)?;
        self.run_generators(into, root, &layer, &mut budget, run)?;
        for path in root.get("components").into_iter().flat_map(Node::items) {
            self.take_component(into, path, &layer, depth, run)?;
        }
        check_scopes(&into.resources, layer.schema)?;
        transform(into, root, &layer)?;
        self.run_transformers(into, root, &layer, run)?;
        check_scopes(&into.resources, layer.schema)?;
        bounded_in_values(&into.resources, &whole)?;
        bounded(into, &whole)?;
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

    pub(super) fn take(
        &self,
        into: &mut Accumulated,
        path: Node<'_>,
        layer: &Layer<'_>,
        run: &Run<'b>,
    ) -> Result<(), Problem> {
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
                return match self.taken(run, folder) {
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
        run: &Run<'b>,
    ) -> Result<(), Problem> {
        let written = path.as_str().unwrap_or_default();
        let origin = layer.origin(path, Step::Resource);
        let component = join_relative(layer.folder, written)
            .and_then(|name| self.graph.kustomizations.get_key_value(&name))
            .ok_or_else(|| unknown_resource(written, &origin, layer))?;
        let (folder, kustomization) = component;
        if !kustomization.is_component && kustomization.root().is_some() {
            return Err(Problem::refused_at(
                &origin,
                format!("`{folder}` is no component; write `kind: Component` there, or take it under `resources`"),
            ));
        }
        self.accumulate(folder, into, depth + 1, run)?;
        // Both go on in a new accumulation, which compares places once more, in their new order.
        let configuration = std::mem::replace(&mut into.configuration, Configuration::nothing());
        Configuration::merge_shared(&mut into.configuration, &configuration)
            .map_err(|problem| problem.or_at(&origin))?;
        into.resources.refuse_twins()
    }
}

/// What opening a kustomization takes, in steps.
const STEPS_OF_A_KUSTOMIZATION: usize = 1_000;

/// Fields that bring in programs, or rules that this code does not have.
fn refuse_plugins(root: Node<'_>, layer: &Layer<'_>) -> Result<(), Problem> {
    for (field, why) in [
        ("helmCharts", "charts are rendered by Helm"),
        ("helmChartInflationGenerator", "charts are rendered by Helm"),
        ("validators", "a validator of its own may run a program"),
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
