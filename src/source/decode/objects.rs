//! Documents to objects: lists are taken apart as kubectl takes them apart.
//!
//! Whatever has a field `items` is a list for kubectl, whatever its kind (apimachinery v0.32 `unstructured/helpers.go`,
//! `unstructuredJSONScheme.decode`), and lists may hold lists.

use super::fault::{Fault, FaultKind};
use super::tree::{Node, NodeKind};
use super::write::write_json;

/// One object of a document.
#[derive(Debug, Clone, Copy)]
pub struct ObjectNode<'t> {
    /// The mapping that is the object.
    pub node: Node<'t>,
    /// `apiVersion` and `kind`, when the item of a list leaves them to the list.
    pub implied: Option<(&'t str, &'t str)>,
}

impl<'t> ObjectNode<'t> {
    /// The `apiVersion`, written or implied by the list.
    #[must_use]
    pub fn api_version(self) -> Option<&'t str> {
        self.implied
            .map(|(api_version, _)| api_version)
            .or_else(|| self.node.str_at(&["apiVersion"]))
    }

    /// The `kind`, written or implied by the list.
    #[must_use]
    pub fn kind(self) -> Option<&'t str> {
        self.implied
            .map(|(_, kind)| kind)
            .or_else(|| self.node.str_at(&["kind"]))
    }
}

/// Writes an object as compact JSON, with the `apiVersion` and `kind` that its list gives it.
pub fn write_object_json(object: ObjectNode<'_>, out: &mut String) {
    let Some((api_version, kind)) = object.implied else {
        write_json(object.node, out);
        return;
    };
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let mut body = String::new();
    write_json(object.node, &mut body);
    let separator = if body == "{}" { "" } else { "," };
    out.push_str("{\"apiVersion\":");
    out.push_str(&quoted(api_version));
    out.push_str(",\"kind\":");
    out.push_str(&quoted(kind));
    out.push_str(separator);
    out.push_str(body.strip_prefix('{').unwrap_or(&body));
}

/// The objects of a document, in order, and what cannot be one.
#[must_use]
pub fn objects(root: Node<'_>) -> (Vec<ObjectNode<'_>>, Vec<Fault>) {
    let mut found = Vec::new();
    let mut faults = Vec::new();
    let mut pending = vec![ObjectNode {
        node: root,
        implied: None,
    }];
    while let Some(object) = pending.pop() {
        let node = object.node;
        if node.kind() != NodeKind::Mapping {
            faults.push(Fault::new(
                FaultKind::NotAnObject,
                node.span(),
                format!("a Kubernetes object is due here, this is {}", node.kind().with_article()),
            ));
            continue;
        }
        let Some(items) = node.entry("items") else {
            found.push(object);
            continue;
        };
        let items = items.value();
        if !matches!(items.kind(), NodeKind::Sequence | NodeKind::Null) {
            faults.push(Fault::new(
                FaultKind::NotAnObject,
                items.span(),
                "kubectl takes every object with a field `items` for a list; this is none",
            ));
            continue;
        }
        let list_kind = object.kind().unwrap_or("");
        let item_kind = list_kind.strip_suffix("List").unwrap_or(list_kind);
        let api_version = object.api_version().unwrap_or("");
        for item in items.items().rev() {
            let is_bare = item.get("kind").is_none() && item.get("apiVersion").is_none();
            let implied = (is_bare && !item_kind.is_empty()).then_some((api_version, item_kind));
            pending.push(ObjectNode {
                node: item,
                implied,
            });
        }
    }
    (found, faults)
}
