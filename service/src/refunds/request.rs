//! Asking for a refund: committed with its number, what it takes held, and nothing sent yet.

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::ids::{BillId, PaymentId, RefundId};
use domain::money::{Amount, Fen};
use domain::order::BILLS_MAX;
use domain::refund::{self, REASON_CHARS_MAX, REFUNDS_MAX, RefundState};
use serde_json::json;

use super::RefundError;
use super::available::Available;
use super::policy;
use super::repo::{self, RefundRow, StoredRefund as _};
use crate::audit::{self, By};
use crate::payments::{note_on_order, our_number};
use crate::store::Values;
use crate::tasks::{self, NewTask};
use crate::tenancy::{ProjectDb, ProjectTx};

/// What is to be given back.
#[derive(Debug, Clone)]
pub struct NewRefund {
    /// Made by whoever asks, so that a second tap is the same refund.
    pub id: RefundId,
    /// The payment it is taken from.
    pub payment: PaymentId,
    /// What is taken, bill by bill.
    pub parts: Vec<NewPart>,
    /// The payer reads it.
    pub reason: String,
    /// The number of a refund that was made at WeChat Pay itself, beside this system: it is only asked about and booked.
    pub made_at_wechat: Option<String>,
}

/// One part of a refund.
#[derive(Debug, Clone, Copy)]
pub struct NewPart {
    /// The bill that is owed again; without one it is taken from what the payment had left over.
    pub bill: Option<BillId>,
    /// How much.
    pub amount: Amount,
}

/// Commits a refund: queued, or waiting for a second person above the project's limit. Asked again with the same id it
/// answers the same and writes nothing.
///
/// # Errors
/// [`RefundError`].
pub async fn request(
    db: &ProjectDb,
    new: &NewRefund,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Applied<RefundState>, RefundError> {
    let total = check(new)?;
    db.transact("refunds.request", async |tx| {
        let available = Available::lock(tx, new.payment).await?;
        if let Some(known) = repo::by_id(tx, new.id).await? {
            let same = known.payment_id == new.payment.uuid() && known.amount_fen == total.get();
            return if same { Ok(Applied::Already(known.state()?)) } else { Err(RefundError::IdTaken) };
        }
        if available.refunds >= i64::try_from(REFUNDS_MAX).unwrap_or(i64::MAX) {
            return Err(RefundError::TooMany);
        }
        for (part, wanted) in new.parts.iter().enumerate() {
            let free_fen = available.free_fen(wanted.bill);
            if wanted.amount.get() > free_fen {
                return Err(RefundError::TooMuch { part, free_fen });
            }
        }
        let above_fen = policy::current(tx).await?.approve_above_fen;
        let state = match &new.made_at_wechat {
            Some(_) => RefundState::Processing,
            None if refund::needs_approval(available.held_fen + total.get(), above_fen) => {
                RefundState::AwaitingApproval
            }
            None => RefundState::Queued,
        };
        insert(tx, new, &available, total, state, by, now).await?;
        Ok(Applied::Done(state))
    })
    .await
}

fn check(new: &NewRefund) -> Result<Amount, RefundError> {
    let mut bills: Vec<Option<BillId>> = new.parts.iter().map(|part| part.bill).collect();
    bills.sort_unstable();
    bills.dedup();
    if bills.is_empty() || bills.len() != new.parts.len() || bills.len() > BILLS_MAX + 1 {
        return Err(RefundError::Parts);
    }
    let reason = new.reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        return Err(RefundError::Reason);
    }
    Ok(Amount::parse(Fen::total(new.parts.iter().map(|part| part.amount.fen()))?)?)
}

async fn insert(
    tx: &ProjectTx<'_>,
    new: &NewRefund,
    of: &Available,
    total: Amount,
    state: RefundState,
    by: &By,
    now: DateTime<Utc>,
) -> Result<(), RefundError> {
    let now_ms = now.timestamp_millis();
    let out_refund_no = match &new.made_at_wechat {
        Some(number) => number.clone(),
        None => our_number(&tx.info().code, now)?,
    };
    if repo::by_number(tx, &out_refund_no).await?.is_some() {
        return Err(RefundError::IdTaken);
    }
    let next_look_at_ms = (state != RefundState::AwaitingApproval).then_some(now_ms);
    tx.execute(
        "INSERT INTO refund (id, out_refund_no, payment_id, mchid, transaction_id, amount_fen, total_fen, state, reason, \
         requested_by, requested_at_ms, next_look_at_ms, looks) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)",
        vec![
            new.id.uuid().into(),
            out_refund_no.as_str().into(),
            of.payment.uuid().into(),
            of.mchid.as_str().into(),
            of.transaction_id.as_str().into(),
            total.get().into(),
            of.total_fen.into(),
            state.as_str().into(),
            new.reason.trim().into(),
            by.actor.id().into(),
            now_ms.into(),
            next_look_at_ms.into(),
        ],
    )
    .await?;
    let parts: Vec<Values> = (1_i64..)
        .zip(&new.parts)
        .map(|(no, part)| {
            let bill = part.bill.map(BillId::uuid);
            vec![new.id.uuid().into(), no.into(), bill.into(), part.amount.get().into()]
        })
        .collect();
    tx.insert_many("refund_part", &["refund_id", "part_no", "bill_id", "amount_fen"], parts, "").await?;
    let words = format!("申请退款 {}：{}", total.fen(), new.reason.trim());
    repo::event(tx, new.id, "requested", &words, now_ms).await?;
    note_on_order(tx, of.payment, "refund_requested", &format!("{words}，退款单号 {out_refund_no}"), now_ms).await?;
    if state == RefundState::AwaitingApproval {
        ask_for_approval(tx, new.id, now_ms).await?;
    }
    let detail = json!({ "payment": of.payment, "amount_fen": total.get(), "state": state });
    audit::append(tx, by, "refund.request", &format!("refund:{out_refund_no}"), &detail, now_ms).await?;
    Ok(())
}

async fn ask_for_approval(tx: &ProjectTx<'_>, id: RefundId, now_ms: i64) -> Result<(), RefundError> {
    let row: RefundRow = repo::by_id(tx, id).await?.ok_or(RefundError::NotFound)?;
    let amount = Fen::new(row.amount_fen)?;
    let words = format!("退款 {amount} 超过限额，请由申请人以外的同事审批");
    let subject = row.subject();
    let key = format!("{subject}:approval");
    let task = NewTask { natural_key: &key, kind: "refund_awaiting_approval", subject: &subject, words: &words };
    Ok(tasks::raise(tx, task, now_ms).await?)
}
