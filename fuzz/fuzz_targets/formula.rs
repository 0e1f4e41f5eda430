//! `cargo +nightly fuzz run formula -- -max_total_time=60`
#![no_main]

#[path = "../body/formula.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| body::exercise_bytes(bytes));
