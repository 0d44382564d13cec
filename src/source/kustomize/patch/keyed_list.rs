//! Lists whose items are told apart by keys, merged item by item (kyaml v0.18.1 `yaml/walk/associative_sequence.go`, with the items of the
//! patch first).
//!
//! What looks odd here is: an item without its keys makes others vanish, and two keys match items that only one of them has.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::directive::{self, Directive};
use super::items::{self, ITSELF};
use super::merge_keys::{MergedList, Place};
use super::nodes::{Content, Entry, Part, PartId, Parts, Shape};
use super::quoting::Quoting;
use super::strategic_merge::{Merged, merge as merge_parts};
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::value::Data;

/// The values of the keys of an item; empty where it has none.
type Values = Vec<Arc<str>>;

/// Merges a list of the patch into one of the object, of which either may be missing or null.
pub(super) fn merge(
    parts: &mut Parts<'_>,
    object: Option<PartId>,
    patch: Option<PartId>,
    list: MergedList,
) -> Result<Merged, Problem> {
    let Some(into) = choose(parts, object, patch)? else {
        return Ok(Merged::Nothing);
    };
    let sources = [Some(into), patch];
    let keys: &[&str] = if list.keys.is_empty() { &[ITSELF] } else { list.keys };
    let mut wanted = values_of(parts, sources, keys)?;
    if keys.len() > 1 {
        fill_in(parts, &mut wanted)?;
    }
    if wanted.is_empty() {
        return Ok(Merged::Part(into));
    }
    let known: BTreeSet<&str> = keys
        .iter()
        .enumerate()
        .filter(|(at, _)| {
            wanted
                .iter()
                .any(|values| values.get(*at).is_some_and(|value| !value.is_empty()))
        })
        .map(|(_, key)| *key)
        .collect();
    let origin = parts.get(into).origin.clone();
    let merged = parts.push(Part {
        content: Content::List(Vec::new()),
        origin,
        quoting: Quoting::Plain,
        is_left_out: false,
    });
    let mut used_keys = keys.to_vec();
    for values in &wanted {
        let (keys, values) = only_known(&known, keys, values);
        merge_item(parts, sources, into, merged, (&keys, &values), list.item())?;
        used_keys = keys;
    }
    append_rest(parts, merged, into, &used_keys)?;
    let content = parts.get(merged).content.clone();
    parts.get_mut(into).content = content;
    Ok(Merged::Part(into))
}

/// Into which of the two lists the items go, if any.
fn choose(parts: &mut Parts<'_>, object: Option<PartId>, patch: Option<PartId>) -> Result<Option<PartId>, Problem> {
    let Some(there) = object.filter(|&object| !parts.is_null(object)) else {
        return Ok(patch);
    };
    let Some(patch) = patch else {
        return Ok(Some(there));
    };
    if parts.is_null(patch) {
        return Ok(None);
    }
    Ok(match directive::take(parts, patch)?? {
        Directive::Delete => None,
        Directive::Replace => Some(patch),
        Directive::Merge => Some(there),
    })
}

/// The values of the keys of all items, each once, those of the patch first.
fn values_of(parts: &mut Parts<'_>, [into, patch]: [Option<PartId>; 2], keys: &[&str]) -> Result<Vec<Values>, Problem> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for list in [patch, into].into_iter().flatten() {
        parts.step(parts.items(list).len())?;
        for &item in parts.items(list) {
            let mut values = Values::new();
            for key in keys {
                values.push(value_of(parts, item, key)?);
            }
            if seen.insert(values.clone()) {
                found.push(values);
            }
        }
    }
    Ok(found)
}

fn value_of(parts: &Parts<'_>, item: PartId, key: &str) -> Result<Arc<str>, Problem> {
    if key == ITSELF {
        return parts.text(item);
    }
    match parts.field(item, key) {
        Some(field) if !parts.is_null(field) => parts.text(field),
        _ => Ok("".into()),
    }
}

/// Fills in what one item lacks from another one that has the same in another key (kyaml `mergeValues`).
fn fill_in(parts: &mut Parts<'_>, wanted: &mut [Values]) -> Result<(), Problem> {
    for one in 0..wanted.len() {
        parts.step(wanted.len())?;
        let values = wanted[one].clone();
        for other in 0..wanted.len() {
            if let Some(both) = both(&values, &wanted[other]) {
                wanted[one].clone_from(&both);
                wanted[other] = both;
            }
        }
    }
    Ok(())
}

