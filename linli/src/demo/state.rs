//! Everything the page shows, in one answer.

use chrono::{DateTime, NaiveDate, Utc};
use domain::ids::ProjectId;
use domain::person::Phone as PhoneNumber;
use domain::reminder::Anchor;
use serde::Serialize;
use service::ledger::{self, Finding};
use service::payments::{self, OrderListRow};
use service::reminders::{self, HistoryFilter, HistoryRow};
use service::tenancy::ProjectDb;
use sim::InboxItem;

use super::mischief::{self, FAULTS, Fault};
use super::time::Time;
use super::world::{DemoWorld, Phone};

type Failure = Box<dyn std::error::Error>;

/// Rows of the history over the whole community.
const HISTORY_ROWS: u64 = 30;
/// Rows of the history of one house that has a phone on the page.
const HISTORY_ROWS_OF_HOUSE: u64 = 15;
/// Orders shown.
const ORDERS: i64 = 20;

/// One look at the demo.
#[derive(Debug, Serialize)]
pub struct State {
    now: DateTime<Utc>,
    /// Where the clock is on its way to.
    moving_to: Option<DateTime<Utc>>,
    project_id: ProjectId,
    project_name: String,
    service_phone: String,
    /// What a phone signs in to.
    app_id: &'static str,
    /// The mini program was built and can be shown.
    mini_program: bool,
    /// The outside world's address for phones.
    wechat_url: String,
    story: Vec<String>,
    steps: Vec<StageView>,
    faults: &'static [Fault],
    faults_waiting: Vec<&'static str>,
    phones: Vec<PhoneView>,
    ledger: LedgerView,
    reminders: Vec<HistoryRow>,
    /// The same for the houses whose phones are shown.
    reminders_shown: Vec<HistoryRow>,
    payments: Vec<OrderListRow>,
}

#[derive(Debug, Serialize)]
struct PhoneView {
    person: u32,
    house: String,
    note: &'static str,
    follows: bool,
    phone_masked: String,
    inbox: Vec<InboxItem>,
}

/// A stage of the policy for the bills of the demo.
#[derive(Debug, Serialize)]
struct StageView {
    day: NaiveDate,
    offset_days: i64,
    time_of_day: String,
    passed: bool,
}

/// What the books say, in fen. Debits are positive, credits negative.
#[derive(Debug, Serialize)]
struct LedgerView {
    postings: i64,
    receivable_fen: i64,
    income_fen: i64,
    clearing_fen: i64,
    refundable_fen: i64,
    findings: Vec<Finding>,
}

#[derive(sea_orm::FromQueryResult)]
struct KindRow {
    kind: String,
    balance_fen: i64,
}

/// Looks at everything.
///
/// # Errors
/// What a database says.
pub async fn look(world: &DemoWorld, time: &Time) -> Result<State, Failure> {
    let db = world.installation.projects.open(world.project).await?;
    let now = world.installation.now();
    let info = db.info().clone();
    Ok(State {
        now,
        moving_to: time.moving_to(),
        project_id: info.id,
        project_name: info.name.clone(),
        service_phone: info.service_phone.clone(),
        app_id: world.mini_program(),
        mini_program: super::mini::is_built(),
        wechat_url: world.sim.urls().wechat,
        story: world.story.to_vec(),
        steps: steps(world, &db, now).await?,
        faults: &FAULTS,
        faults_waiting: mischief::waiting(&world.sim.mischief().pending()),
        phones: world.phones.iter().map(|phone| phone_view(world, phone)).collect::<Result<_, _>>()?,
        ledger: books(&db).await?,
        reminders: reminders::history(&db, &HistoryFilter::default(), None, HISTORY_ROWS).await?.rows,
        reminders_shown: shown(world, &db).await?,
        payments: payments::list_orders(&db, None, None, ORDERS).await?,
    })
}

fn phone_view(world: &DemoWorld, phone: &Phone) -> Result<PhoneView, Failure> {
    Ok(PhoneView {
        person: phone.person.0,
        house: phone.household.house.clone(),
        note: phone.household.note,
        follows: phone.household.follows,
        phone_masked: PhoneNumber::parse(&phone.household.phone)?.masked(),
        inbox: world.sim.inbox(phone.person),
    })
}

async fn steps(world: &DemoWorld, db: &ProjectDb, now: DateTime<Utc>) -> Result<Vec<StageView>, Failure> {
    let policy = reminders::current(db, now).await?.policy;
    let local = now.with_timezone(&db.info().zone).naive_local();
    let view = |stage: &domain::reminder::Stage| {
        let day = stage.day_for(world.due_day);
        StageView {
            day,
            offset_days: stage.offset_days,
            time_of_day: stage.time_of_day.format("%H:%M").to_string(),
            passed: day.and_time(stage.time_of_day) <= local,
        }
    };
    // What hangs on the day of issue has gone out before anybody looks at a plan.
    Ok(policy.stages.iter().filter(|stage| stage.anchor == Anchor::Due).map(view).collect())
}

async fn shown(world: &DemoWorld, db: &ProjectDb) -> Result<Vec<HistoryRow>, Failure> {
    let mut rows = Vec::new();
    for phone in world.phones.iter() {
        let filter = HistoryFilter { house_id: Some(phone.house_id), ..HistoryFilter::default() };
        rows.extend(reminders::history(db, &filter, None, HISTORY_ROWS_OF_HOUSE).await?.rows);
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.at));
    Ok(rows)
}

async fn books(db: &ProjectDb) -> Result<LedgerView, Failure> {
    const BY_KIND: &str = "SELECT CASE WHEN a.code LIKE 'receivable:%' THEN 'receivable' \
         WHEN a.code LIKE 'income:%' THEN 'income' WHEN a.code LIKE 'clearing:%' THEN 'clearing' \
         ELSE 'refundable' END AS kind, CAST(SUM(e.amount_fen) AS BIGINT) AS balance_fen \
         FROM entry e JOIN account a ON a.id = e.account_id GROUP BY 1";
    let rows: Vec<KindRow> = db.read("demo.books", async |tx| tx.rows(BY_KIND, vec![]).await).await?;
    let of = |kind: &str| rows.iter().find(|row| row.kind == kind).map_or(0, |row| row.balance_fen);
    let report = ledger::verify(db).await?;
    Ok(LedgerView {
        postings: report.postings,
        receivable_fen: of("receivable"),
        income_fen: of("income"),
        clearing_fen: of("clearing"),
        refundable_fen: of("refundable"),
        findings: report.findings,
    })
}
