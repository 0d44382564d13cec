//! Schemas, transformers and generators of their own that are far too large, go round in circles, or meet far too many objects.

use super::repository::{Repository, config_map, config_maps};

const PATCH: &str = "apiVersion: e.com/v1\nkind: Fleet\nmetadata: {name: f}\nspec: {a: {ships: [{name: new}]}}\n";
const FLEET: &str = "apiVersion: e.com/v1\nkind: Fleet\nmetadata: {name: f}\nspec: {a: {ships: [{name: old}]}}\n";

fn with_schema(schema: impl Into<Vec<u8>>) -> Repository {
    Repository::of(&[
        (
            "kustomization.yaml",
            "resources: [f.yaml]\nopenapi: {path: s.json}\npatches: [{path: p.yaml}]\n",
        ),
        ("f.yaml", FLEET),
        ("p.yaml", PATCH),
    ])
    .with("s.json", schema)
}

#[test]
fn a_schema_of_ten_megabytes_is_read_once_for_all_its_roots() {
    let definition = |at: usize| {
        let (text, next) = ("x".repeat(900), at + 1);
        format!(
            r##""d{at}": {{"description": "{text}", "properties": {{"a": {{"$ref": "#/definitions/d{next}"}}, "ships": {{"type": "array"}}}}}},"##
        )
    };
    let definitions: String = (0..12_000).map(definition).collect();
    let types = r#"[{"group": "e.com", "version": "v1", "kind": "Fleet"}]"#;
    let schema = format!(
        r##"{{"definitions": {{{definitions} "f": {{"x-kubernetes-group-version-kind": {types}, "properties": {{"spec": {{"$ref": "#/definitions/d0"}}}}}}}}}}"##
    );
    assert!(schema.len() > 10 << 20);
    let mut repository = Repository::of(&[
        (
            "base/kustomization.yaml",
            "resources: [f.yaml]\nopenapi: {path: s.json}\npatches: [{path: p.yaml}]\n",
        ),
        ("base/f.yaml", FLEET),
        ("base/p.yaml", PATCH),
    ])
    .with("base/s.json", schema);
    for at in 0..200 {
        let text = format!("resources: [../base]\nnamePrefix: p{at}-\n");
        repository = repository.with(&format!("o{at}/kustomization.yaml"), text);
    }
    assert_eq!(repository.unbuilt(), []);
    repository.is_built("o7", 1);
}

#[test]
fn definitions_that_stand_for_one_another_are_not_followed_for_ever() {
    let circle = r##"{"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}}"##;
    with_schema(circle).is_undecided("s.json", "stand for one another");
    let chain: String = (0..100_000)
        .map(|at| format!(r##""d{at}": {{"$ref": "#/definitions/d{}"}},"##, at + 1))
        .collect();
    with_schema(format!(r#"{{"definitions": {{{chain} "end": {{}}}}}}"#))
        .is_undecided("s.json", "stand for one another");
    // A type that holds itself is as deep as the object.
    let types = r#"[{"group": "e.com", "version": "v1", "kind": "Fleet"}]"#;
    let within = format!(
        r##"{{"definitions": {{"f": {{"x-kubernetes-group-version-kind": {types}, "additionalProperties": {{"$ref": "#/definitions/f"}}}}}}}}"##
    );
    with_schema(within).is_built("", 1);
}

#[test]
fn a_schema_that_is_nested_deep_is_read() {
    let depth = 1_000;
    let schema = format!(
        "definitions: {}{}\n",
        "{a: {properties: ".repeat(depth),
        "{}".to_owned() + &"}}".repeat(depth)
    );
    with_schema(schema).is_built("", 1);
}

#[test]
fn transformers_of_many_objects_end_at_a_bound() {
    let labels = |at: usize| {
        let pairs: String = (0..500).map(|at| format!("  l{at}: v\n")).collect();
        let places: String = (0..500)
            .map(|at| format!("- {{path: metadata/labels{at}, create: true}}\n"))
            .collect();
        format!(
            "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {{name: t{at}}}\nlabels:\n{pairs}fieldSpecs:\n{places}---\n"
        )
    };
    Repository::of(&[("kustomization.yaml", "resources: [a.yaml]\ntransformers: [t.yaml]\n")])
        .with("a.yaml", config_maps(1_000))
        .with("t.yaml", (0..5).map(labels).collect::<String>())
        .is_oversized("t.yaml", "too many steps");
    let nothing = |at: usize| format!("apiVersion: builtin\nkind: LabelTransformer\nmetadata: {{name: t{at}}}\n---\n");
    Repository::of(&[("kustomization.yaml", "resources: [a.yaml]\ntransformers: [t.yaml]\n")])
        .with("a.yaml", config_maps(10_000))
        .with("t.yaml", (0..10_000).map(nothing).collect::<String>())
        .is_oversized("t.yaml", "too many steps");
}

#[test]
fn generators_of_their_own_share_what_may_be_generated() {
    let map = |at: usize| {
        format!(
            "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {{name: c{at}}}\nliterals: ['k={}']\n---\n",
            "x".repeat(1 << 20)
        )
    };
    Repository::of(&[("kustomization.yaml", "generators: [g.yaml]\n")])
        .with("g.yaml", (0..20).map(map).collect::<String>())
        .is_oversized("g.yaml", "more than 16 MiB");
}

#[test]
fn transformers_that_lead_round_are_told_off() {
    Repository::of(&[
        ("a/kustomization.yaml", "resources: [c.yaml]\ntransformers: [../b]\n"),
        ("a/c.yaml", &config_map("c")),
        ("b/kustomization.yaml", "resources: [../a]\n"),
    ])
    .is_refused("a/kustomization.yaml", "go round in a circle");
}

#[test]
fn what_depends_on_when_kustomize_read_a_schema_is_left_to_it() {
    // Only the schema says that the kind has no namespace.
    let get = r#"{"get": {"x-kubernetes-group-version-kind": {"group": "e.com", "version": "v1", "kind": "Fleet"}}}"#;
    with_schema(format!(r#"{{"paths": {{"/apis/e.com/v1/fleets": {get}}}}}"#)).is_undecided("f.yaml", "no namespace");
    // The base is built by one schema, and then by another one.
    Repository::of(&[
        (
            "base/kustomization.yaml",
            "resources: [f.yaml]\npatches: [{path: p.yaml}]\n",
        ),
        ("base/f.yaml", FLEET),
        ("base/p.yaml", PATCH),
        ("a/kustomization.yaml", "resources: [../base]\ncomponents: [../c]\n"),
        ("b/kustomization.yaml", "resources: [../base]\nnamePrefix: b-\n"),
        ("c/kustomization.yaml", "kind: Component\nopenapi: {path: s.yaml}\n"),
        ("c/s.yaml", "definitions: {}\n"),
        ("all/kustomization.yaml", "resources: [../a, ../b]\n"),
    ])
    .is_undecided("c/kustomization.yaml", "`base` is built once before");
}
