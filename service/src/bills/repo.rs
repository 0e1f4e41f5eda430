//! Reading what a run needs, and showing bills.

use chrono::NaiveDate;
use domain::calendar::{day_number, day_of_number, instant_of_ms};
use domain::formula::Trace;
use domain::ids::{BillId, FeeItemId, HouseId};
use domain::period;
use uuid::Uuid;

use super::BillsError;
use super::compute::{CANDIDATE_COLUMNS, Candidate};
use super::run::{RunOrigin, RunRequest};
use super::view::{BillDetail, BillLineView, BillPage, BillState, BillTotals, BillView};
use crate::store::{StoreError, Values};
use crate::tenancy::ProjectTx;

/// Bills of one page.
pub const BILLS_PAGE_MAX: i64 = 200;
/// Houses one question may name.
pub const HOUSES_PER_QUERY_MAX: usize = 200;

/// Houses of the project.
pub(super) async fn count_houses(tx: &ProjectTx<'_>) -> Result<u64, StoreError> {
    let count: Option<i64> = tx.value("SELECT COUNT(*) FROM house", vec![]).await?;
    Ok(u64::try_from(count.unwrap_or(0)).unwrap_or(0))
}

/// Houses after `after` without a live bill, by id. The clock does not issue again what somebody voided: that takes a
/// person.
pub(super) async fn candidates(
    tx: &ProjectTx<'_>,
    request: &RunRequest,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Candidate>, StoreError> {
    let never_voided = match request.origin {
        RunOrigin::Staff => "",
        RunOrigin::Schedule => {
            "AND h.id NOT IN (SELECT v.house_id FROM bill v WHERE v.fee_item_id = $1 AND v.period_start_day = $2 \
             AND v.voided_at_ms IS NOT NULL)"
        }
    };
    let sql = format!(
        "SELECT {CANDIDATE_COLUMNS} FROM house h \
         LEFT JOIN house_party hp ON hp.house_id = h.id AND hp.is_payer \
         WHERE h.id > $3 AND NOT EXISTS (SELECT 1 FROM bill b WHERE b.house_id = h.id AND b.fee_item_id = $1 \
         AND b.period_start_day = $2 AND b.voided_at_ms IS NULL) {never_voided} ORDER BY h.id LIMIT $4"
    );
    let (item, start) = (request.fee_item.uuid(), day_number(request.period.start()));
    tx.rows(&sql, vec![item.into(), start.into(), after.into(), limit.into()]).await
}

/// These houses, whether they have a bill or not, in the order in which people count them.
pub(super) async fn candidates_among(
    tx: &ProjectTx<'_>,
    item: FeeItemId,
    period_start: NaiveDate,
    houses: &[Uuid],
) -> Result<Vec<Candidate>, StoreError> {
    let sql = format!(
        "SELECT {CANDIDATE_COLUMNS} FROM house h LEFT JOIN house_party hp ON hp.house_id = h.id AND hp.is_payer \
         WHERE h.id {} ORDER BY LENGTH(h.building), h.building, LENGTH(h.house_key), h.house_key",
        tx.among(3)
    );
    tx.rows(&sql, vec![item.uuid().into(), day_number(period_start).into(), tx.listed(houses)]).await
}

/// A house that may be billed, and whom.
pub(super) struct PayerRow {
    pub house_id: Uuid,
    pub party_id: Uuid,
}

impl sea_orm::FromQueryResult for PayerRow {
    fn from_query_result(row: &sea_orm::QueryResult, _prefix: &str) -> Result<Self, sea_orm::DbErr> {
        Ok(Self { house_id: row.try_get_by_index(0)?, party_id: row.try_get_by_index(1)? })
    }
}

/// The payers of the houses between two ids that have no live bill, by house. As many as the page that is checked.
pub(super) async fn payers_of_unbilled(
    tx: &ProjectTx<'_>,
    request: &RunRequest,
    first: Uuid,
    last: Uuid,
) -> Result<Vec<PayerRow>, StoreError> {
    tx.rows(
        "SELECT hp.house_id, hp.party_id FROM house_party hp WHERE hp.is_payer AND hp.house_id >= $3 \
         AND hp.house_id <= $4 AND NOT EXISTS (SELECT 1 FROM bill b WHERE b.house_id = hp.house_id \
         AND b.fee_item_id = $1 AND b.period_start_day = $2 AND b.voided_at_ms IS NULL) ORDER BY hp.house_id",
        vec![request.fee_item.uuid().into(), day_number(request.period.start()).into(), first.into(), last.into()],
    )
    .await
}

/// Which bills a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillFilter {
    /// Still owed.
    Open,
    /// Everything, voided ones included.
    All,
}

