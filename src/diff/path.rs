//! The way to a field, as structured-merge-diff writes it: `spec.containers[name=app].image`.

use std::fmt;

use serde_json::Value;

/// A way from the root of an object to one of its fields.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldPath(pub Vec<PathElement>);

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum PathElement {
    /// A field of a map.
    Field(String),
    /// The item of a list with these values of its keys.
    Key(Vec<(String, Value)>),
    /// The item of a set.
    Item(Value),
    /// The item of a list without keys, from 0.
    Index(usize),
}

impl fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, element) in self.0.iter().enumerate() {
            match element {
                PathElement::Field(name) if is_plain(name) => {
                    if at > 0 {
                        formatter.write_str(".")?;
                    }
                    formatter.write_str(name)?;
                }
                PathElement::Field(name) => write!(formatter, "[{}]", Value::from(name.as_str()))?,
                PathElement::Key(keys) => {
                    formatter.write_str("[")?;
                    for (at, (key, value)) in keys.iter().enumerate() {
                        let comma = if at > 0 { "," } else { "" };
                        write!(formatter, "{comma}{key}={}", bare(value))?;
                    }
                    formatter.write_str("]")?;
                }
                PathElement::Item(value) => write!(formatter, "[={}]", bare(value))?,
                PathElement::Index(index) => write!(formatter, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A value of a key, without quotes.
fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether a name can stand after a dot and be read back.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || "-_$".contains(char))
}
