//! A file that `openapi` names (kyaml v0.18.1 `openapi/openapi.go` `parse`, `AddDefinitions`, `findNamespaceability`).

use std::collections::{BTreeMap, HashMap};

use super::part::REFERENCES;
use super::{Definition, Schema, shape};
use crate::source::decode::{Node, NodeKind, Style};
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::Problem;
use crate::source::kustomize::value::{FileId, Origin, Step};
use crate::source::limits;
use crate::source::text::Span;

pub(super) const MERGE_KEY: &str = "x-kubernetes-patch-merge-key";
pub(super) const LIST_KEYS: &str = "x-kubernetes-list-map-keys";
pub(super) const STRATEGY: &str = "x-kubernetes-patch-strategy";
const TYPES: &str = "x-kubernetes-group-version-kind";
const DEFINITIONS: &str = "#/definitions/";
/// What a path has whose objects are in a namespace.
const IN_A_NAMESPACE: &str = "namespaces/{namespace}";

/// Definitions that kustomize itself always adds (kyaml v0.18.1 `openapi/kustomizationapi/swagger.json`).
const OF_KUSTOMIZE: [&str; 5] = [
    "io.k8s.api.apps.v1.ConfigMapArgs",
    "io.k8s.api.apps.v1.GeneratorArgs",
    "io.k8s.api.apps.v1.Kustomization",
    "io.k8s.api.apps.v1.KvPairSources",
    "io.k8s.api.apps.v1.SecretArgs",
];

impl Schema {
    /// Reads a file.
    ///
    /// # Errors
    /// When kustomize may read it otherwise, or not survive it.
    pub fn read(file: FileId, layer: &Layer<'_>) -> Result<Self, Problem> {
        let layer = Layer { file, ..*layer };
        let whole = Origin::new(file, Span::default(), Style::Plain, Step::Resource);
        let odd = |origin: &Origin, message: String| Err(Problem::not_understood_at(origin, message));
        let Some(decoded) = layer.sources.decoded(file) else {
            return odd(&whole, "a schema that cannot be read".to_owned());
        };
        if let Some(fault) = decoded.faults.first() {
            let origin = Origin::new(file, fault.span, Style::Plain, Step::Resource);
            return odd(&origin, format!("a schema with a fault: {}", fault.message));
        }
        let text = decoded.file.text();
        if text.starts_with('{')
            && let Err(fault) = serde_json::from_str::<serde::de::IgnoredAny>(text)
        {
            return odd(
                &whole,
                format!("a schema that begins with `{{` and is no JSON: {fault}"),
            );
        }
        let mut trees = decoded.documents.iter().map(|document| document.tree.as_ref());
        let (Some(Some(tree)), None) = (trees.next(), trees.next()) else {
            return odd(&whole, "a schema that is not one document".to_owned());
        };
        let mut reader = Reader {
            layer: &layer,
            schema: Self::default(),
            pending: Vec::new(),
        };
        reader.read(tree.root())?;
        Ok(reader.schema)
    }
}

struct Reader<'r, 't> {
    layer: &'r Layer<'r>,
    schema: Schema,
    /// Schemas that have their place, and are not read yet.
    pending: Vec<(u32, Node<'t>)>,
}

impl<'t> Reader<'_, 't> {
    fn odd(&self, node: Node<'_>, message: &str) -> Problem {
        Problem::not_understood_at(&self.layer.origin(node, Step::Resource), message)
    }

