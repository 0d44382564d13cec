//! How a cluster is read, held against a small server in this process that can do what real ones do on bad days.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
#![allow(clippy::expect_used, reason = "a test may stop where it stands")]
#![allow(clippy::panic, reason = "a test may stop where it stands")]
#![allow(
    clippy::needless_pass_by_value,
    reason = "`json!` at the place of the call reads best"
)]

mod cluster;
mod credentials;
mod dry_run;
mod faults;
#[path = "../program/mod.rs"]
mod program;
mod reading;
mod server;
mod snapshot;
