//! `checker diff` and `checker snapshot` on a real API server: the program that users run, whatever the server, the network or the user does.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may stop where it stands, and says what it skips"
)]

#[path = "../cluster/mod.rs"]
mod cluster;

mod faults;
mod kill;
mod load;
mod memory;
mod place;
mod prune;
mod rights;
mod secrets;
mod sides;
mod verify;
