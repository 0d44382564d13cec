//! The comparison with a real API server.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may stop where it stands, and says what it skips"
)]

#[path = "../cluster/mod.rs"]
mod cluster;

mod agreement;
mod apply;
mod corpora;
mod disagreements;
mod edits;
mod harness;
mod kinds;
mod kruise;
mod oracle;
mod prediction;
mod real_objects;
mod sidecar_sets;
