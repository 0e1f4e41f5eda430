//! The end of a grant: spent, or given back once.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::counts::{Counts, Move};
use crate::store::{StoreError, Values};
use crate::tenancy::{ControlDb, ControlTx, ProjectDb};

/// Grants looked at in one sweep.
const SWEEP_MAX: usize = 500;
/// Ids in one statement.
const IDS_PER_STATEMENT: usize = 1_000;
/// Settled grants are forgotten after this long.
const KEPT_FOR: TimeDelta = TimeDelta::days(30);

/// What became of the message of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::reminders) enum Settled {
    /// Accepted, or nobody knows.
    Spent,
    /// Certainly not sent.
    Returned,
    /// Certainly not sent, and the vendor says there is no credit.
    ReturnedWithoutCredit,
}

#[derive(sea_orm::FromQueryResult)]
struct ReturnedRow {
    notice_id: Uuid,
    account: String,
    channel: String,
    day: i64,
    contact_hash: Vec<u8>,
    openid: Option<String>,
    template_id: Option<String>,
}

/// Settles the grants of these notices. A grant that is settled already stays as it is.
pub(in crate::reminders) async fn settle(
    tx: &ControlTx<'_>,
    notices: &[(Uuid, Settled)],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let of = |wanted: &[Settled]| -> Vec<Uuid> {
        let mut ids: Vec<Uuid> =
            notices.iter().filter(|(_, settled)| wanted.contains(settled)).map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids
    };
    for chunk in of(&[Settled::Spent]).chunks(IDS_PER_STATEMENT) {
        let sql = format!("UPDATE send_grant SET state = 'spent' WHERE state = 'held' AND notice_id {}", tx.among(1));
        tx.execute(&sql, vec![tx.listed(chunk)]).await?;
    }
    let without_credit = of(&[Settled::ReturnedWithoutCredit]);
    for chunk in of(&[Settled::Returned, Settled::ReturnedWithoutCredit]).chunks(IDS_PER_STATEMENT) {
        let sql = format!(
            "UPDATE send_grant SET state = 'returned' WHERE state = 'held' AND notice_id {} \
             RETURNING notice_id, account, channel, day, contact_hash, openid, template_id",
            tx.among(1)
        );
        let returned: Vec<ReturnedRow> = tx.rows(&sql, vec![tx.listed(chunk)]).await?;
        give_back(tx, &returned, &without_credit, now).await?;
    }
    Ok(())
}

async fn give_back(
    tx: &ControlTx<'_>,
    returned: &[ReturnedRow],
    without_credit: &[Uuid],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let mut counts = Counts::default();
    for row in returned {
        let credit = match (&row.openid, &row.template_id) {
            (Some(openid), Some(template)) if without_credit.binary_search(&row.notice_id).is_err() => {
                Some((row.account.clone(), openid.clone(), template.clone()))
            }
            _ => None,
        };
        counts.add(&row.account, &row.channel, row.day, &row.contact_hash, credit);
    }
    counts.write(tx, Move::GiveBack, now.timestamp_millis()).await
}

#[derive(sea_orm::FromQueryResult)]
struct HeldRow {
    notice_id: Uuid,
}

#[derive(sea_orm::FromQueryResult)]
struct StateRow {
    id: Uuid,
    state: String,
    reason: Option<String>,
}

/// Settles this project's grants whose worker was lost, by what its notices say, and forgets old ones. Answers how
/// many were settled.
pub(in crate::reminders) async fn sweep(
    db: &ProjectDb,
    control: &ControlDb,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let sql = format!(
        "SELECT notice_id FROM send_grant WHERE state = 'held' AND until_ms <= $1 AND project_id = $2 \
         ORDER BY until_ms LIMIT {SWEEP_MAX}"
    );
    let values: Values = vec![now.timestamp_millis().into(), db.id().uuid().into()];
    let held: Vec<HeldRow> = control.read("reminders.held_grants", async |tx| tx.rows(&sql, values).await).await?;
    if held.is_empty() {
        return Ok(0);
    }
    let ids: Vec<Uuid> = held.into_iter().map(|row| row.notice_id).collect();
    let states: Vec<StateRow> = db
        .read("reminders.grant_notices", async |tx| {
            let sql = format!("SELECT id, state, reason FROM notice WHERE id {}", tx.among(1));
            tx.rows(&sql, vec![tx.listed(&ids)]).await
        })
        .await?;
    let settled: Vec<(Uuid, Settled)> = ids
        .iter()
        .filter_map(|id| {
            let notice = states.iter().find(|row| row.id == *id);
            match notice.map(|row| (row.state.as_str(), row.reason.is_some())) {
                // In hand without a reason: it may have been sent; its lease decides first.
                Some(("claimed", false)) => None,
                Some(("sent" | "in_doubt", _)) => Some((*id, Settled::Spent)),
                // Waiting, failed, suppressed, or never written: it was certainly not sent.
                _ => Some((*id, Settled::Returned)),
            }
        })
        .collect();
    let count = u64::try_from(settled.len()).unwrap_or(0);
    control
        .transact("reminders.sweep_grants", async |tx| {
            settle(tx, &settled, now).await?;
            tx.execute(
                "DELETE FROM send_grant WHERE taken_at_ms < $1 AND state <> 'held'",
                vec![(now - KEPT_FOR).timestamp_millis().into()],
            )
            .await?;
            Ok::<_, StoreError>(())
        })
        .await?;
    Ok(count)
}
