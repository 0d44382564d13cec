//! Where two forms of one object differ, field by field.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::canonical;
use super::change::Operation;
use super::items;
use super::path::{FieldPath, PathElement};
use super::schema;
use super::schema::shape::{ListRule, ScalarKind, Shape};

/// One difference, with values that may still be secret.
#[derive(Debug, Clone)]
pub(crate) struct Difference {
    pub(crate) path: FieldPath,
    pub(crate) operation: Operation,
    pub(crate) from: Option<Value>,
    pub(crate) to: Option<Value>,
    /// Whether the two values may mean the same, as far as anybody can tell.
    pub(crate) may_mean_the_same: bool,
    /// Whether items were paired by their positions though they should have keys.
    pub(crate) is_by_position: bool,
}

/// Every difference between two objects, in the order of `desired`; its values are shown, as they are written, where they are in `after`.
pub(crate) fn differences(before: &Value, after: &Value, desired: &Value, shape: Option<Shape<'_>>) -> Vec<Difference> {
    let mut walk = Walk::default();
    walk.values(Some(before), Some(after), Some(desired), shape, true);
    walk.found
}

#[derive(Default)]
struct Walk {
    path: Vec<PathElement>,
    found: Vec<Difference>,
    is_by_position: bool,
}

impl Walk {
    fn values(
        &mut self,
        before: Option<&Value>,
        after: Option<&Value>,
        desired: Option<&Value>,
        shape: Option<Shape<'_>>,
        is_root: bool,
    ) {
        let before = before.filter(|value| !canonical::is_nothing(value, shape));
        let after = after.filter(|value| !canonical::is_nothing(value, shape));
        self.pair(before, after, desired, shape, is_root);
    }

    /// Two values that both count: of an item of a list also an empty one does.
    fn pair(
        &mut self,
        before: Option<&Value>,
        after: Option<&Value>,
        desired: Option<&Value>,
        shape: Option<Shape<'_>>,
        is_root: bool,
    ) {
        match (before, after) {
            (None, None) => {}
            (None, Some(after)) => self.add(Operation::Add, None, Some(desired.unwrap_or(after))),
            (Some(before), None) => self.add(Operation::Remove, Some(before), None),
            (Some(Value::Object(before)), Some(Value::Object(after))) => {
                let desired = desired.and_then(Value::as_object);
                self.maps(before, after, desired, shape, is_root);
            }
            (Some(Value::Array(before)), Some(Value::Array(after))) => {
                let desired = desired.and_then(Value::as_array).map(Vec::as_slice);
                self.lists(before, after, desired, shape);
            }
            (Some(before), Some(after)) => {
                if !canonical::same(before, after, shape) {
                    let shown = desired.filter(|desired| canonical::same(desired, after, shape));
                    self.add(Operation::Replace, Some(before), Some(shown.unwrap_or(after)));
                    if let Some(last) = self.found.last_mut() {
                        last.may_mean_the_same = may_mean_the_same(before, after, shape);
                    }
                }
            }
        }
    }

    fn add(&mut self, operation: Operation, from: Option<&Value>, to: Option<&Value>) {
        self.found.push(Difference {
            path: FieldPath(self.path.clone()),
            operation,
            from: from.cloned(),
            to: to.cloned(),
            may_mean_the_same: false,
            is_by_position: self.is_by_position,
        });
    }

    fn at(&mut self, element: PathElement, walk: impl FnOnce(&mut Self)) {
        self.path.push(element);
        walk(self);
        self.path.pop();
    }

