//! A prediction held against what the server itself says: what it is asked, and where it disagrees.
//!
//! What was applied by the server is asked about as server-side apply, by the manager that the record of intent names. `kubectl apply` merges
//! by itself and sends what comes out as a patch (kubectl v0.36 `pkg/cmd/apply/patcher.go`); of an object that it has applied the merge is
//! made here in the same way, and the server is asked what it makes of a patch to that. What is not there yet is asked about as server-side
//! apply, which creates it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::bookkeeping;
use super::change::{ObjectDifference, Status};
use super::client_side;
use super::compare::{self, Desired};
use super::conversion;
use super::defaults;
use super::differences;
use super::intent::Intent;
use super::managed_fields::ManagedFields;
use super::options::Options;
use super::path::FieldPath;
use super::redacted::Shown;
use super::schema::shape::{Merging, Shape};
use super::schema::{Definitions, Schemas};
use super::secret::Redaction;
use crate::live::dry_run::{Proposal, ProposedChange, RefusedField, Verdict};
use crate::live::reference::ObjectReference;
use crate::live::state::{Found, LiveObject, State};
use crate::source::{decode, limits};

/// What kubectl calls itself when it applies by the server (kubectl v0.36 `pkg/cmd/apply/apply.go`).
const SERVER_SIDE_MANAGER: &str = "kubectl";

/// What it calls itself when it merges by itself.
const CLIENT_SIDE_MANAGER: &str = "kubectl-client-side-apply";

/// Why an object is not asked about, that nothing else is done with either.
const TOO_DEEP: &str = "it is nested too deep";

/// What the server says of one object.
#[derive(Debug, Clone, PartialEq)]
pub enum Verified {
    /// It takes it.
    Taken(Taken),
    /// It does not, though it was asked in order.
    Refused {
        /// In the words of the server.
        message: String,
        /// Field by field, as far as it says.
        causes: Vec<RefusedField>,
    },
    /// It was not asked, or cannot say, with why; no fault of the run.
    NotAsked(String),
    /// The question failed, with why: the run is unfinished then.
    Failed(String),
}

/// What an object becomes that the server takes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Taken {
    /// Where the prediction is another.
    pub disagreements: Vec<Disagreement>,
    /// Fields of other managers: without force the server refuses the object.
    pub conflicts: Vec<RefusedField>,
    /// What the server warns of.
    pub warnings: Vec<String>,
}

/// A field of which the server makes something else than was predicted.
#[derive(Debug, Clone, PartialEq)]
pub struct Disagreement {
    /// Which field.
    pub path: FieldPath,
    /// What was predicted; `None` if it should not be there.
    pub predicted: Option<Shown>,
    /// What the server makes of it; `None` if it is not there.
    pub server: Option<Shown>,
}

impl Verified {
    /// Whether the server says that applying the object does something else than was predicted, or does not work.
    #[must_use]
    pub fn is_finding(&self) -> bool {
        match self {
            Self::Taken(taken) => !taken.disagreements.is_empty() || !taken.conflicts.is_empty(),
            Self::Refused { .. } => true,
            Self::NotAsked(_) | Self::Failed(_) => false,
        }
    }
}

/// What the predictions for some objects are verified by.
pub struct Verification<'v> {
    desired: &'v [Desired<'v>],
    state: &'v State,
    options: &'v Options,
    /// Whether fields are taken from their other managers.
    force: bool,
    schemas: Schemas,
    serves_beta: bool,
}

/// What the server is asked, and the objects of which it is not, with why.
#[derive(Debug, Default)]
pub struct Questions {
    /// What to ask.
    pub proposals: BTreeMap<ObjectReference, Proposal>,
    /// What not.
    pub not_asked: BTreeMap<ObjectReference, Verified>,
}

