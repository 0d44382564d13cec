//! What an object becomes when another one is applied to it, before anything is taken away.
//!
//! Facts: structured-merge-diff v6.4.2 `typed/merge.go` (order of keyed lists, empty and null values), apimachinery v0.36
//! `strategicpatch/patch.go` (`retainKeys`, null removes).

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::canonical;
use super::items;
use super::path::PathElement;
use super::schema;
use super::schema::shape::{ListRule, Merging, Shape};

/// `live` with `desired` put over it. Both are nested no deeper than `limits::RENDERED_DEPTH`.
pub(crate) fn merge(live: &Value, desired: &Value, shape: Option<Shape<'_>>, merging: Merging) -> Value {
    merge_pruned(live, desired, shape, merging, &HashMap::new())
}

/// The same with a live object from whose lists so many items were taken.
pub(crate) fn merge_pruned(
    live: &Value,
    desired: &Value,
    shape: Option<Shape<'_>>,
    merging: Merging,
    pruned: &HashMap<Vec<String>, usize>,
) -> Value {
    let mut merge = Merge {
        merging,
        pruned,
        path: Vec::new(),
    };
    merge.values(live, desired, shape, true, false)
}

struct Merge<'m> {
    merging: Merging,
    pruned: &'m HashMap<Vec<String>, usize>,
    path: Vec<String>,
}

impl Merge<'_> {
    fn at(
        &mut self,
        element: String,
        (live, desired): (&Value, &Value),
        shape: Option<Shape<'_>>,
        retains: bool,
    ) -> Value {
        self.path.push(element);
        let value = self.values(live, desired, shape, false, retains);
        self.path.pop();
        value
    }

    fn values(
        &mut self,
        live: &Value,
        desired: &Value,
        shape: Option<Shape<'_>>,
        is_root: bool,
        retains: bool,
    ) -> Value {
        match (live, desired) {
            // A null over a map or list leaves it as it is, for server-side apply; in a patch it removes.
            (Value::Object(_) | Value::Array(_), Value::Null) if self.merging == Merging::ServerSide => live.clone(),
            (Value::Object(live), Value::Object(desired))
                if !shape.is_some_and(|shape| shape.is_atomic_map(self.merging)) =>
            {
                let retains = retains || shape.is_some_and(|shape| shape.retains_keys(self.merging));
                Value::Object(self.maps(live, desired, shape, is_root, retains))
            }
            (Value::Array(live), Value::Array(desired)) => Value::Array(self.lists(live, desired, shape)),
            _ => desired.clone(),
        }
    }

    fn maps(
        &mut self,
        live: &Map<String, Value>,
        desired: &Map<String, Value>,
        shape: Option<Shape<'_>>,
        is_root: bool,
        retains: bool,
    ) -> Map<String, Value> {
        let field = |key: &str| schema::field(shape, key, is_root);
        // A patch that changes nothing of the map says nothing of the keys to keep either.
        let clears = retains
            && desired
                .iter()
                .any(|(key, value)| !canonical::same(live.get(key).unwrap_or(&Value::Null), value, field(key)));
        let mut out = Map::new();
        for (key, value) in live {
            match desired.get(key) {
                Some(desired) => {
                    let element = items::text_of(&PathElement::Field(key.clone()));
                    out.insert(key.clone(), self.at(element, (value, desired), field(key), false));
                }
                None if clears => {}
                None => {
                    out.insert(key.clone(), value.clone());
                }
            }
        }
        for (key, value) in desired {
            if !live.contains_key(key) {
                out.insert(key.clone(), value.clone());
            }
        }
        out
    }

    fn lists(&mut self, live: &[Value], desired: &[Value], shape: Option<Shape<'_>>) -> Vec<Value> {
        let rule = shape.map_or(ListRule::Atomic, |shape| shape.list_rule(self.merging));
        let item_shape = shape.and_then(|shape| shape.items());
        let left = items::elements(live, &rule, item_shape);
        let right = items::elements(desired, &rule, item_shape);
        let (Some(left), Some(right)) = (left, right) else {
            return desired.to_vec();
        };
        let retains = shape.is_some_and(|shape| shape.retains_keys(self.merging));
        if self.merging == Merging::ClientSide {
            let taken = self.pruned.get(&self.path).copied().unwrap_or(0);
            return patched((live, &left), (desired, &right), taken, |key, live, desired| {
                self.at(key.to_owned(), (live, desired), item_shape, retains)
            });
        }
        if !items::are_unique(&right) {
            return desired.to_vec();
        }
        Lists::new(live, &left, desired, &right).merged(|live, desired| match live {
            Some(live) => self.values(live, desired, item_shape, false, retains),
            None => desired.clone(),
        })
    }
}

