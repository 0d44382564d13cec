//! `checker check --fix`: what it writes, byte for byte; what it refuses; and what holds whatever is written.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::format_push_string,
    reason = "a test may stop where it stands"
)]

#[path = "../program/mod.rs"]
mod program;

mod cases;
mod properties;
mod refusals;
mod writing;

use std::fs;
use std::path::Path;

/// A repository whose mesh injects into the namespace `shop`, with a proxy that lacks nothing.
fn ground(folder: &Path) {
    let from = |name: &str| fs::read_to_string(program::here().join("examples/asm-1.6").join(name)).unwrap();
    fs::create_dir(folder.join(".git")).unwrap();
    let namespace = from("namespace.yaml").replace("istio-injection: disabled", "istio-injection: enabled");
    program::write(folder, "namespace.yaml", namespace.as_bytes());
    program::write(folder, "set.yaml", from("sidecarset.yaml").as_bytes());
    program::write(folder, "profile.yaml", from("cluster-profile.yaml").as_bytes());
}
