//! The `[name=text]` of a target: kustomize takes the text for a regular expression that may match anywhere, and holds it against the
//! YAML of the field, with its quotes and comments (kyaml v0.18.1 `yaml/match.go`).

use std::borrow::Cow;

use super::super::problem::Problem;
use super::super::scalar::Spelling;
use super::super::sources::Sources;
use super::super::value::{Origin, Step, Value};
use crate::source::decode::Style;

/// Longest pattern with a dot, and longest text that it is held against.
const SLOWLY: usize = 4_096;

/// Bytes of a file around a value in which a comment of it may stand.
const AROUND: usize = 4_096;

/// A text in which a dot is any character; `^` before it and `$` behind it are the ends of what it is held against.
#[derive(Debug)]
pub(super) struct TextPattern<'p> {
    written: &'p str,
    text: &'p str,
    has_dots: bool,
    from_start: bool,
    to_end: bool,
}

impl<'p> TextPattern<'p> {
    /// Other expressions are not taken.
    pub(super) fn new(written: &'p str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_/:@,=~%;&<> .".contains(&byte);
        let text = written.strip_prefix('^').unwrap_or(written);
        let text = text.strip_suffix('$').unwrap_or(text);
        let has_dots = text.contains('.');
        (text.bytes().all(is_plain) && (!has_dots || text.len() <= SLOWLY)).then_some(Self {
            written,
            text,
            has_dots,
            from_start: written.starts_with('^'),
            to_end: written.ends_with('$'),
        })
    }

    /// Whether the YAML of a scalar of this text matches.
    ///
    /// # Errors
    /// When that depends on quotes, escapes or comments that are not known.
    pub(super) fn matches(&self, value: &Value, text: &str, spelling: Spelling<'_>) -> Result<bool, Problem> {
        let origin = &value.origin;
        let in_doubt = |why: &str| {
            Err(Problem::not_understood_at(
                origin,
                format!("whether this matches `{}`, since {why}", self.written),
            ))
        };
        if self.has_dots && text.len() > SLOWLY {
            return in_doubt("it is so long");
        }
        if let Some(written) = yaml(value, text, spelling) {
            return Ok(self.is_in(&written));
        }
        if self.from_start || self.to_end {
            return in_doubt("it may have quotes or a comment");
        }
        if self.is_in(text) {
            return Ok(true);
        }
        if self.text.starts_with('.') || self.text.ends_with('.') {
            return in_doubt("a dot may be a quote around it");
        }
        if !text.bytes().all(is_itself_in_quotes) {
            return in_doubt("it has characters that are written in several ways");
        }
        // A tag or the like is not kept, but any comment is.
        let mut origins = std::iter::successors(Some(origin), |origin| origin.before.as_deref());
        if origins.any(|origin| self.may_be_in_comment(origin, spelling.sources)) {
            return in_doubt("kustomize takes the comments beside it for a part of it");
        }
        Ok(false)
    }

    /// Whether a scalar of its own text matches it.
    pub(super) fn matches_itself(&self) -> bool {
        self.is_in(self.written)
    }

