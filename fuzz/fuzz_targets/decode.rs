//! No bytes make the decoder panic, hang or answer what cannot be.
//!
//! `cargo +nightly fuzz run decode -- -max_total_time=1800 -rss_limit_mb=2048 -timeout=10`

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/decode_properties/invariants.rs"]
mod invariants;

fuzz_target!(|bytes: &[u8]| {
    invariants::check(bytes);
});
