//! The repository at another revision as the other side: which of its objects stands for which, copies of one identity included.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::change::{NotKnown, ObjectDifference, Status};
use super::compare::{self, Desired};
use super::options::Options;
use super::place;
use super::secret::Redaction;
use super::selection::Selection;
use crate::live::reference::ObjectReference;
use crate::live::state::{Found, LiveObject, Side, State, Surroundings};
use crate::model::object::Object;
use crate::model::unread::Unread;
use crate::source::{decode, folder, limits};

/// One target at another revision.
#[derive(Debug)]
pub struct Revision<'o> {
    /// The revision, as it was given.
    pub name: &'o str,
    /// Its objects, each copy for itself.
    pub selection: &'o Selection<'o>,
    /// What of it was not read: that objects are not there means nothing then.
    pub unread: &'o [Unread],
    /// What of the target of now was not read: what stood there is not gone.
    pub unread_now: &'o [Unread],
    /// Submodules, which a revision only names.
    pub submodules: &'o [String],
}

/// An object of now, and one of then.
type Pair<'o> = (
    Option<&'o (ObjectReference, &'o Object)>,
    Option<&'o (ObjectReference, &'o Object)>,
);

impl Revision<'_> {
    /// What has become of the objects of a target since: one result each, in their order, then those that are gone.
    #[must_use]
    pub fn compare(&self, now: &Selection<'_>, target: &str, options: &Options) -> Vec<ObjectDifference> {
        let pairs = pairs(&now.chosen, &self.selection.chosen);
        // A state holds one object of each identity, so each further copy is in a further one.
        let mut layers: Vec<(Vec<Desired<'_>>, State)> = Vec::new();
        let mut copies: BTreeMap<&ObjectReference, usize> = BTreeMap::new();
        for (current, earlier) in &pairs {
            let Some((reference, object)) = current else {
                continue;
            };
            let copy = copies.entry(reference).or_default();
            let at = *copy;
            *copy += 1;
            while layers.len() <= at {
                layers.push((Vec::new(), self.state()));
            }
            let Some((desired, state)) = layers.get_mut(at) else {
                continue;
            };
            state.objects.insert(reference.clone(), self.found(object, *earlier));
            desired.push(Desired {
                object,
                reference: reference.clone(),
                target,
            });
        }
        let mut all: Vec<ObjectDifference> = layers
            .iter()
            .flat_map(|(desired, state)| compare::compare(desired, state, options))
            .collect();
        let gone: Vec<&(ObjectReference, &Object)> = pairs
            .iter()
            .filter(|(current, _)| current.is_none())
            .filter_map(|(_, earlier)| *earlier)
            .collect();
        all.par_extend(
            gone.into_par_iter()
                .map(|(reference, object)| self.gone(reference, object, target)),
        );
        all
    }

    fn state(&self) -> State {
        State {
            side: Side::Base(self.name.to_owned()),
            objects: BTreeMap::new(),
            kinds: None,
            schemas: BTreeMap::new(),
            namespaces: None,
            surroundings: Surroundings::default(),
            server_version: None,
            taken: None,
            problems: Vec::new(),
        }
    }

    fn found(&self, now: &Object, then: Option<&(ObjectReference, &Object)>) -> Found {
        let Some((_, then)) = then else {
            return self.why_unknown(now).map_or(Found::Absent, Found::Failed);
        };
        match decode::to_json(then.root(), limits::RENDERED_DEPTH) {
            Some(json) => Found::Object(Arc::new(LiveObject {
                json,
                without_values: false,
            })),
            None => Found::Failed(format!(
                "at {} it is nested deeper than {} levels, and was not compared",
                self.name,
                limits::RENDERED_DEPTH
            )),
        }
    }

    /// Why it is not known whether the revision had an object, if it is not.
    fn why_unknown(&self, object: &Object) -> Option<String> {
        let file = object.file().path();
        let is_within = |path: &str| folder::ancestors(file).any(|above| above == path);
        if let Some(submodule) = self.submodules.iter().find(|submodule| is_within(submodule)) {
            return Some(format!(
                "it lies in the submodule `{submodule}`, of whose files the revision {} says nothing",
                self.name
            ));
        }
        unread_place(object, self.unread)
            .map(|unread| format!("at {} `{}` was not read: {}", self.name, unread.name, unread.why))
    }

    /// An object that the revision had, and Git has no longer, as far as Git was read.
    fn gone(&self, reference: &ObjectReference, object: &Object, target: &str) -> ObjectDifference {
        match unread_place(object, self.unread_now) {
            None => gone_object(reference, object, target),
            Some(unread) => {
                let reason = format!("`{}` was not read: {}", unread.name, unread.why);
                ObjectDifference::unknown(reference.clone(), target, NotKnown::Unread, reason)
            }
        }
    }
}

