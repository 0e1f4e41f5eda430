//! The server: bound, wired, and stopped without cutting anybody off.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, OnceLock};

use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpServer, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use service::installation::Installation;
use utoipa_actix_web::AppExt;

use crate::error::ApiError;
use crate::{console, extract, middleware, routes};

/// How many requests one address may make.
#[derive(Debug, Clone, Copy)]
pub struct RateLimits {
    /// Everything but callbacks.
    pub requests_per_minute: u64,
    /// Sign-ins, of owners and staff.
    pub sign_ins_per_minute: u64,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { requests_per_minute: 1_200, sign_ins_per_minute: 60 }
    }
}

/// How the server runs.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// Threads that serve requests.
    pub workers: usize,
    /// How long a stopping server waits for open requests, in seconds.
    pub shutdown_timeout_s: u64,
    /// Rate limits.
    pub limits: RateLimits,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self { workers: 2, shutdown_timeout_s: 20, limits: RateLimits::default() }
    }
}

/// Builds the server. It serves once it is awaited; [`Server::handle`] stops it. Whoever connects to the bound
/// listener before that waits.
///
/// # Errors
/// When the system does not let it listen.
pub fn build(
    installation: Installation,
    listener: TcpListener,
    settings: ApiSettings,
) -> std::io::Result<(Server, SocketAddr)> {
    build_with(installation, listener, settings, |_| {})
}

/// As [`build`], with routes of the program that starts it. They are not in `/openapi.json`.
///
/// # Errors
/// As [`build`].
pub fn build_with(
    installation: Installation,
    listener: TcpListener,
    settings: ApiSettings,
    more: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> std::io::Result<(Server, SocketAddr)> {
    let address = listener.local_addr()?;
    let (workers, timeout_s) = (settings.workers, settings.shutdown_timeout_s);
    let shared = web::Data::from(Arc::clone(&installation.shared));
    let installation = web::Data::new(installation);
    let limits = web::Data::new(settings.limits);
    let metrics = web::Data::new(metrics_handle()?);
    let server = HttpServer::new(move || {
        App::new()
            .configure(extract::configure)
            .into_utoipa_app()
            .app_data(installation.clone())
            .app_data(shared.clone())
            .app_data(limits.clone())
            .app_data(metrics.clone())
            .configure(routes::configure)
            .openapi_service(routes::openapi_service)
            .into_app()
            .configure(console::configure)
            .configure(more.clone())
            .default_service(web::route().to(async || Err::<&str, _>(ApiError::not_found())))
            // The last one is the outermost: every answer passes through `trace`.
            .wrap(from_fn(middleware::limit))
            .wrap(Compress::default())
            .wrap(from_fn(middleware::trace))
    })
    .workers(workers)
    .shutdown_timeout(timeout_s)
    .disable_signals()
    .listen(listener)?
    .run();
    Ok((server, address))
}

/// The process's one recorder of counters: a second server in the same process shares it.
fn metrics_handle() -> std::io::Result<PrometheusHandle> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    match metrics::set_global_recorder(recorder) {
        Ok(()) => Ok(HANDLE.get_or_init(|| handle).clone()),
        // Another server was faster by a moment.
        Err(_) => HANDLE.get().cloned().ok_or_else(|| std::io::Error::other("another metrics recorder is installed")),
    }
}
