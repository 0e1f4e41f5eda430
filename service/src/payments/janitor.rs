//! The janitor: asks about every order that nobody told us about, at WeChat's published pace.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::order::OrderState;
use futures_util::{StreamExt, stream};
use gateway::wechat_pay::PayGateway;
use serde::Serialize;

use super::ask;
use super::merchant::{MerchantError, Merchants};
use super::prepay::PayContext;
use super::repo::OrderRow;
use crate::store::StoreError;
use crate::tenancy::ProjectDb;

/// Orders asked about in one run of one project.
const ORDERS_PER_RUN: i64 = 200;
/// Questions in flight at once.
const AT_ONCE: usize = 8;

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
/// [`MerchantError`]: without keys nobody can be asked.
pub async fn sweep_orders(
    db: &ProjectDb,
    gateway: &Arc<dyn PayGateway>,
    merchants: &Merchants,
    now: DateTime<Utc>,
) -> Result<JanitorReport, MerchantError> {
    let due = claim(db, now).await?;
    let mut report = JanitorReport::default();
    if due.is_empty() {
        return Ok(report);
    }
    let keys = merchants.of(db.info()).await?;
    let context = PayContext { gateway: Arc::clone(gateway), keys, notify_url: String::new() };
    let mut answers = stream::iter(due.into_iter().map(|order| {
        let context = context.clone();
        async move { ask::ask(db, &context, order.order_id(), now).await }
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
                tracing::warn!(project = %db.id(), error = %error, "an order could not be asked about");
            }
        }
    }
    Ok(report)
}

/// Takes the due orders by moving their next look forward: a second node finds nothing left.
async fn claim(db: &ProjectDb, now: DateTime<Utc>) -> Result<Vec<OrderRow>, StoreError> {
    db.transact("payments.sweep", async |tx| {
        let sql = format!(
            "SELECT id, out_trade_no, person_id, app_id, openid, mchid, total_fen, state, prepay_id, prepay_at_ms, \
             expires_at_ms, queries, created_at_ms FROM payment_order \
             WHERE next_query_at_ms IS NOT NULL AND next_query_at_ms <= $1 ORDER BY next_query_at_ms LIMIT $2{}",
            tx.skip_locked()
        );
        let due: Vec<OrderRow> =
            tx.rows(&sql, vec![now.timestamp_millis().into(), ORDERS_PER_RUN.into()]).await?;
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
