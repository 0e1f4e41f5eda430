//! A node in this process: its own installation, API server and jobs engine over databases it may share.

use std::net::TcpListener;

use actix_web::dev::ServerHandle;
use api::startup::{ApiSettings, RateLimits};
use domain::ids::ProjectId;
use jobs::{Engine, RunReport};
use linli::config::Config;
use service::clock::Clock;
use service::installation::Installation;
use service::job_runs::Outcome;

/// High enough that no story meets them by chance.
const LIMITS: RateLimits = RateLimits { requests_per_minute: 1_000_000, sign_ins_per_minute: 1_000_000 };

/// A running node. Its jobs run when a story says so.
pub struct Node {
    /// What its use cases work with.
    pub installation: Installation,
    /// Its jobs.
    pub engine: Engine,
    /// Where it serves, if it does.
    pub url: Option<String>,
    server: Option<ServerHandle>,
}

impl Node {
    /// A node that serves at `config.bind`.
    pub async fn serving(config: &Config, clock: &Clock) -> Self {
        let mut node = Self::silent(config, clock).await;
        let settings = ApiSettings { workers: config.workers, shutdown_timeout_s: 1, limits: LIMITS };
        let listener = TcpListener::bind(&config.bind).unwrap();
        let (server, address) = api::startup::build(node.installation.clone(), listener, settings).unwrap();
        node.server = Some(server.handle());
        node.url = Some(format!("http://{address}"));
        tokio::spawn(server);
        node
    }

    /// A node that serves nobody.
    pub async fn silent(config: &Config, clock: &Clock) -> Self {
        let installation = linli::start::installation(config, clock.clone()).await.unwrap();
        let engine = jobs::catalogue(&jobs::startup::Deps::of(&installation, &config.node));
        Self { installation, engine, url: None, server: None }
    }

    /// Stops serving; what is under way ends first.
    pub async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop(true).await;
        }
    }

    /// Runs a job in a project now; it must end well. Answers its report.
    pub async fn run(&self, job: &str, project: ProjectId) -> serde_json::Value {
        let report = self.try_run(job, project).await;
        assert_eq!(report.outcome, Outcome::Ok, "{job}: {:?}", report.error);
        report.report.unwrap_or_default()
    }

    /// Runs a job in a project now, however it ends.
    pub async fn try_run(&self, job: &str, project: ProjectId) -> RunReport {
        let of_project = job != "apply_deliveries";
        self.engine.run_now(job, of_project.then_some(project)).await.unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(server) = &self.server {
            // The command is sent at once; only the wait for its end is given up.
            drop(server.stop(false));
        }
    }
}
