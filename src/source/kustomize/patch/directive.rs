//! `$patch`: what a mapping or a list of a patch says of itself (kyaml v0.18.1 `yaml/merge2/smpdirective.go`).

use super::items;
use super::nodes::{Content, PartId, Parts};
use crate::source::kustomize::problem::Problem;

/// What is done with the part of the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive {
    /// The patch is merged into it.
    Merge,
    /// It is taken away.
    Delete,
    /// The patch takes its place.
    Replace,
}

const KEY: &str = "$patch";

impl Directive {
    fn of(text: &str) -> Option<Self> {
        match text {
            "merge" => Some(Self::Merge),
            "delete" => Some(Self::Delete),
            "replace" => Some(Self::Replace),
            _ => None,
        }
    }
}

/// Takes the directive out of a part of a patch. One that is unknown stays, and is the inner problem.
///
/// # Errors
/// When a limit is met, or it is not certain how it is written.
pub(super) fn take(parts: &mut Parts<'_>, patch: PartId) -> Result<Result<Directive, Problem>, Problem> {
    let holder = match &parts.get(patch).content {
        Content::Scalar(_) => None,
        Content::Mapping(_) => Some(patch),
        Content::List(list) => {
            let mut list = list.iter().copied();
            // Beside other fields it belongs to the item, not to the list.
            list.find(|&item| parts.field(item, KEY).is_some())
                .filter(|&item| parts.entries(item).len() == 1)
        }
    };
    let Some((holder, written)) = holder.and_then(|holder| Some((holder, parts.field(holder, KEY)?))) else {
        return Ok(Ok(Directive::Merge));
    };
    let text = parts.text(written)?;
    let Some(directive) = Directive::of(&text) else {
        return Ok(Err(Problem::refused_at(
            &parts.get(written).origin,
            format!("kustomize knows no `$patch: {text}`; write `delete`, `replace` or `merge`"),
        )));
    };
    if holder == patch {
        parts.remove_field(patch, KEY);
    } else {
        items::remove(parts, patch, &[KEY], &[text])?;
    }
    Ok(Ok(directive))
}
