//! What staff see of an order: every step, in words.

use chrono::{DateTime, Utc};
use domain::ids::OrderId;
use serde::Serialize;
use uuid::Uuid;

use super::view::{OrderListRow, ReceiptView, instant, receipts_of_order};
use crate::store::StoreError;
use crate::tenancy::ProjectDb;

/// Rows of one page.
const PAGE_MAX: i64 = 200;

/// An order with everything that happened to it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct OrderTimeline {
    /// The order.
    pub order: OrderListRow,
    /// Oldest first.
    pub events: Vec<TimelineEntry>,
    /// Its receipts, once paid.
    pub receipts: Vec<ReceiptView>,
}

/// One step.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct TimelineEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// A stable word.
    pub kind: String,
    /// In words.
    pub words: String,
}

#[derive(sea_orm::FromQueryResult)]
struct EventRow {
    at_ms: i64,
    kind: String,
    detail: String,
}

const COLUMNS: &str = "id, out_trade_no, state, total_fen, transaction_id, created_at_ms, ended_at_ms";

/// The newest orders; those before `before` when paging on. Ids are ordered by time.
///
/// # Errors
/// [`StoreError`].
pub async fn list_orders(
    db: &ProjectDb,
    state: Option<&str>,
    before: Option<OrderId>,
    limit: i64,
) -> Result<Vec<OrderListRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM payment_order WHERE id < $1 AND ($2 = '' OR state = $2) ORDER BY id DESC LIMIT $3"
    );
    let before = before.map_or(Uuid::max(), OrderId::uuid);
    let values = vec![before.into(), state.unwrap_or_default().into(), limit.clamp(1, PAGE_MAX).into()];
    db.read("payments.list", async |tx| tx.rows(&sql, values).await).await
}

/// One order with its steps.
///
/// # Errors
/// [`StoreError`].
pub async fn timeline(db: &ProjectDb, id: OrderId) -> Result<Option<OrderTimeline>, StoreError> {
    let found = db
        .read("payments.timeline", async |tx| {
            let order: Option<OrderListRow> = tx
                .row(&format!("SELECT {COLUMNS} FROM payment_order WHERE id = $1"), vec![id.uuid().into()])
                .await?;
            let events: Vec<EventRow> = tx
                .rows(
                    "SELECT at_ms, kind, detail FROM payment_order_event WHERE order_id = $1 ORDER BY event_no LIMIT 500",
                    vec![id.uuid().into()],
                )
                .await?;
            Ok::<_, StoreError>(order.map(|order| (order, events)))
        })
        .await?;
    let Some((order, events)) = found else { return Ok(None) };
    let events = events
        .into_iter()
        .map(|row| Ok(TimelineEntry { at: instant(row.at_ms)?, kind: row.kind, words: row.detail }))
        .collect::<Result<_, StoreError>>()?;
    Ok(Some(OrderTimeline { order, events, receipts: receipts_of_order(db, id).await? }))
}
