//! What silences reminders as a whole: a project that only tries, a company that pauses.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::calendar::day_number;
use domain::ids::{CompanyId, ProjectId};
use serde_json::json;

use super::SetupError;
use crate::audit::{self, By};
use crate::store::StoreError;
use crate::tenancy::{ControlDb, ControlTx};

/// The longest pause: what is to rest longer is paused again.
const PAUSE_MAX: TimeDelta = TimeDelta::days(366);
/// Characters of a reason.
const REASON_CHARS_MAX: usize = 200;
/// Time zones of one company's projects.
const ZONES_MAX: usize = 50;

/// Switches a project to trying only, or back: everything is decided and written, nothing leaves. It holds from the
/// next dispatch on, on every node.
///
/// # Errors
/// [`SetupError::ProjectNotFound`], [`SetupError::Store`].
pub async fn set_dry_run(
    control: &ControlDb,
    project: ProjectId,
    is_dry_run: bool,
    by: &By,
    now_ms: i64,
) -> Result<(), SetupError> {
    control
        .transact("setup.dry_run", async |tx| {
            let sql = "UPDATE project SET is_dry_run = $1 WHERE id = $2";
            if tx.execute(sql, vec![is_dry_run.into(), project.uuid().into()]).await? == 0 {
                return Err(SetupError::ProjectNotFound);
            }
            let detail = json!({"is_dry_run": is_dry_run});
            audit::append(tx, by, "set.dry_run", &format!("project:{project}"), &detail, now_ms).await?;
            Ok(())
        })
        .await
}

/// Pauses the reminders of all projects of a company to the end of `until`, with the reason staff read; without a day
/// ends the pause. What falls due meanwhile waits.
///
/// # Errors
/// [`SetupError::PauseDay`] for a day that is over everywhere or more than a year away, [`SetupError::PauseReason`],
/// [`SetupError::CompanyNotFound`], [`SetupError::Store`].
pub async fn set_company_pause(
    control: &ControlDb,
    company: CompanyId,
    until: Option<NaiveDate>,
    reason: &str,
    by: &By,
    now: DateTime<Utc>,
) -> Result<(), SetupError> {
    let reason = reason.trim();
    if until.is_some() && (reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX) {
        return Err(SetupError::PauseReason);
    }
    let now_ms = now.timestamp_millis();
    control
        .transact("setup.company_pause", async |tx| {
            if let Some(until) = until {
                let today = earliest_today(tx, company, now).await?;
                if until < today || until - today > PAUSE_MAX {
                    return Err(SetupError::PauseDay);
                }
            }
            let changed = tx
                .execute(
                    "UPDATE company SET reminders_paused_until_day = $1, reminders_pause_reason = $2 WHERE id = $3",
                    vec![until.map(day_number).into(), until.map(|_| reason.to_owned()).into(), company.uuid().into()],
                )
                .await?;
            if changed == 0 {
                return Err(SetupError::CompanyNotFound);
            }
            let detail = json!({"until": until, "reason": reason});
            let act = if until.is_some() { "pause.company" } else { "resume.company" };
            audit::append(tx, by, act, &format!("company:{company}"), &detail, now_ms).await?;
            Ok(())
        })
        .await
}

/// Days are days of each project's zone: the one where the day is the youngest decides what is over.
async fn earliest_today(tx: &ControlTx<'_>, company: CompanyId, now: DateTime<Utc>) -> Result<NaiveDate, StoreError> {
    #[derive(sea_orm::FromQueryResult)]
    struct ZoneRow {
        time_zone: String,
    }
    let sql = format!("SELECT DISTINCT time_zone FROM project WHERE company_id = $1 LIMIT {ZONES_MAX}");
    let rows: Vec<ZoneRow> = tx.rows(&sql, vec![company.uuid().into()]).await?;
    let days = rows
        .iter()
        .filter_map(|row| row.time_zone.parse::<Tz>().ok())
        .map(|zone| now.with_timezone(&zone).date_naive());
    Ok(days.min().unwrap_or_else(|| now.date_naive()))
}