impl BillFilter {
    /// Live bills and voided ones are asked for apart: each kind has its own index.
    fn picked(self, houses: &str) -> String {
        let part = |condition: &str| {
            format!("SELECT {BILL_COLUMNS} FROM bill b WHERE b.house_id IN ({houses}) AND {condition}")
        };
        match self {
            Self::Open => part("b.voided_at_ms IS NULL AND b.settled_at_ms IS NULL"),
            Self::All => format!("{} UNION ALL {}", part("b.voided_at_ms IS NULL"), part("b.voided_at_ms IS NOT NULL")),
        }
    }
}

const BILL_COLUMNS: &str = "b.id, b.house_id, b.payer_party_id, b.fee_item_id, b.period_start_day, b.period_end_day, \
     b.bill_day, b.due_day, b.total_fen, b.paid_fen, b.settled_at_ms, b.voided_at_ms, b.created_at_ms";
const SHOWN_COLUMNS: &str = "h.house_key, f.name AS fee_item_name, \
     EXISTS (SELECT 1 FROM payment_order_bill ob WHERE ob.bill_id = b.id AND ob.live) AS is_reserved";
const SHOWN_FROM: &str = "JOIN house h ON h.id = b.house_id JOIN fee_item f ON f.id = b.fee_item_id";

#[derive(sea_orm::FromQueryResult)]
struct BillRow {
    id: Uuid,
    house_id: Uuid,
    house_key: String,
    payer_party_id: Uuid,
    fee_item_id: Uuid,
    fee_item_name: String,
    period_start_day: i64,
    period_end_day: i64,
    bill_day: i64,
    due_day: i64,
    total_fen: i64,
    paid_fen: i64,
    settled_at_ms: Option<i64>,
    voided_at_ms: Option<i64>,
    created_at_ms: i64,
    is_reserved: bool,
}

impl BillRow {
    fn view(self, today: NaiveDate) -> Result<BillView, StoreError> {
        let id = self.id;
        let bad = |column: &str| StoreError::bad_row("bill", format!("{id} {column}"));
        let day = |number: i64, column: &str| day_of_number(number).map_err(|_| bad(column));
        let (start, end) =
            (day(self.period_start_day, "period_start_day")?, day(self.period_end_day, "period_end_day")?);
        let state = match (self.voided_at_ms, self.settled_at_ms) {
            (Some(_), _) => BillState::Voided,
            (None, Some(_)) => BillState::Settled,
            (None, None) => BillState::Open,
        };
        let due_day = day(self.due_day, "due_day")?;
        Ok(BillView {
            id,
            house_id: self.house_id,
            house_key: self.house_key,
            payer_party_id: self.payer_party_id,
            fee_item_id: self.fee_item_id,
            fee_item_name: self.fee_item_name,
            period: period::words(start, end),
            period_start: start,
            period_end: end,
            bill_day: day(self.bill_day, "bill_day")?,
            due_day,
            state,
            is_overdue: state == BillState::Open && due_day < today,
            is_reserved: self.is_reserved,
            total_fen: self.total_fen,
            paid_fen: self.paid_fen,
            open_fen: if state == BillState::Voided { 0 } else { self.total_fen - self.paid_fen },
            created_at: instant_of_ms(self.created_at_ms).map_err(|_| bad("created_at_ms"))?,
        })
    }
}

/// The totals, with a bill on the same row where the page has one.
struct PageRow {
    totals: BillTotals,
    bill: Option<BillRow>,
}

impl sea_orm::FromQueryResult for PageRow {
    fn from_query_result(row: &sea_orm::QueryResult, prefix: &str) -> Result<Self, sea_orm::DbErr> {
        let totals = BillTotals {
            count: row.try_get(prefix, "list_count")?,
            total_fen: row.try_get(prefix, "list_total_fen")?,
            paid_fen: row.try_get(prefix, "list_paid_fen")?,
            open_fen: row.try_get(prefix, "list_open_fen")?,
        };
        // A page beyond the end is one row of totals and no bill; a bill that does not read is an error.
        let id: Option<Uuid> = row.try_get(prefix, "id")?;
        let bill = id.map(|_| BillRow::from_query_result(row, prefix)).transpose()?;
        Ok(Self { totals, bill })
    }
}

