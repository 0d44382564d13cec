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

    /// How many values are looked at to settle what is shared.
    pub(super) fn settling_cost(&self) -> usize {
        let mut count = 0;
        if !self.shared.is_empty() {
            visit(&self.value, &mut |_| count += 1);
        }
        count
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
            // Mappings that were made on the way to the value come from where it does.
            if matches!(value.data, Data::List(_) | Data::Map(_)) {
                return None;
            }
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
        visit_mut(&mut self.value, &mut |value| {
            if let Some(now) = place(value).and_then(|at| changed.get(&at)) {
                *value = now.clone();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::kustomize::resource::Resources;
    use crate::source::kustomize::testing::{Fixture, lines};
    use crate::source::kustomize::value::Step;

    /// An object with one label that is shared between two places, and one that is not.
    fn shared(fixture: &mut Fixture) -> Resources {
        let mut resources =
            fixture.objects("{kind: A, metadata: {name: a, labels: {}}, spec: {labels: {}, own: {l: one}}}");
        let resource = resources.get_mut(0).unwrap();
        let mut origin = resource.value.origin.clone();
        origin.step = Step::Labels;
        let value = Value::text("one", origin.clone());
        for parent in ["metadata", "spec"] {
            let labels = resource
                .value
                .get_mut(parent)
                .and_then(|parent| parent.get_mut("labels"))
                .unwrap();
            labels.set("l", &origin, value.clone());
        }
        resource.share(&value);
        resources
    }

    fn change(resources: &mut Resources, parent: &str, text: &str) {
        let resource = resources.get_mut(0).unwrap();
        let labels = resource
            .value
            .get_mut(parent)
            .and_then(|parent| parent.get_mut("labels"))
            .unwrap();
        let mut origin = labels.origin.clone();
        origin.step = Step::Patch;
        labels.set("l", &origin.clone(), Value::text(text, origin));
    }

    #[test]
    fn who_shares_a_changed_value_changes_too_until_the_object_is_rewritten() {
        let mut fixture = Fixture::new("{}");
        let mut resources = shared(&mut fixture);
        change(&mut resources, "spec", "two");
        resources.get_mut(0).unwrap().settle_shared().unwrap();
        change(&mut resources, "metadata", "three");
        resources.get_mut(0).unwrap().settle_shared().unwrap();
        assert_eq!(
            lines(&resources),
            [
                r#"{"kind":"A","metadata":{"name":"a","labels":{"l":"three"}},"spec":{"labels":{"l":"three"},"own":{"l":"one"}}}"#
            ]
        );
        resources.get_mut(0).unwrap().rewrite();
        change(&mut resources, "metadata", "four");
        resources.get_mut(0).unwrap().settle_shared().unwrap();
        assert!(lines(&resources)[0].contains(r#""spec":{"labels":{"l":"three"}"#));
    }

    #[test]
    fn one_value_changed_in_two_ways_is_not_understood() {
        let mut fixture = Fixture::new("{}");
        let mut resources = shared(&mut fixture);
        change(&mut resources, "spec", "two");
        change(&mut resources, "metadata", "three");
        assert!(resources.get_mut(0).unwrap().settle_shared().is_err());
    }
}
