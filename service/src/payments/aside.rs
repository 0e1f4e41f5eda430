//! Money that staff must look at: what contradicts its order is kept aside, what fits no bill is owed back.

use chrono::{DateTime, Utc};
use domain::money::Fen;
use uuid::Uuid;

use super::confirmation::Confirmation;
use super::repo::OrderRow;
use crate::store::StoreError;
use crate::tasks::{self, NewTask};
use crate::tenancy::ProjectTx;

/// The kind of contradiction, and what our books say the amount is, in fen.
pub(super) type Contradiction = (&'static str, Option<i64>);

/// A task for staff over money that fits no bill.
pub(super) async fn ask_staff_to_refund(
    tx: &ProjectTx<'_>,
    confirmation: &Confirmation,
    order: &OrderRow,
    refundable: Fen,
    now_ms: i64,
) -> Result<(), StoreError> {
    let words = format!("收到 {refundable} 无法入账的款项（账单已缴清或作废），请退还付款人或转为预存");
    let (key, subject) = (confirmation.natural_key(), format!("order:{}", order.out_trade_no));
    tasks::raise(tx, NewTask { natural_key: &key, kind: "refundable", subject: &subject, words: &words }, now_ms).await
}

/// Writes what contradicts its order into quarantine, once, with a task for staff.
pub(super) async fn keep_aside(
    tx: &ProjectTx<'_>,
    confirmation: &Confirmation,
    kind: &'static str,
    expected_fen: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let now_ms = now.timestamp_millis();
    let key = format!("{}:{kind}", confirmation.natural_key());
    tx.execute(
        "INSERT INTO payment_anomaly (id, natural_key, kind, out_trade_no, transaction_id, expected_fen, reported_fen, \
         detail, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (natural_key) DO NOTHING",
        vec![
            Uuid::now_v7().into(),
            key.as_str().into(),
            kind.into(),
            confirmation.out_trade_no.as_str().into(),
            confirmation.transaction_id.as_str().into(),
            expected_fen.into(),
            confirmation.amount.get().into(),
            format!("{} {} {}", confirmation.mchid, confirmation.app_id, confirmation.currency).into(),
            now_ms.into(),
        ],
    )
    .await?;
    let words = "微信支付通知与订单不符，款项未入账，请核对后处理";
    let subject = format!("order:{}", confirmation.out_trade_no);
    tasks::raise(tx, NewTask { natural_key: &key, kind, subject: &subject, words }, now_ms).await
}
