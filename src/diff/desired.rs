//! The desired object as it can be applied: what the server refuses or never keeps is found and taken out.

use serde_json::{Map, Value};

use super::find;
use super::items;
use super::path::{FieldPath, PathElement};
use super::schema;
use super::schema::shape::{ListRule, Merging, ScalarKind, Shape};

/// What is wrong with the desired object itself.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// Fields that the server drops in silence, or refuses in strict mode.
    pub(crate) lost: Vec<(FieldPath, Value)>,
    /// Values of a type that the server refuses, with what is due.
    pub(crate) refused: Vec<(FieldPath, String)>,
    /// Items with the keys of an item before them.
    pub(crate) doubled: Vec<FieldPath>,
}

impl Faults {
    /// Leaves out what was wrong before in the same way.
    pub(crate) fn leave_out(&mut self, earlier: &Self) {
        self.lost.retain(|fault| !earlier.lost.contains(fault));
        self.refused.retain(|fault| !earlier.refused.contains(fault));
        self.doubled.retain(|fault| !earlier.doubled.contains(fault));
    }
}

/// Finds what cannot be applied, and takes the fields out that are lost. `served` is what the server's definition says where `shape` is
/// more exact. What `live` has is not lost, whatever the types say.
pub(crate) fn check(
    object: &mut Value,
    live: Option<&Value>,
    shape: Option<Shape<'_>>,
    served: Option<Shape<'_>>,
) -> Faults {
    let mut check = Check {
        live,
        root: shape,
        path: Vec::new(),
        faults: Faults::default(),
    };
    check.value(object, shape, served, true);
    check.faults
}

struct Check<'c> {
    live: Option<&'c Value>,
    root: Option<Shape<'c>>,
    path: Vec<PathElement>,
    faults: Faults,
}

impl Check<'_> {
    fn is_kept(&self) -> bool {
        self.live
            .is_some_and(|live| find::value(live, &self.path, self.root).is_some())
    }

    fn here(&self) -> FieldPath {
        FieldPath(self.path.clone())
    }

    fn value(&mut self, value: &mut Value, shape: Option<Shape<'_>>, served: Option<Shape<'_>>, is_root: bool) {
        if let Some(shape) = shape
            && let Some(due) = due(value, shape)
        {
            self.faults.refused.push((self.here(), due.to_owned()));
            return;
        }
        match value {
            Value::Object(fields) => self.map(fields, shape, served, is_root),
            Value::Array(list) => self.list(list, shape, served),
            _ => {}
        }
    }

    fn map(
        &mut self,
        fields: &mut Map<String, Value>,
        shape: Option<Shape<'_>>,
        served: Option<Shape<'_>>,
        is_root: bool,
    ) {
        let keys: Vec<String> = fields.keys().cloned().collect();
        for key in keys {
            self.path.push(PathElement::Field(key.clone()));
            let is_own = is_root && matches!(key.as_str(), "apiVersion" | "kind" | "metadata");
            if !is_own && is_lost(&key, shape, served) && !self.is_kept() {
                if let Some(value) = fields.shift_remove(&key).filter(|value| !value.is_null()) {
                    self.faults.lost.push((self.here(), value));
                }
            } else if let Some(value) = fields.get_mut(&key) {
                let served = served.and_then(|served| served.field(&key));
                self.value(value, schema::field(shape, &key, is_root), served, false);
            }
            self.path.pop();
        }
    }

    fn list(&mut self, list: &mut [Value], shape: Option<Shape<'_>>, served: Option<Shape<'_>>) {
        let item_shape = shape.and_then(|shape| shape.items());
        let served_items = served.and_then(|served| served.items());
        let keys = shape.and_then(|shape| shape.shown_keys());
        let rule = ListRule::Keys(keys.unwrap_or_else(|| vec!["name".to_owned()]));
        let elements = items::elements(list, &rule, item_shape);
        let is_keyed = shape.is_some_and(|shape| matches!(shape.list_rule(Merging::ServerSide), ListRule::Keys(_)));
        let unique = elements.as_ref().is_some_and(|elements| items::are_unique(elements));
        if is_keyed && let Some(elements) = &elements {
            for (at, element) in elements.iter().enumerate() {
                if elements[..at].contains(element) {
                    self.path.push(element.clone());
                    self.faults.doubled.push(self.here());
                    self.path.pop();
                }
            }
        }
        for (at, item) in list.iter_mut().enumerate() {
            let element = elements
                .as_ref()
                .filter(|_| unique)
                .and_then(|elements| elements.get(at))
                .cloned();
            self.path.push(element.unwrap_or(PathElement::Index(at)));
            self.value(item, item_shape, served_items, false);
            self.path.pop();
        }
    }
}

/// Whether the server, or what is behind it, does not keep the field.
fn is_lost(key: &str, shape: Option<Shape<'_>>, served: Option<Shape<'_>>) -> bool {
    let drops = |shape: Shape<'_>| shape.is_closed() && !shape.names(key);
    match (shape, served) {
        // The definition is newer than the types of this program.
        (Some(_), Some(served)) if served.names(key) => false,
        (Some(shape), Some(served)) => drops(shape) || drops(served),
        (Some(shape), None) => drops(shape),
        (None, Some(served)) => drops(served),
        (None, None) => false,
    }
}

/// What is due, if the value is of a type that the server refuses.
fn due(value: &Value, shape: Shape<'_>) -> Option<&'static str> {
    if value.is_null() {
        return None;
    }
    let is_scalar = !value.is_object() && !value.is_array();
    match shape.scalar() {
        ScalarKind::Quantity => {
            let is_one = super::canonical::quantity(value).is_some();
            return (!is_one).then_some("a quantity such as 100m, 2 or 1Gi");
        }
        ScalarKind::IntOrString => {
            let fits = value.is_string() || value.is_number();
            return (!fits).then_some("a number or a string");
        }
        _ => {}
    }
    match shape.json_type()? {
        "string" if is_scalar && !value.is_string() => Some("a string: write it in quotes"),
        "string" if !is_scalar => Some("a string"),
        "integer" | "number" if !value.is_number() => Some("a number"),
        "boolean" if !value.is_boolean() => Some("true or false"),
        "array" if !value.is_array() => Some("a list"),
        "object" if !value.is_object() => Some("a mapping"),
        _ => None,
    }
}
