//! What an object becomes, in the server's own words: so that a textual difference shows what differs, and not how it is written.

use std::collections::HashMap;

use serde_json::Value;

use super::canonical;
use super::items;
use super::schema;
use super::schema::shape::{ListRule, ScalarKind, Shape};

/// Writes values of `after` that mean what they meant before as they were written before, and new ones as the server writes them.
pub(crate) fn settle(before: Option<&Value>, after: &mut Value, shape: Option<Shape<'_>>) {
    settle_at(before, after, shape, true);
}

fn settle_at(before: Option<&Value>, after: &mut Value, shape: Option<Shape<'_>>, is_root: bool) {
    match after {
        Value::Object(fields) => {
            let before = before.and_then(Value::as_object);
            fields.retain(|key, value| {
                let field = schema::field(shape, key, is_root);
                let before = before.and_then(|before| before.get(key));
                if before.is_none() && canonical::is_nothing(value, field) {
                    return false;
                }
                settle_at(before, value, field, false);
                true
            });
        }
        Value::Array(list) => {
            let item_shape = shape.and_then(|shape| shape.items());
            let keys = shape
                .and_then(|shape| shape.shown_keys())
                .unwrap_or_else(|| vec!["name".to_owned()]);
            let rule = ListRule::Keys(keys);
            let before = before.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let elements = items::elements(before, &rule, item_shape);
            let by_key: HashMap<String, &Value> = elements.iter().flatten().map(items::text_of).zip(before).collect();
            let keys_after = items::elements(list, &rule, item_shape);
            for (at, item) in list.iter_mut().enumerate() {
                let before = match &keys_after {
                    Some(keys) => by_key.get(&items::text_of(&keys[at])).copied(),
                    None => before.get(at),
                };
                settle_at(before, item, item_shape, false);
            }
        }
        scalar => match before {
            Some(before) if canonical::same(before, scalar, shape) => *scalar = before.clone(),
            _ => {
                let is_quantity =
                    shape.is_some_and(|shape| !shape.is_custom() && shape.scalar() == ScalarKind::Quantity);
                if let Some(quantity) = canonical::quantity(scalar).filter(|_| is_quantity) {
                    *scalar = Value::from(quantity.to_string());
                }
            }
        },
    }
}
