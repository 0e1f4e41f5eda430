//! The one door through which money enters the books.
//!
//! Invariant: one transaction id is booked at most once; what is allocated plus what is refundable is what arrived;
//! a bill is never paid above its total. Money that really arrived is never refused: what fits no bill is owed back to
//! its payer, with a task for staff. What does not match its order is not applied but kept aside, and whoever told us
//! is told to come again.

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::ids::{BillId, HouseId, OrderId, PartyId, PaymentId};
use domain::ledger::{LedgerError, Posting};
use domain::money::{Amount, Fen, MoneyError};
use domain::order::OrderState;
use uuid::Uuid;

use super::aside::{Contradiction, ask_staff_to_refund, keep_aside};
use super::confirmation::Confirmation;
use super::receipt::{Share, issue_receipts};
use super::repo::{self, OrderBillRow, OrderRow, StoredOrder as _};
use crate::ledger::{self, LedgerStoreError};
use crate::reminders;
use crate::store::{StoreError, Values};
use crate::tenancy::{ProjectDb, ProjectTx};

/// The one currency that is booked.
pub(super) const CURRENCY: &str = "CNY";

/// Money that came and, all or in part, had gone back before it was booked.
pub(super) const REFUNDED_BEFORE_BOOKED: &str = "refunded_before_booked";

/// Why money was not booked now.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// It contradicts its order, or there is no such order: kept aside with an alarm, nothing applied.
    #[error("payment kept aside: {0}")]
    Quarantined(&'static str),
    /// Impossible sums.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// An impossible posting.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The database failed: the caller answers 5xx and WeChat comes again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LedgerStoreError> for SettleError {
    fn from(error: LedgerStoreError) -> Self {
        match error {
            LedgerStoreError::Store(error) => Self::Store(error),
            LedgerStoreError::Ledger(error) => Self::Ledger(error),
        }
    }
}

/// What was booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The payment.
    pub payment: PaymentId,
    /// The order it paid.
    pub order: OrderId,
    /// What paid bills.
    pub applied_fen: i64,
    /// What is owed back to the payer.
    pub refundable_fen: i64,
}

