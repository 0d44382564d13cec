//! `checker check --base`: what is new since a commit is told and fails, what stays is counted, what is gone is listed.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod program;

use std::fs;
use std::path::Path;

use program::{checker, checker_with_git, commit, copy, git, here, screen, write};
use serde_json::Value;
use tempfile::TempDir;

/// A pod with a fault for each value: a string is due.
fn pod(name: &str, values: &[&str]) -> String {
    let variables = values.iter().enumerate();
    let variables: Vec<String> = variables
        .map(|(at, value)| format!("    - {{name: V{at}, value: {value}}}\n"))
        .collect();
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  containers:\n  - name: app\n    image: app:1\n    env:\n{}",
        variables.concat()
    )
}

/// A commit with four faults, and a work tree in which one of them is mended and one is new.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "apps/web.yaml", pod("web", &["8080", "yes"]).as_bytes());
    write(root, "apps/api.yaml", pod("api", &["8081"]).as_bytes());
    write(root, "apps/broken.yaml", b"kind: Pod\nmetadata: [\n");
    commit(root);
    write(
        root,
        "apps/web.yaml",
        format!("# Lines move.\n\n{}", pod("web", &["8080", "\"yes\""])).as_bytes(),
    );
    write(root, "apps/new.yaml", pod("new", &["8082"]).as_bytes());
    folder
}

fn report(root: &Path, arguments: &[&str]) -> (i32, Value) {
    let run = checker_with_git(root, &[&["check", "-o", "json"], arguments].concat());
    assert!(run.code < 2, "{}", run.stderr);
    (run.code, serde_json::from_str(&run.stdout).unwrap())
}

/// The files of findings with this word, sorted.
fn files<'v>(report: &'v Value, since: &str) -> Vec<&'v str> {
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings.filter(|finding| finding["since"] == since);
    findings
        .map(|finding| finding["location"]["file"].as_str().unwrap())
        .collect()
}

#[test]
fn what_is_new_is_told_in_full_what_stays_is_counted_and_what_is_gone_is_listed() {
    let folder = repository();
    let root = folder.path();
    insta::assert_snapshot!("human", screen(&checker_with_git(root, &["check", "--base", "main"])));
    insta::assert_snapshot!(
        "markdown",
        checker_with_git(root, &["check", "--base", "main", "-o", "markdown"]).stdout
    );
    let (code, report) = report(root, &["--base", "main"]);
    assert_eq!(code, 1);
    assert_eq!(report["base"], "main");
    assert_eq!(files(&report, "new"), ["apps/new.yaml"]);
    assert_eq!(
        files(&report, "stays"),
        ["apps/api.yaml", "apps/broken.yaml", "apps/web.yaml"]
    );
    let gone = report["gone"].as_array().unwrap();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0]["location"]["file"], "apps/web.yaml");
    assert_eq!(gone[0]["path"], "spec.containers[name=app].env[name=V1].value");
    let summary = &report["summary"];
    assert_eq!((&summary["stays"], &summary["gone"]), (&3.into(), &1.into()));
    // Without a base nothing of it is said.
    let (_, report) = self::report(root, &[]);
    assert!(report.get("base").is_none() && report.get("gone").is_none());
    assert!(report["findings"][0].get("since").is_none());
}

