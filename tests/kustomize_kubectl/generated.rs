//! Generated repositories, built both ways.

use std::fs;
use std::path::{Path, PathBuf};

use checker::source::disk::InMemory;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::plausible::repository;
use crate::{assert_none, compare_all, reason_to_skip};

/// So many repositories are built where `CASES` asks for no other number.
const CASES: usize = 150;

/// The outermost folder of a repository: what lies below comes in with it.
fn outermost(files: &InMemory) -> &'static str {
    let folders = ["three", "two", "one", "base"];
    let found = folders
        .iter()
        .find(|folder| files.files.contains_key(&format!("{folder}/kustomization.yaml")));
    found.unwrap()
}

fn write(root: &Path, files: &InMemory) {
    for (name, bytes) in &files.files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn generated_repositories_build_as_kubectl_builds_them() {
    if let Some(reason) = reason_to_skip() {
        eprintln!("skipped: {reason}, so generated repositories are not compared with it");
        return;
    }
    let asked = std::env::var("CASES").ok().and_then(|cases| cases.parse().ok());
    let mut runner = TestRunner::new(Config {
        rng_seed: if asked.is_some() {
            RngSeed::Random
        } else {
            RngSeed::Fixed(1)
        },
        ..Config::default()
    });
    let cases = asked.unwrap_or(CASES);
    let home = tempfile::tempdir().unwrap();
    let folders: Vec<(PathBuf, String)> = (0..cases)
        .map(|case| {
            let files = repository().new_tree(&mut runner).unwrap().current();
            let name = format!("case-{case}");
            write(&home.path().join(&name), &files);
            (home.path().to_owned(), format!("{name}/{}", outermost(&files)))
        })
        .collect();
    let tally = compare_all("generated", &folders);
    if !tally.wrong.is_empty() {
        eprintln!("the repositories are kept in {}", home.keep().display());
    }
    assert_none(&tally.wrong);
    assert!(
        tally.same * 3 > cases,
        "{} of {cases} are built alike, too few to say anything",
        tally.same
    );
}
