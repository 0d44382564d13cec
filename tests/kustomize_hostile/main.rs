//! A stranger's kustomizations are built or told off, each in bounded time and memory.
//!
//! Nothing here is timed; what takes long or much takes it for everybody who runs the tests.

#![allow(
    clippy::format_collect,
    clippy::type_complexity,
    reason = "clear, and fast enough for a test"
)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::format_push_string,
    reason = "a test says what it means, and may fail anywhere"
)]

#[path = "../program/mod.rs"]
mod program;

mod repository;

#[cfg(unix)]
mod disk;
mod generators;
mod graphs;
mod objects;
#[cfg(unix)]
mod other_program;
mod patches;
mod plugins;
mod texts;
