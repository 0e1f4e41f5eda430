//! `reminder-plan` and `reminder-replan`: planning every reminder of a project, against inserting the same rows bare.
//!
//! Every house has six bills, one for each stage of the default policy that falls on today. In `reminder-plan` nothing
//! was planned before: today's stages are planned and the missed ones before them superseded. In
//! `reminder-plan-nightly` the missed ones were written in the nights before, as in a system that is not new. The limit
//! copies the same rows from a table without indexes into the same table with its key and indexes. `reminder-replan`
//! asks again, against copying again with ON CONFLICT DO NOTHING; neither writes a row.

use std::time::{Duration, Instant};

use domain::calendar::day_number;
use domain::reminder::Policy;
use sea_orm::ConnectionTrait;
use service::reminders::{self, PlanReport};
use service::store::StoreError;
use service::store::bulk::{self, Cell, Column, Kind, Target, column};
use uuid::Uuid;

use crate::bar::{Bar, Claim};
use crate::bill_run::monthly_fee;
use crate::choice::Size;
use crate::measure::{Rounds, exponent};
use crate::rows::{self, house_id, party_id};
use crate::world::{Engine, Site, World, now, numbered_id};
use crate::{Failure, must_be, raw};

const PLAN: Claim = Claim::at_least("reminder-plan", "due bills/s", 0.6, 0.8);
const REPLAN: Claim = Claim::at_least("reminder-replan", "due bills/s", 0.7, 1.0);
const GROWTH: Claim = Claim::at_most("reminder-plan-growth", "exponent", 1.1, 1.0);

const BILL_IDS: u8 = 3;
/// Bills of one transaction while they are made.
const BILLS_PER_TRANSACTION: usize = 20_000;
/// All bills were issued so many days ago, long enough before their earliest stage.
const ISSUED_DAYS_AGO: i64 = 60;
const DAY_MS: i64 = 86_400_000;

const BILL: [Column; 6] = [
    column("id", Kind::Uuid),
    column("house_id", Kind::Uuid),
    column("payer_party_id", Kind::Uuid),
    column("period_start_day", Kind::Int),
    column("due_day", Kind::Int),
    column("total_fen", Kind::Int),
];

#[derive(Default)]
struct Measured {
    plan: Rounds,
    nightly: Rounds,
    replan: Rounds,
}

/// Measures every size; the bar is that of the largest.
///
/// # Errors
/// The databases', and a wrong count.
pub async fn run(engine: &Engine, size: Size) -> Result<Vec<Bar>, Failure> {
    let (mut bars, mut cost_s) = (Vec::new(), Vec::new());
    for wanted in size.rows() {
        let due = Due::of(*wanted);
        let measured = measure(engine, &due, size.rounds()).await?;
        cost_s.push((due.bills(), measured.plan.ours_s()));
        let variant = if size.rows().last() == Some(wanted) { String::new() } else { format!("-{wanted}") };
        let nightly = format!("-nightly{variant}");
        for (claim, variant, rounds) in [
            (PLAN, &variant, &measured.plan),
            (PLAN, &nightly, &measured.nightly),
            (REPLAN, &variant, &measured.replan),
        ] {
            let (ours, limit) = rounds.rates(due.bills());
            bars.push(claim.measured(engine.name(), variant, ours, limit));
        }
    }
    bars.extend(exponent(&cost_s).map(|e| GROWTH.measured(engine.name(), "", e, 1.0)));
    Ok(bars)
}

/// How many bills there are and what planning them writes.
struct Due {
    houses: u64,
    /// From the due day, of every stage, in order.
    offsets: Vec<i64>,
}

impl Due {
    fn of(bills: u64) -> Self {
        let offsets: Vec<i64> = Policy::default().stages.iter().map(|stage| stage.offset_days).collect();
        Self { houses: bills.div_ceil(offsets.len().max(1) as u64), offsets }
    }

    fn bills(&self) -> u64 {
        self.houses * self.offsets.len() as u64
    }

    /// A bill whose third stage falls on today has missed two.
    fn superseded(&self) -> u64 {
        self.houses * (0..self.offsets.len() as u64).sum::<u64>()
    }
}

async fn measure(engine: &Engine, due: &Due, times: usize) -> Result<Measured, Failure> {
    let world = World::build(engine).await?;
    let site = world.site(1).await?;
    rows::furnish(&site.db, due.houses).await?;
    issue(&site, due).await?;
    raw::analyze(&site.raw).await?;
    // What the limits copy. Planning writes a stage at a time; the copies keep that order.
    plan(&site, due.bills(), due.superseded()).await?;
    for (table, states) in
        [("bare_reminder", "TRUE"), ("bare_today", "state = 'planned'"), ("bare_before", "state <> 'planned'")]
    {
        let sql = format!("CREATE TABLE {table} AS SELECT * FROM reminder WHERE {states}");
        site.raw.execute_unprepared(&sql).await?;
    }
    raw::analyze(&site.raw).await?;
    let mut measured = Measured::default();
    for _ in 0..times {
        first_time(&site, due, &mut measured).await?;
        nightly(&site, due, &mut measured.nightly).await?;
    }
    site.raw.close().await?;
    world.clear().await?;
    Ok(measured)
}