fn both(one: &Values, other: &Values) -> Option<Values> {
    let mut has_common = false;
    let mut values = Values::with_capacity(one.len());
    for (one, other) in one.iter().zip(other) {
        if one == other {
            has_common = true;
        } else if !one.is_empty() && !other.is_empty() {
            return None;
        }
        values.push(Arc::clone(if one.is_empty() { other } else { one }));
    }
    has_common.then_some(values)
}

/// The keys that any item has, with their values; all if none has any.
fn only_known<'k>(known: &BTreeSet<&str>, keys: &[&'k str], values: &Values) -> (Vec<&'k str>, Values) {
    keys.iter()
        .zip(values)
        .filter(|(key, _)| known.is_empty() || known.contains(*key))
        .map(|(key, value)| (*key, Arc::clone(value)))
        .unzip()
}

fn merge_item(
    parts: &mut Parts<'_>,
    sources: [Option<PartId>; 2],
    into: PartId,
    merged: PartId,
    (keys, values): (&[&str], &[Arc<str>]),
    place: Place,
) -> Result<(), Problem> {
    // Only keys that have a value count when the items are looked for, unless none has.
    let has_any = values.iter().any(|value| !value.is_empty());
    let (wanted_keys, wanted_values): (Vec<&str>, Values) = keys
        .iter()
        .zip(values)
        .filter(|(_, value)| !has_any || !value.is_empty())
        .map(|(key, value)| (*key, Arc::clone(value)))
        .unzip();
    let mut found = [None, None];
    for (found, list) in found.iter_mut().zip(sources) {
        if let Some(list) = list {
            *found = items::find(parts, list, &wanted_keys, &wanted_values)?;
        }
    }
    let [object, patch] = found;
    let item = match merge_parts(parts, object, patch, place)? {
        Merged::Part(item) if !parts.is_null_or_empty_mapping(item) => item,
        _ => return items::remove(parts, into, keys, values),
    };
    for (key, value) in keys.iter().zip(values) {
        if *key != ITSELF && !value.is_empty() && parts.field(item, key).is_none() {
            set_key(parts, item, key, value)?;
        }
    }
    items::set(parts, merged, item, keys, values)
}

/// Gives an item the value by which it was found.
fn set_key(parts: &mut Parts<'_>, item: PartId, key: &str, value: &Arc<str>) -> Result<(), Problem> {
    let origin = parts.get(item).origin.clone();
    if parts.shape(item) != Some(Shape::Mapping) {
        return Err(Problem::refused_at(
            &origin,
            "kustomize refuses this item: a mapping is due",
        ));
    }
    let value = parts.push(Part {
        content: Content::Scalar(Data::Text(Arc::clone(value))),
        origin: origin.clone(),
        quoting: Quoting::Unknown,
        is_left_out: false,
    });
    if let Content::Mapping(entries) = &mut parts.get_mut(item).content {
        entries.push(Entry {
            key: key.into(),
            key_origin: origin,
            value,
        });
    }
    Ok(())
}

/// Puts the items of the object behind those that are merged, or in their place if they are the same.
fn append_rest(parts: &mut Parts<'_>, merged: PartId, from: PartId, keys: &[&str]) -> Result<(), Problem> {
    for item in parts.items(from).to_vec() {
        if keys.first() == Some(&ITSELF) {
            let value = parts.text(item)?;
            items::set(parts, merged, item, keys, &[value])?;
            continue;
        }
        if parts.shape(item).is_some_and(|shape| shape != Shape::Mapping) {
            return Err(Problem::refused_at(
                &parts.get(item).origin,
                "kustomize refuses this item of a list that it merges: a mapping is due",
            ));
        }
        let mut values = Values::new();
        for key in keys {
            match parts.field(item, key) {
                Some(field) => values.push(parts.text(field)?),
                None => items::append(parts, merged, item),
            }
        }
        if keys.len() > 1 {
            items::remove(parts, merged, keys, &values)?;
        }
        items::set(parts, merged, item, keys, &values)?;
    }
    Ok(())
}
