//! Values as YAML and JSON text, in the manner of the lines around them.

use serde_json::Value;

use crate::source::decode::{Scalar, resolve};

/// How block lines look here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockNotation {
    /// Spaces from a key to the keys below it.
    pub(super) step: usize,
    /// Spaces from a key to the dashes of its list.
    pub(super) dash: usize,
}

/// How a flow collection looks here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FlowNotation {
    /// Keys and strings have quotes.
    pub(super) is_json: bool,
    /// A blank stands behind `:` and `,`.
    pub(super) has_blanks: bool,
}

impl FlowNotation {
    pub(super) fn separator(self) -> &'static str {
        if self.has_blanks { ", " } else { "," }
    }

    pub(super) fn entry(self, key: &str, value: &Value) -> String {
        // Without quotes a colon needs its blank.
        let colon = if self.has_blanks || !self.is_json { ": " } else { ":" };
        format!("{}{colon}{}", self.text(key), self.value(value))
    }

    pub(super) fn value(self, value: &Value) -> String {
        match value {
            Value::Object(fields) => {
                let fields: Vec<String> = fields.iter().map(|(key, value)| self.entry(key, value)).collect();
                format!("{{{}}}", fields.join(self.separator()))
            }
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(|item| self.value(item)).collect();
                format!("[{}]", items.join(self.separator()))
            }
            Value::String(text) => self.text(text),
            other => other.to_string(),
        }
    }

    fn text(self, text: &str) -> String {
        if self.is_json { quoted(text) } else { scalar(text) }
    }
}

impl BlockNotation {
    /// The lines of an entry, each with its indentation.
    pub(super) fn entry(self, key: &str, value: &Value, indent: usize) -> Vec<String> {
        let mut lines = vec![format!("{}{}:", " ".repeat(indent), scalar(key))];
        match value {
            Value::Object(fields) if !fields.is_empty() => lines.extend(self.mapping(value, indent + self.step)),
            Value::Array(items) if !items.is_empty() => {
                lines.extend(items.iter().flat_map(|item| self.item(item, indent + self.dash)));
            }
            other => {
                if let Some(first) = lines.first_mut() {
                    first.push(' ');
                    first.push_str(&leaf(other));
                }
            }
        }
        lines
    }

    /// The lines of the entries of a mapping.
    pub(super) fn mapping(self, value: &Value, indent: usize) -> Vec<String> {
        let fields = value.as_object().into_iter().flatten();
        fields.flat_map(|(key, value)| self.entry(key, value, indent)).collect()
    }

    /// The lines of an item of a list.
    pub(super) fn item(self, value: &Value, indent: usize) -> Vec<String> {
        const DASH: &str = "- ";
        let below = indent + DASH.len();
        let mut lines = match value {
            Value::Object(fields) if !fields.is_empty() => self.mapping(value, below),
            Value::Array(items) if !items.is_empty() => items.iter().flat_map(|item| self.item(item, below)).collect(),
            other => vec![format!("{}{}", " ".repeat(below), leaf(other))],
        };
        if let Some(first) = lines.first_mut() {
            first.replace_range(indent..below, DASH);
        }
        lines
    }
}

/// A scalar, or an empty collection.
fn leaf(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A string, with quotes if it needs them.
pub(super) fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Whether a text is a string without quotes, wherever it stands, and for readers of YAML 1.2, too.
fn is_plain(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte))
        && matches!(resolve(text), Scalar::Text(_))
}

/// A string in double quotes, as JSON and YAML both read it.
pub(super) fn quoted(text: &str) -> String {
    // YAML ends a line at these, and JSON leaves them as they are.
    serde_json::Value::from(text)
        .to_string()
        .replace('\u{85}', "\\u0085")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
        .replace('\u{FEFF}', "\\uFEFF")
        .replace('\u{7F}', "\\u007F")
}

/// A string in single quotes, if it can stand in them on one line.
pub(super) fn single_quoted(text: &str) -> Option<String> {
    let fits =
        !text.contains(|character: char| character.is_control() || "\u{2028}\u{2029}\u{FEFF}".contains(character));
    fits.then(|| format!("'{}'", text.replace('\'', "''")))
}
