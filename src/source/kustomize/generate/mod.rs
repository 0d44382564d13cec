//! `configMapGenerator` and `secretGenerator` (kustomize api v0.18.0 `internal/generators`, `resource/factory.go` `makeOne`).

mod absorb;
mod base64;
mod env_file;
mod key_values;
mod options;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::key_values::Reader;
use self::options::Options;
use super::fields::{Shape, check_mapping};
use super::layer::Layer;
use super::problem::Problem;
use super::resource::{Behavior, Resource, Resources};
use super::scalar;
use super::transform::Pair;
use super::value::{Data, Field, Origin, Step, Value};
use crate::source::decode::Node;
use crate::source::limits;

const FIELDS: [(&str, Shape); 9] = [
    ("behavior", Shape::Text),
    ("env", Shape::Text),
    ("envs", Shape::Texts),
    ("files", Shape::Texts),
    ("literals", Shape::Texts),
    ("name", Shape::Text),
    ("namespace", Shape::Text),
    ("options", Shape::Mapping),
    // Of a Secret only; kept last.
    ("type", Shape::Text),
];

const SECRET_TYPE: &str = "Opaque";

/// What a generator makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `configMapGenerator`
    ConfigMap,
    /// `secretGenerator`
    Secret,
}

impl Kind {
    /// In the order in which kustomize runs them.
    const ALL: [Self; 2] = [Self::ConfigMap, Self::Secret];

    fn field(self) -> &'static str {
        match self {
            Self::ConfigMap => "configMapGenerator",
            Self::Secret => "secretGenerator",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "Secret",
        }
    }
}

/// The paths, as they are written, of the files that the generators of a kustomization read.
#[must_use]
pub fn wanted_data(root: Node<'_>) -> Vec<(Node<'_>, String)> {
    let generators = Kind::ALL.into_iter().filter_map(|kind| root.get(kind.field()));
    generators.flat_map(Node::items).flat_map(key_values::paths).collect()
}

/// The paths, as they are written, of the files that one generator reads.
#[must_use]
pub fn wanted_data_of_one(generator: Node<'_>) -> Vec<(Node<'_>, String)> {
    key_values::paths(generator)
}

/// What the generators of one kustomization may still make, in bytes.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Budget {
    /// All that they may make.
    pub(super) fn new() -> Self {
        Self(limits::GENERATED_BYTES)
    }
}

/// Generates what a kustomization, given whole, asks for, and adds it to what is there, or merges it with that.
///
/// # Errors
/// When kustomize refuses a generator, or a file that it reads is not in the repository.
pub(super) fn generate(
    resources: &mut Resources,
    layer: &Layer<'_>,
    root: Node<'_>,
    budget: &mut Budget,
) -> Result<(), Problem> {
    let global = root.get("generatorOptions");
    for kind in Kind::ALL {
        for generator in root.get(kind.field()).into_iter().flat_map(Node::items) {
            generate_one(kind, generator, global, resources, layer, budget)?;
        }
    }
    Ok(())
}

/// Generates one ConfigMap or Secret, as it is written as an item of a kustomization, with the options that hold for all.
///
/// # Errors
/// As of [`generate`].
pub(super) fn generate_one(
    kind: Kind,
    generator: Node<'_>,
    global: Option<Node<'_>>,
    resources: &mut Resources,
    layer: &Layer<'_>,
    budget: &mut Budget,
) -> Result<(), Problem> {
    // Labels and annotations of all are compared with those of each.
    let pairs: usize = [global, generator.get("options")]
        .into_iter()
        .flatten()
        .flat_map(Node::entries)
        .map(|field| field.value().entries().len())
        .sum();
    let origin = layer.origin(generator, Step::Generator);
    resources.spend(pairs * pairs + generator.source().len(), &origin)?;
    let resource = make(kind, generator, global, layer, &mut budget.0)?;
    absorb::absorb(resources, resource, layer.sources)
}

