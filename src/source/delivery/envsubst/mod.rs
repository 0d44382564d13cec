//! Flux's dialect of `envsubst` (`fluxcd/pkg envsubst`, a fork of `drone/envsubst`): what `${…}` in a text becomes.
//!
//! Differences from a shell that matter: `$NAME` stays, `$$` is `$`, `:+`, `:?` and `=` all mean `:=`, `-` without a colon does not exist,
//! lengths and positions count bytes, and `*` in a pattern also crosses `/`.

mod evaluate;
mod expression;
mod pattern;

pub(super) use pattern::is_match;

use super::variables::Variables;
use expression::expression;

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
            let (expression, end) = expression(text, at + 2)?;
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

#[cfg(test)]
mod tests {
    use super::expression::DEEPEST;
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
            "${N/#/a}",
            "${N///a}",
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
