//! Paying ticked bills: place the order, end whatever older order is in the way, prepare it for the phone.

use chrono::{DateTime, Utc};
use domain::ids::OrderId;

use super::ask::{AskError, close_or_settle};
use super::order::{NewOrder, OrderError, PlacedOrder, place};
use super::prepay::{PayContext, PrepareError, Prepared, prepare};
use crate::tenancy::ProjectDb;

/// Older orders ended on the way to one new order.
const ROUNDS_MAX: usize = 3;

/// Why nothing could be prepared.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// The order itself.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// Telling WeChat Pay.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// Ending an older order.
    #[error(transparent)]
    Ask(#[from] AskError),
}

/// An order, and what the phone needs to pay it.
#[derive(Debug, Clone)]
pub struct Checkout {
    /// The order.
    pub order: OrderId,
    /// False when the same tap had placed it before.
    pub new: bool,
    /// What came of telling WeChat Pay.
    pub prepared: Prepared,
}

/// Places an order over these bills and prepares it. An older live order over any of them is closed at WeChat first;
/// when that turns out paid its bills are no longer open, and when WeChat cannot say the bills stay reserved.
///
/// # Errors
/// [`CheckoutError`].
pub async fn checkout(
    db: &ProjectDb,
    context: &PayContext,
    new: &NewOrder,
    now: DateTime<Utc>,
) -> Result<Checkout, CheckoutError> {
    let placed = place_over_older(db, context, new, now).await?;
    let prepared = prepare(db, context, placed.id, now).await?;
    Ok(Checkout { order: placed.id, new: placed.new, prepared })
}

async fn place_over_older(
    db: &ProjectDb,
    context: &PayContext,
    new: &NewOrder,
    now: DateTime<Utc>,
) -> Result<PlacedOrder, CheckoutError> {
    for _ in 1..ROUNDS_MAX {
        match place(db, new, now).await {
            Err(OrderError::Reserved(older)) => {
                for id in &older {
                    if close_or_settle(db, context, *id, now).await?.is_live() {
                        return Err(OrderError::Reserved(older).into());
                    }
                }
            }
            other => return Ok(other?),
        }
    }
    Ok(place(db, new, now).await?)
}
