//! What each change causes in the cluster.

mod applied;
mod immutable;
mod sidecar_set;
mod validation;
mod workload;

use serde_json::Value;

use super::change::Effect;
use super::differences::Difference;
use super::schema::shape::{Merging, Shape};
use crate::live::reference::ObjectReference;
use crate::model::sidecar_set as kruise;

/// What an effect is judged by.
pub(crate) struct Subject<'s> {
    pub(crate) reference: &'s ObjectReference,
    /// The other side, with defaults.
    pub(crate) before: &'s Value,
    /// What it becomes, with defaults.
    pub(crate) after: &'s Value,
    /// The status of the other side, if it has one.
    pub(crate) status: Option<&'s Value>,
    pub(crate) shape: Option<Shape<'s>>,
    /// How it will be applied; `None` of a revision, to which nothing is applied.
    pub(crate) merging: Option<Merging>,
}

/// An effect, and why.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) effect: Effect,
    /// Which rule stops the change.
    pub(crate) rule: Option<String>,
    pub(crate) remarks: Vec<String>,
}

impl Outcome {
    pub(crate) fn of(effect: Effect) -> Self {
        Self {
            effect,
            rule: None,
            remarks: Vec::new(),
        }
    }

    fn stopped(effect: Effect, rule: impl Into<String>) -> Self {
        Self {
            effect,
            rule: Some(rule.into()),
            remarks: Vec::new(),
        }
    }

    fn remarked(effect: Effect, remark: impl Into<String>) -> Self {
        Self {
            effect,
            rule: None,
            remarks: vec![remark.into()],
        }
    }
}

/// The outcome of each difference, in their order.
pub(crate) fn outcomes(differences: &[Difference], subject: &Subject<'_>) -> Vec<Outcome> {
    let is_sidecar_set = subject.reference.group() == kruise::KRUISE_GROUP && subject.reference.kind == kruise::KIND;
    let of_set = is_sidecar_set.then(|| sidecar_set::outcomes(differences, subject));
    differences
        .iter()
        .enumerate()
        .map(|(at, difference)| {
            let by_rule = applied::outcome(difference, subject)
                .or_else(|| immutable::outcome(difference, subject))
                .or_else(|| validation::outcome(difference, subject));
            let by_set = of_set.as_ref().and_then(|outcomes| outcomes.get(at).cloned());
            by_rule
                .or(by_set)
                .unwrap_or_else(|| workload::outcome(difference, subject))
        })
        .collect()
}
