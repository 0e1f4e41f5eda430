//! `callback`: payments settled from signed notices over HTTP, against the same SQL bare, at the same concurrency.
//!
//! Ours is the real server on this machine: HTTP, signature, decryption, and one durable commit for each notice. The
//! limit runs the settlement's statements with nothing around them: on SQLite, which has one writer, in a loop over one
//! connection; on PostgreSQL by pgbench or in such a loop, whichever is faster (pgbench prepares anew in each round).
//! `callback-N-driver` compares with the loop alone.

mod by_hand;
mod by_pgbench;
mod orders;
mod recorded;
mod statements;

use std::sync::Arc;
use std::time::Duration;

use crate::bar::{Bar, Claim};
use crate::choice::Size;
use crate::measure::Rounds;
use crate::server::Served;
use crate::wechat_pay::WechatPay;
use crate::world::{Engine, World};
use crate::{Failure, bill_run, client, must_be, raw, rows};

use orders::{Orders, out_trade_no};

const BAR: Claim = Claim::at_least("callback", "callbacks/s", 0.8, 1.0)
    .or_because("load, server and database share the cores; the limit has neither HTTP nor signatures to pay for");
/// On one connection nothing overlaps.
const ONE: Claim = BAR.or_because("HTTP, signature and decryption take turns with the one commit");

/// Concurrency, and callbacks of a round at most.
const LEVELS: [(usize, u64); 3] = [(1, 800), (8, 1_600), (32, 3_200)];
/// Callbacks of a warm-up, of a round of a quick try, and of a round at least.
const FEW: u64 = 128;
/// A round takes about as long as the warm-up foretells, so that a slow disk makes it shorter and not longer.
const ROUND: Duration = Duration::from_millis(1_500);

/// Measures each concurrency.
///
/// # Errors
/// The databases', and a wrong count.
pub async fn run(engine: &Engine, size: Size) -> Result<Vec<Bar>, Failure> {
    let is_postgres = *engine != Engine::Sqlite;
    let levels = LEVELS.map(|(at_once, count)| (at_once, if size == Size::Small { FEW } else { count }));
    // A round of ours, of the limit and, on PostgreSQL, of the driver; and one of each to warm up.
    let kinds = if is_postgres { 3 } else { 2 };
    let needed = levels.iter().map(|(_, count)| count * kinds * (size.rounds() as u64 + 1)).sum::<u64>() + 2;

    let world = World::build(engine).await?;
    let pay = WechatPay::new()?;
    let connections = levels.iter().map(|(at_once, _)| *at_once).max().unwrap_or(1);
    let served = Served::start(&world, &pay, u32::try_from(connections)?).await?;
    rows::furnish(&served.site.db, needed).await?;
    let request = bill_run::monthly_fee(&served.site.db).await?;
    bill_run::issue(&served.site, &request, needed).await?;
    let mut bench = Bench { orders: Orders::place(&served.site).await?, served, pay };
    raw::analyze(&bench.served.site.raw).await?;

    // The first payment of a project opens the account it goes through.
    bench.over_http(1, 1).await?;
    if is_postgres {
        let number = bench.orders.take(1)?;
        recorded::says_the_same(&world, &bench.served, number, bench.orders.total_fen(number)?).await?;
    }
    let mut bars = Vec::new();
    for (at_once, count_max) in levels {
        let (mut rounds, mut driver) = (Rounds::default(), Rounds::default());
        bench.by_hand(at_once, FEW).await?;
        let count = in_a_round(bench.over_http(at_once, FEW).await?, count_max);
        for _ in 0..size.rounds() {
            let ours = bench.over_http(at_once, count).await?;
            let bare = bench.by_hand(at_once, count).await?;
            let limit = if is_postgres { bench.by_pgbench(at_once, count).await?.min(bare) } else { bare };
            rounds.ours(ours);
            rounds.limit(limit);
            driver.ours(ours);
            driver.limit(bare);
        }
        let claim = if at_once == 1 { ONE } else { BAR };
        let (ours, limit) = rounds.rates(count);
        bars.push(claim.measured(engine.name(), &format!("-{at_once}"), ours, limit));
        if is_postgres {
            let (ours, limit) = driver.rates(count);
            bars.push(claim.measured(engine.name(), &format!("-{at_once}-driver"), ours, limit));
        }
    }
    bench.served.stop().await?;
    world.clear().await?;
    Ok(bars)
}

/// As many callbacks as fit into a round, when [`FEW`] took so long: a multiple of every concurrency.
fn in_a_round(few_took: Duration, count_max: u64) -> u64 {
    let times = (ROUND.as_millis() / few_took.as_millis().max(1)).clamp(1, u128::from(count_max / FEW));
    FEW * u64::try_from(times).unwrap_or(1)
}

struct Bench {
    served: Served,
    pay: WechatPay,
    orders: Orders,
}

impl Bench {
    async fn over_http(&mut self, at_once: usize, count: u64) -> Result<Duration, Failure> {
        let first = self.orders.take(count)?;
        let mut requests = Vec::new();
        for number in first..first + count {
            let total_fen = self.orders.total_fen(number)?;
            requests.push(self.pay.notice(&self.served.path, &out_trade_no(number), total_fen)?);
        }
        let before = self.paid().await?;
        raw::rest(&self.served.site.raw).await?;
        let took = client::send(self.served.address, Arc::new(requests), at_once, 200).await?;
        self.all_paid(before, count).await?;
        Ok(took)
    }

    async fn by_hand(&mut self, at_once: usize, count: u64) -> Result<Duration, Failure> {
        let first = self.orders.take(count)?;
        let before = self.paid().await?;
        raw::rest(&self.served.site.raw).await?;
        let took = by_hand::settle_all(&self.served.site.raw, first, count, at_once).await?;
        self.all_paid(before, count).await?;
        Ok(took)
    }

    async fn by_pgbench(&mut self, at_once: usize, count: u64) -> Result<Duration, Failure> {
        let first = self.orders.take(count)?;
        let before = self.paid().await?;
        raw::rest(&self.served.site.raw).await?;
        let took = by_pgbench::settle_all(&self.served.site.url, first, count, at_once).await?;
        self.all_paid(before, count).await?;
        Ok(took)
    }

    /// Payments, receipts, settled bills, postings of payments, paid orders.
    async fn paid(&self) -> Result<[u64; 5], Failure> {
        let db = &self.served.site.raw;
        Ok([
            raw::count(db, "payment", "").await?,
            raw::count(db, "receipt", "").await?,
            raw::count(db, "bill", "WHERE settled_at_ms IS NOT NULL").await?,
            raw::count(db, "posting", "WHERE kind = 'wechat_payment'").await?,
            raw::count(db, "payment_order", "WHERE state = 'paid'").await?,
        ])
    }

    async fn all_paid(&self, before: [u64; 5], count: u64) -> Result<(), Failure> {
        let names = ["payments", "receipts", "settled bills", "postings", "paid orders"];
        let after = self.paid().await?;
        for ((name, before), after) in names.into_iter().zip(before).zip(after) {
            must_be(name, after, before + count)?;
        }
        Ok(())
    }
}
