//! Values that kustomize holds once, though they stand at several places of an object.
//!
//! A label that `commonLabels` or `labels` adds is one node under all the keys that it is put at (kustomize api v0.18.0
//! `filters/filtersutil/setters.go` `SetEntry`, kyaml v0.18.1 `yaml/fns.go` `FieldSetter`): who changes it at one of them later,
//! an overlay's `labels` or patch, changes it at all. So it is with annotations. A JSON patch writes the object anew, and ends it.

use std::collections::HashMap;

use super::problem::Problem;
use super::resource::Resource;
use super::value::{Data, Origin, Step, Value};

/// One such value.
#[derive(Debug, Clone)]
pub struct SharedValue {
    /// Where it came from when it was put at its places.
    first: Origin,
    /// What it is now.
    now: Value,
}

impl Resource {
    /// Remembers that this value was put at several places.
    pub(super) fn share(&mut self, value: &Value) {
        self.shared.push(SharedValue {
            first: value.origin.clone(),
            now: value.clone(),
        });
    }

    /// Whether values that this step put at several places are one.
    pub(super) fn shares(&self, step: Step) -> bool {
        self.shared.iter().any(|shared| shared.first.step == step)
    }

    /// To be called when values were changed in place: who shares them changes, too.
    ///
    /// # Errors
    /// When one and the same value was changed in two ways.
    pub fn settle_shared(&mut self) -> Result<(), Problem> {
        if self.shared.is_empty() {
            return Ok(());
        }
        let by_origin: HashMap<_, _> = (0..)
            .zip(&self.shared)
            .map(|(at, shared)| (key(&shared.first), at))
            .collect();
        let place = |value: &Value| -> Option<usize> {
            // Most values replace nothing, and few come from a kustomization.
            let first = value.origin.first();
            let at = *by_origin.get(&key(first))?;
            (*first == self.shared[at].first).then_some(at)
        };
        let mut changed: HashMap<usize, Value> = HashMap::new();
        let mut conflict = None;
        visit(&self.value, &mut |value| {
            let Some(at) = place(value) else { return };
            if value.origin == self.shared[at].now.origin {
                return;
            }
            match changed.get(&at) {
                None => {
                    changed.insert(at, value.clone());
                }
                Some(other) if other.equals(value) => {}
                Some(_) => conflict = Some(value.origin.clone()),
            }
        });
        if let Some(origin) = conflict {
            return Err(Problem::not_understood_at(
                &origin,
                "a label or annotation that kustomize holds once is changed in two ways",
            ));
        }
        if changed.is_empty() {
            return Ok(());
        }
        if let Some(value) = changed
            .values()
            .find(|value| matches!(value.data, Data::List(_) | Data::Map(_)))
        {
            return Err(Problem::not_understood_at(
                &value.origin,
                "a collection in place of a label or annotation",
            ));
        }
        let place: HashMap<_, _> = changed
            .iter()
            .map(|(at, value)| (self.shared[*at].first.clone(), value))
            .map(|(first, value)| (key(&first), (first, value)))
            .collect();
        visit_mut(&mut self.value, &mut |value| {
            let first = value.origin.first();
            if let Some((wanted, now)) = place.get(&key(first))
                && wanted == first
            {
                *value = (*now).clone();
            }
        });
        for (at, value) in changed {
            self.shared[at].now = value;
        }
        Ok(())
    }

    /// Notes that kustomize wrote the object as JSON and read it again: nothing is shared any more, and numbers are spelt anew.
    pub fn rewrite(&mut self) {
        self.shared.clear();
        self.is_rewritten = true;
    }
}

/// What finds a value among those that are shared.
fn key(origin: &Origin) -> (u32, u32, u32) {
    (origin.file.0, origin.span.start, origin.span.end)
}

fn visit(value: &Value, each: &mut impl FnMut(&Value)) {
    each(value);
    match &value.data {
        Data::List(items) => items.iter().for_each(|item| visit(item, each)),
        Data::Map(fields) => fields.iter().for_each(|field| visit(&field.value, each)),
        _ => {}
    }
}

fn visit_mut(value: &mut Value, each: &mut impl FnMut(&mut Value)) {
    each(value);
    match &mut value.data {
        Data::List(items) => items.iter_mut().for_each(|item| visit_mut(item, each)),
        Data::Map(fields) => fields.iter_mut().for_each(|field| visit_mut(&mut field.value, each)),
        _ => {}
    }
}
