//! What is written to suppress findings.
//!
//! ```text
//! comment:             # checker: ignore[POLICY, POLICY] until=2026-12-31 REASON
//! line of annotation:  POLICY until=2026-12-31 REASON
//! ```
//!
//! `until=` may be left out; it stands nowhere but there.

use super::date::Date;
use crate::policy::finding::shortened;
use crate::source::text::Span;
use crate::source::{limits, spelling};

/// What every comment to this program begins with, behind its `#`.
pub(super) const ADDRESS: &str = "checker:";

/// The one word that such a comment knows.
const IGNORE: &str = "ignore";

/// What a comment, or a line of an annotation, says. Spans count in its text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words<'t> {
    /// At least one policy.
    pub(super) policies: Vec<(&'t str, Span)>,
    /// The last day on which it holds.
    pub(super) until: Option<Date>,
    /// Why; `None` if nothing is said that could be a reason.
    pub(super) reason: Option<&'t str>,
}

/// Why it says nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    /// The bytes at fault.
    pub(super) span: Span,
    /// What is wrong with them, in a sentence without a full stop.
    pub(super) message: String,
}

/// Reads a comment from its `#` on; `None` if it is not meant for this program.
pub(super) fn of_comment(text: &str) -> Option<Result<Words<'_>, Malformed>> {
    let reader = Reader { text };
    let rest = text.strip_prefix('#')?.trim_start().strip_prefix(ADDRESS)?;
    Some(reader.comment(rest.trim_start()))
}

/// Reads a line of an annotation that is not blank.
pub(super) fn of_line(text: &str) -> Result<Words<'_>, Malformed> {
    Reader { text }.line(text.trim())
}

/// Everything below is a part of `text`, so that its span is known.
struct Reader<'t> {
    text: &'t str,
}

impl<'t> Reader<'t> {
    fn span(&self, part: &str) -> Span {
        let start = part.as_ptr() as usize - self.text.as_ptr() as usize;
        Span::new(start, start + part.len())
    }

    fn malformed(&self, part: &str, message: impl Into<String>) -> Malformed {
        Malformed {
            span: self.span(part.trim_end()),
            message: message.into(),
        }
    }

