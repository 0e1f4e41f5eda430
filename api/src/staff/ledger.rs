//! Checking the books.

use actix_web::{get, web};
use service::ledger::{self, VerifyReport};
use service::staff::ViewPayments;
use tokio::sync::Semaphore;

use crate::error::{ApiError, Refusals};
use crate::extract::Staff;

/// Verifications at the same time: each walks a whole ledger.
const VERIFICATIONS_AT_ONCE: usize = 1;
/// How soon to ask again when another verification is under way, in seconds.
const RETRY_AFTER_S: u64 = 10;

static TURNS: Semaphore = Semaphore::const_new(VERIFICATIONS_AT_ONCE);

/// Walks the chain of hashes and checks every invariant between money and bills over one consistent reading. No
/// findings: the books are sound.
#[utoipa::path(
    operation_id = "staff_verify_ledger", tag = "payments", security(("staff" = [])), params(("project" = Uuid, Path)),
    responses((status = 200, body = VerifyReport), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/ledger/verification")]
pub async fn verify(staff: Staff<ViewPayments>) -> Result<web::Json<VerifyReport>, ApiError> {
    let _turn = TURNS.try_acquire().map_err(|_| ApiError::too_many_requests(RETRY_AFTER_S))?;
    Ok(web::Json(ledger::verify(staff.project()).await?))
}
