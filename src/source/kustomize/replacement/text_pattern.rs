//! The `[name=text]` of a target: kustomize takes the text for a regular expression that may match anywhere, and holds it against the
//! YAML of the field, with its quotes and comments (kyaml v0.18.1 `yaml/match.go`).

use super::super::problem::Problem;
use super::super::sources::Sources;
use super::super::value::Origin;

/// Longest pattern with a dot, and longest text that it is held against.
const SLOWLY: usize = 4_096;

/// Bytes of a file around a value in which a comment of it may stand.
const AROUND: usize = 4_096;

/// A text in which a dot is any character.
#[derive(Debug)]
pub(super) struct TextPattern<'p> {
    text: &'p str,
    has_dots: bool,
}

impl<'p> TextPattern<'p> {
    /// Other expressions are not taken.
    pub(super) fn new(text: &'p str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/:@,=~%;&<> .".contains(&byte);
        let has_dots = text.contains('.');
        (text.bytes().all(is_plain) && (!has_dots || text.len() <= SLOWLY)).then_some(Self { text, has_dots })
    }

    /// Whether the YAML of a scalar of this text, which stands at `origin`, matches.
    ///
    /// # Errors
    /// When that depends on quotes, escapes or comments.
    pub(super) fn matches(&self, text: &str, origin: &Origin, sources: &Sources) -> Result<bool, Problem> {
        let in_doubt = |why: &str| {
            Err(Problem::not_understood_at(
                origin,
                format!("whether this matches `{}`, since {why}", self.text),
            ))
        };
        if self.has_dots && text.len() > SLOWLY {
            return in_doubt("it is so long");
        }
        if self.is_in(text) {
            return Ok(true);
        }
        if self.text.starts_with('.') || self.text.ends_with('.') {
            return in_doubt("a dot may be a quote around it");
        }
        let is_plain = |byte: u8| (b' '..=b'~').contains(&byte) && !matches!(byte, b'"' | b'\'' | b'\\');
        if !text.bytes().all(is_plain) {
            return in_doubt("it has characters that are written in several ways");
        }
        // A tag or the like is not kept, but any comment is.
        let mut origins = std::iter::successors(Some(origin), |origin| origin.before.as_deref());
        if origins.any(|origin| self.may_be_in_comment(origin, sources)) {
            return in_doubt("kustomize takes the comments beside it for a part of it");
        }
        Ok(false)
    }

    fn is_in(&self, text: &str) -> bool {
        if !self.has_dots {
            return text.contains(self.text);
        }
        let (pattern, text): (&[u8], Vec<char>) = (self.text.as_bytes(), text.chars().collect());
        pattern.is_empty()
            || text.windows(pattern.len()).any(|window| {
                let fits =
                    |(&wanted, &there): (&u8, &char)| there != '\n' && (wanted == b'.' || char::from(wanted) == there);
                pattern.iter().zip(window).all(fits)
            })
    }

    /// Whether comments on the lines around a value hold what is looked for.
    fn may_be_in_comment(&self, origin: &Origin, sources: &Sources) -> bool {
        let Some(file) = sources.file(origin.file) else {
            return false;
        };
        let range = origin.span.range();
        let text = file.text();
        let (Some(before), Some(after)) = (text.get(..range.start), text.get(range.end..)) else {
            return true;
        };
        // The rest of the line, and lines of comments behind it; those before its line.
        let behind = after.split('\n').enumerate();
        let behind = behind
            .take_while(|(number, line)| *number == 0 || is_comment_or_blank(line))
            .map(|(_, line)| line);
        let ahead = before.rsplit('\n').skip(1).take_while(|line| is_comment_or_blank(line));
        let mut seen = 0;
        for line in behind.chain(ahead) {
            seen += line.len() + 1;
            if seen > AROUND {
                return true;
            }
            if let Some((_, comment)) = line.split_once('#')
                && (self.has_dots || comment.contains(self.text))
            {
                return true;
            }
        }
        false
    }
}

fn is_comment_or_blank(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decode::{Style, decode_str};
    use crate::source::kustomize::value::{FileId, Step};
    use crate::source::text::Span;
    use std::sync::Arc;

    /// Holds `pattern` against the first `value` in a file.
    fn matches(pattern: &str, value: &str, file: &str) -> Option<bool> {
        let mut sources = Sources::default();
        let id = sources.add_documents(Arc::new(decode_str("a.yaml", file)));
        assert_eq!(id, FileId(0));
        let start = file.find(value).unwrap();
        let origin = Origin::new(id, Span::new(start, start + value.len()), Style::Plain, Step::Resource);
        let value = value.trim_matches('"');
        TextPattern::new(pattern)?.matches(value, &origin, &sources).ok()
    }

    #[test]
    fn a_pattern_matches_anywhere_in_the_text() {
        for (pattern, value, wanted) in [
            ("nginx", "nginx", true),
            ("nginx", "my-nginx-2", true),
            ("nginx", "ngin", false),
            ("", "a", true),
            ("a.c", "xabcx", true),
            ("a.c", "ac", false),
            ("80", "8080", true),
        ] {
            assert_eq!(
                matches(pattern, value, &format!("- name: {value}\n")),
                Some(wanted),
                "{pattern} {value}"
            );
        }
    }

    #[test]
    fn what_a_comment_may_match_is_in_doubt() {
        for (pattern, value, file, wanted) in [
            ("nginx", "web", "- name: web # beside nginx\n", None),
            ("nginx", "web", "- name: web # beside the other\n", Some(false)),
            ("nginx", "web", "# nginx\n\n- web\n", None),
            ("nginx", "web", "- web\n# nginx\n", None),
            ("nginx", "web", "- web\n- b # nginx\n", Some(false)),
            ("n.x", "web", "- web # other\n", None),
            ("web", "web", "- web # web\n", Some(true)),
            ("web.", "\"web\"", "- \"web\"\n", None),
            ("b", "\"a\\x62\"", "- \"a\\x62\"\n", None),
            ("^web$", "web", "- web\n", None),
            ("a|b", "web", "- web\n", None),
        ] {
            assert_eq!(matches(pattern, value, file), wanted, "{pattern} {file}");
        }
    }
}
