//! What one transaction of a run writes.

use domain::calendar::day_number;
use domain::ids::{FeeItemId, PartyId};
use domain::ledger::{LedgerError, Posting};
use uuid::Uuid;

use super::compute::{Page, ReadyBill};
use super::report::Obstacle;
use super::run::RunRequest;
use super::{BillsError, repo};
use crate::ledger;
use crate::store::bulk::{self, Cell, Column, Kind, Target, column};
use crate::tenancy::ProjectTx;

const BILL: [Column; 4] = [
    column("id", Kind::Uuid),
    column("house_id", Kind::Uuid),
    column("payer_party_id", Kind::Uuid),
    column("total_fen", Kind::Int),
];
const LINE: [Column; 9] = [
    column("bill_id", Kind::Uuid),
    column("line_no", Kind::Int),
    column("tariff_id", Kind::Uuid),
    column("from_day", Kind::Int),
    column("until_day", Kind::Int),
    column("exact_yuan", Kind::Text),
    column("amount_fen", Kind::Int),
    column("trace", Kind::Text),
    column("inputs", Kind::Text),
];

/// A computed page on its way into the database.
pub(super) struct Batch {
    pub bills: Vec<ReadyBill>,
    pub obstacles: Vec<(Uuid, String, Obstacle)>,
}

/// What is the same in all bills of a run.
pub(super) struct Common {
    pub run_id: Uuid,
    pub request: RunRequest,
    pub due_day: chrono::NaiveDate,
    pub now: chrono::DateTime<chrono::Utc>,
}

impl Batch {
    pub(super) fn new(page: Page) -> Self {
        Self { bills: page.bills, obstacles: page.obstacles }
    }

    /// The bills that may still be issued: nobody issued one meanwhile, and the payer is still the one it was
    /// computed for. Called under the ledger's lock.
    pub(super) async fn still_due(
        &self,
        tx: &ProjectTx<'_>,
        request: &RunRequest,
    ) -> Result<Vec<&ReadyBill>, BillsError> {
        let (Some(first), Some(last)) = (self.bills.first(), self.bills.last()) else { return Ok(Vec::new()) };
        let due = repo::payers_of_unbilled(tx, request, first.house_id, last.house_id).await?;
        let is_due = |bill: &&ReadyBill| {
            let place = due.binary_search_by_key(&bill.house_id, |row| row.house_id);
            place.ok().and_then(|place| due.get(place)).is_some_and(|row| row.party_id == bill.payer)
        };
        Ok(self.bills.iter().filter(is_due).collect())
    }
}

/// Writes bills with their lines and postings.
pub(super) async fn write(tx: &ProjectTx<'_>, bills: &[&ReadyBill], common: &Common) -> Result<(), BillsError> {
    let item = common.request.fee_item;
    let rows = bills.iter().map(|bill| {
        [Cell::Uuid(bill.id.uuid()), Cell::Uuid(bill.house_id), Cell::Uuid(bill.payer), Cell::Int(bill.total.get())]
    });
    let int = |name, value: i64| (column(name, Kind::Int), value.into());
    let shared = vec![
        (column("run_id", Kind::Uuid), common.run_id.into()),
        (column("fee_item_id", Kind::Uuid), item.uuid().into()),
        int("period_start_day", day_number(common.request.period.start())),
        int("period_end_day", day_number(common.request.period.end())),
        int("bill_day", day_number(common.request.bill_day)),
        int("due_day", day_number(common.due_day)),
        int("paid_fen", 0),
        int("created_at_ms", common.now.timestamp_millis()),
    ];
    bulk::insert(tx, &Target { table: "bill", columns: &BILL, shared, tail: "" }, rows).await?;
    let lines = bills.iter().flat_map(|bill| {
        (0..).zip(&bill.lines).map(|(line_no, line)| {
            [
                Cell::Uuid(bill.id.uuid()),
                Cell::Int(line_no),
                Cell::Uuid(line.tariff_id),
                Cell::Int(line.from_day),
                Cell::Int(line.until_day),
                Cell::Text(&line.exact_yuan),
                Cell::Int(line.amount_fen),
                Cell::Text(&line.trace),
                Cell::Text(&line.inputs),
            ]
        })
    });
    bulk::insert(tx, &Target { table: "bill_line", columns: &LINE, shared: vec![], tail: "" }, lines).await?;
    let postings: Vec<Posting> = bills.iter().map(|bill| issued(bill, item, common.now)).collect::<Result<_, _>>()?;
    ledger::append(tx, &postings).await?;
    Ok(())
}

fn issued(bill: &ReadyBill, item: FeeItemId, at: chrono::DateTime<chrono::Utc>) -> Result<Posting, LedgerError> {
    Posting::bill_issued(bill.id, PartyId(bill.payer), item, bill.total, at)
}
