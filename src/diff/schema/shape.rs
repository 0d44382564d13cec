//! The type of one place in an object, read straight from an OpenAPI v3 document: nothing is compiled, references are followed when asked.

use serde_json::Value;

use super::facts::{self, FieldFacts};

/// Where a schema comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The server's own OpenAPI document.
    Server,
    /// A CustomResourceDefinition in Git.
    Git,
    /// The types of this program.
    Builtin,
}

/// A document of schemas, and which of them is meant.
#[derive(Debug, Clone)]
pub struct Document {
    /// The document, in which references are looked up.
    pub json: std::sync::Arc<Value>,
    /// The JSON pointer of the schema of the kind; empty for the document itself.
    pub pointer: String,
    /// The name of the schema of the kind.
    pub name: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether the server keeps the objects as JSON, not as a Go type: a custom resource. Defaults of its schema may be zeros, and an empty
    /// list is not an absent one.
    pub is_custom: bool,
}

/// How often a reference may lead to another one; the published documents have two.
const REFERENCES: usize = 32;

impl Document {
    /// The type of the whole object.
    #[must_use]
    pub fn root(&self) -> Option<Shape<'_>> {
        let node = self.json.pointer(&self.pointer)?;
        Some(Shape::new(self, node, facts::short_name(&self.name), None))
    }
}

/// The type of one place.
#[derive(Debug, Clone, Copy)]
pub struct Shape<'s> {
    document: &'s Document,
    /// As it is written at the field.
    outer: &'s Value,
    /// What that refers to.
    node: &'s Value,
    /// The short name of the type: `core.v1.Container`; empty of one without a name.
    name: &'s str,
    field: Option<&'static FieldFacts>,
    /// Whether the place is a key of a map: there is nothing that an absent key could be the same as.
    is_map_value: bool,
}

/// How the items of a list are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListRule {
    /// Not at all: the list is one value.
    Atomic,
    /// By their value.
    Set,
    /// By some of their fields.
    Keys(Vec<String>),
}

/// Who merges: the two ways of applying treat lists differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merging {
    /// `kubectl apply`: a strategic merge patch for built-in kinds, a JSON merge patch for the others.
    ClientSide,
    /// Server-side apply.
    ServerSide,
}

/// What a scalar means beyond its JSON type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarKind {
    /// Just what it is.
    Plain,
    /// A resource quantity.
    Quantity,
    /// A number, or a string that is not the same as the number.
    IntOrString,
    /// A duration as Go writes it.
    Duration,
    /// Base64.
    Bytes,
}

impl<'s> Shape<'s> {
    fn new(document: &'s Document, outer: &'s Value, name: &'s str, field: Option<&'static FieldFacts>) -> Self {
        let (mut node, mut name) = (outer, name);
        for _ in 0..REFERENCES {
            let all_of = node
                .get("allOf")
                .and_then(Value::as_array)
                .filter(|parts| parts.len() == 1);
            let holder = all_of.and_then(|parts| parts.first()).unwrap_or(node);
            let Some(reference) = holder.get("$ref").and_then(Value::as_str) else {
                break;
            };
            let Some(target) = document.json.pointer(reference.trim_start_matches('#')) else {
                break;
            };
            node = target;
            name = facts::short_name(reference.rsplit('/').next().unwrap_or(reference));
        }
        Self {
            document,
            outer,
            node,
            name,
            field,
            is_map_value: false,
        }
    }

