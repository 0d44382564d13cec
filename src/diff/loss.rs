//! Fields that Git has and the server never keeps: the definition prunes them, or a webhook that reads the object into its own types drops
//! them. Nothing complains, and something else runs than what is written.

use serde_json::Value;

use super::change::{Change, Class, Effect, Operation};
use super::find;
use super::path::{FieldPath, PathElement};
use super::place;
use super::schema::shape::Shape;
use super::secret::Redaction;
use crate::source::decode::Node;
use crate::source::spelling;

/// Fields that had another name (kruise v0.7.0 and v1.9.0 `apis/apps/v1alpha1/sidecarset_types.go`).
const RENAMED: [(&str, &str); 1] = [("strategy", "updateStrategy")];

/// What a loss is told with.
pub(crate) struct Losses<'l> {
    pub(crate) root: Node<'l>,
    /// What the object becomes, with defaults.
    pub(crate) after: &'l Value,
    pub(crate) shape: Option<Shape<'l>>,
    pub(crate) redaction: Redaction,
}

impl Losses<'_> {
    /// A lost field as a change that will never happen.
    pub(crate) fn change(&self, path: FieldPath, value: &Value) -> Change {
        Change {
            operation: Operation::Add,
            from: None,
            to: Some(self.redaction.shown(&path, value)),
            class: Class::Lost,
            actor: None,
            effect: Effect::None,
            rule: None,
            remarks: self.remarks(&path),
            place: Some(place::of(self.root, &path)),
            path,
        }
    }

    fn remarks(&self, path: &FieldPath) -> Vec<String> {
        let mut remarks =
            vec!["the kind has no such field: it is dropped in silence, or refused by strict validation".to_owned()];
        let Some((PathElement::Field(name), above)) = path.0.split_last() else {
            return remarks;
        };
        let Some(shape) = find::shapes(above, self.shape).get(above.len()).copied() else {
            return remarks;
        };
        let renamed = RENAMED.iter().find(|(old, new)| old == name && shape.names(new));
        let meant = renamed
            .map(|(_, new)| *new)
            .or_else(|| spelling::nearest(name, shape.fields()));
        let Some(meant) = meant else {
            return remarks;
        };
        let mut real = above.to_vec();
        real.push(PathElement::Field(meant.to_owned()));
        let runs = find::value(self.after, &real, self.shape);
        remarks.push(
            match runs.map(|value| self.redaction.shown(&FieldPath(real.clone()), value)) {
                Some(super::redacted::Shown::Value(value)) => {
                    format!(
                        "if `{meant}` is meant: what will run instead is `{meant}: {}`",
                        short(&value)
                    )
                }
                _ => format!("if `{meant}` is meant: it will run without"),
            },
        );
        remarks
    }
}

/// Characters of a value in a sentence.
const SHORT: usize = 120;

fn short(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match text.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