    fn mapping(&self, node: Node<'t>) -> Result<Node<'t>, Problem> {
        if node.kind() == NodeKind::Mapping {
            return Ok(node);
        }
        Err(self.odd(node, "a mapping is due here in a schema"))
    }

    fn read(&mut self, root: Node<'t>) -> Result<(), Problem> {
        for entry in self.mapping(root)?.entries() {
            let known = ["definitions", "paths", "info", "parameters", "responses"];
            let name = known.into_iter().find(|name| name.eq_ignore_ascii_case(entry.key()));
            if name.is_some_and(|name| name != entry.key() || entry.value().kind() != NodeKind::Mapping) {
                return Err(self.odd(entry.value(), "a field of a schema is not as it should be"));
            }
        }
        let definitions = root.get("definitions");
        for entry in definitions.into_iter().flat_map(Node::entries) {
            let node = self.mapping(entry.value())?;
            if OF_KUSTOMIZE.contains(&entry.key()) {
                return Err(self.odd(node, "a definition that kustomize has itself"));
            }
            let id = self.reserve(node)?;
            self.schema.by_name.insert(entry.key().to_owned(), id);
            self.add_types(id, node)?;
        }
        while let Some((id, node)) = self.pending.pop() {
            let definition = self.definition(node)?;
            if let Some(place) = self.schema.definitions.get_mut(id as usize) {
                *place = definition;
            }
        }
        self.refuse_circles(root)?;
        root.get("paths").map_or(Ok(()), |paths| self.add_scopes(paths))
    }

    /// A place for a schema.
    fn reserve(&mut self, node: Node<'t>) -> Result<u32, Problem> {
        let limit = limits::SCHEMA_DEFINITIONS;
        if self.schema.definitions.len() >= limit {
            let origin = self.layer.origin(node, Step::Resource);
            return Err(Problem::too_large(format!("a schema of more than {limit} parts")).or_at(&origin));
        }
        let id = u32::try_from(self.schema.definitions.len()).unwrap_or(u32::MAX);
        self.schema.definitions.push(Definition::default());
        self.pending.push((id, node));
        Ok(id)
    }

    fn add_types(&mut self, id: u32, node: Node<'t>) -> Result<(), Problem> {
        let types = node.get(TYPES).into_iter().flat_map(Node::items);
        for found in types.filter(|found| found.kind() == NodeKind::Mapping) {
            let found = self.type_of(found)?;
            let entry = self.schema.by_type.entry(found);
            entry.and_modify(|known| *known = None).or_insert(Some(id));
        }
        Ok(())
    }

    /// `apiVersion` and kind.
    fn type_of(&self, node: Node<'_>) -> Result<(String, String), Problem> {
        let text = |key: &str| node.str_at(&[key]);
        let (Some(version), Some(kind)) = (text("version"), text("kind")) else {
            return Err(self.odd(node, "a type in a schema without `version` or `kind`"));
        };
        let api_version = match text("group") {
            Some(group) if !group.is_empty() => format!("{group}/{version}"),
            _ => version.to_owned(),
        };
        Ok((api_version, kind.to_owned()))
    }

    fn definition(&mut self, node: Node<'t>) -> Result<Definition, Problem> {
        shape::check(node, self.layer)?;
        let mut fields = HashMap::new();
        for entry in node.get("properties").into_iter().flat_map(Node::entries) {
            fields.insert(entry.key().to_owned(), self.reserve(entry.value())?);
        }
        let is_schema = |node: &Node<'_>| node.kind() == NodeKind::Mapping;
        let additional = node.get("additionalProperties").filter(is_schema);
        let additional = additional.map(|node| self.reserve(node)).transpose()?;
        let items = node.get("items").map(|node| self.reserve(node)).transpose()?;
        // They are not followed, and Go reads them nevertheless.
        for list in ["allOf", "anyOf", "oneOf"]
            .into_iter()
            .filter_map(|field| node.get(field))
        {
            list.items().try_for_each(|item| self.reserve(item).map(drop))?;
        }
        let is_list = node.get("type").is_some_and(|kind| {
            let mut names = kind.items();
            let only = names.next().filter(|_| names.next().is_none());
            kind.as_str().or(only.and_then(Node::as_str)) == Some("array")
        });
        Ok(Definition {
            fields,
            additional,
            items,
            is_list,
            reference: self.reference(node)?,
            merged: merged(node),
        })
    }

    /// The name of the definition that stands for this one.
    fn reference(&self, node: Node<'_>) -> Result<Option<String>, Problem> {
        let Some(written) = node.str_at(&["$ref"]).filter(|written| !written.is_empty()) else {
            return Ok(None);
        };
        let is_plain = |name: &&str| {
            let mut characters = name.chars();
            !name.is_empty() && characters.all(|sign| sign.is_ascii_alphanumeric() || ".-_".contains(sign))
        };
        match written.strip_prefix(DEFINITIONS).filter(is_plain) {
            Some(name) if !OF_KUSTOMIZE.contains(&name) => Ok(Some(name.to_owned())),
            _ => Err(self.odd(
                node,
                "a `$ref` of a schema that is not `#/definitions/` and a plain name",
            )),
        }
    }

    /// kustomize would follow definitions for ever that only stand for one another.
    fn refuse_circles(&self, root: Node<'_>) -> Result<(), Problem> {
        let reference = |id: &u32| self.schema.definitions.get(*id as usize)?.reference.as_ref();
        for start in self.schema.by_name.values() {
            let next = |id: &u32| self.schema.by_name.get(reference(id)?).copied();
            if std::iter::successors(Some(*start), next).take(REFERENCES).count() == REFERENCES {
                return Err(self.odd(root, "definitions of a schema that only stand for one another"));
            }
        }
        Ok(())
    }

    fn add_scopes(&mut self, paths: Node<'t>) -> Result<(), Problem> {
        let mut has_namespace: BTreeMap<(String, String), bool> = BTreeMap::new();
        for entry in paths.entries() {
            let path = self.mapping(entry.value())?;
            let Some(get) = path.get("get") else { continue };
            let Some(found) = self.mapping(get)?.get(TYPES) else {
                continue;
            };
            if found.kind() == NodeKind::Mapping {
                let found = self.type_of(found)?;
                *has_namespace.entry(found).or_default() |= entry.key().contains(IN_A_NAMESPACE);
            }
        }
        let without = has_namespace.into_iter().filter(|(_, has_namespace)| !has_namespace);
        self.schema.cluster_scoped = without.map(|(found, _)| found).collect();
        Ok(())
    }
}

/// How the items of a list are told apart, if a strategy says that they are merged.
fn merged(node: Node<'_>) -> Option<Vec<String>> {
    let strategy = node.str_at(&[STRATEGY])?;
    if !strategy.split(',').any(|part| part == "merge") {
        return None;
    }
    if let Some(keys) = node.get(LIST_KEYS) {
        return Some(keys.items().filter_map(Node::as_str).map(str::to_owned).collect());
    }
    Some(node.str_at(&[MERGE_KEY]).map(str::to_owned).into_iter().collect())
}