/// A page of the bills of some houses, the oldest due day first, with the totals of all of them. At most 200 houses
/// and 200 bills a page.
///
/// # Errors
/// [`BillsError::TooManyHouses`].
pub async fn bills_of_houses(
    tx: &ProjectTx<'_>,
    houses: &[HouseId],
    filter: BillFilter,
    offset: i64,
    limit: i64,
    today: NaiveDate,
) -> Result<BillPage, BillsError> {
    if houses.len() > HOUSES_PER_QUERY_MAX {
        return Err(BillsError::TooManyHouses);
    }
    if houses.is_empty() {
        return Ok(BillPage {
            bills: Vec::new(),
            totals: BillTotals { count: 0, total_fen: 0, paid_fen: 0, open_fen: 0 },
        });
    }
    let mut values: Values = houses.iter().map(|house| house.uuid().into()).collect();
    let marks: Vec<String> = (1..=houses.len()).map(|n| format!("${n}")).collect();
    values.extend([limit.clamp(1, BILLS_PAGE_MAX).into(), offset.max(0).into()]);
    let (limit_mark, offset_mark) = (houses.len() + 1, houses.len() + 2);
    let sql = format!(
        "WITH picked AS ({}), \
         page AS (SELECT b.*, {SHOWN_COLUMNS} FROM picked b {SHOWN_FROM} \
         ORDER BY b.due_day, h.house_key, b.id LIMIT ${limit_mark} OFFSET ${offset_mark}), \
         totals AS (SELECT COUNT(*) AS list_count, \
         CAST(COALESCE(SUM(CASE WHEN voided_at_ms IS NULL THEN total_fen END), 0) AS BIGINT) AS list_total_fen, \
         CAST(COALESCE(SUM(paid_fen), 0) AS BIGINT) AS list_paid_fen, \
         CAST(COALESCE(SUM(CASE WHEN voided_at_ms IS NULL THEN total_fen - paid_fen END), 0) AS BIGINT) \
         AS list_open_fen FROM picked) \
         SELECT totals.*, page.* FROM totals LEFT JOIN page ON TRUE ORDER BY page.due_day, page.house_key, page.id",
        filter.picked(&marks.join(", "))
    );
    let rows: Vec<PageRow> = tx.rows(&sql, values).await?;
    let totals = rows.first().map(|row| row.totals).ok_or_else(|| StoreError::bad_row("bill", "no totals"))?;
    let bills = rows.into_iter().filter_map(|row| row.bill).map(|row| row.view(today)).collect::<Result<_, _>>()?;
    Ok(BillPage { bills, totals })
}

#[derive(sea_orm::FromQueryResult)]
struct LineRow {
    tariff_id: Uuid,
    version: i64,
    from_day: i64,
    until_day: i64,
    exact_yuan: String,
    amount_fen: i64,
    trace: String,
    inputs: String,
}

#[derive(sea_orm::FromQueryResult)]
struct LinkRow {
    corrects_bill_id: Option<Uuid>,
    corrected_by: Option<Uuid>,
}

/// One bill with its lines and how they came about.
///
/// # Errors
/// [`BillsError::NotFound`] when this project has no such bill.
pub async fn bill(tx: &ProjectTx<'_>, id: BillId, today: NaiveDate) -> Result<BillDetail, BillsError> {
    let sql = format!("SELECT {BILL_COLUMNS}, {SHOWN_COLUMNS} FROM bill b {SHOWN_FROM} WHERE b.id = $1");
    let row: Option<BillRow> = tx.row(&sql, vec![id.uuid().into()]).await?;
    let bill = row.ok_or(BillsError::NotFound)?.view(today)?;
    let rows: Vec<LineRow> = tx
        .rows(
            "SELECT l.tariff_id, t.version, l.from_day, l.until_day, l.exact_yuan, l.amount_fen, l.trace, l.inputs \
             FROM bill_line l JOIN tariff t ON t.id = l.tariff_id WHERE l.bill_id = $1 ORDER BY l.line_no",
            vec![id.uuid().into()],
        )
        .await?;
    let lines = rows.into_iter().map(|row| line(row, id)).collect::<Result<_, StoreError>>()?;
    let link: Option<LinkRow> = tx
        .row(
            "SELECT b.corrects_bill_id, n.id AS corrected_by FROM bill b LEFT JOIN bill n ON n.corrects_bill_id = b.id \
             WHERE b.id = $1",
            vec![id.uuid().into()],
        )
        .await?;
    let (corrects_bill_id, corrected_by_bill_id) =
        link.map_or((None, None), |link| (link.corrects_bill_id, link.corrected_by));
    Ok(BillDetail { bill, lines, corrects_bill_id, corrected_by_bill_id })
}

fn line(row: LineRow, bill: BillId) -> Result<BillLineView, StoreError> {
    let bad = |column: &str| StoreError::bad_row("bill_line", format!("{bill} {column}"));
    let trace: Trace = serde_json::from_str(&row.trace).map_err(|_| bad("trace"))?;
    Ok(BillLineView {
        tariff_id: row.tariff_id,
        tariff_version: row.version,
        from: day_of_number(row.from_day).map_err(|_| bad("from_day"))?,
        until: day_of_number(row.until_day).map_err(|_| bad("until_day"))?,
        exact_yuan: row.exact_yuan,
        amount_fen: row.amount_fen,
        words: trace.words(),
        inputs: serde_json::from_str(&row.inputs).map_err(|_| bad("inputs"))?,
    })
}
