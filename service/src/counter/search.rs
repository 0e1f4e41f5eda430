//! Who stands at the desk, and what they owe.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::calendar::day_number;
use domain::ids::HouseId;
use serde::Serialize;
use uuid::Uuid;

use super::CounterError;
use crate::bills::{self, BILLS_PAGE_MAX, BillFilter, BillView};
use crate::houses::{self, HouseHit};
use crate::tenancy::ProjectTx;

/// A house that fits, with what is owed on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DeskHouse {
    /// The house and its people, masked.
    #[serde(flatten)]
    pub house: HouseHit,
    /// Open bills past their due day.
    pub past_bills: i64,
    /// Their sum, fen.
    pub past_fen: i64,
    /// Open bills not yet past their due day.
    pub current_bills: i64,
    /// Their sum, fen.
    pub current_fen: i64,
}

/// The open bills of one house, the oldest due day first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DeskOwed {
    /// The house and its people, masked.
    pub house: HouseHit,
    /// Past their due day.
    pub past: Vec<BillView>,
    /// Their sum, fen.
    pub past_fen: i64,
    /// Not yet past it.
    pub current: Vec<BillView>,
    /// Their sum, fen.
    pub current_fen: i64,
    /// All that is owed, bills that are not listed here among it, fen.
    pub owed_fen: i64,
    /// There are more bills than are listed: the newest are left out.
    pub has_more: bool,
}

#[derive(sea_orm::FromQueryResult)]
struct OwedRow {
    house_id: Uuid,
    past_bills: i64,
    past_fen: i64,
    current_bills: i64,
    current_fen: i64,
}

/// Finds houses by anything a person says, with what is owed on each: two questions more, however many fit.
///
/// # Errors
/// [`CounterError`].
pub async fn search(tx: &ProjectTx<'_>, text: &str, today: NaiveDate) -> Result<Vec<DeskHouse>, CounterError> {
    let hits = houses::find(tx, text).await?;
    let ids: Vec<Uuid> = hits.iter().map(|hit| hit.id).collect();
    let sql = format!(
        "SELECT house_id, SUM(CASE WHEN due_day < $2 THEN 1 ELSE 0 END) AS past_bills, \
         CAST(SUM(CASE WHEN due_day < $2 THEN total_fen - paid_fen ELSE 0 END) AS BIGINT) AS past_fen, \
         SUM(CASE WHEN due_day < $2 THEN 0 ELSE 1 END) AS current_bills, \
         CAST(SUM(CASE WHEN due_day < $2 THEN 0 ELSE total_fen - paid_fen END) AS BIGINT) AS current_fen \
         FROM bill WHERE settled_at_ms IS NULL AND voided_at_ms IS NULL AND house_id {} GROUP BY house_id",
        tx.among(1)
    );
    let rows: Vec<OwedRow> = tx.rows(&sql, vec![tx.listed(&ids), day_number(today).into()]).await?;
    let mut owed: HashMap<Uuid, OwedRow> = rows.into_iter().map(|row| (row.house_id, row)).collect();
    let found = hits.into_iter().map(|house| {
        let row = owed.remove(&house.id);
        let (past_bills, past_fen) = row.as_ref().map_or((0, 0), |row| (row.past_bills, row.past_fen));
        let (current_bills, current_fen) = row.map_or((0, 0), |row| (row.current_bills, row.current_fen));
        DeskHouse { house, past_bills, past_fen, current_bills, current_fen }
    });
    Ok(found.collect())
}

/// What is owed on one house, bill by bill.
///
/// # Errors
/// [`CounterError::Houses`] when this project has no such house.
pub async fn owed(tx: &ProjectTx<'_>, house: HouseId, today: NaiveDate) -> Result<DeskOwed, CounterError> {
    let hit = houses::house(tx, house).await?.hit;
    let page = bills::bills_of_houses(tx, &[house], BillFilter::Open, 0, BILLS_PAGE_MAX, today).await?;
    let listed = i64::try_from(page.bills.len()).unwrap_or(i64::MAX);
    let (past, current): (Vec<BillView>, Vec<BillView>) = page.bills.into_iter().partition(|bill| bill.is_overdue);
    let sum = |bills: &[BillView]| bills.iter().map(|bill| bill.open_fen).sum();
    Ok(DeskOwed {
        house: hit,
        past_fen: sum(&past),
        current_fen: sum(&current),
        past,
        current,
        owed_fen: page.totals.open_fen,
        has_more: page.totals.count > listed,
    })
}
