//! `metadata` in the types that it must have.
//!
//! kubectl keeps objects untyped, but decodes the metadata of each document once as `ObjectMeta`, and refuses what does not fit
//! (cli-runtime `metadata_decoder.go`). So `version: 1.10` among the labels is refused before anything is sent.

use super::fault::{Fault, FaultKind};
use super::json::is_json;
use super::timestamp::is_rfc3339;
use super::tree::{Node, NodeKind};

/// What a field of `ObjectMeta` must be; null is always allowed.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Boolean,
    Integer,
    Time,
    TextMap,
    TextList,
    /// A list of mappings with these fields; others may hold anything.
    Entries(&'static [(&'static str, Shape)]),
}

/// apimachinery v0.32 `meta/v1/types.go`.
const OBJECT_META: &[(&str, Shape)] = &[
    ("name", Shape::Text),
    ("generateName", Shape::Text),
    ("namespace", Shape::Text),
    ("selfLink", Shape::Text),
    ("uid", Shape::Text),
    ("resourceVersion", Shape::Text),
    ("generation", Shape::Integer),
    ("creationTimestamp", Shape::Time),
    ("deletionTimestamp", Shape::Time),
    ("deletionGracePeriodSeconds", Shape::Integer),
    ("labels", Shape::TextMap),
    ("annotations", Shape::TextMap),
    ("ownerReferences", Shape::Entries(OWNER_REFERENCE)),
    ("finalizers", Shape::TextList),
    ("managedFields", Shape::Entries(MANAGED_FIELDS)),
];

const OWNER_REFERENCE: &[(&str, Shape)] = &[
    ("apiVersion", Shape::Text),
    ("kind", Shape::Text),
    ("name", Shape::Text),
    ("uid", Shape::Text),
    ("controller", Shape::Boolean),
    ("blockOwnerDeletion", Shape::Boolean),
];

const MANAGED_FIELDS: &[(&str, Shape)] = &[
    ("manager", Shape::Text),
    ("operation", Shape::Text),
    ("apiVersion", Shape::Text),
    ("time", Shape::Time),
    ("fieldsType", Shape::Text),
    ("subresource", Shape::Text),
];

/// What kubectl refuses about `apiVersion`, `kind` and `metadata` of a document.
pub(crate) fn faults(root: Node<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let type_meta = &[("kind", Shape::Text), ("apiVersion", Shape::Text)];
    check_fields(root, type_meta, "", &mut faults);
    if let Some(metadata) = root.get("metadata") {
        if metadata.kind() == NodeKind::Mapping {
            check_fields(metadata, OBJECT_META, "metadata.", &mut faults);
        } else {
            faults.push(misfit(metadata, "metadata", "a mapping"));
        }
    }
    faults
}

fn check_fields(node: Node<'_>, fields: &[(&str, Shape)], path: &str, faults: &mut Vec<Fault>) {
    for entry in node.entries() {
        if let Some((name, shape)) = fields.iter().find(|(name, _)| *name == entry.key()) {
            check(entry.value(), *shape, &format!("{path}{name}"), faults);
        }
    }
}

// Goes as deep as the table of shapes does, three levels, not as deep as the document.
fn check(node: Node<'_>, shape: Shape, path: &str, faults: &mut Vec<Fault>) {
    if node.is_null() {
        return;
    }
    let wanted = match shape {
        Shape::Text if node.as_str().is_some() => return,
        Shape::Text => "a string; quote it",
        Shape::Boolean if node.as_bool().is_some() => return,
        Shape::Boolean => "a boolean",
        Shape::Integer if is_integer(node) => return,
        Shape::Integer => "a whole number",
        Shape::Time if node.as_str().is_some_and(is_rfc3339) => return,
        Shape::Time => "a time such as `2006-01-02T15:04:05Z`",
        Shape::TextMap if node.kind() == NodeKind::Mapping => {
            for entry in node.entries() {
                check(entry.value(), Shape::Text, &format!("{path}.{}", entry.key()), faults);
            }
            return;
        }
        Shape::TextMap => "a mapping",
        Shape::TextList | Shape::Entries(_) if node.kind() == NodeKind::Sequence => {
            for (index, item) in node.items().enumerate() {
                let path = format!("{path}[{index}]");
                match shape {
                    Shape::Entries(fields) if item.kind() == NodeKind::Mapping => {
                        check_fields(item, fields, &format!("{path}."), faults);
                    }
                    Shape::Entries(_) if item.is_null() => {}
                    Shape::Entries(_) => faults.push(misfit(item, &path, "a mapping")),
                    _ => check(item, Shape::Text, &path, faults),
                }
            }
            return;
        }
        Shape::TextList | Shape::Entries(_) => "a list",
    };
    faults.push(misfit(node, path, wanted));
}

/// JSON's `1.0` is no integer for Go; YAML's becomes `1` on its way to JSON.
fn is_integer(node: Node<'_>) -> bool {
    node.as_i64().is_some() && (!is_json(node.file().text()) || node.source().parse::<i64>().is_ok())
}

fn misfit(node: Node<'_>, path: &str, wanted: &str) -> Fault {
    Fault::new(
        FaultKind::InvalidMetadata,
        node.span(),
        format!(
            "kubectl refuses {} as `{path}`; it must be {wanted}",
            node.kind().with_article()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decode::decode_str;

    fn messages(text: &str) -> Vec<String> {
        let decoded = decode_str("f.yaml", text);
        let tree = decoded.documents[0].tree.as_ref().expect("a document");
        faults(tree.root())
            .into_iter()
            .map(|fault| format!("{}: {}", decoded.file.slice(fault.span), fault.message))
            .collect()
    }

    #[test]
    fn a_label_must_be_a_string() {
        assert_eq!(
            messages("kind: A\nmetadata:\n  labels: {version: 1.10, on: 'x', y: ~}\n"),
            ["1.10: kubectl refuses a number as `metadata.labels.version`; it must be a string; quote it"]
        );
    }

    #[test]
    fn every_field_has_its_shape() {
        assert!(messages("kind: A\nmetadata: ~\n").is_empty());
        let fitting = "{name: a, generation: 1.0, creationTimestamp: 2006-01-02T15:04:05Z, finalizers: [a, ~], \
            ownerReferences: [{controller: yes, other: 1}, ~], managedFields: [{fieldsV1: 1, time: ~}], other: [1]}";
        assert_eq!(messages(&format!("kind: A\nmetadata: {fitting}\n")), [""; 0]);
        for wrong in [
            "[]",
            "x",
            "{name: 1}",
            "{generation: 1.5}",
            "{generation: a}",
            "{creationTimestamp: 2006-01-02}",
            "{labels: []}",
            "{finalizers: {}}",
            "{finalizers: [1]}",
            "{ownerReferences: [1]}",
            "{ownerReferences: [{controller: 1}]}",
            "{managedFields: [{time: x}]}",
        ] {
            assert_eq!(messages(&format!("kind: A\nmetadata: {wrong}\n")).len(), 1, "{wrong}");
        }
        assert_eq!(messages(r#"{"kind": "A", "metadata": {"generation": 1.0}}"#).len(), 1);
    }
}
