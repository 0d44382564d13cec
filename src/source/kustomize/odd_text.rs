//! Strings that do not come through kustomize as they are: it writes each object as YAML, then as JSON, then as YAML again, with
//! readers and writers that do not agree (`sigs.k8s.io/yaml` v1.4.0 `goyaml.v3/emitterc.go`, `goyaml.v2/readerc.go`; measured
//! with kubectl 1.32).

use super::problem::Problem;
use super::value::{Data, Origin, Step, Value};
use crate::source::decode::Style;

/// Looks at all strings of an object.
///
/// # Errors
/// When one would be changed, or stop kustomize.
pub(super) fn check(value: &Value) -> Result<(), Problem> {
    match &value.data {
        Data::Text(text) => check_characters(text, &value.origin).and_then(|()| check_block(text, &value.origin)),
        Data::List(items) => items.iter().try_for_each(check),
        Data::Map(fields) => fields.iter().try_for_each(|field| {
            check_characters(&field.key, &field.key_origin)?;
            check(&field.value)
        }),
        _ => Ok(()),
    }
}

/// Looks at the characters of a string alone.
///
/// # Errors
/// When one would be changed, or stop kustomize.
pub(super) fn check_characters(text: &str, origin: &Origin) -> Result<(), Problem> {
    // Nearly all strings have none of the bytes that such a character begins with.
    if !text.bytes().any(|byte| matches!(byte, 0x7f | 0xc2 | 0xef)) {
        return Ok(());
    }
    let odd = text
        .chars()
        .find(|character| matches!(character, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}'));
    match odd {
        None => Ok(()),
        Some('\u{85}') => Err(Problem::not_understood_at(
            origin,
            "kustomize makes a space of the character U+0085",
        )),
        Some(other) => Err(Problem::refused_at(
            origin,
            format!(
                "kustomize fails on the control character U+{:04X} here; take it out",
                u32::from(other)
            ),
        )),
    }
}

/// What kustomize writes as a block.
fn check_block(text: &str, origin: &Origin) -> Result<(), Problem> {
    let is_generated = origin.step == Step::Generator;
    let is_quoted = !is_generated && matches!(origin.style, Style::SingleQuoted | Style::DoubleQuoted);
    let is_block = !is_generated && matches!(origin.style, Style::Literal | Style::Folded);
    if text.starts_with('\t') && !is_quoted && (is_block || text.contains('\n')) {
        return Err(Problem::refused_at(
            origin,
            "kustomize fails on a text of several lines that begins with a tab; begin it with spaces",
        ));
    }
    let has_breaks_of_its_own = || {
        text.starts_with([' ', '\t', '\n']) || text.ends_with("\n\n") || text.contains("\n ") || text.contains("\n\t")
    };
    if !is_generated && origin.style == Style::Folded && has_breaks_of_its_own() {
        return Err(Problem::not_understood_at(
            origin,
            "kustomize adds line breaks to a folded text (`>`) with indented lines in it, or empty ones at its end",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::kustomize::problem::BuildVerdict;
    use crate::source::kustomize::testing::Fixture;

    #[test]
    fn what_does_not_come_through_kustomize_is_told_apart() {
        for (value, verdict) in [
            ("\"a\\u007fb\"", Some(BuildVerdict::Refused)),
            ("\"a\\u0080b\"", Some(BuildVerdict::Refused)),
            ("\"a\\u0085b\"", Some(BuildVerdict::NotUnderstood)),
            ("\"\\e[0m é\\u00a0\\u2028\\ufeff\"", None),
            ("\"\\ta\\nb\"", None),
            ("|2\n  \ta\n  b", Some(BuildVerdict::Refused)),
            ("|\n  a\n  \tb\n\n", None),
            ("|\n  a\n\n   b", None),
            (">\n  a\n  b\n\n  c\n", None),
            (">\n  a\n   b\n  c\n", Some(BuildVerdict::NotUnderstood)),
            (">+\n  a\n\n\n", Some(BuildVerdict::NotUnderstood)),
        ] {
            let mut fixture = Fixture::new("{}");
            let resources = fixture.objects(&format!("kind: A\nmetadata: {{name: a}}\nvalue: {value}"));
            let found = check(&resources.get(0).unwrap().value);
            assert_eq!(found.err().map(|problem| problem.verdict), verdict, "{value}");
        }
    }
}
