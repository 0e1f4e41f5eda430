//! Readings: entered one by one or as a grid, imported, accepted, corrected.

use actix_web::http::header::ContentEncoding;
use actix_web::{HttpResponse, get, post, web};
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use service::houses::{self, SourceFile};
use service::installation::Installation;
use service::meters::{self, Correction, Entry, EntryStep, MetersError, ReadingReport};
use service::staff::{ManageBills, ViewBills};
use service::vault::sha256_hex;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::import::{ImportModeWanted, WorkbookBytes, read_apart, whole};
use super::meters::{Kind, month_of, scaled};
use super::reminder_history::FileBody;
use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Query, Staff, Text};

/// One reading of a registered meter.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EntryBody {
    /// The meter.
    pub meter: Uuid,
    /// What it shows, at most three decimals.
    #[schema(value_type = String, example = "1284.5")]
    pub current: Decimal,
    /// The hand passed the top of the dial and began again.
    #[serde(default)]
    pub is_roll_over: bool,
    /// The old meter's last reading, where the meter was exchanged.
    #[schema(value_type = Option<String>)]
    pub old_end: Option<Decimal>,
    /// The new meter's first reading; 0 without.
    #[schema(value_type = Option<String>)]
    pub new_start: Option<Decimal>,
    /// Estimated, because nobody could read it.
    #[serde(default)]
    pub is_estimated: bool,
    /// The day it was read.
    pub day: Option<NaiveDate>,
    /// Reference of a photo kept elsewhere.
    #[schema(value_type = Option<String>, max_length = 200)]
    pub photo: Option<Text<200>>,
    /// Free text.
    #[schema(value_type = Option<String>, max_length = 200)]
    pub remark: Option<Text<200>>,
}

impl EntryBody {
    fn entry(self) -> Result<Entry, ApiError> {
        let step = match (self.old_end, self.is_roll_over) {
            (Some(old_end), _) => EntryStep::Exchanged {
                old_end_milli: scaled("old_end", old_end, 3)?,
                new_start_milli: scaled("new_start", self.new_start.unwrap_or_default(), 3)?,
            },
            (None, true) => EntryStep::RollOver,
            (None, false) => EntryStep::Plain,
        };
        Ok(Entry {
            meter_id: self.meter,
            current_milli: scaled("current", self.current, 3)?,
            step,
            is_estimated: self.is_estimated,
            day: self.day,
            photo: self.photo.map(Text::into_inner),
            remark: self.remark.map(Text::into_inner),
        })
    }
}

/// Readings of a month.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ReadingsBody {
    /// A day of the month.
    pub month: NaiveDate,
    /// `dry_run` or `apply`.
    pub mode: ImportModeWanted,
    /// At most 2,000, each meter once.
    pub entries: Vec<EntryBody>,
}

/// Enters readings of a month. Sent again they change nothing; one that is not billed yet is replaced. Refused entries
/// are listed with their places and leave the others standing.
#[utoipa::path(
    operation_id = "staff_enter_readings", tag = "meters", security(("staff" = [])), params(("project" = Uuid, Path)),
    responses((status = 200, body = ReadingReport), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/meter-readings")]
pub async fn enter(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    body: Json<ReadingsBody>,
) -> Result<web::Json<ReadingReport>, ApiError> {
    let body = body.0;
    let month = month_of(body.month)?;
    let entries = body.entries.into_iter().map(EntryBody::entry).collect::<Result<Vec<_>, _>>()?;
    let (by, now) = (staff.by(), installation.now());
    Ok(web::Json(meters::enter(staff.project(), &month, &entries, body.mode.into(), &by, now).await?))
}

/// Why a reading is right as it is.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AcceptBody {
    /// Kept with the reading.
    #[schema(value_type = String, max_length = 200)]
    pub reason: Text<200>,
}

