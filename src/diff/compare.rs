//! The comparison: what each desired object and the other side's form of it come to.

use std::collections::HashSet;

use rayon::prelude::*;
use serde_json::Value;

use super::autoscaler::Autoscalers;
use super::bookkeeping;
use super::builtin_rules;
use super::change::{Change, Class, Confidence, Effect, Note, ObjectDifference, Status};
use super::classify::{self, Evidence};
use super::confidence::{Certainty, Webhooks};
use super::conversion;
use super::defaults;
use super::desired::{self, Faults};
use super::differences::{self, Difference};
use super::effect::{self, Outcome, Subject};
use super::field_set::FieldSet;
use super::find;
use super::ignore;
use super::imposed;
use super::intent::Intent;
use super::loss::Losses;
use super::managed_fields::ManagedFields;
use super::merge;
use super::options::Options;
use super::path::{FieldPath, PathElement};
use super::place;
use super::prune::{self, Claims};
use super::pruned;
use super::remark;
use super::schema::shape::{Merging, Shape};
use super::schema::{Definitions, KindSchemas, Schemas};
use super::secret::Redaction;
use super::settle;
use super::unmanaged;
use crate::live::reference::ObjectReference;
use crate::live::state::{Found, LiveObject, Side, State};
use crate::model::object::Object;
use crate::source::decode;
use crate::source::limits;

/// One object of the desired state.
#[derive(Debug, Clone)]
pub struct Desired<'d> {
    /// The object.
    pub object: &'d Object,
    /// What the other side was asked for in its place: the key in [`State::objects`].
    pub reference: ObjectReference,
    /// The target that wants it.
    pub target: &'d str,
}

/// Compares the desired objects with one other side: one result each, in their order, then what would be pruned.
///
/// Nothing is read or asked: all there is to know is in `state`. Objects are compared side by side on several threads; the result does not
/// depend on their number.
#[must_use]
pub fn compare(desired: &[Desired<'_>], state: &State, options: &Options) -> Vec<ObjectDifference> {
    let definitions = Definitions::of(desired.iter().map(|wanted| wanted.object));
    let references = desired.iter().map(|wanted| &wanted.reference);
    let namespaces = desired
        .iter()
        .filter(|wanted| wanted.reference.is_core("Namespace"))
        .map(|wanted| wanted.reference.name.as_str());
    let serves_beta = state
        .kinds
        .iter()
        .flatten()
        .any(|kind| kind.kind == crate::model::sidecar_set::KIND && kind.api_version == "apps.kruise.io/v1beta1");
    let context = Context {
        schemas: Schemas::of(references, &state.schemas, &definitions),
        definitions,
        namespaces: namespaces.collect(),
        autoscalers: Autoscalers::of(desired, state),
        webhooks: Webhooks::of(state),
        serves_beta,
        state,
        options,
    };
    let mut all: Vec<ObjectDifference> = desired.par_iter().map(|wanted| context.object(wanted)).collect();
    all.extend(pruned::pruned(desired, state));
    all
}

/// What all objects of one comparison share.
struct Context<'c> {
    schemas: Schemas,
    definitions: Definitions,
    /// The namespaces that Git makes.
    namespaces: HashSet<&'c str>,
    autoscalers: Autoscalers,
    webhooks: Webhooks,
    /// Whether the server stores SidecarSets as v1beta1.
    serves_beta: bool,
    state: &'c State,
    options: &'c Options,
}

