//! What a hook sees of a commit: all of the repository is judged as it is staged, and told is what concerns the files of the commit.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use program::{checker, checker_with_git, commit, copy, git, here, write};
use serde_json::Value;
use tempfile::TempDir;

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n";

/// `examples/asm-1.6`, which is clean, as a repository.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&here().join("examples/asm-1.6"), folder.path());
    commit(folder.path());
    folder
}

/// Policies of the findings that are told, how many are elsewhere, and how the run ended.
fn told(root: &Path, arguments: &[&str]) -> (BTreeSet<String>, u64, i32) {
    let run = checker_with_git(root, &[&["check", "-o", "json"], arguments].concat());
    assert!(run.code < 2, "{}", run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let policies = findings.map(|finding| finding["policy"].as_str().unwrap().to_owned());
    let elsewhere = report["summary"]["elsewhere"].as_u64().unwrap();
    (policies.collect(), elsewhere, run.code)
}

fn only(policy: &str) -> BTreeSet<String> {
    BTreeSet::from([policy.to_owned()])
}

#[test]
fn a_file_is_told_what_it_does_to_others_and_not_what_others_do_among_themselves() {
    let folder = repository();
    let root = folder.path();
    let set = fs::read_to_string(root.join("sidecarset.yaml")).unwrap();
    // A second one for the same pods, and a fault that has nothing to do with it.
    write(
        root,
        "second.yaml",
        set.replace("name: nginx-proxy", "name: other-proxy").as_bytes(),
    );
    write(
        root,
        "alone.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {v: 1.10}}\n",
    );
    let (policies, elsewhere, code) = told(root, &["--touched", "second.yaml"]);
    assert!(policies.contains("several-sidecarsets"), "{policies:?}");
    assert!(!policies.contains("unquoted-string"));
    assert_eq!((elsewhere, code), (1, 1));
    let (policies, elsewhere, code) = told(root, &["--touched", "alone.yaml"]);
    assert_eq!((policies, code), (only("unquoted-string"), 1));
    assert!(elsewhere > 0);
    let (policies, _, code) = told(root, &["--touched", "route.yaml"]);
    assert_eq!((policies, code), (BTreeSet::new(), 0));
}

#[test]
fn each_finding_is_told_to_some_file_under_the_same_fingerprint() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for part in ["first-look", "overlays"] {
        copy(&here().join("examples").join(part), &root.join(part));
    }
    for name in [
        "cluster-wide",
        "duplicate-key",
        "duplicate-object",
        "overlapping-sidecarsets",
        "refused-sidecarset",
        "unreadable-document",
        "unused-suppression",
    ] {
        let name = format!("{name}.yaml");
        let text = fs::read(here().join("examples/broken").join(&name)).unwrap();
        write(root, &name, &text);
    }
    let findings = |arguments: &[&str]| -> BTreeMap<String, Value> {
        let run = checker(root, &[&["check", "-o", "json"], arguments].concat());
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().clone();
        let name = |finding: &Value| finding["fingerprint"].as_str().unwrap().to_owned();
        findings.into_iter().map(|finding| (name(&finding), finding)).collect()
    };
    let all = findings(&[]);
    let mut met = BTreeMap::new();
    let files: BTreeSet<&str> = all
        .values()
        .map(|finding| finding["location"]["file"].as_str().unwrap())
        .collect();
    for file in files {
        let told = findings(&["--touched", file]);
        let here = |finding: &&Value| finding["location"]["file"] == file;
        assert_eq!(
            told.values().filter(here).collect::<Vec<_>>(),
            all.values().filter(here).collect::<Vec<_>>()
        );
        met.extend(told);
    }
    assert_eq!(met, all);
}

#[test]
fn a_kustomization_is_told_of_what_it_makes() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    copy(&here().join("examples/overlays"), root);
    let path = root.join("base/nginx.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let replicas = "replicas: 3\n";
    assert!(text.contains(replicas));
    fs::write(&path, text.replace(replicas, "replicas: three\n")).unwrap();
    for (file, has_latest) in [
        ("base/nginx.yaml", false),
        ("eu/kustomization.yaml", false),
        ("us/kustomization.yaml", true),
    ] {
        // Both make one finding of the base, which stands there; the tag is of one of them.
        let (policies, ..) = told(root, &["--touched", file]);
        assert!(policies.contains("wrong-type"), "{file}: {policies:?}");
        assert_eq!(policies.contains("floating-image"), has_latest, "{file}: {policies:?}");
    }
}

