//! What WeChat Pay says of a refund, in the books. The one door through which money leaves them by WeChat.
//!
//! Invariant: a refund is booked at most once, under WeChat's number of it; what was given back of a payment is never
//! more than what came; a bill is never paid below zero.

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::ids::{PartyId, PaymentId, RefundId};
use domain::ledger::{Posting, RefundedFrom};
use domain::money::{Amount, Fen};
use domain::refund::RefundState;
use gateway::wechat_pay::{Refund, RefundStatus};

use super::RefundError;
use super::repo::{self, PartRow, RefundRow, StoredRefund as _};
use super::reversal::reverse_receipts;
use crate::ledger;
use crate::payments::note_on_order;
use crate::store::StoreError;
use crate::tasks::{self, NewTask};
use crate::tenancy::{ProjectDb, ProjectTx};

/// Takes in what WeChat Pay told of a refund of ours. `Already` when nothing of it was new.
///
/// # Errors
/// [`RefundError::NotFound`] for a number that is not ours; [`RefundError`].
pub(super) async fn take_in(
    db: &ProjectDb,
    told: &Refund,
    now: DateTime<Utc>,
) -> Result<Applied<RefundState>, RefundError> {
    db.transact("refunds.take_in", async |tx| {
        // Money moves in one order everywhere: the ledger's head first.
        ledger::lock_head(tx).await?;
        let known = repo::by_number(tx, &told.out_refund_no).await?.ok_or(RefundError::NotFound)?;
        let row = repo::lock(tx, known.refund_id()).await?.ok_or(RefundError::NotFound)?;
        let state = row.state()?;
        if let Some(what) = contradiction(&row, state, told) {
            return keep_aside(tx, &row, what, told, now).await.map(|()| Applied::Already(state));
        }
        let Some(next) = next_state(told.status) else { return Ok(Applied::Already(state)) };
        if state == next {
            return Ok(Applied::Already(state));
        }
        name(tx, &row, &told.refund_id).await?;
        if !repo::transition(tx, row.refund_id(), next, now.timestamp_millis()).await? {
            return Ok(Applied::Already(state));
        }
        enter(tx, &row, next, told, now).await?;
        Ok(Applied::Done(next))
    })
    .await
}

const fn next_state(status: RefundStatus) -> Option<RefundState> {
    match status {
        RefundStatus::Success => Some(RefundState::Succeeded),
        RefundStatus::Closed => Some(RefundState::Closed),
        RefundStatus::Processing => Some(RefundState::Processing),
        RefundStatus::Abnormal => Some(RefundState::Abnormal),
        RefundStatus::Unlisted => None,
    }
}

/// What cannot be of what WeChat Pay says.
fn contradiction(row: &RefundRow, state: RefundState, told: &Refund) -> Option<&'static str> {
    if told.refund_fen != row.amount_fen || told.total_fen != row.total_fen {
        Some("refund_amount_differs")
    } else if told.transaction_id != row.transaction_id {
        Some("refund_of_another_payment")
    } else if row.wechat_refund_id.as_deref().is_some_and(|known| known != told.refund_id) {
        Some("refund_number_differs")
    } else if told.status == RefundStatus::Success && state.is_over() && state != RefundState::Succeeded {
        Some("refunded_after_it_was_over")
    } else {
        None
    }
}

/// Nothing is applied, somebody looks at it.
async fn keep_aside(
    tx: &ProjectTx<'_>,
    row: &RefundRow,
    what: &'static str,
    told: &Refund,
    now: DateTime<Utc>,
) -> Result<(), RefundError> {
    tracing::error!(alarm = what, out_refund_no = %row.out_refund_no, "what WeChat Pay says of a refund cannot be");
    metrics::counter!("linli_refunds_kept_aside_total", "kind" => what).increment(1);
    let now_ms = now.timestamp_millis();
    let words = format!("微信退款 {} 与账面不符（{} 分），未入账，请核对", told.refund_id, told.refund_fen);
    repo::remark(tx, row.refund_id(), what, &words, now_ms).await?;
    let subject = row.subject();
    let key = format!("{subject}:{what}");
    Ok(tasks::raise(tx, NewTask { natural_key: &key, kind: what, subject: &subject, words: &words }, now_ms).await?)
}

/// WeChat's number of the refund, once known.
async fn name(tx: &ProjectTx<'_>, row: &RefundRow, wechat_refund_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE refund SET wechat_refund_id = $1 WHERE id = $2 AND wechat_refund_id IS NULL",
        vec![wechat_refund_id.into(), row.id.into()],
    )
    .await?;
    Ok(())
}

async fn enter(
    tx: &ProjectTx<'_>,
    row: &RefundRow,
    next: RefundState,
    told: &Refund,
    now: DateTime<Utc>,
) -> Result<(), RefundError> {
    let (id, now_ms) = (row.refund_id(), now.timestamp_millis());
    let amount = Fen::new(row.amount_fen)?;
    repo::event(tx, id, next.as_str(), &format!("微信退款单号 {}", told.refund_id), now_ms).await?;
    match next {
        RefundState::Succeeded => {
            book(tx, row, told, now).await?;
            tasks::settle_subject(tx, &row.subject(), now_ms).await?;
        }
        RefundState::Abnormal => {
            let words = format!("退款 {amount} 异常：付款人的卡或账户不能收款，请另选退款方式或联系付款人");
            raise(tx, row, next, &words, now_ms).await?;
        }
        RefundState::Closed => {
            let words = format!("退款 {amount} 已被微信关闭，款项仍在商户，请重新申请");
            raise(tx, row, next, &words, now_ms).await?;
        }
        _ => {}
    }
    let line = format!("退款 {amount}：{}", row.out_refund_no);
    let kind = format!("refund_{}", next.as_str());
    Ok(note_on_order(tx, PaymentId(row.payment_id), &kind, &line, now_ms).await?)
}