    fn comment(&self, rest: &'t str) -> Result<Words<'t>, Malformed> {
        let end = rest.find(|character: char| !character.is_alphanumeric() && character != '-');
        let (word, behind) = rest.split_at(end.unwrap_or(rest.len()));
        if word != IGNORE {
            let part = if word.is_empty() { self.text } else { word };
            let hint = spelling::nearest(word, [IGNORE])
                .map(|meant| format!("; did you mean `{meant}`?"))
                .unwrap_or_default();
            return Err(self.malformed(
                part,
                format!("`{ADDRESS}` is followed by `{IGNORE}[POLICY] REASON` and by nothing else{hint}"),
            ));
        }
        let Some(inside) = behind.strip_prefix('[') else {
            return Err(self.malformed(
                rest,
                format!("the policies are due in brackets directly behind `{IGNORE}`: `{IGNORE}[POLICY] REASON`"),
            ));
        };
        let Some((list, behind)) = inside.split_once(']') else {
            return Err(self.malformed(rest, "the bracket is never closed"));
        };
        let policies = self.listed(list)?;
        if !behind.is_empty() && !behind.starts_with(char::is_whitespace) {
            return Err(self.malformed(behind, "a blank is due behind the `]`"));
        }
        self.until_and_reason(policies, behind, "the `]`")
    }

    fn listed(&self, list: &'t str) -> Result<Vec<(&'t str, Span)>, Malformed> {
        let most = limits::SUPPRESSED_POLICIES;
        if list.split(',').nth(most).is_some() {
            return Err(self.malformed(list, format!("more than {most} policies are named")));
        }
        let ids = list.split(',').map(|part| {
            let id = part.trim();
            if id.is_empty() {
                let Span { start, end } = self.span(list);
                let brackets = self.text.get(start as usize - 1..=end as usize);
                return Err(self.malformed(
                    brackets.unwrap_or(list),
                    "a policy is not named here; `checker policies` lists them",
                ));
            }
            if id.contains(char::is_whitespace) {
                return Err(self.malformed(id, "policies are parted by commas"));
            }
            Ok((id, self.span(id)))
        });
        ids.collect()
    }

    fn line(&self, line: &'t str) -> Result<Words<'t>, Malformed> {
        let end = line.find(char::is_whitespace).unwrap_or(line.len());
        let (id, rest) = line.split_at(end);
        if let Some(odd) = id.find(['#', '[', ']', ',', ':']) {
            let (id, _) = id.split_at(odd);
            return Err(self.malformed(
                line,
                format!(
                    "a line is `POLICY REASON` or `POLICY until=2026-12-31 REASON`, one policy a line; \
                     `{}` is not the name of one",
                    shortened(line.get(..id.len() + 1).unwrap_or(line))
                ),
            ));
        }
        self.until_and_reason(vec![(id, self.span(id))], rest, "the policy")
    }

    fn until_and_reason(
        &self,
        policies: Vec<(&'t str, Span)>,
        rest: &'t str,
        before: &str,
    ) -> Result<Words<'t>, Malformed> {
        let mut reason = rest.trim();
        let mut until = None;
        let mut words = reason.split_whitespace();
        let (first, second) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        if let Some(day) = first.strip_prefix("until=") {
            let part = if day.is_empty() { first } else { day };
            until = Some(day.parse().map_err(|message: String| self.malformed(part, message))?);
            reason = reason[first.len()..].trim_start();
        } else if first.starts_with("until:") || (first == "until" && second.parse::<Date>().is_ok()) {
            return Err(self.malformed(first, "the last day is written `until=2026-12-31`"));
        }
        if let Some(late) = reason.split_whitespace().find(|word| word.starts_with("until=")) {
            return Err(self.malformed(
                late,
                format!("`until=` is due directly behind {before}, before the reason"),
            ));
        }
        Ok(Words {
            policies,
            until,
            reason: Some(reason).filter(|reason| reason.contains(char::is_alphanumeric)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Policies, last day and reason; or the text at fault with a part of what is said of it.
    fn told(text: &str, result: Result<Words<'_>, Malformed>) -> String {
        match result {
            Ok(words) => {
                let ids: Vec<&str> = words.policies.iter().map(|(id, _)| *id).collect();
                for (id, span) in &words.policies {
                    assert_eq!(&text[span.range()], *id);
                }
                let until = words.until.map_or("-".to_owned(), |until| until.to_string());
                format!("{} | {until} | {}", ids.join("+"), words.reason.unwrap_or("-"))
            }
            Err(malformed) => format!("! {} ! {}", &text[malformed.span.range()], malformed.message),
        }
    }

    #[test]
    fn a_comment_says_what_why_and_how_long() {
        for (text, due) in [
            ("# checker: ignore[a] legacy", "a | - | legacy"),
            ("#checker:ignore[a] legacy", "a | - | legacy"),
            (
                "#   checker:   ignore[ a , b-c ]  two  words ",
                "a+b-c | - | two  words",
            ),
            (
                "# checker: ignore[a] until=2026-12-31 moves in Q4",
                "a | 2026-12-31 | moves in Q4",
            ),
            ("# checker: ignore[a] until=2026-12-31", "a | 2026-12-31 | -"),
            (
                "# checker: ignore[a] until the new mesh is here",
                "a | - | until the new mesh is here",
            ),
            ("# checker: ignore[a]", "a | - | -"),
            ("# checker: ignore[a] --- ", "a | - | -"),
            ("# checker: ignore[a] größer", "a | - | größer"),
            ("# checker: ignore[*] all", "* | - | all"),
        ] {
            assert_eq!(told(text, of_comment(text).unwrap()), due, "{text}");
        }
    }

    #[test]
    fn a_comment_that_is_not_addressed_is_none_of_ours() {
        for text in [
            "# ignore[a] b",
            "# the checker: ignore[a] b",
            "# Checker: ignore[a]",
            "#",
            "# spell-checker: off",
        ] {
            assert_eq!(of_comment(text), None, "{text}");
        }
    }

    #[test]
    fn a_malformed_comment_says_what_to_write_at_its_bytes() {
        for (text, at, message) in [
            ("# checker: ingore[a] b", "ingore", "did you mean `ignore`?"),
            (
                "# checker: disable[a] b",
                "disable",
                "is followed by `ignore[POLICY] REASON`",
            ),
            (
                "# checker: [a] b",
                "# checker: [a] b",
                "is followed by `ignore[POLICY] REASON`",
            ),
            ("# checker: ", "# checker:", "is followed by `ignore[POLICY] REASON`"),
            ("# checker: ignore a b", "ignore a b", "in brackets directly behind"),
            ("# checker: ignore [a] b", "ignore [a] b", "in brackets directly behind"),
            ("# checker: ignore", "ignore", "in brackets directly behind"),
            ("# checker: ignore[a b", "ignore[a b", "never closed"),
            ("# checker: ignore[] b", "[]", "not named"),
            ("# checker: ignore[a,] b", "[a,]", "not named"),
            ("# checker: ignore[a b] c", "a b", "commas"),
            ("# checker: ignore[a]: b", ": b", "a blank is due"),
            ("# checker: ignore[a] until=2026-02-30 b", "2026-02-30", "2026-12-31"),
            ("# checker: ignore[a] until= b", "until=", "2026-12-31"),
            ("# checker: ignore[a] until: 2026-12-31 b", "until:", "until=2026-12-31"),
            ("# checker: ignore[a] until 2026-12-31 b", "until", "until=2026-12-31"),
            (
                "# checker: ignore[a] b until=2026-12-31",
                "until=2026-12-31",
                "before the reason",
            ),
        ] {
            let told = told(text, of_comment(text).unwrap());
            assert!(
                told.starts_with(&format!("! {at} ! ")) && told.contains(message),
                "{text}: {told}"
            );
        }
    }

    #[test]
    fn a_line_of_an_annotation_is_a_policy_and_its_reason() {
        for (text, due) in [
            ("a legacy", "a | - | legacy"),
            ("  a-b   until=2026-12-31  moves ", "a-b | 2026-12-31 | moves"),
            ("a", "a | - | -"),
        ] {
            assert_eq!(told(text, of_line(text)), due, "{text}");
        }
        for (text, at) in [
            ("a, b legacy", "a, b legacy"),
            ("ignore[a] legacy", "ignore[a] legacy"),
            ("a: legacy", "a: legacy"),
            ("# a", "# a"),
            ("a legacy until=2026-12-31", "until=2026-12-31"),
        ] {
            let told = told(text, of_line(text));
            assert!(told.starts_with(&format!("! {at} ! ")), "{text}: {told}");
        }
    }
}
