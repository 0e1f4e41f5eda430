//! The days people work on.

use std::collections::BTreeSet;

use actix_web::{get, put, web};
use chrono::NaiveDate;
use domain::holidays::HolidayYear;
use serde::Deserialize;
use service::holidays::{self, HolidayYearView};
use service::installation::Installation;
use service::staff::{ManageBills, ViewBills};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Staff, Text};

/// The arrangement of a year.
#[derive(Debug, Deserialize, ToSchema)]
pub struct HolidayYearBody {
    /// Days off, weekends that belong to a holiday among them; 1 to 120.
    #[schema(value_type = Vec<NaiveDate>)]
    pub holidays: BTreeSet<NaiveDate>,
    /// Weekend days worked in exchange (调休).
    #[schema(value_type = Vec<NaiveDate>)]
    pub makeup_workdays: BTreeSet<NaiveDate>,
    /// Which circular of the State Council says so.
    #[schema(value_type = String, max_length = 200)]
    pub source: Text<200>,
}

/// The years that are known, the earliest first. A year that is not among them is an exception of every formula that
/// asks for its working days.
#[utoipa::path(
    operation_id = "staff_list_holiday_years", tag = "formulas", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = Vec<HolidayYearView>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/holiday-years")]
pub async fn list(staff: Staff<ViewBills>) -> Result<web::Json<Vec<HolidayYearView>>, ApiError> {
    Ok(web::Json(staff.project().read("holidays.years", async |tx| holidays::years(tx).await).await?))
}

/// Enters the arrangement of a year, or replaces what was entered before. Issued bills stay as they are.
#[utoipa::path(
    operation_id = "staff_put_holiday_year", tag = "formulas", security(("staff" = [])),
    params(("project" = Uuid, Path), ("year" = i32, Path)),
    responses((status = 200, body = HolidayYearView), Refusals)
)]
#[put("/api/staff/v1/projects/{project}/holiday-years/{year}")]
pub async fn put_year(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    path: web::Path<(Uuid, i32)>,
    body: Json<HolidayYearBody>,
) -> Result<web::Json<HolidayYearView>, ApiError> {
    let HolidayYearBody { holidays, makeup_workdays, source } = body.0;
    let arrangement = HolidayYear { holidays, makeup_workdays, source: source.into_inner() };
    let now = installation.now();
    Ok(web::Json(holidays::set_year(staff.project(), path.1, arrangement, &staff.by(), now).await?))
}
