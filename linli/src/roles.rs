//! The roles a process can have: API, jobs, both.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use api::startup::{ApiSettings, RateLimits};
use service::installation::Installation;

use crate::config::Config;

/// How long a stopping process waits for what is under way.
const DRAIN: Duration = Duration::from_secs(20);

/// Which roles this process has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// Serves HTTP.
    pub api: bool,
    /// Runs clock jobs.
    pub jobs: bool,
}

/// Runs the roles until the process is told to stop, then drains.
///
/// # Errors
/// When the address cannot be bound or the clock cannot start.
pub async fn run(config: &Config, installation: Installation, roles: Roles) -> Result<(), Box<dyn std::error::Error>> {
    let engine = if roles.jobs {
        Some(jobs::catalogue(&jobs::startup::Deps::of(&installation, &config.node)).start().await?)
    } else {
        None
    };
    let handle = if roles.api { Some(serve(config, installation)?) } else { None };
    stop_signal().await?;
    tracing::info!("stopping");
    if let Some(handle) = handle {
        handle.stop(true).await;
    }
    if let Some(engine) = engine {
        engine.shutdown(DRAIN).await;
    }
    tracing::info!("stopped");
    Ok(())
}

fn serve(config: &Config, installation: Installation) -> std::io::Result<ServerHandle> {
    let settings =
        ApiSettings { workers: config.workers, shutdown_timeout_s: DRAIN.as_secs(), limits: RateLimits::default() };
    let listener = TcpListener::bind(&config.bind)?;
    let (server, address) = api::startup::build(installation, listener, settings)?;
    let handle = server.handle();
    tracing::info!(%address, "serving");
    tokio::spawn(server);
    Ok(handle)
}

/// SIGTERM from a supervisor, or Ctrl-C.
async fn stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        pressed = tokio::signal::ctrl_c() => pressed,
    }
}
