//! What applying an object makes of the one that is there.

use serde_json::Value;

use super::{Context, Desired};
use crate::diff::change::Note;
use crate::diff::client_side;
use crate::diff::differences;
use crate::diff::field_set::FieldSet;
use crate::diff::intent::Intent;
use crate::diff::managed_fields::ManagedFields;
use crate::diff::merge;
use crate::diff::prune::{self, Claims};
use crate::diff::schema::shape::{Merging, Shape};
use crate::live::state::LiveObject;

/// What applying makes of an object.
pub(super) struct Prediction {
    pub(super) intent: Intent,
    pub(super) after: Value,
    pub(super) notes: Vec<Note>,
}

impl Prediction {
    /// A revision is replaced by the next one: what is gone is gone.
    pub(super) fn of_revision(goal: &Value) -> Self {
        Self {
            intent: Intent {
                merging: Merging::ServerSide,
                last: None,
                base: None,
                ours: Vec::new(),
                time: None,
                stuck: None,
            },
            after: goal.clone(),
            notes: Vec::new(),
        }
    }
}

impl Context<'_> {
    /// What applying the object makes of the other side's.
    pub(super) fn predict(
        &self,
        wanted: &Desired<'_>,
        live: &LiveObject,
        managed: &ManagedFields,
        before: &Value,
        goal: &Value,
        shape: Option<Shape<'_>>,
    ) -> Prediction {
        let mut intent = Intent::of(&live.json, managed, goal, shape, self.options);
        intent.convert_records(before, &wanted.reference, self.serves_beta, shape);
        let (after, notes) = match intent.merging {
            Merging::ClientSide => {
                let after = client_side::merge(before, goal, intent.last.as_ref(), shape);
                (after, Vec::new())
            }
            Merging::ServerSide => merged_by_server(before, goal, &intent, managed, shape),
        };
        Prediction { intent, after, notes }
    }
}

/// What server-side apply makes of an object, and what is to be told of it.
fn merged_by_server(
    before: &Value,
    goal: &Value,
    intent: &Intent,
    managed: &ManagedFields,
    shape: Option<Shape<'_>>,
) -> (Value, Vec<Note>) {
    let now = FieldSet::of(goal, shape);
    let others: Vec<(String, FieldSet)> = managed
        .0
        .iter()
        .filter(|entry| !(entry.is_apply && intent.ours.contains(&entry.actor.manager)))
        .map(|entry| (entry.actor.manager.clone(), entry.fields.clone()))
        .collect();
    let mut after = merge::merge(before, goal, shape, Merging::ServerSide);
    let mut notes = Vec::new();
    if let Some(last) = &intent.last {
        let claims = Claims {
            last,
            now: &now,
            others: &others,
        };
        notes = kept_notes(prune::prune(&mut after, &claims, shape, Merging::ServerSide).kept);
    }
    if let Some(stuck) = &intent.stuck {
        notes.extend(stuck_notes(stuck, &after, &now, shape));
    }
    (after, notes)
}

/// What Git has no longer, and stays since others own it.
fn kept_notes(kept: Vec<prune::Kept>) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for kept in kept {
        let is_told = notes
            .iter()
            .filter_map(|note| note.path.as_ref())
            .any(|above| kept.path.0.starts_with(&above.0));
        if !is_told {
            notes.push(Note {
                message: format!(
                    "Git has it no longer, and it stays: still owned by {}",
                    kept.owners.join(", ")
                ),
                path: Some(kept.path),
                warns: false,
            });
        }
    }
    notes
}

/// Fields that were applied by `kubectl apply` once, and that server-side apply does not know of.
fn stuck_notes(stuck: &Value, after: &Value, now: &FieldSet, shape: Option<Shape<'_>>) -> Vec<Note> {
    let last = FieldSet::of(stuck, shape);
    let claims = Claims {
        last: &last,
        now,
        others: &[],
    };
    let mut without = after.clone();
    prune::prune(&mut without, &claims, shape, Merging::ServerSide);
    differences::differences(after, &without, &without, shape)
        .into_iter()
        .map(|difference| Note {
            message: "Git has it no longer, and it stays: it was applied by `kubectl apply`, of which server-side apply knows nothing. Remove it once by hand, \
                      or migrate the object's managed fields"
                .to_owned(),
            path: Some(difference.path),
            warns: true,
        })
        .collect()
}
