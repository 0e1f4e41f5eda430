//! What vendors report later: delivered, refused by the person, failed. Kept until the message it belongs to is known.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::ProjectId;
use domain::reminder::{Policy, Stage};
use serde::Serialize;
use uuid::Uuid;

use super::arrived::{self, Arrived, Costs};
use super::decided::Decided;
use super::events::{self, Event};
use super::rows::{NOTICE_COLUMNS, NoticeRow, numbered, uuids};
use super::{ReminderError, follow_up, policy};
use crate::store::StoreError;
use crate::store::bulk::{self, Cell, Column, Kind, Over, column};
use crate::tenancy::{ControlDb, ProjectDb, ProjectTx, Projects};

/// Events applied in one transaction.
const BATCH_EVENTS_MAX: usize = 500;
/// An event whose message never became known is put away after this long: it was not ours.
const UNKNOWN_AFTER: TimeDelta = TimeDelta::days(7);

/// Somebody picked up a call. It ends the escalation and counts as opened in the effect, and is never shown as that.
const VOICE_ANSWERED: &str = "voice_answered";
/// Somebody pressed the key. The same holds for it; 已知晓 is pressed in the mini program.
const VOICE_KEY: &str = "voice_key";

/// What a vendor reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryKind {
    /// It reached the phone. Not: it was read.
    Delivered,
    /// The person refuses messages of this account.
    UserBlocked,
    /// It did not reach the phone.
    Failed,
    /// The phone rang and nobody picked up.
    NoAnswer,
    /// The line was engaged.
    Busy,
    /// Somebody picked up and listened for a while.
    Answered,
    /// The listener pressed the key that says they heard it.
    KeyPressed,
}

impl DeliveryKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::UserBlocked => "user_blocked",
            Self::Failed => "delivery_failed",
            Self::NoAnswer => "no_answer",
            Self::Busy => "line_busy",
            Self::Answered => "answered",
            Self::KeyPressed => "key_pressed",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        use DeliveryKind::{Answered, Busy, Delivered, Failed, KeyPressed, NoAnswer, UserBlocked};
        [Delivered, UserBlocked, Failed, NoAnswer, Busy, Answered, KeyPressed]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }

    /// The event beside `delivered`, where the report says more than that.
    const fn heard(self) -> Option<&'static str> {
        match self {
            Self::Answered => Some(VOICE_ANSWERED),
            Self::KeyPressed => Some(VOICE_KEY),
            Self::Delivered | Self::UserBlocked | Self::Failed | Self::NoAnswer | Self::Busy => None,
        }
    }

    const fn has_arrived(self) -> bool {
        matches!(self, Self::Delivered | Self::Answered | Self::KeyPressed)
    }
}

/// What applying delivery events did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DeliveryReport {
    /// Events that found their message.
    pub applied: u64,
    /// Messages that go on through the next channel because of them.
    pub next_channel: u64,
    /// Events that must wait: their project could not be reached, or the message is still being recorded.
    pub waiting: u64,
}

/// Keeps an event. `account` is as [`super::account_of`] names it, `dedup_key` is the vendor's own key of the event
/// or one made from its content. Answers whether it is new.
///
/// # Errors
/// [`StoreError`].
pub async fn record_delivery(
    control: &ControlDb,
    account: &str,
    dedup_key: &str,
    receipt_id: &str,
    kind: DeliveryKind,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    control
        .transact("reminders.delivery", async |tx| {
            let inserted = tx
                .execute(
                    "INSERT INTO delivery_event (account, dedup_key, receipt_id, kind, received_at_ms) \
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account, dedup_key) DO NOTHING",
                    vec![
                        account.into(),
                        dedup_key.into(),
                        receipt_id.into(),
                        kind.as_str().into(),
                        now.timestamp_millis().into(),
                    ],
                )
                .await?;
            Ok(inserted > 0)
        })
        .await
}

#[derive(Debug, sea_orm::FromQueryResult)]
struct EventRow {
    account: String,
    dedup_key: String,
    receipt_id: String,
    kind: String,
    received_at_ms: i64,
    project_id: Uuid,
    notice_id: Uuid,
}