impl Context<'_> {
    fn object(&self, wanted: &Desired<'_>) -> ObjectDifference {
        let reference = &wanted.reference;
        let namespace = reference.namespace.as_deref().unwrap_or_default();
        match self.state.objects.get(reference) {
            Some(Found::Object(live)) => self.present(wanted, live),
            Some(Found::Absent) => self.create(wanted, None),
            Some(Found::NamespaceAbsent) if self.namespaces.contains(namespace) => self.create(
                wanted,
                Some(format!("the namespace {namespace} is made first: Git has it")),
            ),
            Some(Found::NamespaceAbsent) => {
                let mut difference = self.create(wanted, Some(format!("the namespace {namespace} is not there")));
                difference.notes.push(Note {
                    message: format!(
                        "the namespace {namespace} is neither there nor in Git: applying the object fails until somebody makes it. Add a Namespace object, or \
                         `CreateNamespace` where the repository is delivered"
                    ),
                    path: None,
                    warns: true,
                });
                difference
            }
            Some(Found::UnknownKind) if self.definitions.serves(reference) => self.create(
                wanted,
                Some("its CustomResourceDefinition is made first: Git has it".to_owned()),
            ),
            Some(Found::UnknownKind) => unknown(
                wanted,
                format!(
                    "the server does not serve {} {}, and Git has no CustomResourceDefinition of it",
                    reference.api_version, reference.kind
                ),
            ),
            Some(Found::Forbidden(who) | Found::Failed(who)) => unknown(wanted, who.clone()),
            None => unknown(wanted, "the other side was not asked for it".to_owned()),
        }
    }

    fn schemas(&self, reference: &ObjectReference) -> (Option<&KindSchemas>, Option<Shape<'_>>, Option<Shape<'_>>) {
        let schemas = self.schemas.kind(reference);
        let types = schemas.and_then(|schemas| schemas.types.as_ref()?.root());
        let served = schemas.and_then(|schemas| schemas.served.as_ref()?.root());
        (schemas, types, served)
    }

    fn is_revision(&self) -> bool {
        matches!(self.state.side, Side::Base(_))
    }

    /// An object that the other side does not have.
    fn create(&self, wanted: &Desired<'_>, reason: Option<String>) -> ObjectDifference {
        let reference = &wanted.reference;
        let Some(mut object) = desired_json(wanted) else {
            return unknown(wanted, too_deep("the object in Git"));
        };
        let (_, shape, served) = self.schemas(reference);
        let faults = desired::check(&mut object, None, shape, served);
        let redaction = Redaction::of(&reference.kind, &[&object]);
        let mut after = bookkeeping::without_identity(&object);
        defaults::apply(&mut after, shape);
        let losses = Losses {
            root: wanted.object.root(),
            after: &after,
            shape,
            redaction: redaction.clone(),
        };
        let changes = faults
            .lost
            .iter()
            .map(|(path, value)| losses.change(path.clone(), value));
        let changes = changes.collect();
        ObjectDifference {
            reason,
            changes,
            notes: fault_notes(&faults, Merging::ServerSide),
            after: redaction.objects(None, Some(&object)).1,
            ..empty(wanted, Status::Create)
        }
    }

    /// An object that both sides have.
    fn present(&self, wanted: &Desired<'_>, live: &LiveObject) -> ObjectDifference {
        let reference = &wanted.reference;
        let Some(mut object) = desired_json(wanted) else {
            return unknown(wanted, too_deep("the object in Git"));
        };
        if is_deeper(&live.json, limits::RENDERED_DEPTH) {
            return unknown(wanted, too_deep("the object of the other side"));
        }
        let (schemas, shape, served) = self.schemas(reference);
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
        let mut faults = desired::check(&mut object, kept, shape, served);
        if self.is_revision() {
            faults.leave_out(&desired::check(&mut other, None, shape, served));
        } else {
            notes.extend(conversion::convert(&mut object, &other, reference, self.serves_beta));
        }
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
        if !self.is_revision() {
            imposed::apply(&before_full, &mut after_full, reference);
        }
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

    /// What applying the object makes of the other side's.
    fn predict(
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
        let mut after = merge::merge(before, goal, shape, merging);
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
        if let Some(last) = &intent.last {
            let claims = Claims {
                last,
                now: &now,
                others: &others,
            };
            let mut told: Vec<FieldPath> = Vec::new();
            for kept in prune::prune(&mut after, &claims, shape, merging) {
                if told.iter().any(|above| kept.path.0.starts_with(&above.0)) {
                    continue;
                }
                notes.push(Note {
                    message: format!(
                        "Git has it no longer, and it stays: still owned by {}",
                        kept.owners.join(", ")
                    ),
                    path: Some(kept.path.clone()),
                    warns: false,
                });
                told.push(kept.path);
            }
        }
        if let Some(stuck) = &intent.stuck {
            notes.extend(stuck_notes(stuck, &after, &now, shape));
        }
        Prediction { intent, after, notes }
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
                    .any(|value| redaction.shown(&path, value) == super::redacted::Shown::Secret);
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

/// What applying makes of an object.
struct Prediction {
    intent: Intent,
    after: Value,
    notes: Vec<Note>,
}

impl Prediction {
    /// A revision is replaced by the next one: what is gone is gone.
    fn of_revision(goal: &Value) -> Self {
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

fn empty(wanted: &Desired<'_>, status: Status) -> ObjectDifference {
    ObjectDifference {
        object: wanted.reference.clone(),
        target: wanted.target.to_owned(),
        status,
        reason: None,
        confidence: Confidence::Exact,
        confidence_reasons: Vec::new(),
        changes: Vec::new(),
        notes: Vec::new(),
        ignored: Vec::new(),
        place: Some(place::first_line(wanted.object.root())),
        before: None,
        after: None,
    }
}

fn unknown(wanted: &Desired<'_>, reason: String) -> ObjectDifference {
    ObjectDifference {
        reason: Some(reason),
        confidence: Confidence::Low,
        ..empty(wanted, Status::Unknown)
    }
}

fn note(message: &str) -> Note {
    Note {
        message: message.to_owned(),
        path: None,
        warns: false,
    }
}

fn too_deep(which: &str) -> String {
    format!(
        "{which} is nested deeper than {} levels, and was not compared",
        limits::RENDERED_DEPTH
    )
}

/// The object in Git, as it is applied.
fn desired_json(wanted: &Desired<'_>) -> Option<Value> {
    let mut object = decode::to_json(wanted.object.root(), limits::RENDERED_DEPTH)?;
    if wanted.reference.kind == "Secret" {
        bookkeeping::fold_string_data(&mut object);
    }
    bookkeeping::strip(&mut object);
    Some(object)
}

/// Without recursion: it decides whether recursion is safe.
fn is_deeper(value: &Value, limit: usize) -> bool {
    let mut pending = vec![(value, 0)];
    while let Some((value, depth)) = pending.pop() {
        if depth > limit {
            return true;
        }
        match value {
            Value::Object(fields) => pending.extend(fields.values().map(|value| (value, depth + 1))),
            Value::Array(items) => pending.extend(items.iter().map(|value| (value, depth + 1))),
            _ => {}
        }
    }
    false
}

/// Makes the values of keys that both sides have equal, where one side does not know them.
fn forget_values(desired: &mut Value, other: &mut Value) {
    for field in ["data", "binaryData"] {
        let Some(known) = other.get_mut(field).and_then(Value::as_object_mut) else {
            continue;
        };
        let wanted = desired.get_mut(field).and_then(Value::as_object_mut);
        for value in known.values_mut() {
            *value = Value::from("");
        }
        for (key, value) in wanted.into_iter().flatten() {
            if known.contains_key(key) {
                *value = Value::from("");
            }
        }
    }
}

fn fault_notes(faults: &Faults, merging: Merging) -> Vec<Note> {
    let refused = faults.refused.iter().map(|(path, due)| Note {
        message: format!("the server refuses the object: {due} is due here"),
        path: Some(path.clone()),
        warns: true,
    });
    let keeps = match merging {
        Merging::ClientSide => "the server keeps one of them",
        Merging::ServerSide => "server-side apply refuses the object",
    };
    let doubled = faults.doubled.iter().map(|path| Note {
        message: format!("duplicate key: two items of the list have the same keys, and {keeps}"),
        path: Some(path.clone()),
        warns: true,
    });
    refused.chain(doubled).collect()
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
