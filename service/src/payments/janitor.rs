//! The janitor: asks about every order that nobody told us about, at WeChat's published pace.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::order::OrderState;
use futures_util::{StreamExt, stream};
use gateway::wechat_pay::{MerchantKeys, PayGateway};
use serde::Serialize;

use super::ask::{self, AskError};
use super::merchant::{MerchantError, Merchants};
use super::prepay::PayContext;
use super::repo::{OrderRow, StoredOrder as _};
use crate::store::StoreError;
use crate::tenancy::ProjectDb;

/// Orders asked about in one run of one project.
const ORDERS_PER_RUN: i64 = 200;
/// Questions in flight at once.
const AT_ONCE: usize = 8;

/// Merchant numbers among the orders of one project at a time: the present one, and the one before a change.
const MERCHANTS_MAX: i64 = 10;

/// What one run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct JanitorReport {
    /// Orders asked about.
    pub asked: u64,
    /// Found paid, and booked.
    pub paid: u64,
    /// Ended unpaid.
    pub ended: u64,
    /// Still open.
    pub open: u64,
    /// Could not be asked or booked; asked again later.
    pub failed: u64,
}

/// Asks about the orders that are due for it.
///
/// # Errors
/// [`MerchantError`]: without any keys nobody can be asked, and no order's turn is used up.
pub async fn sweep_orders(
    db: &ProjectDb,
    gateway: &Arc<dyn PayGateway>,
    merchants: &Merchants,
    now: DateTime<Utc>,
) -> Result<JanitorReport, MerchantError> {
    let mchids = due_merchants(db, now).await?;
    if mchids.is_empty() {
        return Ok(JanitorReport::default());
    }
    let keys = open_keys(db, merchants, mchids).await?;
    let due = claim(db, now).await?;
    let mut report = JanitorReport::default();
    let mut answers = stream::iter(due.into_iter().map(|order| {
        let keys = keys.get(&order.mchid).cloned();
        async move {
            let keys = keys.ok_or(None)?;
            let context = PayContext { gateway: Arc::clone(gateway), keys, notify_url: String::new() };
            ask::ask(db, &context, order.order_id(), now).await.map_err(Some)
        }
    }))
    .buffer_unordered(AT_ONCE);
    while let Some(answer) = answers.next().await {
        report.asked += 1;
        match answer {
            Ok(OrderState::Paid) => report.paid += 1,
            Ok(OrderState::Closed | OrderState::Expired) => report.ended += 1,
            Ok(_) => report.open += 1,
            Err(error) => {
                report.failed += 1;
                if let Some(error) = error {
                    alarm(db, &error);
                }
            }
        }
    }
    Ok(report)
}

/// What WeChat Pay answered could not be booked: money may be waiting.
fn alarm(db: &ProjectDb, error: &AskError) {
    let error: &(dyn std::error::Error + 'static) = error;
    tracing::error!(alarm = "order_not_settled", project = %db.id(), error, "an order could not be asked about");
}

/// The merchants of the orders that are due. Reading waits for nobody: most runs end here.
async fn due_merchants(db: &ProjectDb, now: DateTime<Utc>) -> Result<Vec<String>, StoreError> {
    let sql = format!(
        "SELECT DISTINCT mchid FROM payment_order WHERE next_query_at_ms IS NOT NULL AND next_query_at_ms <= $1 \
         LIMIT {MERCHANTS_MAX}"
    );
    let rows: Vec<MerchantRow> =
        db.read("payments.due", async |tx| tx.rows(&sql, vec![now.timestamp_millis().into()]).await).await?;
    Ok(rows.into_iter().map(|row| row.mchid).collect())
}

#[derive(sea_orm::FromQueryResult)]
struct MerchantRow {
    mchid: String,
}

/// An order is asked about with the keys of the merchant it was placed for, also after the project changed to another.
async fn open_keys(
    db: &ProjectDb,
    merchants: &Merchants,
    mchids: Vec<String>,
) -> Result<HashMap<String, Arc<MerchantKeys>>, MerchantError> {
    let mut keys = HashMap::new();
    let mut failed = None;
    for mchid in mchids {
        match merchants.of_number(db.info(), &mchid).await {
            Ok(opened) => {
                keys.insert(mchid, opened);
            }
            Err(error) => {
                tracing::error!(alarm = "merchant_keys", project = %db.id(), mchid, %error, "orders cannot be asked about");
                failed = Some(error);
            }
        }
    }
    match failed {
        Some(error) if keys.is_empty() => Err(error),
        _ => Ok(keys),
    }
}

/// Takes the due orders by moving their next look forward: a second node finds nothing left.
async fn claim(db: &ProjectDb, now: DateTime<Utc>) -> Result<Vec<OrderRow>, StoreError> {
    db.transact("payments.sweep", async |tx| {
        let sql = format!(
            "SELECT * FROM payment_order \
             WHERE next_query_at_ms IS NOT NULL AND next_query_at_ms <= $1 ORDER BY next_query_at_ms LIMIT $2{}",
            tx.skip_locked()
        );
        let due: Vec<OrderRow> = tx.rows(&sql, vec![now.timestamp_millis().into(), ORDERS_PER_RUN.into()]).await?;
        for order in &due {
            let next = ask::next_look(order, now).timestamp_millis();
            tx.execute(
                "UPDATE payment_order SET next_query_at_ms = $1, queries = queries + 1 WHERE id = $2",
                vec![next.into(), order.id.into()],
            )
            .await?;
        }
        Ok(due)
    })
    .await
}
