//! For whoever watches over the process.

use actix_web::{HttpResponse, Responder, get, web};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use service::installation::Installation;
use service::store::StoreError;
use utoipa::ToSchema;

/// How a node is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or what is missing.
    pub status: &'static str,
}

/// The process runs.
#[utoipa::path(operation_id = "healthz", tag = "health", responses((status = 200, body = Health)))]
#[get("/healthz")]
pub async fn healthz() -> impl Responder {
    web::Json(Health { status: "ok" })
}

/// The process can serve: its control database answers.
#[utoipa::path(
    operation_id = "readyz", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = Health, description = "控制库没有响应"))
)]
#[get("/readyz")]
pub async fn readyz(installation: web::Data<Installation>) -> HttpResponse {
    let answer: Result<Option<i64>, StoreError> =
        installation.control.read("health.ready", async |tx| tx.value("SELECT CAST(1 AS BIGINT)", vec![]).await).await;
    match answer {
        Ok(_) => HttpResponse::Ok().json(Health { status: "ok" }),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "not ready");
            HttpResponse::ServiceUnavailable().json(Health { status: "control_database" })
        }
    }
}

/// Counters in Prometheus' text form.
#[utoipa::path(
    operation_id = "metrics", tag = "health",
    responses((status = 200, content_type = "text/plain", body = String))
)]
#[get("/metrics")]
pub async fn metrics(handle: web::Data<PrometheusHandle>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(handle.render())
}