/// What a strategic merge patch makes of a list (apimachinery v0.36.3 `strategicpatch/patch.go`, `mergeSortedSlice`): the items of the
/// desired list in their order, and each other one before the first of them that stood behind it. Of several items with one key the last
/// is put over the live one, and so on to the first (`SortableSliceOfMaps` turns equal ones around).
fn patched(
    (live, left): (&[Value], &[PathElement]),
    (desired, right): (&[Value], &[PathElement]),
    taken: usize,
    mut merge: impl FnMut(&str, &Value, &Value) -> Value,
) -> Vec<Value> {
    let mut positions: HashMap<String, usize> = HashMap::new();
    for (at, element) in left.iter().enumerate() {
        positions.entry(items::text_of(element)).or_insert(at);
    }
    let mut merged: HashMap<String, Value> = HashMap::new();
    for (item, element) in desired.iter().zip(right).rev() {
        let key = items::text_of(element);
        let below = merged.get(&key).or_else(|| live.get(*positions.get(&key)?));
        let value = below.map_or_else(|| item.clone(), |below| merge(&key, below, item));
        merged.insert(key, value);
    }
    // In Go's memory new items come to stand where items were taken away, and so count as if they had stood at the end.
    let mut seen = HashSet::new();
    let new = right.iter().map(items::text_of).filter(|key| seen.insert(key.clone()));
    let new: Vec<String> = new.filter(|key| !positions.contains_key(key)).take(taken).collect();
    for (at, key) in new.into_iter().enumerate() {
        positions.insert(key, live.len() + at);
    }
    let others: Vec<(usize, &Value)> = live
        .iter()
        .zip(left)
        .enumerate()
        .filter(|(_, (_, element))| !merged.contains_key(&items::text_of(element)))
        .map(|(at, (item, _))| (at, item))
        .collect();
    let mut others = others.into_iter().peekable();
    let mut out = Vec::with_capacity(live.len().max(desired.len()));
    for key in right.iter().map(items::text_of) {
        // The later ones of a key are in the first.
        let Some(value) = merged.remove(&key) else {
            continue;
        };
        let position = positions.get(&key);
        while let Some((_, other)) = others.next_if(|(at, _)| position.is_some_and(|position| at < position)) {
            out.push(other.clone());
        }
        out.push(value);
    }
    out.extend(others.map(|(_, other)| other.clone()));
    out
}

