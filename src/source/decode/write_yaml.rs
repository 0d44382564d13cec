//! A value as YAML that Kubernetes reads back as the same value.
//!
//! No library for Rust writes such YAML: they leave `yes`, `on`, `1_000` and `<<` without quotes, which YAML 1.1 takes for something
//! else (`yaml_serde` 0.10).

use std::fmt::Write;

use serde_json::Value;

use super::scalar::{Scalar, resolve};

/// Writes a value as block YAML, one document without a separator.
#[must_use]
pub fn write_yaml(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, 0, &mut out);
    out
}

/// Writes a value that begins on a line of its own, `indent` columns in.
fn write_value(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                pad(indent, out);
                write_field(key, value, indent, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                pad(indent, out);
                out.push_str("- ");
                write_item(item, indent + 2, out);
            }
        }
        other => {
            pad(indent, out);
            write_scalar(other, indent, out);
        }
    }
}

fn write_field(key: &str, value: &Value, indent: usize, out: &mut String) {
    write_key(key, out);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            out.push_str(":\n");
            write_value(value, indent + 2, out);
        }
        // As everybody writes lists: not deeper than their key.
        Value::Array(items) if !items.is_empty() => {
            out.push_str(":\n");
            write_value(value, indent, out);
        }
        other => {
            out.push_str(": ");
            write_scalar(other, indent + 2, out);
        }
    }
}

/// Writes an item of a list behind its dash.
fn write_item(item: &Value, indent: usize, out: &mut String) {
    match item {
        Value::Object(fields) if !fields.is_empty() => {
            for (at, (key, value)) in fields.iter().enumerate() {
                if at > 0 {
                    pad(indent, out);
                }
                write_field(key, value, indent, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    pad(indent, out);
                }
                out.push_str("- ");
                write_item(item, indent + 2, out);
            }
        }
        other => write_scalar(other, indent, out),
    }
}

fn write_key(key: &str, out: &mut String) {
    // A long key needs a mark of its own, which nobody would read; in quotes it counts too.
    if is_plain(key) {
        out.push_str(key);
    } else {
        out.push_str(&quoted(key));
    }
}

fn write_scalar(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::String(text) if is_plain(text) => out.push_str(text),
        Value::String(text) if is_literal(text) => return write_literal(text, indent, out),
        Value::String(text) => out.push_str(&quoted(text)),
        other => out.push_str(&other.to_string()),
    }
    out.push('\n');
}

/// Whether a text may stand without quotes, and is a string all the same.
fn is_plain(text: &str) -> bool {
    let is_ordinary = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./+=@,() %$*~^;<>&!'|\\[]{}?".contains(&byte);
    let begins_well = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._($".contains(byte);
    text.as_bytes().first().is_some_and(begins_well)
        && text.len() <= 120
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !text.ends_with(' ')
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| is_ordinary(byte) || byte == b':' && is_inner_colon(text, at))
        && matches!(resolve(text), Scalar::Text(_))
        && !super::timestamp::is_timestamp(text)
}

/// A colon that separates no key: something other than a blank stands behind it.
fn is_inner_colon(text: &str, at: usize) -> bool {
    text.as_bytes().get(at + 1).is_some_and(|next| *next != b' ')
}

/// Whether a text of several lines may stand as a literal block.
fn is_literal(text: &str) -> bool {
    let is_printable = |character: char| {
        matches!(character, '\n' | '\t')
            || !character.is_control()
                && !matches!(
                    character,
                    '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
                )
    };
    text.trim_end_matches('\n').contains('\n')
        && !text.starts_with([' ', '\t', '\n'])
        && text
            .lines()
            .all(|line| !line.starts_with("---") && !line.ends_with([' ', '\t']))
        && text.chars().all(is_printable)
}

fn write_literal(text: &str, indent: usize, out: &mut String) {
    let body = text.trim_end_matches('\n');
    let breaks = text.len() - body.len();
    out.push_str(match breaks {
        0 => "|-\n",
        1 => "|\n",
        _ => "|+\n",
    });
    for line in body.split('\n') {
        if !line.is_empty() {
            pad(indent.max(2), out);
            out.push_str(line);
        }
        out.push('\n');
    }
    for _ in 1..breaks {
        out.push('\n');
    }
}

/// A text in quotes: as JSON writes it, and with escapes for what YAML does not take as it is, or takes for the end of a line.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    for character in serde_json::to_string(text).unwrap_or_default().chars() {
        match character {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(character));
            }
            other => quoted.push(other),
        }
    }
    quoted
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::source::decode::{decode_str, write_json};

    fn read_back(yaml: &str) -> String {
        let decoded = decode_str("a.yaml", yaml);
        let mut out = String::new();
        match decoded.documents.first().and_then(|document| document.tree.as_ref()) {
            Some(tree) if decoded.faults.is_empty() => write_json(tree.root(), &mut out),
            _ => return format!("{:?}", decoded.faults),
        }
        out
    }

    fn assert_same(value: &Value) {
        let yaml = write_yaml(value);
        assert_eq!(read_back(&yaml), value.to_string(), "{yaml}");
    }

    #[test]
    fn what_yaml_1_1_takes_for_something_else_stands_in_quotes() {
        for text in [
            "yes",
            "y",
            "n",
            "on",
            "0644",
            "1_000",
            "0x1F",
            "2020-01-01",
            "~",
            "null",
            "1e3",
            ".5",
            "=",
            "<<",
            "12:30:45",
            "a: b",
            "a #b",
            "- a",
            "*a",
            "a:",
            "a\nb\n",
            "a\n\n\nb",
            "a\nb\n\n",
            "  lead\nx",
            "\u{2028}x",
            "tab\tx\ny",
            "",
            " ",
            "---\na",
            "a\n---\nb",
            "😀",
            "x\u{85}y",
            "\u{7f}",
            "a\r\nb",
            "key: |",
            "%TAG",
            "{a}",
            "[a]",
            "?",
            "|",
            "!x",
            "'x",
            "a 'b'",
        ] {
            assert_same(&json!({ "k": text, "l": [text, [text]], text: 1 }));
        }
    }

    #[test]
    fn it_looks_as_people_write_it() {
        let value = json!({"a": [{"b": 1, "c": ["x", []]}, {}], "image": "r.io/a/b:1.2@sha256:ab", "t": "one\ntwo\n"});
        let yaml = "a:\n- b: 1\n  c:\n  - x\n  - []\n- {}\nimage: r.io/a/b:1.2@sha256:ab\nt: |\n  one\n  two\n";
        assert_eq!(write_yaml(&value), yaml);
    }

    fn values() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[ -~\n\t]{0,12}".prop_map(Value::from),
            ".{0,6}".prop_map(Value::from),
        ];
        scalar.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec(("[ -~]{0,6}", inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(value in values()) {
            let value = json!({ "value": value });
            assert_same(&value);
        }
    }
}
