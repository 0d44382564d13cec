//! One patch put on one object (kustomize api v0.18.0 `resource/resource.go` `ApplySmPatch`, `resmap/reswrangler.go` `ApplySmPatch`,
//! `filters/patchjson6902`).

use super::budget::Budget;
use super::json_patch;
use super::nodes::{Content, PartId, Parts};
use super::notes;
use super::place::Place;
use super::quoting::Quoting;
use super::reading::Operations;
use super::strategic_merge::{Merged, merge};
use super::work::Work;
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::resource::Resource;
use crate::source::kustomize::scalar::is_surely_string;
use crate::source::kustomize::sources::Sources;
use crate::source::kustomize::value::{Data, Value};

/// A strategic merge patch, and what it may do.
#[derive(Debug)]
pub(super) struct StrategicPatch {
    /// The patch.
    pub(super) value: Value,
    /// Whether it may give the object another name.
    pub(super) may_change_name: bool,
    /// Whether it may make the object one of another kind.
    pub(super) may_change_kind: bool,
}

/// How kustomize got from a patch to an object. By some ways it makes strings of labels and annotations first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The patch names the object, in `patches`.
    Named,
    /// The patch has a `target`, or stands in `patchesStrategicMerge`.
    Selected,
}

/// Puts a strategic merge patch on an object. An object that it deletes is empty then.
pub(super) fn strategic(
    resource: &mut Resource,
    patch: &StrategicPatch,
    way: Way,
    work: &mut Work<'_>,
) -> Result<(), Problem> {
    let sources = work.layer.sources;
    if !resource.is_rewritten {
        work.comments.refuse_schemas(&resource.value, sources)?;
    }
    work.comments.refuse_schemas(&patch.value, sources)?;
    let budget = &mut work.budget;
    let mut value = patch.value.clone();
    budget.add(count(&value))?;
    budget.step(count(&resource.value))?;
    let may_change_id = patch.may_change_name || patch.may_change_kind;
    prepare(&mut value, way, may_change_id, sources)?;
    if way == Way::Selected {
        if resource.api_version().is_empty() {
            return Err(Problem::not_understood_at(
                &resource.value.origin,
                "an object without an `apiVersion`",
            ));
        }
        // The version of the object counts.
        value.remove("apiVersion");
    }
    if may_change_id {
        resource.remember_id();
    }
    let keeps_notes = notes::are_kept(resource);
    if keeps_notes {
        notes::mark(&mut resource.value)?;
        // The permission is an annotation of the patch.
        if may_change_id {
            notes::mark(&mut value)?;
        }
    }
    let identity = Identity::of(&resource.value);
    let is_left = merge_values(&mut resource.value, value, resource.is_rewritten, work.layer, budget)?;
    if !is_left {
        resource.value.data = Data::Map(Vec::new());
        return Ok(());
    }
    if keeps_notes && !notes::unmark(&mut resource.value) {
        notes::forget(resource);
    }
    identity.put_back(&mut resource.value, patch);
    for way in [&["kind"][..], &["metadata", "name"], &["metadata", "namespace"]] {
        refuse_set_number(resource.value.at(way), resource.is_rewritten)?;
    }
    if resource.name().is_empty() {
        return Err(Problem::not_understood_at(
            &patch.value.origin,
            "a patch that takes the name of an object away",
        ));
    }
    resource.check_identity()?;
    resource.settle_shared()
}

/// Makes of a patch what kustomize makes of it before it is merged.
fn prepare(patch: &mut Value, way: Way, may_change_id: bool, sources: &Sources) -> Result<(), Problem> {
    if way == Way::Selected {
        notes::make_strings(patch, "labels", false, sources)?;
    }
    if way == Way::Selected || may_change_id {
        notes::make_strings(patch, "annotations", false, sources)?;
    }
    Ok(())
}

fn merge_values(
    object: &mut Value,
    patch: Value,
    is_rewritten: bool,
    layer: &Layer<'_>,
    budget: &mut Budget,
) -> Result<bool, Problem> {
    let mut parts = Parts::new(layer.sources, budget);
    let origin = object.origin.clone();
    let taken = std::mem::replace(object, Value::map(origin));
    let into = parts.take(taken, is_rewritten);
    let patch = parts.take(patch, false);
    doubt_labels(&mut parts, into);
    let merged = merge(&mut parts, layer.schema, Some(into), Some(patch), Place::Unknown)?;
    // What is left is the object even where the patch was to take its place.
    *object = parts.value(into)?;
    Ok(merged != Merged::Nothing)
}