/// Accepts a reading that looks odd, so that it may be billed.
#[utoipa::path(
    operation_id = "staff_accept_reading", tag = "meters", security(("staff" = [])),
    params(("project" = Uuid, Path), ("reading" = Uuid, Path)),
    responses((status = 204, description = "已核实"), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/meter-readings/{reading}/accept")]
pub async fn accept(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<AcceptBody>,
) -> Result<HttpResponse, ApiError> {
    let _ = meters::accept(staff.project(), path.1, &body.reason, &staff.by(), installation.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a billed reading should have been.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CorrectBody {
    /// What the meter showed, at most three decimals.
    #[schema(value_type = String, example = "1284.5")]
    pub current: Decimal,
    /// A day of the month in which the difference counts; after the reading's own.
    pub counts_in: NaiveDate,
    /// Why.
    #[schema(value_type = String, max_length = 200)]
    pub reason: Text<200>,
}

/// What a correction changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Corrected {
    /// Usage added to the month it counts in, a decimal; below zero where too much was billed.
    pub difference: String,
}

/// Corrects a reading that was billed: the bill stays, and the difference counts in a later month.
#[utoipa::path(
    operation_id = "staff_correct_reading", tag = "meters", security(("staff" = [])),
    params(("project" = Uuid, Path), ("reading" = Uuid, Path)),
    responses((status = 200, body = Corrected), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/meter-readings/{reading}/correct")]
pub async fn correct(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<CorrectBody>,
) -> Result<web::Json<Corrected>, ApiError> {
    let correction = Correction {
        reading_id: path.1,
        now_milli: scaled("current", body.current, 3)?,
        counts_in: month_of(body.counts_in)?,
        reason: body.reason.to_string(),
    };
    let done = meters::correct(staff.project(), &correction, &staff.by(), installation.now()).await?;
    Ok(web::Json(Corrected { difference: done.into_inner() }))
}

/// Which list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SheetQuery {
    /// A day of the month.
    pub month: NaiveDate,
    /// Only this kind.
    #[param(inline)]
    pub kind: Option<Kind>,
}

/// The list of meters to be read (xlsx). Filled in, the import takes it back.
#[utoipa::path(
    operation_id = "staff_print_meters", tag = "meters", security(("staff" = [])),
    params(("project" = Uuid, Path), SheetQuery),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = FileBody), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/meter-readings/sheet")]
pub async fn sheet(
    installation: web::Data<Installation>,
    staff: Staff<ViewBills>,
    query: Query<SheetQuery>,
) -> Result<HttpResponse, ApiError> {
    let month = month_of(query.month)?;
    let kind = query.kind.map(Into::into);
    let bytes = meters::write_sheet(staff.project(), &month, kind, installation.now()).await?;
    let name = format!("meters-{}.xlsx", month.start().format("%Y-%m"));
    Ok(HttpResponse::Ok()
        .content_type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        .insert_header(super::download::attached(&name))
        // It is packed already.
        .insert_header(ContentEncoding::Identity)
        .body(bytes))
}

/// How to import which readings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReadingsImportQuery {
    /// A day of the month.
    pub month: NaiveDate,
    /// `dry_run` or `apply`.
    #[param(inline)]
    pub mode: ImportModeWanted,
    /// The file's name, as the person who chose it knows it.
    #[param(value_type = String, max_length = 200)]
    pub file_name: Text<200>,
}

/// Imports the readings of a month from a workbook, all of it or nothing, and nothing the second time. Refused rows are
/// in the report; when every row is refused, they are in the error.
#[utoipa::path(
    operation_id = "staff_import_readings", tag = "meters", security(("staff" = [])),
    params(("project" = Uuid, Path), ReadingsImportQuery),
    request_body(
        content = WorkbookBytes, description = "工作簿，最大 20 MB",
        content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
    responses((status = 200, body = ReadingReport), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/meter-readings/import")]
pub async fn import(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    query: Query<ReadingsImportQuery>,
    payload: web::Payload,
) -> Result<web::Json<ReadingReport>, ApiError> {
    let (project, now) = (staff.project(), installation.now());
    let month = month_of(query.month)?;
    let bytes = whole(payload).await?;
    let file = SourceFile { name: query.file_name.to_string(), sha256: sha256_hex(&bytes) };
    let known = houses::known_keys(project).await?;
    let year = month.start().year();
    let book = read_apart(move || meters::read_workbook(&bytes, year, &known)).await?;
    let report = meters::import(project, &month, &book, &file, query.mode.into(), &staff.by(), now).await;
    report.map(web::Json).map_err(|error| {
        let all_refused = matches!(error, MetersError::NothingToImport);
        let rows = if all_refused { houses::refused_rows(&book.rejections) } else { Vec::new() };
        ApiError::from(error).with_rows(rows)
    })
}
