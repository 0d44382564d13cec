//! The regular expressions of a patch's target. kustomize has Go's, so that only what means the same in both is taken
//! (kustomize api v0.18.0 `types/selector.go`).

use regex::{Regex, RegexBuilder};

use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::value::Origin;
use crate::source::limits;

/// What a group, kind or name must be.
#[derive(Debug)]
pub(super) enum Pattern {
    /// Just this.
    Exactly(String),
    /// What the expression matches from end to end.
    Matching(Regex),
}

impl Pattern {
    /// Reads an expression.
    pub(super) fn new(text: &str, origin: &Origin) -> Result<Self, Problem> {
        if is_literal(text) {
            return Ok(Self::Exactly(text.to_owned()));
        }
        let translated = translate(text).map_err(|fault| match fault {
            Fault::NothingToRepeat => Problem::refused_at(
                origin,
                format!("`{text}` is no regular expression: nothing stands before `*`, `+` or `?`; any text is `.*`"),
            ),
            Fault::NotUnderstood => Problem::not_understood_at(origin, format!("the regular expression `{text}`")),
        })?;
        RegexBuilder::new(&format!("^(?:{translated})$"))
            .size_limit(limits::PATTERN_BYTES)
            .dfa_size_limit(limits::PATTERN_BYTES)
            .build()
            .map(Self::Matching)
            .map_err(|_| Problem::not_understood_at(origin, format!("the regular expression `{text}`")))
    }

    /// Whether a text is as it must be.
    pub(super) fn fits(&self, text: &str) -> bool {
        match self {
            Self::Exactly(wanted) => text == wanted,
            Self::Matching(expression) => expression.is_match(text),
        }
    }
}

fn is_literal(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_/:".contains(&byte))
}

enum Fault {
    /// Go refuses it.
    NothingToRepeat,
    /// It may mean something else, or nothing, in Go.
    NotUnderstood,
}

/// What the expression means, written so that it needs no tables of Unicode: names are ASCII.
fn translate(text: &str) -> Result<String, Fault> {
    let mut written = String::new();
    let mut rest = text;
    // Whether a `*` has something to repeat.
    let mut can_repeat = false;
    while let Some(next) = rest.chars().next() {
        let (taken, replacement) = match next {
            '.' => (1, "[^\n]"),
            '*' | '+' | '?' if can_repeat => {
                // `a*?` prefers less, which is no difference for a match from end to end.
                let lazy = usize::from(rest[1..].starts_with('?'));
                can_repeat = false;
                written.push(next);
                rest = &rest[1 + lazy..];
                continue;
            }
            '*' | '+' | '?' if written.is_empty() || written.ends_with(['(', '|', ':', '^']) => {
                return Err(Fault::NothingToRepeat);
            }
            '(' if rest.starts_with("(?:") => (3, "(?:"),
            '(' if !rest.starts_with("(?") => (1, "(?:"),
            ')' | '|' | '^' | '$' => (1, &rest[..1]),
            '[' => {
                let length = class(rest).ok_or(Fault::NotUnderstood)?;
                (length, &rest[..length])
            }
            '\\' => match rest.as_bytes().get(1) {
                Some(b'd') => (2, "[0-9]"),
                Some(b'w') => (2, "[0-9A-Za-z_]"),
                Some(
                    b'.' | b'-' | b'*' | b'+' | b'?' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'|' | b'^' | b'$'
                    | b'/',
                ) => {
                    let escaped = &rest[1..2];
                    (
                        2,
                        if matches!(escaped, "-" | "/") {
                            escaped
                        } else {
                            &rest[..2]
                        },
                    )
                }
                _ => return Err(Fault::NotUnderstood),
            },
            literal if literal.is_ascii_alphanumeric() || "-_/:".contains(literal) => (1, &rest[..1]),
            _ => return Err(Fault::NotUnderstood),
        };
        written.push_str(replacement);
        can_repeat = !matches!(next, '(' | '|' | '^' | '$');
        rest = &rest[taken..];
    }
    Ok(written)
}

/// The length of a class of plain characters and ranges.
fn class(text: &str) -> Option<usize> {
    let end = text.find(']')?;
    let inner = text[1..end].trim_start_matches('^');
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_safe =
        !inner.is_empty() && inner.bytes().all(is_plain) && !inner.contains("--") && !text[1..].starts_with("^^");
    is_safe.then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decode::Style;
    use crate::source::kustomize::problem::BuildVerdict;
    use crate::source::kustomize::value::{FileId, Step};
    use crate::source::text::Span;

    fn pattern(text: &str) -> Result<Pattern, Problem> {
        Pattern::new(
            text,
            &Origin::new(FileId(0), Span::default(), Style::Plain, Step::Patch),
        )
    }

    #[test]
    fn an_expression_matches_from_end_to_end() {
        for (text, fits, fits_not) in [
            ("web", "web", "web-1"),
            ("web.*", "web-1", "my-web"),
            ("(web|api)-[a-z]+", "api-x", "api-1"),
            (".*-v\\d?", "web-v2", "web-v22"),
            ("a|b", "b", "ab"),
            ("", "", "a"),
            ("istio\\.io", "istio.io", "istio-io"),
            ("^web$", "web", "web2"),
        ] {
            let pattern = pattern(text).unwrap();
            assert!(pattern.fits(fits), "{text} {fits}");
            assert!(!pattern.fits(fits_not), "{text} {fits_not}");
        }
    }

    #[test]
    fn what_go_may_read_otherwise_is_not_taken() {
        for (text, verdict) in [
            ("*", BuildVerdict::Refused),
            ("(*)", BuildVerdict::Refused),
            ("a|*", BuildVerdict::Refused),
            ("a**", BuildVerdict::NotUnderstood),
            ("[a&&b]", BuildVerdict::NotUnderstood),
            ("\\<a", BuildVerdict::NotUnderstood),
            ("a{2}", BuildVerdict::NotUnderstood),
            ("(?i)a", BuildVerdict::NotUnderstood),
            ("(a", BuildVerdict::NotUnderstood),
            ("é", BuildVerdict::NotUnderstood),
        ] {
            assert_eq!(pattern(text).unwrap_err().verdict, verdict, "{text}");
        }
    }
}
