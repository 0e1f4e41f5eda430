//! Sends what is to be sent, and asks about what nobody told us the end of.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::refund::{self, RefundState};
use futures_util::{StreamExt, stream};
use gateway::wechat_pay::{MerchantKeys, PayGateway};
use serde::Serialize;

use super::repo::{RefundRow, StoredRefund as _};
use super::send::{RefundContext, advance};
use crate::payments::{MerchantError, Merchants};
use crate::store::StoreError;
use crate::tenancy::ProjectDb;

/// Refunds looked at in one run of one project.
const REFUNDS_PER_RUN: i64 = 100;
/// Calls in flight at once: WeChat Pay takes few refunds a second.
const AT_ONCE: usize = 4;

/// What one run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RefundSweepReport {
    /// Looked at.
    pub looked_at: u64,
    /// The payer has the money.
    pub succeeded: u64,
    /// Ended without money moving.
    pub ended: u64,
    /// Still under way.
    pub open: u64,
    /// Could not be sent, asked about or booked; looked at again later.
    pub failed: u64,
}

/// Brings on the refunds whose time has come. `notify_url` is where WeChat Pay tells of this project's refunds.
///
/// # Errors
/// [`StoreError`].
pub async fn sweep_refunds(
    db: &ProjectDb,
    gateway: &Arc<dyn PayGateway>,
    merchants: &Merchants,
    notify_url: &str,
    now: DateTime<Utc>,
) -> Result<RefundSweepReport, StoreError> {
    let due = claim(db, now).await?;
    let keys = open_keys(db, merchants, &due).await;
    let mut report = RefundSweepReport::default();
    let mut answers = stream::iter(due.into_iter().map(|row| {
        let keys = keys.get(&row.mchid).cloned();
        async move {
            let keys = keys?;
            let context = RefundContext { gateway: Arc::clone(gateway), keys, notify_url: notify_url.to_owned() };
            match advance(db, &context, row.refund_id(), now).await {
                Ok(state) => Some(state),
                Err(error) => {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::error!(alarm = "refund_failed", project = %db.id(), error, "a refund could not be brought on");
                    None
                }
            }
        }
    }))
    .buffer_unordered(AT_ONCE);
    while let Some(answer) = answers.next().await {
        report.looked_at += 1;
        match answer {
            Some(RefundState::Succeeded) => report.succeeded += 1,
            Some(state) if state.is_over() => report.ended += 1,
            Some(_) => report.open += 1,
            None => report.failed += 1,
        }
    }
    Ok(report)
}

/// The keys of the merchants these refunds were paid to.
async fn open_keys(db: &ProjectDb, merchants: &Merchants, due: &[RefundRow]) -> HashMap<String, Arc<MerchantKeys>> {
    let mut keys: HashMap<String, Arc<MerchantKeys>> = HashMap::new();
    for row in due {
        if keys.contains_key(&row.mchid) {
            continue;
        }
        match merchants.of_number(db.info(), &row.mchid).await {
            Ok(opened) => {
                keys.insert(row.mchid.clone(), opened);
            }
            Err(error) => no_keys(db, &row.mchid, &error),
        }
    }
    keys
}

fn no_keys(db: &ProjectDb, mchid: &str, error: &MerchantError) {
    tracing::error!(alarm = "merchant_keys", project = %db.id(), mchid, %error, "refunds cannot be sent");
}

/// Takes the due refunds by moving their next look forward: a second node finds nothing left.
async fn claim(db: &ProjectDb, now: DateTime<Utc>) -> Result<Vec<RefundRow>, StoreError> {
    let now_ms = now.timestamp_millis();
    let due: Option<i64> = db
        .read("refunds.due", async |tx| {
            let sql = "SELECT MIN(next_look_at_ms) FROM refund WHERE next_look_at_ms IS NOT NULL";
            tx.value::<Option<i64>>(sql, vec![]).await.map(Option::flatten)
        })
        .await?;
    // Reading waits for nobody: most runs end here.
    if due.is_none_or(|due| due > now_ms) {
        return Ok(Vec::new());
    }
    db.transact("refunds.sweep", async |tx| {
        let sql = format!(
            "SELECT * FROM refund WHERE next_look_at_ms IS NOT NULL AND next_look_at_ms <= $1 \
             ORDER BY next_look_at_ms LIMIT $2{}",
            tx.skip_locked()
        );
        let due: Vec<RefundRow> = tx.rows(&sql, vec![now_ms.into(), REFUNDS_PER_RUN.into()]).await?;
        for row in &due {
            let next = refund::next_look(usize::try_from(row.looks).unwrap_or(usize::MAX), now);
            tx.execute(
                "UPDATE refund SET next_look_at_ms = $1, looks = looks + 1 WHERE id = $2",
                vec![next.timestamp_millis().into(), row.id.into()],
            )
            .await?;
        }
        Ok(due)
    })
    .await
}
