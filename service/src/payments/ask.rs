//! Asking WeChat Pay where an order stands, and ending one.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::OrderId;
use domain::order::{self, OrderState};
use gateway::wechat_pay::{CloseOutcome, QueryOutcome, TradeState, Transaction};

use super::confirmation::{Confirmation, ConfirmationError, ConfirmationSource};
use super::prepay::PayContext;
use super::repo::{self, OrderRow, StoredOrder as _};
use super::settle::{REFUNDED_BEFORE_BOOKED, SettleError, settle};
use crate::edge;
use crate::store::StoreError;
use crate::tenancy::ProjectDb;

/// A number WeChat does not know may still be on its way there for this long after we last sent it.
const MAY_STILL_ARRIVE: TimeDelta = TimeDelta::minutes(5);

/// Why asking led nowhere.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No such order.
    #[error("没有找到订单")]
    NotFound,
    /// Paid, but it could not be booked now.
    #[error(transparent)]
    Settle(#[from] SettleError),
    /// A paid transaction without what proves it.
    #[error(transparent)]
    Confirmation(#[from] ConfirmationError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What WeChat Pay's answer means for us.
enum Answer {
    Paid(Box<Transaction>),
    Unpaid,
    /// A try to pay failed; the next one may not.
    Failed,
    Ended,
    NeverKnown,
    Unclear(String),
}

/// Asks WeChat Pay about an order and books what it says. Answers where the order stands afterwards. Also about an
/// order that ended here unpaid: should it be paid after all, the money is booked.
///
/// # Errors
/// [`AskError`].
pub async fn ask(
    db: &ProjectDb,
    context: &PayContext,
    id: OrderId,
    now: DateTime<Utc>,
) -> Result<OrderState, AskError> {
    let order = load(db, id).await?;
    let state = order.state()?;
    if state == OrderState::Paid {
        return Ok(state);
    }
    match query(context, &order).await {
        Answer::Paid(transaction) => book(db, &order, &transaction, now).await,
        _ if !state.is_live() => Ok(state),
        Answer::Ended => end(db, &order, OrderState::Closed, "微信侧已关闭", now).await,
        Answer::NeverKnown if may_still_arrive(&order, now) => Ok(state),
        Answer::NeverKnown => end(db, &order, OrderState::Closed, "微信没有这笔订单", now).await,
        Answer::Unpaid | Answer::Failed if is_over(&order, now) => {
            close(db, context, &order, OrderState::Expired, now).await
        }
        Answer::Unpaid => Ok(state),
        Answer::Failed => {
            remark(db, &order, "pay_error", "付款人的一次支付失败，可以重新支付", now).await?;
            Ok(state)
        }
        Answer::Unclear(reason) => {
            remark(db, &order, "query_failed", &reason, now).await?;
            Ok(state)
        }
    }
}

/// Ends an order so that its bills can be ordered anew: closed at WeChat first, and if it turns out paid, booked.
/// A state that is still live means that WeChat could not say.
///
/// # Errors
/// [`AskError`].
pub async fn close_or_settle(
    db: &ProjectDb,
    context: &PayContext,
    id: OrderId,
    now: DateTime<Utc>,
) -> Result<OrderState, AskError> {
    let order = load(db, id).await?;
    let state = order.state()?;
    if !state.is_live() {
        return Ok(state);
    }
    match query(context, &order).await {
        Answer::Paid(transaction) => book(db, &order, &transaction, now).await,
        Answer::Ended => end(db, &order, OrderState::Closed, "微信侧已关闭", now).await,
        Answer::Unpaid | Answer::Failed => close(db, context, &order, OrderState::Closed, now).await,
        // Of a `created` order no phone has a prepay number, and after this none gets one: nobody can pay it.
        Answer::NeverKnown if state != OrderState::Created && may_still_arrive(&order, now) => {
            close(db, context, &order, OrderState::Closed, now).await
        }
        Answer::NeverKnown => end(db, &order, OrderState::Closed, "微信没有这笔订单", now).await,
        Answer::Unclear(reason) => {
            remark(db, &order, "query_failed", &reason, now).await?;
            Ok(state)
        }
    }
}

async fn load(db: &ProjectDb, id: OrderId) -> Result<OrderRow, AskError> {
    db.read("payments.ask", async |tx| repo::by_id(tx, id).await).await?.ok_or(AskError::NotFound)
}

async fn query(context: &PayContext, order: &OrderRow) -> Answer {
    // Another merchant would call the order unknown, though it can be paid at its own.
    if order.mchid != context.keys.mchid {
        return Answer::Unclear("订单属于项目先前的商户号".to_owned());
    }
    edge::reach("payments.query", "before_call");
    let outcome = context.gateway.query(&context.keys, &order.out_trade_no).await;
    edge::reach("payments.query", "after_call");
    match outcome {
        QueryOutcome::Found(transaction) => match transaction.trade_state {
            TradeState::Success | TradeState::Refund => Answer::Paid(transaction),
            TradeState::Closed | TradeState::Revoked => Answer::Ended,
            TradeState::NotPay => Answer::Unpaid,
            TradeState::PayError => Answer::Failed,
            TradeState::UserPaying => Answer::Unclear("付款人正在输入密码".to_owned()),
            TradeState::Unlisted => Answer::Unclear("微信返回了新的交易状态".to_owned()),
        },
        QueryOutcome::NotFound => Answer::NeverKnown,
        QueryOutcome::Unknown { reason } => Answer::Unclear(reason),
        QueryOutcome::Refused { code, message } => Answer::Unclear(format!("{code} {message}")),
    }
}

async fn book(
    db: &ProjectDb,
    order: &OrderRow,
    transaction: &Transaction,
    now: DateTime<Utc>,
) -> Result<OrderState, AskError> {
    let confirmation = Confirmation::read(transaction, ConfirmationSource::Query)?;
    match settle(db, &confirmation, now).await {
        Ok(_) => Ok(OrderState::Paid),
        // Nobody can pay it any more; what became of its money is a task for staff.
        Err(SettleError::Quarantined(REFUNDED_BEFORE_BOOKED)) if order.state()?.is_live() => {
            end(db, order, OrderState::Closed, "微信侧已付款并退款，款项未入账，待核对", now).await
        }
        Err(SettleError::Quarantined(REFUNDED_BEFORE_BOOKED)) => Ok(order.state()?),
        Err(error) => Err(error.into()),
    }
}

/// Closes at WeChat; only a confirmed close ends the order here.
async fn close(
    db: &ProjectDb,
    context: &PayContext,
    order: &OrderRow,
    end_as: OrderState,
    now: DateTime<Utc>,
) -> Result<OrderState, AskError> {
    edge::reach("payments.close", "before_call");
    let outcome = context.gateway.close(&context.keys, &order.out_trade_no).await;
    edge::reach("payments.close", "after_call");
    match outcome {
        CloseOutcome::Closed => end(db, order, end_as, "已在微信侧关闭，未付款", now).await,
        CloseOutcome::AlreadyPaid => match query(context, order).await {
            Answer::Paid(transaction) => book(db, order, &transaction, now).await,
            _ => Ok(order.state()?),
        },
        // Closing a number WeChat never heard of does not stop a request that is still under way from creating it.
        CloseOutcome::NotFound if may_still_arrive(order, now) => Ok(order.state()?),
        CloseOutcome::NotFound => end(db, order, end_as, "微信没有这笔订单", now).await,
        CloseOutcome::Unknown { reason } => {
            remark(db, order, "close_failed", &reason, now).await?;
            Ok(order.state()?)
        }
        CloseOutcome::Refused { code, message } => {
            remark(db, order, "close_failed", &format!("{code} {message}"), now).await?;
            Ok(order.state()?)
        }
    }
}

async fn end(
    db: &ProjectDb,
    order: &OrderRow,
    state: OrderState,
    why: &str,
    now: DateTime<Utc>,
) -> Result<OrderState, AskError> {
    let id = order.order_id();
    let now_ms = now.timestamp_millis();
    let done = db
        .transact("payments.end", async |tx| {
            let done = repo::transition(tx, id, state, now_ms).await?;
            if done {
                repo::event(tx, id, state.as_str(), why, now_ms).await?;
            }
            Ok::<_, StoreError>(done)
        })
        .await?;
    if done { Ok(state) } else { Ok(load(db, id).await?.state()?) }
}

async fn remark(
    db: &ProjectDb,
    order: &OrderRow,
    kind: &str,
    detail: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let now_ms = now.timestamp_millis();
    db.transact("payments.remark", async |tx| repo::remark(tx, order.order_id(), kind, detail, now_ms).await).await
}

pub(super) fn is_over(order: &OrderRow, now: DateTime<Utc>) -> bool {
    now.timestamp_millis() >= order.expires_at_ms
}

fn may_still_arrive(order: &OrderRow, now: DateTime<Utc>) -> bool {
    let sent_at_ms = order.prepay_at_ms.unwrap_or(order.created_at_ms).max(order.created_at_ms);
    now.timestamp_millis() < sent_at_ms + MAY_STILL_ARRIVE.num_milliseconds()
}

/// When this order is to be asked about next.
pub(super) fn next_look(order: &OrderRow, now: DateTime<Utc>) -> DateTime<Utc> {
    let sent_at_ms = order.prepay_at_ms.unwrap_or(order.created_at_ms);
    let sent_at = DateTime::from_timestamp_millis(sent_at_ms).unwrap_or(now);
    let asked = usize::try_from(order.queries).unwrap_or(0).saturating_add(1);
    let expires_at = DateTime::from_timestamp_millis(order.expires_at_ms).unwrap_or(now);
    let next = order::next_query(sent_at, asked, now);
    // The end of an order is looked at when it comes, not an hour later.
    if now < expires_at { next.min(expires_at) } else { next }
}
