//! `checker diff` as a person runs it: the real binary on scratch repositories, against revisions and snapshots.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

#[path = "../program/mod.rs"]
mod program;

mod base;
mod external;
mod forms;
mod scratch;
mod secrets;
mod snapshots;
