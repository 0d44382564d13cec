//! What is published about `.checker.yaml`, held against the program.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod program;

use std::fs;
use std::path::Path;

use checker::config;
use program::{here, write};
use serde_json::Value;

fn read_text(name: &str) -> String {
    fs::read_to_string(here().join(name)).unwrap()
}

#[test]
fn the_published_schema_is_fresh() {
    let path = here().join("docs/checker.schema.json");
    let due = serde_json::to_string_pretty(&config::schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &due).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == due,
        "docs/checker.schema.json is stale; write it anew with `UPDATE=1 cargo test --test configuration`"
    );
}

/// Names of all keys that a schema knows, its definitions' too.
fn keys(schema: &Value) -> Vec<&str> {
    let definitions = schema["$defs"].as_object().unwrap().values();
    std::iter::once(schema)
        .chain(definitions)
        .flat_map(|schema| schema["properties"].as_object().unwrap().keys())
        .map(String::as_str)
        .collect()
}

#[test]
fn the_documentation_names_every_key_and_no_other() {
    let text = read_text("docs/configuration.md");
    let schema = config::schema();
    let mut due = keys(&schema);
    let mut told: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(|key| key.rsplit('.').next().unwrap())
        .collect();
    due.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, due);
}

#[test]
fn the_examples_of_the_documentation_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in [
        "base/a.yaml",
        "clusters/eu/a.yaml",
        "clusters/us/a.yaml",
        "rules/a.yaml",
        "charts/gateway/Chart.yaml",
        "charts/gateway/values-eu.yaml",
    ] {
        write(root, name, b"");
    }
    for name in ["README.md", "docs/configuration.md"] {
        let text = read_text(name);
        let mut examples = text
            .split("```yaml\n")
            .skip(1)
            .filter_map(|rest| rest.split("```").next());
        let example = examples.find(|example| example.contains("\ntargets:")).unwrap();
        let configuration = config::read(name, example.into(), root);
        let targets = configuration
            .unwrap_or_else(|error| panic!("{name}: {error:?}"))
            .targets;
        assert_eq!(targets.len(), 2, "{name}");
    }
    let text = read_text("docs/diff.md");
    let example = text.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let settings = config::read("docs/diff.md", example.into(), root).unwrap().diff;
    assert_eq!((settings.ignore.len(), settings.field_managers.len()), (2, 1));
}

#[test]
fn the_schema_in_an_editor_takes_and_refuses_what_the_program_does() {
    let validator = jsonschema::validator_for(&config::schema()).unwrap();
    let target =
        |more: &str| format!("{{\"version\": 1, \"targets\": [{{\"name\": \"a\", \"paths\": [\".\"]{more}}}]}}");
    for text in [
        r#"{"version": 1}"#.to_owned(),
        r#"{"version": 2}"#.to_owned(),
        "{}".to_owned(),
        r#"{"version": 1, "targets": []}"#.to_owned(),
        r#"{"version": 1, "failOn": "info", "policyDirs": ["."]}"#.to_owned(),
        r#"{"version": 1, "failOn": "none"}"#.to_owned(),
        target(""),
        target(r#", "namspace": "a""#),
        target(r#", "namespace": null"#),
        target(r#", "namespace": "a", "context": "b", "mesh": "asm-1.6", "kruise": "1.8""#),
        target(r#", "mesh": "asm-1.7""#),
        target(r#", "kruise": "latest""#),
        target(r#", "kruise": 1.8"#),
        target(r#", "helm": [{"chart": "c"}]"#),
    ] {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            config::read("a.json", text.clone().into(), here).is_ok(),
            validator.is_valid(&value),
            "{text}"
        );
    }
}