/// Two keyed lists on their way to one: shared items in the order of the desired list, the others beside their neighbours.
struct Lists<'v> {
    live: Vec<(String, &'v Value)>,
    desired: Vec<(String, &'v Value)>,
    /// The live item of each key; `None` if several have the key: none of them is merged.
    by_key: HashMap<String, Option<&'v Value>>,
    wanted: HashSet<String>,
}

impl<'v> Lists<'v> {
    fn new(live: &'v [Value], left: &[PathElement], desired: &'v [Value], right: &[PathElement]) -> Self {
        let keyed = |list: &'v [Value], elements: &[PathElement]| -> Vec<(String, &'v Value)> {
            elements.iter().map(items::text_of).zip(list).collect()
        };
        let (live, desired) = (keyed(live, left), keyed(desired, right));
        let mut by_key = HashMap::new();
        for (key, value) in &live {
            by_key
                .entry(key.clone())
                .and_modify(|item| *item = None)
                .or_insert(Some(*value));
        }
        let wanted = desired.iter().map(|(key, _)| key.clone()).collect();
        Self {
            live,
            desired,
            by_key,
            wanted,
        }
    }

    fn merged(&self, mut merge: impl FnMut(Option<&Value>, &Value) -> Value) -> Vec<Value> {
        let mut shared = self
            .desired
            .iter()
            .map(|(key, _)| key)
            .filter(|key| self.by_key.contains_key(*key));
        let mut next_shared = shared.next();
        let mut out = Vec::with_capacity(self.live.len().max(self.desired.len()));
        let mut done = HashSet::new();
        let (mut at_live, mut at_desired) = (0, 0);
        loop {
            let live = self.live.get(at_live);
            let desired = self.desired.get(at_desired);
            if let (Some((live_key, _)), Some((key, value))) = (live, desired) {
                if live_key == key {
                    done.insert(key);
                    out.push(merge(self.by_key.get(key).copied().flatten(), value));
                    at_live += 1;
                    at_desired += 1;
                    next_shared = shared.next();
                    continue;
                }
                if self.wanted.contains(live_key) && next_shared.is_some_and(|next| next != live_key) {
                    at_live += 1;
                    continue;
                }
            }
            if let Some((key, value)) = live {
                if !self.wanted.contains(key) {
                    out.push((*value).clone());
                    at_live += 1;
                    continue;
                }
                if done.contains(key) {
                    at_live += 1;
                }
            }
            match desired {
                Some((key, value)) => {
                    done.insert(key);
                    out.push(merge(self.by_key.get(key).copied().flatten(), value));
                    at_desired += 1;
                    if next_shared == Some(key) {
                        next_shared = shared.next();
                    }
                }
                None if live.is_none() => return out,
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(live: &[&str], desired: &[&str]) -> String {
        let list = |names: &[&str]| -> Vec<Value> { names.iter().map(|name| json!({"name": name})).collect() };
        let (live, desired) = (list(live), list(desired));
        let keys = ListRule::Keys(vec!["name".to_owned()]);
        let left = items::elements(&live, &keys, None).unwrap();
        let right = items::elements(&desired, &keys, None).unwrap();
        let merged = Lists::new(&live, &left, &desired, &right).merged(|_, desired| desired.clone());
        merged.iter().map(|item| item["name"].as_str().unwrap()).collect()
    }

    /// Held against structured-merge-diff v6.4.2 by running it.
    #[test]
    fn shared_items_take_the_desired_order_and_others_stay_beside_their_neighbours() {
        for (live, desired, expected) in [
            ("abc", "abc", "abc"),
            ("abc", "cba", "cba"),
            ("abc", "b", "abc"),
            ("axb", "ba", "xba"),
            ("xab", "ba", "xba"),
            ("", "ab", "ab"),
            ("ab", "", "ab"),
            ("ab", "cab", "cab"),
            ("ab", "acb", "acb"),
            ("abxc", "cab", "xcab"),
            ("cbdf", "db", "cdfb"),
            ("afcd", "dea", "fcdea"),
            ("fdebc", "abc", "fdeabc"),
            ("dafcb", "becfd", "abecfd"),
            ("bedc", "df", "bedcf"),
            ("cabfd", "aecbd", "afecbd"),
            ("acbef", "daeb", "dacefb"),
            ("fceba", "cdfa", "cebdfa"),
            ("badef", "eda", "befda"),
        ] {
            let split = |text: &str| -> Vec<String> { text.chars().map(String::from).collect() };
            let (live, desired) = (split(live), split(desired));
            let live: Vec<&str> = live.iter().map(String::as_str).collect();
            let desired: Vec<&str> = desired.iter().map(String::as_str).collect();
            assert_eq!(keys(&live, &desired), expected, "{live:?} {desired:?}");
        }
    }

    /// Held against a real server, to which kubectl sent its patch.
    #[test]
    fn a_patch_keeps_other_items_where_they_stood_and_the_first_of_two_with_one_key() {
        let list = |text: &str| -> Vec<Value> {
            let pairs: Vec<char> = text.chars().collect();
            pairs
                .chunks(2)
                .map(|pair| json!({"name": pair[0].to_string(), "value": pair[1].to_string()}))
                .collect()
        };
        let keys = ListRule::Keys(vec!["name".to_owned()]);
        for (live, taken, desired, expected) in [
            ("a1b1", 0, "b1a1", "b1a1"),
            // An item of somebody else's in the place of one that is missed.
            ("a1x1c1", 0, "a1b1c1", "a1b1x1c1"),
            ("x1b1", 0, "a1b1", "a1x1b1"),
            // One was taken away, and there is room for a new one.
            ("x1b1", 1, "a1b1", "x1a1b1"),
            ("a1x1", 0, "x2", "a1x2"),
            ("a1", 0, "a2a3", "a2"),
            ("", 0, "a2a3", "a2"),
        ] {
            let (before, wanted) = (list(live), list(desired));
            let left = items::elements(&before, &keys, None).unwrap();
            let right = items::elements(&wanted, &keys, None).unwrap();
            let merged = patched((&before, &left), (&wanted, &right), taken, |_, _, desired| {
                desired.clone()
            });
            assert_eq!(merged, list(expected), "{live} {desired}");
        }
    }

    #[test]
    fn items_that_are_there_twice_are_replaced_by_one() {
        assert_eq!(keys(&["a", "b", "a"], &["a", "b"]), "ab");
    }
}
