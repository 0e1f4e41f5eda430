//! Taking money over the desk.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::counter::guard::{Warning, warnings};
use domain::counter::{Allocation, BILLS_MAX, DeskMethod, OpenBill, Wish, allocate};
use domain::ids::{BillId, HouseId, OrderId, PartyId, PaymentId, StaffId};
use domain::money::{Amount, Fen};
use gateway::wechat_pay::PayGateway;
use serde_json::json;
use uuid::Uuid;

use super::CounterError;
use super::book::{Booking, book};
use super::reserved::{end_orders, orders_over};
use super::{facts, policy, shift};
use crate::audit::By;
use crate::ledger;
use crate::payments::{Merchants, Part};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};
use crate::vault::sha256_hex;

/// WeChat orders in the way are ended and the bills looked at anew so often.
const ROUNDS_MAX: usize = 3;
/// Characters of a name or a reference.
pub(super) const TEXT_CHARS_MAX: usize = 40;
/// Characters of a reason.
pub(super) const REASON_CHARS_MAX: usize = 200;
/// Open bills of the houses concerned that are looked at, the oldest first: years of every fee item of many houses.
const OPEN_BILLS_MAX: i64 = 10_000;

/// What the desk works with.
pub struct Desk<'a> {
    /// The project.
    pub db: &'a ProjectDb,
    /// WeChat Pay, to end orders that are in the way.
    pub gateway: &'a Arc<dyn PayGateway>,
    /// Whose orders those are.
    pub merchants: &'a Merchants,
}

/// A warning that the cashier overrules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overruled {
    /// Its code.
    pub warning: String,
    /// Why.
    pub reason: String,
}

/// Money that is to be taken.
#[derive(Debug, Clone)]
pub struct DeskCheckout {
    /// The same key is the same act, however often it is sent.
    pub key: Uuid,
    /// Which bills, and how much.
    pub wish: Wish,
    /// How it came.
    pub method: DeskMethod,
    /// What was handed over in cash; without it, exactly what is taken.
    pub tendered: Option<Amount>,
    /// Who pays, when it is somebody else than the payer on the bill.
    pub payer_name: Option<String>,
    /// The number on the slip or of the transfer. Cash needs none.
    pub reference: Option<String>,
    /// Warnings that were shown, and why the money is taken all the same.
    pub overruled: Vec<Overruled>,
}

