//! Bills that are due, one for each house and distance from their due day.

use domain::calendar::day_number;
use service::store::StoreError;
use service::store::bulk::{self, Cell, Column, Kind, Target, column};
use service::tenancy::ProjectDb;
use uuid::Uuid;

use crate::Failure;
use crate::bill_run::monthly_fee;
use crate::rows::{house_id, party_id};
use crate::world::{now, numbered_id};

const BILL_IDS: u8 = 3;
/// Bills of one transaction.
const BILLS_PER_TRANSACTION: usize = 20_000;
/// All bills were issued so many days ago, long enough before their earliest stage.
const ISSUED_DAYS_AGO: i64 = 60;
const DAY_MS: i64 = 86_400_000;
const TOTAL_FEN: i64 = 18_000;

const BILL: [Column; 6] = [
    column("id", Kind::Uuid),
    column("house_id", Kind::Uuid),
    column("payer_party_id", Kind::Uuid),
    column("period_start_day", Kind::Int),
    column("due_day", Kind::Int),
    column("total_fen", Kind::Int),
];

/// Issues bills to the first `houses` houses that were furnished: one each for every offset, due so many days before
/// today, those due first coming first. The run that issued them is never published, so that nobody announces them,
/// and its fee has ended, so that nobody bills those who came later.
///
/// # Errors
/// The database's.
pub async fn issue(db: &ProjectDb, houses: u64, offsets: &[i64]) -> Result<(), Failure> {
    let fee_item = monthly_fee(db).await?.fee_item.uuid();
    let today = day_number(db.info().today(now()));
    let (issued_day, issued_ms) = (today - ISSUED_DAYS_AGO, now().timestamp_millis() - ISSUED_DAYS_AGO * DAY_MS);
    let run_id = Uuid::now_v7();
    db.transact("bench.run", async |tx| {
        tx.execute(
            "INSERT INTO bill_run (id, fee_item_id, period_start_day, period_end_day, bill_day, origin, state, bills, \
             total_fen, exceptions, created_at_ms) VALUES ($1, $2, 0, 30, $3, 'staff', 'published', 0, 0, '{}', $4)",
            vec![run_id.into(), fee_item.into(), issued_day.into(), issued_ms.into()],
        )
        .await?;
        tx.execute("UPDATE fee_item SET retired_at_ms = $1 WHERE id = $2", vec![issued_ms.into(), fee_item.into()])
            .await
    })
    .await?;
    let int = |name, value: i64| (column(name, Kind::Int), value.into());
    let into = Target {
        table: "bill",
        columns: &BILL,
        shared: vec![
            (column("run_id", Kind::Uuid), run_id.into()),
            (column("fee_item_id", Kind::Uuid), fee_item.into()),
            int("period_end_day", today),
            int("bill_day", issued_day),
            int("paid_fen", 0),
            int("created_at_ms", issued_ms),
        ],
        tail: "",
    };
    let bills: Vec<(u64, i64, u64)> = (0_u64..)
        .zip(offsets.iter().rev())
        .flat_map(|(place, offset)| (0..houses).map(move |house| (place, *offset, house)))
        .collect();
    for chunk in bills.chunks(BILLS_PER_TRANSACTION) {
        db.transact("bench.bills", async |tx| {
            let rows = chunk.iter().map(|(place, offset, house)| {
                [
                    Cell::Uuid(numbered_id(BILL_IDS, place * houses + house)),
                    Cell::Uuid(house_id(*house)),
                    Cell::Uuid(party_id(*house)),
                    Cell::Int(i64::try_from(*place).unwrap_or(0)),
                    Cell::Int(today - offset),
                    Cell::Int(TOTAL_FEN),
                ]
            });
            bulk::insert(tx, &into, rows).await?;
            Ok::<_, StoreError>(())
        })
        .await?;
    }
    Ok(())
}
