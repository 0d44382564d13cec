//! JSON patches (RFC 6902), as kustomize's library carries them out, with its leniences
//! (`gopkg.in/evanphx/json-patch.v4` v4.12.0 `patch.go`): `replace` sets a field that is missing, `copy` of a missing field copies null,
//! negative indices count from the end, what stands before the first slash of a path is ignored.

use super::apply::count;
use super::budget::Budget;
use super::reading::Operations;
use super::through_json;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::value::{Data, Origin, Value};
use crate::source::limits;

/// Carries out all operations on an object. `has_notes` says that kustomize has notes among its annotations.
pub(super) fn apply(
    object: &mut Value,
    operations: &Operations,
    has_notes: bool,
    budget: &mut Budget,
) -> Result<(), Problem> {
    through_json::write_nulls(object);
    for written in &operations.list {
        let operation = Operation {
            written,
            is_json: operations.is_json,
            has_notes,
        };
        operation.carry_out(object, budget)?;
    }
    let size = count(object);
    budget.step(size)?;
    if size > limits::RENDERED_NODES {
        return Err(Problem::too_large(format!(
            "a patch makes an object of more than {} values",
            limits::RENDERED_NODES
        ))
        .or_at(&object.origin));
    }
    through_json::check_numbers(object)
}

/// An operation, read as far as it is needed: faults in others are told when they are carried out.
struct Operation<'o> {
    written: &'o Value,
    is_json: bool,
    has_notes: bool,
}

/// A way into an object.
struct Pointer<'o> {
    keys: Vec<String>,
    text: &'o str,
    origin: &'o Origin,
}

