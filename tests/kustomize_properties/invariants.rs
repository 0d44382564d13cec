//! What holds for every repository of kustomizations, however broken. The fuzzer asks the same.

use std::collections::BTreeMap;

use checker::source::decode::{self, Node};
use checker::source::disk::InMemory;
use checker::source::kustomize::rendering::{RenderedObject, Rendering, Root};
use checker::source::text::Place;
use checker::source::{limits, load};
use serde_json::Value;

/// The objects of a root, or why there are none.
pub type Outcome = Result<Vec<Value>, String>;

/// Builds all roots and checks them; panics with what is wrong.
pub fn check(files: &InMemory) -> BTreeMap<String, Outcome> {
    let built = build(files);
    assert_eq!(built, build(files), "a second time makes the same");
    built
}

fn build(files: &InMemory) -> BTreeMap<String, Outcome> {
    let repository = load::load_in_memory(files);
    let roots = repository.rendering.roots.iter();
    roots.map(|root| (root.folder.to_string(), outcome(root))).collect()
}

/// Builds one folder for its own sake.
pub fn folder(files: &InMemory, folder: &str) -> Option<Outcome> {
    Rendering::of_folder(files, folder, None).map(|root| outcome(&root))
}

fn outcome(root: &Root) -> Outcome {
    match &root.outcome {
        Ok(built) => Ok(built.objects.iter().map(|object| check_object(object)).collect()),
        Err(unbuilt) => {
            assert!(!unbuilt.message.is_empty(), "a reason says something");
            assert!(
                unbuilt.message.len() <= limits::MESSAGE_BYTES + 10,
                "a reason is no novel: {}",
                unbuilt.message
            );
            assert_inside(&unbuilt.place);
            for (place, text) in &unbuilt.related {
                assert_inside(place);
                assert!(!text.is_empty());
            }
            Err(format!("{:?}: {}", unbuilt.verdict, unbuilt.message))
        }
    }
}

fn check_object(object: &RenderedObject) -> Value {
    let root = object.document.tree.root();
    let mut pending = vec![root];
    while let Some(node) = pending.pop() {
        assert_inside(&node.place());
        for changed in object.document.changed.get(&node.id()).into_iter().flatten() {
            assert_inside(&changed.place);
        }
        pending.extend(node.items());
        for entry in node.entries() {
            assert_inside(&entry.key_place());
            pending.push(entry.value());
        }
    }
    for place in &object.namespace_set_at {
        assert_inside(place);
    }
    let value = json(root);
    let text = decode::write_yaml(&value);
    let read = decode::decode_str("written.yaml", text.as_str());
    assert!(
        !read.is_refused(),
        "what is written can be read:\n{text}\n{:?}",
        read.faults
    );
    let tree = read.documents.first().and_then(|document| document.tree.as_ref());
    assert_eq!(
        tree.map(|tree| json(tree.root())),
        Some(value.clone()),
        "what is written says the same:\n{text}"
    );
    value
}

fn json(node: Node<'_>) -> Value {
    decode::to_json(node, limits::RENDERED_DEPTH + 10).unwrap_or_else(|| panic!("an object is not that deep"))
}

fn assert_inside(place: &Place) {
    let text = place.file.text();
    let range = place.span.range();
    assert!(
        range.start <= range.end && range.end <= text.len(),
        "{range:?} is not inside {}",
        place.file.path()
    );
    assert!(
        text.is_char_boundary(range.start) && text.is_char_boundary(range.end),
        "{range:?} cuts a character of {}",
        place.file.path()
    );
}
