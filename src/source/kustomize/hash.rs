//! The hash of its content at the end of the name of a generated object (kustomize api v0.18.0 `hasher/hasher.go`,
//! `HashTransformer`).

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::problem::Problem;
use super::resource::{Resource, Resources};
use super::scalar::is_surely_string;
use super::value::{Data, Value};

/// Hexadecimal digits of the hash that a name gets.
const DIGITS: usize = 10;

/// Puts the hash behind the names of all objects that are due for one.
///
/// # Errors
/// When it is not certain what kustomize counts.
pub fn add_hashes(resources: &mut Resources) -> Result<(), Problem> {
    for at in 0..resources.len() {
        if !resources.get(at).is_some_and(|resource| resource.needs_hash) {
            continue;
        }
        let Some(resource) = resources.get_mut(at) else {
            continue;
        };
        let hash = hash(resource)?;
        resource.remember_id();
        let name = format!("{}-{hash}", resource.name());
        let Some(place) = resource
            .value
            .get_mut("metadata")
            .and_then(|metadata| metadata.get_mut("name"))
        else {
            return Err(Problem::not_understood_at(
                &resource.value.origin,
                "a generated object without a name",
            ));
        };
        if !is_surely_string(&name) {
            return Err(Problem::not_understood_at(
                &place.origin,
                format!("kustomize makes `{name}` of this, which may be no string any more"),
            ));
        }
        // The name is still to be edited where it was.
        place.data = Data::Text(name.into());
    }
    Ok(())
}

/// The digits of the hash of an object. Its name has no part in it.
fn hash(resource: &Resource) -> Result<String, Problem> {
    let text = match resource.kind() {
        "ConfigMap" => config_map(&resource.value)?,
        "Secret" => secret(&resource.value)?,
        kind => {
            return Err(Problem::not_understood_at(
                &resource.value.origin,
                format!("the hash of a {kind}, which kustomize takes of how it is written"),
            ));
        }
    };
    let digest = Sha256::digest(text.as_bytes());
    let hexadecimal = digest.iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    // Neither vowels nor digits that look like letters.
    let digit = |digit| match digit {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    };
    Ok(hexadecimal.chars().take(DIGITS).map(digit).collect())
}

fn config_map(object: &Value) -> Result<String, Problem> {
    let mut text = String::from("{");
    if let Some(binary @ Value { data: Data::Map(_), .. }) = object.get("binaryData") {
        text.push_str("\"binaryData\":");
        write_json(binary, &mut text)?;
        text.push(',');
    }
    text.push_str("\"data\":");
    write_field(object, "data", &mut text)?;
    // kustomize looks for a field called `metadata/name`, so that the name is always empty.
    text.push_str(",\"kind\":\"ConfigMap\",\"name\":\"\"}");
    Ok(text)
}

fn secret(object: &Value) -> Result<String, Problem> {
    let mut text = String::from("{\"data\":");
    write_field(object, "data", &mut text)?;
    text.push_str(",\"kind\":\"Secret\",\"name\":\"\"");
    if let Some(plain @ Value { data: Data::Map(_), .. }) = object.get("stringData") {
        text.push_str(",\"stringData\":");
        write_json(plain, &mut text)?;
    }
    text.push_str(",\"type\":");
    write_field(object, "type", &mut text)?;
    text.push('}');
    Ok(text)
}

/// A mapping or a string; an empty string if it is not there.
fn write_field(object: &Value, field: &str, text: &mut String) -> Result<(), Problem> {
    match object.get(field) {
        None => text.push_str("\"\""),
        Some(
            value @ Value {
                data: Data::Map(_) | Data::Text(_),
                ..
            },
        ) => write_json(value, text)?,
        Some(other) => {
            return Err(Problem::not_understood_at(
                &other.origin,
                format!("`{field}` of a generated object that is neither a mapping nor a string"),
            ));
        }
    }
    Ok(())
}

/// JSON as Go's `encoding/json` writes it, keys sorted, numbers as 64-bit floats.
fn write_json(value: &Value, text: &mut String) -> Result<(), Problem> {
    match &value.data {
        Data::Null => text.push_str("null"),
        Data::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        #[expect(clippy::cast_precision_loss, reason = "Go reads JSON's numbers into floats")]
        Data::Int(number) => {
            // Below 2^63 Go writes no exponent, and nor does Rust ever.
            let _ = write!(text, "{}", *number as f64);
        }
        Data::Float(_) => {
            return Err(Problem::not_understood_at(
                &value.origin,
                "the hash of a number with a fraction",
            ));
        }
        Data::Text(string) => write_string(string, text),
        Data::List(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_json(item, text)?;
            }
            text.push(']');
        }
        Data::Map(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by(|one, other| one.key.cmp(&other.key));
            text.push('{');
            for (at, field) in sorted.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write_string(&field.key, text);
                text.push(':');
                write_json(&field.value, text)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

/// Go escapes what HTML or JavaScript would misread, too.
fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(text, "\\u{:04x}", u32::from(character));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}
