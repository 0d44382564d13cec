//! `patches`, `patchesStrategicMerge` and `patchesJson6902`: changes to objects, written down as parts of them or as operations
//! (kustomize api v0.18.0 `internal/builtins/PatchTransformer.go`, `PatchStrategicMergeTransformer.go`, `PatchJson6902Transformer.go`).
//!
//! ```text
//! item ─ reading (text → patch) ─ target (patch → objects) ─ apply ─ strategic_merge | json_patch
//! ```

mod apply;
mod budget;
mod comments;
mod directive;
mod fields;
mod items;
mod json_patch;
mod keyed_list;
mod merge_keys;
mod nodes;
mod notes;
mod pattern;
mod place;
mod quoting;
mod reading;
mod strategic_merge;
mod target;
mod through_json;
mod work;

use apply::{StrategicPatch, Way};
use reading::{Operations, PatchText, Place};
use target::Target;
use work::Work;

use super::layer::Layer;
use super::problem::Problem;
use super::read;
use super::resource::Resources;
use super::value::{Step, Value};
use crate::source::decode::Node;

/// What it takes to put even the smallest patch on an object, in steps.
const STEPS_OF_A_PATCH: usize = 100;

const FIELDS: [&str; 4] = ["path", "patch", "target", "options"];

/// Carries out `patches`.
///
/// # Errors
/// When kustomize refuses one of them, or it is not certain what it does.
pub fn patches(resources: &mut Resources, layer: &Layer<'_>, list: Node<'_>) -> Result<(), Problem> {
    with_account(resources, layer, list, |resources, work| {
        patch_each(resources, list.items(), work)
    })
}

/// Carries out a patch that is written as an item of `patches` is.
///
/// # Errors
/// As of [`patches`].
pub fn patch(resources: &mut Resources, layer: &Layer<'_>, item: Node<'_>) -> Result<(), Problem> {
    with_account(resources, layer, item, |resources, work| {
        patch_each(resources, [item], work)
    })
}

fn patch_each<'t>(
    resources: &mut Resources,
    items: impl IntoIterator<Item = Node<'t>>,
    work: &mut Work<'_>,
) -> Result<(), Problem> {
    let layer = work.layer;
    for item in items {
        let place = place_of(item, layer, true)?;
        let target = target::read_optional(item, layer)?;
        let may_change_name = fields::option(item, layer, "allowNameChange")?;
        let may_change_kind = fields::option(item, layer, "allowKindChange")?;
        work.budget.step(place.steps(layer))?;
        match (reading::read(place, layer)?, target) {
            (PatchText::Strategic(values), target) => {
                let patches = values.into_iter().map(|value| StrategicPatch {
                    value,
                    may_change_name,
                    may_change_kind,
                });
                let patches: Vec<StrategicPatch> = patches.collect();
                match (target, patches.as_slice()) {
                    (None, _) => apply_named(resources, &patches, work)?,
                    (Some(target), [patch]) => {
                        let selected = target.select(resources, work)?;
                        apply_selected(resources, patch, &selected, work)?;
                    }
                    (Some(_), _) => {
                        return Err(Problem::refused_at(
                            &layer.origin(place.node(), Step::Patch),
                            "kustomize refuses several patches in one text that has a `target`; give each an item of its own",
                        ));
                    }
                }
            }
            (PatchText::Json(operations), Some(target)) => {
                apply_json(resources, &operations, &target, true, work)?;
            }
            (PatchText::Json(_), None) => {
                return Err(Problem::refused_at(
                    &layer.origin(place.node(), Step::Patch),
                    "a JSON patch does not say which object it is for; give it a `target`",
                ));
            }
        }
        resources.retain(|resource| !resource.is_empty());
    }
    Ok(())
}

/// Carries out `patchesStrategicMerge`.
///
/// # Errors
/// When kustomize refuses one of them, or it is not certain what it does.
pub fn patches_strategic_merge(resources: &mut Resources, layer: &Layer<'_>, list: Node<'_>) -> Result<(), Problem> {
    if list.items().len() == 0 {
        return Ok(());
    }
    strategic_merge(resources, layer, list, Some(list), None)
}

/// Carries out strategic merge patches: those that a list names or holds, and those of a text.
///
/// # Errors
/// As of [`patches_strategic_merge`].
pub fn strategic_merge(
    resources: &mut Resources,
    layer: &Layer<'_>,
    whole: Node<'_>,
    list: Option<Node<'_>>,
    text: Option<Node<'_>>,
) -> Result<(), Problem> {
    with_account(resources, layer, whole, |resources, work| {
        let mut patches = Vec::new();
        for item in list.into_iter().flat_map(Node::items) {
            let inline = Place::Inline(item, read::text_of(item));
            work.budget.step(inline.steps(layer) + Place::File(item).steps(layer))?;
            patches.extend(read_path_or_text(item, layer)?);
        }
        if let Some(text) = text {
            let inline = Place::Inline(text, read::text_of(text));
            work.budget.step(inline.steps(layer))?;
            patches.extend(reading::read_strategic(inline, layer)?);
        }
        if patches.is_empty() {
            return Err(Problem::refused_at(
                &layer.origin(whole, Step::Patch),
                "kustomize refuses patches without content",
            ));
        }
        merge_each(resources, patches, work)
    })
}

fn merge_each(resources: &mut Resources, patches: Vec<Value>, work: &mut Work<'_>) -> Result<(), Problem> {
    for value in patches {
        let patch = StrategicPatch {
            value,
            may_change_name: false,
            may_change_kind: false,
        };
        let at = target::find(resources, &patch.value, work)?;
        apply_selected(resources, &patch, &[at], work)?;
    }
    Ok(())
}

