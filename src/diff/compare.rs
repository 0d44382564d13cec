//! The comparison: what each desired object and the other side's form of it come to.

mod predict;
mod present;

use std::collections::HashSet;

use rayon::prelude::*;
use serde_json::Value;

use super::autoscaler::Autoscalers;
use super::bookkeeping;
use super::change::{NotKnown, Note, ObjectDifference, Status};
use super::confidence::Webhooks;
use super::conversion;
use super::defaults;
use super::depth;
use super::desired::{self, Faults};
use super::loss::Losses;
use super::options::Options;
use super::path::FieldPath;
use super::place;
use super::pruned;
use super::schema::shape::{Merging, Shape};
use super::schema::{Definitions, KindSchemas, Schemas};
use super::secret::Redaction;
use crate::live::reference::ObjectReference;
use crate::live::state::{Found, Side, State};
use crate::model::object::Object;
use crate::model::sidecar_set;
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
        .any(|kind| kind.kind == sidecar_set::KIND && kind.api_version == "apps.kruise.io/v1beta1");
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

    /// What a Kruise before 1.9 drops: one that does not serve v1beta1.
    fn take_newer(&self, object: &mut Value, reference: &ObjectReference) -> Vec<(FieldPath, Value)> {
        let is_sidecar_set = reference.group() == sidecar_set::KRUISE_GROUP && reference.kind == sidecar_set::KIND;
        let kinds = self.state.kinds.iter().flatten();
        let is_served = kinds.into_iter().any(|kind| kind.kind == sidecar_set::KIND);
        if is_sidecar_set && is_served && !self.serves_beta {
            conversion::take_newer(object)
        } else {
            Vec::new()
        }
    }

    /// An object that the other side does not have.
    fn create(&self, wanted: &Desired<'_>, reason: Option<String>) -> ObjectDifference {
        let reference = &wanted.reference;
        let Some(mut object) = desired_json(wanted) else {
            return unknown(wanted, depth::too_deep("the object in Git"));
        };
        let (_, shape, served) = self.schemas(reference);
        let newer = self.take_newer(&mut object, reference);
        let mut faults = desired::check(&mut object, None, shape, served);
        faults.lost.extend(newer);
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
}

fn empty(wanted: &Desired<'_>, status: Status) -> ObjectDifference {
    ObjectDifference {
        place: Some(place::first_line(wanted.object.root())),
        ..ObjectDifference::new(wanted.reference.clone(), wanted.target, status)
    }
}

fn unknown(wanted: &Desired<'_>, reason: String) -> ObjectDifference {
    ObjectDifference {
        place: Some(place::first_line(wanted.object.root())),
        ..ObjectDifference::unknown(wanted.reference.clone(), wanted.target, NotKnown::Unread, reason)
    }
}

fn note(message: &str) -> Note {
    Note {
        message: message.to_owned(),
        path: None,
        warns: false,
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

/// The object in Git, as it is applied; `None` if it is nested too deep.
pub(super) fn desired_json(wanted: &Desired<'_>) -> Option<Value> {
    let mut object = decode::to_json(wanted.object.root(), limits::RENDERED_DEPTH)?;
    if wanted.reference.kind == "Secret" {
        bookkeeping::fold_string_data(&mut object);
    }
    bookkeeping::strip(&mut object);
    Some(object)
}
