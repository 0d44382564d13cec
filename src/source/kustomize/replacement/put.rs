//! Putting a copied value at a place (kustomize api v0.18.0 `filters/replacement/replacement.go` `setFieldValue`).

use super::super::field_path::{at, at_mut};
use super::super::problem::Problem;
use super::super::resource::Resource;
use super::super::scalar::{Spelling, is_surely_string};
use super::super::sources::Sources;
use super::super::value::{Data, Origin, Step, Value};
use super::Copied;
use super::places::Found;
use super::read::{Field, Target};
use crate::source::limits;

/// What a value costs beside its text, in bytes.
const VALUE_BYTES: usize = 64;

/// What the replacements of a kustomization may still cost.
#[derive(Debug)]
pub(super) struct Budget {
    bytes: usize,
    looks: usize,
}

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            bytes,
            looks: limits::REPLACEMENT_STEPS,
        }
    }

    /// The looks that were taken.
    pub(super) fn looks(&self) -> usize {
        limits::REPLACEMENT_STEPS - self.looks
    }

    /// One more look at a value or an object.
    pub(super) fn look(&mut self) -> Result<(), Problem> {
        self.look_at(1)
    }

    /// A look at several values.
    pub(super) fn look_at(&mut self, values: usize) -> Result<(), Problem> {
        self.looks = self.looks.saturating_sub(values);
        if self.looks == 0 {
            return Err(Problem::too_large(
                "the replacements of this kustomization look at too many fields",
            ));
        }
        Ok(())
    }

    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Problem> {
        match self.bytes.checked_sub(bytes) {
            Some(left) => {
                self.bytes = left;
                Ok(())
            }
            None => Err(Problem::too_large(
                "the replacements of this kustomization copy too much in all",
            )),
        }
    }
}

/// What a value costs, and how deep it is.
fn size(value: &Value) -> (usize, usize) {
    let below = |values: &mut dyn Iterator<Item = &Value>| {
        values.map(size).fold((0, 0), |(bytes, depth), (more, deep)| {
            (bytes + more, depth.max(deep + 1))
        })
    };
    let (bytes, depth) = match &value.data {
        Data::Text(text) => (text.len(), 0),
        Data::List(items) => below(&mut items.iter()),
        Data::Map(fields) => below(&mut fields.iter().map(|field| &field.value)),
        _ => (0, 0),
    };
    (bytes + VALUE_BYTES, depth)
}

/// Puts what is copied at a place of the object at position `position`.
#[expect(clippy::too_many_arguments, reason = "one call, and each is another thing")]
pub(super) fn put(
    resource: &mut Resource,
    position: usize,
    place: &Found,
    copied: &Copied,
    target: &Target,
    field: &Field,
    budget: &mut Budget,
    sources: &Sources,
) -> Result<(), Problem> {
    let spelling = Spelling {
        is_rewritten: resource.is_rewritten,
        sources,
    };
    let Some(old) = at(&resource.value, &place.location) else {
        return Ok(());
    };
    let is_scalar = !matches!(old.data, Data::List(_) | Data::Map(_));
    let delimiter = target.options.delimiter();
    if delimiter.is_some() && !is_scalar {
        return Err(Problem::refused_at(
            &field.origin,
            format!(
                "a `delimiter` takes text apart, and `{}` is a list or a mapping",
                field.path
            ),
        )
        .with_related(&old.origin, "the list or mapping"));
    }
    if position == copied.resource
        && let Some(source) = &copied.place
    {
        let is_itself = *source == place.location;
        if is_itself && delimiter.is_none() {
            return Ok(());
        }
        let overlaps = source.starts_with(&place.location) || place.location.starts_with(source);
        if overlaps && !(is_itself && is_scalar) {
            return Err(Problem::not_understood_at(
                &field.origin,
                "a replacement that changes a part of its own source, or what its source is a part of",
            ));
        }
    }
    let data = if is_scalar {
        let text = match delimiter {
            Some(delimiter) => joined(&spelling.text(old)?, delimiter, target.options.index, &copied.text),
            None => copied.text.clone(),
        };
        budget.spend(text.len() + VALUE_BYTES)?;
        scalar_data(old, &text, place.is_new)?
    } else {
        let (bytes, depth) = size(&copied.value);
        budget.spend(bytes)?;
        if place.location.len() + depth > limits::RENDERED_DEPTH {
            let limit = limits::RENDERED_DEPTH;
            return Err(
                Problem::too_large(format!("replacements nest deeper than {limit} levels")).or_at(&field.origin),
            );
        }
        if copied.place.is_none() && !is_surely_string(&copied.text) {
            return Err(Problem::not_understood_at(
                &field.origin,
                "a part of a text in place of a list or a mapping",
            ));
        }
        copied.value.data.clone()
    };
    let origin = Origin {
        step: Step::Replacement,
        before: None,
        put_at: Some((field.origin.file, field.origin.span)),
        ..copied.value.origin.clone()
    };
    if let Some(there) = at_mut(&mut resource.value, &place.location) {
        if place.is_new {
            *there = Value { data, origin };
        } else {
            there.replace(data, &origin);
        }
    }
    Ok(())
}

/// A text with one of its parts replaced, or one more at an end.
fn joined(old: &str, delimiter: &str, index: i64, new: &str) -> String {
    let mut parts: Vec<&str> = old.split(delimiter).collect();
    match usize::try_from(index) {
        Err(_) => parts.insert(0, new),
        Ok(index) => match parts.get_mut(index) {
            Some(part) => *part = new,
            None => parts.push(new),
        },
    }
    parts.join(delimiter)
}

/// What a scalar becomes that gets another text: kustomize leaves its type as it is.
fn scalar_data(old: &Value, text: &str, is_new: bool) -> Result<Data, Problem> {
    if is_new {
        return untagged(text, &old.origin);
    }
    let in_doubt = || {
        Err(Problem::not_understood_at(
            &old.origin,
            format!("what kustomize makes of this when its text becomes `{text}`"),
        ))
    };
    // What a transformer set may have lost its type.
    let is_as_read = old.origin.step == Step::Resource && old.origin.before.is_none();
    match &old.data {
        Data::Text(_) if is_surely_string(text) => Ok(Data::Text(text.into())),
        // What was read as a string stays one. What a transformer set may have lost its type.
        Data::Text(_) if is_as_read => Ok(Data::Text(text.into())),
        Data::Int(_) | Data::Bool(_) if is_as_read && is_surely_string(text) => Err(Problem::refused_at(
            &old.origin,
            format!(
                "kustomize puts the text `{text}` here, and refuses it where no string was; put quotes around what is here"
            ),
        )),
        Data::Int(_) | Data::Bool(_) => match untagged(text, &old.origin)? {
            data if std::mem::discriminant(&data) == std::mem::discriminant(&old.data) => Ok(data),
            _ => in_doubt(),
        },
        _ => in_doubt(),
    }
}

/// What a text is without quotes and without a type that was given.
pub(super) fn untagged(text: &str, origin: &Origin) -> Result<Data, Problem> {
    if is_surely_string(text) {
        return Ok(Data::Text(text.into()));
    }
    if let Ok(number) = text.parse::<i64>()
        && number.to_string() == text
    {
        return Ok(Data::Int(number));
    }
    match text {
        "true" => Ok(Data::Bool(true)),
        "false" => Ok(Data::Bool(false)),
        _ => Err(Problem::not_understood_at(
            origin,
            format!("what kustomize makes of `{text}` without quotes"),
        )),
    }
}
