//! The words for what a comparison finds: the names in machine output, and what they mean for people.

use std::fmt::Write;

use super::{Counts, SideReport};
use crate::diff::change::{Change, Class, Confidence, Effect, ObjectDifference, Operation, Status};
use crate::live::state::Side;
use crate::report::summary::plural;

/// A status by its name.
pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Create => "create",
        Status::Change => "change",
        Status::Same => "same",
        Status::Prune => "prune",
        Status::Terminating => "terminating",
        Status::Unknown(_) => "unknown",
    }
}

/// A status for people: a revision is compared with, and nothing is applied to it.
pub(super) fn status_shown(status: Status, side: &Side) -> &'static str {
    match (status, side) {
        (Status::Create, Side::Base(_)) => "new",
        (Status::Change, Side::Base(_)) => "changed",
        (Status::Prune, Side::Base(_)) => "gone",
        _ => self::status(status),
    }
}

/// An operation by its name.
pub(super) fn operation(operation: Operation) -> &'static str {
    match operation {
        Operation::Add => "add",
        Operation::Remove => "remove",
        Operation::Replace => "replace",
        Operation::Reorder => "reorder",
    }
}

/// A class by its name.
pub(super) fn class(class: Class) -> &'static str {
    match class {
        Class::Intent => "intent",
        Class::Drift => "drift",
        Class::Both => "both",
        Class::Conflict => "conflict",
        Class::Lost => "lost",
        Class::Unknown => "unknown",
    }
}

/// A confidence by its name.
pub(super) fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Exact => "exact",
        Confidence::High => "high",
        Confidence::Low => "low",
    }
}

/// An effect by its name.
pub(super) fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::None => "none",
        Effect::Scale => "scale",
        Effect::NewPodsOnly => "new-pods-only",
        Effect::InPlaceHot => "in-place-hot",
        Effect::InPlaceCold => "in-place-cold",
        Effect::Recreate => "recreate",
        Effect::Replace => "replace",
        Effect::Rejected => "rejected",
    }
}

/// What an effect means; nothing of one that is none.
pub(super) fn effect_meaning(effect: Effect) -> Option<&'static str> {
    match effect {
        Effect::None => None,
        Effect::Scale => Some("only the number of pods changes"),
        Effect::NewPodsOnly => Some("only pods made from now on have it"),
        Effect::InPlaceHot => Some("the sidecar is upgraded hot in running pods"),
        Effect::InPlaceCold => Some("the sidecar is restarted in running pods"),
        Effect::Recreate => Some("pods are made anew"),
        Effect::Replace => Some("cannot be changed in place: delete the object and make it anew"),
        Effect::Rejected => Some("will be refused"),
    }
}

/// The mark of an operation.
pub(super) fn mark(operation: Operation) -> char {
    match operation {
        Operation::Add => '+',
        Operation::Remove => '-',
        Operation::Replace => '~',
        Operation::Reorder => '↕',
    }
}

/// A side for people.
pub(super) fn side(side: &Side) -> String {
    match side {
        Side::Context(name) => format!("context {name}"),
        Side::Snapshot(file) => format!("snapshot {file}"),
        Side::Base(revision) => format!("revision {revision}"),
    }
}

/// The name of a side alone.
pub(super) fn side_name(side: &Side) -> &str {
    match side {
        Side::Context(name) | Side::Snapshot(name) | Side::Base(name) => name,
    }
}

/// A side with what it held it against, where sides have several targets between them.
pub(super) fn side_title(side: &SideReport, of: usize) -> String {
    let name = self::side(&side.side);
    match side.targets.as_slice() {
        [target] if of > 1 => format!("{name} (target {target})"),
        _ => name,
    }
}

/// "2 to create, 1 to change (1 drifted), 7 the same".
pub(super) fn counts(counts: &Counts, is_base: bool) -> String {
    let mut parts = Vec::new();
    let mut add = |count: usize, words: &str| {
        if count > 0 {
            parts.push(format!("{count} {words}"));
        }
    };
    let (create, change, prune) = if is_base {
        ("new", "changed", "gone from Git")
    } else {
        ("to create", "to change", "to prune")
    };
    add(counts.create, create);
    add(counts.change, change);
    add(counts.prune, prune);
    add(counts.terminating, "being deleted");
    add(counts.unknown, "unknown");
    add(counts.same, "the same");
    if parts.is_empty() {
        return "nothing to compare".to_owned();
    }
    let mut text = parts.join(", ");
    if counts.drift > 0 {
        let _ = write!(text, "; {} drifted", counts.drift);
    }
    text
}

/// Who changed a field, if that is more than that Git did.
pub(super) fn whose(change: &Change) -> Option<String> {
    let actor = change.actor.as_ref().map(|actor| {
        let mut text = format!("`{}`", actor.manager);
        if let Some(subresource) = &actor.subresource {
            let _ = write!(text, " through `{subresource}`");
        }
        if let Some(time) = &actor.time {
            let _ = write!(text, " at {time}");
        }
        text
    });
    let by = actor.as_ref().map_or(String::new(), |actor| format!(" by {actor}"));
    match change.class {
        Class::Intent => None,
        Class::Drift => Some(format!("drift: changed{by}, not by Git")),
        Class::Both => Some(format!(
            "changed on both sides: in Git, and{}",
            if by.is_empty() { " by somebody else" } else { &by }
        )),
        Class::Conflict => Some(format!(
            "conflict: {} applies this field, too, and applying it needs force",
            actor.as_deref().unwrap_or("another manager")
        )),
        Class::Lost => Some("lost: the server does not keep it".to_owned()),
        Class::Unknown => Some(format!(
            "who changed it is not known{}",
            actor.map_or(String::new(), |actor| format!(" (last written by {actor})"))
        )),
    }
}

/// Everything there is to say of a change beside its values, in plain text.
pub(super) fn circumstances(change: &Change) -> Vec<String> {
    let mut parts: Vec<String> = whose(change).into_iter().collect();
    parts.extend(effect_meaning(change.effect).map(str::to_owned));
    parts.extend(change.rule.clone());
    parts.extend(change.remarks.iter().cloned());
    parts
}

/// Why a prediction is not exact, if it is not.
pub(super) fn doubts(object: &ObjectDifference) -> Option<String> {
    if object.confidence == Confidence::Exact || object.status.is_unknown() {
        return None;
    }
    let reasons = object.confidence_reasons.join("; ");
    let colon = if reasons.is_empty() { "" } else { ": " };
    Some(format!("confidence {}{colon}{reasons}", confidence(object.confidence)))
}

/// "3 differences are ignored: `rule` (2), `other` (1)".
pub(super) fn ignored(object: &ObjectDifference) -> Option<String> {
    let total: usize = object.ignored.iter().map(|(_, count)| count).sum();
    let rules: Vec<String> = object
        .ignored
        .iter()
        .map(|(rule, count)| format!("{rule} ({count})"))
        .collect();
    (total > 0).then(|| {
        let are = plural(total, "difference is", "differences are");
        format!("{total} {are} ignored: {}", rules.join(", "))
    })
}
