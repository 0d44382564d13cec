//! The transformers and generators that a kustomization sets up by objects of their own
//! (kustomize api v0.18.0 `internal/target/kusttarget.go` `configureExternalTransformers`).

use super::Builder;
use super::accumulated::Accumulated;
use super::run::Run;
use crate::source::decode::Node;
use crate::source::folder::join_relative;
use crate::source::kustomize::generate::Budget;
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::plugin::{self, Plugin};
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::read;
use crate::source::kustomize::value::Step;

/// What even the smallest of them takes, in steps.
const STEPS_OF_A_PLUGIN: usize = 100;

impl<'b> Builder<'b> {
    /// Carries out `generators`.
    pub(super) fn run_generators(
        &self,
        into: &mut Accumulated,
        root: Node<'_>,
        layer: &Layer<'_>,
        budget: &mut Budget,
        run: &Run<'b>,
    ) -> Result<(), Problem> {
        for plugin in self.plugins(into, root.get("generators"), layer, run)? {
            let origin = &plugin.config.value.origin;
            into.resources.spend(STEPS_OF_A_PLUGIN + plugin.config.size(), origin)?;
            plugin::generate(&mut into.resources, layer, &plugin, budget)?;
        }
        Ok(())
    }

    /// Carries out `transformers`.
    pub(super) fn run_transformers(
        &self,
        into: &mut Accumulated,
        root: Node<'_>,
        layer: &Layer<'_>,
        run: &Run<'b>,
    ) -> Result<(), Problem> {
        for plugin in self.plugins(into, root.get("transformers"), layer, run)? {
            let origin = &plugin.config.value.origin;
            let steps = STEPS_OF_A_PLUGIN + plugin.config.size() + into.resources.len();
            into.resources.spend(steps, origin)?;
            plugin::transform(&mut into.resources, layer, &plugin)?;
            into.resources.retain(|resource| !resource.is_empty());
        }
        Ok(())
    }

    /// What sets them up: first what stands in the kustomization itself, then what it names.
    fn plugins(
        &self,
        into: &mut Accumulated,
        list: Option<Node<'_>>,
        layer: &Layer<'_>,
        run: &Run<'b>,
    ) -> Result<Vec<Plugin>, Problem> {
        let Some(list) = list.filter(|list| list.items().len() > 0) else {
            return Ok(Vec::new());
        };
        let mut found = Accumulated::new();
        let mut built = Vec::new();
        let is_inline = |item: &Node<'_>| plugin::is_inline(item.as_str().unwrap_or_default());
        let (objects, paths): (Vec<Node<'_>>, Vec<Node<'_>>) = list.items().partition(is_inline);
        for item in objects {
            let text = read::text_of(item);
            found.resources.spend(text.len(), &layer.origin(item, Step::Resource))?;
            for config in layer.read_text(item, text, Step::Resource, read::resources)? {
                found.resources.append(config)?;
            }
        }
        built.resize(found.resources.len(), false);
        for item in paths {
            let written = item.as_str().unwrap_or_default();
            if written.is_empty() || written.starts_with(['#', '-']) {
                return Err(Problem::not_understood_at(
                    &layer.origin(item, Step::Resource),
                    "what kustomize may take for an empty document",
                ));
            }
            self.take(&mut found, item, layer, run)?;
            let is_file =
                join_relative(layer.folder, written).is_some_and(|name| self.sources.file_named(&name).is_some());
            built.resize(found.resources.len(), !is_file);
        }
        into.taken += found.taken;
        into.resources
            .spend(found.resources.steps(), &layer.origin(list, Step::Resource))?;
        let plugins = found.resources.iter().zip(built);
        Ok(plugins
            .map(|(config, is_built)| Plugin {
                config: config.clone(),
                is_built,
            })
            .collect())
    }
}
