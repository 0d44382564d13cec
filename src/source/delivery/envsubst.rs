//! Flux's dialect of `envsubst` (`fluxcd/pkg envsubst`, a fork of `drone/envsubst`): what `${…}` in a text becomes.
//!
//! Differences from a shell that matter: `$NAME` stays, `$$` is `$`, `:+`, `:?` and `=` all mean `:=`, `-` without a colon does not exist,
//! lengths and positions count bytes, and `*` in a pattern also crosses `/`.

use std::borrow::Cow;

use super::variables::{Lookup, Variables};

/// A text after substitution.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expanded {
    pub(super) text: String,
    /// Whether an expression was left as it is, because Git does not tell its value.
    pub(super) is_partial: bool,
}

/// Why a text is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Flux itself would refuse it.
    BadExpression,
    /// The result is longer than allowed.
    TooLong,
}

/// Deepest nesting of expressions; people write one or two.
const DEEPEST: usize = 16;

/// Substitutes in a text whose result may have up to `limit` bytes.
pub(super) fn expand(text: &str, variables: &Variables, limit: usize) -> Result<Expanded, Refusal> {
    let mut expanded = Expanded {
        text: String::with_capacity(text.len()),
        is_partial: false,
    };
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("${") {
            let (expression, end) = Parser { text, at: at + 2 }.expression(0)?;
            if let Some(value) = expression.evaluate(variables) {
                expanded.text.push_str(&value);
            } else {
                expanded.text.push_str(&text[at..end]);
                expanded.is_partial = true;
            }
            at = end;
        } else if rest.starts_with("$$") {
            expanded.text.push('$');
            at += 2;
        } else {
            let next = match memchr::memchr(b'$', rest.as_bytes()) {
                Some(0) => 1,
                Some(next) => next,
                None => rest.len(),
            };
            expanded.text.push_str(&rest[..next]);
            at += next;
        }
        if expanded.text.len() > limit {
            return Err(Refusal::TooLong);
        }
    }
    Ok(expanded)
}

/// `${NAME…}`
#[derive(Debug)]
struct Expression<'t> {
    name: &'t str,
    operator: Operator<'t>,
}

#[derive(Debug)]
enum Operator<'t> {
    None,
    Length,
    Default(Vec<Part<'t>>),
    LowerFirst,
    Lower,
    UpperFirst,
    Upper,
    Substring(Part<'t>, Option<Part<'t>>),
    Replace(Which, Part<'t>, Option<Part<'t>>),
    Remove {
        end: End,
        is_longest: bool,
        pattern: Part<'t>,
    },
}

#[derive(Debug, Clone, Copy)]
enum Which {
    First,
    All,
    Prefix,
    Suffix,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Front,
    Back,
}

