//! What the guards look at, each question asked once for all bills.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::counter::OpenBill;
use domain::counter::guard::{DUPLICATE_MINUTES, Facts, HISTORY_MAX, HouseFacts, RecentPayment};
use domain::ids::HouseId;
use domain::money::{Amount, Fen};
use uuid::Uuid;

use super::CounterError;
use crate::payments::Part;
use crate::tenancy::ProjectTx;

/// Payments of a moment ago that are looked at: more than a desk takes in ten minutes.
const RECENT_MAX: i64 = 100;
/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;

#[derive(sea_orm::FromQueryResult)]
struct RecentRow {
    amount_fen: i64,
    booked_at_ms: i64,
    same_bills: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct HistoryRow {
    house_id: Uuid,
    amount_fen: i64,
}

pub(super) async fn gather(
    tx: &ProjectTx<'_>,
    parts: &[Part],
    open: &[OpenBill],
    total: Amount,
    tendered: Option<Amount>,
    reserved: bool,
    now: DateTime<Utc>,
) -> Result<Facts, CounterError> {
    let recent = recent(tx, parts, now).await?;
    let houses = houses(tx, parts, open).await?;
    Ok(Facts { total, tendered, reserved, recent, houses })
}

/// Payments of the last minutes over the same bills, or over bills of the same payers, the latest first.
async fn recent(tx: &ProjectTx<'_>, parts: &[Part], now: DateTime<Utc>) -> Result<Vec<RecentPayment>, CounterError> {
    let bills: Vec<Uuid> = parts.iter().map(|part| part.bill.uuid()).collect();
    let payers: Vec<Uuid> = parts.iter().map(|part| part.payer.uuid()).collect();
    let since_ms = (now - TimeDelta::minutes(DUPLICATE_MINUTES)).timestamp_millis();
    let sql = format!(
        "SELECT p.amount_fen, p.booked_at_ms, CAST(MAX(CASE WHEN a.bill_id {} THEN 1 ELSE 0 END) AS BIGINT) AS same_bills \
         FROM payment p JOIN allocation a ON a.payment_id = p.id JOIN bill b ON b.id = a.bill_id \
         WHERE p.booked_at_ms >= $3 AND b.payer_party_id {} \
         AND NOT EXISTS (SELECT 1 FROM desk_void v WHERE v.payment_id = p.id) \
         GROUP BY p.id, p.amount_fen, p.booked_at_ms ORDER BY p.booked_at_ms DESC LIMIT {RECENT_MAX}",
        tx.among(1),
        tx.among(2)
    );
    let rows: Vec<RecentRow> = tx.rows(&sql, vec![tx.listed(&bills), tx.listed(&payers), since_ms.into()]).await?;
    rows.into_iter()
        .map(|row| {
            let minutes_ago = ((now.timestamp_millis() - row.booked_at_ms) / MINUTE_MS).max(0);
            Ok(RecentPayment { minutes_ago, amount: Amount::try_from(row.amount_fen)?, same_bills: row.same_bills > 0 })
        })
        .collect()
}

/// What each house pays now, what its ticked bills ask for, and what its last receipts said.
async fn houses(tx: &ProjectTx<'_>, parts: &[Part], open: &[OpenBill]) -> Result<Vec<HouseFacts>, CounterError> {
    let owed: HashMap<_, Fen> = open.iter().map(|bill| (bill.bill, bill.outstanding.fen())).collect();
    let mut sums: Vec<(HouseId, Fen, Fen)> = Vec::new();
    for part in parts {
        let asked = owed.get(&part.bill).copied().unwrap_or(Fen::ZERO);
        match sums.iter_mut().find(|(house, ..)| *house == part.house) {
            Some((_, taken, all)) => {
                *taken = taken.plus(part.amount.fen())?;
                *all = all.plus(asked)?;
            }
            None => sums.push((part.house, part.amount.fen(), asked)),
        }
    }
    let ids: Vec<Uuid> = sums.iter().map(|(house, ..)| house.uuid()).collect();
    let mut history: HashMap<Uuid, Vec<Amount>> = HashMap::new();
    for row in receipts(tx, &ids).await? {
        history.entry(row.house_id).or_default().push(Amount::try_from(row.amount_fen)?);
    }
    sums.into_iter()
        .map(|(house, taken, owed)| {
            let history = history.remove(&house.uuid()).unwrap_or_default();
            Ok(HouseFacts { amount: Amount::parse(taken)?, owed, history })
        })
        .collect()
}

async fn receipts(tx: &ProjectTx<'_>, houses: &[Uuid]) -> Result<Vec<HistoryRow>, CounterError> {
    let sql = format!(
        "SELECT house_id, amount_fen FROM (SELECT r.house_id, r.amount_fen, \
         ROW_NUMBER() OVER (PARTITION BY r.house_id ORDER BY r.issued_at_ms DESC, r.id DESC) AS place \
         FROM receipt r WHERE r.house_id {} \
         AND NOT EXISTS (SELECT 1 FROM desk_void v WHERE v.payment_id = r.payment_id)) newest \
         WHERE place <= {HISTORY_MAX}",
        tx.among(1)
    );
    Ok(tx.rows(&sql, vec![tx.listed(houses)]).await?)
}
