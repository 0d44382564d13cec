//! What references may mean: everything that was renamed, by the names that it had.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::super::resource::{Resource, ResourceId, Resources};
use super::super::scalar::is_surely_string;
use super::super::value::Origin;

/// Who an object is and was.
#[derive(Debug)]
pub(super) struct Known {
    /// Who it is.
    pub(super) id: ResourceId,
    /// Who it was first.
    original: ResourceId,
    /// Who it was, the oldest first; empty if nothing about it ever changed.
    previous: Vec<ResourceId>,
    /// Its namespace as it is written.
    pub(super) namespace: String,
    prefixes: Vec<Arc<str>>,
    suffixes: Vec<Arc<str>>,
    /// Where its name stands.
    pub(super) origin: Origin,
}

impl Known {
    fn of(resource: &Resource) -> Self {
        let mut previous: Vec<ResourceId> = resource.ids().collect();
        let id = previous.pop().unwrap_or_else(|| resource.id());
        Self {
            original: previous.first().unwrap_or(&id).clone(),
            previous,
            namespace: resource.namespace().to_owned(),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
            origin: resource
                .value
                .at(&["metadata", "name"])
                .map_or(&resource.value.origin, |name| &name.origin)
                .clone(),
            id,
        }
    }

    /// Whether it was of a type at any time; an empty group, version or kind is any.
    pub(super) fn was(&self, group: &str, version: &str, kind: &str) -> bool {
        let fits = |wanted: &str, there: &str| wanted.is_empty() || wanted == there;
        self.previous
            .iter()
            .any(|id| fits(group, &id.group) && fits(version, &id.version) && fits(kind, &id.kind))
    }

    /// Whether two objects got their names in the same kustomizations (`resource.go` `PrefixesSuffixesEquals`).
    pub(super) fn is_named_as(&self, other: &Self, or_not_at_all: bool) -> bool {
        let fits = |one: &[Arc<str>], other: &[Arc<str>]| {
            (or_not_at_all && (one.is_empty() || other.is_empty())) || end_alike(one, other)
        };
        fits(&self.prefixes, &other.prefixes) && fits(&self.suffixes, &other.suffixes)
    }
}

/// Whether the shorter list is the end of the longer one; an empty one is that of an empty one only
/// (`internal/utils/stringslice.go` `SameEndingSubSlice`).
fn end_alike(one: &[Arc<str>], other: &[Arc<str>]) -> bool {
    let (shorter, longer) = if one.len() > other.len() {
        (other, one)
    } else {
        (one, other)
    };
    if shorter.is_empty() {
        return longer.is_empty();
    }
    longer.ends_with(shorter)
}

/// All objects, as they are when references begin to follow.
#[derive(Debug)]
pub(super) struct Candidates {
    all: Vec<Known>,
    by_previous_name: HashMap<String, Vec<usize>>,
    /// For each namespace that objects were in first, those that they are in now, effective and as written.
    moved: HashMap<String, BTreeSet<(String, String)>>,
    /// Whether a former name may be written so that it is a number or the like.
    pub(super) has_odd_names: bool,
}

impl Candidates {
    pub(super) fn of(resources: &Resources) -> Self {
        let all: Vec<Known> = resources.iter().map(Known::of).collect();
        let mut by_previous_name: HashMap<String, Vec<usize>> = HashMap::new();
        let mut moved: HashMap<String, BTreeSet<(String, String)>> = HashMap::new();
        for (at, known) in all.iter().enumerate() {
            for id in &known.previous {
                let positions = by_previous_name.entry(id.name.clone()).or_default();
                if positions.last() != Some(&at) {
                    positions.push(at);
                }
            }
            moved
                .entry(known.original.namespace.clone())
                .or_default()
                .insert((known.id.namespace.clone(), known.namespace.clone()));
        }
        Self {
            has_odd_names: by_previous_name.keys().any(|name| !is_surely_string(name)),
            all,
            by_previous_name,
            moved,
        }
    }

    /// Who an object was first.
    pub(super) fn original_id(&self, at: usize) -> &ResourceId {
        &self.all[at].original
    }

    pub(super) fn get(&self, at: usize) -> &Known {
        &self.all[at]
    }

    /// Those that once had this name.
    pub(super) fn once_named(&self, name: &str) -> &[usize] {
        self.by_previous_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Where those are now, effectively and as written, that were in this namespace first.
    pub(super) fn moved_from(&self, namespace: &str) -> impl Iterator<Item = (&str, &str)> {
        let moved = self.moved.get(namespace).into_iter().flatten();
        moved.map(|(effective, written)| (effective.as_str(), written.as_str()))
    }

    /// Whether an object was in this namespace first.
    pub(super) fn was_first_in(&self, at: usize, namespace: &str) -> bool {
        self.all[at].original.namespace == namespace
    }
}
