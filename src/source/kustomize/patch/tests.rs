//! Patches as a kustomization has them, from text to objects.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::*;
use crate::source::decode;
use crate::source::kustomize::problem::BuildVerdict;
use crate::source::kustomize::sources::Sources;
use crate::source::kustomize::value::{Data, Step};

/// The objects that come of a kustomization of resources and patches, and the files.
fn build(files: &[(&str, &str)]) -> (Sources, Result<Resources, Problem>) {
    let mut sources = Sources::default();
    for (name, text) in files {
        sources.add_documents(Arc::new(decode::decode(*name, text.as_bytes().to_vec())));
    }
    let built = carry_out(&sources);
    (sources, built)
}

fn carry_out(sources: &Sources) -> Result<Resources, Problem> {
    let file = sources.find("kustomization.yaml").unwrap();
    let layer = Layer {
        sources,
        file,
        folder: "",
    };
    let decoded = Arc::clone(sources.decoded(file).unwrap());
    let tree = decoded.documents[0].tree.as_ref().unwrap();
    let mut resources = Resources::default();
    for path in tree.root().get("resources").into_iter().flat_map(Node::items) {
        for resource in layer.resources_at(path, Step::Resource)? {
            resources.append(resource)?;
        }
    }
    if let Some(list) = tree.root().get("patchesStrategicMerge") {
        patches_strategic_merge(&mut resources, &layer, list)?;
    }
    if let Some(list) = tree.root().get("patches") {
        patches(&mut resources, &layer, list)?;
    }
    if let Some(list) = tree.root().get("patchesJson6902") {
        patches_json6902(&mut resources, &layer, list)?;
    }
    // As kustomize does at its end.
    for resource in resources.iter_mut() {
        let is_rewritten = resource.is_rewritten;
        notes::make_strings(&mut resource.value, "annotations", |value| {
            if is_rewritten {
                notes::rewritten(value)
            } else {
                scalar::as_written(&value.data, &value.origin, sources)
            }
        })?;
    }
    Ok(resources)
}

fn as_json(value: &Value) -> Json {
    match &value.data {
        Data::Null => Json::Null,
        Data::Bool(value) => json!(value),
        Data::Int(number) => json!(number),
        Data::Float(number) => json!(number),
        Data::Text(text) => json!(text.to_string()),
        Data::List(items) => items.iter().map(as_json).collect(),
        Data::Map(fields) => Json::Object(
            fields
                .iter()
                .map(|field| (field.key.to_string(), as_json(&field.value)))
                .collect(),
        ),
    }
}

#[test]
fn zz_fuzz() {
    let Ok(folder) = std::env::var("FUZZ_DIR") else { return };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.join("kustomization.yaml").exists() {
            continue;
        }
        let mut files = Vec::new();
        for file in std::fs::read_dir(&path).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            if name.ends_with(".yaml") {
                files.push((name, std::fs::read_to_string(file.path()).unwrap()));
            }
        }
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        let (_, built) = build(&files);
        let text = match built {
            Ok(resources) => {
                Json::Array(resources.iter().map(|resource| as_json(&resource.value)).collect()).to_string()
            }
            Err(problem) => format!("{:?}: {}", problem.verdict, problem.message),
        };
        std::fs::write(path.join("ours"), text).unwrap();
    }
}