impl<'v> Verification<'v> {
    /// For the objects that were compared with a cluster, by the same options. With `force` fields are taken from other managers.
    #[must_use]
    pub fn of(desired: &'v [Desired<'v>], state: &'v State, options: &'v Options, force: bool) -> Self {
        let definitions = Definitions::of(desired.iter().map(|wanted| wanted.object));
        let references = desired.iter().map(|wanted| &wanted.reference);
        Self {
            schemas: Schemas::of(references, &state.schemas, &definitions),
            serves_beta: state.kinds.iter().flatten().any(|kind| {
                kind.kind == crate::model::sidecar_set::KIND && kind.api_version == "apps.kruise.io/v1beta1"
            }),
            desired,
            state,
            options,
            force,
        }
    }

    /// What to ask the server of the objects whose prediction is known.
    #[must_use]
    pub fn questions(&self, predictions: &[ObjectDifference]) -> Questions {
        let predicted = by_reference(predictions);
        let mut questions = Questions::default();
        for wanted in self.desired {
            let reference = &wanted.reference;
            let is_known = predicted
                .get(reference)
                .is_some_and(|prediction| !prediction.status.is_unknown());
            let asked = match self.state.objects.get(reference) {
                _ if !is_known => Err("what would change is not known"),
                Some(Found::Object(live)) => self.proposal(wanted, Some(live)),
                Some(Found::Absent) => self.proposal(wanted, None),
                Some(Found::NamespaceAbsent) => {
                    Err("its namespace is not there yet, and without it the server cannot say")
                }
                _ => Err("the server does not serve the kind yet"),
            };
            match asked {
                Ok(proposal) => {
                    questions.proposals.insert(reference.clone(), proposal);
                }
                Err(why) => {
                    let why = Verified::NotAsked(why.to_owned());
                    questions.not_asked.insert(reference.clone(), why);
                }
            }
        }
        questions
    }

    fn proposal(&self, wanted: &Desired<'_>, live: Option<&LiveObject>) -> Result<Proposal, &'static str> {
        let manifest = decode::to_json(wanted.object.root(), limits::RENDERED_DEPTH).ok_or(TOO_DEEP)?;
        let mut managers = self.options.managers.clone();
        if let Some(live) = live {
            let reference = &wanted.reference;
            let shape = self.shape(reference);
            let mut goal = compare::desired_json(wanted).ok_or(TOO_DEEP)?;
            let mut before = live.json.clone();
            bookkeeping::strip(&mut before);
            conversion::convert(&mut goal, &before, reference, self.serves_beta);
            let before = bookkeeping::without_identity(&before);
            let goal = bookkeeping::without_identity(&goal);
            let managed = ManagedFields::of(&live.json);
            let mut intent = Intent::of(&live.json, &managed, &goal, shape, self.options);
            if intent.merging == Merging::ClientSide {
                intent.convert_records(&before, reference, self.serves_beta, shape);
                let mut after = client_side::merge(&before, &goal, intent.last.as_ref(), shape);
                // Its own book is a part of what is sent, and of what may be too long.
                write_down(&mut after, &manifest);
                let patch = merge_patch(&before, &after).unwrap_or_else(|| Value::Object(Map::new()));
                return Ok(Proposal {
                    change: ProposedChange::Merge(patch),
                    field_manager: CLIENT_SIDE_MANAGER.to_owned(),
                });
            }
            managers.splice(0..0, intent.ours);
        }
        Ok(Proposal {
            change: ProposedChange::Apply {
                manifest,
                force: self.force,
            },
            field_manager: managers
                .into_iter()
                .next()
                .unwrap_or_else(|| SERVER_SIDE_MANAGER.to_owned()),
        })
    }

    /// What the answers come to.
    #[must_use]
    pub fn judge(
        &self,
        predictions: &[ObjectDifference],
        verdicts: BTreeMap<ObjectReference, Verdict>,
    ) -> BTreeMap<ObjectReference, Verified> {
        let predicted = by_reference(predictions);
        let judged = verdicts.into_iter().map(|(reference, verdict)| {
            let verified = match verdict {
                Verdict::Taken {
                    object,
                    warnings,
                    conflicts,
                } => Verified::Taken(Taken {
                    disagreements: predicted
                        .get(&reference)
                        .map_or_else(Vec::new, |prediction| self.disagreements(prediction, &object)),
                    conflicts,
                    warnings,
                }),
                Verdict::Refused { message, causes } => Verified::Refused { message, causes },
                Verdict::NamespaceAbsent => Verified::NotAsked("its namespace is not there".to_owned()),
                Verdict::UnknownKind => Verified::NotAsked("the server does not serve the kind".to_owned()),
                Verdict::Forbidden(why) | Verdict::Failed(why) => Verified::Failed(why),
            };
            (reference, verified)
        });
        judged.collect()
    }

    fn disagreements(&self, prediction: &ObjectDifference, answer: &Value) -> Vec<Disagreement> {
        let reference = &prediction.object;
        let Some(after) = &prediction.after else {
            return Vec::new();
        };
        let shape = self.shape(reference);
        let redaction = self.redaction(reference, answer);
        let full = |object: &Value| {
            let mut object = object.clone();
            if reference.kind == "Secret" {
                keep_keys(&mut object);
            }
            let mut object = bookkeeping::without_identity(&object);
            defaults::apply(&mut object, shape);
            object
        };
        // The prediction is masked, so what it is held against is, too: by all values that either may repeat.
        let Some(answer) = redaction.objects(Some(answer), None).0 else {
            return Vec::new();
        };
        let (predicted, server) = (full(after.json()), full(answer.json()));
        let found = differences::differences(&predicted, &server, &predicted, shape);
        found
            .into_iter()
            // Of what is made anew the server sets much that nobody can foresee: addresses, ports, finalizers.
            .filter(|difference| prediction.status != Status::Create || difference.from.is_some())
            .map(|difference| {
                let shown = |value: &Value| redaction.shown(&difference.path, value);
                Disagreement {
                    predicted: difference.from.as_ref().map(shown),
                    server: difference.to.as_ref().map(shown),
                    path: difference.path.clone(),
                }
            })
            .collect()
    }

    /// What hides the values of a Secret: those that it has, gets by Git, and has in the answer.
    fn redaction(&self, reference: &ObjectReference, answer: &Value) -> Redaction {
        let is_secret = reference.kind == "Secret";
        let wanted = self.desired.iter().filter(|_| is_secret);
        let wanted = wanted.filter(|wanted| wanted.reference == *reference);
        let desired: Vec<Value> = wanted.filter_map(compare::desired_json).collect();
        let live = match self.state.objects.get(reference) {
            Some(Found::Object(live)) => Some(&live.json),
            _ => None,
        };
        let forms: Vec<&Value> = desired.iter().chain(live).chain([answer]).collect();
        Redaction::of(&reference.kind, &forms)
    }

    fn shape(&self, reference: &ObjectReference) -> Option<Shape<'_>> {
        self.schemas.kind(reference)?.types.as_ref()?.root()
    }
}

