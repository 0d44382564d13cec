//! Items of a list, found, set and taken out by the values of some of their fields, with all of kyaml's oddities
//! (kyaml v0.18.1 `yaml/fns.go` `ElementMatcher`, `ElementSetter`).

use std::sync::Arc;

use super::nodes::{Content, PartId, Parts, Shape};
use crate::source::kustomize::problem::Problem;

/// The key of lists of plain values, whose items are their own.
pub(super) const ITSELF: &str = "";

/// The first item of which each key has just this value.
pub(super) fn find(
    parts: &mut Parts<'_>,
    list: PartId,
    keys: &[&str],
    values: &[Arc<str>],
) -> Result<Option<PartId>, Problem> {
    parts.step(parts.items(list).len())?;
    for &item in parts.items(list) {
        let mut fits = true;
        for (key, value) in keys.iter().zip(values) {
            let field = if *key == ITSELF {
                Some(item)
            } else {
                parts.field(item, key)
            };
            fits = match field {
                Some(field) => parts.text(field)? == *value,
                None => false,
            };
            if !fits {
                break;
            }
        }
        if fits {
            return Ok(Some(item));
        }
    }
    Ok(None)
}

/// Takes out all items that [`set`] would replace, and all that are empty.
pub(super) fn remove(parts: &mut Parts<'_>, list: PartId, keys: &[&str], values: &[Arc<str>]) -> Result<(), Problem> {
    change(parts, list, None, keys, values)
}

/// Puts an item in the place of all that have these values, or at the end if there is none. An empty value fits any; without values
/// all other items are lost. Empty items are lost, too.
pub(super) fn set(
    parts: &mut Parts<'_>,
    list: PartId,
    item: PartId,
    keys: &[&str],
    values: &[Arc<str>],
) -> Result<(), Problem> {
    change(parts, list, Some(item), keys, values)
}

fn change(
    parts: &mut Parts<'_>,
    list: PartId,
    new: Option<PartId>,
    keys: &[&str],
    values: &[Arc<str>],
) -> Result<(), Problem> {
    let old = parts.items(list).to_vec();
    parts.step(old.len())?;
    let wants_mapping =
        keys.first().is_some_and(|key| *key != ITSELF) && values.first().is_some_and(|value| !value.is_empty());
    let mut items = Vec::with_capacity(old.len() + 1);
    let mut is_set = false;
    for item in old {
        if parts.is_null_or_empty_mapping(item) {
            continue;
        }
        if parts.shape(item) != Some(Shape::Mapping) && wants_mapping {
            items.push(item);
        } else if has_values(parts, item, keys, values)? {
            is_set = true;
            items.extend(new);
        } else if !values.is_empty() {
            items.push(item);
        }
    }
    if let Some(new) = new
        && !is_set
        && !parts.is_null(new)
    {
        items.push(new);
    }
    if let Content::List(list) = &mut parts.get_mut(list).content {
        *list = items;
    }
    Ok(())
}

/// Adds an item at the end.
pub(super) fn append(parts: &mut Parts<'_>, list: PartId, item: PartId) {
    if let Content::List(items) = &mut parts.get_mut(list).content {
        items.push(item);
    }
}

fn has_values(parts: &Parts<'_>, item: PartId, keys: &[&str], values: &[Arc<str>]) -> Result<bool, Problem> {
    if values.is_empty() {
        return Ok(false);
    }
    // Where there are fewer values than keys, the last one that was looked for decides for the rest.
    for (key, value) in keys.iter().zip(values) {
        let due = if *key == ITSELF { Shape::Scalar } else { Shape::Mapping };
        if parts.shape(item).is_some_and(|shape| shape != due) {
            return Err(Problem::refused_at(
                &parts.get(item).origin,
                format!(
                    "kustomize refuses this item of a list that it merges: {} is due",
                    due.with_article()
                ),
            ));
        }
        let fits = if *key == ITSELF {
            parts.text(item)? == *value
        } else {
            match parts.field(item, key) {
                Some(field) => value.is_empty() || parts.text(field)? == *value,
                None => false,
            }
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}
