//! What an outcome tells about accounts and people, kept in the control database over all projects.

use chrono::{DateTime, Utc};

use super::ReminderError;
use super::claim::Claimed;
use super::deliver::{Outcome, Recipient, Refusal, account_of};
use crate::store::{StoreError, Values};
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
    let receipts: Vec<Values> = results
        .iter()
        .filter_map(|(claimed, outcome)| {
            let Outcome::Accepted { receipt_id } = outcome else { return None };
            let account = account_of(db.info(), claimed.channel)?;
            Some(vec![
                account.into(),
                receipt_id.as_str().into(),
                db.id().uuid().into(),
                claimed.message.notice_id.into(),
                now_ms.into(),
            ])
        })
        .collect();
    let refusals: Vec<(&Recipient, Refusal)> = results
        .iter()
        .filter_map(|(claimed, outcome)| match outcome {
            Outcome::Refused { reason: reason @ (Refusal::NotFollower | Refusal::NoSubscription), .. } => {
                Some((&claimed.message.recipient, *reason))
            }
            _ => None,
        })
        .collect();
    if receipts.is_empty() && refusals.is_empty() {
        return Ok(());
    }
    control
        .transact("reminders.receipts", async |tx| {
            let columns = ["account", "receipt_id", "project_id", "notice_id", "sent_at_ms"];
            tx.insert_many("message_receipt", &columns, receipts, "ON CONFLICT (account, receipt_id) DO NOTHING")
                .await?;
            for (recipient, reason) in refusals {
                refused(tx, recipient, reason, now_ms).await?;
            }
            Ok(())
        })
        .await
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
