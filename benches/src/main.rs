//! `cargo run --release -p benches [-- name…]`: exit code 0 unless something is wrong; slow is not wrong.
#![allow(clippy::print_stderr, reason = "what a person at the terminal reads")]

use std::process::ExitCode;

use benches::choice::{Choice, USAGE};

#[tokio::main]
async fn main() -> ExitCode {
    // Two TLS providers are compiled in by different dependencies; this names the one that is used.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let choice = match Choice::read(std::env::args().skip(1), std::env::var("LINLI_TEST_PG_URL").ok()) {
        Ok(choice) => choice,
        Err(error) => {
            eprintln!("{error}\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    if benches::run_all(&choice).await { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
