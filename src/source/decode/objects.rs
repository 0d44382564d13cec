//! Documents to objects: lists are taken apart as kubectl takes them apart.
//!
//! A document with a field `items` is a list for kubectl, whatever its kind (apimachinery v0.32 `unstructured/helpers.go`,
//! `unstructuredJSONScheme.decode`). An item that is a list again is refused (`meta.ExtractList` knows no such thing).

use super::fault::{Fault, FaultKind};
use super::metadata;
use super::tree::{Node, NodeKind};
use crate::source::text::Span;

/// One object of a document.
#[derive(Debug, Clone, Copy)]
pub struct ObjectNode<'t> {
    /// The mapping that is the object. An item of a typed list may also be null: kubectl makes an empty object of it.
    pub node: Node<'t>,
    /// `apiVersion` and `kind`, when the item of a list leaves them to the list.
    pub implied: Option<(&'t str, &'t str)>,
}

impl<'t> ObjectNode<'t> {
    fn new(node: Node<'t>) -> Self {
        Self { node, implied: None }
    }

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

    /// Why kubectl does not take this for an object, if it does not.
    fn refusal(self, is_item: bool) -> Option<Fault> {
        let span = first_line(self.node);
        let api_version = self.api_version().unwrap_or("");
        let Some(version) = version_of(api_version) else {
            return Some(Fault::new(
                FaultKind::NotAnObject,
                self.node.at(&["apiVersion"]).map_or(span, Node::span),
                format!("`{api_version}` is no apiVersion; it is `version` or `group/version`"),
            ));
        };
        let missing = if self.kind().unwrap_or("").is_empty() {
            "kind"
        } else if is_item && version.is_empty() {
            "apiVersion"
        } else {
            return None;
        };
        Some(Fault::new(
            FaultKind::NotAnObject,
            span,
            format!("this has no `{missing}` that is a string, so kubectl refuses it"),
        ))
    }
}

/// The version in an `apiVersion`, or `None` when it is not one (apimachinery `schema.ParseGroupVersion`).
fn version_of(api_version: &str) -> Option<&str> {
    match api_version.split_once('/') {
        None => Some(api_version),
        Some(("", "")) => Some(""),
        Some((_, version)) => (!version.contains('/')).then_some(version),
    }
}

fn first_line(node: Node<'_>) -> Span {
    let span = node.span();
    let line = node.source().lines().next().unwrap_or("").trim_end();
    let start = span.start as usize;
    Span::new(start, start + line.len())
}

/// The objects of a document, in order, and what cannot be one.
#[must_use]
pub fn objects(root: Node<'_>) -> (Vec<ObjectNode<'_>>, Vec<Fault>) {
    let mut found = Vec::new();
    let mut faults = Vec::new();
    if root.kind() != NodeKind::Mapping {
        faults.push(not_an_object(root));
        return (found, faults);
    }
    let Some(items) = root.entry("items").map(super::Entry::value) else {
        found.push(ObjectNode::new(root));
        return (found, faults);
    };
    if !matches!(items.kind(), NodeKind::Sequence | NodeKind::Null) {
        faults.push(Fault::new(
            FaultKind::NotAnObject,
            items.span(),
            "kubectl takes every object with a field `items` for a list; this is none",
        ));
    }
    for item in items.items() {
        let inner = item.get("items");
        if !matches!(item.kind(), NodeKind::Mapping | NodeKind::Null) {
            faults.push(not_an_object(item));
        } else if let Some(inner) = inner.filter(|inner| inner.kind() == NodeKind::Sequence) {
            faults.push(Fault::new(
                FaultKind::NotAnObject,
                first_line(inner),
                "kubectl refuses a list within a list; move its items to the outer one",
            ));
        } else {
            found.push(item_of(root, item));
        }
    }
    (found, faults)
}

/// As [`objects`], but with what kubectl refuses in an object: [`objects`] leaves open whether a document means to be one.
#[must_use]
pub fn kubectl_objects(root: Node<'_>) -> (Vec<ObjectNode<'_>>, Vec<Fault>) {
    let (mut found, mut faults) = objects(root);
    let is_list = root.entry("items").is_some();
    if is_list && faults.is_empty() {
        faults.extend(ObjectNode::new(root).refusal(false));
    }
    // Only the document's own metadata is looked at, not those of the items of a list.
    faults.extend(metadata::faults(root));
    if !faults.is_empty() {
        // One bad item spoils the whole list (`FlattenListVisitor.Visit` returns its error).
        return (Vec::new(), faults);
    }
    found.retain(|object| match object.refusal(is_list) {
        None => true,
        Some(fault) => {
            faults.push(fault);
            false
        }
    });
    (found, faults)
}

fn not_an_object(node: Node<'_>) -> Fault {
    Fault::new(
        FaultKind::NotAnObject,
        node.span(),
        format!(
            "a Kubernetes object is due here, this is {}",
            node.kind().with_article()
        ),
    )
}

/// An item of the list that a document is; without kind and version it has those of the list.
fn item_of<'t>(list: Node<'t>, item: Node<'t>) -> ObjectNode<'t> {
    let has = |key: &str| item.str_at(&[key]).is_some_and(|text| !text.is_empty());
    let list_kind = list.str_at(&["kind"]).unwrap_or("");
    let kind = list_kind.strip_suffix("List").unwrap_or(list_kind);
    let implied = (!has("kind") && !has("apiVersion") && !kind.is_empty())
        .then(|| (list.str_at(&["apiVersion"]).unwrap_or(""), kind));
    ObjectNode { node: item, implied }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::decode::{decode_str, write_object};

    fn lines(text: &str) -> Vec<String> {
        let decoded = decode_str("f.yaml", text);
        let tree = decoded.documents[0].tree.as_ref().expect("a document");
        let (found, faults) = kubectl_objects(tree.root());
        let mut lines: Vec<String> = found
            .into_iter()
            .map(|object| {
                let mut line = String::new();
                write_object(object, &mut line);
                line
            })
            .collect();
        lines.extend(faults.into_iter().map(|fault| format!("! {}", fault.message)));
        lines
    }

    #[test]
    fn a_list_lends_its_kind_to_items_that_have_none() {
        assert_eq!(
            lines("apiVersion: v1\nkind: ConfigMapList\nitems: [{a: 1}, {kind: B, apiVersion: c}, null]\n"),
            [
                r#"{"apiVersion":"v1","kind":"ConfigMap","a":1}"#,
                r#"{"kind":"B","apiVersion":"c"}"#,
                r#"{"apiVersion":"v1","kind":"ConfigMap"}"#,
            ]
        );
    }

    #[test]
    fn a_list_in_a_list_is_refused() {
        let item = "{apiVersion: v1, kind: A}";
        let text =
            format!("apiVersion: v1\nkind: List\nitems:\n- {item}\n- {{apiVersion: v1, kind: B, items: [{item}]}}\n");
        assert_eq!(
            lines(&text),
            ["! kubectl refuses a list within a list; move its items to the outer one"]
        );
    }

    #[test]
    fn an_object_needs_a_kind_and_a_version_that_is_one() {
        assert_eq!(lines("kind: A\n"), [r#"{"kind":"A"}"#]);
        for text in [
            "a: 1",
            "kind: 1",
            "kind: ''",
            "kind: A\napiVersion: a/b/c",
            "kind: A\nitems: 1",
            "items: []",
        ] {
            let lines = lines(text);
            assert_eq!(lines.len(), 1, "{text}");
            assert!(lines[0].starts_with('!'), "{text}");
        }
    }
}
