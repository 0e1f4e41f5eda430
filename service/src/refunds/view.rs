//! What staff see of payments and refunds.

use chrono::{DateTime, Utc};
use domain::ids::{OrderId, PaymentId, RefundId};
use domain::refund::RefundState;
use serde::Serialize;
use uuid::Uuid;

use super::repo::HOLDING;
use crate::store::{StoreError, Values};
use crate::tenancy::{ProjectDb, ProjectTx};

/// Rows of one page.
const PAGE_MAX: i64 = 200;
/// Steps of one refund that are shown.
const EVENTS_MAX: i64 = 500;

/// A payment with what may still be given back of it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PaymentView {
    /// Its id.
    pub id: Uuid,
    /// The order it paid; empty for money that came without one.
    pub order_id: Option<Uuid>,
    /// `wechat:4200…`: the channel and its number.
    pub natural_key: String,
    /// What came, in fen.
    pub amount_fen: i64,
    /// When the payer paid.
    pub paid_at: DateTime<Utc>,
    /// Where it went, and what of that went back.
    pub parts: Vec<PaymentPartView>,
    /// Its refunds, the newest first.
    pub refunds: Vec<RefundView>,
}

/// Where a part of a payment went.
#[derive(Debug, Clone, Serialize, sea_orm::FromQueryResult, utoipa::ToSchema)]
pub struct PaymentPartView {
    /// The bill it paid; empty for what was left over.
    pub bill_id: Option<Uuid>,
    /// The house's number.
    pub house: Option<String>,
    /// The fee item's name.
    pub fee_item: Option<String>,
    /// How much went there, in fen.
    pub amount_fen: i64,
    /// How much of it went back.
    pub refunded_fen: i64,
    /// How much of it may still be asked back.
    pub free_fen: i64,
}

/// A refund.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct RefundView {
    /// Its id.
    pub id: Uuid,
    /// Our number at WeChat.
    pub out_refund_no: String,
    /// WeChat's number, once known.
    pub wechat_refund_id: Option<String>,
    /// The payment it is taken from.
    pub payment_id: Uuid,
    /// How much, in fen.
    pub amount_fen: i64,
    /// Where it stands.
    #[schema(value_type = String, example = "processing")]
    pub state: RefundState,
    /// What the payer reads.
    pub reason: String,
    /// Who asked for it.
    pub requested_by: Option<Uuid>,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// The second person, if one was needed.
    pub decided_by: Option<Uuid>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A refund with everything that happened to it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct RefundTimeline {
    /// The refund.
    pub refund: RefundView,
    /// What it takes.
    pub parts: Vec<RefundPartView>,
    /// Oldest first.
    pub events: Vec<RefundEventView>,
}

/// One part of a refund.
#[derive(Debug, Clone, Serialize, sea_orm::FromQueryResult, utoipa::ToSchema)]
pub struct RefundPartView {
    /// The bill that is owed again; empty for what was left over.
    pub bill_id: Option<Uuid>,
    /// How much, in fen.
    pub amount_fen: i64,
}

/// One step.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct RefundEventView {
    /// When.
    pub at: DateTime<Utc>,
    /// A stable word.
    pub kind: String,
    /// In words.
    pub words: String,
}

#[derive(sea_orm::FromQueryResult)]
struct EventRow {
    at_ms: i64,
    kind: String,
    detail: String,
}

