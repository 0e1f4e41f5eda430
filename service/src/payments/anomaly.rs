//! What staff do about money that was kept aside.
//!
//! It is either booked as owed back, from where it is given back like any surplus, or found to be no money of ours and
//! put to rest with a note. Both are written down with who did it.

use chrono::{DateTime, Utc};
use domain::ids::PaymentId;
use domain::ledger::{LedgerError, Posting};
use domain::money::{Amount, MoneyError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, By};
use crate::ledger::{self, LedgerStoreError};
use crate::store::{StoreError, Values};
use crate::tasks;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Rows of one page.
const PAGE_MAX: i64 = 200;
/// Characters of a note.
const NOTE_CHARS_MAX: usize = 200;

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnomalyAct {
    /// The merchant has the money: booked, all of it owed back.
    Book,
    /// There is no money to book: the note says why.
    Dismiss,
}

impl AnomalyAct {
    const fn resolution(self) -> &'static str {
        match self {
            Self::Book => "booked",
            Self::Dismiss => "dismissed",
        }
    }
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum AnomalyError {
    /// No such anomaly.
    #[error("没有找到")]
    NotFound,
    /// Somebody else was faster.
    #[error("该异常款项已处理，请刷新")]
    AlreadyResolved,
    /// No note, or one too long.
    #[error("请写明处理依据，最多 {NOTE_CHARS_MAX} 个字")]
    Note,
    /// This transaction is in the books already.
    #[error("该笔微信交易已经入账，不能重复入账；请核对后关闭此异常")]
    AlreadyBooked,
    /// Not in yuan, or an impossible sum.
    #[error("只能入账人民币款项")]
    NotYuan,
    /// An impossible sum.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// An impossible posting.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AnomalyError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::AlreadyResolved => "anomaly_resolved",
            Self::Note => "anomaly_note",
            Self::AlreadyBooked => "anomaly_booked",
            Self::NotYuan => "anomaly_not_yuan",
            Self::Money(_) | Self::Ledger(_) | Self::Store(_) => "internal",
        }
    }
}

impl From<LedgerStoreError> for AnomalyError {
    fn from(error: LedgerStoreError) -> Self {
        match error {
            LedgerStoreError::Store(error) => Self::Store(error),
            LedgerStoreError::Ledger(error) => Self::Ledger(error),
        }
    }
}

/// Money that was kept aside.
#[derive(Debug, Clone, Serialize, sea_orm::FromQueryResult, utoipa::ToSchema)]
pub struct AnomalyView {
    /// Its id.
    pub id: Uuid,
    /// A stable word: `unknown_order`, `amount_differs`, …
    pub kind: String,
    /// The order it named.
    pub out_trade_no: String,
    /// WeChat's number of the money.
    pub transaction_id: String,
    /// What our books say, in fen; empty when the order is unknown.
    pub expected_fen: Option<i64>,
    /// What WeChat said, in fen.
    pub reported_fen: i64,
    /// When it came, milliseconds since 1970-01-01T00:00Z.
    pub at_ms: i64,
    /// When it was resolved.
    pub resolved_at_ms: Option<i64>,
    /// `booked` or `dismissed`.
    pub resolution: Option<String>,
    /// Why.
    pub note: Option<String>,
}

#[derive(sea_orm::FromQueryResult)]
struct AnomalyRow {
    natural_key: String,
    transaction_id: String,
    reported_fen: i64,
    detail: String,
    at_ms: i64,
    resolved_at_ms: Option<i64>,
}

