//! What a comparison found, for people and for programs. One file a format.
//!
//! Every value that gets here has been through the one place that masks Secrets: these types cannot hold one.

pub mod external;
mod field;
pub mod human;
pub mod json;
mod lines;
pub mod markdown;
mod matrix;
pub mod unified;
mod verification;
mod words;

use std::collections::BTreeMap;

use crate::diff::change::{Change, Class, Effect, ObjectDifference, Status};
use crate::diff::verify::Verified;
use crate::live::reference::ObjectReference;
use crate::live::state::Side;
use crate::source::text::Place;

/// Everything a report of differences is made from.
#[derive(Debug)]
pub struct DiffReport {
    /// Each side that the desired state was held against.
    pub sides: Vec<SideReport>,
    /// What a person should know of the whole run.
    pub notes: Vec<String>,
    /// What of the repository could not be read or built: the run is unfinished then.
    pub problems: Vec<String>,
}

/// What was found on one side.
#[derive(Debug)]
pub struct SideReport {
    /// Which side it is.
    pub side: Side,
    /// The targets that were held against it.
    pub targets: Vec<String>,
    /// The version of its server, if it has one.
    pub server_version: Option<String>,
    /// When it was read, if that matters.
    pub taken: Option<String>,
    /// Object by object, sorted.
    pub objects: Vec<ObjectDifference>,
    /// What the server itself says of each object, if it was asked (`--verify=server`).
    pub verified: Option<BTreeMap<ObjectReference, Verified>>,
    /// Objects in Git that were not compared.
    pub left_out: Vec<LeftOutObject>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// What could not be asked: the run is unfinished then.
    pub problems: Vec<String>,
}

/// An object in Git that was not compared.
#[derive(Debug, Clone)]
pub struct LeftOutObject {
    /// Its kind, and its name as far as it has one.
    pub object: String,
    /// Why, as it is said of several: "made by a Helm hook".
    pub reason: String,
    /// Where it is.
    pub place: Option<Place>,
}

/// How many objects there are of each sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// To be made.
    pub create: usize,
    /// To be changed.
    pub change: usize,
    /// Those of them that have moved without Git.
    pub drift: usize,
    /// Alike.
    pub same: usize,
    /// To be deleted, or gone from Git.
    pub prune: usize,
    /// Being deleted.
    pub terminating: usize,
    /// Not known.
    pub unknown: usize,
}

impl Counts {
    fn of<'o>(objects: impl IntoIterator<Item = &'o ObjectDifference>) -> Self {
        let mut counts = Self::default();
        for object in objects {
            *match object.status {
                Status::Create => &mut counts.create,
                Status::Change => &mut counts.change,
                Status::Same => &mut counts.same,
                Status::Prune => &mut counts.prune,
                Status::Terminating => &mut counts.terminating,
                Status::Unknown(_) => &mut counts.unknown,
            } += 1;
            counts.drift += usize::from(has_drifted(object));
        }
        counts
    }
}

impl DiffReport {
    /// The objects of all sides, by what became of them.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(self.sides.iter().flat_map(|side| &side.objects))
    }

    /// Whether applying the desired state would change anything, or the server says that it would not do what is predicted.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        let mut verified = self
            .sides
            .iter()
            .flat_map(|side| side.verified.iter().flat_map(BTreeMap::values));
        self.sides.iter().flat_map(|side| &side.objects).any(is_changed) || verified.any(Verified::is_finding)
    }
}

impl SideReport {
    /// Its objects, by what became of them.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(&self.objects)
    }

    /// What the server says of an object, if it was asked and Git has the object.
    fn verified(&self, object: &ObjectDifference) -> Option<&Verified> {
        let verified = self.verified.as_ref().filter(|_| object.status != Status::Prune)?;
        verified.get(&object.object)
    }
}

fn has_drifted(object: &ObjectDifference) -> bool {
    let is_drift = |change: &Change| matches!(change.class, Class::Drift | Class::Both);
    object.changes.iter().any(is_drift)
}

/// Whether something is to be done with an object.
fn is_changed(object: &ObjectDifference) -> bool {
    matches!(object.status, Status::Create | Status::Change | Status::Prune)
}

/// The gravest effect of an object's changes.
fn gravest(object: &ObjectDifference) -> Effect {
    let effects = object.changes.iter().map(|change| change.effect);
    effects.max().unwrap_or(Effect::None)
}

#[cfg(test)]
mod tests;
