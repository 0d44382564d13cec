//! `generatorOptions`, and the `options` of one generator (kustomize api v0.18.0 `types/generatoroptions.go`).

use crate::source::decode::Node;
use crate::source::kustomize::fields::{GENERATOR_OPTIONS, check_mapping};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::transform::{Pair, pairs};
use crate::source::kustomize::value::Step;

/// What generated objects get beside their data.
#[derive(Default)]
pub(super) struct Options<'t> {
    pub(super) labels: Vec<Pair>,
    pub(super) annotations: Vec<Pair>,
    pub(super) without_hash: bool,
    /// Where it is said that the object cannot be changed.
    pub(super) immutable: Option<Node<'t>>,
}

impl<'t> Options<'t> {
    /// What one generator says, and for all else what is said for all. Nothing that is true for all can be false for one.
    pub(super) fn read(own: Option<Node<'t>>, global: Option<Node<'t>>, layer: &Layer<'_>) -> Result<Self, Problem> {
        let mut options = Self::default();
        for node in [own, global].into_iter().flatten() {
            check_mapping(node, &GENERATOR_OPTIONS, layer)?;
            let set = |field| node.get(field).filter(|value| value.as_bool() == Some(true));
            options.without_hash |= set("disableNameSuffixHash").is_some();
            options.immutable = options.immutable.or(set("immutable"));
            for (field, all) in [
                ("labels", &mut options.labels),
                ("annotations", &mut options.annotations),
            ] {
                let Some(node) = node.get(field) else { continue };
                for pair in pairs(node, Step::Generator, layer)? {
                    if all.iter().all(|own| own.key != pair.key) {
                        all.push(pair);
                    }
                }
            }
        }
        Ok(options)
    }
}
