//! The SQL of refunds.

use domain::ids::RefundId;
use domain::refund::RefundState;
use entity::project::refund;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use uuid::Uuid;

use crate::store::{StoreError, Values};
use crate::tenancy::ProjectTx;

/// A refund as stored.
pub(super) type RefundRow = refund::Model;

/// What the columns of a refund mean.
pub(super) trait StoredRefund {
    /// Its id.
    fn refund_id(&self) -> RefundId;
    /// Its state; an unknown word is a bad row.
    fn state(&self) -> Result<RefundState, StoreError>;
    /// What tasks and the audit log call it.
    fn subject(&self) -> String;
}

impl StoredRefund for RefundRow {
    fn refund_id(&self) -> RefundId {
        RefundId(self.id)
    }

    fn state(&self) -> Result<RefundState, StoreError> {
        RefundState::parse(&self.state)
            .ok_or_else(|| StoreError::bad_row("refund", format!("{} state {}", self.id, self.state)))
    }

    fn subject(&self) -> String {
        format!("refund:{}", self.out_refund_no)
    }
}

/// The states that hold money, as a list for SQL.
pub(super) const HOLDING: &str =
    "('awaiting_approval', 'queued', 'unknown', 'not_enough', 'processing', 'abnormal', 'succeeded')";

pub(super) async fn by_id(tx: &ProjectTx<'_>, id: RefundId) -> Result<Option<RefundRow>, StoreError> {
    refund::Entity::find_by_id(id.uuid()).one(tx.orm()).await.map_err(|error| tx.failed(error))
}

/// As [`by_id`], held until the end of the transaction.
pub(super) async fn lock(tx: &ProjectTx<'_>, id: RefundId) -> Result<Option<RefundRow>, StoreError> {
    let query = refund::Entity::find_by_id(id.uuid()).lock_exclusive();
    query.one(tx.orm()).await.map_err(|error| tx.failed(error))
}

pub(super) async fn by_number(tx: &ProjectTx<'_>, out_refund_no: &str) -> Result<Option<RefundRow>, StoreError> {
    let query = refund::Entity::find().filter(refund::Column::OutRefundNo.eq(out_refund_no));
    query.one(tx.orm()).await.map_err(|error| tx.failed(error))
}

/// One conditional transition: changes nothing and answers false when the refund is no longer in a state that may
/// become `next`. What is over is looked at no more.
pub(super) async fn transition(
    tx: &ProjectTx<'_>,
    id: RefundId,
    next: RefundState,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let from: Vec<String> = next.sources().map(|state| format!("'{}'", state.as_str())).collect();
    let ends = next.is_over();
    let sql = format!(
        "UPDATE refund SET state = $1, next_look_at_ms = CASE WHEN $2 THEN NULL ELSE next_look_at_ms END, \
         ended_at_ms = CASE WHEN $2 THEN CAST($3 AS BIGINT) ELSE ended_at_ms END WHERE id = $4 AND state IN ({})",
        from.join(", ")
    );
    let values: Values = vec![next.as_str().into(), ends.into(), now_ms.into(), id.uuid().into()];
    Ok(tx.execute(&sql, values).await? == 1)
}

/// Appends to a refund's timeline. The refund's row is written or held in the same transaction, which keeps numbers
/// apart.
pub(super) async fn event(
    tx: &ProjectTx<'_>,
    id: RefundId,
    kind: &str,
    detail: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO refund_event (refund_id, event_no, at_ms, kind, detail) \
         SELECT $1, COALESCE(MAX(event_no), 0) + 1, CAST($2 AS BIGINT), CAST($3 AS TEXT), CAST($4 AS TEXT) \
         FROM refund_event WHERE refund_id = $1",
        vec![id.uuid().into(), now_ms.into(), kind.into(), detail.into()],
    )
    .await?;
    Ok(())
}

#[derive(sea_orm::FromQueryResult)]
struct EventRow {
    kind: String,
    detail: String,
}

/// As [`event`], unless it would repeat the last line: whoever asks again and again fills no timeline.
pub(super) async fn remark(
    tx: &ProjectTx<'_>,
    id: RefundId,
    kind: &str,
    detail: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    if lock(tx, id).await?.is_none() {
        return Ok(());
    }
    let last: Option<EventRow> = tx
        .row(
            "SELECT kind, detail FROM refund_event WHERE refund_id = $1 ORDER BY event_no DESC LIMIT 1",
            vec![id.uuid().into()],
        )
        .await?;
    if last.is_some_and(|last| last.kind == kind && last.detail == detail) {
        return Ok(());
    }
    event(tx, id, kind, detail, now_ms).await
}

/// A part with whose bill it is.
#[derive(Debug, Clone, sea_orm::FromQueryResult)]
pub(super) struct PartRow {
    pub bill_id: Option<Uuid>,
    pub amount_fen: i64,
    pub payer_party_id: Option<Uuid>,
    pub house_id: Option<Uuid>,
}

/// The parts of a refund, bills in order of id, as whoever pays bills takes them.
pub(super) async fn parts_of(tx: &ProjectTx<'_>, id: RefundId) -> Result<Vec<PartRow>, StoreError> {
    tx.rows(
        "SELECT r.bill_id, r.amount_fen, b.payer_party_id, b.house_id FROM refund_part r \
         LEFT JOIN bill b ON b.id = r.bill_id WHERE r.refund_id = $1 ORDER BY r.bill_id",
        vec![id.uuid().into()],
    )
    .await
}
