//! For tests: a kustomization and its files as texts, and objects as JSON.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::layer::Layer;
use super::problem::Problem;
use super::read::{self, Placing};
use super::resource::{Resource, Resources};
use super::schema::Known;
use super::sources::Sources;
use super::value::{Data, FileId, Step, Value};
use crate::source::decode::{Decoded, Node, decode_str};

/// One kustomization in the folder `app`, and the objects beside it.
pub(super) struct Fixture {
    pub(super) sources: Sources,
    kustomization: FileId,
}

impl Fixture {
    pub(super) fn new(kustomization: &str) -> Self {
        let mut sources = Sources::default();
        let kustomization = sources.add_documents(Arc::new(yaml("app/kustomization.yaml", kustomization)));
        Self { sources, kustomization }
    }

    pub(super) fn with_data(mut self, name: &str, bytes: &[u8]) -> Self {
        self.sources.add_data(name, Ok(bytes.into()));
        self
    }

    pub(super) fn objects(&mut self, text: &str) -> Resources {
        let decoded = Arc::new(yaml("app/objects.yaml", text));
        let file = self.sources.add_documents(Arc::clone(&decoded));
        let placing = Placing {
            file,
            step: Step::Resource,
            map: None,
        };
        let mut resources = Resources::default();
        for resource in read::resources(&decoded, placing).unwrap() {
            resources.append(resource).unwrap();
        }
        resources
    }

    pub(super) fn run(&self, change: impl FnOnce(&Layer<'_>, Node<'_>) -> Result<(), Problem>) -> Result<(), Problem> {
        let layer = Layer {
            sources: &self.sources,
            file: self.kustomization,
            folder: "app",
            schema: Known::BuiltIn,
        };
        let decoded = Arc::clone(self.sources.decoded(self.kustomization).unwrap());
        let tree = decoded.documents[0].tree.as_ref().unwrap();
        change(&layer, tree.root())
    }

    /// The text that an origin points at.
    pub(super) fn text_at(&self, value: &Value) -> &str {
        self.sources.file(value.origin.file).unwrap().slice(value.origin.span)
    }
}

/// A text that begins with `{` is YAML too, behind this line.
fn yaml(name: &str, text: &str) -> Decoded {
    decode_str(name, format!("---\n{text}"))
}

pub(super) fn json(value: &Value) -> Json {
    match &value.data {
        Data::Null => Json::Null,
        Data::Bool(value) => Json::from(*value),
        Data::Int(value) => Json::from(*value),
        Data::Float(value) => Json::from(*value),
        Data::Text(text) => Json::from(&**text),
        Data::List(items) => items.iter().map(json).collect(),
        Data::Map(fields) => {
            let fields = fields.iter().map(|field| (field.key.to_string(), json(&field.value)));
            Json::Object(fields.collect::<Map<_, _>>())
        }
    }
}

/// The objects, each as JSON in one line.
pub(super) fn lines(resources: &Resources) -> Vec<String> {
    resources
        .iter()
        .map(|resource: &Resource| json(&resource.value).to_string())
        .collect()
}
