//! Receipts that no longer hold: each refund writes what of a receipt it takes back, under a number of its own.

use domain::ids::{PaymentId, RefundId};
use domain::money::{Amount, Fen};
use uuid::Uuid;

use super::RefundError;
use super::repo::PartRow;
use crate::store::StoreError;
use crate::tenancy::ProjectTx;

#[derive(sea_orm::FromQueryResult)]
struct ReceiptRow {
    id: Uuid,
    number: String,
    reversals: i64,
}

/// One reversal per receipt: `CUIHU-2026-000012-R1`, gapless within the receipt. A receipt whose reversals are its whole
/// amount is void.
pub(super) async fn reverse_receipts(
    tx: &ProjectTx<'_>,
    refund: RefundId,
    payment: PaymentId,
    parts: &[PartRow],
    now_ms: i64,
) -> Result<(), RefundError> {
    let mut by_house: Vec<(Uuid, Fen)> = Vec::new();
    for part in parts {
        let Some(house) = part.house_id else { continue };
        let amount = Amount::try_from(part.amount_fen)?.fen();
        match by_house.iter_mut().find(|(known, _)| *known == house) {
            Some((_, sum)) => *sum = sum.plus(amount)?,
            None => by_house.push((house, amount)),
        }
    }
    for (house, sum) in by_house {
        let receipt: Option<ReceiptRow> = tx
            .row(
                "SELECT r.id, r.number, (SELECT COUNT(*) FROM receipt_reversal v WHERE v.receipt_id = r.id) AS reversals \
                 FROM receipt r WHERE r.payment_id = $1 AND r.house_id = $2",
                vec![payment.uuid().into(), house.into()],
            )
            .await?;
        let receipt = receipt.ok_or_else(|| StoreError::bad_row("receipt", format!("{payment} {house}")))?;
        tx.execute(
            "INSERT INTO receipt_reversal (refund_id, receipt_id, number, amount_fen, at_ms) VALUES ($1, $2, $3, $4, $5)",
            vec![
                refund.uuid().into(),
                receipt.id.into(),
                format!("{}-R{}", receipt.number, receipt.reversals + 1).into(),
                sum.get().into(),
                now_ms.into(),
            ],
        )
        .await?;
    }
    Ok(())
}
