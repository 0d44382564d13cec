//! Passing over documents that nobody asks for saves time and changes nothing.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may stop where it stands"
)]

use std::path::{Path, PathBuf};

use checker::model::inventory;
use checker::model::target::{Target, Targets};
use checker::policy::catalog::{self, Catalog};
use checker::report::{Report, json};
use checker::source::decode::skim::Wanted;
use checker::source::{load, walk};

fn report(folder: &Path, wanted: Option<&Wanted>) -> (String, usize) {
    let root = folder.to_owned();
    let repository = load::load(walk::walk(&root, std::slice::from_ref(&root)).unwrap(), wanted, None);
    let skimmed = repository
        .files
        .iter()
        .filter_map(|file| file.decoded.as_ref())
        .flat_map(|decoded| &decoded.documents)
        .filter(|document| document.skimmed.is_some())
        .count();
    let targets = Targets::only(Target::everything(catalog::default_profile().unwrap()));
    let report = Report::of(&repository, &Catalog::builtin().unwrap(), &targets).unwrap();
    let files: Vec<String> = report
        .files
        .iter()
        .map(|line| format!("{} {}", line.what, line.name))
        .collect();
    (format!("{}\n{}", json::render(&report), files.join("\n")), skimmed)
}

#[test]
fn the_report_is_the_same_with_and_without_it() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let wanted = Wanted::new(inventory::wanted_kinds());
    let mut folders = vec![here.join("examples")];
    let shared = std::env::var_os("CHECKER_SHARED").map_or_else(|| here.join("../shared"), PathBuf::from);
    if shared.join("corpora").is_dir() {
        folders.extend([shared.join("corpora"), shared.join("samples")]);
    } else {
        eprintln!(
            "SKIPPED: no corpora at {}, so only the examples are compared",
            shared.display()
        );
    }
    let mut skimmed = 0;
    for folder in folders {
        let (whole, none) = report(&folder, None);
        let (passed_over, some) = report(&folder, Some(&wanted));
        assert_eq!(none, 0);
        assert!(whole == passed_over, "{} differs", folder.display());
        skimmed += some;
    }
    assert!(skimmed > 0);
}
