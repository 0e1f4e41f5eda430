//! The days people work on, by year: what came with the program, and before it what staff of the project entered.

use chrono::{DateTime, Utc};
use domain::holidays::{HolidayCalendar, HolidayYear, HolidayYearError};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, By};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Characters of a source.
const SOURCE_CHARS_MAX: usize = 200;
/// The first and the last year that can be entered.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;

/// Why a year was not taken.
#[derive(Debug, thiserror::Error)]
pub enum HolidaysError {
    /// Not a year anybody bills for.
    #[error("年份应在 {} 到 {} 之间", YEARS.start(), YEARS.end())]
    BadYear,
    /// Nothing says where it is from.
    #[error("请填写依据（哪份放假通知），最多 {SOURCE_CHARS_MAX} 个字")]
    SourceMissing,
    /// A slip in the days.
    #[error(transparent)]
    Year(#[from] HolidayYearError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl HolidaysError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadYear => "holiday_year_out_of_range",
            Self::SourceMissing => "holiday_source_missing",
            Self::Year(_) => "holiday_year_invalid",
            Self::Store(_) => "internal",
        }
    }
}

/// The arrangement of a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HolidayYearView {
    /// The year.
    pub year: i32,
    /// Days off, in order.
    pub holidays: Vec<chrono::NaiveDate>,
    /// Weekend days worked in exchange (调休), in order.
    pub makeup_workdays: Vec<chrono::NaiveDate>,
    /// Which circular says so.
    pub source: String,
    /// Entered by staff of the project; otherwise it came with the program.
    pub is_own: bool,
}

#[derive(sea_orm::FromQueryResult)]
struct YearRow {
    year: i64,
    arrangement: String,
}

/// The years staff entered; each year once, so at most a hundred.
async fn own(tx: &ProjectTx<'_>) -> Result<Vec<(i32, HolidayYear)>, StoreError> {
    let rows: Vec<YearRow> = tx.rows("SELECT year, arrangement FROM holiday_year ORDER BY year", vec![]).await?;
    let parse = |row: YearRow| {
        let bad = |column: &str| StoreError::bad_row("holiday_year", format!("{} {column}", row.year));
        let year = i32::try_from(row.year).map_err(|_| bad("year"))?;
        let arrangement = serde_json::from_str(&row.arrangement).map_err(|_| bad("arrangement"))?;
        Ok((year, arrangement))
    };
    rows.into_iter().map(parse).collect()
}

/// The project's calendar. A year nobody entered is not in it, and a formula that asks for one of its days is an
/// exception.
///
/// # Errors
/// [`StoreError`].
pub async fn calendar(tx: &ProjectTx<'_>) -> Result<HolidayCalendar, StoreError> {
    let mut calendar = HolidayCalendar::published();
    for (year, arrangement) in own(tx).await? {
        calendar.set_year(year, arrangement).map_err(|error| StoreError::bad_row("holiday_year", error))?;
    }
    Ok(calendar)
}

/// All years that are known, the earliest first.
///
/// # Errors
/// [`HolidaysError::Store`].
pub async fn years(tx: &ProjectTx<'_>) -> Result<Vec<HolidayYearView>, HolidaysError> {
    let own: Vec<i32> = own(tx).await?.into_iter().map(|(year, _)| year).collect();
    let calendar = calendar(tx).await?;
    Ok(calendar.years().map(|(year, arrangement)| view(year, arrangement, own.contains(&year))).collect())
}

fn view(year: i32, arrangement: &HolidayYear, is_own: bool) -> HolidayYearView {
    HolidayYearView {
        year,
        holidays: arrangement.holidays.iter().copied().collect(),
        makeup_workdays: arrangement.makeup_workdays.iter().copied().collect(),
        source: arrangement.source.clone(),
        is_own,
    }
}

/// Enters a year, or replaces what was entered before. Issued bills keep what they were computed by.
///
/// # Errors
/// [`HolidaysError`]; nothing is changed.
pub async fn set_year(
    db: &ProjectDb,
    year: i32,
    arrangement: HolidayYear,
    by: &By,
    now: DateTime<Utc>,
) -> Result<HolidayYearView, HolidaysError> {
    if !YEARS.contains(&year) {
        return Err(HolidaysError::BadYear);
    }
    let source = arrangement.source.trim();
    if source.is_empty() || source.chars().count() > SOURCE_CHARS_MAX {
        return Err(HolidaysError::SourceMissing);
    }
    HolidayCalendar::default().set_year(year, arrangement.clone())?;
    let (words, now_ms) = (json!(arrangement), now.timestamp_millis());
    db.transact("holidays.set_year", async |tx| {
        let actor: Option<Uuid> = by.actor.id();
        tx.execute(
            "INSERT INTO holiday_year (year, arrangement, set_by, set_at_ms) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (year) DO UPDATE SET arrangement = excluded.arrangement, set_by = excluded.set_by, \
             set_at_ms = excluded.set_at_ms",
            vec![i64::from(year).into(), words.to_string().into(), actor.into(), now_ms.into()],
        )
        .await?;
        audit::append(tx, by, "holiday_year.set", &format!("holiday_year:{year}"), &words, now_ms).await
    })
    .await?;
    Ok(view(year, &arrangement, true))
}