    fn is_in(&self, text: &str) -> bool {
        if !self.has_dots {
            return match (self.from_start, self.to_end) {
                (false, false) => text.contains(self.text),
                (true, false) => text.starts_with(self.text),
                (false, true) => text.ends_with(self.text),
                (true, true) => text == self.text,
            };
        }
        let (pattern, text): (&[u8], Vec<char>) = (self.text.as_bytes(), text.chars().collect());
        text.windows(pattern.len()).enumerate().any(|(at, window)| {
            let fits =
                |(&wanted, &there): (&u8, &char)| there != '\n' && (wanted == b'.' || char::from(wanted) == there);
            pattern.iter().zip(window).all(fits)
                && (!self.from_start || at == 0)
                && (!self.to_end || at + pattern.len() == text.len())
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

/// What kustomize writes a scalar as, if that is certain: it stands where it was read, in one line, and at most with a comment behind it.
fn yaml<'v>(value: &Value, text: &'v str, spelling: Spelling<'_>) -> Option<Cow<'v, str>> {
    let origin = &value.origin;
    let is_as_read = origin.step == Step::Resource && origin.before.is_none() && !spelling.is_rewritten;
    if !is_as_read || !text.bytes().all(is_itself_in_quotes) {
        return None;
    }
    let file = spelling.sources.file(origin.file)?;
    let (before, after) = (
        file.text().get(..origin.span.range().start)?,
        file.text().get(origin.span.range().end..)?,
    );
    let (rest, below) = after.split_once('\n').unwrap_or((after, ""));
    let rest = rest.trim_end_matches('\r');
    let next = below.split('\n').next().unwrap_or("");
    let previous = before.rsplit('\n').nth(1).unwrap_or("");
    if previous.trim_start().starts_with('#') || is_comment_or_blank(next) && !is_blank(below) {
        return None;
    }
    let written = match (origin.style, file.slice(origin.span)) {
        (Style::Plain, source) if source == text => Cow::Borrowed(text),
        (Style::SingleQuoted | Style::DoubleQuoted, source) if source.get(1..source.len() - 1) == Some(text) => {
            Cow::Owned(source.to_owned())
        }
        _ => return None,
    };
    match rest.trim_start() {
        "" => Some(written),
        comment if comment.starts_with('#') && rest.len() > comment.len() => {
            Some(Cow::Owned(format!("{written} {}", comment.trim_end())))
        }
        // In braces or brackets a comment may belong to anything; without one all is certain.
        other if !other.contains('#') => Some(written),
        _ => None,
    }
}

/// Whether nothing stands there.
fn is_blank(text: &str) -> bool {
    text.len() < AROUND && text.trim().is_empty()
}

/// Whether a character is written as itself, with and without quotes.
fn is_itself_in_quotes(byte: u8) -> bool {
    (b' '..=b'~').contains(&byte) && !matches!(byte, b'"' | b'\'' | b'\\')
}

fn is_comment_or_blank(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::kustomize::testing::Fixture;

    /// Holds a pattern against the first item of `spec`, or its name.
    fn matches(pattern: &str, spec: &str, step: Step) -> Option<bool> {
        let mut fixture = Fixture::new("{}");
        let objects = fixture.objects(&format!("kind: A\nmetadata: {{name: a}}\nspec:\n{spec}last: a\n"));
        let list = objects.get(0).unwrap().value.get("spec").unwrap();
        let item = &list.items()[0];
        let mut value = item.get("name").unwrap_or(item).clone();
        value.origin.step = step;
        let spelling = Spelling {
            is_rewritten: false,
            sources: &fixture.sources,
        };
        let text = spelling.text(&value).unwrap().into_owned();
        TextPattern::new(pattern)?.matches(&value, &text, spelling).ok()
    }

    #[test]
    fn a_pattern_is_held_against_the_text_with_its_quotes_and_its_comment() {
        for (pattern, spec, wanted) in [
            ("nginx", "- name: nginx\n", Some(true)),
            ("nginx", "- name: my-nginx-2\n", Some(true)),
            ("nginx", "- name: ngin\n", Some(false)),
            ("", "- name: a\n", Some(true)),
            ("a.c", "- xabcx\n", Some(true)),
            ("a.c", "- ac\n", Some(false)),
            ("80", "- name: 8080\n", Some(true)),
            ("^web$", "- name: web\n", Some(true)),
            ("^web$", "- {name: web, n: 1}\n", Some(true)),
            ("^web$", "- name: web-2\n", Some(false)),
            ("^web$", "- name: \"web\"\n", Some(false)),
            ("web.", "- name: 'web'\n", Some(true)),
            ("^web$", "- name: web # first\n", Some(false)),
            ("^w.b", "- name: web # first\n", Some(true)),
            ("web", "- name: a # beside web\n", Some(true)),
            ("web", "- name: a # beside the other\n", Some(false)),
            ("web", "- name: a\n- b # web\n", Some(false)),
            // Comments on other lines, and in braces, may belong to it.
            ("web", "# web\n- a\n", None),
            ("web", "- a\n# web\n", None),
            ("web", "- {name: a # web\n  }\n", Some(true)),
            ("web", "- {name: a} # web\n", None),
            ("b", "- \"a\\x62\\t\"\n", Some(true)),
            ("a|b", "- a\n", None),
        ] {
            assert_eq!(matches(pattern, spec, Step::Resource), wanted, "{pattern} {spec}");
        }
    }

    #[test]
    fn what_may_be_written_otherwise_than_it_was_read_is_in_doubt() {
        for (pattern, spec, wanted) in [
            ("web", "- name: web\n", Some(true)),
            ("web", "- name: a\n", Some(false)),
            ("^web$", "- name: web\n", None),
            ("web", "- name: a # web\n", None),
            ("web.", "- name: web\n", None),
            ("n.x", "- name: web # other\n", None),
        ] {
            assert_eq!(matches(pattern, spec, Step::Patch), wanted, "{pattern} {spec}");
        }
    }
}
