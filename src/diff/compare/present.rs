//! An object that both sides have.

use serde_json::Value;

use super::predict::Prediction;
use super::{Context, Desired, desired_json, empty, fault_notes, note, unknown};
use crate::diff::bookkeeping;
use crate::diff::builtin_rules;
use crate::diff::change::{Change, Class, Confidence, Effect, Note, ObjectDifference, Status};
use crate::diff::classify::{self, Evidence};
use crate::diff::confidence::Certainty;
use crate::diff::conversion;
use crate::diff::defaults;
use crate::diff::depth;
use crate::diff::desired::{self, Faults};
use crate::diff::differences::{self, Difference};
use crate::diff::effect::{self, Outcome, Subject};
use crate::diff::find;
use crate::diff::ignore;
use crate::diff::imposed;
use crate::diff::intent::Intent;
use crate::diff::loss::Losses;
use crate::diff::managed_fields::ManagedFields;
use crate::diff::path::{FieldPath, PathElement};
use crate::diff::place;
use crate::diff::redacted::Shown;
use crate::diff::remark;
use crate::diff::schema::KindSchemas;
use crate::diff::schema::shape::{Merging, Shape};
use crate::diff::secret::Redaction;
use crate::diff::settle;
use crate::diff::unmanaged;
use crate::diff::without_values::forget_values;
use crate::live::reference::ObjectReference;
use crate::live::state::LiveObject;
use crate::model::sidecar_set;
use crate::source::limits;

/// Both forms of one object.
struct Forms {
    /// The desired one, without what cannot be applied, in the version in which the server keeps it.
    object: Value,
    other: Value,
    /// Both as they were written, other one first, if that is what people compare.
    written: Option<(Value, Value)>,
    faults: Faults,
    redaction: Redaction,
    notes: Vec<Note>,
}