/// Money kept aside, the newest first: what is open, or all.
///
/// # Errors
/// [`StoreError`].
pub async fn list_anomalies(
    db: &ProjectDb,
    only_open: bool,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<AnomalyView>, StoreError> {
    let open = if only_open { " AND resolved_at_ms IS NULL" } else { "" };
    let sql = format!(
        "SELECT id, kind, out_trade_no, transaction_id, expected_fen, reported_fen, at_ms, resolved_at_ms, resolution, note \
         FROM payment_anomaly WHERE id < $1{open} ORDER BY id DESC LIMIT $2"
    );
    let values: Values = vec![before.unwrap_or(Uuid::max()).into(), limit.clamp(1, PAGE_MAX).into()];
    db.read("payments.anomalies", async |tx| tx.rows(&sql, values).await).await
}

/// Resolves one, and the task about it.
///
/// # Errors
/// [`AnomalyError`].
pub async fn resolve(
    db: &ProjectDb,
    id: Uuid,
    act: AnomalyAct,
    note: &str,
    by: &By,
    now: DateTime<Utc>,
) -> Result<(), AnomalyError> {
    let note = note.trim();
    if note.is_empty() || note.chars().count() > NOTE_CHARS_MAX {
        return Err(AnomalyError::Note);
    }
    let now_ms = now.timestamp_millis();
    db.transact("payments.resolve", async |tx| {
        ledger::lock_head(tx).await?;
        let sql = format!(
            "SELECT natural_key, transaction_id, reported_fen, detail, at_ms, resolved_at_ms FROM payment_anomaly \
             WHERE id = $1{}",
            tx.for_update()
        );
        let row: AnomalyRow = tx.row(&sql, vec![id.into()]).await?.ok_or(AnomalyError::NotFound)?;
        if row.resolved_at_ms.is_some() {
            return Err(AnomalyError::AlreadyResolved);
        }
        if act == AnomalyAct::Book {
            book(tx, &row, now).await?;
        }
        tx.execute(
            "UPDATE payment_anomaly SET resolved_at_ms = $1, resolution = $2, resolved_by = $3, note = $4 WHERE id = $5",
            vec![now_ms.into(), act.resolution().into(), by.actor.id().into(), note.into(), id.into()],
        )
        .await?;
        tasks::settle(tx, &row.natural_key, by.actor.id(), now_ms).await?;
        let detail = json!({ "act": act, "note": note, "reported_fen": row.reported_fen });
        audit::append(tx, by, "anomaly.resolve", &format!("anomaly:{}", row.natural_key), &detail, now_ms).await?;
        Ok(())
    })
    .await
}

/// Books what came as owed back to nobody known: a refund finds its payer by WeChat's number.
async fn book(tx: &ProjectTx<'_>, row: &AnomalyRow, now: DateTime<Utc>) -> Result<(), AnomalyError> {
    // As it was kept: merchant, app, currency.
    let mut words = row.detail.split(' ');
    let (mchid, currency) = (words.next().unwrap_or_default(), words.nth(1).unwrap_or_default());
    if currency != super::settle::CURRENCY || mchid.is_empty() {
        return Err(AnomalyError::NotYuan);
    }
    let natural_key = format!("wechat:{}", row.transaction_id);
    let known: Option<Uuid> =
        tx.value("SELECT id FROM payment WHERE natural_key = $1", vec![natural_key.as_str().into()]).await?;
    if known.is_some() {
        return Err(AnomalyError::AlreadyBooked);
    }
    let amount = Amount::try_from(row.reported_fen)?;
    let came_at = DateTime::from_timestamp_millis(row.at_ms).unwrap_or(now);
    tx.execute(
        "INSERT INTO payment (id, natural_key, method, order_id, amount_fen, refundable_fen, paid_at_ms, booked_at_ms, mchid) \
         VALUES ($1, $2, 'wechat', NULL, $3, $3, $4, $5, $6)",
        vec![
            PaymentId::new().uuid().into(),
            natural_key.into(),
            amount.get().into(),
            row.at_ms.into(),
            now.timestamp_millis().into(),
            mchid.into(),
        ],
    )
    .await?;
    ledger::append(tx, &[Posting::wechat_payment(&row.transaction_id, amount, &[], None, came_at)?]).await?;
    Ok(())
}
