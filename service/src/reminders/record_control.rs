//! What an outcome tells about accounts and people, kept in the control database over all projects.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::reminder::{Channel, instant_on};
use uuid::Uuid;

use super::ReminderError;
use super::claim::Claimed;
use super::deliver::{Outcome, Recipient, Refusal, account_of};
use super::grants::{self, Setback, Settled};
use crate::store::StoreError;
use crate::store::bulk::{self, Cell, Column, Kind, Target, column};
use crate::tenancy::{ControlDb, ControlTx, ProjectDb};

/// Writes receipts, by which delivery reports find their notice, and who turned out not to follow or to have no
/// credit. These are facts of the vendor and hold whoever has the lease by now.
pub(super) async fn write(
    db: &ProjectDb,
    control: &ControlDb,
    results: &[(Claimed, Outcome)],
    now: DateTime<Utc>,
) -> Result<(), ReminderError> {
    let now_ms = now.timestamp_millis();
    let receipts: Vec<Receipt<'_>> =
        results.iter().filter_map(|(claimed, outcome)| receipt(db, claimed, outcome)).collect();
    let refusals: Vec<(&Recipient, Refusal)> = results
        .iter()
        .filter_map(|(claimed, outcome)| match outcome {
            Outcome::Refused { reason: reason @ (Refusal::NotFollower | Refusal::NoSubscription), .. } => {
                Some((&claimed.message.recipient, *reason))
            }
            _ => None,
        })
        .collect();
    let settled: Vec<(Uuid, Settled)> = results
        .iter()
        .filter_map(|(claimed, outcome)| Some((claimed.message.notice_id, settled(claimed, outcome)?)))
        .collect();
    let accounts = setbacks(db, results, now);
    control
        .transact("reminders.receipts", async |tx| {
            insert_receipts(tx, db, &receipts, now_ms).await?;
            grants::settle(tx, &settled, now).await?;
            grants::note(tx, &accounts, now).await?;
            for (recipient, reason) in refusals {
                refused(tx, recipient, reason, now_ms).await?;
            }
            Ok(())
        })
        .await
}

/// What a vendor calls a message it took.
struct Receipt<'a> {
    account: String,
    receipt_id: &'a str,
    notice_id: Uuid,
}

fn receipt<'a>(db: &ProjectDb, claimed: &Claimed, outcome: &'a Outcome) -> Option<Receipt<'a>> {
    let Outcome::Accepted { receipt_id, account } = outcome else { return None };
    let account = account.clone().or_else(|| account_of(db.info(), claimed.channel))?;
    Some(Receipt { account, receipt_id, notice_id: claimed.message.notice_id })
}

async fn insert_receipts(
    tx: &ControlTx<'_>,
    db: &ProjectDb,
    receipts: &[Receipt<'_>],
    now_ms: i64,
) -> Result<(), StoreError> {
    const COLUMNS: [Column; 3] =
        [column("account", Kind::Text), column("receipt_id", Kind::Text), column("notice_id", Kind::Uuid)];
    let shared = vec![
        (column("project_id", Kind::Uuid), db.id().uuid().into()),
        (column("sent_at_ms", Kind::Int), now_ms.into()),
    ];
    let tail = "ON CONFLICT (account, receipt_id) DO NOTHING";
    let into = Target { table: "message_receipt", columns: &COLUMNS, shared, tail };
    let rows =
        receipts.iter().map(|one| [Cell::Text(&one.account), Cell::Text(one.receipt_id), Cell::Uuid(one.notice_id)]);
    bulk::insert(tx, &into, rows).await?;
    Ok(())
}

/// What an outcome means for the grant. Nothing while the message may have been sent and may be sent again.
fn settled(claimed: &Claimed, outcome: &Outcome) -> Option<Settled> {
    match outcome {
        Outcome::Accepted { .. } => Some(Settled::Spent),
        Outcome::Unknown { .. } => None,
        Outcome::NotSent { .. } | Outcome::Refused { reason: Refusal::RateLimited | Refusal::DailyQuota, .. }
            if claimed.is_resend =>
        {
            None
        }
        Outcome::Refused { reason: Refusal::NoSubscription, .. } => Some(Settled::ReturnedWithoutCredit),
        Outcome::NotSent { .. } | Outcome::Refused { .. } => Some(Settled::Returned),
    }
}

/// What a batch tells about the accounts it went through. One acceptance clears an account of chance failures.
fn setbacks(
    db: &ProjectDb,
    results: &[(Claimed, Outcome)],
    now: DateTime<Utc>,
) -> HashMap<(String, Channel), (Setback, i64)> {
    let info = db.info();
    let today = info.today(now);
    let midnight = instant_on(today.succ_opt().unwrap_or(today), chrono::NaiveTime::MIN, info.zone);
    let mut found: HashMap<(String, Channel), (Setback, i64)> = HashMap::new();
    for (claimed, outcome) in results {
        let Some(first) = account_of(info, claimed.channel) else { continue };
        // What a second account sent says that the second one works. Of the first it says nothing: its breaker would
        // close the channel while the second one still sends.
        let account = match outcome {
            Outcome::Accepted { account: Some(account), .. } => account.clone(),
            _ => first,
        };
        let setback = match outcome {
            Outcome::Accepted { .. } => Setback::None,
            Outcome::Refused { reason: Refusal::DailyQuota, .. } => {
                Setback::Stopped { until: midnight, reason: "daily_quota" }
            }
            Outcome::Refused { reason: Refusal::OurConfig, .. } | Outcome::Unknown { .. } | Outcome::NotSent { .. } => {
                Setback::Failure
            }
            // The person's own affair.
            Outcome::Refused { .. } => continue,
        };
        let entry = found.entry((account, claimed.channel)).or_insert((setback, 0));
        entry.1 += i64::from(setback == Setback::Failure);
        entry.0 = match (entry.0, setback) {
            (stopped @ Setback::Stopped { .. }, _) | (_, stopped @ Setback::Stopped { .. }) => stopped,
            (Setback::None, _) | (_, Setback::None) => Setback::None,
            (Setback::Failure, Setback::Failure) => Setback::Failure,
        };
    }
    found
}

async fn refused(tx: &ControlTx<'_>, recipient: &Recipient, reason: Refusal, now_ms: i64) -> Result<(), StoreError> {
    let Recipient::Openid { app_id, openid } = recipient else { return Ok(()) };
    let sql = if reason == Refusal::NotFollower {
        "UPDATE person_wechat SET followed = FALSE, followed_at_ms = $1 WHERE app_id = $2 AND openid = $3 AND followed"
    } else {
        "UPDATE consent_credit SET credits = 0, updated_at_ms = $1 WHERE app_id = $2 AND openid = $3 AND credits > 0"
    };
    tx.execute(sql, vec![now_ms.into(), app_id.as_str().into(), openid.as_str().into()]).await?;
    Ok(())
}
