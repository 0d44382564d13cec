//! The objects of real repositories, as the program reads them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use checker::source::decode::{self, Node, Tree, objects};
use checker::source::kustomize::rendering::Role;
use checker::source::load::{self, Repository};
use checker::source::walk;
use serde_json::Value;

/// One object that a repository wants.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Where it comes from, for people.
    pub origin: String,
    /// The object, in a namespace of its collection's own if it is in one.
    pub object: Value,
}

/// Objects that belong together.
#[derive(Debug)]
pub struct Collection {
    pub candidates: Vec<Candidate>,
}

/// All collections of the shared material, or `None`, said aloud, where there is none.
pub fn collections(what_is_skipped: &str) -> Option<Vec<Collection>> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let corpora = shared.join("corpora");
    if !corpora.is_dir() {
        eprintln!("skipped: {what_is_skipped}: {} is not there", corpora.display());
        return None;
    }
    let mut folders: Vec<PathBuf> = sub_folders(&corpora.join("repos"));
    folders.extend(
        sub_folders(&corpora.join("changes"))
            .into_iter()
            .map(|change| change.join("before")),
    );
    folders.extend([
        corpora.join("sidecarsets"),
        corpora.join("odd"),
        shared.join("samples/kruise"),
    ]);
    let numbered = folders.iter().enumerate();
    Some(
        numbered
            .map(|(at, folder)| collection(&format!("c{at}"), folder))
            .collect(),
    )
}

fn sub_folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

fn collection(name: &str, folder: &Path) -> Collection {
    let walked = walk::walk(folder, &[folder.to_owned()]).unwrap();
    let repository = load::load(walked, None, None);
    let mut found = Vec::new();
    of_roots(&repository, &mut found);
    of_files(&repository, &mut found);
    let mut taken = BTreeSet::new();
    let label = folder.file_name().unwrap().to_string_lossy().into_owned();
    let mut candidates = Vec::new();
    for (origin, mut object) in found {
        // Of these many have the name of an example; each is another one.
        if object["kind"] == "SidecarSet" && !taken.insert(identity(&object)) {
            let renamed = format!("{}-{}", object["metadata"]["name"].as_str().unwrap(), candidates.len());
            object["metadata"]["name"] = renamed.into();
        }
        // Of several overlays of one object the first is as good as another.
        if taken.insert(identity(&object)) || object["kind"] == "SidecarSet" {
            into_own_namespace(&mut object, name);
            candidates.push(Candidate {
                origin: format!("{label}: {origin}"),
                object,
            });
        }
    }
    Collection { candidates }
}

/// What the kustomizations make.
fn of_roots(repository: &Repository, found: &mut Vec<(String, Value)>) {
    for root in &repository.rendering.roots {
        for object in root.outcome.iter().flat_map(|built| &built.objects) {
            add(root.name(), object.document.tree.root(), None, found);
        }
    }
}

/// What stands in files that no kustomization makes something of.
fn of_files(repository: &Repository, found: &mut Vec<(String, Value)>) {
    for file in &repository.files {
        if !file.class.is_checked() || !matches!(file.role, Role::None | Role::Taken) {
            continue;
        }
        let documents = file.decoded.iter().flat_map(|decoded| &decoded.documents);
        let trees = documents.filter_map(|document| document.tree.as_deref());
        for object in trees.flat_map(|tree: &Tree| objects::objects(tree.root()).0) {
            add(&file.name, object.node, object.implied, found);
        }
    }
}

fn add(origin: &str, node: Node<'_>, implied: Option<(&str, &str)>, found: &mut Vec<(String, Value)>) {
    let Some(mut object) = decode::to_json(node, 1_000) else {
        return;
    };
    if let Some((api_version, kind)) = implied {
        object["apiVersion"] = api_version.into();
        object["kind"] = kind.into();
    }
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    if is_text(&object["apiVersion"]) && is_text(&object["kind"]) && is_text(&object["metadata"]["name"]) {
        found.push((origin.to_owned(), object));
    }
}

fn identity(object: &Value) -> [String; 4] {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let api_version = text(&object["apiVersion"]);
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group).to_owned();
    let metadata = &object["metadata"];
    [
        group,
        text(&object["kind"]),
        text(&metadata["namespace"]),
        text(&metadata["name"]),
    ]
}

/// Several collections use the same namespaces; each has its own here.
fn into_own_namespace(object: &mut Value, collection: &str) {
    let own = |namespace: &str| {
        let mut name = format!("{collection}-{namespace}");
        name.truncate(63);
        Value::from(name.trim_end_matches('-'))
    };
    if object["kind"] == "Namespace" && object["apiVersion"] == "v1" {
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        object["metadata"]["name"] = own(&name);
        // The server gives it its name as a label, too.
        if let Some(label) = object.pointer_mut("/metadata/labels/kubernetes.io~1metadata.name") {
            *label = own(&name);
        }
        return;
    }
    let metadata = object["metadata"].as_object_mut().unwrap();
    // Of a kind without namespaces it is removed again, once that is known of the kind.
    let namespace = metadata
        .get("namespace")
        .and_then(Value::as_str)
        .unwrap_or("default")
        .to_owned();
    metadata.insert("namespace".to_owned(), own(&namespace));
}
