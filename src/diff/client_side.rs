//! What an object becomes when `kubectl apply` merges by itself (kubectl v0.36 `pkg/cmd/apply/patcher.go`).

use std::collections::HashMap;

use serde_json::Value;

use super::bookkeeping;
use super::field_set::FieldSet;
use super::merge;
use super::prune::{self, Claims};
use super::schema::shape::{Merging, Shape};

/// The object that is there with the desired one put over it, and without what only the `last` one had.
pub(crate) fn merge(before: &Value, desired: &Value, last: Option<&FieldSet>, shape: Option<Shape<'_>>) -> Value {
    let merging = Merging::ClientSide;
    let mut desired = desired.clone();
    bookkeeping::ensure_annotations(&mut desired);
    // What a patch takes away has no part in the order of what it leaves.
    let mut left = before.clone();
    let taken = last.map_or_else(HashMap::new, |last| {
        let claims = Claims {
            last,
            now: &FieldSet::all_of(&desired, shape, merging),
            others: &[],
        };
        prune::prune(&mut left, &claims, shape, merging).items
    });
    merge::merge_pruned(&left, &desired, shape, merging, &taken)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn annotations_of_others_stay_when_git_has_none_any_longer() {
        let before =
            json!({"metadata": {"annotations": {"ours": "1", "theirs": "2"}}, "data": {"a": "1", "b": "2", "c": "3"}});
        let last = json!({"metadata": {"annotations": {"ours": "1"}}, "data": {"a": "1", "b": "2"}});
        let last = FieldSet::all_of(&last, None, Merging::ClientSide);
        let desired = json!({"data": {"b": "4"}});
        assert_eq!(
            merge(&before, &desired, Some(&last), None),
            json!({"metadata": {"annotations": {"theirs": "2"}}, "data": {"b": "4", "c": "3"}})
        );
    }
}
