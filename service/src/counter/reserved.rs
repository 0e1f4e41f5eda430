//! WeChat orders that hold bills which are to be paid over the desk.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::ids::OrderId;
use domain::order::OrderState;
use uuid::Uuid;

use super::CounterError;
use super::checkout::Desk;
use crate::payments::{Part, PayContext, close_or_settle};
use crate::store::StoreError;
use crate::tenancy::ProjectTx;

#[derive(sea_orm::FromQueryResult)]
struct OrderRow {
    id: Uuid,
}

#[derive(sea_orm::FromQueryResult)]
struct MerchantRow {
    mchid: String,
}

/// Live orders that hold any of these bills.
pub(super) async fn orders_over(tx: &ProjectTx<'_>, parts: &[Part]) -> Result<Vec<OrderId>, StoreError> {
    let bills: Vec<Uuid> = parts.iter().map(|part| part.bill.uuid()).collect();
    let sql = format!("SELECT DISTINCT order_id AS id FROM payment_order_bill WHERE live AND bill_id {}", tx.among(1));
    let rows: Vec<OrderRow> = tx.rows(&sql, vec![tx.listed(&bills)]).await?;
    Ok(rows.into_iter().map(|row| OrderId(row.id)).collect())
}

/// Closes each order at WeChat. One that is paid is booked, and the cashier is told; one that WeChat cannot speak of stays.
pub(super) async fn end_orders(desk: &Desk<'_>, orders: &[OrderId], now: DateTime<Utc>) -> Result<(), CounterError> {
    for order in orders {
        let sql = "SELECT mchid FROM payment_order WHERE id = $1";
        let row: Option<MerchantRow> =
            desk.db.read("counter.order", async |tx| tx.row(sql, vec![order.uuid().into()]).await).await?;
        let Some(row) = row else { continue };
        let keys = desk.merchants.of_number(desk.db.info(), &row.mchid).await?;
        // Asking and closing send no address to notify.
        let context = PayContext { gateway: Arc::clone(desk.gateway), keys, notify_url: String::new() };
        match close_or_settle(desk.db, &context, *order, now).await? {
            OrderState::Paid => return Err(CounterError::PaidInWechat),
            state if state.is_live() => return Err(CounterError::StillReserved),
            _ => {}
        }
    }
    Ok(())
}
