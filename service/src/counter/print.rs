//! Receipts on paper.

use chrono::{DateTime, Utc};
use domain::calendar::{day_of_number, instant_of_ms};
use domain::counter::DeskMethod;
use domain::ids::{PaymentId, ReceiptId};
use domain::money::Fen;
use papers::receipt::{self as paper, Line, Receipt};
use serde_json::json;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::CounterError;
use crate::audit::{self, Actor, By};
use crate::payments::{ReceiptView, receipts_of_payment};
use crate::store::StoreError;
use crate::tenancy::{ControlDb, ProjectDb, ProjectTx};

/// A receipt on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedReceipt {
    /// Its number.
    pub number: String,
    /// How often it went to paper, this time among them.
    pub print_no: i64,
    /// The file.
    pub pdf: Vec<u8>,
}

#[derive(sea_orm::FromQueryResult)]
struct ReceiptRow {
    payment_id: Uuid,
    method: String,
    paid_at_ms: i64,
    payer_name_sealed: Option<Vec<u8>>,
    void_reason: Option<String>,
}

#[derive(sea_orm::FromQueryResult)]
struct NameRow {
    name_sealed: Vec<u8>,
}

/// Puts a receipt on paper, however its money came, and counts it. Names are in full: it is handed to whoever paid.
///
/// # Errors
/// [`CounterError::NotFound`], [`CounterError::Paper`], [`CounterError::Store`].
pub async fn print_receipt(
    db: &ProjectDb,
    control: &ControlDb,
    receipt: ReceiptId,
    by: &By,
    now: DateTime<Utc>,
) -> Result<PrintedReceipt, CounterError> {
    let made_by = maker(control, by).await?;
    let receipt = db
        .transact("counter.print", async |tx| {
            let mut found = gather(tx, receipt, made_by, now).await?;
            found.print_no = count(tx, receipt, by, now).await?;
            Ok::<_, CounterError>(found)
        })
        .await?;
    spawn_blocking(move || {
        let pdf = paper::print(&receipt)?.pdf;
        Ok(PrintedReceipt { number: receipt.number, print_no: receipt.print_no, pdf })
    })
    .await?
}

/// The next time this receipt goes to paper; its row is held.
async fn count(tx: &ProjectTx<'_>, receipt: ReceiptId, by: &By, now: DateTime<Utc>) -> Result<i64, CounterError> {
    let now_ms = now.timestamp_millis();
    let last: Option<i64> = tx
        .value(
            "SELECT COALESCE(MAX(print_no), 0) FROM receipt_print WHERE receipt_id = $1",
            vec![receipt.uuid().into()],
        )
        .await?;
    let print_no = last.unwrap_or(0) + 1;
    tx.execute(
        "INSERT INTO receipt_print (receipt_id, print_no, printed_at_ms, printed_by) VALUES ($1, $2, $3, $4)",
        vec![receipt.uuid().into(), print_no.into(), now_ms.into(), by.actor.id().into()],
    )
    .await?;
    audit::append(tx, by, "receipt.print", &format!("receipt:{receipt}"), &json!({ "print_no": print_no }), now_ms)
        .await?;
    Ok(print_no)
}

async fn gather(
    tx: &ProjectTx<'_>,
    receipt: ReceiptId,
    made_by: String,
    now: DateTime<Utc>,
) -> Result<Receipt, CounterError> {
    let sql = format!(
        "SELECT r.payment_id, p.method, p.paid_at_ms, d.payer_name_sealed, v.reason AS void_reason \
         FROM receipt r JOIN payment p ON p.id = r.payment_id LEFT JOIN desk_payment d ON d.payment_id = p.id \
         LEFT JOIN desk_void v ON v.payment_id = p.id WHERE r.id = $1{}",
        if tx.is_postgres() { " FOR UPDATE OF r" } else { "" }
    );
    let row: Option<ReceiptRow> = tx.row(&sql, vec![receipt.uuid().into()]).await?;
    let row = row.ok_or(CounterError::NotFound)?;
    let views = receipts_of_payment(tx, PaymentId(row.payment_id)).await?;
    let view = views.into_iter().find(|view| view.id == receipt.uuid()).ok_or(CounterError::NotFound)?;
    let payer = payer(tx, &view).await?;
    let paid_by = row.payer_name_sealed.map(|sealed| tx.sealer().open("desk_payment.payer_name", &sealed));
    let lines = view.lines.iter().map(|line| {
        let day = |number| day_of_number(number).map_err(|_| StoreError::bad_row("bill", line.bill_id));
        let period = format!("{} 至 {}", day(line.period_start_day)?, day(line.period_end_day)?);
        Ok(Line { fee_item: line.fee_item.clone(), period, amount: Fen::new(line.amount_fen)? })
    });
    let lines = lines.collect::<Result<Vec<_>, CounterError>>()?;
    let info = tx.info();
    Ok(Receipt {
        number: view.number,
        company: info.company_name.clone(),
        project: info.name.clone(),
        house: view.house,
        payer,
        paid_by: paid_by.transpose()?,
        method: DeskMethod::parse(&row.method).map_or("微信支付", DeskMethod::title).to_owned(),
        paid_at: instant_of_ms(row.paid_at_ms).map_err(|_| StoreError::bad_row("payment", row.payment_id))?,
        made_by,
        made_at: now,
        zone: info.zone,
        lines,
        total: Fen::new(view.amount_fen)?,
        print_no: 1,
        void_reason: row.void_reason,
    })
}

/// The names of those whose bills it paid.
async fn payer(tx: &ProjectTx<'_>, view: &ReceiptView) -> Result<String, CounterError> {
    let bills: Vec<Uuid> = view.lines.iter().map(|line| line.bill_id).collect();
    let sql = format!(
        "SELECT name_sealed FROM party WHERE id IN (SELECT payer_party_id FROM bill WHERE id {}) ORDER BY id",
        tx.among(1)
    );
    let rows: Vec<NameRow> = tx.rows(&sql, vec![tx.listed(&bills)]).await?;
    let mut names = Vec::with_capacity(rows.len());
    for row in rows {
        names.push(tx.sealer().open("party.name", &row.name_sealed)?);
    }
    Ok(names.join("、"))
}

async fn maker(control: &ControlDb, by: &By) -> Result<String, StoreError> {
    let Actor::Staff(id) = by.actor else { return Ok("系统管理员".to_owned()) };
    let name: Option<String> = control
        .read("counter.maker", async |tx| {
            tx.value("SELECT name FROM staff WHERE id = $1", vec![id.uuid().into()]).await
        })
        .await?;
    name.ok_or_else(|| StoreError::bad_row("staff", id))
}