#[test]
fn old_findings_fail_nothing_whatever_their_severity() {
    let folder = repository();
    let root = folder.path();
    fs::remove_file(root.join("apps/new.yaml")).unwrap();
    let run = checker_with_git(root, &["check", "--base", "main", "--fail-on", "info"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(checker(root, &["check"]).code, 1);
}

#[test]
fn a_file_that_moves_brings_nothing_new_and_a_copy_does() {
    let folder = repository();
    let root = folder.path();
    commit(root);
    git(root, &["mv", "apps/api.yaml", "moved.yaml"]);
    git(root, &["mv", "apps/broken.yaml", "broken.yaml"]);
    let (code, moved) = report(root, &["--base", "HEAD"]);
    assert_eq!(files(&moved, "new"), [""; 0]);
    assert_eq!((code, &moved["gone"]), (0, &Value::Array(Vec::new())));
    fs::copy(root.join("moved.yaml"), root.join("a-copy.yaml")).unwrap();
    let (code, copied) = report(root, &["--base", "HEAD"]);
    assert_eq!(code, 1);
    let values = |since| {
        let mut files = files(&copied, since);
        files.retain(|file| file.ends_with("moved.yaml") || file.ends_with("copy.yaml"));
        files
    };
    // The value, and that the object is there twice; which of the two copies is the old one no name tells.
    assert_eq!(values("stays").len(), 1, "{copied:#}");
    assert!(!values("new").is_empty());
}

#[test]
fn what_was_hidden_and_is_shown_is_new_and_what_is_hidden_now_is_not_gone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let open = pod("web", &["8080"]);
    let hidden = open.replace(
        "value: 8080}",
        "value: 8080} # checker: ignore[unquoted-string] it is so",
    );
    assert_ne!(open, hidden);
    write(root, "web.yaml", hidden.as_bytes());
    commit(root);
    write(root, "web.yaml", open.as_bytes());
    let (code, shown) = report(root, &["--base", "HEAD"]);
    assert_eq!((code, files(&shown, "new")), (1, vec!["web.yaml"]));
    commit(root);
    write(root, "web.yaml", hidden.as_bytes());
    let (code, hidden) = report(root, &["--base", "HEAD"]);
    assert_eq!((code, files(&hidden, "stays")), (0, vec!["web.yaml"]));
    assert_eq!(hidden["gone"], Value::Array(Vec::new()));
}

#[test]
fn each_format_marks_what_is_new_as_its_readers_expect() {
    let folder = repository();
    let root = folder.path();
    let output = |format| checker_with_git(root, &["check", "--base", "main", "-o", format]).stdout;
    let log: Value = serde_json::from_str(&output("sarif")).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let mut states: Vec<&str> = results
        .iter()
        .map(|result| result["baselineState"].as_str().unwrap())
        .collect();
    states.sort_unstable();
    assert_eq!(states, ["absent", "new", "unchanged", "unchanged", "unchanged"]);
    // GitLab compares itself, and needs all there is.
    let quality: Value = serde_json::from_str(&output("gitlab")).unwrap();
    assert_eq!(quality.as_array().unwrap().len(), 4);
    let lines = output("github");
    let annotated: Vec<&str> = lines.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(annotated.len(), 1, "{lines}");
    assert!(annotated[0].contains("file=apps/new.yaml"));
    let tests = output("junit");
    assert_eq!(tests.matches("<failure ").count(), 1);
    assert_eq!(tests.matches("<skipped message=\"it was there before\"/>").count(), 3);
}

#[test]
fn an_unchanged_repository_has_nothing_new_and_nothing_gone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    copy(&here().join("examples"), root);
    commit(root);
    let (code, report) = report(root, &["--base", "HEAD", "--fail-on", "info"]);
    assert_eq!(files(&report, "new"), [""; 0]);
    assert_eq!(report["gone"], Value::Array(Vec::new()));
    assert_eq!(code, 0);
    let summary = &report["summary"];
    let told = checker(root, &["check", "-o", "json"]).stdout;
    let told: Value = serde_json::from_str(&told).unwrap();
    let count =
        |report: &Value| ["error", "warning", "info"].map(|severity| report["summary"][severity].as_u64().unwrap());
    assert_eq!(summary["stays"].as_u64().unwrap(), count(&told).iter().sum::<u64>());
}

#[test]
fn a_base_that_is_not_there_is_wrong_usage() {
    let folder = repository();
    let root = folder.path();
    let mut screens = String::new();
    for arguments in [
        &["check", "--base", "no-such-branch"][..],
        &["check", "--base", "main", "-"],
        &["check", "--base", "main", "--helm"],
    ] {
        let run = checker_with_git(root, arguments);
        assert_eq!(run.code, 2, "{arguments:?}");
        assert_eq!(run.stdout, "");
        screens.push_str(&run.stderr);
    }
    insta::assert_snapshot!(screens);
    let bare = tempfile::tempdir().unwrap();
    assert_eq!(checker_with_git(bare.path(), &["check", "--base", "main"]).code, 2);
}