pub(super) async fn raise(
    tx: &ProjectTx<'_>,
    row: &RefundRow,
    state: RefundState,
    words: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    let (subject, kind) = (row.subject(), format!("refund_{}", state.as_str()));
    let key = format!("{subject}:{}", state.as_str());
    tasks::raise(tx, NewTask { natural_key: &key, kind: &kind, subject: &subject, words }, now_ms).await
}

/// The money has left: out of the bills and the surplus, out of the ledger, out of the receipts.
async fn book(tx: &ProjectTx<'_>, row: &RefundRow, told: &Refund, now: DateTime<Utc>) -> Result<(), RefundError> {
    let (id, payment, now_ms) = (row.refund_id(), PaymentId(row.payment_id), now.timestamp_millis());
    let parts = repo::parts_of(tx, id).await?;
    let mut sides = Vec::with_capacity(parts.len());
    for part in &parts {
        let amount = Amount::try_from(part.amount_fen)?;
        sides.push((source_of(tx, payment, part).await?, amount));
        if let Some(bill) = part.bill_id {
            let changed = tx
                .execute(
                    "UPDATE bill SET paid_fen = paid_fen - $1, settled_at_ms = NULL \
                     WHERE id = $2 AND voided_at_ms IS NULL AND paid_fen >= $1",
                    vec![part.amount_fen.into(), bill.into()],
                )
                .await?;
            if changed != 1 {
                return Err(StoreError::bad_row("bill", format!("{bill} has less than refund {id} takes")).into());
            }
        }
    }
    let given_back_at = told.success_time.map_or(now, |at| at.with_timezone(&Utc));
    ledger::append(tx, &[Posting::wechat_refund(&told.refund_id, &sides, given_back_at)?]).await?;
    reverse_receipts(tx, id, payment, &parts, now_ms).await?;
    finish_surplus(tx, payment, &row.transaction_id, now_ms).await
}

/// Where the payment's posting had put this part.
async fn source_of(tx: &ProjectTx<'_>, payment: PaymentId, part: &PartRow) -> Result<RefundedFrom, RefundError> {
    if part.bill_id.is_some() {
        let payer = part.payer_party_id.ok_or_else(|| StoreError::bad_row("refund_part", payment))?;
        return Ok(RefundedFrom::Bill(PartyId(payer)));
    }
    let code: Option<String> = tx
        .value(
            "SELECT a.code FROM payment p JOIN posting g ON g.natural_key = p.natural_key \
             JOIN entry e ON e.posting_seq = g.seq JOIN account a ON a.id = e.account_id \
             WHERE p.id = $1 AND a.code LIKE 'refundable:%'",
            vec![payment.uuid().into()],
        )
        .await?;
    let code = code.ok_or_else(|| StoreError::bad_row("posting", payment))?;
    // `refundable:unknown` names nobody.
    Ok(RefundedFrom::Surplus(code.strip_prefix("refundable:").and_then(|party| party.parse().ok())))
}

/// The task over a surplus is done when all of it went back.
async fn finish_surplus(
    tx: &ProjectTx<'_>,
    payment: PaymentId,
    transaction_id: &str,
    now_ms: i64,
) -> Result<(), RefundError> {
    let left: Option<i64> = tx
        .value(
            "SELECT CAST(p.refundable_fen - COALESCE((SELECT SUM(t.amount_fen) FROM refund_part t \
             JOIN refund r ON r.id = t.refund_id WHERE r.payment_id = p.id AND r.state = 'succeeded' \
             AND t.bill_id IS NULL), 0) AS BIGINT) FROM payment p WHERE p.id = $1",
            vec![payment.uuid().into()],
        )
        .await?;
    if left == Some(0) {
        tasks::settle(tx, &format!("wechat:{transaction_id}"), None, now_ms).await?;
    }
    Ok(())
}

/// The refund certainly does not take place: what it held is free, and somebody is told.
pub(super) async fn refuse(db: &ProjectDb, id: RefundId, why: &str, now: DateTime<Utc>) -> Result<bool, RefundError> {
    let now_ms = now.timestamp_millis();
    db.transact("refunds.refused", async |tx| {
        let row = repo::lock(tx, id).await?.ok_or(RefundError::NotFound)?;
        if !repo::transition(tx, id, RefundState::Refused, now_ms).await? {
            return Ok(false);
        }
        repo::event(tx, id, "refused", why, now_ms).await?;
        let words = format!("微信未受理退款 {}（{why}），款项仍在商户，请核对后处理", Fen::new(row.amount_fen)?);
        raise(tx, &row, RefundState::Refused, &words, now_ms).await?;
        note_on_order(tx, PaymentId(row.payment_id), "refund_refused", why, now_ms).await?;
        Ok(true)
    })
    .await
}
