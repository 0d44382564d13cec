//! What the fields of a kustomization do to objects, one transformer a file.

pub mod annotations;
mod entries;
pub mod images;
pub mod labels;
pub mod name;
pub mod namespace;
pub mod replicas;
#[cfg(test)]
mod tests;

use super::layer::Layer;
use super::problem::Problem;
use super::value::Step;
use crate::source::decode::Node;
use crate::source::limits;

pub(super) use entries::{Pair, pairs, set as set_pairs};

/// Refuses more instructions than a kustomization can reasonably have.
fn bound(count: usize, node: Node<'_>, step: Step, layer: &Layer<'_>) -> Result<(), Problem> {
    let limit = limits::INSTRUCTIONS;
    if count > limit {
        return Err(
            Problem::too_large(format!("more than {limit} entries stand here")).or_at(&layer.origin(node, step))
        );
    }
    Ok(())
}
