//! What applying takes away: fields that were applied before and are no longer, unless somebody else claims them.
//!
//! Facts: structured-merge-diff v6.4.2 `merge/update.go` (`prune`, `addBackOwnedItems`, `addBackDanglingItems`) and `typed/remove.go`.

use std::collections::HashMap;

use serde_json::Value;

use super::field_set::FieldSet;
use super::items;
use super::path::{FieldPath, PathElement};
use super::schema;
use super::schema::shape::{ListRule, Merging, Shape};

/// Who claims which fields.
pub(crate) struct Claims<'c> {
    /// What was applied last.
    pub(crate) last: &'c FieldSet,
    /// What is applied now.
    pub(crate) now: &'c FieldSet,
    /// What others own, each with its name; empty when ownership does not count.
    pub(crate) others: &'c [(String, FieldSet)],
}

/// A field that stays though it is not applied any longer.
pub(crate) struct Kept {
    pub(crate) path: FieldPath,
    /// Who else owns it.
    pub(crate) owners: Vec<String>,
}

/// What pruning came to.
#[derive(Default)]
pub(crate) struct Pruned {
    /// What stays for its other owners.
    pub(crate) kept: Vec<Kept>,
    /// From which lists how many items were taken, by their paths.
    pub(crate) items: HashMap<Vec<String>, usize>,
}

/// Takes away what is not applied any longer; gives what stays for its other owners.
pub(crate) fn prune(value: &mut Value, claims: &Claims<'_>, shape: Option<Shape<'_>>, merging: Merging) -> Pruned {
    let mut prune = Prune {
        merging,
        path: Vec::new(),
        pruned: Pruned::default(),
    };
    let at = At {
        last: claims.last,
        now: Some(claims.now),
        others: claims.others.iter().map(|(name, set)| (name.as_str(), set)).collect(),
    };
    prune.value(value, &at, shape, true);
    prune.pruned
}

struct Prune {
    merging: Merging,
    path: Vec<PathElement>,
    pruned: Pruned,
}

/// The claims below one place.
struct At<'c> {
    last: &'c FieldSet,
    now: Option<&'c FieldSet>,
    others: Vec<(&'c str, &'c FieldSet)>,
}

impl<'c> At<'c> {
    fn below(&self, element: &PathElement) -> Option<At<'c>> {
        Some(At {
            last: self.last.below(element)?,
            now: self.now.and_then(|set| set.below(element)),
            others: self
                .others
                .iter()
                .filter_map(|(name, set)| Some((*name, set.below(element)?)))
                .collect(),
        })
    }
}

impl Prune {
    fn value(&mut self, value: &mut Value, at: &At<'_>, shape: Option<Shape<'_>>, is_root: bool) {
        match value {
            Value::Object(fields) if !shape.is_some_and(|shape| shape.is_atomic_map(self.merging)) => {
                let keys: Vec<String> = fields.keys().cloned().collect();
                for key in keys {
                    let is_named = is_root || shape.is_some_and(|shape| shape.names(&key));
                    let field_shape = schema::field(shape, &key, is_root);
                    let Some(field) = fields.get_mut(&key) else {
                        continue;
                    };
                    if !self.keep(PathElement::Field(key.clone()), field, at, field_shape, is_named) {
                        fields.shift_remove(&key);
                    }
                }
            }
            Value::Array(list) => {
                let rule = shape.map_or(ListRule::Atomic, |shape| shape.list_rule(self.merging));
                let item_shape = shape.and_then(|shape| shape.items());
                let Some(elements) = items::elements(list, &rule, item_shape) else {
                    return;
                };
                let mut elements = elements.into_iter();
                let length = list.len();
                list.retain_mut(|item| {
                    elements
                        .next()
                        .is_none_or(|element| self.keep(element, item, at, item_shape, false))
                });
                if list.len() < length {
                    let path = self.path.iter().map(items::text_of).collect();
                    self.pruned.items.insert(path, length - list.len());
                }
            }
            _ => {}
        }
    }

    /// Whether a field stays. Fields that a type names count as members as soon as something below them is one.
    fn keep(
        &mut self,
        element: PathElement,
        value: &mut Value,
        at: &At<'_>,
        shape: Option<Shape<'_>>,
        is_named: bool,
    ) -> bool {
        let Some(below) = at.below(&element) else {
            return true;
        };
        let has = |set: &FieldSet| set.is_member || (is_named && set.has_children());
        let is_applied_now = below.now.is_some_and(has);
        let owners: Vec<&str> = below
            .others
            .iter()
            .filter(|(_, set)| has(set))
            .map(|(name, _)| *name)
            .collect();
        if has(below.last) && !is_applied_now && owners.is_empty() {
            return false;
        }
        self.path.push(element);
        if has(below.last) && below.now.is_none() && below.last.is_member {
            self.pruned.kept.push(Kept {
                path: FieldPath(self.path.clone()),
                owners: owners.into_iter().map(str::to_owned).collect(),
            });
        }
        let was_empty = is_empty(value);
        self.value(value, &below, shape, false);
        self.path.pop();
        // What is emptied becomes null, and a null is dropped; a patch leaves the empty map.
        let emptied = !was_empty && is_empty(value);
        !(emptied && self.merging == Merging::ServerSide)
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