#[test]
fn what_is_staged_is_judged_and_not_what_lies_there() {
    let folder = repository();
    let root = folder.path();
    let fault = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {v: 1.10}}\n";
    write(root, "staged.yaml", fault.as_bytes());
    git(root, &["add", "staged.yaml"]);
    // Mended since, but not for this commit; and a fault that is not for it.
    write(root, "staged.yaml", fault.replace("1.10", "\"1.10\"").as_bytes());
    write(root, "untracked.yaml", fault.as_bytes());
    assert_eq!(told(root, &["--staged", "--touched"]), (only("unquoted-string"), 0, 1));
    assert_eq!(
        told(root, &["--staged", "--touched", "staged.yaml"]),
        (only("unquoted-string"), 0, 1)
    );
    assert_eq!(
        told(root, &["--staged", "--touched", "route.yaml"]),
        (BTreeSet::new(), 1, 0)
    );
    git(root, &["add", "staged.yaml"]);
    assert_eq!(told(root, &["--staged", "--touched"]), (BTreeSet::new(), 0, 0));
    let run = checker_with_git(root, &["check", "--staged", "--touched", "untracked.yaml"]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("untracked.yaml: nothing of this name is staged"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_commit_that_only_removes_a_file_is_told_what_is_missing_then() {
    let folder = repository();
    let root = folder.path();
    write(
        root,
        "alone.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {v: 1.10}}\n",
    );
    commit(root);
    git(root, &["rm", "-q", "--cached", "cluster-profile.yaml"]);
    // It lies there still, and is no part of the commit.
    assert!(root.join("cluster-profile.yaml").exists());
    for arguments in [
        &["--staged", "--touched"][..],
        &["--staged", "--touched", "cluster-profile.yaml"],
    ] {
        let (policies, elsewhere, code) = told(root, arguments);
        assert_eq!(policies, only("cluster-id-config-map"));
        assert_eq!((elsewhere, code), (1, 1));
    }
    // A new name brings nothing.
    git(root, &["add", "cluster-profile.yaml"]);
    git(root, &["mv", "cluster-profile.yaml", "renamed.yaml"]);
    assert_eq!(told(root, &["--staged", "--touched"]), (BTreeSet::new(), 1, 0));
}

#[test]
fn the_first_commit_is_judged_whole() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    git(root, &["init", "-q"]);
    write(root, "a.yaml", NAMESPACE.replace("shop", "1.10").as_bytes());
    git(root, &["add", "-A"]);
    let (policies, elsewhere, code) = told(root, &["--staged", "--touched"]);
    assert!(!policies.is_empty());
    assert_eq!((elsewhere, code), (0, 1));
}

#[test]
fn the_configuration_is_the_staged_one() {
    let folder = repository();
    let root = folder.path();
    write(
        root,
        "a.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {v: 1.10}}\n",
    );
    write(root, ".checker.yaml", b"version: 1\nseverity: {unquoted-string: off}\n");
    git(root, &["add", "-A"]);
    fs::remove_file(root.join(".checker.yaml")).unwrap();
    assert_eq!(told(root, &["--staged", "--touched"]), (BTreeSet::new(), 0, 0));
}

#[test]
fn the_policies_of_the_repository_are_the_staged_ones() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let policy = "id: no-pods\ntitle: No pods\nseverity: error\nchapter: schema\nwhy: Nobody makes them anew.\nsource: [us]\nmend: Write a Deployment.\n\
                  evaluator:\n  cel: {on: object, fault: 'self.kind == \"Pod\"', message: '\"a pod\"', at: [kind]}\n";
    write(root, "rules/no-pods.yaml", policy.as_bytes());
    write(
        root,
        ".checker.yaml",
        b"version: 1\npolicyDirs: [rules]\nexclude: [rules]\n",
    );
    write(
        root,
        "a.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\n",
    );
    commit(root);
    assert_eq!(told(root, &["--staged", "--touched", "."]), (only("no-pods"), 0, 1));
    // What becomes of them later is for a later commit.
    fs::remove_dir_all(root.join("rules")).unwrap();
    assert_eq!(told(root, &["--staged", "--touched", "."]), (only("no-pods"), 0, 1));
    write(root, "rules/no-pods.yaml", b"id: [\n");
    assert_eq!(told(root, &["--staged", "--touched", "."]), (only("no-pods"), 0, 1));
    git(root, &["add", "-A"]);
    let run = checker_with_git(root, &["check", "--staged"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("rules/no-pods.yaml"), "{}", run.stderr);
}

#[test]
fn a_clean_work_tree_is_judged_as_its_index_and_its_commit_are() {
    for example in ["asm-1.6", "as-printed", "overlays", "broken"] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        copy(&here().join("examples").join(example), root);
        commit(root);
        let plain = checker(root, &["check", "-o", "json"]).stdout;
        assert!(plain.contains("\"findings\""), "{example}");
        let staged = || checker_with_git(root, &["check", "-o", "json", "--staged"]).stdout;
        let since = |arguments: &[&str]| {
            let run = checker_with_git(root, &[&["check", "-o", "json", "--base", "HEAD"], arguments].concat());
            assert_eq!(run.code, 0, "{example}: {}", run.stderr);
            run.stdout
        };
        assert_eq!(staged(), plain, "{example}");
        assert_eq!(since(&["--staged"]), since(&[]), "{example}");
        // Without the files everything comes from git.
        let compared = since(&[]);
        for entry in fs::read_dir(root).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with(".git") {
                fs::remove_dir_all(path).unwrap();
            } else if !path.is_dir() {
                fs::remove_file(path).unwrap();
            }
        }
        assert_eq!(staged(), plain, "{example}");
        assert_eq!(since(&["--staged"]), compared, "{example}");
    }
}
