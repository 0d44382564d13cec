//! The formats of a report, each read back by a public parser or schema and held against `--output json`, on a repository whose names
//! and texts try to break out.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may stop where it stands, and says what it skips"
)]

#[path = "../program/mod.rs"]
mod program;

mod github;
mod gitlab;
mod hostile;
mod junit;
mod markdown;
mod sarif;

use std::fs;
use std::path::Path;

use program::{checker, here, write};
use serde_json::Value;

const FORMATS: [&str; 5] = ["sarif", "github", "gitlab", "junit", "markdown"];

/// What a run prints in a format.
fn output(root: &Path, format: &str, arguments: &[&str]) -> String {
    let run = checker(root, &[&["check", "-o", format], arguments].concat());
    assert!(run.code < 2, "{format}: {}", run.stderr);
    run.stdout
}

/// The findings of a repository as `--output json` tells them.
fn findings(root: &Path, arguments: &[&str]) -> Vec<Value> {
    let report: Value = serde_json::from_str(&output(root, "json", arguments)).unwrap();
    report["findings"].as_array().unwrap().clone()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no text at {pointer} of {value:#}"))
}

fn number(value: &Value, pointer: &str) -> u64 {
    let found = value.pointer(pointer).and_then(Value::as_u64);
    found.unwrap_or_else(|| panic!("no number at {pointer} of {value:#}"))
}

/// A small repository with a finding of each sort: with and without an object, with related places, in a Secret, rendered.
fn small_repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (name, text) in [
        ("broken.yaml", "kind: Pod\nmetadata: [\n"),
        (
            "pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels: {app: web}\n  labels: {version: 1.10}\n",
        ),
        (
            "secret.yaml",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData:\n  user: hunter2\n  password: [8675309\n",
        ),
        ("prod/kustomization.yaml", "namespace: shop\nresources: [base.yaml]\n"),
        (
            "prod/base.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: base\nspec:\n  hostNetwork: both\n",
        ),
    ] {
        write(root, name, text.as_bytes());
    }
    folder
}

#[test]
fn each_format_of_a_small_repository() {
    let folder = small_repository();
    for format in FORMATS {
        let mut shown = output(folder.path(), format, &[]).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        if format == "sarif" {
            // The rules come from the policy files; one shows their form.
            let mut log: Value = serde_json::from_str(&shown).unwrap();
            let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap();
            rules.retain(|rule| rule["id"] == "duplicate-key");
            shown = serde_json::to_string_pretty(&log).unwrap();
        }
        insta::assert_snapshot!(format, shown);
    }
}

#[test]
fn nothing_of_a_secret_is_in_any_format() {
    let folder = small_repository();
    let found = findings(folder.path(), &[]);
    assert!(
        found
            .iter()
            .any(|finding| text(finding, "/location/file") == "secret.yaml")
    );
    for format in FORMATS {
        let shown = output(folder.path(), format, &[]);
        assert!(shown.contains("secret.yaml"), "{format}");
        assert!(
            !shown.contains("hunter2") && !shown.contains("8675309"),
            "{format}:\n{shown}"
        );
    }
}

#[test]
fn a_clean_repository_is_clean_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "pod.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
    );
    let run = |format| {
        let run = checker(folder.path(), &["check", "-o", format]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{format}");
        run.stdout
    };
    let log: Value = serde_json::from_str(&run("sarif")).unwrap();
    assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
    assert_eq!(log["runs"][0]["properties"]["coverage"]["files"]["checked"], 1);
    assert_eq!(run("gitlab"), "[]\n");
    insta::assert_snapshot!("clean_github", run("github"));
    insta::assert_snapshot!("clean_markdown", run("markdown"));
    let report = run("junit");
    let document = roxmltree::Document::parse(&report).unwrap();
    assert_eq!(document.root_element().attribute("failures"), Some("0"));
}

#[test]
fn all_formats_are_written_in_one_run_and_are_those_of_single_runs() {
    let folder = hostile::repository();
    let root = folder.path();
    // Written elsewhere: what stands in the repository would be seen.
    let elsewhere = tempfile::tempdir().unwrap();
    let target = |format: &str| format!("{format}={}", elsewhere.path().join(format).display());
    let targets: Vec<String> = FORMATS.iter().map(|format| target(format)).collect();
    let mut arguments = vec!["check", "-o", "human"];
    arguments.extend(hostile::ARGUMENTS);
    arguments.extend(targets.iter().flat_map(|target| ["-o", target.as_str()]));
    let run = checker(root, &arguments);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.contains("files seen"), "{}", run.stdout);
    for format in FORMATS {
        let written = fs::read_to_string(elsewhere.path().join(format)).unwrap();
        assert_eq!(written, output(root, format, hostile::ARGUMENTS), "{format}");
    }
}

#[test]
fn two_formats_in_one_place_are_wrong_usage() {
    let run = checker(here(), &["check", "-o", "json=a.out", "-o", "sarif=a.out"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert_eq!(run.stderr, "checker: only one format can go to the file a.out\n");
    assert!(!here().join("a.out").exists());
}

#[test]
fn a_fault_that_targets_share_is_shown_once_and_tested_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let configuration = "version: 1\ntargets:\n  - {name: eu, paths: [base]}\n  - {name: us, paths: [base]}\n";
    write(root, ".checker.yaml", configuration.as_bytes());
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels: {version: 1.10}\n";
    write(root, "base/pod.yaml", pod.as_bytes());
    assert_eq!(findings(root, &[]).len(), 2);

    let log = output(root, "github", &[]);
    assert_eq!(log.matches("::error ").count(), 1, "{log}");
    assert!(log.contains("%0Atargets: eu, us%0A"), "{log}");
    let violations: Value = serde_json::from_str(&output(root, "gitlab", &[])).unwrap();
    assert_eq!(violations.as_array().unwrap().len(), 1);
    assert!(text(&violations, "/0/description").ends_with("(targets: eu, us)"));
    assert!(output(root, "markdown", &[]).contains("- ↳ targets: eu, us\n"));

    let report = output(root, "junit", &[]);
    assert_eq!(report.matches("<testsuite name=").count(), 2);
    assert_eq!(report.matches("<failure ").count(), 2);
    let log: Value = serde_json::from_str(&output(root, "sarif", &[])).unwrap();
    let targets: Vec<&str> = (0..2)
        .map(|at| text(&log, &format!("/runs/0/results/{at}/properties/target")))
        .collect();
    assert_eq!(targets, ["eu", "us"]);
}
