//! Pauses: nothing is sent for a bill, a payer, a house, a building or the whole project until it ends.

use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar::{day_number, day_of_number};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{ReminderError, hold};
use crate::audit::{self, By};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Pauses listed.
const PAUSES_MAX: usize = 1_000;

/// What is paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "level", content = "subject", rename_all = "snake_case")]
pub enum PauseLevel {
    /// All of the project.
    Project,
    /// All houses of a building, by its name.
    Building(String),
    /// One house.
    House(Uuid),
    /// All bills of one payer.
    Payer(Uuid),
    /// One bill.
    Bill(Uuid),
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// The owner disputes the bill.
    Dispute,
    /// The owner promised to pay by a date.
    PromiseToPay,
    /// A decision of staff.
    Staff,
}

impl PauseReason {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Dispute => "dispute",
            Self::PromiseToPay => "promise_to_pay",
            Self::Staff => "staff",
        }
    }

    pub(super) fn words(code: &str) -> &'static str {
        match code {
            "dispute" => "业主有异议",
            "promise_to_pay" => "业主承诺付款",
            _ => "人工暂停",
        }
    }
}

impl PauseLevel {
    /// It silences everybody.
    #[must_use]
    pub const fn is_whole_project(&self) -> bool {
        matches!(self, Self::Project)
    }

    const fn word(&self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Building(_) => "building",
            Self::House(_) => "house",
            Self::Payer(_) => "payer",
            Self::Bill(_) => "bill",
        }
    }

    fn subject(&self, tx: &ProjectTx<'_>) -> String {
        match self {
            Self::Project => tx.info().id.to_string(),
            Self::Building(name) => name.clone(),
            Self::House(id) | Self::Payer(id) | Self::Bill(id) => id.to_string(),
        }
    }

    /// Refuses what is not of this project, and what names nothing: a pause that holds nothing looks like one that
    /// does.
    async fn check(&self, tx: &ProjectTx<'_>) -> Result<(), ReminderError> {
        let (sql, value) = match self {
            Self::Project => return Ok(()),
            Self::Building(name) => (
                "SELECT COUNT(*) FROM (SELECT 1 AS one FROM house WHERE building = $1 LIMIT 1) AS found",
                name.as_str().into(),
            ),
            Self::House(id) => ("SELECT COUNT(*) FROM house WHERE id = $1", (*id).into()),
            Self::Payer(id) => ("SELECT COUNT(*) FROM party WHERE id = $1", (*id).into()),
            Self::Bill(id) => ("SELECT COUNT(*) FROM bill WHERE id = $1", (*id).into()),
        };
        let found: Option<i64> = tx.value(sql, vec![value]).await?;
        match (self, found.unwrap_or(0)) {
            (Self::Building(_), 0) => Err(ReminderError::BuildingNotFound),
            (_, 0) => Err(ReminderError::NotFound),
            (Self::Building(name), _) if name.trim().is_empty() => Err(ReminderError::BuildingNotFound),
            _ => Ok(()),
        }
    }
}

/// A pause in force, as staff see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PauseView {
    /// Its id, to end it.
    pub id: Uuid,
    /// `project`, `building`, `house`, `payer`, `bill`.
    pub level: String,
    /// The building's name, or the id of what is paused.
    pub subject: String,
    /// Stable code.
    pub reason: String,
    /// The reason in words.
    pub reason_words: &'static str,
    /// The last day of it, if it ends by itself.
    pub until: Option<NaiveDate>,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// `staff`, or `owner` when somebody of the house disputed the bill or promised to pay.
    pub origin: String,
    /// What the owner said in a dispute.
    pub words: Option<String>,
}

/// Pauses reminders, to the end of `until` or until somebody resumes them. What is claimed before this commits still
/// goes out; nothing after.
///
/// # Errors
/// [`ReminderError::NotFound`] and [`ReminderError::BuildingNotFound`] for what is not in this project,
/// [`ReminderError::PromiseWithoutDate`], [`ReminderError::DayPast`], [`ReminderError::Store`].
pub async fn pause(
    db: &ProjectDb,
    by: &By,
    level: &PauseLevel,
    reason: PauseReason,
    until: Option<NaiveDate>,
    now: DateTime<Utc>,
) -> Result<Uuid, ReminderError> {
    if reason == PauseReason::PromiseToPay && until.is_none() {
        return Err(ReminderError::PromiseWithoutDate);
    }
    if until.is_some_and(|day| day < db.info().today(now)) {
        return Err(ReminderError::DayPast);
    }
    let id = Uuid::now_v7();
    let now_ms = now.timestamp_millis();
    db.transact("reminders.pause", async |tx| {
        level.check(tx).await?;
        let subject = level.subject(tx);
        tx.execute(
            "INSERT INTO reminder_pause (id, level, subject, reason, until_day, created_by, created_at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            vec![
                id.into(),
                level.word().into(),
                subject.as_str().into(),
                reason.as_str().into(),
                until.map(day_number).into(),
                by.actor.id().into(),
                now_ms.into(),
            ],
        )
        .await?;
        let detail = json!({ "pause": id, "reason": reason.as_str(), "until": until });
        audit::append(tx, by, "pause.reminders", &format!("{}:{subject}", level.word()), &detail, now_ms).await?;
        Ok(id)
    })
    .await
}

