//! Placing an order over ticked bills.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{BillId, HouseId, OrderId, PersonId};
use domain::money::{Amount, Fen, MoneyError};
use domain::order::{self, BILLS_MAX, OrderState};
use uuid::Uuid;

use super::number::our_number;
use super::repo::{self, OrderRow, StoredOrder as _};
use crate::store::{StoreError, Values};
use crate::tenancy::{ProjectDb, ProjectTx};
use crate::vault::VaultError;

/// How often a lost race for a reservation is looked at again.
const ATTEMPTS_MAX: usize = 3;
/// An order with less time than this left is not handed out again.
const LIFE_LEFT_MIN: TimeDelta = TimeDelta::minutes(5);

/// Why no order was placed.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// A bill does not exist, or is none of this person's.
    #[error("没有找到账单，请刷新后重试")]
    BillNotFound,
    /// Nothing ticked, or too much.
    #[error("请勾选 1 至 {BILLS_MAX} 笔账单")]
    BillCount,
    /// Paid or voided meanwhile: the page is stale.
    #[error("部分账单已缴清或已作废，请刷新后重新勾选")]
    BillNotOpen,
    /// The page showed another sum than what is owed now.
    #[error("应缴金额已变化，请刷新后核对")]
    TotalChanged,
    /// Other live orders hold some of these bills: they must be ended first.
    #[error("账单正在支付中")]
    Reserved(Vec<OrderId>),
    /// A sum out of range.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// No randomness for a number.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OrderError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BillNotFound => "bill_not_found",
            Self::BillCount => "bill_count",
            Self::BillNotOpen => "bill_not_open",
            Self::TotalChanged => "total_changed",
            Self::Reserved(_) => "bill_reserved",
            Self::Money(_) | Self::Vault(_) | Self::Store(_) => "internal",
        }
    }
}

/// What an owner wants to pay.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// Who pays.
    pub person: PersonId,
    /// The mini program.
    pub app_id: String,
    /// Who pays, within the app.
    pub openid: String,
    /// The merchant the money goes to.
    pub mchid: String,
    /// The ticked bills.
    pub bills: Vec<BillId>,
    /// Houses this person is bound to: every bill must belong to one.
    pub houses: Vec<HouseId>,
    /// The sum the page showed, so that a stale total is never paid.
    pub expected: Amount,
}

/// An order that exists in our books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacedOrder {
    /// The order.
    pub id: OrderId,
    /// False when the same tap had placed it before.
    pub new: bool,
}

#[derive(sea_orm::FromQueryResult)]
struct BillRow {
    id: Uuid,
    house_id: Uuid,
    total_fen: i64,
    paid_fen: i64,
    voided_at_ms: Option<i64>,
}

/// Commits an order over these bills, each reserved for it, or finds the one that the same person placed before.
///
/// # Errors
/// [`OrderError`]; [`OrderError::Reserved`] names the live orders in the way.
pub async fn place(db: &ProjectDb, new: &NewOrder, now: DateTime<Utc>) -> Result<PlacedOrder, OrderError> {
    let mut bills = new.bills.clone();
    bills.sort_unstable();
    bills.dedup();
    if bills.is_empty() || bills.len() > BILLS_MAX || bills.len() != new.bills.len() {
        return Err(OrderError::BillCount);
    }
    for _ in 1..ATTEMPTS_MAX {
        match try_place(db, new, &bills, now).await {
            // Somebody else reserved a bill between our look and our write: look again.
            Err(OrderError::Store(StoreError::Conflict { .. })) => {}
            other => return other,
        }
    }
    try_place(db, new, &bills, now).await
}

async fn try_place(
    db: &ProjectDb,
    new: &NewOrder,
    bills: &[BillId],
    now: DateTime<Utc>,
) -> Result<PlacedOrder, OrderError> {
    db.transact("payments.place", async |tx| {
        let owed = owed(tx, new, bills).await?;
        let total = Amount::parse(Fen::total(owed.iter().map(|(_, amount)| amount.fen()))?)?;
        if total != new.expected {
            return Err(OrderError::TotalChanged);
        }
        let holding = repo::holding(tx, bills).await?;
        if let [only] = holding.as_slice()
            && is_the_same(tx, only, new, &owed, now).await?
        {
            return Ok(PlacedOrder { id: only.order_id(), new: false });
        }
        if !holding.is_empty() {
            return Err(OrderError::Reserved(holding.iter().map(|order| order.order_id()).collect()));
        }
        insert(tx, new, &owed, total, now).await
    })
    .await
}

