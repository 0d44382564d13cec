//! Who set which field, and when: `metadata.managedFields`.

use serde_json::Value;

use super::change::Actor;
use super::field_set::FieldSet;
use super::path::PathElement;

/// One entry.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) actor: Actor,
    /// Whether the manager applies; others update.
    pub(crate) is_apply: bool,
    pub(crate) fields: FieldSet,
}

/// All entries of an object.
#[derive(Debug, Default)]
pub(crate) struct ManagedFields(pub(crate) Vec<Entry>);

impl ManagedFields {
    /// Reads those of a live object.
    pub(crate) fn of(object: &Value) -> Self {
        let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array);
        Self(entries.into_iter().flatten().filter_map(entry).collect())
    }

    /// The entries that record an intent: those of appliers to the object itself. Entries of updates hold what was defaulted, too.
    pub(crate) fn appliers(&self) -> impl Iterator<Item = &Entry> {
        self.0
            .iter()
            .filter(|entry| entry.is_apply && entry.actor.subresource.is_none())
    }

    /// Who wrote a field last.
    pub(crate) fn author(&self, path: &[PathElement]) -> Option<&Entry> {
        let touching = self.0.iter().filter(|entry| entry.fields.touches(path));
        touching.max_by(|left, right| left.actor.time.cmp(&right.actor.time))
    }
}

fn entry(json: &Value) -> Option<Entry> {
    let text = |key: &str| json.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(Entry {
        actor: Actor {
            manager: text("manager").unwrap_or_default(),
            time: text("time"),
            subresource: text("subresource").filter(|name| !name.is_empty()),
        },
        is_apply: json.get("operation")? == "Apply",
        fields: FieldSet::read(json.get("fieldsV1")?),
    })
}
