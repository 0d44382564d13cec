//! The fields of an item of `patches`: kustomize refuses unknown ones and wrong types.

use crate::source::decode::{Entry, Node, NodeKind};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::read;
use crate::source::kustomize::value::{Origin, Step};
use crate::source::spelling;

/// Refuses fields that are not known.
pub(super) fn check(node: Node<'_>, layer: &Layer<'_>, of: &str, known: &[&str]) -> Result<(), Problem> {
    for entry in node.entries() {
        let key = entry.key();
        if known.contains(&key) {
            continue;
        }
        let origin = layer.key_origin(entry, Step::Patch);
        // Go's JSON reader does not tell cases apart.
        if known.iter().any(|field| field.eq_ignore_ascii_case(key)) {
            return Err(Problem::not_understood_at(
                &origin,
                format!("`{key}` in another case than the documentation has it"),
            ));
        }
        let meant = match spelling::nearest(key, known.iter().copied()) {
            Some(field) => format!("; `{field}` is meant?"),
            None if key == "apiVersion" => "; write `group` and `version`".to_owned(),
            None => String::new(),
        };
        return Err(Problem::refused_at(
            &origin,
            format!("kustomize refuses the unknown field `{key}` of `{of}`{meant}"),
        ));
    }
    Ok(())
}

/// The string in a field; none if it is missing, null or empty.
pub(super) fn text<'t>(node: Node<'t>, layer: &Layer<'_>, field: &str) -> Result<Option<(&'t str, Origin)>, Problem> {
    let Some(value) = node.get(field) else {
        return Ok(None);
    };
    let origin = layer.origin(value, Step::Patch);
    match (value.kind(), read::text_of(value)) {
        (NodeKind::Text, "") => Ok(None),
        (NodeKind::Text, text) => Ok(Some((text, origin))),
        _ => Err(Problem::refused_at(
            &origin,
            format!(
                "kustomize refuses this: `{field}` is a string, not {}",
                value.kind().with_article()
            ),
        )),
    }
}

/// Whether an option of a patch is switched on.
pub(super) fn option(item: Node<'_>, layer: &Layer<'_>, name: &str) -> Result<bool, Problem> {
    let Some(options) = item.get("options") else {
        return Ok(false);
    };
    if options.kind() != NodeKind::Mapping {
        return Err(Problem::refused_at(
            &layer.origin(options, Step::Patch),
            "`options` is a mapping of booleans",
        ));
    }
    let wrong = options
        .entries()
        .map(Entry::value)
        .find(|value| !value.is_null() && value.as_bool().is_none());
    if let Some(wrong) = wrong {
        return Err(Problem::refused_at(
            &layer.origin(wrong, Step::Patch),
            "kustomize refuses this: an option of a patch is `true` or `false`",
        ));
    }
    Ok(options.get(name).and_then(Node::as_bool).unwrap_or(false))
}
