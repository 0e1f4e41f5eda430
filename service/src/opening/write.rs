//! Writing opening balances: bills with their postings, balances with theirs.

use std::collections::{BTreeMap, HashMap};

use books::opening::Section;
use chrono::{DateTime, NaiveDate, Utc};
use domain::billing::{DUE_FLOOR_DAYS, due_day};
use domain::calendar::day_number;
use domain::ids::{BillId, OpeningId, PartyId};
use domain::ledger::{Account, Posting};
use domain::money::Fen;
use domain::period::OPEN_START;
use uuid::Uuid;

use super::OpeningError;
use super::plan::{ReadyLine, word};
use crate::audit::By;
use crate::ledger;
use crate::store::StoreError;
use crate::store::bulk::{self, Cell, Column, Kind, Target, column};
use crate::tenancy::ProjectTx;

/// Days to pay for a fee item that exists only for old debts.
const DUE_AFTER_DAYS: i64 = 30;

const BILL: [Column; 6] = [
    column("id", Kind::Uuid),
    column("house_id", Kind::Uuid),
    column("payer_party_id", Kind::Uuid),
    column("period_start_day", Kind::Int),
    column("period_end_day", Kind::Int),
    column("total_fen", Kind::Int),
];
const LINE: [Column; 13] = [
    column("id", Kind::Uuid),
    column("natural_key", Kind::Text),
    column("section", Kind::Text),
    column("house_id", Kind::Uuid),
    column("payer_party_id", Kind::Uuid),
    column("item", Kind::Text),
    column("start_day", Kind::Int),
    column("end_day", Kind::Int),
    column("amount_fen", Kind::Int),
    column("taken_day", Kind::Int),
    column("remark", Kind::Text),
    column("bill_id", Kind::Uuid),
    column("posting_key", Kind::Text),
];

#[derive(sea_orm::FromQueryResult)]
struct ItemRow {
    id: Uuid,
    name: String,
}

/// When and by whom.
pub(super) struct Act<'a> {
    pub batch_id: Uuid,
    pub by: &'a By,
    pub today: NaiveDate,
    pub now: DateTime<Utc>,
}

/// Writes lines; answers the names of fee items that had to be made for old debts.
pub(super) async fn write(tx: &ProjectTx<'_>, lines: &[ReadyLine], act: &Act<'_>) -> Result<Vec<String>, OpeningError> {
    ledger::lock_head(tx).await?;
    let mut by_item: BTreeMap<&str, Vec<&ReadyLine>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.section == Section::Arrears) {
        by_item.entry(&line.item).or_default().push(line);
    }
    let (items, made) = fee_items(tx, by_item.keys().copied(), act.now.timestamp_millis()).await?;
    for (name, of_item) in by_item {
        let item = items.get(name).ok_or_else(|| StoreError::bad_row("fee_item", name))?;
        bills(tx, *item, &of_item, act).await?;
    }
    let postings: Vec<Posting> = lines.iter().map(|line| posting(line, act.now)).collect::<Result<_, _>>()?;
    let rows = lines.iter().zip(&postings).map(|(line, posting)| {
        [
            Cell::Uuid(line.id),
            Cell::Text(&line.natural_key),
            Cell::Text(word(line.section)),
            Cell::Uuid(line.house_id),
            Cell::Uuid(line.payer),
            Cell::Text(&line.item),
            line.days.map(|(start, _)| start).into(),
            line.days.map(|(_, end)| end).into(),
            Cell::Int(line.amount.get()),
            line.taken_day.into(),
            line.remark.as_deref().into(),
            // A bill has the id of the line it was made of.
            line.days.map(|_| line.id).into(),
            Cell::Text(posting.natural_key()),
        ]
    });
    let shared = vec![
        (column("import_batch_id", Kind::Uuid), act.batch_id.into()),
        (column("created_at_ms", Kind::Int), act.now.timestamp_millis().into()),
    ];
    bulk::insert(tx, &Target { table: "opening_line", columns: &LINE, shared, tail: "" }, rows).await?;
    ledger::append(tx, &postings).await?;
    Ok(made)
}

