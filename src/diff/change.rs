//! What a comparison says.

use super::path::FieldPath;
use super::redacted::{RedactedObject, Shown};
use crate::live::reference::ObjectReference;
use crate::source::text::Place;

/// What became of one object.
#[derive(Debug, Clone)]
pub struct ObjectDifference {
    /// Which object.
    pub object: ObjectReference,
    /// The target that wants it.
    pub target: String,
    /// What there is to do.
    pub status: Status,
    /// Why the status is what it is, if that needs words: a namespace that is to be made first, who forbids reading.
    pub reason: Option<String>,
    /// How sure the prediction is.
    pub confidence: Confidence,
    /// Why it is not exact.
    pub confidence_reasons: Vec<String>,
    /// The fields that change, in the order of the desired object.
    pub changes: Vec<Change>,
    /// What a person should know that is no change: a field rewritten by conversion, replicas that an autoscaler sets, an owner left.
    pub notes: Vec<Note>,
    /// How many differences each ignore rule took away, by the rule as it is written.
    pub ignored: Vec<(String, usize)>,
    /// Where Git has the object; `None` of one that is only on the other side.
    pub place: Option<Place>,
    /// Both whole objects, for a textual diff: the other side's, and what it would become. `None` where there is none.
    pub before: Option<RedactedObject>,
    /// See `before`.
    pub after: Option<RedactedObject>,
}

impl ObjectDifference {
    /// An object with a status of which nothing else is told.
    #[must_use]
    pub fn new(object: ObjectReference, target: &str, status: Status) -> Self {
        Self {
            object,
            target: target.to_owned(),
            status,
            reason: None,
            confidence: Confidence::Exact,
            confidence_reasons: Vec::new(),
            changes: Vec::new(),
            notes: Vec::new(),
            ignored: Vec::new(),
            place: None,
            before: None,
            after: None,
        }
    }

    /// An object of which it is not known what there is to do.
    #[must_use]
    pub fn unknown(object: ObjectReference, target: &str, why: NotKnown, reason: String) -> Self {
        Self {
            reason: Some(reason),
            confidence: Confidence::Low,
            ..Self::new(object, target, Status::Unknown(why))
        }
    }
}

/// What there is to do with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The other side has none.
    Create,
    /// It has another one.
    Change,
    /// Nothing.
    Same,
    /// Git has none, and the scope of pruning holds it.
    Prune,
    /// It is being deleted.
    Terminating,
    /// It was not possible to know.
    Unknown(NotKnown),
}

/// Whose matter it is that something is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotKnown {
    /// Git has the object in several forms, and the user has to say which one is meant.
    Ambiguous,
    /// One of the sides could not be read so far.
    Unread,
}

impl Status {
    /// Whether it was not possible to know, for whatever reason.
    #[must_use]
    pub const fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}

/// How sure a prediction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// By guesses.
    Low,
    /// All but for what a webhook may do.
    High,
    /// As the server would.
    Exact,
}

/// One field that changes.
#[derive(Debug, Clone)]
pub struct Change {
    /// Which field.
    pub path: FieldPath,
    /// What happens to it.
    pub operation: Operation,
    /// What the other side has; `None` of what is added.
    pub from: Option<Shown>,
    /// What it becomes; `None` of what is removed.
    pub to: Option<Shown>,
    /// Whose doing it is.
    pub class: Class,
    /// Who wrote the other side's value last.
    pub actor: Option<Actor>,
    /// What it causes.
    pub effect: Effect,
    /// Which rule says so, if the effect is one that stops the change: "Deployment `spec.selector` is immutable".
    pub rule: Option<String>,
    /// For people: "formatting only", "what will run instead: …".
    pub remarks: Vec<String>,
    /// Where Git has the value; of a removed one the nearest that is left.
    pub place: Option<Place>,
}

/// What happens to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// It comes.
    Add,
    /// It goes.
    Remove,
    /// It gets another value.
    Replace,
    /// The items of a list get another order; `from` and `to` are lists of what tells the items apart.
    Reorder,
}

/// Whose doing a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Git has moved on, the other side has what was applied last.
    Intent,
    /// Git has what was applied last, the other side moved.
    Drift,
    /// Both have moved.
    Both,
    /// Another manager applies the field too: it takes force.
    Conflict,
    /// Git has it, and the server will never keep it.
    Lost,
    /// Nothing tells.
    Unknown,
}

/// Who wrote a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The name of the field manager.
    pub manager: String,
    /// When, RFC 3339, if it is recorded.
    pub time: Option<String>,
    /// Through which subresource, if any: `scale`, `status`.
    pub subresource: Option<String>,
}

/// What a change causes, from the least to the gravest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Nothing runs differently.
    None,
    /// Only the number of pods.
    Scale,
    /// Only pods that are made later have it.
    NewPodsOnly,
    /// The sidecar is replaced by its twin; the application goes on.
    InPlaceHot,
    /// The sidecar's container is restarted in its pod.
    InPlaceCold,
    /// Pods are made anew.
    Recreate,
    /// The object cannot be changed so: it has to be deleted and made anew.
    Replace,
    /// The server, or a webhook of it, refuses.
    Rejected,
}

/// What a person should know beside the changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// The words.
    pub message: String,
    /// Which field it is about, if one.
    pub path: Option<FieldPath>,
    /// Whether it asks for an act: shown as a warning.
    pub warns: bool,
}
