//! `linli`: one binary for every role.

use std::process::ExitCode;

use clap::Parser;
use linli::cli::{Cli, run};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    // Two TLS providers are compiled in by different dependencies; this names the one that is used.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,sea_orm=warn,actix_server=warn,tokio_cron_scheduler=warn"));
    let json = std::env::var("LINLI_LOG").as_deref() != Ok("text");
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        subscriber.json().flatten_event(true).init();
    } else {
        subscriber.init();
    }
    match run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            #[allow(clippy::print_stderr, reason = "what a person at the terminal reads")]
            {
                let mut cause: Option<&dyn std::error::Error> = Some(error.as_ref());
                while let Some(inner) = cause {
                    eprintln!("{inner}");
                    cause = inner.source();
                }
            }
            ExitCode::FAILURE
        }
    }
}
