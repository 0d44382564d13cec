//! What applying an object makes of the one that is there.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value;

use super::{Context, Desired};
use crate::diff::bookkeeping;
use crate::diff::change::Note;
use crate::diff::conversion;
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
        for record in [&mut intent.base, &mut intent.stuck].into_iter().flatten() {
            conversion::convert(record, before, &wanted.reference, self.serves_beta);
        }
        if intent.merging == Merging::ClientSide
            && let Some(base) = &intent.base
        {
            intent.last = Some(FieldSet::all_of(base, shape, Merging::ClientSide));
        }
        // Only now: a patch that takes a text out of `stringData` leaves it in `data`, where nobody applied it.
        if wanted.reference.kind == "Secret" {
            for record in [&mut intent.base, &mut intent.stuck].into_iter().flatten() {
                bookkeeping::fold_string_data(record);
            }
        }
        let merging = intent.merging;
        let mut goal = Cow::Borrowed(goal);
        if merging == Merging::ClientSide {
            bookkeeping::ensure_annotations(goal.to_mut());
        }
        let goal = goal.as_ref();
        let now = match merging {
            Merging::ClientSide => FieldSet::all_of(goal, shape, merging),
            Merging::ServerSide => FieldSet::of(goal, shape),
        };
        let others: Vec<(String, FieldSet)> = match merging {
            Merging::ClientSide => Vec::new(),
            Merging::ServerSide => managed
                .0
                .iter()
                .filter(|entry| !(entry.is_apply && intent.ours.contains(&entry.actor.manager)))
                .map(|entry| (entry.actor.manager.clone(), entry.fields.clone()))
                .collect(),
        };
        let mut notes = Vec::new();
        let mut prune = |object: &mut Value| {
            let Some(last) = &intent.last else {
                return HashMap::new();
            };
            let claims = Claims {
                last,
                now: &now,
                others: &others,
            };
            let pruned = prune::prune(object, &claims, shape, merging);
            notes = kept_notes(pruned.kept);
            pruned.items
        };
        let after = match merging {
            // What a patch takes away has no part in the order of what it leaves.
            Merging::ClientSide => {
                let mut left = before.clone();
                let taken = prune(&mut left);
                merge::merge_pruned(&left, goal, shape, merging, &taken)
            }
            Merging::ServerSide => {
                let mut merged = merge::merge(before, goal, shape, merging);
                prune(&mut merged);
                merged
            }
        };
        if let Some(stuck) = &intent.stuck {
            notes.extend(stuck_notes(stuck, &after, &now, shape));
        }
        Prediction { intent, after, notes }
    }
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
