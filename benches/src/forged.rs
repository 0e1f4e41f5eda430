//! `callback-forged`: notices with a signature that nobody made, refused over HTTP, against checking the same
//! signature bare on all cores.
//!
//! The load comes from the same cores it is served on, so this is less than the server alone could do. No database is
//! asked and no row written for any of them: that is checked, not measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sea_orm::DatabaseConnection;

use crate::bar::{Bar, Claim};
use crate::choice::Size;
use crate::measure::Rounds;
use crate::server::Served;
use crate::wechat_pay::{Forged, WechatPay};
use crate::world::{Engine, World};
use crate::{Failure, client, must_be, raw};

const BAR: Claim = Claim::at_least("callback-forged", "refused/s", 0.8, 0.8)
    .or_because("load and server share the cores and each refusal pays for HTTP; the limit is bare RSA");

/// Forged notices of a round.
const PER_ROUND: u64 = 30_000;
const SMALL: u64 = 500;
/// Connections they come over.
const AT_ONCE: usize = 32;
const WARM_UP: usize = 64;
/// How often, and how many times, is looked whether the databases have come to rest.
const REST_LOOK_EVERY: Duration = Duration::from_millis(100);
const REST_LOOKS_MAX: usize = 50;

/// Tables that a notice could touch.
const TABLES: [&str; 8] = [
    "payment",
    "payment_anomaly",
    "payment_order_event",
    "posting",
    "reminder_event",
    "staff_task",
    "outbox",
    "audit_log",
];

/// Measures it.
///
/// # Errors
/// The databases', a refusal that was none, a query or a row that should not be.
pub async fn run(engine: &Engine, size: Size) -> Result<Vec<Bar>, Failure> {
    let count = if size == Size::Small { SMALL } else { PER_ROUND };
    let world = World::build(engine).await?;
    let pay = WechatPay::new()?;
    let served = Served::start(&world, &pay, 1).await?;
    let forged = Arc::new(pay.forged(&served.path)?);
    let requests = Arc::new(vec![forged.request.clone(); usize::try_from(count)?]);
    // The first notices open the project and its merchant's keys.
    client::send(served.address, Arc::new(vec![forged.request.clone(); WARM_UP]), AT_ONCE, 401).await?;

    let mut rounds = Rounds::default();
    let rows_before = rows(&served.site.raw).await?;
    let queries = Queries::of(engine, &served.site.url, world.control_placement.expose()).await?;
    let before = queries.at_rest().await?;
    for round in 0..size.rounds() {
        rounds.ours(client::send(served.address, Arc::clone(&requests), AT_ONCE, 401).await?);
        let after = queries.so_far().await?;
        if round == 0 && after != before {
            return Err(format!("WRONG: a database was asked about a forged notice: {before} became {after}").into());
        }
        rounds.limit(verify_all(&pay, &forged, count).await?);
    }
    must_be("rows written by forged notices", rows(&served.site.raw).await? - rows_before, 0)?;
    let (ours, limit) = rounds.rates(count);
    served.stop().await?;
    world.clear().await?;
    Ok(vec![BAR.measured(engine.name(), "", ours, limit)])
}

async fn rows(db: &DatabaseConnection) -> Result<u64, Failure> {
    let mut all = 0;
    for table in TABLES {
        all += raw::count(db, table, "").await?;
    }
    Ok(all)
}

/// Checks the signature so many times on all cores; answers how long it took.
async fn verify_all(pay: &WechatPay, forged: &Arc<Forged>, count: u64) -> Result<Duration, Failure> {
    let key = Arc::new(pay.verifying_key()?);
    let forged = Arc::clone(forged);
    tokio::task::spawn_blocking(move || {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (done, held) = (AtomicU64::new(0), AtomicBool::new(false));
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(|| {
                    while done.fetch_add(1, Ordering::Relaxed) < count {
                        if key.verify(&forged.message, &forged.signature).is_ok() {
                            held.store(true, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        let took = begun.elapsed();
        if held.into_inner() { Err("WRONG: a signature that nobody made holds".into()) } else { Ok(took) }
    })
    .await?
}

/// A way to see that a database was asked anything at all, without asking it.
enum Queries {
    /// Every query wakes the connection's thread in this process.
    Sqlite,
    /// PostgreSQL notes when a connection last did anything.
    Postgres { observer: DatabaseConnection, databases: [String; 2] },
}

impl Queries {
    async fn of(engine: &Engine, project: &str, control: &str) -> Result<Self, Failure> {
        let Engine::Postgres { root } = engine else { return Ok(Self::Sqlite) };
        let name = |url: &str| url.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Self::Postgres { observer: raw::open(root, 1).await?, databases: [name(project), name(control)] })
    }

    /// What it is when what was asked before has come to an end.
    async fn at_rest(&self) -> Result<String, Failure> {
        let mut before = self.so_far().await?;
        for _ in 0..REST_LOOKS_MAX {
            tokio::time::sleep(REST_LOOK_EVERY).await;
            let found = self.so_far().await?;
            if found == before {
                return Ok(found);
            }
            before = found;
        }
        Err("the databases do not come to rest".into())
    }

    async fn so_far(&self) -> Result<String, Failure> {
        match self {
            Self::Sqlite => sqlite_wake_ups(),
            Self::Postgres { observer, databases: [project, control] } => {
                let sql = "SELECT COALESCE(CAST(MAX(state_change) AS TEXT), '') FROM pg_stat_activity \
                           WHERE datname IN ($1, $2) AND backend_type = 'client backend'";
                let row = raw::row(observer, sql, vec![project.as_str().into(), control.as_str().into()]).await?;
                Ok(row.try_get_by_index(0)?)
            }
        }
    }
}

/// Voluntary context switches of the threads that hold a SQLite connection.
fn sqlite_wake_ups() -> Result<String, Failure> {
    let (mut threads, mut switches) = (0_u64, 0_u64);
    for task in std::fs::read_dir("/proc/self/task")?.flatten() {
        let Ok(status) = std::fs::read_to_string(task.path().join("status")) else { continue };
        let value = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        if value("Name:").is_some_and(|name| name.starts_with("sqlx-sqlite")) {
            threads += 1;
            switches += value("voluntary_ctxt_switches:").and_then(|text| text.parse().ok()).unwrap_or(0);
        }
    }
    if threads == 0 { Err("no thread of SQLite was found".into()) } else { Ok(format!("{threads}:{switches}")) }
}
