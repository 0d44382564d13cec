//! A set of fields: what `fieldsV1` of a managed field says, or what an object holds.

use std::collections::BTreeMap;

use serde_json::Value;

use super::items;
use super::path::PathElement;
use super::schema;
use super::schema::shape::{ListRule, Merging, Shape};
use crate::source::limits;

/// A set of fields, as a tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldSet {
    /// Whether the field itself is in the set.
    pub(crate) is_member: bool,
    /// What is below it, by the text of the path element.
    children: BTreeMap<String, FieldSet>,
}

impl FieldSet {
    /// Reads `fieldsV1` (structured-merge-diff v6 `fieldpath/serialize.go`).
    pub(crate) fn read(json: &Value) -> Self {
        read(json, limits::RENDERED_DEPTH)
    }

    /// The fields of an object, as server-side apply records them: leaves, and the items of lists.
    pub(crate) fn of(value: &Value, shape: Option<Shape<'_>>) -> Self {
        let mut set = Self::default();
        fields(value, shape, Merging::ServerSide, true, &mut set);
        set
    }

    /// All fields of an object, those with others below them too.
    pub(crate) fn all_of(value: &Value, shape: Option<Shape<'_>>, merging: Merging) -> Self {
        let mut set = Self::default();
        fields(value, shape, merging, true, &mut set);
        set.make_members();
        set
    }

    fn make_members(&mut self) {
        self.is_member = true;
        for child in self.children.values_mut() {
            child.make_members();
        }
    }

    /// What is below an element.
    pub(crate) fn below(&self, element: &PathElement) -> Option<&Self> {
        self.children.get(&items::text_of(element))
    }

    /// Whether there is anything below.
    pub(crate) fn has_children(&self) -> bool {
        !self.children.is_empty()
    }

    /// Whether the set says anything of a path: the field, something below it, or something above it as one value.
    pub(crate) fn touches(&self, path: &[PathElement]) -> bool {
        let mut set = self;
        for element in path {
            match set.below(element) {
                Some(below) => set = below,
                // A leaf above: a list or map that is one value.
                None => return set.is_member && !set.has_children(),
            }
        }
        true
    }

    /// Puts all of another set in.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.is_member |= other.is_member;
        for (element, child) in &other.children {
            self.children.entry(element.clone()).or_default().extend(child);
        }
    }

    /// How many fields of `self` are in `other`.
    pub(crate) fn shared(&self, other: &Self) -> usize {
        let own = usize::from(self.is_member && other.is_member);
        let below = self
            .children
            .iter()
            .filter_map(|(element, child)| other.children.get(element).map(|other| child.shared(other)));
        own + below.sum::<usize>()
    }
}

fn read(json: &Value, depth: usize) -> FieldSet {
    let mut set = FieldSet::default();
    let Some(fields) = json.as_object() else {
        return set;
    };
    for (name, below) in fields {
        if name == "." {
            set.is_member = true;
            continue;
        }
        let Some(element) = normal(name) else {
            continue;
        };
        let mut child = depth
            .checked_sub(1)
            .map_or_else(FieldSet::default, |depth| read(below, depth));
        // An empty map stands for the field itself.
        child.is_member |= !child.has_children();
        set.children.insert(element, child);
    }
    set
}

/// The text of an element with its keys in our order.
fn normal(name: &str) -> Option<String> {
    let (sort, rest) = name.split_once(':')?;
    let element = match sort {
        "f" => PathElement::Field(rest.to_owned()),
        "k" => {
            let keys: Value = serde_json::from_str(rest).ok()?;
            let pairs = keys
                .as_object()?
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()));
            PathElement::Key(pairs.collect())
        }
        "v" => PathElement::Item(serde_json::from_str(rest).ok()?),
        "i" => PathElement::Index(rest.parse().ok()?),
        _ => return None,
    };
    Some(items::text_of(&element))
}

/// The nesting of `value` is limited where it is read.
fn fields(value: &Value, shape: Option<Shape<'_>>, merging: Merging, is_root: bool, set: &mut FieldSet) {
    match value {
        Value::Object(map) if !map.is_empty() && !shape.is_some_and(|shape| shape.is_atomic_map(merging)) => {
            for (key, value) in map {
                let element = items::text_of(&PathElement::Field(key.clone()));
                let child = set.children.entry(element).or_default();
                fields(value, schema::field(shape, key, is_root), merging, false, child);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            let rule = shape.map_or(ListRule::Atomic, |shape| shape.list_rule(merging));
            let item_shape = shape.and_then(|shape| shape.items());
            let Some(elements) = items::elements(list, &rule, item_shape) else {
                set.is_member = true;
                return;
            };
            for (item, element) in list.iter().zip(elements) {
                let child = set.children.entry(items::text_of(&element)).or_default();
                fields(item, item_shape, merging, false, child);
                child.is_member = true;
            }
        }
        _ => set.is_member = true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_server_records_is_read() {
        let set = FieldSet::read(&json!({
            "f:spec": {"f:replicas": {}, "f:ports": {".": {}, "k:{\"protocol\":\"TCP\",\"containerPort\":80}": {".": {}, "f:name": {}}}},
            "f:metadata": {"f:finalizers": {"v:\"a\"": {}}, "f:labels": {}},
            "x:odd": {}
        }));
        let field = |name: &str| PathElement::Field(name.to_owned());
        let port = PathElement::Key(vec![
            ("containerPort".to_owned(), json!(80)),
            ("protocol".to_owned(), json!("TCP")),
        ]);
        assert!(set.touches(&[field("spec"), field("replicas")]));
        assert!(set.touches(&[field("spec"), field("ports"), port.clone(), field("name")]));
        assert!(set.touches(&[field("metadata"), field("finalizers"), PathElement::Item(json!("a"))]));
        assert!(set.touches(&[field("metadata"), field("labels"), field("below a leaf")]));
        assert!(!set.touches(&[field("spec"), field("ports"), port, field("hostPort")]));
        assert!(!set.touches(&[field("status")]));
    }
}
