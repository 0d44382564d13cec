//! What a kustomization makes for the one that takes it, and how much that may be.

use std::sync::Arc;

use crate::source::kustomize::allowance::Cost;
use crate::source::kustomize::configuration::Configuration;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::Resources;
use crate::source::kustomize::value::Origin;
use crate::source::kustomize::variable::{self, Variable};
use crate::source::limits;

/// What a kustomization makes for the one that takes it.
#[derive(Debug, Clone)]
pub(super) struct Accumulated {
    pub(super) resources: Resources,
    pub(super) configuration: Arc<Configuration>,
    pub(super) variables: Vec<Variable>,
    /// How many files and folders are in it, each counted as often as it is taken.
    pub(super) taken: usize,
}

impl Accumulated {
    pub(super) fn new() -> Self {
        Self {
            resources: Resources::default(),
            configuration: Configuration::nothing(),
            variables: Vec::new(),
            taken: 0,
        }
    }

    pub(super) fn merge(&mut self, base: &Self) -> Result<(), Problem> {
        self.resources.append_all(&base.resources)?;
        Configuration::merge_shared(&mut self.configuration, &base.configuration)?;
        variable::merge_sets(&mut self.variables, &base.variables)?;
        self.taken += base.taken;
        Ok(())
    }

    pub(super) fn cost(&self) -> Cost {
        Cost {
            values: self.resources.size() + self.variables.len() + self.taken,
            steps: self.resources.steps(),
        }
    }
}

/// Refuses more than one kustomization may make.
pub(super) fn bounded(accumulated: &Accumulated, origin: &Origin) -> Result<(), Problem> {
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
pub(super) fn bounded_in_values(resources: &Resources, origin: &Origin) -> Result<(), Problem> {
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
