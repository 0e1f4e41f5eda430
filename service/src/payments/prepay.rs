//! Telling WeChat Pay about an order, and what the mini program needs to pay it.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use domain::ids::OrderId;
use domain::money::{Amount, MoneyError};
use domain::order::{self, OrderState};
use gateway::wechat_pay::{JsapiOrder, MerchantKeys, PayGateway, PayParams, PrepayOutcome, SignError, pay_params};

use super::ask::{self, AskError};
use super::repo::{self, OrderRow, StoredOrder as _};
use crate::edge;
use crate::store::StoreError;
use crate::tenancy::ProjectDb;
use crate::vault::{VaultError, random};

/// What WeChat Pay lets a payer read, in characters.
const DESCRIPTION_CHARS_MAX: usize = 127;
/// WeChat Pay refuses an order that ends sooner.
const SEND_LIFE_MIN: TimeDelta = TimeDelta::minutes(1);

/// What a payment needs besides the order: the way to WeChat Pay, the keys, and where callbacks go.
#[derive(Clone)]
pub struct PayContext {
    /// WeChat Pay.
    pub gateway: Arc<dyn PayGateway>,
    /// The keys of the project's merchant.
    pub keys: Arc<MerchantKeys>,
    /// `https://…/callback/wechatpay/{project}/payment`: each project has its own.
    pub notify_url: String,
}

/// What came of preparing an order.
#[derive(Debug, Clone)]
pub enum Prepared {
    /// Hand this to `wx.requestPayment`.
    Ready(PayParams),
    /// Paid already, and booked.
    Paid,
    /// WeChat Pay cannot say now: the page shows "confirming" and asks again.
    Pending,
    /// Closed: tick the bills again for a new order.
    Ended,
    /// WeChat Pay refuses this order; `code` is theirs. The order is closed.
    Refused {
        /// WeChat Pay's code.
        code: String,
    },
    /// WeChat Pay is busy; nothing happened, tap again.
    Busy,
}

/// Why an order could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// No such order.
    #[error("没有找到订单")]
    NotFound,
    /// The answer could not be booked or stored.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// An impossible sum in the row.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// Our key did not sign.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// No randomness.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes sure that WeChat Pay knows the order, and answers what the mini program needs. May be called again at any
/// time: the same number is sent with the same parameters, and a fresh prepay number is handed out again.
///
/// # Errors
/// [`PrepareError`].
pub async fn prepare(
    db: &ProjectDb,
    context: &PayContext,
    id: OrderId,
    now: DateTime<Utc>,
) -> Result<Prepared, PrepareError> {
    let order = db.read("payments.prepare", async |tx| repo::by_id(tx, id).await).await?;
    let order = order.ok_or(PrepareError::NotFound)?;
    match order.state()? {
        OrderState::Paid => return Ok(Prepared::Paid),
        OrderState::Closed | OrderState::Expired => return Ok(Prepared::Ended),
        OrderState::Created | OrderState::PrepayUnknown | OrderState::Awaiting => {}
    }
    if ask::is_over(&order, now) {
        return Ok(ended(ask::ask(db, context, id, now).await?));
    }
    // What was agreed with another merchant cannot be told to this one; the janitor ends it with its own keys.
    if order.mchid != context.keys.mchid {
        return Ok(Prepared::Pending);
    }
    if let Some(prepay_id) = fresh_prepay(&order, now) {
        return Ok(Prepared::Ready(sign(context, &order, prepay_id, now)?));
    }
    if order.expires_at_ms < (now + SEND_LIFE_MIN).timestamp_millis() {
        return Ok(ended(ask::close_or_settle(db, context, id, now).await?));
    }
    edge::reach("payments.prepay", "before_call");
    let outcome = context.gateway.prepay_jsapi(&context.keys, &jsapi(db, context, &order)?).await;
    edge::reach("payments.prepay", "after_call");
    take_in(db, context, &order, outcome, now).await
}

/// What a page is told of an order that is to take no more money.
const fn ended(state: OrderState) -> Prepared {
    match state {
        OrderState::Paid => Prepared::Paid,
        OrderState::Created | OrderState::PrepayUnknown | OrderState::Awaiting => Prepared::Pending,
        OrderState::Closed | OrderState::Expired => Prepared::Ended,
    }
}

fn fresh_prepay(order: &OrderRow, now: DateTime<Utc>) -> Option<&str> {
    let made_at = DateTime::from_timestamp_millis(order.prepay_at_ms?)?;
    let fresh = now < made_at + TimeDelta::minutes(order::PREPAY_LIFE_MINUTES);
    order.prepay_id.as_deref().filter(|_| fresh)
}

fn jsapi(db: &ProjectDb, context: &PayContext, order: &OrderRow) -> Result<JsapiOrder, PrepareError> {
    let expires_at = DateTime::from_timestamp_millis(order.expires_at_ms)
        .ok_or_else(|| StoreError::bad_row("payment_order", order.id))?;
    Ok(JsapiOrder {
        appid: order.app_id.clone(),
        description: description(&db.info().name),
        out_trade_no: order.out_trade_no.clone(),
        notify_url: context.notify_url.clone(),
        total: Amount::try_from(order.total_fen)?,
        payer_openid: order.openid.clone(),
        time_expire: Some(beijing(expires_at)),
        attach: None,
    })
}

