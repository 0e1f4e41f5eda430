//! Opening balances: importing them, and what they come to.

use actix_web::{get, post, web};
use chrono::Datelike;
use service::houses::{self, SourceFile};
use service::installation::Installation;
use service::opening::{self, OpeningError, OpeningReport, OpeningSums};
use service::staff::{ManageBills, ViewBills};
use service::vault::sha256_hex;

use super::import::{ImportQuery, WorkbookBytes, read_apart, whole};
use crate::error::{ApiError, Refusals};
use crate::extract::{Query, Staff};

/// Imports arrears, prepayments and deposits of the old books, all of it or nothing, and nothing the second time. The
/// report says column by column whether the printed totals tie, and section by section whether the ledger does; a file
/// that does not tie is not applied.
#[utoipa::path(
    operation_id = "staff_import_opening", tag = "opening", security(("staff" = [])),
    params(("project" = Uuid, Path), ImportQuery),
    request_body(
        content = WorkbookBytes, description = "工作簿，最大 20 MB",
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
    responses((status = 200, body = OpeningReport), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/opening/import")]
pub async fn import(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    query: Query<ImportQuery>,
    payload: web::Payload,
) -> Result<web::Json<OpeningReport>, ApiError> {
    let (project, now) = (staff.project(), installation.now());
    let bytes = whole(payload).await?;
    let file = SourceFile { name: query.file_name.to_string(), sha256: sha256_hex(&bytes) };
    let known = houses::known_keys(project).await?;
    let year = project.info().today(now).year();
    let book = read_apart(move || opening::read_workbook(&bytes, year, &known)).await?;
    let report = opening::import(project, &book, &file, query.mode.into(), &staff.by(), now).await;
    report.map(web::Json).map_err(|error| {
        let all_refused = matches!(error, OpeningError::NothingToImport);
        let rows = if all_refused { houses::refused_rows(&book.rejections) } else { Vec::new() };
        ApiError::from(error).with_rows(rows)
    })
}

/// What the project brought along, section by section and item by item, against its ledger.
#[utoipa::path(
    operation_id = "staff_show_opening", tag = "opening", security(("staff" = [])), params(("project" = Uuid, Path)),
    responses((status = 200, body = OpeningSums), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/opening")]
pub async fn show(staff: Staff<ViewBills>) -> Result<web::Json<OpeningSums>, ApiError> {
    let sums = staff.project().read("opening.sums", async |tx| opening::sums(tx).await).await?;
    Ok(web::Json(sums))
}