/// A piece of an argument.
#[derive(Debug)]
enum Part<'t> {
    Text(Cow<'t, str>),
    Expression(Box<Expression<'t>>),
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, prefix: &str) -> bool {
        let is_there = self.rest().starts_with(prefix);
        if is_there {
            self.at += prefix.len();
        }
        is_there
    }

    fn name(&mut self) -> Result<&'t str, Refusal> {
        let rest = self.rest();
        let is_part = |character: char| character.is_alphanumeric() || character == '_';
        let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        self.at += end;
        if end == 0 {
            Err(Refusal::BadExpression)
        } else {
            Ok(&rest[..end])
        }
    }

    /// The expression behind `${`, and where it ends.
    fn expression(mut self, depth: usize) -> Result<(Expression<'t>, usize), Refusal> {
        if depth > DEEPEST {
            return Err(Refusal::BadExpression);
        }
        let expression = if self.take("#") {
            Expression {
                name: self.name()?,
                operator: Operator::Length,
            }
        } else {
            let name = self.name()?;
            Expression {
                name,
                operator: self.operator(depth)?,
            }
        };
        if self.take("}") {
            Ok((expression, self.at))
        } else {
            Err(Refusal::BadExpression)
        }
    }

    fn operator(&mut self, depth: usize) -> Result<Operator<'t>, Refusal> {
        if [":=", ":-", ":?", ":+", "="].iter().any(|mark| self.take(mark)) {
            let mut parts = Vec::new();
            while self.peek().is_some_and(|next| next != '}') {
                parts.push(self.part(depth, |next| next == '}')?);
            }
            return Ok(Operator::Default(parts));
        }
        if self.take(":") {
            let position = self.part(depth, |next| next == ':' || next == '}')?;
            if !self.take(":") {
                return Ok(Operator::Substring(position, None));
            }
            while self.take(":") {}
            return Ok(Operator::Substring(
                position,
                Some(self.part(depth, |next| next == '}')?),
            ));
        }
        for (mark, operator) in [
            (",,", Operator::Lower),
            (",", Operator::LowerFirst),
            ("^^", Operator::Upper),
            ("^", Operator::UpperFirst),
        ] {
            if self.take(mark) {
                return Ok(operator);
            }
        }
        for (mark, which) in [
            ("//", Which::All),
            ("/#", Which::Prefix),
            ("/%", Which::Suffix),
            ("/", Which::First),
        ] {
            if self.take(mark) {
                return self.replacement(which, depth);
            }
        }
        for (mark, end, is_longest) in [
            ("##", End::Front, true),
            ("#", End::Front, false),
            ("%%", End::Back, true),
            ("%", End::Back, false),
        ] {
            if self.take(mark) {
                let pattern = self.part(depth, |next| next == '}')?;
                return Ok(Operator::Remove {
                    end,
                    is_longest,
                    pattern,
                });
            }
        }
        Ok(Operator::None)
    }

    fn replacement(&mut self, which: Which, depth: usize) -> Result<Operator<'t>, Refusal> {
        let pattern = if self.peek() == Some('/') {
            Part::Text(Cow::Borrowed(""))
        } else {
            self.escaped_part(depth, '/')?
        };
        if !self.take("/") {
            return Err(Refusal::BadExpression);
        }
        while self.take("/") {}
        if self.peek() == Some('}') {
            return Ok(Operator::Replace(which, pattern, None));
        }
        Ok(Operator::Replace(which, pattern, Some(self.escaped_part(depth, '}')?)))
    }

    /// Text up to a character, or an expression; never both.
    fn part(&mut self, depth: usize, is_end: impl Fn(char) -> bool) -> Result<Part<'t>, Refusal> {
        if let Some(nested) = self.nested(depth)? {
            return Ok(nested);
        }
        let rest = self.rest();
        let ends = [rest.find(is_end), rest.find("${")];
        let end = ends.into_iter().flatten().min().ok_or(Refusal::BadExpression)?;
        if end == 0 {
            return Err(Refusal::BadExpression);
        }
        self.at += end;
        Ok(Part::Text(Cow::Borrowed(&rest[..end])))
    }

    /// As [`Self::part`], where a backslash keeps `/` and `\`, and `$` keeps `$`.
    fn escaped_part(&mut self, depth: usize, end: char) -> Result<Part<'t>, Refusal> {
        if let Some(nested) = self.nested(depth)? {
            return Ok(nested);
        }
        let mut text = String::new();
        while let Some(next) = self.peek() {
            let rest = self.rest();
            let escapes = ["\\/", "\\\\", "$$"];
            if let Some(escape) = escapes.iter().find(|escape| rest.starts_with(**escape)) {
                text.push_str(&escape[1..]);
                self.at += escape.len();
            } else if next == end || rest.starts_with("${") {
                break;
            } else {
                text.push(next);
                self.at += next.len_utf8();
            }
        }
        if text.is_empty() {
            return Err(Refusal::BadExpression);
        }
        Ok(Part::Text(Cow::Owned(text)))
    }

    fn nested(&mut self, depth: usize) -> Result<Option<Part<'t>>, Refusal> {
        if !self.take("${") {
            return Ok(None);
        }
        let inner = Parser {
            text: self.text,
            at: self.at,
        };
        let (expression, end) = inner.expression(depth + 1)?;
        self.at = end;
        Ok(Some(Part::Expression(Box::new(expression))))
    }
}

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
    fn evaluate(&self, variables: &Variables) -> Option<String> {
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

/// Longest value that a pattern is held against: the time grows with its square, and names and addresses are short.
const LONGEST_MATCHED: usize = 1_024;

/// `None` for a pattern with classes or escapes, which nobody writes here.
fn remove(value: &str, end: End, is_longest: bool, pattern: &str) -> Option<String> {
    if pattern.contains(['[', '\\']) || value.len() > LONGEST_MATCHED {
        return None;
    }
    // Both ends are one after turning round.
    let turn = |text: &str| -> Vec<char> {
        let characters = text.chars();
        if end == End::Front {
            characters.collect()
        } else {
            characters.rev().collect()
        }
    };
    let (text, pattern) = (turn(value), turn(pattern));
    // An empty match removes nothing.
    let mut lengths = (1..=text.len()).filter(|&length| is_match(&pattern, &text[..length]));
    let length = if is_longest {
        lengths.next_back()
    } else {
        lengths.next()
    };
    let rest = &text[length.unwrap_or(0)..];
    Some(if end == End::Front {
        rest.iter().collect()
    } else {
        rest.iter().rev().collect()
    })
}

/// Whether a pattern of `*` and `?` matches all of a text.
pub(super) fn is_match(pattern: &[char], text: &[char]) -> bool {
    let (mut at, mut next) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(next) {
            Some('*') => {
                retry = Some((next, at));
                next += 1;
            }
            Some(&wanted) if wanted == '?' || wanted == text[at] => {
                at += 1;
                next += 1;
            }
            _ => match retry {
                Some((star, from)) => {
                    retry = Some((star, from + 1));
                    next = star + 1;
                    at = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[next..].iter().all(|&rest| rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        Variables::from_iter([
            ("N", "3"),
            ("EMPTY", ""),
            ("word", "abcdEFGH28ij"),
            ("path", "/home/bozo/ideas"),
            ("abc", "abcABC123ABCabc"),
            ("file", "bash.string.txt"),
            ("deep", "path/to/file"),
        ])
    }

    #[test]
    fn expressions_become_what_flux_makes_of_them() {
        for (text, expected) in [
            ("replicas: ${N}", "replicas: 3"),
            ("$N $ ${N}$", "$N $ 3$"),
            ("$${N} $$ $$${N}", "${N} $ $3"),
            ("${EMPTY}", ""),
            (
                "${EMPTY:=d} ${EMPTY:-d} ${EMPTY=d} ${EMPTY:+d} ${EMPTY:?d}",
                "d d d d d",
            ),
            ("${NONE:=a ${N} b}", "a 3 b"),
            ("${NONE:=}", ""),
            ("${NONE=${word^^}}", "ABCDEFGH28IJ"),
            ("${#word}", "12"),
            (
                "${word^} ${word^^} ${word,} ${word,,}",
                "AbcdEFGH28ij ABCDEFGH28IJ abcdEFGH28ij abcdefgh28ij",
            ),
            ("${path:11} ${path:6:4} ${path:-5} ${path:99}", "ideas bozo -5 "),
            ("${abc/abc/xyz} ${abc//abc/xyz}", "xyzABC123ABCabc xyzABC123ABCxyz"),
            (
                "${abc/#abc/X} ${abc/%abc/X} ${abc/abc/}",
                "XABC123ABCabc abcABC123ABCX ABC123ABCabc",
            ),
            ("${deep//\\//-}", "path-to-file"),
            (
                "${file#*.} ${file##*.} ${file%.*} ${file%%.*}",
                "string.txt txt bash.string bash",
            ),
            ("${deep##*/} ${deep%/*}", "file path/to"),
        ] {
            // `${path:-5}` is the default operator, and the variable is set.
            let expected = expected.replace(" -5 ", " /home/bozo/ideas ");
            let expanded = expand(text, &variables(), 1_000).unwrap();
            assert_eq!(
                (expanded.text.as_str(), expanded.is_partial),
                (&*expected, false),
                "{text}"
            );
        }
    }

    #[test]
    fn what_git_does_not_tell_is_left_as_it_is() {
        for text in [
            "${NONE}",
            "a-${NONE}-b",
            "${NONE^^}",
            "${NONE:=${OTHER}}",
            "${file#[a]}",
            "${word:1:-1}",
        ] {
            let expanded = expand(text, &variables(), 1_000).unwrap();
            assert_eq!((expanded.text.as_str(), expanded.is_partial), (text, true));
        }
    }

    #[test]
    fn what_flux_refuses_is_refused() {
        for text in [
            "${",
            "${}",
            "${N",
            "${MY-VAR}",
            "${N-d}",
            "${ N }",
            "${N/a}",
            "${word:}",
        ] {
            assert_eq!(expand(text, &variables(), 1_000), Err(Refusal::BadExpression), "{text}");
        }
        let nested = "${NONE:=".repeat(DEEPEST + 2) + &"}".repeat(DEEPEST + 2);
        assert_eq!(expand(&nested, &variables(), 1_000), Err(Refusal::BadExpression));
        assert_eq!(expand("${word}${word}", &variables(), 20), Err(Refusal::TooLong));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_expanded_or_refused(text in "[$={}:#%/,^A-C*?]{0,24}") {
            let _ = expand(&text, &variables(), 1_000);
        }
    }
}