    fn maps(
        &mut self,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
        desired: Option<&Map<String, Value>>,
        shape: Option<Shape<'_>>,
        is_root: bool,
    ) {
        let wanted = |key: &String| desired.is_some_and(|desired| desired.contains_key(key));
        let mut others: Vec<&String> = before.keys().chain(after.keys()).filter(|key| !wanted(key)).collect();
        others.sort();
        others.dedup();
        let keys = desired.into_iter().flat_map(Map::keys).chain(others);
        for key in keys {
            let field = schema::field(shape, key, is_root);
            let desired = desired.and_then(|desired| desired.get(key));
            let (before, after) = (before.get(key), after.get(key));
            self.at(PathElement::Field(key.clone()), |walk| {
                // Every object has metadata: they neither come nor go.
                if is_root && key == "metadata" {
                    let none = Value::Object(Map::new());
                    let or_none = |value: Option<&'_ Value>| {
                        value
                            .filter(|value| value.is_object())
                            .cloned()
                            .unwrap_or_else(|| none.clone())
                    };
                    walk.pair(Some(&or_none(before)), Some(&or_none(after)), desired, field, false);
                } else {
                    walk.values(before, after, desired, field, false);
                }
            });
        }
    }

    fn lists(&mut self, before: &[Value], after: &[Value], desired: Option<&[Value]>, shape: Option<Shape<'_>>) {
        let item_shape = shape.and_then(|shape| shape.items());
        if shape.is_some_and(|shape| shape.is_set()) {
            self.sets(before, after);
            return;
        }
        let keys = shape
            .and_then(|shape| shape.shown_keys())
            .unwrap_or_else(|| vec!["name".to_owned()]);
        let rule = ListRule::Keys(keys);
        let elements = |list: &[Value]| items::elements(list, &rule, item_shape);
        let should_have_keys = shape.is_some_and(|shape| shape.shown_keys().is_some());
        match (elements(before), elements(after)) {
            (Some(left), Some(right)) if items::are_unique(&left) && items::are_unique(&right) => {
                let desired_elements = desired.and_then(elements);
                // Of several with one key the first counts.
                let mut by_key: HashMap<String, &Value> = HashMap::new();
                let wanted = desired.into_iter().flatten().zip(desired_elements.iter().flatten());
                for (item, element) in wanted {
                    by_key.entry(items::text_of(element)).or_insert(item);
                }
                self.keyed((before, &left), (after, &right), &by_key, item_shape);
            }
            _ => {
                let outer = self.is_by_position;
                self.is_by_position |= should_have_keys;
                self.positions(before, after, desired, item_shape);
                self.is_by_position = outer;
            }
        }
    }

    fn sets(&mut self, before: &[Value], after: &[Value]) {
        let lacks = |list: &[Value], item: &Value| !list.iter().any(|other| canonical::same(other, item, None));
        for item in after.iter().filter(|item| lacks(before, item)) {
            self.at(PathElement::Item(item.clone()), |walk| {
                walk.add(Operation::Add, None, Some(item));
            });
        }
        for item in before.iter().filter(|item| lacks(after, item)) {
            self.at(PathElement::Item(item.clone()), |walk| {
                walk.add(Operation::Remove, Some(item), None);
            });
        }
    }

    fn keyed(
        &mut self,
        (before, left): (&[Value], &[PathElement]),
        (after, right): (&[Value], &[PathElement]),
        desired: &HashMap<String, &Value>,
        item_shape: Option<Shape<'_>>,
    ) {
        let lefts: HashMap<String, &Value> = left.iter().map(items::text_of).zip(before).collect();
        let rights: HashSet<String> = right.iter().map(items::text_of).collect();
        for (item, element) in after.iter().zip(right) {
            let text = items::text_of(element);
            let (before, desired) = (lefts.get(&text).copied(), desired.get(&text).copied());
            self.at(element.clone(), |walk| {
                walk.pair(before, Some(item), desired, item_shape, false);
            });
        }
        for (item, element) in before.iter().zip(left) {
            if !rights.contains(&items::text_of(element)) {
                self.at(element.clone(), |walk| walk.add(Operation::Remove, Some(item), None));
            }
        }
        let order_before: Vec<&PathElement> = left
            .iter()
            .filter(|element| rights.contains(&items::text_of(element)))
            .collect();
        let order_after: Vec<&PathElement> = right
            .iter()
            .filter(|element| lefts.contains_key(&items::text_of(element)))
            .collect();
        if order_before != order_after {
            let labels =
                |elements: &[&PathElement]| Value::Array(elements.iter().map(|element| label(element)).collect());
            let (from, to) = (labels(&order_before), labels(&order_after));
            self.add(Operation::Reorder, Some(&from), Some(&to));
        }
    }

    /// Pairs what is left between an equal beginning and an equal end.
    fn positions(
        &mut self,
        before: &[Value],
        after: &[Value],
        desired: Option<&[Value]>,
        item_shape: Option<Shape<'_>>,
    ) {
        let is_same = |(left, right): &(&Value, &Value)| canonical::same(left, right, item_shape);
        let head = before.iter().zip(after).take_while(is_same).count();
        if head == before.len() && head == after.len() {
            return;
        }
        if canonical::is_permutation(before, after, item_shape) {
            let (from, to) = (Value::from(before.to_vec()), Value::from(after.to_vec()));
            self.add(Operation::Reorder, Some(&from), Some(&to));
            return;
        }
        // A merged list has other items beside those of Git, at other positions.
        let desired = desired.filter(|desired| desired.len() == after.len());
        let (left, right) = (&before[head..], &after[head..]);
        let tail = left.iter().rev().zip(right.iter().rev()).take_while(is_same).count();
        let (left, right) = (&left[..left.len() - tail], &right[..right.len() - tail]);
        for at in 0..left.len().max(right.len()) {
            let desired = desired.and_then(|desired| desired.get(head + at));
            self.at(PathElement::Index(head + at), |walk| {
                walk.pair(left.get(at), right.get(at), desired, item_shape, false);
            });
        }
    }
}

/// What people call an item.
fn label(element: &PathElement) -> Value {
    match element {
        PathElement::Key(pairs) => match pairs.as_slice() {
            [(_, value)] => value.clone(),
            pairs => Value::Object(pairs.iter().cloned().collect()),
        },
        PathElement::Item(value) => value.clone(),
        PathElement::Field(name) => Value::from(name.as_str()),
        PathElement::Index(index) => Value::from(*index),
    }
}

/// In a custom resource nothing tells whether a text is a quantity or a duration.
fn may_mean_the_same(before: &Value, after: &Value, shape: Option<Shape<'_>>) -> bool {
    let is_unknown = shape.is_none_or(|shape| shape.is_custom() && shape.scalar() == ScalarKind::Plain);
    let (Some(left), Some(right)) = (before.as_str(), after.as_str()) else {
        return false;
    };
    is_unknown
        && (super::duration::same(left, right)
            || matches!(
                (canonical::quantity(before), canonical::quantity(after)),
                (Some(left), Some(right)) if left == right
            ))
}
