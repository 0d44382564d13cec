//! `checker diff --output json`: one document, version 1. Fields are only ever added.

use serde::Serialize;
use serde_json::Value;

use super::{Counts, DiffReport, SideReport, verification, words};
use crate::diff::change::{Actor, Change, Note, ObjectDifference};
use crate::diff::redacted::Shown;
use crate::live::reference::ObjectReference;
use crate::live::state::Side;
use crate::report::json::{Location, location};

#[derive(Serialize)]
struct Document<'r> {
    version: u32,
    command: &'static str,
    /// Of one side everything stands here, of several each has its own.
    #[serde(flatten)]
    only: Option<JsonSide<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sides: Vec<JsonSide<'r>>,
    /// Of several sides together.
    #[serde(rename = "summary", skip_serializing_if = "Option::is_none")]
    of_all: Option<Summary>,
    notes: &'r [String],
    /// What of the repository was not looked at; the exit code is 3 then.
    incomplete: &'r [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonSide<'r> {
    side: &'r Side,
    targets: &'r [String],
    server_version: Option<&'r str>,
    taken: Option<&'r str>,
    objects: Vec<JsonObject<'r>>,
    left_out: Vec<JsonLeftOut<'r>>,
    summary: Summary,
    #[serde(rename = "sideNotes")]
    notes: &'r [String],
    /// What could not be asked; the exit code is 3 then.
    problems: &'r [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonObject<'r> {
    object: &'r ObjectReference,
    status: &'static str,
    reason: Option<&'r str>,
    confidence: &'static str,
    confidence_reasons: &'r [String],
    changes: Vec<JsonChange<'r>>,
    notes: Vec<JsonNote<'r>>,
    ignored: Vec<JsonIgnored<'r>>,
    target: &'r str,
    /// The gravest of the changes.
    effect: &'static str,
    location: Option<Location<'r>>,
    /// What the server itself says, if it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<verification::JsonVerified<'r>>,
}

#[derive(Serialize)]
struct JsonChange<'r> {
    path: String,
    op: &'static str,
    from: Option<&'r Value>,
    to: Option<&'r Value>,
    /// The values are kept secret: `from` and `to` are `null`, whatever they are.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    secret: bool,
    class: &'static str,
    actor: Option<JsonActor<'r>>,
    effect: &'static str,
    rule: Option<&'r str>,
    remarks: &'r [String],
    location: Option<Location<'r>>,
}

#[derive(Serialize)]
struct JsonActor<'r> {
    manager: &'r str,
    time: Option<&'r str>,
    subresource: Option<&'r str>,
}

#[derive(Serialize)]
struct JsonNote<'r> {
    message: &'r str,
    path: Option<String>,
    warning: bool,
}

#[derive(Serialize)]
struct JsonIgnored<'r> {
    rule: &'r str,
    count: usize,
}

#[derive(Serialize)]
struct JsonLeftOut<'r> {
    object: &'r str,
    reason: &'r str,
    location: Option<Location<'r>>,
}

#[derive(Serialize)]
struct Summary {
    create: usize,
    change: usize,
    same: usize,
    prune: usize,
    unknown: usize,
    terminating: usize,
    drift: usize,
    #[serde(rename = "leftOut")]
    left_out: usize,
}

/// The report as JSON text, with a line feed at its end.
#[must_use]
pub fn render(report: &DiffReport) -> String {
    let mut sides: Vec<JsonSide<'_>> = report.sides.iter().map(json_side).collect();
    let is_one = sides.len() == 1;
    let only = if is_one { sides.pop() } else { None };
    let left_out = report.sides.iter().map(|side| side.left_out.len()).sum();
    let document = Document {
        version: 1,
        command: "diff",
        only,
        sides,
        of_all: (!is_one).then(|| summary(report.counts(), left_out)),
        notes: &report.notes,
        incomplete: &report.problems,
    };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn json_side(side: &SideReport) -> JsonSide<'_> {
    let left_out = side.left_out.iter().map(|left_out| JsonLeftOut {
        object: &left_out.object,
        reason: &left_out.reason,
        location: left_out.place.as_ref().map(location),
    });
    JsonSide {
        side: &side.side,
        targets: &side.targets,
        server_version: side.server_version.as_deref(),
        taken: side.taken.as_deref(),
        objects: side.objects.iter().map(|object| json_object(side, object)).collect(),
        left_out: left_out.collect(),
        summary: summary(side.counts(), side.left_out.len()),
        notes: &side.notes,
        problems: &side.problems,
    }
}

fn json_object<'r>(side: &'r SideReport, object: &'r ObjectDifference) -> JsonObject<'r> {
    let ignored = object
        .ignored
        .iter()
        .map(|(rule, count)| JsonIgnored { rule, count: *count });
    JsonObject {
        object: &object.object,
        status: words::status(object.status),
        reason: object.reason.as_deref(),
        confidence: words::confidence(object.confidence),
        confidence_reasons: &object.confidence_reasons,
        changes: object.changes.iter().map(json_change).collect(),
        notes: object.notes.iter().map(json_note).collect(),
        ignored: ignored.collect(),
        target: &object.target,
        effect: words::effect(super::gravest(object)),
        location: object.place.as_ref().map(location),
        verified: side.verified(object).map(verification::json),
    }
}

fn json_change(change: &Change) -> JsonChange<'_> {
    let is_secret = |shown: &Option<Shown>| *shown == Some(Shown::Secret);
    JsonChange {
        path: change.path.to_string(),
        op: words::operation(change.operation),
        from: value(change.from.as_ref()),
        to: value(change.to.as_ref()),
        secret: is_secret(&change.from) || is_secret(&change.to),
        class: words::class(change.class),
        actor: change.actor.as_ref().map(json_actor),
        effect: words::effect(change.effect),
        rule: change.rule.as_deref(),
        remarks: &change.remarks,
        location: change.place.as_ref().map(location),
    }
}

fn value(shown: Option<&Shown>) -> Option<&Value> {
    match shown? {
        Shown::Value(value) => Some(value),
        Shown::Secret => None,
    }
}

fn json_actor(actor: &Actor) -> JsonActor<'_> {
    JsonActor {
        manager: &actor.manager,
        time: actor.time.as_deref(),
        subresource: actor.subresource.as_deref(),
    }
}

fn json_note(note: &Note) -> JsonNote<'_> {
    JsonNote {
        message: &note.message,
        path: note.path.as_ref().map(ToString::to_string),
        warning: note.warns,
    }
}

fn summary(counts: Counts, left_out: usize) -> Summary {
    Summary {
        create: counts.create,
        change: counts.change,
        same: counts.same,
        prune: counts.prune,
        unknown: counts.unknown,
        terminating: counts.terminating,
        drift: counts.drift,
        left_out,
    }
}