impl Operation<'_> {
    fn carry_out(&self, object: &mut Value, budget: &mut Budget) -> Result<(), Problem> {
        match self.written.str_at(&["op"]) {
            Some("add") => {
                let path = self.pointer("path")?;
                add(object, &path, self.value(), budget)
            }
            Some("remove") => take(object, &self.pointer("path")?, budget).map(drop),
            Some("replace") => self.replace(object, budget),
            Some("move") => {
                let from = self.pointer("from")?;
                self.refuse_notes(&from)?;
                let value = take(object, &from, budget)?;
                let path = self.pointer("path")?;
                add(object, &path, value, budget)
            }
            Some("copy") => self.copy(object, budget),
            Some("test") => self.test(object, budget),
            op => Err(Problem::refused_at(
                self.written.get("op").map_or(&self.written.origin, |op| &op.origin),
                format!(
                    "{} is no operation of a JSON patch; write `add`, `remove`, `replace`, `move`, `copy` or `test`",
                    op.map_or("this".to_owned(), |op| format!("`{op}`"))
                ),
            )),
        }
    }

    fn pointer(&self, field: &str) -> Result<Pointer<'_>, Problem> {
        let Some((written, text)) = self.written.get(field).and_then(|value| Some((value, value.as_str()?))) else {
            let origin = self
                .written
                .get(field)
                .map_or(&self.written.origin, |value| &value.origin);
            return Err(Problem::refused_at(
                origin,
                format!("this operation needs a `{field}`, a string"),
            ));
        };
        let keys = text.split('/').skip(1).map(unescape).collect();
        Ok(Pointer {
            keys,
            text,
            origin: &written.origin,
        })
    }

    /// The value that it puts in; null if there is none.
    fn value(&self) -> Value {
        self.written.get("value").cloned().unwrap_or_else(|| Value {
            data: Data::Null,
            origin: self.written.origin.clone(),
        })
    }

    fn replace(&self, object: &mut Value, budget: &mut Budget) -> Result<(), Problem> {
        let path = self.pointer("path")?;
        let value = self.value();
        if path.text.is_empty() {
            return Err(Problem::not_understood_at(
                path.origin,
                "a JSON patch that replaces the whole object",
            ));
        }
        budget.add(count(&value))?;
        check_depth(&path, &value)?;
        let (container, key) = container(object, &path, budget)?;
        if let Data::List(items) = &mut container.data {
            let length = items.len();
            let there = index(key, length).and_then(|at| items.get_mut(at));
            let there = there.ok_or_else(|| no_item(&path, key, length))?;
            there.replace(value.data, &value.origin);
        } else {
            container.set(key, path.origin, value);
        }
        Ok(())
    }

    fn copy(&self, object: &mut Value, budget: &mut Budget) -> Result<(), Problem> {
        let from = self.pointer("from")?;
        self.refuse_notes(&from)?;
        let (container, key) = container(object, &from, budget)?;
        let value = match &container.data {
            Data::List(items) => {
                let at = index(key, items.len()).ok_or_else(|| no_item(&from, key, items.len()))?;
                items.get(at)
            }
            _ => container.get(key),
        };
        let size = value.map_or(1, count);
        budget.step(size)?;
        if size > limits::RENDERED_NODES {
            return Err(Problem::too_large("this copies more than one object may hold").or_at(from.origin));
        }
        let value = value.cloned().unwrap_or_else(|| Value {
            data: Data::Null,
            origin: from.origin.clone(),
        });
        let path = self.pointer("path")?;
        add(object, &path, value, budget)
    }

    fn test(&self, object: &mut Value, budget: &mut Budget) -> Result<(), Problem> {
        let path = self.pointer("path")?;
        if path.text.is_empty() {
            return Err(Problem::not_understood_at(path.origin, "a `test` of the whole object"));
        }
        self.refuse_notes(&path)?;
        let (container, key) = container(object, &path, budget)?;
        let there = match &container.data {
            Data::List(items) => {
                let at = index(key, items.len()).ok_or_else(|| no_item(&path, key, items.len()))?;
                items.get(at)
            }
            _ => container.get(key),
        };
        let there = there.filter(|there| !there.is_null());
        let wanted = self.written.get("value");
        if let Some(wanted) = wanted {
            self.check_comparable(wanted)?;
        }
        let is_equal = match (there, wanted) {
            (Some(there), Some(wanted)) => {
                budget.step(count(there))?;
                self.check_comparable(there)?;
                there.equals(wanted)
            }
            (None, Some(wanted)) => wanted.is_null(),
            (_, None) => false,
        };
        if is_equal {
            return Ok(());
        }
        let origin = wanted.map_or(&self.written.origin, |wanted| &wanted.origin);
        let problem = Problem::refused_at(
            origin,
            format!("the object has another value at `{}`: the `test` fails", path.text),
        );
        Err(match there {
            Some(there) => problem.with_related(&there.origin, "what it has"),
            None => problem,
        })
    }

    /// Stops where the library compares characters, not values, and where it stops itself by accident.
    fn check_comparable(&self, value: &Value) -> Result<(), Problem> {
        let is_comparable = match &value.data {
            Data::Null | Data::Bool(_) | Data::Int(_) => true,
            Data::Float(_) => !self.is_json,
            Data::Text(text) => !self.is_json || !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']),
            Data::List(items) => {
                items.iter().try_for_each(|item| self.check_comparable(item))?;
                !items.iter().any(Value::is_null)
            }
            Data::Map(fields) => {
                fields
                    .iter()
                    .try_for_each(|field| self.check_comparable(&field.value))?;
                true
            }
        };
        if is_comparable {
            return Ok(());
        }
        Err(Problem::not_understood_at(
            &value.origin,
            "a `test` that compares how this is written",
        ))
    }

    /// Notes would be compared, or come to light elsewhere.
    fn refuse_notes(&self, path: &Pointer<'_>) -> Result<(), Problem> {
        let annotations = ["metadata", "annotations"];
        let holds_notes = path.keys.len() <= annotations.len()
            && path.keys.iter().zip(annotations).all(|(key, wanted)| key == wanted);
        if self.has_notes && holds_notes {
            return Err(Problem::not_understood_at(
                path.origin,
                "a JSON patch that reads annotations which kustomize keeps for itself",
            ));
        }
        Ok(())
    }
}

