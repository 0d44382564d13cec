//! Findings on objects that a kustomization makes: who else had a hand in it, and one finding for what all overlays of a base share.

use std::collections::{HashMap, HashSet};

use super::finding::{Finding, Place};
use crate::model::object::{Namespace, Object};
use crate::source::decode::{Entry, Node};
use crate::source::kustomize::value::Step;

/// Adds to a finding on a rendered object what else a person must know to find the line to edit.
#[must_use]
pub(super) fn tell(mut finding: Finding, object: &Object, node: Option<Node<'_>>) -> Finding {
    let Some(rendered) = object.rendered() else {
        return finding;
    };
    finding.rendered_in.push(rendered.root.clone());
    let changed = node.and_then(|node| rendered.object.document.changed.get(&node.id()));
    for (at, changed) in changed.into_iter().flatten().enumerate() {
        if let Some(put_at) = &changed.put_at {
            finding = add(finding, put_at.clone(), puts_there(changed.step, IT));
        }
        // The place itself, or that of the value where it is the key that is marked.
        if at == 0 && changed.place.file.path() == finding.primary.place.file.path() {
            continue;
        }
        let text = match changed.step {
            Step::Resource => "and this is what it replaces".to_owned(),
            step => puts_there(step, IT),
        };
        finding = add(finding, changed.place.clone(), text);
    }
    with_namespace(finding, object)
}

/// What a message calls that which is marked.
pub(super) const IT: &str = "it";

fn puts_there(step: Step, what: &str) -> String {
    format!("`{}` puts {what} there", step.field().unwrap_or_default())
}

/// Adds what puts a part of an object there, or the parts of that.
#[must_use]
pub(super) fn tell_of_part(mut finding: Finding, object: &Object, node: Node<'_>, what: &str) -> Finding {
    const TOLD: usize = 3;
    const LOOKED_AT: usize = 100;
    let Some(rendered) = object.rendered() else {
        return finding;
    };
    let mut pending = vec![node];
    let mut told = 0;
    for _ in 0..LOOKED_AT {
        let Some(node) = pending.pop().filter(|_| told < TOLD) else {
            break;
        };
        let last = rendered
            .object
            .document
            .changed
            .get(&node.id())
            .and_then(|changed| changed.first());
        if let Some(changed) = last.filter(|changed| changed.step != Step::Resource) {
            let place = changed.put_at.as_ref().unwrap_or(&changed.place);
            finding = add(finding, place.clone(), puts_there(changed.step, what));
            told += 1;
        } else {
            pending.extend(node.items().rev());
            pending.extend(node.entries().rev().map(Entry::value));
        }
    }
    finding
}

/// Adds where a kustomization says in which namespace an object is, unless whoever delivers it has the last word.
#[must_use]
pub(super) fn with_namespace(finding: Finding, object: &Object) -> Finding {
    let place = object
        .rendered()
        .and_then(|rendered| rendered.object.namespace_set_at.last());
    match (&object.identity.namespace, place) {
        (Namespace::Given(namespace), Some(place)) if object.namespace_said.is_none() => add(
            finding,
            place.clone(),
            format!("this puts it in the namespace `{namespace}`"),
        ),
        _ => finding,
    }
}

fn add(finding: Finding, place: Place, text: String) -> Finding {
    let is_known =
        is_same(&finding.primary.place, &place) || finding.related.iter().any(|label| is_same(&label.place, &place));
    if is_known {
        return finding;
    }
    finding.with_related(place, text)
}

fn is_same(one: &Place, other: &Place) -> bool {
    one.span == other.span && one.file.path() == other.file.path()
}

/// Makes one of the findings that several kustomizations have at one place. `findings` are sorted by place.
#[must_use]
pub(super) fn merge_copies(findings: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::with_capacity(findings.len());
    let mut first_at: HashMap<_, (usize, HashSet<_>)> = HashMap::new();
    for finding in findings {
        if finding.rendered_in.is_empty() {
            merged.push(finding);
            continue;
        }
        let place = &finding.primary.place;
        let key = (
            finding.policy.clone(),
            finding.severity,
            place.file.path().to_owned(),
            place.span,
            finding.path.clone(),
            // What one overlay hides another may show.
            finding.is_suppressed(),
        );
        match first_at.get_mut(&key) {
            // A second finding of one kustomization at this place is another one.
            Some((_, roots)) if finding.rendered_in.iter().all(|root| roots.contains(root)) => merged.push(finding),
            Some((at, roots)) => {
                roots.extend(finding.rendered_in.iter().cloned());
                merged[*at].rendered_in.extend(finding.rendered_in);
            }
            None => {
                first_at.insert(key, (merged.len(), finding.rendered_in.iter().cloned().collect()));
                merged.push(finding);
            }
        }
    }
    for finding in &mut merged {
        finding.rendered_in.sort();
        finding.rendered_in.dedup();
    }
    merged
}