#[derive(sea_orm::FromQueryResult)]
struct PaymentRow {
    id: Uuid,
    order_id: Option<Uuid>,
    natural_key: String,
    amount_fen: i64,
    paid_at_ms: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct RefundRow {
    id: Uuid,
    out_refund_no: String,
    wechat_refund_id: Option<String>,
    payment_id: Uuid,
    amount_fen: i64,
    state: String,
    reason: String,
    requested_by: Option<Uuid>,
    requested_at_ms: i64,
    decided_by: Option<Uuid>,
    ended_at_ms: Option<i64>,
}

const REFUND_COLUMNS: &str = "id, out_refund_no, wechat_refund_id, payment_id, amount_fen, state, reason, requested_by, \
     requested_at_ms, decided_by, ended_at_ms";

fn instant(at_ms: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_millis(at_ms).ok_or_else(|| StoreError::bad_row("refund", at_ms))
}

impl RefundRow {
    fn view(self) -> Result<RefundView, StoreError> {
        let state = RefundState::parse(&self.state).ok_or_else(|| StoreError::bad_row("refund", &self.state))?;
        Ok(RefundView {
            id: self.id,
            out_refund_no: self.out_refund_no,
            wechat_refund_id: self.wechat_refund_id,
            payment_id: self.payment_id,
            amount_fen: self.amount_fen,
            state,
            reason: self.reason,
            requested_by: self.requested_by,
            requested_at: instant(self.requested_at_ms)?,
            decided_by: self.decided_by,
            ended_at: self.ended_at_ms.map(instant).transpose()?,
        })
    }
}

/// The payment of an order, if it is paid.
///
/// # Errors
/// [`StoreError`].
pub async fn payment_of_order(db: &ProjectDb, order: OrderId) -> Result<Option<PaymentView>, StoreError> {
    db.read("refunds.payment", async |tx| payment(tx, "order_id = $1", vec![order.uuid().into()]).await).await
}

/// A payment.
///
/// # Errors
/// [`StoreError`].
pub async fn payment_view(db: &ProjectDb, id: PaymentId) -> Result<Option<PaymentView>, StoreError> {
    db.read("refunds.payment", async |tx| payment(tx, "id = $1", vec![id.uuid().into()]).await).await
}

async fn payment(tx: &ProjectTx<'_>, which: &str, values: Values) -> Result<Option<PaymentView>, StoreError> {
    let sql = format!("SELECT id, order_id, natural_key, amount_fen, paid_at_ms FROM payment WHERE {which}");
    let Some(row) = tx.row::<PaymentRow>(&sql, values).await? else { return Ok(None) };
    let sql = format!("SELECT {REFUND_COLUMNS} FROM refund WHERE payment_id = $1 ORDER BY id DESC LIMIT {PAGE_MAX}");
    let refunds: Vec<RefundRow> = tx.rows(&sql, vec![row.id.into()]).await?;
    Ok(Some(PaymentView {
        id: row.id,
        order_id: row.order_id,
        natural_key: row.natural_key,
        amount_fen: row.amount_fen,
        paid_at: instant(row.paid_at_ms)?,
        parts: parts(tx, row.id).await?,
        refunds: refunds.into_iter().map(RefundRow::view).collect::<Result<_, _>>()?,
    }))
}

/// The bills a payment paid, and what it had left over.
async fn parts(tx: &ProjectTx<'_>, payment: Uuid) -> Result<Vec<PaymentPartView>, StoreError> {
    let taken = |states: &str, of: &str| {
        format!(
            "COALESCE((SELECT SUM(t.amount_fen) FROM refund_part t JOIN refund r ON r.id = t.refund_id \
             WHERE r.payment_id = $1 AND {of} AND r.state IN {states}), 0)"
        )
    };
    let (of_bill, of_surplus) = ("t.bill_id = a.bill_id", "t.bill_id IS NULL");
    let sql = format!(
        "SELECT a.bill_id, h.house_key AS house, f.name AS fee_item, a.amount_fen, \
         CAST({} AS BIGINT) AS refunded_fen, CAST(a.amount_fen - {} AS BIGINT) AS free_fen \
         FROM allocation a JOIN bill b ON b.id = a.bill_id JOIN house h ON h.id = b.house_id \
         JOIN fee_item f ON f.id = b.fee_item_id WHERE a.payment_id = $1 ORDER BY b.period_start_day, a.bill_id",
        taken("('succeeded')", of_bill),
        taken(HOLDING, of_bill)
    );
    let mut parts: Vec<PaymentPartView> = tx.rows(&sql, vec![payment.into()]).await?;
    let sql = format!(
        "SELECT CAST(NULL AS UUID) AS bill_id, CAST(NULL AS TEXT) AS house, CAST(NULL AS TEXT) AS fee_item, \
         p.refundable_fen AS amount_fen, CAST({} AS BIGINT) AS refunded_fen, \
         CAST(p.refundable_fen - {} AS BIGINT) AS free_fen FROM payment p WHERE p.id = $1 AND p.refundable_fen > 0",
        taken("('succeeded')", of_surplus),
        taken(HOLDING, of_surplus)
    );
    let sql = if tx.is_postgres() { sql } else { sql.replace("CAST(NULL AS UUID)", "NULL") };
    parts.extend(tx.rows::<PaymentPartView>(&sql, vec![payment.into()]).await?);
    Ok(parts)
}

/// The refunds, the newest first; those before `before` when paging on.
///
/// # Errors
/// [`StoreError`].
pub async fn list_refunds(
    db: &ProjectDb,
    state: Option<RefundState>,
    before: Option<RefundId>,
    limit: i64,
) -> Result<Vec<RefundView>, StoreError> {
    // Ids come from whoever asked; the time orders them.
    let sql = format!(
        "SELECT {REFUND_COLUMNS} FROM refund WHERE ($1 = '' OR state = $1) AND ($2 OR (requested_at_ms, id) < \
         (SELECT requested_at_ms, id FROM refund WHERE id = $3)) ORDER BY requested_at_ms DESC, id DESC LIMIT $4"
    );
    let values: Values = vec![
        state.map_or("", RefundState::as_str).into(),
        before.is_none().into(),
        before.map_or(Uuid::nil(), RefundId::uuid).into(),
        limit.clamp(1, PAGE_MAX).into(),
    ];
    let rows: Vec<RefundRow> = db.read("refunds.list", async |tx| tx.rows(&sql, values).await).await?;
    rows.into_iter().map(RefundRow::view).collect()
}

/// The merchant that received the money of a refund.
///
/// # Errors
/// [`StoreError`].
pub async fn mchid_of(db: &ProjectDb, id: RefundId) -> Result<Option<String>, StoreError> {
    let sql = "SELECT mchid FROM refund WHERE id = $1";
    db.read("refunds.mchid", async |tx| tx.value(sql, vec![id.uuid().into()]).await).await
}

/// One refund with its steps.
///
/// # Errors
/// [`StoreError`].
pub async fn refund_timeline(db: &ProjectDb, id: RefundId) -> Result<Option<RefundTimeline>, StoreError> {
    db.read("refunds.timeline", async |tx| {
        let sql = format!("SELECT {REFUND_COLUMNS} FROM refund WHERE id = $1");
        let Some(row) = tx.row::<RefundRow>(&sql, vec![id.uuid().into()]).await? else { return Ok(None) };
        let parts = tx
            .rows(
                "SELECT bill_id, amount_fen FROM refund_part WHERE refund_id = $1 ORDER BY part_no",
                vec![id.uuid().into()],
            )
            .await?;
        let sql = format!(
            "SELECT at_ms, kind, detail FROM refund_event WHERE refund_id = $1 ORDER BY event_no LIMIT {EVENTS_MAX}"
        );
        let events: Vec<EventRow> = tx.rows(&sql, vec![id.uuid().into()]).await?;
        let events = events
            .into_iter()
            .map(|row| Ok(RefundEventView { at: instant(row.at_ms)?, kind: row.kind, words: row.detail }))
            .collect::<Result<_, StoreError>>()?;
        Ok(Some(RefundTimeline { refund: row.view()?, parts, events }))
    })
    .await
}
