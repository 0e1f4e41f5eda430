//! `bill-run`: a month's bills of a project, against inserting the same rows bare.
//!
//! Ours reads every house, evaluates a three-tier formula with its trace, and writes bill, line, posting and entries,
//! some thousands of houses a transaction. The limit copies the very same rows from tables without indexes into the
//! same emptied tables with all their indexes and checks, in one transaction.

use std::time::Instant;

use domain::billing::Prorate;
use domain::ids::FeeItemId;
use domain::money::Rounding;
use domain::period::Period;
use sea_orm::ConnectionTrait;
use service::audit::By;
use service::bills::{self, RunMode, RunOrigin, RunRequest};
use service::fees::{NewFeeItem, NewTariff, create_fee_item, create_tariff};
use service::tenancy::ProjectDb;

use crate::bar::{Bar, Claim};
use crate::choice::Size;
use crate::measure::{Rounds, exponent};
use crate::world::{Engine, Site, World, now};
use crate::{Failure, must_be, raw, rows};

const BAR: Claim = Claim::at_least("bill-run", "bills/s", 0.5, 0.8)
    .or_because("five rows a bill are made here and bound to statements; the limit copies them inside the database");
const GROWTH: Claim = Claim::at_most("bill-run-growth", "exponent", 1.1, 1.0);

/// The first 90 ㎡, the next 54 and the rest each have their price.
const THREE_TIERS: &str = "最小(建筑面积, 90㎡) × 单价 + 最大(最小(建筑面积, 144㎡) - 90㎡, 0㎡) × 2.4元/㎡·月 \
     + 最大(建筑面积 - 144㎡, 0㎡) × 3元/㎡·月";

/// Those that refer to others first.
const WRITTEN: [&str; 4] = ["entry", "posting", "bill_line", "bill"];

/// Measures every size; the bar is that of the largest.
///
/// # Errors
/// The databases', and a wrong count.
pub async fn run(engine: &Engine, size: Size) -> Result<Vec<Bar>, Failure> {
    let (mut bars, mut cost_s) = (Vec::new(), Vec::new());
    for houses in size.rows() {
        let rounds = measure(engine, *houses, size.rounds()).await?;
        let (ours, limit) = rounds.rates(*houses);
        cost_s.push((*houses, rounds.ours_s()));
        let is_largest = size.rows().last() == Some(houses);
        let variant = if is_largest { String::new() } else { format!("-{houses}") };
        bars.push(BAR.measured(engine.name(), &variant, ours, limit));
    }
    bars.extend(exponent(&cost_s).map(|e| GROWTH.measured(engine.name(), "", e, 1.0)));
    Ok(bars)
}

/// Makes a monthly fee by the three tiers.
///
/// # Errors
/// The database's.
pub async fn monthly_fee(db: &ProjectDb) -> Result<RunRequest, Failure> {
    let by = By::operator();
    let item = NewFeeItem {
        code: "property".to_owned(),
        name: "物业费".to_owned(),
        period_months: 1,
        rounding: Rounding::FenHalfUp,
        prorate: Prorate::CalendarDays,
        due_after_days: 15,
    };
    let fee_item = FeeItemId(create_fee_item(db, &item, &by, now()).await?.id);
    let period = Period::new(2026, 11, 1)?;
    let tariff = NewTariff { formula: THREE_TIERS.to_owned(), effective_from: period.start(), ..NewTariff::default() };
    create_tariff(db, fee_item, &tariff, &by, now()).await?;
    Ok(RunRequest { fee_item, period, bill_day: now().date_naive(), origin: RunOrigin::Staff })
}

/// Issues the bills of every house.
///
/// # Errors
/// The run's, and a wrong count.
pub async fn issue(site: &Site, request: &RunRequest, houses: u64) -> Result<(), Failure> {
    let report = bills::run(&site.db, request, RunMode::Publish, &By::operator(), now()).await?;
    must_be("bills issued", report.bills, houses)
}

async fn measure(engine: &Engine, houses: u64, times: usize) -> Result<Rounds, Failure> {
    let world = World::build(engine).await?;
    let site = world.site(1).await?;
    rows::furnish(&site.db, houses).await?;
    let request = monthly_fee(&site.db).await?;
    // The first run opens the accounts of the payers, once in their lives, and its rows are what the limit copies.
    issue(&site, &request, houses).await?;
    for table in WRITTEN {
        site.raw.execute_unprepared(&format!("CREATE TABLE bare_{table} AS SELECT * FROM {table}")).await?;
    }
    raw::analyze(&site.raw).await?;
    let mut rounds = Rounds::default();
    for _ in 0..times {
        start_over(&site).await?;
        let begun = Instant::now();
        issue(&site, &request, houses).await?;
        rounds.ours(begun.elapsed());
        all_written(&site, houses).await?;

        start_over(&site).await?;
        let begun = Instant::now();
        copy(&site).await?;
        rounds.limit(begun.elapsed());
        all_written(&site, houses).await?;
    }
    site.raw.close().await?;
    world.clear().await?;
    Ok(rounds)
}

/// Empties what a run writes; the accounts stay, as they would from the month before.
async fn start_over(site: &Site) -> Result<(), Failure> {
    raw::empty(&site.raw, &WRITTEN).await?;
    let hash: Vec<u8> = domain::ledger::GENESIS.to_vec();
    raw::execute(&site.raw, "UPDATE ledger_head SET seq = 0, hash = $1", vec![hash.into()]).await?;
    Ok(raw::rest(&site.raw).await?)
}

async fn copy(site: &Site) -> Result<(), Failure> {
    let tx = raw::begin(&site.raw).await?;
    for table in WRITTEN.iter().rev() {
        raw::execute(&tx, &format!("INSERT INTO {table} SELECT * FROM bare_{table}"), vec![]).await?;
    }
    Ok(tx.commit().await?)
}

async fn all_written(site: &Site, houses: u64) -> Result<(), Failure> {
    for (table, count) in [("bill", houses), ("bill_line", houses), ("posting", houses), ("entry", 2 * houses)] {
        must_be(table, raw::count(&site.raw, table, "").await?, count)?;
    }
    Ok(())
}
