//! Where a prediction is not what the server does, and why it cannot be: each such class is told to people by a lower confidence.

use checker::diff::change::{self, Change, Confidence, ObjectDifference};
use checker::diff::path::PathElement;

use crate::oracle::Answered;

/// A class of disagreements: a name, and which those are.
type Class = (&'static str, fn(&Answered, &ObjectDifference, &str) -> bool);

/// The classes.
const CLASSES: &[Class] = &[
    (
        "several items of one list of the live object have the same keys, of which a patch merges one",
        |_, difference, _| {
            let mut reasons = difference.confidence_reasons.iter();
            reasons.any(|reason| reason.contains("have the same keys"))
        },
    ),
    (
        "Kruise's webhook drops a field that it does not know only when it writes something else of the object",
        |_, difference, why| {
            let mut lost = difference
                .changes
                .iter()
                .filter(|change| change.class == change::Class::Lost);
            lost.any(|change| match change.path.0.last() {
                Some(PathElement::Field(name)) => why.contains(name),
                _ => false,
            })
        },
    ),
];

/// What is wrong, unless it belongs to a class and the program says that it is not sure.
pub fn unexplained(answered: &Answered, difference: &ObjectDifference, why: &str) -> Option<String> {
    let class = CLASSES.iter().find(|(_, is_meant)| is_meant(answered, difference, why));
    let what = format!("{} {:?}: {why}", answered.object.address, answered.edits);
    match class {
        None => Some(format!("of no class: {what}")),
        Some((name, _)) if difference.confidence == Confidence::Exact => {
            Some(format!("{name}, said to be exact: {what}"))
        }
        Some(_) => None,
    }
}

/// A change in one line.
pub fn told(change: &Change) -> String {
    format!(
        "{} {:?} {:?} -> {:?}",
        change.path, change.operation, change.from, change.to
    )
}