fn make(
    kind: Kind,
    generator: Node<'_>,
    global: Option<Node<'_>>,
    layer: &Layer<'_>,
    budget: &mut usize,
) -> Result<Resource, Problem> {
    let known = match kind {
        Kind::Secret => &FIELDS[..],
        Kind::ConfigMap => &FIELDS[..FIELDS.len() - 1],
    };
    check_mapping(generator, known, layer)?;
    let options = Options::read(generator.get("options"), global, layer)?;
    let whole = layer.origin(generator, Step::Generator);
    let text = |field: &str| {
        let node = generator.get(field)?;
        let text = node.as_str().filter(|text| !text.is_empty())?;
        Some(Value::text(text, layer.origin(node, Step::Generator)))
    };
    let Some(name) = text("name") else {
        return Err(Problem::refused_at(
            &whole,
            format!("kustomize refuses a {} without a `name`", kind.name()),
        ));
    };
    let mut reader = Reader {
        layer,
        subject: format!("{} `{}`", kind.name(), name.as_str().unwrap_or_default()),
        budget,
        found: BTreeMap::new(),
    };
    reader.read(generator)?;

    let mut metadata = Value::map(whole.clone());
    metadata.set("name", &whole, name);
    if let Some(namespace) = text("namespace") {
        metadata.set("namespace", &whole, namespace);
    }
    for (field, pairs) in [("labels", options.labels), ("annotations", options.annotations)] {
        for pair in &pairs {
            scalar::check_key(&pair.key, &pair.key_origin)?;
        }
        if !pairs.is_empty() {
            metadata.set(field, &whole, mapping_of(pairs, &whole));
        }
    }
    let mut object = Value::map(whole.clone());
    object.set("apiVersion", &whole, Value::text("v1", whole.clone()));
    object.set("kind", &whole, Value::text(kind.name(), whole.clone()));
    object.set("metadata", &whole, metadata);
    if kind == Kind::Secret {
        let r#type = text("type").unwrap_or_else(|| Value::text(SECRET_TYPE, whole.clone()));
        object.set("type", &whole, r#type);
        // Present even when it is empty.
        object.set("data", &whole, Value::map(whole.clone()));
    }
    for (key, content) in reader.found {
        let (field, text) = match String::from_utf8(content.bytes) {
            Ok(text) if kind == Kind::ConfigMap => ("data", text),
            Ok(text) => ("data", base64::encode(text.as_bytes())),
            Err(error) if kind == Kind::ConfigMap => ("binaryData", base64::encode(error.as_bytes())),
            Err(error) => ("data", base64::encode(error.as_bytes())),
        };
        scalar::check_key(&key, &content.origin).map_err(|problem| Problem {
            message: if content.is_key_told {
                problem.message
            } else {
                "kustomize writes a key in this file without quotes, and it is not certain to be a string then; take another key".to_owned()
            },
            ..problem
        })?;
        if object.get(field).is_none() {
            object.set(field, &whole, Value::map(whole.clone()));
        }
        if let Some(data) = object.get_mut(field) {
            push(data, &key, Value::text(text, content.origin));
        }
    }
    if let Some(node) = options.immutable {
        let origin = layer.origin(node, Step::Generator);
        let data = Data::Bool(true);
        object.set("immutable", &whole, Value { data, origin });
    }
    let mut resource = Resource::new(object);
    resource.needs_hash = !options.without_hash;
    resource.behavior = behavior(generator);
    resource.is_annotated = true;
    Ok(resource)
}

/// Anything but these two words makes a new object (`types/generationbehavior.go`).
fn behavior(generator: Node<'_>) -> Behavior {
    match generator.str_at(&["behavior"]) {
        Some("replace") => Behavior::Replace,
        Some("merge") => Behavior::Merge,
        _ => Behavior::Create,
    }
}

fn mapping_of(pairs: Vec<Pair>, origin: &Origin) -> Value {
    let mut mapping = Value::map(origin.clone());
    for pair in pairs {
        mapping.set(&pair.key, &pair.key_origin, pair.value);
    }
    mapping
}

/// Adds an entry whose key is known to be new; the key comes from where the value does.
fn push(mapping: &mut Value, key: &str, value: Value) {
    if let Data::Map(fields) = &mut mapping.data {
        fields.push(Field {
            key: key.into(),
            key_origin: value.origin.clone(),
            value,
        });
    }
}