/// Labels are set anew by so many steps that it is not certain which are in quotes.
fn doubt_labels(parts: &mut Parts<'_>, object: PartId) {
    let labels = parts
        .field(object, "metadata")
        .and_then(|metadata| parts.field(metadata, "labels"));
    let values: Vec<PartId> = labels
        .into_iter()
        .flat_map(|labels| parts.entries(labels).iter().map(|entry| entry.value))
        .collect();
    for value in values {
        let part = parts.get_mut(value);
        if matches!(part.content, Content::Scalar(Data::Text(_))) {
            part.quoting = Quoting::Unknown;
        }
    }
}

/// What makes an object the one that it is.
struct Identity {
    kind: Option<Value>,
    name: Option<Value>,
    namespace: Option<Value>,
}

impl Identity {
    fn of(object: &Value) -> Self {
        Self {
            kind: object.get("kind").cloned(),
            name: object.at(&["metadata", "name"]).cloned(),
            namespace: object.at(&["metadata", "namespace"]).cloned(),
        }
    }

    fn put_back(self, object: &mut Value, patch: &StrategicPatch) {
        if !patch.may_change_kind {
            put_back(object, "kind", self.kind);
        }
        let origin = object.origin.clone();
        if object.get("metadata").is_none() {
            object.set("metadata", &origin, Value::map(origin.clone()));
        }
        if let Some(metadata) = object.get_mut("metadata") {
            if !patch.may_change_name {
                put_back(metadata, "name", self.name);
            }
            let namespace = self
                .namespace
                .filter(|namespace| namespace.as_str() != Some("") && !namespace.is_null());
            put_back(metadata, "namespace", namespace);
        }
    }
}

/// What tells which object it is is set again after a patch, without a tag: it is a string only in the quotes of what was there
/// (kyaml v0.18.1 `yaml/rnode.go` `SetName`, `SetNamespace`).
fn refuse_set_number(value: Option<&Value>, is_rewritten: bool) -> Result<(), Problem> {
    let in_doubt = value.filter(|value| {
        let is_kept = !matches!(Quoting::of(value, is_rewritten), Quoting::Plain | Quoting::Unknown);
        value.as_str().is_some_and(|text| !is_surely_string(text) && !is_kept)
    });
    in_doubt.map_or(Ok(()), |value| {
        Err(Problem::not_understood_at(
            &value.origin,
            "a patch on an object with a number, a boolean or nothing for a name or a namespace",
        ))
    })
}

/// Puts a field back as it was, as if nobody had touched it.
fn put_back(mapping: &mut Value, field: &str, value: Option<Value>) {
    match (mapping.get_mut(field), value) {
        (Some(there), Some(value)) => *there = value,
        (None, Some(value)) => {
            let origin = value.origin.clone();
            mapping.set(field, &origin, value);
        }
        (Some(_), None) => {
            mapping.remove(field);
        }
        (None, None) => {}
    }
}

/// Puts a JSON patch on an object. `remembers` says whether kustomize notes before who the object was.
pub(super) fn json(
    resource: &mut Resource,
    operations: &Operations,
    remembers: bool,
    work: &mut Work<'_>,
) -> Result<(), Problem> {
    if remembers {
        resource.remember_id();
    }
    let keeps_notes = notes::are_kept(resource);
    if keeps_notes {
        notes::mark(&mut resource.value)?;
    }
    json_patch::apply(&mut resource.value, operations, keeps_notes, &mut work.budget)?;
    notes::unmark(&mut resource.value);
    notes::make_strings(&mut resource.value, "annotations", true, work.layer.sources)?;
    resource.rewrite();
    resource.json_patched_by = (operations.list.first()).map(|operation| operation.origin.clone());
    if resource.name().is_empty() || resource.kind().is_empty() {
        let origin = operations
            .list
            .first()
            .map_or(&resource.value.origin, |operation| &operation.origin);
        return Err(Problem::not_understood_at(
            origin,
            "a patch that takes the name or the kind of an object away",
        ));
    }
    resource.check_identity()?;
    Ok(())
}

/// How many values there are in a value.
pub(super) fn count(value: &Value) -> usize {
    let below: usize = match &value.data {
        Data::List(items) => items.iter().map(count).sum(),
        Data::Map(fields) => fields.iter().map(|field| count(&field.value)).sum(),
        _ => 0,
    };
    below + 1
}
