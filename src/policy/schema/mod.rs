//! What fields an object may have, and of what types: JSON Schemas of the kinds that are judged.
//!
//! Those of Kubernetes' own kinds come from the types of `k8s-openapi`, OpenKruise's from types of our own. Both are mended to say what
//! the API server takes (`mend.rs`), closed against unknown fields, compiled at the first question and validated straight on the decoded
//! tree.

pub(crate) mod fault;
pub(crate) mod instance;
mod kinds;
mod mend;
pub(crate) mod sidecar_set;

pub use fault::{FaultKind, SchemaFault};

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jsonschema::Validator;
use rayon::prelude::*;
use serde_json::Value;

use crate::model::inventory::Inventory;
use crate::model::object::Object;
use crate::source::decode::Node;
use instance::TreeJson;

/// The schema of one kind, compiled when it is first asked for.
pub struct KindSchema {
    schema: Value,
    validator: Validator<TreeJson>,
}

impl KindSchema {
    /// Everything in `object` that the schema does not allow, in the order of the schema.
    #[must_use]
    pub fn faults<'t>(&'t self, object: Node<'t>) -> Vec<SchemaFault<'t>> {
        self.validator
            .iter_errors(instance::Instance::Node(object))
            .flat_map(|error| fault::faults(&error, &self.schema, object))
            .collect()
    }
}

/// What the schemas do not allow, for every object of an inventory; validated once, and asked by several policies.
#[derive(Debug)]
pub struct SchemaFaults<'i> {
    /// In the order of the inventory; `None` for kinds whose fields are not known.
    by_object: Vec<Option<Vec<SchemaFault<'i>>>>,
}

impl<'i> SchemaFaults<'i> {
    /// Validates all objects of an inventory.
    #[must_use]
    pub fn of(inventory: &'i Inventory) -> Self {
        let by_object = inventory
            .objects
            .par_iter()
            .map(|object| {
                let identity = &object.identity;
                // A schema that does not compile is a fault of the program, which its own tests find.
                let schema = schema_of(&identity.api_version, &identity.kind).ok().flatten()?;
                Some(schema.faults(object.root()))
            })
            .collect();
        Self { by_object }
    }

    /// The objects whose fields are known, each with its faults.
    pub fn known(&self, inventory: &'i Inventory) -> impl Iterator<Item = (&'i Object, &[SchemaFault<'i>])> {
        inventory
            .objects
            .iter()
            .zip(&self.by_object)
            .filter_map(|(object, faults)| Some((object, faults.as_deref()?)))
    }

    /// The objects of whose fields nothing is known.
    pub fn unknown(&self, inventory: &'i Inventory) -> impl Iterator<Item = &'i Object> {
        inventory
            .objects
            .iter()
            .zip(&self.by_object)
            .filter(|(_, faults)| faults.is_none())
            .map(|(object, _)| object)
    }
}

/// The schema of a kind, if it is one that is judged.
///
/// # Errors
/// If a schema of ours cannot be compiled; a test compiles them all.
pub fn schema_of(api_version: &str, kind: &str) -> Result<Option<&'static KindSchema>, String> {
    type Slot = OnceLock<Result<KindSchema, String>>;
    static SLOTS: [Slot; kinds::KINDS.len()] = [const { OnceLock::new() }; kinds::KINDS.len()];
    let found = kinds::KINDS
        .iter()
        .zip(&SLOTS)
        .find(|(known, _)| known.kind == kind && known.api_version == api_version);
    let Some((known, slot)) = found else {
        return Ok(None);
    };
    slot.get_or_init(|| compile((known.schema)()))
        .as_ref()
        .map(Some)
        .map_err(Clone::clone)
}

/// The fields of `spec` of a kind, dotted, with their types; lists are looked through. For holding our types against the real ones.
#[must_use]
pub fn fields_of(api_version: &str, kind: &str) -> Option<BTreeMap<String, String>> {
    let schema = &schema_of(api_version, kind).ok()??.schema;
    let mut fields = BTreeMap::new();
    let spec = resolve(schema, schema.pointer("/properties/spec")?);
    let mut pending = vec![(String::new(), spec)];
    while let Some((path, object)) = pending.pop() {
        let properties = object.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            let field = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            let property = resolve(schema, property);
            fields.insert(field.clone(), type_of(property));
            let inner = property.get("items").map_or(property, |items| resolve(schema, items));
            // The deepest way through core/v1 that leads anywhere is far shorter; JSON Schema's own definition is not among the kinds.
            if inner.get("properties").is_some() {
                pending.push((field, inner));
            }
        }
    }
    Some(fields)
}

fn resolve<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| root.pointer(reference.trim_start_matches('#')))
        .unwrap_or(schema)
}

fn type_of(schema: &Value) -> String {
    match schema.get("type") {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            names.join(" or ")
        }
        _ => "any".to_owned(),
    }
}

fn compile(schema: Value) -> Result<KindSchema, String> {
    let validator = jsonschema::options_for::<TreeJson>()
        .should_validate_formats(true)
        .with_format(mend::QUANTITY_FORMAT, mend::is_quantity)
        .build(&schema)
        .map_err(|error| error.to_string())?;
    Ok(KindSchema { schema, validator })
}

#[cfg(test)]
mod tests;