    /// Something the schema says at this place, beside the reference or behind it.
    fn says(&self, keyword: &str) -> Option<&'s Value> {
        self.outer.get(keyword).or_else(|| self.node.get(keyword))
    }

    fn flag(&self, keyword: &str) -> bool {
        self.says(keyword) == Some(&Value::Bool(true))
    }

    /// The short name of the type.
    #[must_use]
    pub fn name(&self) -> &'s str {
        self.name
    }

    /// Whether the objects are kept as JSON.
    #[must_use]
    pub fn is_custom(&self) -> bool {
        self.document.is_custom && !self.is_kubernetes_type()
    }

    fn is_kubernetes_type(&self) -> bool {
        self.name.starts_with("core.v1.") || self.name.starts_with("meta.v1.")
    }

    /// The type of a field; `None` if nothing is known of it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Shape<'s>> {
        let declared = self.node.get("properties").and_then(|properties| properties.get(name));
        if let Some(declared) = declared {
            let facts = facts::of_type(self.name).and_then(|facts| facts.fields.get(name));
            return Some(Self::new(self.document, declared, "", facts));
        }
        let additional = self
            .node
            .get("additionalProperties")
            .filter(|value| value.is_object())?;
        Some(Self {
            is_map_value: true,
            ..Self::new(self.document, additional, "", None)
        })
    }

    /// Whether the field is one that the type names.
    #[must_use]
    pub fn names(&self, field: &str) -> bool {
        self.node
            .get("properties")
            .is_some_and(|properties| properties.get(field).is_some())
    }

    /// The fields that the type names.
    pub fn fields(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        let properties = self.node.get("properties").and_then(Value::as_object);
        properties
            .into_iter()
            .flat_map(|properties| properties.keys().map(String::as_str))
    }

    /// Whether a field that the type does not name is dropped: the type names its fields and keeps no others.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.node.get("properties").is_some()
            && self
                .node
                .get("additionalProperties")
                .is_none_or(|value| value == &Value::Bool(false))
            && !self.flag("x-kubernetes-preserve-unknown-fields")
            && !self.flag("x-kubernetes-embedded-resource")
    }

    /// The type of the items of a list.
    #[must_use]
    pub fn items(&self) -> Option<Shape<'s>> {
        let items = self.node.get("items").filter(|value| value.is_object())?;
        Some(Self::new(self.document, items, "", None))
    }

    /// The JSON type, if there is one.
    #[must_use]
    pub fn json_type(&self) -> Option<&'s str> {
        match self.node.get("type")? {
            Value::String(name) => Some(name),
            Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
            _ => None,
        }
    }

    fn is_int_or_string(&self) -> bool {
        self.flag("x-kubernetes-int-or-string") || self.says("format").and_then(Value::as_str) == Some("int-or-string")
    }

    /// What a scalar means.
    #[must_use]
    pub fn scalar(&self) -> ScalarKind {
        if self.name.ends_with("api.resource.Quantity") || self.is_quantity_pattern() {
            return ScalarKind::Quantity;
        }
        if self.is_int_or_string() || self.name.ends_with("util.intstr.IntOrString") {
            return ScalarKind::IntOrString;
        }
        if self.name == "meta.v1.Duration" {
            return ScalarKind::Duration;
        }
        match self.says("format").and_then(Value::as_str) {
            Some("byte") => ScalarKind::Bytes,
            Some("duration") => ScalarKind::Duration,
            _ => ScalarKind::Plain,
        }
    }

    /// controller-gen writes a Quantity as an int-or-string with the pattern of its suffixes.
    fn is_quantity_pattern(&self) -> bool {
        let pattern = self.node.get("pattern").and_then(Value::as_str);
        self.is_int_or_string() && pattern.is_some_and(|pattern| pattern.contains("KMGTPE"))
    }

    /// Whether a map is one value.
    #[must_use]
    pub fn is_atomic_map(&self, merging: Merging) -> bool {
        if merging == Merging::ClientSide {
            return false;
        }
        let declared = self.says("x-kubernetes-map-type").and_then(Value::as_str) == Some("atomic");
        declared
            || self.field.is_some_and(|field| field.is_atomic)
            || facts::of_type(self.name).is_some_and(|facts| facts.is_atomic)
    }

    /// Whether a strategic merge patch clears what it does not name in this map, or in an item of this list.
    #[must_use]
    pub fn retains_keys(&self, merging: Merging) -> bool {
        let declared = self.says("x-kubernetes-patch-strategy").and_then(Value::as_str);
        merging == Merging::ClientSide
            && (declared.is_some_and(|strategy| strategy.contains("retainKeys"))
                || self.field.is_some_and(|field| field.retains_keys))
    }

    /// How a list is merged.
    #[must_use]
    pub fn list_rule(&self, merging: Merging) -> ListRule {
        match merging {
            Merging::ServerSide => self.server_rule(),
            // A JSON merge patch replaces every list (kubectl v0.36 pkg/cmd/apply/patcher.go).
            Merging::ClientSide if self.document.is_custom => ListRule::Atomic,
            Merging::ClientSide => self.patch_rule(),
        }
    }

    fn server_rule(&self) -> ListRule {
        match self.says("x-kubernetes-list-type").and_then(Value::as_str) {
            Some("map") => {
                let keys = self.says("x-kubernetes-list-map-keys").and_then(Value::as_array);
                let keys = keys.into_iter().flatten().filter_map(Value::as_str);
                return ListRule::Keys(keys.map(str::to_owned).collect());
            }
            Some("set") => return ListRule::Set,
            Some(_) => return ListRule::Atomic,
            None => {}
        }
        match self.field {
            Some(field) if field.is_set => ListRule::Set,
            Some(field) if !field.keys.is_empty() => ListRule::Keys(field.keys.clone()),
            _ => ListRule::Atomic,
        }
    }

    fn patch_rule(&self) -> ListRule {
        let strategy = self.says("x-kubernetes-patch-strategy").and_then(Value::as_str);
        let key = self.says("x-kubernetes-patch-merge-key").and_then(Value::as_str);
        let key = match (strategy, self.field.and_then(|field| field.patch_key.as_deref())) {
            (Some(strategy), _) if strategy.contains("merge") => key.unwrap_or(""),
            (None, Some(key)) => key,
            _ => return ListRule::Atomic,
        };
        if key.is_empty() {
            ListRule::Set
        } else {
            ListRule::Keys(vec![key.to_owned()])
        }
    }

    /// By which fields people tell the items of the list apart, if by any.
    #[must_use]
    pub fn shown_keys(&self) -> Option<Vec<String>> {
        match self.server_rule() {
            ListRule::Keys(keys) => Some(keys),
            ListRule::Set => None,
            ListRule::Atomic => {
                let shown = self
                    .field
                    .map(|field| &field.shown_keys)
                    .filter(|keys| !keys.is_empty());
                shown.cloned().or_else(|| match self.patch_rule() {
                    ListRule::Keys(keys) => Some(keys),
                    _ => None,
                })
            }
        }
    }

    /// Whether the order of the list means nothing.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.server_rule() == ListRule::Set
    }

    /// The default that the server gives; zero values that are published for every Go value are none (kubernetes/kubernetes#109036).
    #[must_use]
    pub fn default(&self) -> Option<&'s Value> {
        if let Some(default) = self.field.and_then(|field| field.default.as_ref()) {
            return Some(default);
        }
        let default = self.says("default")?;
        (self.is_custom() || !is_zero(default)).then_some(default)
    }

    /// Whether a value at this place is as good as none.
    #[must_use]
    pub fn is_absent(&self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            _ if self.is_custom() || self.is_map_value => false,
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) if fields.is_empty() => {
                self.node
                    .get("additionalProperties")
                    .is_some_and(|value| value != &Value::Bool(false))
                    || self.zero_is_absent()
            }
            Value::Object(_) => false,
            scalar => is_zero(scalar) && self.zero_is_absent(),
        }
    }

    fn zero_is_absent(&self) -> bool {
        if self.is_map_value {
            return false;
        }
        self.field.is_some_and(|field| field.zero_is_absent)
            || self
                .outer
                .get("default")
                .is_some_and(|default| is_zero(default) && !self.document.is_custom)
    }

    /// Whether an object of the type with nothing in it but such objects is as good as none.
    #[must_use]
    pub fn is_value_struct(&self) -> bool {
        !self.is_custom() && self.node.get("properties").is_some() && self.zero_is_absent()
    }

    /// The rules in CEL at this place.
    pub fn cel_rules(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        let (outer, node) = (self.outer, self.node);
        let same = std::ptr::eq(outer, node);
        [Some(outer), (!same).then_some(node)]
            .into_iter()
            .flatten()
            .filter_map(|node| node.get("x-kubernetes-validations").and_then(Value::as_array))
            .flatten()
            .filter_map(|rule| rule.get("rule").and_then(Value::as_str))
    }
}

/// Whether a value is the zero value of its type.
pub(crate) fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}
