//! Computing a page of houses: rules only, no database.

use domain::billing::{BillFacts, FeeRule, Tariff, area_of_centi, compute, price_of_e4};
use domain::calendar::{day_number, day_of_number};
use domain::ids::{BillId, HouseId, TariffId};
use domain::money::Amount;
use domain::period::Period;
use sea_orm::{FromQueryResult, QueryResult};
use uuid::Uuid;

use super::inputs::{Given, Wanted};
use super::report::Obstacle;
use crate::store::StoreError;

/// A house without a bill for the period, as read.
pub(super) struct Candidate {
    pub house_id: Uuid,
    pub key: String,
    pub building: String,
    pub kind: String,
    pub area_centi: i64,
    pub inner_area_centi: Option<i64>,
    pub unit_price_e4: Option<i64>,
    pub handover_day: Option<i64>,
    pub is_handed_over: bool,
    pub payer: Option<Uuid>,
    /// The last bill of the fee item before this period, where a whole one was issued.
    pub last_fen: Option<i64>,
}

/// The columns of a [`Candidate`] in its order; `$1` is the fee item and `$2` the first day of the period.
pub(super) const CANDIDATE_COLUMNS: &str = "h.id, h.house_key, h.building, h.kind, h.area_centi, h.inner_area_centi, \
     h.unit_price_e4, h.handover_day, h.occupancy <> 'not_handed_over', hp.party_id, \
     (SELECT l.total_fen FROM bill l WHERE l.house_id = h.id AND l.fee_item_id = $1 AND l.period_start_day < $2 \
     AND l.voided_at_ms IS NULL AND (h.handover_day IS NULL OR h.handover_day <= l.period_start_day) \
     ORDER BY l.period_start_day DESC LIMIT 1)";

/// By place instead of by name: a run reads a row per house, and looking up ten names in each costs as much as the
/// query itself.
impl FromQueryResult for Candidate {
    fn from_query_result(row: &QueryResult, _prefix: &str) -> Result<Self, sea_orm::DbErr> {
        Ok(Self {
            house_id: row.try_get_by_index(0)?,
            key: row.try_get_by_index(1)?,
            building: row.try_get_by_index(2)?,
            kind: row.try_get_by_index(3)?,
            area_centi: row.try_get_by_index(4)?,
            inner_area_centi: row.try_get_by_index(5)?,
            unit_price_e4: row.try_get_by_index(6)?,
            handover_day: row.try_get_by_index(7)?,
            is_handed_over: row.try_get_by_index(8)?,
            payer: row.try_get_by_index(9)?,
            last_fen: row.try_get_by_index(10)?,
        })
    }
}

/// The rules of one run: the same for every house.
pub(super) struct Rules {
    pub rule: FeeRule,
    pub tariffs: Vec<Tariff<TariffId>>,
    pub period: Period,
    /// What its tariffs ask of the houses.
    pub wanted: Wanted,
    /// Whether unusual bills are held back.
    pub holds_unusual: bool,
}

/// A bill of so many times the last one is unusual: a slip in a reading or a price more often than not.
pub(super) const UNUSUAL_TIMES: i64 = 2;

/// A line ready to be stored.
pub(super) struct ReadyLine {
    pub tariff_id: Uuid,
    pub from_day: i64,
    pub until_day: i64,
    pub exact_yuan: String,
    pub amount_fen: i64,
    pub trace: String,
    pub inputs: String,
}

/// A bill ready to be stored.
pub(super) struct ReadyBill {
    pub id: BillId,
    pub house_id: Uuid,
    pub building: String,
    pub payer: Uuid,
    pub total: Amount,
    pub lines: Vec<ReadyLine>,
    pub house_key: String,
    /// The last bill, where this one is unusual beside it.
    pub unusual_beside_fen: Option<i64>,
}

/// A page of houses, computed.
pub(super) struct Page {
    /// In the order of the houses' ids.
    pub bills: Vec<ReadyBill>,
    pub obstacles: Vec<(Uuid, String, Obstacle)>,
    /// Where the next page begins.
    pub last: Uuid,
}

/// Computes the bills of a page; none for an empty one.
pub(super) fn compute_page(
    rules: &Rules,
    candidates: Vec<Candidate>,
    given: &Given,
) -> Result<Option<Page>, StoreError> {
    let Some(last) = candidates.last().map(|house| house.house_id) else { return Ok(None) };
    let mut page = Page { bills: Vec::with_capacity(candidates.len()), obstacles: Vec::new(), last };
    for house in candidates {
        match ready(rules, &house, given)? {
            Ok(bill) => page.bills.push(bill),
            Err(obstacle) => page.obstacles.push((house.house_id, house.key, obstacle)),
        }
    }
    Ok(Some(page))
}

/// What a bill needs to know of a house.
pub(super) fn facts<'h>(house: &'h Candidate, given: &'h Given) -> Result<BillFacts<'h>, StoreError> {
    let handover = house.handover_day.map(day_of_number).transpose();
    Ok(BillFacts {
        house: HouseId(house.house_id),
        building: &house.building,
        building_area: area_of_centi(house.area_centi),
        inner_area: house.inner_area_centi.map(area_of_centi),
        house_price: house.unit_price_e4.map(price_of_e4),
        handover: handover.map_err(|_| StoreError::bad_row("house", format!("{} handover_day", house.house_id)))?,
        kind: &house.kind,
        given: given.of(house.house_id),
    })
}

/// The bill of one house, or why there is none.
pub(super) fn ready(
    rules: &Rules,
    house: &Candidate,
    given: &Given,
) -> Result<Result<ReadyBill, Obstacle>, StoreError> {
    let bad = |what: &str| StoreError::bad_row("house", format!("{} {what}", house.house_id));
    if house.handover_day.is_none() && !house.is_handed_over {
        return Ok(Err(Obstacle::NotHandedOver));
    }
    let Some(payer) = house.payer else { return Ok(Err(Obstacle::NoPayer)) };
    let computed = match compute(&facts(house, given)?, rules.rule, &rules.tariffs, &rules.period) {
        Ok(computed) => computed,
        Err(exception) => return Ok(Err(Obstacle::Rule(exception))),
    };
    let mut lines = Vec::with_capacity(computed.lines.len());
    for line in computed.lines {
        lines.push(ReadyLine {
            tariff_id: line.tariff.uuid(),
            from_day: day_number(line.from),
            until_day: day_number(line.until),
            exact_yuan: line.exact.to_string(),
            amount_fen: line.amount.get(),
            trace: serde_json::to_string(&line.trace).map_err(|_| bad("trace"))?,
            inputs: serde_json::to_string(&line.inputs).map_err(|_| bad("inputs"))?,
        });
    }
    let total = Amount::parse(computed.total).map_err(|_| bad("total"))?;
    let (building, house_key) = (house.building.clone(), house.key.clone());
    let is_unusual = |last: &i64| total.get() >= last.saturating_mul(UNUSUAL_TIMES);
    let unusual_beside_fen = house.last_fen.filter(is_unusual);
    if let Some(last_fen) = unusual_beside_fen
        && rules.holds_unusual
    {
        return Ok(Err(Obstacle::Unusual { last_fen, total_fen: total.get() }));
    }
    let (id, house_id) = (BillId::new(), house.house_id);
    Ok(Ok(ReadyBill { id, house_id, building, payer, total, lines, house_key, unusual_beside_fen }))
}
