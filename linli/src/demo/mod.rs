//! `linli demo`: the whole system on one machine, with the outside world simulated. No credentials, nothing kept.

mod households;
mod mini;
mod mischief;
mod page;
mod state;
mod time;
mod vendors;
mod world;

use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

use api::startup::{ApiSettings, RateLimits};

pub use world::DemoWorld;

/// How long the demo waits for what is under way when it is stopped.
const DRAIN: Duration = Duration::from_secs(5);
/// How often the demo's jobs look at the clock: somebody is watching.
const TICK: Duration = Duration::from_secs(1);

/// Puts the world together, serves the page, and stays until it is stopped.
///
/// # Errors
/// When an address is taken or the set-up fails.
pub async fn run(bind: &str) -> Result<ExitCode, Box<dyn std::error::Error>> {
    // Taken before anything else: WeChat Pay must be told where to call, and nobody may take the port meanwhile.
    let listener = TcpListener::bind(bind)?;
    let world = DemoWorld::build(&listener.local_addr()?.to_string()).await?;
    let settings = ApiSettings {
        workers: 2,
        shutdown_timeout_s: DRAIN.as_secs(),
        limits: RateLimits { requests_per_minute: 60_000, sign_ins_per_minute: 6_000 },
    };
    let mut deps = jobs::startup::Deps::of(&world.installation, "demo");
    deps.settings.tick = TICK;
    let engine = jobs::catalogue(&deps);
    let time = time::Time::new(&world, engine.clone());
    let more = page::routes(world.clone(), time);
    let (server, address) = api::startup::build_with(world.installation.clone(), listener, settings, more)?;
    let handle = server.handle();
    tokio::spawn(server);
    world.greet_owners().await?;
    let engine = engine.start().await?;
    world.announce(&address.to_string());
    stopped().await?;
    handle.stop(true).await;
    engine.shutdown(DRAIN).await;
    Ok(ExitCode::SUCCESS)
}

/// Ctrl-C, or the signal of whoever started the demo.
async fn stopped() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        pressed = tokio::signal::ctrl_c() => pressed,
    }
}
