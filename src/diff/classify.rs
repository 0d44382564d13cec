//! Whose doing a change is: Git's, the other side's, or both.

use serde_json::Value;

use super::canonical;
use super::change::{Actor, Class};
use super::differences::Difference;
use super::find;
use super::intent::Intent;
use super::managed_fields::ManagedFields;
use super::path::PathElement;
use super::schema::shape::{Merging, Shape};

/// What a change is judged by.
pub(crate) struct Evidence<'e> {
    pub(crate) intent: &'e Intent,
    /// What was applied before, with the defaults that the server gave it.
    pub(crate) base_with_defaults: Option<Value>,
    pub(crate) managed: &'e ManagedFields,
    pub(crate) desired: &'e Value,
    pub(crate) live: &'e Value,
    pub(crate) shape: Option<Shape<'e>>,
}

/// The class of each difference, with who wrote the other side's value last.
pub(crate) fn classify(differences: &[Difference], evidence: &Evidence<'_>) -> Vec<(Class, Option<Actor>)> {
    let judged: Vec<(Option<Class>, Option<Actor>)> = differences
        .iter()
        .map(|difference| {
            let author = evidence.managed.author(&difference.path.0);
            (
                evidence.class(&difference.path.0),
                author.map(|entry| entry.actor.clone()),
            )
        })
        .collect();
    // What neither the desired object nor the one applied before has follows from what they do have.
    let is_by_git = judged
        .iter()
        .any(|(class, _)| matches!(class, Some(Class::Intent | Class::Both)));
    let consequence = if is_by_git { Class::Intent } else { Class::Drift };
    judged
        .into_iter()
        .map(|(class, actor)| (class.unwrap_or(consequence), actor))
        .collect()
}

impl Evidence<'_> {
    /// `None` of a field that is only a consequence of others.
    fn class(&self, path: &[PathElement]) -> Option<Class> {
        let wanted = find::value(self.desired, path, self.shape);
        if self.intent.merging == Merging::ServerSide && wanted.is_some() && self.is_applied_by_others(path) {
            return Some(Class::Conflict);
        }
        match (&self.intent.base, &self.intent.last) {
            (Some(base), _) => self.class_by_values(path, base, wanted),
            (None, Some(_)) => self.class_by_owners(path, wanted.is_some()),
            (None, None) => Some(Class::Unknown),
        }
    }

    fn class_by_values(&self, path: &[PathElement], base: &Value, wanted: Option<&Value>) -> Option<Class> {
        let base = find::value(base, path, self.shape);
        let base_with_defaults = (self.base_with_defaults.as_ref())
            .filter(|_| base.is_some())
            .and_then(|base| find::value(base, path, self.shape));
        let live = find::value(self.live, path, self.shape);
        if base.is_none() && wanted.is_none() {
            return None;
        }
        let shape = find::shapes(path, self.shape).get(path.len()).copied();
        let same = |left: Option<&Value>, right: Option<&Value>| match (left, right) {
            (None, None) => true,
            (Some(value), None) | (None, Some(value)) => canonical::is_nothing(value, shape),
            (Some(left), Some(right)) => canonical::same(left, right, shape),
        };
        let is_untouched = same(base, live) || (base_with_defaults.is_some() && same(base_with_defaults, live));
        Some(match (same(base, wanted), is_untouched) {
            (true | false, true) => Class::Intent,
            (true, false) => Class::Drift,
            // A value that nobody applied: the server's default, unless somebody else is known to have written it.
            (false, false) if base.is_none() && !self.is_written_by_others(path) => Class::Intent,
            (false, false) => Class::Both,
        })
    }

    fn class_by_owners(&self, path: &[PathElement], is_wanted: bool) -> Option<Class> {
        let last = self.intent.last.as_ref()?;
        if last.touches(path) {
            return Some(Class::Intent);
        }
        if !is_wanted {
            return None;
        }
        let author = self
            .managed
            .author(path)
            .filter(|entry| !self.is_ours(&entry.actor.manager));
        let is_later = author.is_some_and(|entry| entry.actor.time >= self.intent.time);
        Some(if is_later { Class::Drift } else { Class::Intent })
    }

    fn is_ours(&self, manager: &String) -> bool {
        self.intent.ours.contains(manager)
    }

    fn is_written_by_others(&self, path: &[PathElement]) -> bool {
        let author = self.managed.author(path);
        author.is_some_and(|entry| !self.is_ours(&entry.actor.manager))
    }

    fn is_applied_by_others(&self, path: &[PathElement]) -> bool {
        self.managed
            .appliers()
            .any(|entry| !self.is_ours(&entry.actor.manager) && entry.fields.touches(path))
    }
}