fn by_reference(predictions: &[ObjectDifference]) -> BTreeMap<&ObjectReference, &ObjectDifference> {
    let is_git = |prediction: &&ObjectDifference| prediction.status != Status::Prune;
    predictions
        .iter()
        .filter(is_git)
        .map(|prediction| (&prediction.object, prediction))
        .collect()
}

/// What turns one object into another (RFC 7386); `None` if they are the same. Both are nested no deeper than `limits::RENDERED_DEPTH`.
fn merge_patch(from: &Value, to: &Value) -> Option<Value> {
    let (Value::Object(before), Value::Object(after)) = (from, to) else {
        return (from != to).then(|| to.clone());
    };
    let mut patch = Map::new();
    for key in before.keys().filter(|key| !after.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    for (key, value) in after {
        let changed = match before.get(key) {
            Some(earlier) => merge_patch(earlier, value),
            None => Some(value.clone()),
        };
        if let Some(changed) = changed {
            patch.insert(key.clone(), changed);
        }
    }
    (!patch.is_empty()).then_some(Value::Object(patch))
}

/// Puts the manifest into an object, as `kubectl apply` writes it down.
fn write_down(object: &mut Value, manifest: &Value) {
    let mut manifest = manifest.clone();
    let annotations = manifest
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut);
    if let Some(annotations) = annotations {
        annotations.shift_remove(bookkeeping::LAST_APPLIED);
    }
    let annotations = map_in(object, "metadata").and_then(|metadata| map_in(metadata, "annotations"));
    if let Some(annotations) = annotations.and_then(Value::as_object_mut) {
        annotations.insert(bookkeeping::LAST_APPLIED.to_owned(), manifest.to_string().into());
    }
}

/// A map in an object, made if it is not there.
fn map_in<'o>(object: &'o mut Value, key: &str) -> Option<&'o mut Value> {
    let field = object.as_object_mut()?.entry(key).or_insert(Value::Null);
    if field.is_null() {
        *field = Value::Object(Map::new());
    }
    Some(field)
}

/// Of a Secret only which keys it has.
fn keep_keys(secret: &mut Value) {
    let data = secret.get_mut("data").and_then(Value::as_object_mut);
    for value in data.into_iter().flat_map(Map::values_mut) {
        *value = Value::from("");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_holds_what_differs_and_nothing_else() {
        let from = json!({"a": 1, "b": {"c": [1], "d": "x"}, "gone": {"e": 1}});
        let to = json!({"a": 1, "b": {"c": [1, 2], "d": "x"}, "new": {"f": 1}});
        assert_eq!(
            merge_patch(&from, &to),
            Some(json!({"b": {"c": [1, 2]}, "gone": null, "new": {"f": 1}}))
        );
        assert_eq!(merge_patch(&from, &from), None);
    }

    #[test]
    fn annotations_that_go_are_named_beside_the_one_that_is_written() {
        let before = json!({"metadata": {"annotations": {"gone": "1"}}});
        let mut after = json!({"metadata": {}});
        let manifest = json!({"metadata": {"annotations": {bookkeeping::LAST_APPLIED: "of before"}}});
        write_down(&mut after, &manifest);
        let written = r#"{"metadata":{"annotations":{}}}"#;
        assert_eq!(
            merge_patch(&before, &after),
            Some(json!({"metadata": {"annotations": {"gone": null, bookkeeping::LAST_APPLIED: written}}}))
        );
    }
}
