//! The evidence pack of a debtor.

use actix_web::http::header::ContentEncoding;
use actix_web::{HttpResponse, post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use service::installation::Installation;
use service::reminders;
use service::staff::PrintEvidence;
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use uuid::Uuid;

use super::download::attached;
use super::reminder_history::FileBody;
use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Staff};

/// Packs printed at the same time: each is in memory until it is sent.
const PRINTED_AT_ONCE: usize = 2;
/// How soon to ask again when others are being printed, in seconds.
const RETRY_AFTER_S: u64 = 5;

static TURNS: Semaphore = Semaphore::const_new(PRINTED_AT_ONCE);

/// What goes into the pack.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EvidenceBody {
    /// Payments and messages since this day of the project's zone; all of them without.
    pub since: Option<NaiveDate>,
}

/// Prints what a payer owes, what was paid and every message with its exact text, for a lawyer. It shows names in full;
/// every making is in the audit log with the file's digest, which is also in the header `x-content-sha256`.
#[utoipa::path(
    operation_id = "staff_print_evidence", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), ("payer" = Uuid, Path)),
    responses((status = 200, content_type = "application/pdf", body = FileBody), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/payers/{payer}/evidence-pack")]
pub async fn print(
    installation: web::Data<Installation>,
    staff: Staff<PrintEvidence>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<EvidenceBody>,
) -> Result<HttpResponse, ApiError> {
    let _turn = TURNS.try_acquire().map_err(|_| ApiError::too_many_requests(RETRY_AFTER_S))?;
    let (by, now, since) = (staff.by(), installation.now(), body.since);
    let pack = reminders::evidence_pack(staff.project(), &installation.control, &by, path.1, since, now).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header(attached(&format!("{}.pdf", pack.number)))
        .insert_header(("x-content-sha256", pack.pdf_sha256))
        .insert_header(ContentEncoding::Identity)
        .body(pack.pdf))
}