/// Applies up to `limit` events whose message is known. An event that came before its message waits. A project that
/// cannot be opened keeps its events and leaves the others alone.
///
/// # Errors
/// [`ReminderError`] of the control database.
pub async fn apply_deliveries(
    control: &ControlDb,
    projects: &Projects,
    now: DateTime<Utc>,
    limit: usize,
) -> Result<DeliveryReport, ReminderError> {
    let limit = limit.min(BATCH_EVENTS_MAX);
    let sql = format!(
        "SELECT e.account, e.dedup_key, e.receipt_id, e.kind, e.received_at_ms, r.project_id, r.notice_id FROM delivery_event e \
         JOIN message_receipt r ON r.account = e.account AND r.receipt_id = e.receipt_id \
         WHERE e.applied_at_ms IS NULL ORDER BY e.received_at_ms, e.dedup_key LIMIT {limit}"
    );
    let rows: Vec<EventRow> = control
        .read("reminders.deliveries", async |tx| tx.rows(&sql, vec![]).await)
        .await
        .map_err(|e: StoreError| e)?;
    let costs = arrived::costs(control, rows.iter().map(|row| row.account.as_str()).collect()).await?;
    let mut by_project: HashMap<Uuid, Vec<EventRow>> = HashMap::new();
    for row in rows {
        by_project.entry(row.project_id).or_default().push(row);
    }
    let mut report = DeliveryReport::default();
    let mut applied: Vec<(String, String)> = Vec::new();
    for (project_id, rows) in by_project {
        match in_project(projects, ProjectId(project_id), &rows, &costs, now, &mut report).await {
            Ok(done) => applied.extend(done),
            Err(error) => {
                tracing::error!(project = %project_id, error = &error as &dyn std::error::Error, "deliveries wait");
                report.waiting += u64::try_from(rows.len()).unwrap_or(0);
            }
        }
    }
    report.applied += u64::try_from(applied.len()).unwrap_or(0);
    put_away(control, &applied, now).await?;
    Ok(report)
}

async fn put_away(control: &ControlDb, applied: &[(String, String)], now: DateTime<Utc>) -> Result<(), StoreError> {
    let now_ms = now.timestamp_millis();
    control
        .transact("reminders.deliveries_applied", async |tx| {
            const COLUMNS: [Column; 2] = [column("v_account", Kind::Text), column("v_key", Kind::Text)];
            let sql =
                "UPDATE delivery_event SET applied_at_ms = $1 FROM v WHERE account = v_account AND dedup_key = v_key";
            let over = Over { table: "delivery_event", columns: &COLUMNS, values: vec![now_ms.into()], sql };
            let rows = applied.iter().map(|(account, key)| [Cell::Text(account), Cell::Text(key)]);
            bulk::execute(tx, &over, rows).await?;
            let unknown = tx
                .execute(
                    "UPDATE delivery_event SET applied_at_ms = $1 WHERE applied_at_ms IS NULL AND received_at_ms < $2",
                    vec![now_ms.into(), (now - UNKNOWN_AFTER).timestamp_millis().into()],
                )
                .await?;
            if unknown > 0 {
                metrics::counter!("linli_delivery_unknown_total").increment(unknown);
                tracing::warn!(reports = unknown, "delivery reports of messages that were never ours are put away");
            }
            Ok(())
        })
        .await
}

#[derive(Debug, thiserror::Error)]
enum ApplyError {
    #[error(transparent)]
    Tenancy(#[from] crate::tenancy::TenancyError),
    #[error(transparent)]
    Reminder(#[from] ReminderError),
}

/// Applies the events of one project; answers the keys of those that are done. Applying one twice changes nothing.
async fn in_project(
    projects: &Projects,
    project_id: ProjectId,
    rows: &[EventRow],
    costs: &Costs,
    now: DateTime<Utc>,
    report: &mut DeliveryReport,
) -> Result<Vec<(String, String)>, ApplyError> {
    let db: ProjectDb = projects.open(project_id).await?;
    let (done, next_channel) = db
        .transact("reminders.apply_deliveries", async |tx| {
            let ids: Vec<Uuid> = rows.iter().map(|row| row.notice_id).collect();
            let sql = format!(
                "SELECT {NOTICE_COLUMNS} FROM notice WHERE id IN ({}) ORDER BY id{}",
                numbered(1, ids.len()),
                tx.for_update()
            );
            let notices: Vec<NoticeRow> = tx.rows(&sql, uuids(&ids)).await?;
            let policies = policy::of_versions(tx, notices.iter().map(|notice| notice.policy_version)).await?;
            let mut notices: HashMap<Uuid, NoticeRow> = notices.into_iter().map(|row| (row.id, row)).collect();
            let mut done = Vec::with_capacity(rows.len());
            let mut next_channel = 0;
            let mut batch = Batch { costs, arrived: Vec::new(), heard: Vec::new() };
            for row in rows {
                let applied = match notices.get_mut(&row.notice_id) {
                    Some(notice) => {
                        let stage = stage_of(&policies, notice)?;
                        apply(tx, notice, stage, row, &mut batch, now).await?
                    }
                    None => Applied::Done,
                };
                match applied {
                    Applied::Waits => continue,
                    Applied::NextChannel => next_channel += 1,
                    Applied::Done => {}
                }
                done.push((row.account.clone(), row.dedup_key.clone()));
            }
            batch.write(tx, now.timestamp_millis()).await?;
            Ok::<_, ReminderError>((done, next_channel))
        })
        .await?;
    report.next_channel += next_channel;
    report.waiting += u64::try_from(rows.len() - done.len()).unwrap_or(0);
    Ok(done)
}

fn stage_of<'a>(policies: &'a HashMap<i64, Policy>, notice: &NoticeRow) -> Result<&'a Stage, StoreError> {
    policies
        .get(&notice.policy_version)
        .and_then(|policy| policy.stage(&notice.stage))
        .ok_or_else(|| StoreError::bad_row("notice", format!("{} stage {}", notice.id, notice.stage)))
}

