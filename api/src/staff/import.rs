//! Importing houses from a workbook.

use actix_web::web::Bytes;
use actix_web::{post, web};
use chrono::Datelike;
use serde::Deserialize;
use service::houses::{self, BookError, HouseRecords, HousesError, ImportMode, ImportReport, SourceFile};
use service::installation::Installation;
use service::staff::ManageHouses;
use service::vault::sha256_hex;
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};

use crate::error::{ApiError, Refusals};
use crate::extract::{Query, Staff, Text};

/// The largest workbook.
const WORKBOOK_BYTES_MAX: usize = 20 * 1024 * 1024;
/// Workbooks read at the same time: each may unpack to twenty times its size.
const WORKBOOKS_AT_ONCE: usize = 2;

static TURNS: Semaphore = Semaphore::const_new(WORKBOOKS_AT_ONCE);

/// Whether the import is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportModeWanted {
    /// Computed by the code that would do it, then rolled back.
    DryRun,
    /// Done.
    Apply,
}

impl From<ImportModeWanted> for ImportMode {
    fn from(wanted: ImportModeWanted) -> Self {
        match wanted {
            ImportModeWanted::DryRun => Self::DryRun,
            ImportModeWanted::Apply => Self::Apply,
        }
    }
}

/// The bytes of an .xlsx file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct WorkbookBytes(#[allow(dead_code)] Vec<u8>);

/// How to import which file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// `dry_run` or `apply`.
    #[param(inline)]
    pub mode: ImportModeWanted,
    /// The file's name, as the person who chose it knows it.
    #[param(value_type = String, max_length = 200)]
    pub file_name: Text<200>,
}

/// Imports houses with their people from a workbook, all of it or nothing, and nothing the second time. A dry run
/// answers the same report and writes nothing. Refused rows are in the report; when every row is refused, they are in
/// the error.
#[utoipa::path(
    operation_id = "staff_import_houses", tag = "houses", security(("staff" = [])),
    params(("project" = Uuid, Path), ImportQuery),
    request_body(
        content = WorkbookBytes, description = "工作簿，最大 20 MB",
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
    responses((status = 200, body = ImportReport), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/houses/import")]
pub async fn import(
    installation: web::Data<Installation>,
    staff: Staff<ManageHouses>,
    query: Query<ImportQuery>,
    payload: web::Payload,
) -> Result<web::Json<ImportReport>, ApiError> {
    let (project, now) = (staff.project(), installation.now());
    let bytes = whole(payload).await?;
    let file = SourceFile { name: query.file_name.to_string(), sha256: sha256_hex(&bytes) };
    let year = project.info().today(now).year();
    let records = read_apart(move || houses::read_workbook(&bytes, year)).await?;
    let report = houses::import(project, &records, &file, query.mode.into(), &staff.by(), now).await;
    report.map(web::Json).map_err(|error| refused(error, records))
}

/// The workbook as it was sent. It is read only once its sender was found to be allowed to.
pub(super) async fn whole(payload: web::Payload) -> Result<Bytes, ApiError> {
    let sent = payload.to_bytes_limited(WORKBOOK_BYTES_MAX).await.map_err(|_| ApiError::too_large())?;
    sent.map_err(|_| ApiError::bad_request("body_broken_off", "文件没有传完，请重试"))
}

/// Reads a workbook on a thread of its own: a large one takes seconds.
pub(super) async fn read_apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BookError> + Send + 'static,
) -> Result<T, ApiError> {
    let stopping = || ApiError::unavailable("stopping", "系统正在重启，请稍后重试");
    let _turn = TURNS.acquire().await.map_err(|_| stopping())?;
    Ok(tokio::task::spawn_blocking(work).await.map_err(|error| ApiError::internal(&error))??)
}

fn refused(error: HousesError, records: HouseRecords) -> ApiError {
    let rows = if matches!(error, HousesError::NothingToImport) { records.rejected } else { Vec::new() };
    ApiError::from(error).with_rows(rows)
}
