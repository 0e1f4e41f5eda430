//! Receipts: gapless numbers within a year of the project's zone.

use chrono::{DateTime, Datelike, Utc};
use domain::ids::{HouseId, PaymentId};
use domain::money::{Amount, Fen};
use uuid::Uuid;

use super::settle::SettleError;
use crate::store::StoreError;
use crate::tenancy::ProjectTx;

/// What of a payment went to one bill of a house.
pub(crate) struct Share {
    pub(crate) house: HouseId,
    pub(crate) amount: Amount,
}

/// One receipt per house: numbers are gapless because they are drawn in this transaction, under the ledger's lock.
pub(crate) async fn issue_receipts(
    tx: &ProjectTx<'_>,
    payment: PaymentId,
    shares: impl Iterator<Item = Share>,
    now: DateTime<Utc>,
) -> Result<(), SettleError> {
    let mut by_house: Vec<(HouseId, Fen)> = Vec::new();
    for share in shares {
        match by_house.iter_mut().find(|(house, _)| *house == share.house) {
            Some((_, sum)) => *sum = sum.plus(share.amount.fen())?,
            None => by_house.push((share.house, share.amount.fen())),
        }
    }
    let year = i64::from(tx.info().today(now).year());
    for (house, sum) in by_house {
        let serial: Option<i64> = tx
            .value(
                "INSERT INTO receipt_counter (year, last_no) VALUES ($1, 1) \
                 ON CONFLICT (year) DO UPDATE SET last_no = receipt_counter.last_no + 1 RETURNING last_no",
                vec![year.into()],
            )
            .await?;
        let serial = serial.ok_or_else(|| StoreError::bad_row("receipt_counter", year))?;
        let number = format!("{}-{year}-{serial:06}", tx.info().code.to_uppercase());
        tx.execute(
            "INSERT INTO receipt (id, number, year, serial_no, payment_id, house_id, amount_fen, issued_at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            vec![
                Uuid::now_v7().into(),
                number.into(),
                year.into(),
                serial.into(),
                payment.uuid().into(),
                house.uuid().into(),
                sum.get().into(),
                now.timestamp_millis().into(),
            ],
        )
        .await?;
    }
    Ok(())
}