/// What a batch of events gathers, to be written together.
struct Batch<'a> {
    costs: &'a Costs,
    arrived: Vec<Arrived>,
    /// Calls that reached somebody in person, after they are known to have arrived.
    heard: Vec<(Uuid, &'static str)>,
}

impl Batch<'_> {
    async fn write(self, tx: &ProjectTx<'_>, now_ms: i64) -> Result<(), StoreError> {
        arrived::write(tx, &self.arrived, now_ms).await?;
        for (notice_id, heard) in self.heard {
            note_heard(tx, notice_id, heard, now_ms).await?;
        }
        Ok(())
    }
}

enum Applied {
    Done,
    NextChannel,
    Waits,
}

/// Applies one event, and leaves in `notice` what the next event of the same batch must know.
async fn apply(
    tx: &ProjectTx<'_>,
    notice: &mut NoticeRow,
    stage: &Stage,
    row: &EventRow,
    batch: &mut Batch<'_>,
    now: DateTime<Utc>,
) -> Result<Applied, ReminderError> {
    let kind = DeliveryKind::parse(&row.kind)
        .ok_or_else(|| StoreError::bad_row("delivery_event", format!("{} kind", row.dedup_key)))?;
    let now_ms = now.timestamp_millis();
    if kind.has_arrived() {
        if notice.delivered_at_ms.is_none() {
            batch.arrived.push(Arrived {
                notice_id: notice.id,
                at_ms: row.received_at_ms,
                account: row.account.clone(),
                receipt_id: row.receipt_id.clone(),
                cost_fen: arrived::cost(batch.costs, &row.account, notice.channel()?),
            });
        }
        notice.delivered_at_ms = notice.delivered_at_ms.or(Some(row.received_at_ms));
        if notice.state == "in_doubt" {
            "sent".clone_into(&mut notice.state);
        }
        if let Some(heard) = kind.heard() {
            batch.heard.push((notice.id, heard));
        }
        return Ok(Applied::Done);
    }
    if notice.state == "claimed" {
        return Ok(Applied::Waits);
    }
    events::append(tx, &[Event::of_notice("not_delivered", notice.id, kind.as_str())], now_ms).await?;
    let still_counts = matches!(notice.state.as_str(), "sent" | "in_doubt")
        && notice.paid_at_ms.is_none()
        && notice.delivered_at_ms.is_none()
        && !was_seen(tx, notice.id).await?;
    if !still_counts {
        return Ok(Applied::Done);
    }
    let followed = follow_up::followed(tx, std::iter::once(notice.id)).await?;
    let mut decided = Decided::default();
    let went_on = decided.fail(tx, (notice, stage), &followed, kind.as_str(), "")?;
    decided.write(tx, now_ms).await?;
    "failed".clone_into(&mut notice.state);
    Ok(if went_on { Applied::NextChannel } else { Applied::Done })
}

/// Who was reached in person is not reminded by a stronger channel. Each of the two facts is one event, however often
/// it is told.
async fn note_heard(tx: &ProjectTx<'_>, notice_id: Uuid, kind: &'static str, now_ms: i64) -> Result<(), StoreError> {
    let known: Option<i64> = tx
        .value(
            "SELECT COUNT(*) FROM reminder_event WHERE notice_id = $1 AND kind = $2",
            vec![notice_id.into(), kind.into()],
        )
        .await?;
    if known != Some(0) {
        return Ok(());
    }
    tx.execute("UPDATE notice SET escalate_at_ms = NULL WHERE id = $1", vec![notice_id.into()]).await?;
    events::append(tx, &[Event::of_notice(kind, notice_id, "")], now_ms).await
}

async fn was_seen(tx: &ProjectTx<'_>, notice_id: Uuid) -> Result<bool, StoreError> {
    let seen: Option<i64> = tx
        .value(
            "SELECT COALESCE(opened_at_ms, acknowledged_at_ms) FROM notice WHERE id = $1 \
             AND (opened_at_ms IS NOT NULL OR acknowledged_at_ms IS NOT NULL)",
            vec![notice_id.into()],
        )
        .await?;
    Ok(seen.is_some())
}
