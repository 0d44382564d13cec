//! Objects of the other side that Git has no longer, within the scope that was asked for.

use std::collections::HashSet;

use serde_json::Value;

use super::change::{ObjectDifference, Status};
use super::compare::Desired;
use crate::live::reference::ObjectReference;
use crate::live::state::State;

/// Those that would go, sorted. Objects that another one owns, and those that go already, are no candidates.
pub(crate) fn pruned(desired: &[Desired<'_>], state: &State) -> Vec<ObjectDifference> {
    // The version that an object is read at is not a part of who it is.
    let key = |reference: &ObjectReference| {
        (
            reference.group().to_owned(),
            reference.kind.clone(),
            reference.namespace.clone(),
            reference.name.clone(),
        )
    };
    let wanted: HashSet<_> = desired.iter().map(|wanted| key(&wanted.reference)).collect();
    let target = desired.first().map_or("", |wanted| wanted.target);
    let candidates = state.surroundings.prune_candidates.iter().flatten();
    let mut references: Vec<ObjectReference> = candidates
        .filter(|candidate| is_free(candidate))
        .filter_map(reference)
        .filter(|reference| !wanted.contains(&key(reference)))
        .collect();
    references.sort();
    references.dedup();
    references
        .into_iter()
        .map(|object| ObjectDifference::new(object, target, Status::Prune))
        .collect()
}

fn is_free(candidate: &Value) -> bool {
    let owners = candidate.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let is_owned = owners.is_some_and(|owners| !owners.is_empty());
    !is_owned
        && candidate
            .pointer("/metadata/deletionTimestamp")
            .is_none_or(Value::is_null)
}

fn reference(candidate: &Value) -> Option<ObjectReference> {
    let text = |pointer: &str| candidate.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    Some(ObjectReference {
        api_version: text("/apiVersion")?,
        kind: text("/kind")?,
        namespace: text("/metadata/namespace").filter(|name| !name.is_empty()),
        name: text("/metadata/name")?,
    })
}