impl Context<'_> {
    /// An object that both sides have.
    pub(super) fn present(&self, wanted: &Desired<'_>, live: &LiveObject) -> ObjectDifference {
        let reference = &wanted.reference;
        let (schemas, shape, served) = self.schemas(reference);
        let forms = match self.forms(wanted, live, shape, served) {
            Ok(forms) => forms,
            Err(why) => return unknown(wanted, why),
        };
        let Forms {
            object,
            other,
            written,
            faults,
            redaction,
            mut notes,
        } = forms;
        let managed = ManagedFields::of(&live.json);
        let before = bookkeeping::without_identity(&other);
        let goal = bookkeeping::without_identity(&object);
        let prediction = if self.is_revision() {
            Prediction::of_revision(&goal)
        } else {
            self.predict(wanted, live, &managed, &before, &goal, shape)
        };
        notes.extend(fault_notes(&faults, prediction.intent.merging));
        notes.extend(prediction.notes);
        let (mut before_full, mut after_full) = (before.clone(), prediction.after.clone());
        defaults::apply(&mut before_full, shape);
        defaults::apply(&mut after_full, shape);
        let mut drawn = Vec::new();
        if !self.is_revision() {
            imposed::apply(&before_full, &mut after_full, reference);
            drawn = imposed::drawn(&after_full, reference);
        }
        let is_drawn = !drawn.is_empty();
        notes.extend(drawn.into_iter().map(|path| Note {
            message: "the server chooses it when the object is applied".to_owned(),
            path: Some(path),
            warns: false,
        }));
        let mut found = if self.is_revision() {
            // Neither side was ever defaulted: what Git no longer has goes, and a default that is written out is a change of the text.
            differences::differences(&before, &prediction.after, &goal, shape)
        } else {
            differences::differences(&before_full, &after_full, &goal, shape)
        };
        let is_refused = |path: &FieldPath| faults.refused.iter().any(|(refused, _)| path.0.starts_with(&refused.0));
        found.retain(|difference| !is_refused(&difference.path));
        if !self.is_revision() {
            notes.extend(builtin_rules::apply(&mut found, reference, &goal));
            notes.extend(self.leave_replicas(&mut found, reference));
        }
        let evidence = Evidence {
            intent: &prediction.intent,
            base_with_defaults: prediction.intent.base.clone().map(|mut base| {
                defaults::apply(&mut base, shape);
                base
            }),
            managed: &managed,
            desired: &goal,
            live: &before,
            shape,
        };
        let subject = Subject {
            reference,
            before: &before_full,
            after: &after_full,
            status: live.json.get("status"),
            shape,
            merging: (!self.is_revision()).then_some(prediction.intent.merging),
        };
        let mut certainty = self.certainty(reference, schemas, &prediction.intent, &found);
        if !faults.lost.is_empty() && reference.group() == sidecar_set::KRUISE_GROUP {
            // kruise v1.8.3 `pkg/webhook/sidecarset/mutating/sidecarset_create_update_handler.go`
            certainty.fall(
                Confidence::High,
                "Kruise's webhook drops fields that it does not know only when it writes something else of the object",
            );
        }
        if is_drawn {
            certainty.fall(Confidence::High, "the server chooses ports or addresses of its own");
        }
        let mut changes = self.changes(wanted, &found, &evidence, &subject, &faults);
        let losses = Losses {
            root: wanted.object.root(),
            after: &after_full,
            shape,
            redaction: redaction.clone(),
        };
        changes.extend(
            faults
                .lost
                .iter()
                .map(|(path, value)| losses.change(path.clone(), value)),
        );
        let ignored = ignore::ignore(&mut changes, reference, &self.options.ignore);
        if self.options.show_unmanaged && !self.is_revision() {
            let mut defaulted = goal.clone();
            defaults::apply(&mut defaulted, shape);
            notes.extend(unmanaged::notes(&prediction.after, &defaulted, &managed, shape));
        }
        let deleted = live.json.pointer("/metadata/deletionTimestamp").and_then(Value::as_str);
        let (status, reason) = match deleted {
            Some(since) => (Status::Terminating, Some(format!("it is being deleted since {since}"))),
            None if changes.is_empty() => (Status::Same, None),
            None => (Status::Change, None),
        };
        if !faults.doubled.is_empty() {
            certainty.fall(Confidence::Low, "the object in Git has items with the same keys");
        }
        settle::settle(Some(&before), &mut after_full, shape);
        // Between revisions it is the text that people compare.
        let (before_shown, after_shown) = written.unwrap_or_else(|| {
            let after = with_identity(&other, &object, &after_full);
            (other, after)
        });
        let (before, after) = redaction.objects(Some(&before_shown), Some(&after_shown));
        ObjectDifference {
            reason,
            confidence: certainty.confidence,
            confidence_reasons: certainty.reasons,
            changes,
            notes,
            ignored,
            before,
            after,
            ..empty(wanted, status)
        }
    }

    /// Both forms of an object, as they can be held against each other; otherwise why they cannot.
    fn forms(
        &self,
        wanted: &Desired<'_>,
        live: &LiveObject,
        shape: Option<Shape<'_>>,
        served: Option<Shape<'_>>,
    ) -> Result<Forms, String> {
        let reference = &wanted.reference;
        let mut object = desired_json(wanted).ok_or_else(|| depth::too_deep("the object in Git"))?;
        if depth::is_deeper(&live.json, limits::RENDERED_DEPTH) {
            return Err(depth::too_deep("the object of the other side"));
        }
        let mut other = live.json.clone();
        if reference.kind == "Secret" {
            bookkeeping::fold_string_data(&mut other);
        }
        bookkeeping::strip(&mut other);
        let redaction = Redaction::of(&reference.kind, &[&object, &other]);
        let mut notes = Vec::new();
        if live.without_values {
            forget_values(&mut object, &mut other);
            notes.push(note(
                "the snapshot has the keys of this object only: whether their values differ is not known",
            ));
        }
        let written = self.is_revision().then(|| (other.clone(), object.clone()));
        let kept = (!self.is_revision()).then_some(&other);
        let newer = self.take_newer(&mut object, reference);
        let mut faults = desired::check(&mut object, kept, shape, served);
        faults.lost.extend(newer);
        if self.is_revision() {
            faults.leave_out(&desired::check(&mut other, None, shape, served));
        } else {
            notes.extend(conversion::convert(&mut object, &other, reference, self.serves_beta));
        }
        Ok(Forms {
            object,
            other,
            written,
            faults,
            redaction,
            notes,
        })
    }

    /// Takes a change of `spec.replicas` away where an autoscaler sets it.
    fn leave_replicas(&self, found: &mut Vec<Difference>, reference: &ObjectReference) -> Option<Note> {
        let scaling = self.autoscalers.scaling(reference)?;
        let is_replicas = |difference: &Difference| find::fields(&difference.path.0) == ["spec", "replicas"];
        let at = found.iter().position(is_replicas)?;
        let difference = found.remove(at);
        let value = |value: &Option<Value>| value.as_ref().map_or_else(|| "none".to_owned(), Value::to_string);
        Some(Note {
            message: format!(
                "Git says `replicas: {}`, {scaling} has set {}: each time Git is applied, the number jumps. Leave `spec.replicas` out of Git",
                value(&difference.to),
                value(&difference.from)
            ),
            path: Some(difference.path),
            warns: true,
        })
    }

    fn certainty(
        &self,
        reference: &ObjectReference,
        schemas: Option<&KindSchemas>,
        intent: &Intent,
        found: &[Difference],
    ) -> Certainty {
        let mut certainty = Certainty::exact();
        let types = schemas.and_then(|schemas| schemas.types.as_ref());
        if found.iter().any(|difference| difference.is_by_position) {
            certainty.fall(Confidence::Low, "items of a list have the same keys");
        }
        if found.iter().any(|difference| difference.may_mean_the_same) {
            certainty.fall(
                Confidence::Low,
                "the schema does not say whether texts are quantities or durations",
            );
        }
        if self.is_revision() {
            return certainty;
        }
        certainty.by_schema(types, reference);
        certainty.by_webhooks(&self.webhooks, reference, self.state);
        if intent.last.is_none() {
            certainty.fall(
                Confidence::High,
                "nothing records what was applied before: a field taken out of Git stays, and is not shown",
            );
        }
        certainty
    }

    fn changes(
        &self,
        wanted: &Desired<'_>,
        found: &[Difference],
        evidence: &Evidence<'_>,
        subject: &Subject<'_>,
        faults: &Faults,
    ) -> Vec<Change> {
        let redaction = Redaction::of(&wanted.reference.kind, &[evidence.live, evidence.desired]);
        let classes = if self.is_revision() {
            vec![(Class::Intent, None); found.len()]
        } else {
            classify::classify(found, evidence)
        };
        let outcomes = effect::outcomes(found, subject);
        let root = wanted.object.root();
        found
            .iter()
            .zip(classes)
            .zip(outcomes)
            .map(|((difference, (class, actor)), outcome)| {
                let path = difference.path.clone();
                let mut outcome = self.written_default(difference, subject).unwrap_or(outcome);
                if let Some(doubled) = faults.doubled.iter().find(|doubled| is_list_of(doubled, &path))
                    && evidence.intent.merging == Merging::ServerSide
                    && !self.is_revision()
                {
                    outcome.effect = Effect::Rejected;
                    outcome.rule = Some(format!("server-side apply: duplicate entries for key {doubled}"));
                }
                let is_wanted = find::value(evidence.desired, &path.0, evidence.shape).is_some();
                let shown = |value: &Option<Value>| value.as_ref().map(|value| redaction.shown(&path, value));
                let is_hidden = difference
                    .from
                    .iter()
                    .chain(&difference.to)
                    .any(|value| redaction.shown(&path, value) == Shown::Secret);
                let mut remarks = outcome.remarks;
                if !is_hidden {
                    remarks.extend(remark::of(difference, is_wanted));
                }
                Change {
                    operation: difference.operation,
                    from: shown(&difference.from),
                    to: shown(&difference.to),
                    class,
                    actor,
                    effect: outcome.effect,
                    rule: outcome.rule,
                    remarks,
                    place: Some(place::of(root, &path)),
                    path,
                }
            })
            .collect()
    }

    /// Between revisions: a default that is written out, or no longer, changes nothing.
    fn written_default(&self, difference: &Difference, subject: &Subject<'_>) -> Option<Outcome> {
        if !self.is_revision() {
            return None;
        }
        let path = &difference.path.0;
        let value = |object| find::value(object, path, subject.shape);
        let is_same = value(subject.before)? == value(subject.after)?;
        is_same.then(|| Outcome {
            effect: Effect::None,
            rule: None,
            remarks: vec!["the default, written out or left out: nothing changes".to_owned()],
        })
    }
}

