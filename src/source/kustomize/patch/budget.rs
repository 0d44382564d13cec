//! What the patches of one field of a kustomization may cost, all together.

use crate::source::kustomize::problem::Problem;
use crate::source::limits;

/// What is left.
#[derive(Debug)]
pub(super) struct Budget {
    steps: usize,
    values: usize,
}

impl Budget {
    /// All that a field may cost.
    pub(super) fn new() -> Self {
        Self {
            steps: limits::PATCH_STEPS,
            values: limits::PATCH_VALUES,
        }
    }

    /// What they cost so far.
    pub(super) fn spent(&self) -> usize {
        let values = limits::PATCH_VALUES - self.values;
        limits::PATCH_STEPS - self.steps + values
    }

    /// Takes account of looks at parts of an object.
    pub(super) fn step(&mut self, count: usize) -> Result<(), Problem> {
        take(&mut self.steps, count).ok_or_else(|| {
            Problem::too_large(format!(
                "the patches of one kustomization would take more than {} steps",
                limits::PATCH_STEPS
            ))
        })
    }

    /// Takes account of values that patches put into objects.
    pub(super) fn add(&mut self, count: usize) -> Result<(), Problem> {
        take(&mut self.values, count).ok_or_else(|| {
            Problem::too_large(format!(
                "the patches of one kustomization would add more than {} values to its objects",
                limits::PATCH_VALUES
            ))
        })
    }
}

fn take(left: &mut usize, count: usize) -> Option<()> {
    *left = left.checked_sub(count)?;
    Some(())
}
