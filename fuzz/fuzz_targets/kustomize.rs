//! No bytes make the builder of kustomizations panic, hang or answer what cannot be.
//!
//! The bytes are the files of a repository, with NUL between them.
//!
//! `cargo +nightly fuzz run kustomize -- -max_total_time=1800 -rss_limit_mb=2048 -timeout=10`

#![no_main]

use checker::source::disk::InMemory;
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/kustomize_properties/invariants.rs"]
#[allow(dead_code, reason = "the properties ask for more")]
mod invariants;

const NAMES: [&str; 8] = [
    "app/kustomization.yaml",
    "app/objects.yaml",
    "base/kustomization.yaml",
    "base/objects.yaml",
    "app/patch.yaml",
    "part/kustomization.yaml",
    "app/data.env",
    "kustomization.yaml",
];

fuzz_target!(|bytes: &[u8]| {
    let texts = bytes.split(|byte| *byte == 0).map(<[u8]>::to_vec);
    let files = NAMES.into_iter().map(str::to_owned).zip(texts);
    invariants::check(&InMemory { files: files.collect() });
});
