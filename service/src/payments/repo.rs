//! The SQL of orders.

use domain::ids::{BillId, OrderId, PaymentId};
use domain::order::OrderState;
use entity::project::payment_order;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use uuid::Uuid;

use crate::store::{StoreError, Values};
use crate::tenancy::ProjectTx;

/// An order as stored.
pub(super) type OrderRow = payment_order::Model;

/// What the columns of an order mean.
pub(super) trait StoredOrder {
    /// Its id.
    fn order_id(&self) -> OrderId;
    /// Its state; an unknown word is a bad row.
    fn state(&self) -> Result<OrderState, StoreError>;
}

impl StoredOrder for OrderRow {
    fn order_id(&self) -> OrderId {
        OrderId(self.id)
    }

    fn state(&self) -> Result<OrderState, StoreError> {
        OrderState::parse(&self.state)
            .ok_or_else(|| StoreError::bad_row("payment_order", format!("{} state {}", self.id, self.state)))
    }
}

/// A bill of an order with what the order froze and what the bill owes now.
#[derive(Debug, Clone, sea_orm::FromQueryResult)]
pub(super) struct OrderBillRow {
    pub bill_id: Uuid,
    pub house_id: Uuid,
    pub payer_party_id: Uuid,
    pub frozen_fen: i64,
    pub total_fen: i64,
    pub paid_fen: i64,
    pub voided_at_ms: Option<i64>,
}

pub(super) async fn by_id(tx: &ProjectTx<'_>, id: OrderId) -> Result<Option<OrderRow>, StoreError> {
    payment_order::Entity::find_by_id(id.uuid()).one(tx.orm()).await.map_err(|error| tx.failed(error))
}

/// As [`by_id`], held until the end of the transaction.
pub(super) async fn lock(tx: &ProjectTx<'_>, id: OrderId) -> Result<Option<OrderRow>, StoreError> {
    let query = payment_order::Entity::find_by_id(id.uuid()).lock_exclusive();
    query.one(tx.orm()).await.map_err(|error| tx.failed(error))
}

pub(super) async fn by_number(tx: &ProjectTx<'_>, out_trade_no: &str) -> Result<Option<OrderRow>, StoreError> {
    let query = payment_order::Entity::find().filter(payment_order::Column::OutTradeNo.eq(out_trade_no));
    query.one(tx.orm()).await.map_err(|error| tx.failed(error))
}

/// Live orders that hold any of these bills.
pub(super) async fn holding(tx: &ProjectTx<'_>, bills: &[BillId]) -> Result<Vec<OrderRow>, StoreError> {
    let marks = marks(1, bills.len());
    let sql = format!(
        "SELECT * FROM payment_order WHERE id IN \
         (SELECT order_id FROM payment_order_bill WHERE live AND bill_id IN ({marks}))"
    );
    tx.rows(&sql, uuids(bills)).await
}

/// The bills of an order, oldest due first, in one fixed order.
pub(super) async fn bills_of(tx: &ProjectTx<'_>, order: OrderId) -> Result<Vec<OrderBillRow>, StoreError> {
    tx.rows(
        "SELECT o.bill_id, b.house_id, b.payer_party_id, o.amount_fen AS frozen_fen, b.total_fen, b.paid_fen, \
         b.voided_at_ms FROM payment_order_bill o JOIN bill b ON b.id = o.bill_id WHERE o.order_id = $1 \
         ORDER BY b.due_day, b.id",
        vec![order.uuid().into()],
    )
    .await
}

/// One conditional transition: changes nothing and answers false when the order is no longer in a state that may
/// become `next`.
pub(super) async fn transition(
    tx: &ProjectTx<'_>,
    order: OrderId,
    next: OrderState,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let from: Vec<String> = ["created", "prepay_unknown", "awaiting", "paid", "closed", "expired"]
        .iter()
        .filter(|word| OrderState::parse(word).is_some_and(|state| state.may_become(next)))
        .map(|word| format!("'{word}'"))
        .collect();
    let ends = !next.is_live();
    let sql = format!(
        "UPDATE payment_order SET state = $1, next_query_at_ms = CASE WHEN $2 THEN NULL ELSE next_query_at_ms END, \
         ended_at_ms = CASE WHEN $2 THEN CAST($3 AS BIGINT) ELSE ended_at_ms END WHERE id = $4 AND state IN ({})",
        from.join(", ")
    );
    let changed = tx.execute(&sql, vec![next.as_str().into(), ends.into(), now_ms.into(), order.uuid().into()]).await?;
    if changed == 1 && ends {
        tx.execute("UPDATE payment_order_bill SET live = FALSE WHERE order_id = $1", vec![order.uuid().into()]).await?;
    }
    Ok(changed == 1)
}

/// Appends to an order's timeline. The order's row is written or held in the same transaction, which keeps numbers
/// apart.
pub(super) async fn event(
    tx: &ProjectTx<'_>,
    order: OrderId,
    kind: &str,
    detail: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO payment_order_event (order_id, at_ms, event_no, kind, detail) \
         SELECT $1, CAST($2 AS BIGINT), COALESCE(MAX(event_no), 0) + 1, CAST($3 AS TEXT), CAST($4 AS TEXT) \
         FROM payment_order_event WHERE order_id = $1",
        vec![order.uuid().into(), now_ms.into(), kind.into(), detail.into()],
    )
    .await?;
    Ok(())
}

/// As [`event`], unless it would repeat the last line: whoever asks again and again fills no timeline.
pub(crate) async fn remark(
    tx: &ProjectTx<'_>,
    order: OrderId,
    kind: &str,
    detail: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    if lock(tx, order).await?.is_none() {
        return Ok(());
    }
    let last: Option<EventRow> = tx
        .row(
            "SELECT kind, detail FROM payment_order_event WHERE order_id = $1 ORDER BY event_no DESC LIMIT 1",
            vec![order.uuid().into()],
        )
        .await?;
    if last.is_some_and(|last| last.kind == kind && last.detail == detail) {
        return Ok(());
    }
    event(tx, order, kind, detail, now_ms).await
}

/// Appends to the timeline of the order that a payment paid; money that came without an order has none.
pub(crate) async fn note_on_order(
    tx: &ProjectTx<'_>,
    payment: PaymentId,
    kind: &str,
    detail: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    let order: Option<Option<Uuid>> =
        tx.value("SELECT order_id FROM payment WHERE id = $1", vec![payment.uuid().into()]).await?;
    let Some(order) = order.flatten().map(OrderId) else { return Ok(()) };
    if lock(tx, order).await?.is_none() {
        return Ok(());
    }
    event(tx, order, kind, detail, now_ms).await
}

#[derive(sea_orm::FromQueryResult)]
struct EventRow {
    kind: String,
    detail: String,
}

/// `$first, …` for `count` values.
pub(super) fn marks(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

pub(super) fn uuids(bills: &[BillId]) -> Values {
    bills.iter().map(|bill| bill.uuid().into()).collect()
}
