//! Fields that only the other side has, and nobody is known to have applied for this repository.

use serde_json::Value;

use super::canonical;
use super::change::Note;
use super::items;
use super::managed_fields::ManagedFields;
use super::path::{FieldPath, PathElement};
use super::schema;
use super::schema::shape::{ListRule, Shape};

/// Notes of one object at most; what comes after them is counted.
const NOTES: usize = 100;

/// Names the topmost fields of `live` that neither `desired` has nor the defaults of it (`defaulted`).
pub(crate) fn notes(live: &Value, defaulted: &Value, managed: &ManagedFields, shape: Option<Shape<'_>>) -> Vec<Note> {
    let mut walk = Walk {
        path: Vec::new(),
        found: Vec::new(),
    };
    walk.values(live, defaulted, shape, true);
    let more = walk.found.len().saturating_sub(NOTES);
    let mut notes: Vec<Note> = walk
        .found
        .into_iter()
        .take(NOTES)
        .map(|path| {
            let owner = managed.author(&path.0).map(|entry| entry.actor.manager.as_str());
            let by = owner.map_or_else(String::new, |owner| format!(", set by {owner}"));
            Note {
                message: format!("not in Git{by}, and left as it is"),
                path: Some(path),
                warns: false,
            }
        })
        .collect();
    if more > 0 {
        notes.push(Note {
            message: format!("{more} more fields are not in Git, and left as they are"),
            path: None,
            warns: false,
        });
    }
    notes
}

struct Walk {
    path: Vec<PathElement>,
    found: Vec<FieldPath>,
}

impl Walk {
    fn at(&mut self, element: PathElement, live: &Value, wanted: Option<&Value>, shape: Option<Shape<'_>>) {
        self.path.push(element);
        match wanted.filter(|wanted| !wanted.is_null()) {
            Some(wanted) => self.values(live, wanted, shape, false),
            None if canonical::is_nothing(live, shape) => {}
            None => self.found.push(FieldPath(self.path.clone())),
        }
        self.path.pop();
    }

    fn values(&mut self, live: &Value, wanted: &Value, shape: Option<Shape<'_>>, is_root: bool) {
        match (live, wanted) {
            (Value::Object(live), Value::Object(wanted)) => {
                let mut keys: Vec<&String> = live.keys().collect();
                keys.sort();
                for key in keys {
                    let field = schema::field(shape, key, is_root);
                    self.at(
                        PathElement::Field(key.clone()),
                        &live[key.as_str()],
                        wanted.get(key),
                        field,
                    );
                }
            }
            (Value::Array(live), Value::Array(wanted)) => {
                let items = shape.and_then(|shape| shape.items());
                let Some(keys) = shape.and_then(|shape| shape.shown_keys()) else {
                    return;
                };
                let rule = ListRule::Keys(keys);
                let elements = (
                    items::elements(live, &rule, items),
                    items::elements(wanted, &rule, items),
                );
                let (Some(left), Some(right)) = elements else {
                    return;
                };
                for (item, element) in live.iter().zip(left) {
                    let wanted = right.iter().position(|other| *other == element).map(|at| &wanted[at]);
                    self.at(element, item, wanted, items);
                }
            }
            _ => {}
        }
    }
}
