//! What holds whatever kustomizations say.

#![allow(
    clippy::panic,
    clippy::format_push_string,
    reason = "a test says what it means, and may fail anywhere"
)]

mod fragments;
mod invariants;
#[path = "../plausible/mod.rs"]
mod plausible;

use std::sync::LazyLock;

use checker::source::disk::InMemory;
use fragments::fragments;
use invariants::{Outcome, check, folder};
use plausible::repository;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::RngSeed;
use rayon::ThreadPool;

/// `CASES` asks for more cases, which are others each time.
fn configuration() -> ProptestConfig {
    let cases = std::env::var("CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(500),
        rng_seed: if cases.is_some() {
            RngSeed::Random
        } else {
            RngSeed::Fixed(1)
        },
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    }
}

fn pool(threads: usize) -> ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(checker::source::limits::WORKER_STACK_BYTES)
        .build()
        .unwrap_or_else(|error| panic!("{error}"))
}

static ONE: LazyLock<ThreadPool> = LazyLock::new(|| pool(1));
static SEVERAL: LazyLock<ThreadPool> = LazyLock::new(|| pool(4));

fn with(files: &InMemory, name: &str, text: String) -> InMemory {
    let mut files = InMemory {
        files: files.files.clone(),
    };
    files.files.insert(name.to_owned(), text.into_bytes());
    files
}

fn sorted(outcome: &Outcome) -> Outcome {
    let mut outcome = outcome.clone();
    if let Ok(objects) = &mut outcome {
        objects.sort_by_key(ToString::to_string);
    }
    outcome
}

proptest! {
    // The same cases in every run, unless more are asked for.
    #![proptest_config(configuration())]

    #[test]
    fn plausible_kustomizations_are_built_or_told_off_the_same_way_by_any_number_of_threads(files in repository()) {
        let built = ONE.install(|| check(&files));
        prop_assert_eq!(&SEVERAL.install(|| check(&files)), &built);
        // One folder alone is what it is among all.
        for (name, outcome) in &built {
            let alone = ONE.install(|| folder(&files, name));
            prop_assert_eq!(alone.as_ref(), Some(outcome), "{}", name);
        }
    }

    #[test]
    fn an_overlay_that_changes_nothing_makes_the_same_objects(files in repository()) {
        let built = ONE.install(|| check(&files));
        for (name, outcome) in built.iter().filter(|(name, _)| !name.is_empty()) {
            let files = with(&files, "zz-overlay/kustomization.yaml", format!("resources: ['../{name}']\n"));
            let overlay = ONE.install(|| folder(&files, "zz-overlay"));
            prop_assert_eq!(overlay.as_ref().map(sorted), Some(sorted(outcome)), "{}", name);
        }
    }

    #[test]
    fn files_that_nobody_takes_change_nothing(files in repository(), folders in prop::collection::vec("[a-z]{1,3}", 1..4)) {
        let built = ONE.install(|| check(&files));
        let more = folders.iter().fold(InMemory { files: files.files.clone() }, |files, folder| {
            with(&files, &format!("zz-{folder}/own.yaml"), "kind: A\nmetadata: {name: a}\n".to_owned())
        });
        prop_assert_eq!(ONE.install(|| check(&more)), built);
    }

    #[test]
    fn any_fragments_are_built_or_told_off(files in fragments()) {
        ONE.install(|| check(&files));
    }
}

/// Most kustomizations that are tried here are built, so that there is something to compare.
#[test]
fn most_plausible_kustomizations_are_built() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    });
    let mut built = 0;
    let mut objects = 0;
    let mut all = 0;
    for _ in 0..200 {
        let files = repository()
            .new_tree(&mut runner)
            .unwrap_or_else(|error| panic!("{error}"))
            .current();
        for outcome in ONE.install(|| check(&files)).values() {
            all += 1;
            built += usize::from(outcome.is_ok());
            objects += outcome.as_ref().map_or(0, Vec::len);
        }
    }
    assert!(
        built * 3 > all && objects > built,
        "{built} of {all} are built, with {objects} objects"
    );
}