/// Whether the path leads into the list that an item stands in.
fn is_list_of(item: &FieldPath, path: &FieldPath) -> bool {
    item.0
        .split_last()
        .is_some_and(|(_, list): (&PathElement, _)| path.0.starts_with(list))
}

/// The body of an object with its desired kind, and the names that the other side has it under.
fn with_identity(other: &Value, object: &Value, body: &Value) -> Value {
    let mut whole = serde_json::Map::new();
    for field in ["apiVersion", "kind"] {
        if let Some(value) = object.get(field) {
            whole.insert(field.to_owned(), value.clone());
        }
    }
    for (key, value) in body.as_object().into_iter().flatten() {
        whole.insert(key.clone(), value.clone());
    }
    if let Some(metadata) = other.get("metadata").and_then(Value::as_object) {
        let names = ["name", "generateName", "namespace"]
            .into_iter()
            .filter_map(|field| Some((field, metadata.get(field)?)));
        let names: Vec<(String, Value)> = names.map(|(field, value)| (field.to_owned(), value.clone())).collect();
        if let Value::Object(fields) = whole
            .entry("metadata".to_owned())
            .or_insert_with(|| Value::Object(serde_json::Map::new()))
        {
            fields.extend(names);
        }
    }
    Value::Object(whole)
}
