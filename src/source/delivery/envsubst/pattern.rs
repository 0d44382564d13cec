//! The patterns by which an expression takes something off a value (`fluxcd/pkg envsubst/path/match.go`).

use super::expression::End;

/// Longest value that a pattern is held against: the time grows with its square, and names and addresses are short.
const LONGEST_MATCHED: usize = 1_024;

/// `None` for a pattern with classes or escapes, which nobody writes here.
pub(super) fn remove(value: &str, end: End, is_longest: bool, pattern: &str) -> Option<String> {
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
pub(in crate::source::delivery) fn is_match(pattern: &[char], text: &[char]) -> bool {
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
