//! What types the fields of an object have: from the server's OpenAPI document, else from a CustomResourceDefinition in Git, else from the
//! types of this program.

mod builtin;
pub(crate) mod facts;
pub mod shape;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::live::reference::ObjectReference;
use crate::model::object::Object;
use crate::model::sidecar_set;
use crate::source::decode;
use crate::source::limits;
use shape::{Document, Origin, Shape};

/// The schemas of the kinds that a comparison meets.
#[derive(Debug, Default)]
pub struct Schemas {
    kinds: BTreeMap<(String, String), KindSchemas>,
}

/// What is known of the fields of one kind.
#[derive(Debug, Default)]
pub struct KindSchemas {
    /// The types that comparing goes by.
    pub types: Option<Document>,
    /// The server's or the CustomResourceDefinition's, where it is not the same: of a SidecarSet, whose definition leaves containers open.
    pub served: Option<Document>,
}

impl Schemas {
    /// Finds the schemas of the kinds of `references`.
    pub fn of<'r>(
        references: impl Iterator<Item = &'r ObjectReference>,
        documents: &BTreeMap<String, Arc<Value>>,
        definitions: &Definitions,
    ) -> Self {
        let mut kinds = BTreeMap::new();
        for reference in references {
            let key = (reference.api_version.clone(), reference.kind.clone());
            kinds
                .entry(key)
                .or_insert_with(|| find(reference, documents, definitions));
        }
        Self { kinds }
    }

    /// What is known of the kind of an object.
    #[must_use]
    pub fn kind(&self, reference: &ObjectReference) -> Option<&KindSchemas> {
        self.kinds.get(&(reference.api_version.clone(), reference.kind.clone()))
    }
}

fn find(
    reference: &ObjectReference,
    documents: &BTreeMap<String, Arc<Value>>,
    definitions: &Definitions,
) -> KindSchemas {
    let served = documents
        .get(&reference.api_version)
        .and_then(|document| server_document(document, reference))
        .or_else(|| definitions.document(reference));
    let builtin = builtin::document(&reference.api_version, &reference.kind).cloned();
    // Kruise's webhook reads a SidecarSet into its own types, whatever its definition leaves open.
    if reference.group() == sidecar_set::KRUISE_GROUP && builtin.is_some() {
        return KindSchemas { types: builtin, served };
    }
    KindSchemas {
        types: served.or(builtin),
        served: None,
    }
}

/// The schema of a kind in an OpenAPI v3 document.
fn server_document(document: &Arc<Value>, reference: &ObjectReference) -> Option<Document> {
    let schemas = document.pointer("/components/schemas")?.as_object()?;
    let version = reference.api_version.rsplit('/').next().unwrap_or_default();
    let is_meant = |schema: &Value| {
        let kinds = schema.get("x-kubernetes-group-version-kind").and_then(Value::as_array);
        kinds.is_some_and(|kinds| {
            kinds.iter().any(|kind| {
                kind["group"] == reference.group() && kind["version"] == version && kind["kind"] == reference.kind
            })
        })
    };
    let (name, _) = schemas.iter().find(|(_, schema)| is_meant(schema))?;
    let is_builtin = [
        "io.k8s.api.",
        "io.k8s.apiextensions-apiserver.",
        "io.k8s.kube-aggregator.",
    ];
    Some(Document {
        json: Arc::clone(document),
        pointer: format!("/components/schemas/{}", name.replace('~', "~0").replace('/', "~1")),
        name: name.clone(),
        origin: Origin::Server,
        is_custom: !is_builtin.iter().any(|prefix| name.starts_with(prefix)),
    })
}

/// The CustomResourceDefinitions in Git.
#[derive(Debug, Default)]
pub struct Definitions {
    /// By group and kind.
    all: BTreeMap<(String, String), Arc<Value>>,
}

impl Definitions {
    /// Reads those among some objects.
    pub fn of<'o>(objects: impl Iterator<Item = &'o Object>) -> Self {
        let definitions = objects.filter(|object| {
            object.identity.kind == "CustomResourceDefinition" && object.identity.group() == "apiextensions.k8s.io"
        });
        let all = definitions
            .filter_map(|object| {
                let root = object.root();
                let group = root.str_at(&["spec", "group"])?.to_owned();
                let kind = root.str_at(&["spec", "names", "kind"])?.to_owned();
                let json = decode::to_json(root, limits::RENDERED_DEPTH)?;
                Some(((group, kind), Arc::new(json)))
            })
            .collect();
        Self { all }
    }

    fn version(&self, reference: &ObjectReference) -> Option<(&Arc<Value>, usize)> {
        let key = (reference.group().to_owned(), reference.kind.clone());
        let definition = self.all.get(&key)?;
        let version = reference.api_version.rsplit('/').next().unwrap_or_default();
        let versions = definition.pointer("/spec/versions")?.as_array()?;
        let is_served = |entry: &Value| entry["name"] == version && entry["served"] != Value::Bool(false);
        Some((definition, versions.iter().position(is_served)?))
    }

    /// Whether one of them makes the kind at that version.
    #[must_use]
    pub fn serves(&self, reference: &ObjectReference) -> bool {
        self.version(reference).is_some()
    }

    fn document(&self, reference: &ObjectReference) -> Option<Document> {
        let (definition, at) = self.version(reference)?;
        let pointer = format!("/spec/versions/{at}/schema/openAPIV3Schema");
        definition.pointer(&pointer)?;
        Some(Document {
            json: Arc::clone(definition),
            pointer,
            name: String::new(),
            origin: Origin::Git,
            is_custom: true,
        })
    }
}

/// The type of a field of an object whose own type may not be known. Metadata is the same everywhere, also where a definition says nothing
/// of it; `is_root` says whether the field is one of the whole object.
pub(crate) fn field<'s>(shape: Option<Shape<'s>>, name: &str, is_root: bool) -> Option<Shape<'s>> {
    let field = shape.and_then(|shape| shape.field(name));
    if is_root && name == "metadata" && field.is_none_or(|field| !field.names("labels")) {
        return builtin::document("v1", "ConfigMap")
            .and_then(Document::root)?
            .field(name);
    }
    field
}