fn posting(line: &ReadyLine, at: DateTime<Utc>) -> Result<Posting, domain::ledger::LedgerError> {
    let id = OpeningId(line.id);
    match line.section {
        Section::Arrears => Posting::opening_arrears(BillId(line.id), PartyId(line.payer), line.amount, at),
        Section::Prepayments => Posting::opening_held(id, Account::Prepayment(id), line.amount, at),
        Section::Deposits => Posting::opening_held(id, Account::Deposit(id), line.amount, at),
    }
}

/// The fee items of some names; those that are missing are made, without a tariff: nothing but old debts is theirs.
async fn fee_items(
    tx: &ProjectTx<'_>,
    names: impl Iterator<Item = &str>,
    now_ms: i64,
) -> Result<(HashMap<String, Uuid>, Vec<String>), StoreError> {
    let rows: Vec<ItemRow> = tx.rows("SELECT id, name FROM fee_item ORDER BY created_at_ms DESC", vec![]).await?;
    let mut items: HashMap<String, Uuid> = rows.into_iter().map(|row| (row.name, row.id)).collect();
    let mut made = Vec::new();
    for name in names {
        if items.contains_key(name) {
            continue;
        }
        let id = Uuid::now_v7();
        tx.execute(
            "INSERT INTO fee_item (id, code, name, period_months, rounding, prorate, due_after_days, created_at_ms) \
             VALUES ($1, $2, $3, 1, 'fen_half_up', 'calendar_days', $4, $5)",
            vec![
                id.into(),
                // A code has 32 characters at most.
                format!("opening_{}", id.simple()).get(..32).unwrap_or("opening").into(),
                name.into(),
                DUE_AFTER_DAYS.into(),
                now_ms.into(),
            ],
        )
        .await?;
        items.insert(name.to_owned(), id);
        made.push(name.to_owned());
    }
    Ok((items, made))
}

/// Bills of one fee item. Their run is published to nobody: the due day's reminders come as for any bill.
async fn bills(tx: &ProjectTx<'_>, item: Uuid, lines: &[&ReadyLine], act: &Act<'_>) -> Result<(), OpeningError> {
    let (run_id, now_ms, bill_day) = (Uuid::now_v7(), act.now.timestamp_millis(), day_number(act.today));
    let total = Fen::total(lines.iter().map(|line| line.amount.fen()))?;
    let end = lines.iter().filter_map(|line| line.days).map(|(_, end)| end).max().unwrap_or(bill_day);
    tx.execute(
        "INSERT INTO bill_run (id, fee_item_id, period_start_day, period_end_day, bill_day, origin, state, bills, \
         total_fen, exceptions, created_by, created_at_ms) \
         VALUES ($1, $2, $3, $4, $5, 'staff', 'published', $6, $7, '{}', $8, $9)",
        vec![
            run_id.into(),
            item.into(),
            day_number(OPEN_START).into(),
            end.into(),
            bill_day.into(),
            i64::try_from(lines.len()).unwrap_or(i64::MAX).into(),
            total.get().into(),
            act.by.actor.id().into(),
            now_ms.into(),
        ],
    )
    .await?;
    // Whatever the old due day was, nobody is overdue on the day the system is taken into use.
    let due = due_day(act.today, DUE_FLOOR_DAYS, act.today, DUE_FLOOR_DAYS);
    let rows = lines.iter().filter_map(|line| {
        let (start, end) = line.days?;
        Some([
            Cell::Uuid(line.id),
            Cell::Uuid(line.house_id),
            Cell::Uuid(line.payer),
            Cell::Int(start),
            Cell::Int(end),
            Cell::Int(line.amount.get()),
        ])
    });
    let int = |name, value: i64| (column(name, Kind::Int), value.into());
    let shared = vec![
        (column("run_id", Kind::Uuid), run_id.into()),
        (column("fee_item_id", Kind::Uuid), item.into()),
        int("bill_day", bill_day),
        int("due_day", day_number(due)),
        int("paid_fen", 0),
        int("created_at_ms", now_ms),
    ];
    bulk::insert(tx, &Target { table: "bill", columns: &BILL, shared, tail: "" }, rows).await?;
    Ok(())
}
