//! What kustomize reads of an object that sets up a plugin: fields that it knows, of the types that it expects. It passes over others
//! (`sigs.k8s.io/yaml` v1.4.0 `Unmarshal`).

use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::value::{Data, Field, Value};

/// What stands in a field.
#[derive(Debug)]
pub(super) enum Form {
    Text,
    Whole,
    Boolean,
    Texts,
    TextMapping,
    Mapping(Fields),
    Mappings(Fields),
}

/// The fields of a mapping.
pub(super) type Fields = &'static [(&'static str, Form)];

/// From here on a number has an exponent on its way, and Go does not read it as a whole one.
const EXPONENT_FROM: i64 = 1_000_000;

/// The known parts of a value; `None` of null, which Go takes for what was left out.
///
/// # Errors
/// When a part is of another type: Go refuses some, and makes others what they should be.
pub(super) fn take(value: &Value, form: &Form) -> Result<Option<Value>, Problem> {
    let data = match (&value.data, form) {
        (Data::Null, _) => return Ok(None),
        (Data::Text(_), Form::Text) | (Data::Bool(_), Form::Boolean) => value.data.clone(),
        (Data::Int(number), Form::Whole) if number.abs() < EXPONENT_FROM => Data::Int(*number),
        (Data::List(items), Form::Texts) => Data::List(take_items(items, &Form::Text)?),
        (Data::List(items), Form::Mappings(fields)) => Data::List(take_items(items, &Form::Mapping(fields))?),
        (Data::Map(entries), Form::TextMapping) => Data::Map(
            entries
                .iter()
                .map(|entry| take_field(entry, &Form::Text)?.ok_or_else(|| misfit(&entry.value, &Form::Text)))
                .collect::<Result<_, _>>()?,
        ),
        (Data::Map(entries), Form::Mapping(fields)) => Data::Map(take_fields(entries, fields)?),
        _ => return Err(misfit(value, form)),
    };
    let origin = value.origin.clone();
    Ok(Some(Value { data, origin }))
}

fn take_items(items: &[Value], form: &Form) -> Result<Vec<Value>, Problem> {
    let item = |item| take(item, form)?.ok_or_else(|| misfit(item, form));
    items.iter().map(item).collect()
}

fn take_field(field: &Field, form: &Form) -> Result<Option<Field>, Problem> {
    Ok(take(&field.value, form)?.map(|value| Field {
        key: field.key.clone(),
        key_origin: field.key_origin.clone(),
        value,
    }))
}

fn take_fields(entries: &[Field], fields: Fields) -> Result<Vec<Field>, Problem> {
    let mut taken = Vec::new();
    for entry in entries {
        let Some((name, form)) = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(&entry.key)) else {
            continue;
        };
        // Go's JSON reader does not tell cases apart.
        if *name != &*entry.key {
            return Err(Problem::not_understood_at(
                &entry.key_origin,
                format!("`{}` in another case than the documentation has it", entry.key),
            ));
        }
        taken.extend(take_field(entry, form)?);
    }
    Ok(taken)
}

fn misfit(value: &Value, form: &Form) -> Problem {
    let due = match form {
        Form::Text => "a string",
        Form::Whole => "a whole number of no more than six digits",
        Form::Boolean => "`true` or `false`",
        Form::Texts => "a list of strings",
        Form::TextMapping => "a mapping of strings",
        Form::Mapping(_) => "a mapping",
        Form::Mappings(_) => "a list of mappings",
    };
    Problem::not_understood_at(&value.origin, format!("{due} is due here"))
}