/// Carries out `patchesJson6902`.
///
/// # Errors
/// When kustomize refuses one of them, or it is not certain what it does.
pub fn patches_json6902(resources: &mut Resources, layer: &Layer<'_>, list: Node<'_>) -> Result<(), Problem> {
    with_account(resources, layer, list, |resources, work| {
        operate_each(resources, list.items(), work)
    })
}

/// Carries out a patch that is written as an item of `patchesJson6902` is.
///
/// # Errors
/// As of [`patches_json6902`].
pub fn patch_json6902(resources: &mut Resources, layer: &Layer<'_>, item: Node<'_>) -> Result<(), Problem> {
    with_account(resources, layer, item, |resources, work| {
        operate_each(resources, [item], work)
    })
}

fn operate_each<'t>(
    resources: &mut Resources,
    items: impl IntoIterator<Item = Node<'t>>,
    work: &mut Work<'_>,
) -> Result<(), Problem> {
    let layer = work.layer;
    let mut read = Vec::new();
    for item in items {
        let origin = layer.origin(item, Step::Patch);
        let place = place_of(item, layer, false)?;
        let has_name = item
            .at(&["target", "name"])
            .and_then(Node::as_str)
            .is_some_and(|name| !name.is_empty());
        let target = target::read_optional(item, layer)?.filter(|_| has_name);
        let Some(target) = target else {
            return Err(Problem::refused_at(
                &origin,
                "kustomize refuses an item of `patchesJson6902` without `target.name`",
            ));
        };
        work.budget.step(place.steps(layer))?;
        let operations = reading::read_operations(place, layer)?;
        if operations.list.is_empty() {
            return Err(Problem::refused_at(
                &origin,
                "kustomize refuses a patch without operations",
            ));
        }
        read.push((operations, target));
    }
    for (operations, target) in read {
        apply_json(resources, &operations, &target, false, work)?;
    }
    Ok(())
}

/// Carries out patches, and lets the build know what they took, also when they fail.
fn with_account(
    resources: &mut Resources,
    layer: &Layer<'_>,
    whole: Node<'_>,
    carry_out: impl FnOnce(&mut Resources, &mut Work<'_>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut work = Work::new(layer);
    let origin = layer.origin(whole, Step::Patch);
    let done = carry_out(resources, &mut work).map_err(|problem| problem.or_at(&origin));
    let spent = resources.spend(work.budget.spent(), &origin);
    done.and(spent)
}

/// Where the text of an item is.
fn place_of<'t>(item: Node<'t>, layer: &Layer<'_>, is_trimmed: bool) -> Result<Place<'t>, Problem> {
    fields::check(item, layer, "patches", &FIELDS)?;
    let path = fields::text(item, layer, "path")?;
    let text = fields::text(item, layer, "patch")?;
    // kustomize cuts white space off, the line feed at the end of the last block too.
    let text = text.map(|(text, _)| if is_trimmed { text.trim() } else { text });
    match (path, text.filter(|text| !text.is_empty()), item.get("patch")) {
        (Some(_), None, _) => item.get("path").map(Place::File),
        (None, Some(text), Some(node)) => Some(Place::Inline(node, text)),
        _ => None,
    }
    .ok_or_else(|| {
        Problem::refused_at(
            &layer.origin(item, Step::Patch),
            "kustomize refuses this patch: either `path` or `patch` is due, and not both",
        )
    })
}

/// An item of `patchesStrategicMerge` is a patch itself, or else the name of a file with patches.
fn read_path_or_text(item: Node<'_>, layer: &Layer<'_>) -> Result<Vec<Value>, Problem> {
    let text = read::text_of(item);
    let as_text = reading::read_strategic(Place::Inline(item, text), layer);
    match as_text {
        Err(problem) if text.contains(['\n', '{']) || text.contains(": ") => Err(problem),
        Err(_) => reading::read_strategic(Place::File(item), layer),
        Ok(patches) => Ok(patches),
    }
}

fn apply_named(resources: &mut Resources, patches: &[StrategicPatch], work: &mut Work<'_>) -> Result<(), Problem> {
    for patch in patches {
        if resources.iter().any(super::resource::Resource::is_empty) {
            return Err(Problem::refused_at(
                &patch.value.origin,
                "kustomize crashes on a patch behind one that deletes an object, in one text; give each an item of its own",
            ));
        }
        let at = target::find(resources, &patch.value, work)?;
        if let Some(resource) = resources.get_mut(at) {
            apply::strategic(resource, patch, Way::Named, work)?;
        }
    }
    Ok(())
}

fn apply_selected(
    resources: &mut Resources,
    patch: &StrategicPatch,
    selected: &[usize],
    work: &mut Work<'_>,
) -> Result<(), Problem> {
    for &at in selected {
        work.budget.step(STEPS_OF_A_PATCH)?;
        if let Some(resource) = resources.get_mut(at) {
            apply::strategic(resource, patch, Way::Selected, work)?;
        }
    }
    resources.retain(|resource| !resource.is_empty());
    if patch.may_change_name || patch.may_change_kind {
        // Two objects may have come to one name.
        resources.refuse_twins()?;
    }
    Ok(())
}

fn apply_json(
    resources: &mut Resources,
    operations: &Operations,
    target: &Target,
    remembers: bool,
    work: &mut Work<'_>,
) -> Result<(), Problem> {
    for at in target.select(resources, work)? {
        work.budget.step(STEPS_OF_A_PATCH)?;
        if let Some(resource) = resources.get_mut(at) {
            apply::json(resource, operations, remembers, work)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