/// Nothing was planned before; then the same again.
async fn first_time(site: &Site, due: &Due, measured: &mut Measured) -> Result<(), Failure> {
    let all = due.bills() + due.superseded();
    raw::empty(&site.raw, &["reminder"]).await?;
    measured.plan.ours(plan(site, due.bills(), due.superseded()).await?);
    holds(site, due, all).await?;
    raw::rest(&site.raw).await?;
    measured.replan.ours(plan(site, 0, 0).await?);
    holds(site, due, all).await?;

    raw::empty(&site.raw, &["reminder"]).await?;
    measured.plan.limit(copy(site, "bare_reminder", "", all).await?);
    holds(site, due, all).await?;
    raw::rest(&site.raw).await?;
    let no_op = "WHERE TRUE ON CONFLICT (bill_id, stage) DO NOTHING";
    measured.replan.limit(copy(site, "bare_reminder", no_op, 0).await?);
    holds(site, due, all).await
}

/// The stages before today's are there already.
async fn nightly(site: &Site, due: &Due, rounds: &mut Rounds) -> Result<(), Failure> {
    let all = due.bills() + due.superseded();
    nights_before(site, due).await?;
    rounds.ours(plan(site, due.bills(), 0).await?);
    holds(site, due, all).await?;
    nights_before(site, due).await?;
    rounds.limit(copy(site, "bare_today", "", due.bills()).await?);
    holds(site, due, all).await
}

async fn nights_before(site: &Site, due: &Due) -> Result<(), Failure> {
    raw::empty(&site.raw, &["reminder"]).await?;
    copy(site, "bare_before", "", due.superseded()).await?;
    Ok(raw::rest(&site.raw).await?)
}

async fn plan(site: &Site, planned: u64, superseded: u64) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let report = reminders::plan(&site.db, now()).await?;
    let took = begun.elapsed();
    let PlanReport { below_minimum, .. } = report;
    must_be("reminders planned", report.planned, planned)?;
    must_be("reminders superseded", report.superseded, superseded)?;
    must_be("reminders below their minimum", below_minimum, 0)?;
    Ok(took)
}

async fn copy(site: &Site, from: &str, tail: &str, inserted: u64) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let tx = raw::begin(&site.raw).await?;
    let copied = raw::execute(&tx, &format!("INSERT INTO reminder SELECT * FROM {from} {tail}"), vec![]).await?;
    tx.commit().await?;
    let took = begun.elapsed();
    must_be("reminders copied", copied, inserted)?;
    Ok(took)
}

/// So many rows, of which so many speak.
async fn holds(site: &Site, due: &Due, all: u64) -> Result<(), Failure> {
    must_be("rows of reminder", raw::count(&site.raw, "reminder", "").await?, all)?;
    let planned = raw::count(&site.raw, "reminder", "WHERE state = 'planned'").await?;
    must_be("planned rows of reminder", planned, due.bills())
}

/// Issues a bill for every house and stage, the oldest first.
async fn issue(site: &Site, due: &Due) -> Result<(), Failure> {
    let request = monthly_fee(site).await?;
    let today = day_number(site.db.info().today(now()));
    let (issued_day, issued_ms) = (today - ISSUED_DAYS_AGO, now().timestamp_millis() - ISSUED_DAYS_AGO * DAY_MS);
    let run_id = Uuid::now_v7();
    raw::execute(
        &site.raw,
        "INSERT INTO bill_run (id, fee_item_id, period_start_day, period_end_day, bill_day, origin, state, bills, \
         total_fen, exceptions, created_at_ms) VALUES ($1, $2, 0, 30, $3, 'staff', 'published', 0, 0, '{}', $4)",
        vec![run_id.into(), request.fee_item.uuid().into(), issued_day.into(), issued_ms.into()],
    )
    .await?;
    let int = |name, value: i64| (column(name, Kind::Int), value.into());
    let into = Target {
        table: "bill",
        columns: &BILL,
        shared: vec![
            (column("run_id", Kind::Uuid), run_id.into()),
            (column("fee_item_id", Kind::Uuid), request.fee_item.uuid().into()),
            int("period_end_day", today),
            int("bill_day", issued_day),
            int("paid_fen", 0),
            int("created_at_ms", issued_ms),
        ],
        tail: "",
    };
    let bills: Vec<(u64, i64, u64)> = (0_u64..)
        .zip(due.offsets.iter().rev())
        .flat_map(|(place, offset)| (0..due.houses).map(move |house| (place, *offset, house)))
        .collect();
    for chunk in bills.chunks(BILLS_PER_TRANSACTION) {
        site.db
            .transact("bench.bills", async |tx| {
                let rows = chunk.iter().map(|(place, offset, house)| {
                    [
                        Cell::Uuid(numbered_id(BILL_IDS, place * due.houses + house)),
                        Cell::Uuid(house_id(*house)),
                        Cell::Uuid(party_id(*house)),
                        Cell::Int(i64::try_from(*place).unwrap_or(0)),
                        Cell::Int(today - offset),
                        Cell::Int(18_000),
                    ]
                });
                bulk::insert(tx, &into, rows).await?;
                Ok::<_, StoreError>(())
            })
            .await?;
    }
    Ok(())
}
