//! Facts are those of kyaml v0.18.1, looked up with `kubectl kustomize`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::run::Start;
use super::*;
use crate::source::decode::decode_str;
use crate::source::disk::InMemory;
use crate::source::kustomize::graph::Graph;
use crate::source::kustomize::layer::Layer;
use crate::source::kustomize::problem::{BuildVerdict, Problem};
use crate::source::kustomize::sources::Sources;

fn read(text: &str) -> Result<Schema, Problem> {
    let mut sources = Sources::default();
    let file = sources.add_documents(Arc::new(decode_str("app/schema.json", text)));
    let layer = Layer {
        sources: &sources,
        file,
        folder: "app",
        schema: Known::BuiltIn,
    };
    Schema::read(file, &layer)
}

/// The keys of the list at the end of a way, `[]` for the items of a list; `None` where no list is merged.
fn keys_at(schema: &Schema, way: &str, is_mixed: bool) -> Option<Vec<String>> {
    let OfType::Part(mut part) = schema.of_type("example.com/v1", "Fleet", is_mixed) else {
        return None;
    };
    for step in way.split('.') {
        let reached = if step == "[]" { part.item() } else { part.field(step) };
        match reached {
            Reached::Part(next) => part = next,
            Reached::Nothing => return None,
            Reached::Doubt => return Some(vec!["?".to_owned()]),
        }
    }
    part.merged().map(<[String]>::to_vec)
}

const FLEET: &str = r##"
definitions:
  fleet:
    x-kubernetes-group-version-kind: [{group: example.com, version: v1, kind: Fleet}]
    properties:
      one: {type: array, items: {$ref: "#/definitions/ship"}, x-kubernetes-patch-strategy: merge, x-kubernetes-patch-merge-key: name}
      two: {type: array, x-kubernetes-patch-strategy: "retainKeys,merge", x-kubernetes-list-map-keys: [a, b], x-kubernetes-patch-merge-key: a}
      plain: {type: array, x-kubernetes-patch-strategy: merge}
      keyed: {type: array, x-kubernetes-patch-merge-key: name}
      replaced: {type: array, x-kubernetes-patch-strategy: replace, x-kubernetes-patch-merge-key: name}
      any: {additionalProperties: {$ref: "#/definitions/ships"}}
      open: {additionalProperties: true}
      pod: {$ref: "#/definitions/io.k8s.api.core.v1.PodSpec"}
      loose: {items: {$ref: "#/definitions/fleet"}, x-kubernetes-patch-strategy: merge}
      both: {type: [array, string], items: {$ref: "#/definitions/fleet"}}
  ship: {properties: {crew: {$ref: "#/definitions/ships"}, next: {$ref: "#/definitions/ship"}}}
  ships: {$ref: "#/definitions/list"}
  list: {type: [array], items: {$ref: "#/definitions/ship"}, x-kubernetes-patch-strategy: merge, x-kubernetes-patch-merge-key: id}
  io.k8s.api.core.v1.PodSpec: {properties: {containers: {type: array, x-kubernetes-patch-strategy: merge, x-kubernetes-patch-merge-key: name}}}
"##;

#[test]
fn lists_are_merged_as_a_schema_says() {
    let schema = read(FLEET).unwrap();
    for (way, keys) in [
        ("one", Some(&["name"][..])),
        ("two", Some(&["a", "b"])),
        ("plain", Some(&[])),
        ("keyed", None),
        ("replaced", None),
        ("missing", None),
        ("one.[].crew", Some(&["id"])),
        ("one.[].next.next.next.crew.[].crew", Some(&["id"])),
        ("any.whatever", Some(&["id"])),
        ("open.whatever", None),
        ("pod.containers", Some(&["name"])),
        // What is not said to be a list and nothing else has no items.
        ("loose", Some(&[])),
        ("loose.[].one", None),
        ("both.[].one", None),
    ] {
        let keys = keys.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>());
        assert_eq!(keys_at(&schema, way, false), keys, "{way}");
    }
    assert_eq!(keys_at(&schema, "pod.containers", true), Some(vec!["?".to_owned()]));
}

#[test]
fn only_what_has_paths_and_none_in_a_namespace_is_without() {
    let path = |path: &str, kind: &str| {
        format!("  {path}: {{get: {{x-kubernetes-group-version-kind: {{group: e.com, version: v1, kind: {kind}}}}}}}\n")
    };
    let paths = [
        path("/a/namespaces/{namespace}/ports", "Port"),
        path("/a/ports", "Port"),
        path("/a/fleets", "Fleet"),
    ];
    let schema = read(&format!("paths:\n{}", paths.concat())).unwrap();
    assert!(schema.is_cluster_scoped("e.com/v1", "Fleet"));
    assert!(!schema.is_cluster_scoped("e.com/v1", "Port"));
    assert!(!schema.is_cluster_scoped("e.com/v1", "Unknown"));
}

