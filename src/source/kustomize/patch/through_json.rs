//! What becomes of an object that kustomize writes as JSON and reads again, as it does for a JSON patch
//! (kyaml v0.18.1 `yaml/rnode.go` `MarshalJSON`, `UnmarshalJSON`).

use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::value::{Data, Value};

/// A null that was left out is a written one then; it stands where its key does.
pub(super) fn write_nulls(value: &mut Value) {
    match &mut value.data {
        Data::Map(fields) => {
            for field in fields {
                if field.value.is_null() && field.value.origin.span.is_empty() {
                    field.value.origin.span = field.key_origin.span;
                }
                write_nulls(&mut field.value);
            }
        }
        Data::List(items) => items.iter_mut().for_each(write_nulls),
        _ => {}
    }
}

/// JSON readers have floating point numbers only, and those of JSON.
pub(super) fn check_numbers(value: &Value) -> Result<(), Problem> {
    match &value.data {
        Data::Map(fields) => fields.iter().try_for_each(|field| check_numbers(&field.value)),
        Data::List(items) => items.iter().try_for_each(check_numbers),
        Data::Int(number) if number.unsigned_abs() > 1 << 53 => Err(Problem::not_understood_at(
            &value.origin,
            "a JSON patch changes the last digits of this number",
        )),
        Data::Float(number) if !number.is_finite() => Err(Problem::refused_at(
            &value.origin,
            "JSON has no such number, and a JSON patch is put on this object",
        )),
        _ => Ok(()),
    }
}
