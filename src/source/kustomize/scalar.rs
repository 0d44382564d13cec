//! Scalars as kyaml handles them: by the text that they are written with.

use std::borrow::Cow;

use super::problem::Problem;
use super::sources::Sources;
use super::value::{Data, Origin, Step, Value};
use crate::source::decode::{Scalar, resolve};

/// From here on a number that went through JSON has an exponent (kyaml v0.18.1 `yaml/rnode.go` `FromMap`, Go's `FormatFloat`).
const EXPONENT_FROM: i64 = 1_000_000;

/// The text of a value as kyaml keeps it (`yaml.Node.Value`); that of a collection is empty.
///
/// # Errors
/// When it cannot be told how the value is written.
pub(super) fn text_of<'v>(value: &'v Value, is_rewritten: bool, sources: &Sources) -> Result<Cow<'v, str>, Problem> {
    let canonical = match &value.data {
        Data::Text(text) => return Ok(Cow::Borrowed(text)),
        Data::List(_) | Data::Map(_) => return Ok(Cow::Borrowed("")),
        Data::Null => Some("null".to_owned()),
        Data::Bool(value) => Some(value.to_string()),
        Data::Int(value) if value.abs() < EXPONENT_FROM || !is_rewritten => Some(value.to_string()),
        Data::Int(_) | Data::Float(_) => None,
    };
    let origin = &value.origin;
    let written = sources.file(origin.file).map_or("", |file| file.slice(origin.span));
    if is_rewritten {
        if let Some(canonical) = canonical {
            return Ok(Cow::Owned(canonical));
        }
    } else if says(written, &value.data) {
        return Ok(Cow::Owned(written.to_owned()));
    }
    Err(Problem::not_understood_at(
        origin,
        "a value that is no string becomes one, in a spelling of its own",
    ))
}

/// How the scalars of one object are spelt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spelling<'s> {
    pub(super) is_rewritten: bool,
    pub(super) sources: &'s Sources,
}

impl Spelling<'_> {
    /// The text of a value as kyaml keeps it.
    ///
    /// # Errors
    /// When it cannot be told how the value is written.
    pub(super) fn text(self, value: &Value) -> Result<Cow<'_, str>, Problem> {
        let text = text_of(value, self.is_rewritten, self.sources)?;
        // Numbers that a kustomization sets are spelt as Go spells them, not as they are written there.
        let is_spelt_anew = match &value.data {
            Data::Int(number) => number.to_string() != text,
            Data::Float(_) | Data::Null => true,
            _ => false,
        };
        if is_spelt_anew && !matches!(value.origin.step, Step::Resource | Step::Patch) {
            return Err(Problem::not_understood_at(
                &value.origin,
                "how kustomize spells what it set here",
            ));
        }
        Ok(text)
    }
}

/// Whether a plain scalar says this, so that it is how the value is written.
fn says(written: &str, data: &Data) -> bool {
    match (resolve(written), data) {
        (Scalar::Bool(one), Data::Bool(other)) => one == *other,
        (Scalar::Null, Data::Null) | (Scalar::Number(_), Data::Int(_) | Data::Float(_)) => true,
        _ => false,
    }
}

/// Puts a text in place of a scalar as kyaml does when it gives no tag (`filters/filtersutil/setters.go` `SetScalar`): what it is then
/// is for YAML to say, and without quotes a number becomes a number.
///
/// # Errors
/// When the place holds a collection, or the text may be no string for YAML.
pub(super) fn set_untagged(value: &mut Value, text: String, origin: &Origin) -> Result<(), Problem> {
    refuse_collection(value)?;
    if !is_surely_string(&text) && !is_surely_quoted(value) {
        return Err(Problem::not_understood_at(
            origin,
            format!("kustomize makes `{text}` of this, which may be no string any more"),
        ));
    }
    put(value, Data::Text(text.into()), origin);
    Ok(())
}

/// Whether a scalar stands in quotes, which kyaml keeps when it sets another: if not, it would be no string. What kustomize itself set
/// has none yet.
pub(super) fn is_surely_quoted(value: &Value) -> bool {
    let steps = std::iter::once(&value.origin).chain(value.origin.former());
    let keeps_quotes = |origin: &Origin| {
        use Step::{Generator, Images, NamePrefix, NameSuffix, Patch, Resource};
        let step = origin.step;
        matches!(step, Resource | Patch | Generator)
            || origin.before.is_some() && matches!(step, Images | NamePrefix | NameSuffix)
    };
    let is_kept = steps.into_iter().all(keeps_quotes);
    is_kept && value.as_str().is_some_and(|text| !is_surely_string(text))
}

/// Puts a string in place of a scalar.
///
/// # Errors
/// When the place holds a collection.
pub(super) fn set_text(value: &mut Value, text: &str, origin: &Origin) -> Result<(), Problem> {
    refuse_collection(value)?;
    put(value, Data::Text(text.into()), origin);
    Ok(())
}

/// Puts data here. What the same place put here already, a part of the kustomization that has two goes, is not remembered.
pub(super) fn put(value: &mut Value, data: Data, origin: &Origin) {
    if is_from(value, origin) {
        value.data = data;
    } else {
        value.replace(data, origin);
    }
}

/// Whether what is here was put here by the same place.
pub(super) fn is_from(value: &Value, origin: &Origin) -> bool {
    let there = &value.origin;
    there.file == origin.file && there.span == origin.span && there.step == origin.step
}

/// # Errors
/// When the value is a collection.
pub(super) fn refuse_collection(value: &Value) -> Result<(), Problem> {
    match value.data {
        Data::List(_) | Data::Map(_) => Err(Problem::refused_at(
            &value.origin,
            "kustomize sets a single value here, and refuses a list or a mapping in its place",
        )),
        _ => Ok(()),
    }
}

/// kustomize writes a key that it adds without quotes, and fails where that makes it a number or a boolean
/// (kyaml v0.18.1 `yaml/fns.go` `FieldSetter`).
///
/// # Errors
/// For such a key.
pub(super) fn check_key(key: &str, origin: &Origin) -> Result<(), Problem> {
    if is_surely_string(key) {
        return Ok(());
    }
    let what = match resolve(key) {
        Scalar::Bool(_) => "a boolean",
        Scalar::Number(_) => "a number",
        Scalar::Null | Scalar::Text(_) => {
            return Err(Problem::not_understood_at(
                origin,
                format!("the key `{key}`, which may be no string without quotes"),
            ));
        }
    };
    Err(Problem::refused_at(
        origin,
        format!(
            "kustomize writes the key `{key}` without quotes, where it is {what}, and then fails; take another key"
        ),
    ))
}

/// Whether kustomize writes this text, without quotes, as a string and reads it as one again
/// (`sigs.k8s.io/yaml` v1.4.0 `goyaml.v3/resolve.go`).
#[must_use]
pub(super) fn is_surely_string(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", "<<",
    ];
    !(WORDS.contains(&text) || is_like_number(text) || is_like_date(text))
}

fn is_like_number(text: &str) -> bool {
    let text = text.replace('_', "");
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    let in_other_base = ["0x", "0X", "0o", "0O", "0b", "0B"]
        .iter()
        .find_map(|prefix| digits.strip_prefix(prefix));
    if let Some(rest) = in_other_base {
        return rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    let lower = digits.to_ascii_lowercase();
    digits.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && (digits.parse::<f64>().is_ok() || lower == ".inf" || lower == ".nan")
}

/// Four digits and a hyphen may begin a point in time.
fn is_like_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 5 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-' && bytes[5].is_ascii_digit()
}
