//! What the patches of one field share.

use super::budget::Budget;
use super::comments::Comments;
use crate::source::kustomize::layer::Layer;

/// What the patches of one field share.
pub(super) struct Work<'b> {
    /// The kustomization.
    pub(super) layer: &'b Layer<'b>,
    /// What they may cost.
    pub(super) budget: Budget,
    /// Comments that change how they merge.
    pub(super) comments: Comments,
}

impl<'b> Work<'b> {
    /// Nothing done yet.
    pub(super) fn new(layer: &'b Layer<'b>) -> Self {
        Self {
            layer,
            budget: Budget::new(),
            comments: Comments::default(),
        }
    }
}