/// The outstanding sum of each bill, or why it cannot be paid.
async fn owed(tx: &ProjectTx<'_>, new: &NewOrder, bills: &[BillId]) -> Result<Vec<(BillId, Amount)>, OrderError> {
    // In order of id, as whoever pays bills takes them. NO KEY: what refers to a bill, such as a reminder, need not wait.
    let lock = if tx.is_postgres() { " FOR NO KEY UPDATE" } else { "" };
    let sql = format!(
        "SELECT id, house_id, total_fen, paid_fen, voided_at_ms FROM bill WHERE id IN ({}) ORDER BY id{lock}",
        repo::marks(1, bills.len())
    );
    let rows: Vec<BillRow> = tx.rows(&sql, repo::uuids(bills)).await?;
    if rows.len() != bills.len() || rows.iter().any(|row| !new.houses.contains(&HouseId(row.house_id))) {
        return Err(OrderError::BillNotFound);
    }
    rows.into_iter()
        .map(|row| {
            let outstanding = Fen::new(row.total_fen)?.minus(Fen::new(row.paid_fen)?)?;
            match Amount::parse(outstanding) {
                Ok(amount) if row.voided_at_ms.is_none() => Ok((BillId(row.id), amount)),
                _ => Err(OrderError::BillNotOpen),
            }
        })
        .collect()
}

/// The order in the way is this very wish: same payer, app, merchant, bills and amounts, with time left. The openid
/// says who pays: persons that turned out to be one keep it.
async fn is_the_same(
    tx: &ProjectTx<'_>,
    order: &OrderRow,
    new: &NewOrder,
    owed: &[(BillId, Amount)],
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let fresh = order.expires_at_ms > (now + LIFE_LEFT_MIN).timestamp_millis();
    let same_payer = order.openid == new.openid && order.app_id == new.app_id;
    if !fresh || !same_payer || order.mchid != new.mchid {
        return Ok(false);
    }
    let held = repo::bills_of(tx, order.order_id()).await?;
    let frozen = |bill: &BillId| held.iter().find(|h| h.bill_id == bill.uuid()).map(|h| h.frozen_fen);
    Ok(held.len() == owed.len() && owed.iter().all(|(bill, amount)| frozen(bill) == Some(amount.get())))
}

async fn insert(
    tx: &ProjectTx<'_>,
    new: &NewOrder,
    owed: &[(BillId, Amount)],
    total: Amount,
    now: DateTime<Utc>,
) -> Result<PlacedOrder, OrderError> {
    let id = OrderId::new();
    let now_ms = now.timestamp_millis();
    let expires_at = now + TimeDelta::minutes(order::LIFE_MINUTES);
    let first_look = order::next_query(now, 0, now);
    tx.execute(
        "INSERT INTO payment_order (id, out_trade_no, person_id, app_id, openid, mchid, total_fen, state, \
         expires_at_ms, next_query_at_ms, queries, created_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11)",
        vec![
            id.uuid().into(),
            our_number(&tx.info().code, now)?.into(),
            new.person.uuid().into(),
            new.app_id.as_str().into(),
            new.openid.as_str().into(),
            new.mchid.as_str().into(),
            total.get().into(),
            OrderState::Created.as_str().into(),
            expires_at.timestamp_millis().into(),
            first_look.timestamp_millis().into(),
            now_ms.into(),
        ],
    )
    .await?;
    let rows: Vec<Values> = owed
        .iter()
        .map(|(bill, amount)| vec![id.uuid().into(), bill.uuid().into(), amount.get().into(), true.into()])
        .collect();
    tx.insert_many("payment_order_bill", &["order_id", "bill_id", "amount_fen", "live"], rows, "").await?;
    repo::event(tx, id, "created", &format!("{} 笔账单，{}", owed.len(), total.fen()), now_ms).await?;
    Ok(PlacedOrder { id, new: true })
}