/// What the first transaction found.
enum Found {
    Booked(Applied<Settled>),
    Aside(&'static str),
}

/// What the bills of an order take of its money.
struct Split {
    parts: Vec<Part>,
    /// Whose bill took less than was ordered for it.
    short: Option<PartyId>,
}

/// A part of the money on one bill.
pub(crate) struct Part {
    pub(crate) bill: BillId,
    pub(crate) house: HouseId,
    pub(crate) payer: PartyId,
    pub(crate) amount: Amount,
    /// Nothing is owed on it afterwards.
    pub(crate) settles: bool,
}

/// A payment in the books with the order it is for.
#[derive(sea_orm::FromQueryResult)]
struct BookedRow {
    id: Uuid,
    order_id: Uuid,
    amount_fen: i64,
    refundable_fen: i64,
    out_trade_no: String,
    mchid: String,
    app_id: String,
}

/// Books a confirmed payment: allocations, postings, receipts, the order's end and the silence of its reminders, in one
/// transaction. Told again, it answers what the first time did and writes nothing.
///
/// # Errors
/// [`SettleError`].
pub async fn settle(
    db: &ProjectDb,
    confirmation: &Confirmation,
    now: DateTime<Utc>,
) -> Result<Applied<Settled>, SettleError> {
    let found = db
        .transact("payments.settle", async |tx| {
            ledger::lock_head(tx).await?;
            let (kind, expected_fen) = match booked(tx, confirmation).await? {
                Some(Ok(settled)) => return Ok(Found::Booked(Applied::Already(settled))),
                Some(Err(contradiction)) => contradiction,
                None => match matching_order(tx, confirmation).await? {
                    Ok(order) => {
                        return book(tx, confirmation, &order, now).await.map(|s| Found::Booked(Applied::Done(s)));
                    }
                    Err(contradiction) => contradiction,
                },
            };
            keep_aside(tx, confirmation, kind, expected_fen, now).await?;
            Ok::<_, SettleError>(Found::Aside(kind))
        })
        .await;
    match found? {
        Found::Booked(settled) => Ok(settled),
        Found::Aside(kind) => {
            tracing::error!(alarm = kind, out_trade_no = %confirmation.out_trade_no, "payment kept aside");
            metrics::counter!("linli_payments_kept_aside_total", "kind" => kind).increment(1);
            Err(SettleError::Quarantined(kind))
        }
    }
}

/// What was booked under this transaction id before, if anything was.
async fn booked(
    tx: &ProjectTx<'_>,
    confirmation: &Confirmation,
) -> Result<Option<Result<Settled, Contradiction>>, StoreError> {
    let row: Option<BookedRow> = tx
        .row(
            "SELECT p.id, p.order_id, p.amount_fen, p.refundable_fen, o.out_trade_no, o.mchid, o.app_id \
             FROM payment p JOIN payment_order o ON o.id = p.order_id WHERE p.natural_key = $1",
            vec![confirmation.natural_key().into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let contradiction = if row.amount_fen != confirmation.amount.get() {
        Some("amount_of_booked_transaction_differs")
    } else if row.out_trade_no != confirmation.out_trade_no {
        Some("booked_for_another_order")
    } else {
        stranger(confirmation, &row.mchid, &row.app_id)
    };
    if let Some(kind) = contradiction {
        return Ok(Some(Err((kind, Some(row.amount_fen)))));
    }
    Ok(Some(Ok(Settled {
        payment: PaymentId(row.id),
        order: OrderId(row.order_id),
        applied_fen: row.amount_fen - row.refundable_fen,
        refundable_fen: row.refundable_fen,
    })))
}

/// Another currency, merchant or app than the order's.
fn stranger(confirmation: &Confirmation, mchid: &str, app_id: &str) -> Option<&'static str> {
    if confirmation.currency != CURRENCY {
        Some("currency_differs")
    } else if confirmation.mchid != mchid {
        Some("merchant_differs")
    } else if confirmation.app_id != app_id {
        Some("app_differs")
    } else {
        None
    }
}

/// The order this money is for, or how it contradicts it.
async fn matching_order(
    tx: &ProjectTx<'_>,
    confirmation: &Confirmation,
) -> Result<Result<OrderRow, Contradiction>, StoreError> {
    let Some(order) = repo::by_number(tx, &confirmation.out_trade_no).await? else {
        return Ok(Err(("unknown_order", None)));
    };
    let expected = Some(order.total_fen);
    if order.state()? == OrderState::Paid {
        return Ok(Err(("order_paid_by_another_transaction", expected)));
    }
    if order.total_fen != confirmation.amount.get() {
        return Ok(Err(("amount_differs", expected)));
    }
    if let Some(kind) = stranger(confirmation, &order.mchid, &order.app_id) {
        return Ok(Err((kind, expected)));
    }
    // Given back beside this system before we heard of it: how much is not said here, so nothing is called paid.
    if confirmation.refunded {
        return Ok(Err((REFUNDED_BEFORE_BOOKED, expected)));
    }
    Ok(Ok(order))
}

async fn book(
    tx: &ProjectTx<'_>,
    confirmation: &Confirmation,
    order: &OrderRow,
    now: DateTime<Utc>,
) -> Result<Settled, SettleError> {
    let now_ms = now.timestamp_millis();
    let held = repo::bills_of(tx, order.order_id()).await?;
    let Split { parts, short } = split(&held, confirmation.amount)?;
    let applied = Fen::total(parts.iter().map(|part| part.amount.fen()))?;
    let refundable = confirmation.amount.fen().minus(applied)?;
    let payment = insert_payment(tx, confirmation, order, refundable, now_ms).await?;
    allocate(tx, payment, &parts, now_ms).await?;

    let sides: Vec<_> = parts.iter().map(|part| (part.payer, part.amount)).collect();
    let posting = Posting::wechat_payment(
        &confirmation.transaction_id,
        confirmation.amount,
        &sides,
        short,
        confirmation.paid_at,
    )?;
    ledger::append(tx, &[posting]).await?;

    let shares = parts.iter().map(|part| Share { house: part.house, amount: part.amount });
    issue_receipts(tx, payment, shares, now).await?;
    end_order(tx, order, confirmation, now_ms).await?;
    let settled: Vec<Uuid> = parts.iter().filter(|part| part.settles).map(|part| part.bill.uuid()).collect();
    reminders::suppress_paid(tx, &settled, now).await?;
    if refundable.is_positive() {
        ask_staff_to_refund(tx, confirmation, order, refundable, now_ms).await?;
    }
    Ok(Settled { payment, order: order.order_id(), applied_fen: applied.get(), refundable_fen: refundable.get() })
}

/// What of the money each bill takes: the frozen amount, but never more than it still owes, and nothing when voided.
fn split(held: &[OrderBillRow], received: Amount) -> Result<Split, MoneyError> {
    let mut left = received.fen();
    let mut parts = Vec::with_capacity(held.len());
    let mut short = None;
    for bill in held {
        let frozen = Fen::new(bill.frozen_fen)?;
        let outstanding = match bill.voided_at_ms {
            Some(_) => Fen::ZERO,
            None => Fen::new(bill.total_fen)?.minus(Fen::new(bill.paid_fen)?)?,
        };
        let take = outstanding.min(frozen).min(left);
        if take < frozen {
            short = short.or(Some(PartyId(bill.payer_party_id)));
        }
        let Ok(amount) = Amount::parse(take) else { continue };
        left = left.minus(take)?;
        parts.push(Part {
            bill: BillId(bill.bill_id),
            house: HouseId(bill.house_id),
            payer: PartyId(bill.payer_party_id),
            amount,
            settles: take == outstanding,
        });
    }
    Ok(Split { parts, short })
}

async fn insert_payment(
    tx: &ProjectTx<'_>,
    confirmation: &Confirmation,
    order: &OrderRow,
    refundable: Fen,
    now_ms: i64,
) -> Result<PaymentId, StoreError> {
    let payment = PaymentId::new();
    tx.execute(
        "INSERT INTO payment (id, natural_key, method, order_id, amount_fen, refundable_fen, paid_at_ms, booked_at_ms) \
         VALUES ($1, $2, 'wechat', $3, $4, $5, $6, $7)",
        vec![
            payment.uuid().into(),
            confirmation.natural_key().into(),
            order.id.into(),
            confirmation.amount.get().into(),
            refundable.get().into(),
            confirmation.paid_at.timestamp_millis().into(),
            now_ms.into(),
        ],
    )
    .await?;
    Ok(payment)
}

/// Puts the parts of a payment on their bills, under the ledger's lock.
pub(crate) async fn allocate(
    tx: &ProjectTx<'_>,
    payment: PaymentId,
    parts: &[Part],
    now_ms: i64,
) -> Result<(), StoreError> {
    let rows: Vec<Values> = parts
        .iter()
        .map(|part| vec![payment.uuid().into(), part.bill.uuid().into(), part.amount.get().into()])
        .collect();
    tx.insert_many("allocation", &["payment_id", "bill_id", "amount_fen"], rows, "").await?;
    // In order of id, as whoever reserves bills takes them.
    let mut in_order: Vec<&Part> = parts.iter().collect();
    in_order.sort_unstable_by_key(|part| part.bill);
    for part in in_order {
        let changed = tx
            .execute(
                "UPDATE bill SET paid_fen = paid_fen + $1, \
                 settled_at_ms = CASE WHEN paid_fen + $1 = total_fen THEN CAST($2 AS BIGINT) ELSE NULL END \
                 WHERE id = $3 AND voided_at_ms IS NULL AND paid_fen + $1 <= total_fen",
                vec![part.amount.get().into(), now_ms.into(), part.bill.uuid().into()],
            )
            .await?;
        if changed != 1 {
            return Err(StoreError::bad_row("bill", format!("{} changed under the ledger's lock", part.bill)));
        }
    }
    Ok(())
}

async fn end_order(
    tx: &ProjectTx<'_>,
    order: &OrderRow,
    confirmation: &Confirmation,
    now_ms: i64,
) -> Result<(), StoreError> {
    let was = order.state()?;
    if !repo::transition(tx, order.order_id(), OrderState::Paid, now_ms).await? {
        return Err(StoreError::bad_row("payment_order", format!("{} cannot become paid", order.id)));
    }
    tx.execute(
        "UPDATE payment_order SET transaction_id = $1 WHERE id = $2",
        vec![confirmation.transaction_id.as_str().into(), order.id.into()],
    )
    .await?;
    let detail = format!("{}：{}，此前为 {}", confirmation.source.as_str(), confirmation.transaction_id, was.as_str());
    repo::event(tx, order.order_id(), "paid", &detail, now_ms).await
}