#[test]
fn what_go_may_read_otherwise_or_not_survive_is_not_understood() {
    for text in [
        "",
        "[]",
        "{\"definitions\": {}",
        "{definitions: {}}",
        "definitions: {}\n---\ndefinitions: {}\n",
        "definitions: []",
        "Definitions: {}",
        "definitions: {a: 1}",
        "definitions: {a: {type: 1}}",
        "definitions: {a: {properties: {b: text}}}",
        "definitions: {a: {Properties: {}}}",
        "definitions: {a: {items: [{}]}}",
        "definitions: {a: {not: {}}}",
        "definitions: {a: {allOf: [{properties: {b: {required: true}}}]}}",
        "definitions: {a: {x-kubernetes-patch-strategy: [merge]}}",
        "definitions: {a: {x-kubernetes-group-version-kind: [{version: v1}]}}",
        "definitions: {a: {$ref: '#/definitions/b'}, b: {$ref: '#/definitions/a'}}",
        "definitions: {a: {$ref: 'other.json#/definitions/b'}}",
        "definitions: {a: {$ref: '#/definitions/a~1b'}}",
        "definitions: {a: {$ref: '#/definitions/io.k8s.api.apps.v1.Kustomization'}}",
        "definitions: {io.k8s.api.apps.v1.Kustomization: {}}",
        "definitions: {a: {}, a: {}}",
    ] {
        let problem = read(text).expect_err(text);
        assert_eq!(
            problem.verdict,
            BuildVerdict::NotUnderstood,
            "{text}: {}",
            problem.message
        );
        assert!(problem.spot.is_some(), "{text}");
    }
}

#[test]
fn two_definitions_of_one_type_decide_nothing() {
    let one = "{x-kubernetes-group-version-kind: [{group: example.com, version: v1, kind: Fleet}]}";
    let schema = read(&format!("definitions: {{a: {one}, b: {one}}}")).unwrap();
    assert!(matches!(
        schema.of_type("example.com/v1", "Fleet", false),
        OfType::Several
    ));
}

/// Folders with what their kustomizations say, and what is found for a run that begins with `root`.
fn start(folders: &[(&str, &str)]) -> Option<(String, bool, Vec<String>, Option<String>)> {
    let name = |folder: &str| format!("{folder}/kustomization.yaml");
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (folder, text) in folders {
        files.insert(name(folder), text.as_bytes().to_vec());
        files.insert(format!("{folder}/file.yaml"), Vec::new());
    }
    let decoded = folders
        .iter()
        .map(|(folder, text)| Arc::new(decode_str(name(folder), *text)));
    let graph = Graph::of(decoded.collect(), &InMemory { files });
    let found = Start::of(&graph, "root")?;
    let before = found.before.iter().map(|folder| (*folder).to_owned()).collect();
    Some((
        found.folder.to_owned(),
        found.is_first,
        before,
        found.twice.map(str::to_owned),
    ))
}

#[test]
fn the_first_kustomization_with_a_schema_sets_it_for_the_run() {
    let with = "openapi: {path: file.yaml}\nresources: [file.yaml]\n";
    let without = "resources: [file.yaml]\n";
    let found = |folder: &str, is_first, before: &[&str], twice: Option<&str>| {
        let before = before.iter().map(|name| (*name).to_owned()).collect();
        Some((folder.to_owned(), is_first, before, twice.map(str::to_owned)))
    };
    for (folders, expected) in [
        (vec![("root", without)], None),
        (vec![("root", with)], found("root", true, &[], None)),
        (
            vec![("root", "resources: [../a]\nopenapi: {version: ''}\n"), ("a", with)],
            found("a", true, &[], None),
        ),
        (
            vec![
                ("root", "resources: [../a]\nopenapi: {version: v1.21.2}\n"),
                ("a", with),
            ],
            found("root", true, &[], None),
        ),
        (
            vec![("root", "resources: [file.yaml, ../a]\n"), ("a", with)],
            found("a", false, &[], None),
        ),
        (
            vec![("root", "resources: [../b, ../a]\n"), ("a", with), ("b", without)],
            found("a", false, &["b"], None),
        ),
        (
            vec![
                ("root", "components: [../c]\nresources: [../b]\n"),
                ("b", without),
                ("c", "kind: Component\nopenapi: {path: file.yaml}\n"),
            ],
            found("c", false, &["b"], None),
        ),
        (
            vec![
                ("root", "resources: [../b, ../a, ../d]\n"),
                ("a", with),
                ("b", without),
                ("d", "resources: [../b]\n"),
            ],
            found("a", false, &["b"], Some("b")),
        ),
        (
            vec![
                ("root", "transformers: [../a]\nresources: [../b]\n"),
                ("a", with),
                ("b", without),
            ],
            found("a", false, &["b"], None),
        ),
    ] {
        assert_eq!(start(&folders), expected, "{folders:?}");
    }
}
