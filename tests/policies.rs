//! The policy files, what is written from them, and the examples they carry.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use checker::model::target::Target;
use checker::policy::catalog::{self, Catalog};
use checker::policy::{documentation, examples};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Holds a file against what it should be; with `UPDATE=1` writes it.
fn assert_fresh(path: &Path, due: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, due).unwrap();
    }
    let there = fs::read_to_string(path).unwrap_or_default();
    assert!(
        there == due,
        "{} is stale; write it anew with `UPDATE=1 cargo test --test policies`",
        path.display()
    );
}

#[test]
fn every_policy_has_passing_and_failing_examples_that_hold_to_the_span() {
    let catalog = Catalog::builtin().unwrap();
    let target = Target::everything(catalog::default_profile().unwrap());
    let run = examples::run(&catalog, &target);
    assert!(run.count >= 2 * catalog.policies().len());
    assert!(run.broken.is_empty(), "{:#?}", run.broken);
}

#[test]
fn every_policy_says_why_where_from_and_what_to_write() {
    for policy in Catalog::builtin().unwrap().policies() {
        assert!(policy.why.len() > 40, "{}: why", policy.id);
        assert!(!policy.source.is_empty(), "{}: source", policy.id);
        assert!(!policy.mend.trim().is_empty(), "{}: mend", policy.id);
        assert!(!policy.title.ends_with('.'), "{}: title", policy.id);
        assert!(policy.title.len() <= 80, "{}: title is long", policy.id);
        let file = root().join(format!("policies/{}.yaml", policy.id));
        assert!(file.exists(), "{} is not in the file of its name", policy.id);
    }
}

#[test]
fn the_documentation_of_the_policies_is_fresh() {
    let catalog = Catalog::builtin().unwrap();
    assert_fresh(&root().join("docs/policies.md"), &documentation::markdown(&catalog));
}

#[test]
fn the_broken_examples_are_fresh_and_none_is_left_over() {
    let catalog = Catalog::builtin().unwrap();
    let folder = root().join("examples/broken");
    let due = documentation::broken_examples(&catalog);
    for (name, text) in &due {
        assert_fresh(&folder.join(name), text);
    }
    let first = |name: &str| folder.join(name.split('/').next().unwrap());
    let names: BTreeSet<PathBuf> = due.iter().map(|(name, _)| first(name)).collect();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert!(names.contains(&path), "{} belongs to no policy", path.display());
    }
}
