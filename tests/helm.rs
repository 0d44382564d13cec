//! Charts rendered by the real Helm: what comes out is judged, and found in the templates.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may stop where it stands, and says what it skips"
)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The folder of the `helm` of this machine; without one the tests say so and pass.
fn helm() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).find(|folder| folder.join("helm").is_file());
    if found.is_none() {
        eprintln!("skipped: there is no `helm` on the PATH (`sh tests/run` builds one)");
    }
    found
}

/// The repository of the fixtures, in a folder of its own.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/helm");
    copy(&fixtures, folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn checker(folder: &Path, path: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_checker"))
        .arg("check")
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("COLUMNS", "100")
        .env("PATH", path)
        .output()
        .unwrap()
}

fn report(folder: &Path, path: &Path, arguments: &[&str]) -> Value {
    let output = checker(folder, path, &[arguments, &["--output", "json"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

/// Each finding in one line: policy, place, and the bytes there; `~` for a rendered position.
fn findings(folder: &Path, report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let location = &finding["location"];
            let file = location["file"].as_str().unwrap();
            let offset = |end: &str| usize::try_from(location[end]["offset"].as_u64().unwrap()).unwrap();
            let text = fs::read_to_string(folder.join(file)).unwrap();
            let near = if location["rendered"] == true { " ~" } else { "" };
            format!(
                "{} {file}:{}{near} `{}` {}/{}",
                finding["policy"].as_str().unwrap(),
                location["start"]["line"],
                text[offset("start")..offset("end")].escape_debug(),
                finding["object"]["namespace"].as_str().unwrap_or("-"),
                finding["object"]["name"].as_str().unwrap_or("-"),
            )
        })
        .collect()
}

#[test]
fn what_a_chart_renders_is_judged_at_its_templates() {
    let Some(path) = helm() else { return };
    let folder = repository();
    let report = report(folder.path(), &path, &["--helm", "--fail-on", "info"]);
    insta::assert_snapshot!(findings(folder.path(), &report).join("\n"));
    insta::assert_snapshot!(
        "coverage_of_charts",
        serde_json::to_string_pretty(&serde_json::json!({
            "charts": report["coverage"]["charts"],
            "files": report["coverage"]["files"],
        }))
        .unwrap()
    );
}

#[test]
fn the_report_for_people_says_what_was_rendered() {
    let Some(path) = helm() else { return };
    let folder = repository();
    let output = checker(folder.path(), &path, &["--helm"]);
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}

#[test]
fn what_is_in_a_rendered_secret_is_never_shown() {
    let Some(path) = helm() else { return };
    let folder = repository();
    let root = folder.path();
    // A policy on every object: without one nobody looks at a Secret.
    let policy = "id: no-version
title: A version
severity: warning
chapter: reading
why: For this test.
source: [this test]
mend: Remove it.
evaluator:
  cel: {on: object, fault: 'self.kind == \"Secret\"', message: '\"a version\"', at: [stringData.token]}
examples: {pass: [], fail: []}
";
    fs::create_dir(root.join("policies")).unwrap();
    fs::write(root.join("policies/no-version.yaml"), policy).unwrap();
    for arguments in [&["--helm", "-v"][..], &["--helm", "--output", "json"]] {
        let output = checker(root, &path, &[arguments, &["--policy-dir", "policies"]].concat());
        let text = format!("{output:?}");
        assert!(text.contains("charts/web/templates/secret.yaml"), "{text}");
        assert!(!text.contains("never-shown"), "{text}");
    }
}

#[test]
fn nothing_is_rendered_unless_it_is_asked_for() {
    let folder = repository();
    let path = folder.path().join("bin");
    let report = report(folder.path(), &path, &[]);
    assert_eq!(findings(folder.path(), &report), Vec::<String>::new());
    assert_eq!(report["coverage"]["files"]["helmCharts"], 4);
    for chart in report["coverage"]["charts"].as_array().unwrap() {
        assert_eq!(chart["rendered"], false, "{chart}");
    }
}

#[test]
fn without_helm_the_command_is_wrong() {
    let folder = repository();
    let output = checker(folder.path(), &folder.path().join("bin"), &["--helm"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap());
}

#[test]
fn a_release_of_the_configuration_is_rendered_as_it_says() {
    let Some(path) = helm() else { return };
    let folder = repository();
    let configuration = "version: 1
targets:
  - name: prod
    paths: [.]
    helm:
      - {chart: charts/web, release: front, namespace: store, values: [charts/web/prod.yaml]}
";
    fs::write(folder.path().join(".checker.yaml"), configuration).unwrap();
    let report = report(folder.path(), &path, &["--helm"]);
    let found = findings(folder.path(), &report);
    assert!(found.iter().any(|line| line.ends_with("store/front")), "{found:#?}");
    assert!(!found.iter().any(|line| line.ends_with("shop/web")), "{found:#?}");
}

#[test]
fn a_link_never_brings_in_what_lies_elsewhere() {
    let Some(path) = helm() else { return };
    let folder = repository();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.yaml"), "name: from-outside\n").unwrap();
    let chart = folder.path().join("charts/broken");
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path().join("secret.yaml"), chart.join("values.yaml")).unwrap();
    let report = report(folder.path(), &path, &["--helm"]);
    let text = report.to_string();
    assert!(!text.contains("from-outside"), "{text}");
    assert!(text.contains("a name is due"), "{text}");
}
