//! Rendered objects: as YAML for people, and as lines of JSON with the place of each field that its base does not give.

use serde::Serialize;
use serde_json::Value;

use super::json::{Location, location};
use crate::diff::secret::Redaction;
use crate::model::path;
use crate::source::decode::{self, Node, NodeKind};
use crate::source::kustomize::freeze::Changed;
use crate::source::kustomize::rendering::RenderedObject;
use crate::source::kustomize::value::Step;
use crate::source::limits;

#[derive(Serialize)]
struct Line<'o> {
    version: u32,
    command: &'static str,
    root: &'o str,
    object: Value,
    location: Location<'o>,
    changes: Vec<Change<'o>>,
}

/// A field that its base does not give, or gives otherwise.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'o> {
    path: String,
    by: &'static str,
    location: Location<'o>,
    /// Where it is written that the value goes here, if it is taken from elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    put_at: Option<Location<'o>>,
    /// What it replaces, the last first.
    before: Vec<Before<'o>>,
}

#[derive(Serialize)]
struct Before<'o> {
    by: &'static str,
    location: Location<'o>,
}

/// The objects as YAML, a document each. Of a Secret the values are left out.
#[must_use]
pub fn yaml(objects: &[impl AsRef<RenderedObject>]) -> String {
    yaml_of(objects.iter().map(|object| object.as_ref().document.tree.root()))
}

/// Objects by their roots, as YAML.
pub fn yaml_of<'o>(objects: impl Iterator<Item = Node<'o>>) -> String {
    let documents: Vec<String> = objects.map(|object| decode::write_yaml(&content(object))).collect();
    documents.join("---\n")
}

/// The objects as JSON, a line each. Of a Secret the values are left out.
#[must_use]
pub fn json_lines(root: &str, objects: &[impl AsRef<RenderedObject>]) -> String {
    let lines = objects.iter().map(|object| {
        let object = object.as_ref();
        json_line(root, object.document.tree.root(), changes(object))
    });
    lines.collect()
}

/// Objects of a chart by their roots, as JSON.
pub fn json_lines_of<'o>(chart: &str, objects: impl Iterator<Item = Node<'o>>) -> String {
    objects.map(|object| json_line(chart, object, Vec::new())).collect()
}

fn json_line(root: &str, object: Node<'_>, changes: Vec<Change<'_>>) -> String {
    let place = object.place();
    let line = Line {
        version: 1,
        command: "render",
        root,
        object: content(object),
        location: location(&place),
        changes,
    };
    // What is made of strings and numbers only can be written.
    let mut text = serde_json::to_string(&line).unwrap_or_default();
    text.push('\n');
    text
}

fn content(node: Node<'_>) -> Value {
    let mut value = decode::to_json(node, limits::RENDERED_DEPTH * 2).unwrap_or_default();
    let kind = node.str_at(&["kind"]).unwrap_or_default();
    Redaction::of(kind, &[&value]).mask(&mut value);
    value
}

/// The fields that something other than a resource gives. Of what came as a whole (a container from a patch) each end is named.
fn changes(object: &RenderedObject) -> Vec<Change<'_>> {
    let root = object.document.tree.root();
    let mut found = Vec::new();
    let mut pending = vec![root];
    while let Some(node) = pending.pop() {
        pending.extend(node.items().rev());
        pending.extend(node.entries().rev().map(decode::Entry::value));
        let is_end = match node.kind() {
            NodeKind::Mapping => node.entries().len() == 0,
            NodeKind::Sequence => node.items().len() == 0,
            _ => true,
        };
        let history = object.document.changed.get(&node.id()).filter(|_| is_end);
        if let Some((last, earlier)) = history.and_then(|history| history.split_first()) {
            found.push(Change {
                path: path::path_to(root, node).unwrap_or_default(),
                by: name(last.step),
                location: location(&last.place),
                put_at: last.put_at.as_ref().map(location),
                before: earlier.iter().map(before_of).collect(),
            });
        }
    }
    found
}

fn before_of(changed: &Changed) -> Before<'_> {
    Before {
        by: name(changed.step),
        location: location(&changed.place),
    }
}

fn name(step: Step) -> &'static str {
    step.field().unwrap_or("resources")
}
