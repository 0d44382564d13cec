//! Whether two values are the same to the server: quantities as numbers, absent and empty where Go cannot tell them apart, sets in any order.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::duration;
use super::schema;
use super::schema::shape::{ScalarKind, Shape};
use crate::model::quantity::Quantity;

/// Whether two values at the same place are the same.
pub(crate) fn same(left: &Value, right: &Value, shape: Option<Shape<'_>>) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => same_maps(left, right, shape),
        (Value::Array(left), Value::Array(right)) => same_lists(left, right, shape),
        _ => same_scalars(left, right, shape) || (is_nothing(left, shape) && is_nothing(right, shape)),
    }
}

fn same_maps(left: &Map<String, Value>, right: &Map<String, Value>, shape: Option<Shape<'_>>) -> bool {
    let field = |key: &str| schema::field(shape, key, false);
    let fits = |(key, value): (&String, &Value), other: &Map<String, Value>| match other.get(key) {
        Some(other) => same(value, other, field(key)),
        None => is_nothing(value, field(key)),
    };
    left.iter().all(|entry| fits(entry, right))
        && right
            .iter()
            .filter(|(key, _)| !left.contains_key(*key))
            .all(|(key, value)| is_nothing(value, field(key)))
}

fn same_lists(left: &[Value], right: &[Value], shape: Option<Shape<'_>>) -> bool {
    let items = shape.and_then(|shape| shape.items());
    if left.len() != right.len() {
        return false;
    }
    if shape.is_some_and(|shape| shape.is_set()) {
        return is_permutation(left, right, items);
    }
    left.iter().zip(right).all(|(left, right)| same(left, right, items))
}

/// Lists longer than this are compared in order only; comparing each with each would take too long.
const PERMUTED: usize = 2_000;

/// Whether two lists hold the same items in any order.
pub(crate) fn is_permutation(left: &[Value], right: &[Value], items: Option<Shape<'_>>) -> bool {
    if left.len() != right.len() || left.len() > PERMUTED {
        return false;
    }
    let mut taken = vec![false; right.len()];
    left.iter().all(|item| {
        let found = (0..right.len()).find(|&at| !taken[at] && same(item, &right[at], items));
        found.map(|at| taken[at] = true).is_some()
    })
}

/// Whether a value says no more than if it were absent.
pub(crate) fn is_nothing(value: &Value, shape: Option<Shape<'_>>) -> bool {
    if value.is_null() {
        return true;
    }
    let Some(shape) = shape else {
        return false;
    };
    if shape.is_absent(value) {
        return true;
    }
    match value {
        Value::Object(fields) if shape.is_value_struct() => {
            fields.iter().all(|(key, value)| is_nothing(value, shape.field(key)))
        }
        _ => false,
    }
}

fn same_scalars(left: &Value, right: &Value, shape: Option<Shape<'_>>) -> bool {
    if left == right {
        return true;
    }
    let kind = shape.map_or(ScalarKind::Plain, |shape| shape.scalar());
    let by_meaning = match kind {
        ScalarKind::Quantity => match (quantity(left), quantity(right)) {
            (Some(left), Some(right)) => left == right,
            _ => false,
        },
        ScalarKind::Duration => match (left.as_str(), right.as_str()) {
            (Some(left), Some(right)) => duration::same(left, right),
            _ => false,
        },
        ScalarKind::Bytes => match (bytes(left), bytes(right)) {
            (Some(left), Some(right)) => left == right,
            _ => false,
        },
        ScalarKind::IntOrString | ScalarKind::Plain => false,
    };
    by_meaning || same_numbers(left, right)
}

fn same_numbers(left: &Value, right: &Value) -> bool {
    if let (Some(left), Some(right)) = (left.as_i64(), right.as_i64()) {
        return left == right;
    }
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        _ => false,
    }
}

/// A quantity, also one that is written as a number.
pub(crate) fn quantity(value: &Value) -> Option<Quantity> {
    let text = match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        Value::Number(number) => Cow::Owned(number.to_string()),
        _ => return None,
    };
    Quantity::parse_field(&text).ok()
}

/// As Go's `base64.StdEncoding` has it: bits that are left over at the end may be anything.
const DECODER: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Go's decoder skips line ends.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    let text: String = value
        .as_str()?
        .chars()
        .filter(|char| !matches!(char, '\r' | '\n'))
        .collect();
    DECODER.decode(text).ok()
}

/// A whole number as one, however it was written.
pub(crate) fn number(value: &Value) -> Value {
    match value.as_f64() {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole, and in the range of a port or an index"
        )]
        Some(float) if value.as_i64().is_none() && float.fract() == 0.0 && float.abs() < 1e15 => {
            Value::from(float as i64)
        }
        _ => value.clone(),
    }
}
