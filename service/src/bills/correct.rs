//! Correcting a bill: the wrong one is voided and a new one issued in its place, linked to it, in one transaction.

use chrono::{DateTime, NaiveDate, Utc};
use domain::billing::{DUE_FLOOR_DAYS, due_day};
use domain::calendar::day_of_number;
use domain::ids::{BillId, FeeItemId, PartyId};
use domain::money::Amount;
use domain::period::Period;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::batch::{self, Common};
use super::compute::{Candidate, ReadyBill, Rules, ready};
use super::inputs::{self, Wanted};
use super::publish::open_run;
use super::run::{RunOrigin, RunRequest};
use super::void::{checked_reason, is_opening, is_reserved, reversal, withdraw};
use super::{BillsError, repo};
use crate::audit::{self, By};
use crate::fees;
use crate::ledger;
use crate::reminders;
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// What a correction did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Correction {
    /// The wrong bill, voided.
    pub voided_bill_id: Uuid,
    /// The bill in its place.
    pub bill_id: Uuid,
    /// What the wrong one asked for, fen.
    pub before_fen: i64,
    /// What the new one asks for, fen.
    pub after_fen: i64,
}

/// The wrong bill.
#[derive(sea_orm::FromQueryResult)]
struct WrongRow {
    id: Uuid,
    house_id: Uuid,
    payer_party_id: Uuid,
    fee_item_id: Uuid,
    period_start_day: i64,
    period_end_day: i64,
    total_fen: i64,
    paid_fen: i64,
    voided_at_ms: Option<i64>,
}

impl WrongRow {
    fn period(&self) -> Result<Period, StoreError> {
        let bad = || StoreError::bad_row("bill", format!("{} period", self.id));
        let day = |number| day_of_number(number).map_err(|_| bad());
        Period::from_days(day(self.period_start_day)?, day(self.period_end_day)?).map_err(|_| bad())
    }
}

/// A debt of the old books was made by no formula of ours.
fn of_old_books() -> BillsError {
    BillsError::NoNewBill {
        code: "opening_bill",
        words: "这是期初导入的欠费，没有可以重算的公式".into(),
        remedy: "如金额有误，请作废这张账单，再按正确的金额出账".into(),
    }
}

/// Issues a bill anew by the facts and tariffs as they are now: same house, same period, same payer, since old debt
/// stays with who owed it; booked and dated today, with a week to pay at least.
///
/// # Errors
/// [`BillsError::NotFound`], [`BillsError::Paid`], [`BillsError::Reserved`], [`BillsError::Voided`],
/// [`BillsError::ReasonMissing`]; [`BillsError::NoNewBill`] when the house would get none: then nothing is changed.
pub async fn correct(
    db: &ProjectDb,
    bill: BillId,
    reason: &str,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Correction, BillsError> {
    let reason = checked_reason(reason)?;
    let today = db.info().today(now);
    db.transact("bills.correct", async |tx| {
        ledger::lock_head(tx).await?;
        let wrong = open_bill(tx, bill).await?;
        if is_opening(tx, bill).await? {
            return Err(of_old_books());
        }
        let new = new_bill(tx, &wrong).await?;
        let now_ms = now.timestamp_millis();
        withdraw(tx, bill, now_ms).await?;
        reminders::suppress_voided(tx, &[wrong.id], now).await?;
        let (payer, item) = (PartyId(wrong.payer_party_id), FeeItemId(wrong.fee_item_id));
        let before = Amount::try_from(wrong.total_fen)?;
        ledger::append(tx, &[reversal(false, bill, payer, item, before, now)?]).await?;
        issue(tx, &wrong, &new, today, by, now).await?;
        let done = Correction {
            voided_bill_id: wrong.id,
            bill_id: new.id.uuid(),
            before_fen: wrong.total_fen,
            after_fen: new.total.get(),
        };
        let detail = json!({ "reason": reason, "correction": done });
        audit::append(tx, by, "bill.correct", &format!("bill:{bill}"), &detail, now_ms).await?;
        Ok(done)
    })
    .await
}

/// The bill, locked, if it can still be taken back.
async fn open_bill(tx: &ProjectTx<'_>, bill: BillId) -> Result<WrongRow, BillsError> {
    let sql = format!(
        "SELECT id, house_id, payer_party_id, fee_item_id, period_start_day, period_end_day, total_fen, paid_fen, \
         voided_at_ms FROM bill WHERE id = $1{}",
        tx.for_no_key_update()
    );
    let row: WrongRow = tx.row(&sql, vec![bill.uuid().into()]).await?.ok_or(BillsError::NotFound)?;
    if row.voided_at_ms.is_some() {
        return Err(BillsError::Voided);
    }
    if row.paid_fen > 0 {
        return Err(BillsError::Paid);
    }
    if is_reserved(tx, bill).await? {
        return Err(BillsError::Reserved);
    }
    Ok(row)
}

/// The bill as it should be.
async fn new_bill(tx: &ProjectTx<'_>, wrong: &WrongRow) -> Result<ReadyBill, BillsError> {
    let (item, period) = (FeeItemId(wrong.fee_item_id), wrong.period()?);
    let fee = fees::fee_item(tx, item).await?;
    let tariffs = fees::tariffs_in_force(tx, item, &period).await?;
    let wanted = Wanted::of(&tariffs);
    let given = inputs::gather(tx, &wanted, &period, wrong.house_id, wrong.house_id).await?;
    let found = repo::candidates_among(tx, item, period.start(), &[wrong.house_id]).await?;
    let house = found.into_iter().next().ok_or_else(|| StoreError::bad_row("bill", format!("{} house", wrong.id)))?;
    let house = Candidate { payer: Some(wrong.payer_party_id), ..house };
    let rules = Rules { rule: fee.rule, tariffs, period, wanted, holds_unusual: false };
    ready(&rules, &house, &given)?.map_err(|obstacle| BillsError::NoNewBill {
        code: obstacle.code(),
        words: obstacle.words(),
        remedy: obstacle.remedy(),
    })
}

/// A run of one bill.
async fn issue(
    tx: &ProjectTx<'_>,
    wrong: &WrongRow,
    new: &ReadyBill,
    today: NaiveDate,
    by: &By,
    now: DateTime<Utc>,
) -> Result<(), BillsError> {
    let fee_item = FeeItemId(wrong.fee_item_id);
    let request = RunRequest { fee_item, period: wrong.period()?, bill_day: today, origin: RunOrigin::Staff };
    let fee = fees::fee_item(tx, fee_item).await?;
    let due_day = due_day(today, fee.due_after_days.max(DUE_FLOOR_DAYS), today, DUE_FLOOR_DAYS);
    let run_id = open_run(tx, &request, by, now, 1).await?;
    batch::write(tx, &[new], &Common { run_id, request, due_day, now }).await?;
    tx.execute("UPDATE bill SET corrects_bill_id = $1 WHERE id = $2", vec![wrong.id.into(), new.id.uuid().into()])
        .await?;
    tx.execute(
        "UPDATE bill_run SET state = 'published', bills = bills + 1, total_fen = total_fen + $1, published_at_ms = $2 \
         WHERE id = $3",
        vec![new.total.get().into(), now.timestamp_millis().into(), run_id.into()],
    )
    .await?;
    Ok(())
}