/// Puts a value in: before an item of a list, or in the place of a field.
fn add(object: &mut Value, path: &Pointer<'_>, value: Value, budget: &mut Budget) -> Result<(), Problem> {
    budget.add(count(&value))?;
    check_depth(path, &value)?;
    let (container, key) = container(object, path, budget)?;
    if let Data::List(items) = &mut container.data {
        let at = if key == "-" {
            items.len()
        } else {
            // The place behind the last item counts, too.
            index(key, items.len() + 1).ok_or_else(|| no_item(path, key, items.len()))?
        };
        items.insert(at, value);
    } else {
        container.set(key, path.origin, value);
    }
    Ok(())
}

/// Takes a value out.
fn take(object: &mut Value, path: &Pointer<'_>, budget: &mut Budget) -> Result<Value, Problem> {
    let (container, key) = container(object, path, budget)?;
    if let Data::List(items) = &mut container.data {
        let at = index(key, items.len()).ok_or_else(|| no_item(path, key, items.len()))?;
        return Ok(items.remove(at));
    }
    let there = container.origin.clone();
    container.remove(key).ok_or_else(|| {
        Problem::refused_at(
            path.origin,
            format!(
                "the object has nothing at `{}`, so that it cannot be taken away",
                path.text
            ),
        )
        .with_related(&there, format!("there is no `{key}` here"))
    })
}

/// `~1` is a slash, `~0` a tilde.
fn unescape(key: &str) -> String {
    let mut pieces = key.split('~');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.as_bytes().first() {
            Some(b'0') => text.push('~'),
            Some(b'1') => text.push('/'),
            _ => {
                text.push('~');
                text.push_str(piece);
                continue;
            }
        }
        text.push_str(&piece[1..]);
    }
    text
}

/// The list or mapping that the last key of a path is looked for in, and that key.
fn container<'v, 'p>(
    object: &'v mut Value,
    path: &'p Pointer<'_>,
    budget: &mut Budget,
) -> Result<(&'v mut Value, &'p str), Problem> {
    let missing = |key: &str, at: &Origin| {
        Problem::refused_at(
            path.origin,
            format!(
                "the object has nothing at `{}`: kustomize makes no way to it",
                path.text
            ),
        )
        .with_related(at, format!("there is no `{key}` here to go on with"))
    };
    let Some((last, keys)) = path.keys.split_last() else {
        return Err(Problem::refused_at(
            path.origin,
            format!("`{}` is no path; it begins with a slash", path.text),
        ));
    };
    let mut value = object;
    for key in keys {
        let origin = value.origin.clone();
        budget.step(value.fields().len().max(1))?;
        let next = match &mut value.data {
            Data::List(items) => index(key, items.len()).and_then(|at| items.get_mut(at)),
            Data::Map(fields) => fields
                .iter_mut()
                .find(|field| *field.key == **key)
                .map(|field| &mut field.value),
            _ => None,
        };
        match next {
            Some(next) if matches!(next.data, Data::List(_) | Data::Map(_)) => value = next,
            _ => return Err(missing(key, &origin)),
        }
    }
    budget.step(value.fields().len().max(value.items().len()).max(1))?;
    Ok((value, last))
}

/// The position that a key means in a list of this length; a negative one counts from the end.
fn index(key: &str, length: usize) -> Option<usize> {
    let index: i64 = key.parse().ok()?;
    let length = i64::try_from(length).ok()?;
    let index = if index < 0 { index + length } else { index };
    usize::try_from(index).ok().filter(|_| index < length)
}

fn no_item(path: &Pointer<'_>, key: &str, length: usize) -> Problem {
    Problem::refused_at(
        path.origin,
        format!(
            "the list at `{}` has {length} items, and `{key}` is none of them",
            path.text
        ),
    )
}

fn check_depth(path: &Pointer<'_>, value: &Value) -> Result<(), Problem> {
    if path.keys.len() + depth(value) > limits::RENDERED_DEPTH {
        let limit = limits::RENDERED_DEPTH;
        return Err(
            Problem::too_large(format!("this would nest an object deeper than {limit} levels")).or_at(path.origin),
        );
    }
    Ok(())
}

fn depth(value: &Value) -> usize {
    let below = match &value.data {
        Data::List(items) => items.iter().map(depth).max(),
        Data::Map(fields) => fields.iter().map(|field| depth(&field.value)).max(),
        _ => None,
    };
    below.map_or(0, |below| below + 1)
}
