//! Escalation: what was sent and nobody looked at goes on through a stronger channel.

use chrono::{DateTime, TimeDelta, Utc};
use domain::reminder::SilenceReason;
use serde::Serialize;
use uuid::Uuid;

use super::ReminderError;
use super::decided::Decided;
use super::events::Event;
use super::follow_up;
use super::rows::{self, NOTICE_COLUMNS, NoticeRow, numbered, uuids};
use super::standing;
use crate::store::Values;
use crate::tenancy::ProjectDb;

/// Notices looked at in one transaction.
const BATCH_NOTICES_MAX: usize = 200;

/// What is unread and paused is looked at again after this long.
const LOOK_AGAIN: TimeDelta = TimeDelta::days(1);

/// What an escalation run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct EscalateReport {
    /// Unread messages that go on through the next channel.
    pub escalated: u64,
    /// Unread messages that need not: paid, paused, or a newer stage speaks.
    pub ended: u64,
}

/// Queues the next message for up to `limit` unread ones; the next [`super::dispatch`] sends them. Unread is what was
/// sent, delivered or not, or is in doubt, and was neither opened, acknowledged nor paid within the policy's wait. A
/// message that was never sent is not unread.
///
/// # Errors
/// [`ReminderError`].
pub async fn escalate(db: &ProjectDb, now: DateTime<Utc>, limit: usize) -> Result<EscalateReport, ReminderError> {
    let mut report = EscalateReport::default();
    let mut left = limit;
    while left > 0 {
        let (escalated, ended) = batch(db, now, left.min(BATCH_NOTICES_MAX)).await?;
        if escalated + ended == 0 {
            break;
        }
        left = left.saturating_sub(escalated + ended);
        report.escalated += u64::try_from(escalated).unwrap_or(0);
        report.ended += u64::try_from(ended).unwrap_or(0);
    }
    Ok(report)
}

async fn batch(db: &ProjectDb, now: DateTime<Utc>, limit: usize) -> Result<(usize, usize), ReminderError> {
    let now_ms = now.timestamp_millis();
    db.transact("reminders.escalate", async |tx| {
        let sql = format!(
            "SELECT {NOTICE_COLUMNS} FROM notice WHERE escalate_at_ms IS NOT NULL AND escalate_at_ms <= $1 \
             AND state IN ('sent', 'in_doubt') AND opened_at_ms IS NULL AND acknowledged_at_ms IS NULL \
             AND paid_at_ms IS NULL ORDER BY escalate_at_ms, id LIMIT {limit}{}",
            tx.skip_locked()
        );
        let mut notices: Vec<NoticeRow> = tx.rows(&sql, vec![now_ms.into()]).await?;
        if notices.is_empty() {
            return Ok((0, 0));
        }
        let all: Vec<Uuid> = notices.iter().map(|notice| notice.id).collect();
        notices.truncate(rows::within_bounds(tx, &all).await?);
        let standings = standing::look(tx, &notices, now).await?;
        let mut decided = Decided::default();
        let mut escalated = 0;
        let mut waiting: Vec<Uuid> = Vec::new();
        for notice in &notices {
            let bills = standings.of(notice);
            let target = follow_up::escalation(tx.info(), standings.stage(notice)?, notice.channel()?);
            match target {
                Some(channel) if bills.iter().any(|bill| bill.silence.is_none()) => {
                    decided.go_on(tx, notice.id, channel, false)?;
                    escalated += 1;
                }
                // A pause ends some day, and what is unread is still unread then.
                Some(_) if bills.iter().any(|bill| bill.silence == Some(SilenceReason::Paused)) => {
                    waiting.push(notice.id);
                }
                _ => {
                    let why = bills.iter().find_map(|bill| bill.silence).map_or("no_channel", |reason| reason.as_str());
                    decided.events.push(Event::of_notice("not_escalated", notice.id, why));
                }
            }
        }
        decided.write(tx, now_ms).await?;
        let ids: Vec<_> = notices.iter().map(|notice| notice.id).collect();
        let sql = format!("UPDATE notice SET escalate_at_ms = NULL WHERE id IN ({})", numbered(1, ids.len()));
        let values: Values = uuids(&ids);
        tx.execute(&sql, values).await?;
        if !waiting.is_empty() {
            let sql = format!("UPDATE notice SET escalate_at_ms = $1 WHERE id IN ({})", numbered(2, waiting.len()));
            let mut values: Values = vec![(now + LOOK_AGAIN).timestamp_millis().into()];
            values.extend(uuids(&waiting));
            tx.execute(&sql, values).await?;
        }
        Ok((escalated, notices.len() - escalated))
    })
    .await
}
