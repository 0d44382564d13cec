//! Whether a scalar is in quotes for kustomize. It keeps the style of what a patch replaces, so that a number put where a string in
//! quotes was becomes a string (kyaml v0.18.1 `yaml/fns.go` `FieldSetter`).

use crate::source::decode::Style;
use crate::source::kustomize::value::{Data, Origin, Step, Value};

/// How kustomize would write a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Without quotes, where that does not change what it is.
    Plain,
    /// In quotes: whatever is put here becomes a string.
    Quoted,
    /// As a block (`|`): the same.
    Literal,
    /// As a folded block (`>`): the same.
    Folded,
    /// It depends on steps that are not followed.
    Unknown,
}

impl Quoting {
    /// How a value would be written. `is_rewritten` says that kustomize has written all of it anew since it was read.
    pub(super) fn of(value: &Value, is_rewritten: bool) -> Self {
        let Data::Text(text) = &value.data else {
            return Self::Plain;
        };
        let mut origins = std::iter::successors(Some(&value.origin), |origin| origin.before.as_deref());
        if origins.any(|origin| matches!(origin.step, Step::Replacement | Step::Variable)) {
            return Self::Unknown;
        }
        let first = value.origin.first();
        let is_written_by_hand = matches!(first.step, Step::Resource | Step::Patch);
        if is_rewritten || !is_written_by_hand {
            return if value.origin.before.is_none() && is_surely_plain(text) {
                Self::Plain
            } else {
                Self::Unknown
            };
        }
        Self::of_style(first, text)
    }

    fn of_style(origin: &Origin, text: &str) -> Self {
        match origin.style {
            Style::SingleQuoted | Style::DoubleQuoted => Self::Quoted,
            Style::Literal => Self::Literal,
            Style::Folded => Self::Folded,
            // Words that were booleans get quotes when they are put somewhere.
            Style::Plain if !is_old_boolean(text) => Self::Plain,
            Style::Plain | Style::Alias | Style::Block | Style::Flow | Style::Substituted => Self::Unknown,
        }
    }
}

fn is_old_boolean(text: &str) -> bool {
    const WORDS: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether no YAML writer would put a string in quotes.
fn is_surely_plain(text: &str) -> bool {
    const NO_STRINGS: [&str; 6] = ["true", "false", "null", "nan", "inf", "infinity"];
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte))
        && !is_old_boolean(text)
        && !NO_STRINGS.iter().any(|word| word.eq_ignore_ascii_case(text))
}
