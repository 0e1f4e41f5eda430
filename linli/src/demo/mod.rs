//! `linli demo`: the whole system on one machine, with the outside world simulated. No credentials, nothing kept.

mod households;
mod page;
mod world;

use std::process::ExitCode;
use std::time::Duration;

use api::startup::{ApiSettings, RateLimits};

pub use world::DemoWorld;

/// How long the demo waits for what is under way when it is stopped.
const DRAIN: Duration = Duration::from_secs(5);

/// Puts the world together, serves the page, and stays until it is stopped.
///
/// # Errors
/// When an address is taken or the set-up fails.
pub async fn run(bind: &str) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let world = DemoWorld::build(bind).await?;
    let settings = ApiSettings {
        bind: bind.to_owned(),
        workers: 2,
        shutdown_timeout_s: DRAIN.as_secs(),
        limits: RateLimits { requests_per_minute: 60_000, sign_ins_per_minute: 6_000 },
    };
    let more = page::routes(world.clone());
    let (server, address) = api::startup::build_with(world.installation.clone(), settings, more)?;
    let handle = server.handle();
    tokio::spawn(server);
    world.greet_owners().await?;
    let deps = jobs::startup::Deps::of(&world.installation, "demo");
    let engine = jobs::catalogue(&deps).start().await?;
    world.announce(&address.to_string());
    tokio::signal::ctrl_c().await?;
    handle.stop(true).await;
    engine.shutdown(DRAIN).await;
    Ok(ExitCode::SUCCESS)
}
