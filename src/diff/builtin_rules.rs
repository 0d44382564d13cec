//! Fields that a controller fills in by design, whatever Git says.

use serde_json::Value;

use super::change::Note;
use super::differences::Difference;
use super::find;
use super::path::PathElement;
use crate::live::reference::ObjectReference;

/// Takes such differences away, and says so.
pub(crate) fn apply(found: &mut Vec<Difference>, reference: &ObjectReference, desired: &Value) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut take = |is_meant: &dyn Fn(&Difference) -> bool, message: &str| {
        let taken: Vec<Difference> = found.extract_if(.., |difference| is_meant(difference)).collect();
        if let Some(first) = taken.into_iter().next() {
            notes.push(Note {
                message: message.to_owned(),
                path: Some(first.path),
                warns: false,
            });
        }
    };
    let is_aggregated = reference.kind == "ClusterRole" && desired.get("aggregationRule").is_some_and(Value::is_object);
    if is_aggregated {
        take(
            &|difference| find::fields(&difference.path.0).first() == Some(&"rules"),
            "its rules come from the ClusterRoles that `aggregationRule` selects; a controller writes them",
        );
    }
    let has_bundles = matches!(
        reference.kind.as_str(),
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" | "CustomResourceDefinition" | "APIService"
    );
    if has_bundles {
        take(
            &|difference| is_bundle(&difference.path.0) && is_placeholder(difference.to.as_ref()),
            "`caBundle` is empty in Git: a controller fills it in",
        );
    }
    notes
}

fn is_bundle(path: &[PathElement]) -> bool {
    matches!(path.last(), Some(PathElement::Field(name)) if name == "caBundle")
}

/// Nothing, or the base64 of a line end: what generators write where a bundle must not be empty.
fn is_placeholder(value: Option<&Value>) -> bool {
    value.is_none_or(|value| matches!(value.as_str(), Some("" | "Cg==" | "Cg")))
}