impl DeskCheckout {
    /// What can be told without looking at the books.
    fn check(&self) -> Result<(), CounterError> {
        let mut bills = self.wish.bills();
        let ticked = bills.len();
        bills.sort_unstable();
        bills.dedup();
        if bills.is_empty() || bills.len() != ticked || ticked > BILLS_MAX {
            return Err(CounterError::BillCount);
        }
        if self.method != DeskMethod::Cash && self.tendered.is_some() {
            return Err(CounterError::TenderedNotCash);
        }
        let fits = |text: &str, chars_max: usize| !text.trim().is_empty() && text.chars().count() <= chars_max;
        let reference_fits = self.reference.as_deref().map(|text| fits(text, TEXT_CHARS_MAX));
        if reference_fits == Some(false) || (self.method != DeskMethod::Cash && reference_fits.is_none()) {
            return Err(CounterError::ReferenceMissing(self.method));
        }
        if self.payer_name.as_deref().is_some_and(|name| !fits(name, TEXT_CHARS_MAX)) {
            return Err(CounterError::BadPayerName);
        }
        let mut codes: Vec<&str> = self.overruled.iter().map(|one| one.warning.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        let known = self
            .overruled
            .iter()
            .all(|one| Warning::CODES.contains(&one.warning.as_str()) && fits(&one.reason, REASON_CHARS_MAX));
        if !known || codes.len() != self.overruled.len() {
            return Err(CounterError::BadOverrule);
        }
        Ok(())
    }

    /// Tells this request from another one. Reasons are no part of it: what was overruled before changes nothing.
    fn digest(&self) -> String {
        let amounts: Vec<(Uuid, i64)> = match &self.wish {
            Wish::Each(each) => each.iter().map(|(bill, amount)| (bill.uuid(), amount.get())).collect(),
            Wish::Sum { bills, .. } => bills.iter().map(|bill| (bill.uuid(), 0)).collect(),
        };
        let sum_fen = match &self.wish {
            Wish::Each(_) => None,
            Wish::Sum { sum, .. } => Some(sum.get()),
        };
        let tendered_fen = self.tendered.map(Amount::get);
        let text = json!([amounts, sum_fen, self.method, tendered_fen, self.payer_name, self.reference]);
        sha256_hex(text.to_string().as_bytes())
    }
}

/// What one look at the books came to.
enum Found {
    Booked(Applied<PaymentId>),
    Reserved(Vec<OrderId>),
}

/// A ticked bill under this transaction's lock.
#[derive(sea_orm::FromQueryResult)]
struct TickedRow {
    id: Uuid,
    house_id: Uuid,
    payer_party_id: Uuid,
}

#[derive(sea_orm::FromQueryResult)]
struct OpenRow {
    id: Uuid,
    house_id: Uuid,
    due_day: i64,
    owed_fen: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct KnownRow {
    payment_id: Uuid,
    request_digest: String,
}

/// Takes money over the desk in the cashier's open shift: all of it pays bills, or nothing is booked. The same key with the
/// same request is answered as the first time. WeChat orders over the bills are closed at WeChat first; when one turns out
/// paid, nothing is taken here.
///
/// # Errors
/// [`CounterError`]; [`CounterError::Guarded`] lists what must be overruled with a reason.
pub async fn checkout(
    desk: &Desk<'_>,
    cashier: StaffId,
    new: &DeskCheckout,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Applied<PaymentId>, CounterError> {
    new.check()?;
    for _ in 0..ROUNDS_MAX {
        match attempt(desk.db, cashier, new, by, now).await? {
            Found::Booked(payment) => return Ok(payment),
            Found::Reserved(orders) => end_orders(desk, &orders, now).await?,
        }
    }
    Err(CounterError::StillReserved)
}

async fn attempt(
    db: &ProjectDb,
    cashier: StaffId,
    new: &DeskCheckout,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Found, CounterError> {
    let digest = new.digest();
    db.transact("counter.checkout", async |tx| {
        ledger::lock_head(tx).await?;
        if let Some(known) = known(tx, new.key).await? {
            if known.request_digest != digest {
                return Err(CounterError::KeyReused);
            }
            return Ok(Found::Booked(Applied::Already(PaymentId(known.payment_id))));
        }
        let shift = shift::open_of(tx, cashier).await?.ok_or(CounterError::NoOpenShift)?;
        let ticked = lock_bills(tx, &new.wish.bills()).await?;
        let open = open_bills(tx, &ticked).await?;
        let rule = policy::policy(tx).await?.rule();
        let allocation = allocate(rule, &new.wish, &open, tx.info().today(now))?;
        if allocation.surplus != Fen::ZERO {
            return Err(CounterError::Surplus(allocation.surplus));
        }
        let parts = parts(&allocation, &ticked)?;
        let total = Amount::parse(Fen::total(parts.iter().map(|part| part.amount.fen()))?)?;
        if let Some(tendered) = new.tendered.filter(|tendered| *tendered < total) {
            return Err(CounterError::TenderedTooLittle { tendered: tendered.fen(), total: total.fen() });
        }
        let reserved = orders_over(tx, &parts).await?;
        let facts = facts::gather(tx, &parts, &open, total, new.tendered, !reserved.is_empty(), now).await?;
        let asked: Vec<Warning> = warnings(&facts)
            .into_iter()
            .filter(|warning| !new.overruled.iter().any(|one| one.warning == warning.code()))
            .collect();
        if !asked.is_empty() {
            return Err(CounterError::Guarded(asked));
        }
        if !reserved.is_empty() {
            return Ok(Found::Reserved(reserved));
        }
        let booking = Booking { new, digest: &digest, shift, parts: &parts, total };
        Ok(Found::Booked(Applied::Done(book(tx, &booking, by, now).await?)))
    })
    .await
}

async fn known(tx: &ProjectTx<'_>, key: Uuid) -> Result<Option<KnownRow>, StoreError> {
    let sql = "SELECT payment_id, request_digest FROM desk_payment WHERE idempotency_key = $1";
    tx.row(sql, vec![key.into()]).await
}

/// The ticked bills, held until the end of the transaction. In order of id, as whoever reserves bills takes them.
async fn lock_bills(tx: &ProjectTx<'_>, bills: &[BillId]) -> Result<Vec<TickedRow>, CounterError> {
    let ids: Vec<Uuid> = bills.iter().map(|bill| bill.uuid()).collect();
    let sql = format!(
        "SELECT id, house_id, payer_party_id FROM bill WHERE id {} ORDER BY id{}",
        tx.among(1),
        tx.for_no_key_update()
    );
    let rows: Vec<TickedRow> = tx.rows(&sql, vec![tx.listed(&ids)]).await?;
    if rows.len() == ids.len() { Ok(rows) } else { Err(CounterError::BillNotFound) }
}

/// All open bills of the houses of these bills.
async fn open_bills(tx: &ProjectTx<'_>, ticked: &[TickedRow]) -> Result<Vec<OpenBill>, CounterError> {
    let mut houses: Vec<Uuid> = ticked.iter().map(|row| row.house_id).collect();
    houses.sort_unstable();
    houses.dedup();
    let sql = format!(
        "SELECT id, house_id, due_day, total_fen - paid_fen AS owed_fen FROM bill WHERE house_id {} \
         AND settled_at_ms IS NULL AND voided_at_ms IS NULL ORDER BY due_day, id LIMIT {OPEN_BILLS_MAX}",
        tx.among(1)
    );
    let rows: Vec<OpenRow> = tx.rows(&sql, vec![tx.listed(&houses)]).await?;
    rows.into_iter()
        .map(|row| {
            let due = domain::calendar::day_of_number(row.due_day)
                .map_err(|_| StoreError::bad_row("bill", format!("{} due_day", row.id)))?;
            let outstanding = Amount::try_from(row.owed_fen)?;
            Ok(OpenBill { bill: BillId(row.id), house: HouseId(row.house_id), due, outstanding })
        })
        .collect()
}

/// What each bill takes, with whose it is.
fn parts(allocation: &Allocation, ticked: &[TickedRow]) -> Result<Vec<Part>, CounterError> {
    let part = |part: &domain::counter::Part| {
        let row = ticked.iter().find(|row| row.id == part.bill.uuid()).ok_or(CounterError::BillNotFound)?;
        let (bill, house, payer) = (part.bill, part.house, PartyId(row.payer_party_id));
        Ok(Part { bill, house, payer, amount: part.amount, settles: part.settles })
    };
    allocation.parts.iter().map(part).collect()
}