/// The end of a long name is what gives way.
fn description(project_name: &str) -> String {
    const WHAT: &str = "物业账单";
    let room = DESCRIPTION_CHARS_MAX - WHAT.chars().count();
    project_name.chars().take(room).chain(WHAT.chars()).collect()
}

/// WeChat Pay writes its times with +08:00; so do we.
fn beijing(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    FixedOffset::east_opt(8 * 3_600).map_or_else(|| at.fixed_offset(), |offset| at.with_timezone(&offset))
}

fn sign(
    context: &PayContext,
    order: &OrderRow,
    prepay_id: &str,
    now: DateTime<Utc>,
) -> Result<PayParams, PrepareError> {
    let nonce = hex::encode(random::<16>()?);
    Ok(pay_params(&context.keys, &order.app_id, prepay_id, now, &nonce)?)
}

async fn take_in(
    db: &ProjectDb,
    context: &PayContext,
    order: &OrderRow,
    outcome: PrepayOutcome,
    now: DateTime<Utc>,
) -> Result<Prepared, PrepareError> {
    match outcome {
        PrepayOutcome::Ready { prepay_id } => {
            if record_prepay(db, order, &prepay_id, now).await? {
                return Ok(Prepared::Ready(sign(context, order, &prepay_id, now)?));
            }
            // The callback was faster than this answer, or a close was.
            let again = db.read("payments.prepare", async |tx| repo::by_id(tx, order.order_id()).await).await?;
            let paid = again.is_some_and(|order| order.state == OrderState::Paid.as_str());
            Ok(if paid { Prepared::Paid } else { Prepared::Ended })
        }
        PrepayOutcome::AlreadyPaid | PrepayOutcome::Closed | PrepayOutcome::NumberUsed => {
            Ok(ended(ask::close_or_settle(db, context, order.order_id(), now).await?))
        }
        PrepayOutcome::Unknown { reason } => {
            note_unknown(db, order, &reason, now).await?;
            Ok(Prepared::Pending)
        }
        PrepayOutcome::NotAccepted { .. } => Ok(Prepared::Busy),
        PrepayOutcome::Refused { code, message } => {
            if refuse(db, order, &format!("{code} {message}"), now).await? {
                return Ok(Prepared::Refused { code });
            }
            // An earlier try may have arrived, and a phone may be paying by it: only WeChat Pay can end this order.
            Ok(match ended(ask::close_or_settle(db, context, order.order_id(), now).await?) {
                Prepared::Ended => Prepared::Refused { code },
                other => other,
            })
        }
    }
}

async fn record_prepay(
    db: &ProjectDb,
    order: &OrderRow,
    prepay_id: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let now_ms = now.timestamp_millis();
    db.transact("payments.prepaid", async |tx| {
        let id = order.order_id();
        if !repo::transition(tx, id, OrderState::Awaiting, now_ms).await? {
            return Ok(false);
        }
        let first_look = order::next_query(now, 0, now).timestamp_millis();
        tx.execute(
            "UPDATE payment_order SET prepay_id = $1, prepay_at_ms = $2, next_query_at_ms = $3, queries = 0 WHERE id = $4",
            vec![prepay_id.into(), now_ms.into(), first_look.into(), id.uuid().into()],
        )
        .await?;
        repo::event(tx, id, "prepay", "微信已受理，等待付款", now_ms).await?;
        Ok(true)
    })
    .await
}

async fn note_unknown(db: &ProjectDb, order: &OrderRow, reason: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let (id, now_ms) = (order.order_id(), now.timestamp_millis());
    db.transact("payments.note", async |tx| {
        if repo::transition(tx, id, OrderState::PrepayUnknown, now_ms).await? {
            repo::event(tx, id, "prepay_unknown", reason, now_ms).await?;
        }
        Ok(())
    })
    .await
}

/// Ends an order that WeChat Pay refuses, if no phone can ever have had a prepay number of it.
async fn refuse(db: &ProjectDb, order: &OrderRow, why: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let (id, now_ms) = (order.order_id(), now.timestamp_millis());
    db.transact("payments.refused", async |tx| {
        let is_new = repo::lock(tx, id).await?.is_some_and(|order| order.state == OrderState::Created.as_str());
        if is_new && repo::transition(tx, id, OrderState::Closed, now_ms).await? {
            repo::event(tx, id, "refused", why, now_ms).await?;
            return Ok(true);
        }
        Ok(false)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_project_name_still_fits_what_the_payer_reads() {
        assert_eq!(description("翠湖花园"), "翠湖花园物业账单");
        let long = description(&"翠".repeat(200));
        assert_eq!(long.chars().count(), DESCRIPTION_CHARS_MAX);
        assert!(long.ends_with("物业账单"));
    }
}
