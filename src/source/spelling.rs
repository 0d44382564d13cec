//! Keys that are written almost as they should be.
//!
//! A misspelt field is one fault, and `unknown-field` says what was meant; a policy that misses the field stays silent then.

use crate::source::decode::{Entry, Node};

/// Letters that a slip of the pen changes.
const LETTERS: usize = 2;
/// Longest name that anybody means by another, in bytes; a comparison takes the square of it.
const LONGEST: usize = 256;

/// How many letters a written name is away from a known one, if it may be meant: none where only the case differs, else at most two and no
/// more than a third of the name.
#[must_use]
pub fn slips(written: &str, known: &str) -> Option<usize> {
    if written.len().abs_diff(known.len()) > LETTERS * 4 || written.len() > LONGEST {
        return None;
    }
    let distance = strsim::damerau_levenshtein(&written.to_lowercase(), &known.to_lowercase());
    (distance <= LETTERS && distance * 3 <= known.len()).then_some(distance)
}

/// The known name that was probably meant by a written one.
#[must_use]
pub fn nearest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .filter_map(|known| Some((slips(written, known)?, known)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// The entry that was probably meant to be `field`, where `mapping` lacks that.
#[must_use]
pub fn misspelt<'t>(mapping: Node<'t>, field: &str) -> Option<Entry<'t>> {
    if mapping.entry(field).is_some() {
        return None;
    }
    mapping.entries().find(|entry| slips(entry.key(), field).is_some())
}

/// Whether the field at the end of a way of keys is not there because one of the keys is misspelt.
#[must_use]
pub fn is_misspelt(mapping: Node<'_>, keys: &[&str]) -> bool {
    let mut node = mapping;
    for key in keys {
        match node.entry(key) {
            Some(entry) => node = entry.value(),
            None => return misspelt(node, key).is_some(),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_letters_or_the_case() {
        for (written, known, distance) in [
            ("upgradetype", "upgradeType", Some(0)),
            ("postStar", "postStart", Some(1)),
            ("hotUpgradeEmptyimage", "hotUpgradeEmptyImage", Some(0)),
            ("imagePullPolcy", "imagePullPolicy", Some(1)),
            ("evn", "env", Some(1)),
            ("end", "type", None),
            ("namespace", "namespaceSelector", None),
            ("image", "imagePullPolicy", None),
        ] {
            assert_eq!(slips(written, known), distance, "{written}");
        }
    }
}