/// Whether a pause silences the whole project. One that is not known does not.
///
/// # Errors
/// [`ReminderError::Store`].
pub async fn is_of_whole_project(db: &ProjectDb, pause_id: Uuid) -> Result<bool, ReminderError> {
    let sql = "SELECT level FROM reminder_pause WHERE id = $1";
    let level = db.read("reminders.pause_level", async |tx| tx.value::<String>(sql, vec![pause_id.into()]).await).await;
    Ok(level.map_err(|e: StoreError| e)?.as_deref() == Some(PauseLevel::Project.word()))
}

/// Ends a pause, whoever set it; with a dispute ends the task it gave.
///
/// # Errors
/// [`ReminderError::NotFound`], [`ReminderError::AlreadyEnded`], [`ReminderError::Store`].
pub async fn resume(db: &ProjectDb, by: &By, pause_id: Uuid, now: DateTime<Utc>) -> Result<(), ReminderError> {
    let now_ms = now.timestamp_millis();
    db.transact("reminders.resume_pause", async |tx| {
        let changed = tx
            .execute(
                "UPDATE reminder_pause SET ended_at_ms = $1 WHERE id = $2 AND ended_at_ms IS NULL",
                vec![now_ms.into(), pause_id.into()],
            )
            .await?;
        if changed == 0 {
            let known: Option<i64> =
                tx.value("SELECT COUNT(*) FROM reminder_pause WHERE id = $1", vec![pause_id.into()]).await?;
            let is_known = known.unwrap_or(0) > 0;
            return Err(if is_known { ReminderError::AlreadyEnded } else { ReminderError::NotFound });
        }
        hold::close_task(tx, pause_id, by.actor.id(), now_ms).await?;
        audit::append(tx, by, "resume.reminders", &format!("reminder_pause:{pause_id}"), &json!({}), now_ms).await?;
        Ok(())
    })
    .await
}

#[derive(sea_orm::FromQueryResult)]
struct PauseRow {
    id: Uuid,
    level: String,
    subject: String,
    reason: String,
    until_day: Option<i64>,
    created_at_ms: i64,
    origin: String,
    words_sealed: Option<Vec<u8>>,
}

/// The pauses in force, the newest first.
///
/// # Errors
/// [`ReminderError::Store`].
pub async fn pauses(db: &ProjectDb, now: DateTime<Utc>) -> Result<Vec<PauseView>, ReminderError> {
    let sql = format!(
        "SELECT p.id, p.level, p.subject, p.reason, p.until_day, p.created_at_ms, p.origin, p.words_sealed \
         FROM reminder_pause p WHERE p.ended_at_ms IS NULL AND (p.until_day IS NULL OR p.until_day >= $1) \
         ORDER BY p.created_at_ms DESC, p.id LIMIT {PAUSES_MAX}"
    );
    let today = day_number(db.info().today(now));
    let rows: Vec<PauseRow> = db
        .read("reminders.pauses", async |tx| tx.rows(&sql, vec![today.into()]).await)
        .await
        .map_err(|e: StoreError| e)?;
    let bad = |id: Uuid| StoreError::bad_row("reminder_pause", id);
    rows.into_iter()
        .map(|row| {
            Ok(PauseView {
                until: row.until_day.map(day_of_number).transpose().map_err(|_| bad(row.id))?,
                created_at: DateTime::from_timestamp_millis(row.created_at_ms).ok_or_else(|| bad(row.id))?,
                reason_words: PauseReason::words(&row.reason),
                id: row.id,
                level: row.level,
                subject: row.subject,
                reason: row.reason,
                origin: row.origin,
                words: row.words_sealed.map(|sealed| hold::open_words(db, &sealed)),
            })
        })
        .collect()
}
