//! Sending a refund, and asking where it stands.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::ids::RefundId;
use domain::money::{Amount, Fen};
use domain::refund::RefundState;
use gateway::wechat_pay::{MerchantKeys, PayGateway, RefundOf, RefundOutcome, RefundQueryOutcome, RefundRequest};

use super::RefundError;
use super::book::{raise, refuse, take_in};
use super::repo::{self, RefundRow, StoredRefund as _};
use crate::edge;
use crate::tenancy::ProjectDb;

/// What a refund needs besides itself.
#[derive(Clone)]
pub struct RefundContext {
    /// WeChat Pay.
    pub gateway: Arc<dyn PayGateway>,
    /// The keys of the merchant that received the money.
    pub keys: Arc<MerchantKeys>,
    /// `https://…/callback/wechatpay/{project}/refund`: each project has its own.
    pub notify_url: String,
}

/// Brings a refund on: sends it if WeChat Pay has not been heard to have taken it on, else asks for its end. Answers
/// where it stands afterwards. May be called again at any time: the same number is sent with the same parameters.
///
/// # Errors
/// [`RefundError`].
pub async fn advance(
    db: &ProjectDb,
    context: &RefundContext,
    id: RefundId,
    now: DateTime<Utc>,
) -> Result<RefundState, RefundError> {
    let row = load(db, id).await?;
    let state = row.state()?;
    if state.is_over() || state == RefundState::AwaitingApproval {
        return Ok(state);
    }
    // Another merchant knows nothing of this payment.
    if row.mchid != context.keys.mchid {
        return remark(db, &row, "not_sent", "退款属于项目先前的商户号", now).await;
    }
    if state.is_to_send() { send(db, context, &row, now).await } else { ask(db, context, &row, now).await }
}

async fn load(db: &ProjectDb, id: RefundId) -> Result<RefundRow, RefundError> {
    db.read("refunds.load", async |tx| repo::by_id(tx, id).await).await?.ok_or(RefundError::NotFound)
}

fn wire(context: &RefundContext, row: &RefundRow) -> Result<RefundRequest, RefundError> {
    Ok(RefundRequest {
        of: RefundOf::TransactionId(row.transaction_id.clone()),
        out_refund_no: row.out_refund_no.clone(),
        reason: Some(row.reason.clone()),
        notify_url: Some(context.notify_url.clone()),
        refund: Amount::try_from(row.amount_fen)?,
        total: Amount::try_from(row.total_fen)?,
    })
}

async fn send(
    db: &ProjectDb,
    context: &RefundContext,
    row: &RefundRow,
    now: DateTime<Utc>,
) -> Result<RefundState, RefundError> {
    edge::reach("refunds.send", "before_call");
    let outcome = context.gateway.refund(&context.keys, &wire(context, row)?).await;
    edge::reach("refunds.send", "after_call");
    match outcome {
        RefundOutcome::Accepted(told) => Ok(take_in(db, &told, now).await?.into_inner()),
        RefundOutcome::NotEnough { message } => wait_for_money(db, row, &message, now).await,
        RefundOutcome::NotAccepted { code } => remark(db, row, "not_accepted", &code, now).await,
        RefundOutcome::Unknown { reason } => note_unknown(db, row, &reason, now).await,
        RefundOutcome::Refused { code, message } => refused(db, context, row, &format!("{code} {message}"), now).await,
    }
}

/// A refusal may be of a repeat: an earlier try may have arrived. Only a number WeChat Pay does not know is over.
async fn refused(
    db: &ProjectDb,
    context: &RefundContext,
    row: &RefundRow,
    why: &str,
    now: DateTime<Utc>,
) -> Result<RefundState, RefundError> {
    match context.gateway.query_refund(&context.keys, &row.out_refund_no).await {
        RefundQueryOutcome::Found(told) => Ok(take_in(db, &told, now).await?.into_inner()),
        RefundQueryOutcome::NotFound => {
            refuse(db, row.refund_id(), why, now).await?;
            Ok(load(db, row.refund_id()).await?.state()?)
        }
        RefundQueryOutcome::Unknown { .. } | RefundQueryOutcome::Refused { .. } => {
            note_unknown(db, row, why, now).await
        }
    }
}

async fn ask(
    db: &ProjectDb,
    context: &RefundContext,
    row: &RefundRow,
    now: DateTime<Utc>,
) -> Result<RefundState, RefundError> {
    edge::reach("refunds.query", "before_call");
    let outcome = context.gateway.query_refund(&context.keys, &row.out_refund_no).await;
    edge::reach("refunds.query", "after_call");
    match outcome {
        RefundQueryOutcome::Found(told) => Ok(take_in(db, &told, now).await?.into_inner()),
        RefundQueryOutcome::NotFound => remark(db, row, "not_known", "微信没有这笔退款，请核对单号", now).await,
        RefundQueryOutcome::Unknown { reason } => remark(db, row, "query_failed", &reason, now).await,
        RefundQueryOutcome::Refused { code, message } => {
            remark(db, row, "query_failed", &format!("{code} {message}"), now).await
        }
    }
}

/// The merchant's balance is too small: somebody tops it up, and the same number goes out again.
async fn wait_for_money(
    db: &ProjectDb,
    row: &RefundRow,
    words: &str,
    now: DateTime<Utc>,
) -> Result<RefundState, RefundError> {
    let (id, now_ms) = (row.refund_id(), now.timestamp_millis());
    db.transact("refunds.not_enough", async |tx| {
        if repo::transition(tx, id, RefundState::NotEnough, now_ms).await? {
            repo::remark(tx, id, "not_enough", words, now_ms).await?;
            let amount = Fen::new(row.amount_fen)?;
            let words = format!("商户可用余额不足，退款 {amount} 在等待：请在微信支付商户平台充值，系统会自动重试");
            raise(tx, row, RefundState::NotEnough, &words, now_ms).await?;
        }
        Ok::<_, RefundError>(())
    })
    .await?;
    Ok(load(db, id).await?.state()?)
}

async fn note_unknown(
    db: &ProjectDb,
    row: &RefundRow,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<RefundState, RefundError> {
    let (id, now_ms) = (row.refund_id(), now.timestamp_millis());
    db.transact("refunds.unknown", async |tx| {
        if repo::transition(tx, id, RefundState::Unknown, now_ms).await? {
            repo::remark(tx, id, "unknown", reason, now_ms).await?;
        }
        Ok::<_, RefundError>(())
    })
    .await?;
    Ok(load(db, id).await?.state()?)
}

async fn remark(
    db: &ProjectDb,
    row: &RefundRow,
    kind: &str,
    detail: &str,
    now: DateTime<Utc>,
) -> Result<RefundState, RefundError> {
    let (id, now_ms) = (row.refund_id(), now.timestamp_millis());
    db.transact("refunds.remark", async |tx| repo::remark(tx, id, kind, detail, now_ms).await).await?;
    Ok(load(db, id).await?.state()?)
}