/// What was not read of the file or the kustomization that an object is of.
fn unread_place<'u>(object: &Object, unread: &'u [Unread]) -> Option<&'u Unread> {
    let file = object.file().path();
    let folder = match object.folder() {
        "" => ".",
        folder => folder,
    };
    unread
        .iter()
        .find(|unread| unread.name == file || unread.name == folder)
}

/// Brings the objects of now and of then together: the only ones of an identity wherever they are, and of several copies those of one
/// folder, of one file first.
fn pairs<'o>(now: &'o [(ObjectReference, &'o Object)], then: &'o [(ObjectReference, &'o Object)]) -> Vec<Pair<'o>> {
    // Versions of a group are views of one object.
    type Key<'k> = (&'k str, &'k str, Option<&'k str>, &'k str);
    fn key(reference: &ObjectReference) -> Key<'_> {
        (
            reference.group(),
            &reference.kind,
            reference.namespace.as_deref(),
            &reference.name,
        )
    }
    let mut of_then: BTreeMap<Key<'_>, Vec<usize>> = BTreeMap::new();
    for (at, (reference, _)) in then.iter().enumerate() {
        of_then.entry(key(reference)).or_default().push(at);
    }
    let mut of_now: BTreeMap<Key<'_>, Vec<usize>> = BTreeMap::new();
    for (at, (reference, _)) in now.iter().enumerate() {
        of_now.entry(key(reference)).or_default().push(at);
    }
    let mut partners: Vec<Option<usize>> = vec![None; now.len()];
    let mut free: BTreeSet<usize> = (0..then.len()).collect();
    for (key, currents) in of_now {
        let mut left = of_then.remove(&key).unwrap_or_default();
        let mut open = currents;
        let alike: [fn(&Object, &Object) -> bool; 2] = [
            |one, other| one.folder() == other.folder() && one.file().path() == other.file().path(),
            |one, other| one.folder() == other.folder(),
        ];
        for is_alike in alike {
            open.retain(|&current| {
                let Some((_, object)) = now.get(current) else {
                    return false;
                };
                let is_partner =
                    |earlier: &&usize| then.get(**earlier).is_some_and(|(_, other)| is_alike(object, other));
                let Some(position) = left.iter().position(|earlier| is_partner(&earlier)) else {
                    return true;
                };
                let earlier = left.remove(position);
                free.remove(&earlier);
                if let Some(partner) = partners.get_mut(current) {
                    *partner = Some(earlier);
                }
                false
            });
        }
        // One that was moved.
        if let ([current], [earlier]) = (open.as_slice(), left.as_slice())
            && let Some(partner) = partners.get_mut(*current)
        {
            free.remove(earlier);
            *partner = Some(*earlier);
        }
    }
    let current = now.iter().zip(&partners).map(|(object, partner)| {
        let earlier = partner.and_then(|at| then.get(at));
        (Some(object), earlier)
    });
    current.chain(free.into_iter().map(|at| (None, then.get(at)))).collect()
}

/// An object that the revision had, and Git has no longer.
fn gone_object(reference: &ObjectReference, object: &Object, target: &str) -> ObjectDifference {
    let json = decode::to_json(object.root(), limits::RENDERED_DEPTH);
    let forms: Vec<_> = json.iter().collect();
    let (before, _) = Redaction::of(&reference.kind, &forms).objects(json.as_ref(), None);
    let file = object.file();
    let line = file.position(place::first_line(object.root()).span.start).line;
    ObjectDifference {
        reason: Some(format!(
            "it stood at `{}:{line}`, and Git has it no longer",
            file.path()
        )),
        before,
        ..ObjectDifference::new(reference.clone(), target, Status::Prune)
    }
}
