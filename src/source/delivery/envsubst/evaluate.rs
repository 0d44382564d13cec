//! What an expression becomes (`fluxcd/pkg envsubst/funcs.go`).

use std::borrow::Cow;

use super::expression::{Expression, Operator, Part, Which};
use super::pattern::remove;
use crate::source::delivery::variables::{Lookup, Variables};

impl Part<'_> {
    fn evaluate(&self, variables: &Variables) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Expression(expression) => expression.evaluate(variables).map(Cow::Owned),
        }
    }
}

impl Expression<'_> {
    /// The value; `None` where Git does not tell it. A variable that is not set is empty for Flux, but then its author has forgotten it,
    /// or a later step fills it in: only a default is taken for what is meant.
    pub(super) fn evaluate(&self, variables: &Variables) -> Option<String> {
        let value = match (variables.look_up(self.name), &self.operator) {
            (Lookup::Known(value), _) => value,
            (Lookup::Unset, Operator::Default(_)) => "",
            (Lookup::Unset | Lookup::Unknown, _) => return None,
        };
        let first = |change: fn(char) -> String| {
            let mut characters = value.chars();
            let first = characters.next().map(change).unwrap_or_default();
            first + characters.as_str()
        };
        Some(match &self.operator {
            Operator::None => value.to_owned(),
            Operator::Length => value.len().to_string(),
            Operator::Default(_) if !value.is_empty() => value.to_owned(),
            Operator::Default(parts) => {
                let parts: Option<Vec<_>> = parts.iter().map(|part| part.evaluate(variables)).collect();
                parts?.concat()
            }
            Operator::LowerFirst => first(|character| character.to_lowercase().collect()),
            Operator::UpperFirst => first(|character| character.to_uppercase().collect()),
            Operator::Lower => value.to_lowercase(),
            Operator::Upper => value.to_uppercase(),
            Operator::Substring(position, length) => {
                let length = match length {
                    Some(length) => Some(length.evaluate(variables)?),
                    None => None,
                };
                substring(value, &position.evaluate(variables)?, length.as_deref())?
            }
            Operator::Replace(which, pattern, replacement) => {
                let replacement = match replacement {
                    Some(part) => Some(part.evaluate(variables)?),
                    None => None,
                };
                replace(value, *which, &pattern.evaluate(variables)?, replacement.as_deref())
            }
            Operator::Remove {
                end,
                is_longest,
                pattern,
            } => remove(value, *end, *is_longest, &pattern.evaluate(variables)?)?,
        })
    }
}

/// `None` where bytes of one character would be torn apart, or versions of Flux differ.
fn substring(value: &str, position: &str, length: Option<&str>) -> Option<String> {
    let Ok(position) = position.parse::<i64>() else {
        return Some(value.to_owned());
    };
    let total = i64::try_from(value.len()).ok()?;
    let start = if position < 0 {
        (total + position).max(0)
    } else {
        position
    };
    let end = match length {
        None => total,
        Some(length) => match length.parse::<i64>() {
            Ok(length) if length < 0 => return None,
            Ok(length) => start.saturating_add(length).min(total),
            Err(_) => return Some(value.to_owned()),
        },
    };
    if start >= total {
        return Some(String::new());
    }
    let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
    value.get(range).map(str::to_owned)
}

fn replace(value: &str, which: Which, pattern: &str, replacement: Option<&str>) -> String {
    match (which, replacement) {
        (Which::All, replacement) => value.replace(pattern, replacement.unwrap_or("")),
        (Which::First, replacement) => value.replacen(pattern, replacement.unwrap_or(""), 1),
        (Which::Prefix, Some(replacement)) => value
            .strip_prefix(pattern)
            .map_or_else(|| value.to_owned(), |rest| format!("{replacement}{rest}")),
        (Which::Suffix, Some(replacement)) => value
            .strip_suffix(pattern)
            .map_or_else(|| value.to_owned(), |rest| format!("{rest}{replacement}")),
        // Without a replacement Flux changes nothing (`replacePrefix`, `replaceSuffix` want two arguments).
        (Which::Prefix | Which::Suffix, None) => value.to_owned(),
    }
}
