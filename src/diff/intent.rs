//! What was applied before: the record of intent, which decides what a field that is left out becomes.

use serde_json::Value;

use super::bookkeeping;
use super::conversion;
use super::field_set::FieldSet;
use super::managed_fields::ManagedFields;
use super::options::{Applying, Options};
use super::schema::shape::{Merging, Shape};
use crate::live::reference::ObjectReference;

/// What was applied before.
#[derive(Debug)]
pub(crate) struct Intent {
    /// How the next application will merge.
    pub(crate) merging: Merging,
    /// The fields that were applied; `None` if nothing tells.
    pub(crate) last: Option<FieldSet>,
    /// The object that was applied, if its values are recorded.
    pub(crate) base: Option<Value>,
    /// The managers that are ours.
    pub(crate) ours: Vec<String>,
    /// When it was applied, if that is recorded.
    pub(crate) time: Option<String>,
    /// Fields of the annotation that server-side apply will not remove: no Apply entry of ours has them (kubernetes/kubernetes#99003).
    pub(crate) stuck: Option<Value>,
}

/// Managers that write the last-applied annotation, or an entry of `Update` on behalf of an application.
const CLIENT_SIDE_MANAGERS: [&str; 3] = [
    "kubectl-client-side-apply",
    "argocd-controller",
    "argocd-application-controller",
];

impl Intent {
    /// Finds the best record that a live object carries.
    pub(crate) fn of(
        live: &Value,
        managed: &ManagedFields,
        desired: &Value,
        shape: Option<Shape<'_>>,
        options: &Options,
    ) -> Self {
        let base = bookkeeping::last_applied(live);
        let ours = if options.applying == Applying::ClientSide {
            Vec::new()
        } else {
            our_appliers(managed, &FieldSet::of(desired, shape), options)
        };
        let is_client_side = match options.applying {
            Applying::ClientSide => true,
            Applying::ServerSide => false,
            Applying::Detect => ours.is_empty() && base.is_some(),
        };
        if is_client_side {
            let merging = Merging::ClientSide;
            let last = base.as_ref().map(|base| FieldSet::all_of(base, shape, merging));
            let managers = CLIENT_SIDE_MANAGERS.map(str::to_owned);
            return Self {
                merging,
                last,
                base,
                ours: managers.into_iter().chain(options.managers.iter().cloned()).collect(),
                time: None,
                stuck: None,
            };
        }
        let mut last = FieldSet::default();
        let mut time = None;
        for entry in managed.appliers().filter(|entry| ours.contains(&entry.actor.manager)) {
            last.extend(&entry.fields);
            time = time.max(entry.actor.time.clone());
        }
        // Only kubectl's own server-side apply keeps the annotation up to date (kubectl v0.36 pkg/cmd/apply/apply.go).
        let keeps_annotation = ours.iter().any(|manager| manager == "kubectl");
        let stuck = base.clone().filter(|_| ours.is_empty());
        Self {
            merging: Merging::ServerSide,
            last: (!ours.is_empty()).then_some(last),
            base: base.filter(|_| keeps_annotation),
            ours,
            time,
            stuck,
        }
    }
}

impl Intent {
    /// Brings the objects that are recorded into the form in which the server keeps them, which `before` has.
    pub(crate) fn convert_records(
        &mut self,
        before: &Value,
        reference: &ObjectReference,
        serves_beta: bool,
        shape: Option<Shape<'_>>,
    ) {
        for record in [&mut self.base, &mut self.stuck].into_iter().flatten() {
            conversion::convert(record, before, reference, serves_beta);
        }
        if self.merging == Merging::ClientSide
            && let Some(base) = &self.base
        {
            self.last = Some(FieldSet::all_of(base, shape, Merging::ClientSide));
        }
        // Only now: a patch that takes a text out of `stringData` leaves it in `data`, where nobody applied it.
        if reference.kind == "Secret" {
            for record in [&mut self.base, &mut self.stuck].into_iter().flatten() {
                bookkeeping::fold_string_data(record);
            }
        }
    }
}

/// The managers that apply the object on our behalf: those that are named, else the one whose fields cover the desired object best.
fn our_appliers(managed: &ManagedFields, desired: &FieldSet, options: &Options) -> Vec<String> {
    if !options.managers.is_empty() {
        let named = managed.appliers().map(|entry| &entry.actor.manager);
        return named
            .filter(|manager| options.managers.contains(manager))
            .cloned()
            .collect();
    }
    let best = managed
        .appliers()
        .map(|entry| (entry.fields.shared(desired), &entry.actor.time, &entry.actor.manager))
        // Where all that it applied has gone from Git, the only one is meant.
        .filter(|(shared, _, _)| *shared > 0 || managed.appliers().count() == 1)
        .max();
    best.map(|(_, _, manager)| manager.clone()).into_iter().collect()
}
