//! Many processes over the same databases.

use chrono::TimeDelta;
use futures_util::future::join_all;
use sim::{Endpoint, MoneyKind, Trick};
use tests::databases::is_postgres;
use tests::ports::reserved_address;
use tests::process::{Process, until};
use tests::proxy::Proxy;
use tests::{Bill, Client, House, Owner, World};

const HOUSEHOLDS: usize = 10;
/// Households that pay; the others are reminded.
const PAYERS: usize = 5;

/// A Redis of the test's own behind a proxy that can be cut, where there is one.
async fn redis() -> Option<(Proxy, String)> {
    let url = std::env::var("LINLI_TEST_REDIS_URL").ok()?;
    let target = url.strip_prefix("redis://").unwrap().to_owned();
    Some((Proxy::to(&target).await, target))
}

async fn flush_all(target: &str) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(target).await.unwrap();
    stream.write_all(b"FLUSHALL\r\n").await.unwrap();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"+OK\r\n");
}

async fn households(world: &World) -> Vec<(House, Bill)> {
    world.advance(TimeDelta::days(-7));
    let mut houses = Vec::new();
    for number in 0..HOUSEHOLDS {
        houses.push(world.household(&format!("1-1-1{number:02}"), &format!("138000001{number:02}")).await);
    }
    let item = world.fee_item("建筑面积 × 单价", &[("unit_price", "1.80")], 7).await;
    let due = world.publish(item).await.due_day;
    world.advance(TimeDelta::days(7));
    world.remind_from_midnight().await;
    let raw = world.raw().await;
    let mut all = Vec::new();
    for house in houses {
        let sql =
            format!("SELECT b.id FROM bill b JOIN house h ON h.id = b.house_id WHERE h.house_key = '{}'", house.key);
        all.push((house, Bill { id: raw.one(&sql).await, fen: 20_000, due }));
    }
    all
}

async fn everybody_signs_in(world: &World, servers: &[String], houses: &[(House, Bill)]) -> Vec<Owner> {
    let owners = houses.iter().enumerate().map(|(number, (house, _))| {
        let client = Client::new(&world.http, &servers[number % servers.len()]);
        async move { world.owner_of(world.community(), &client, &house.phone).await }
    });
    join_all(owners).await
}

async fn pay(world: &World, owner: &Owner, bill: &Bill) {
    owner.pay(world, &[bill]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_api_and_two_job_processes_over_postgres_and_redis() {
    let redis = if is_postgres() { redis().await } else { None };
    let mut builder = World::builder().system_time().without_api();
    if let Some((proxy, _)) = &redis {
        builder = builder.redis(&format!("redis://{}", proxy.address()));
    }
    let world = builder.start().await;
    let houses = households(&world).await;
    let first = world.config.bind.clone();
    let mut processes = vec![Process::start(&world, if is_postgres() { "api" } else { "serve" }, &first, None).await];
    if is_postgres() {
        processes.push(Process::start(&world, "api", &reserved_address(), None).await);
        processes.push(Process::start(&world, "jobs", "", None).await);
        processes.push(Process::start(&world, "jobs", "", None).await);
    }
    let servers: Vec<String> = processes.iter().map(|one| one.url.clone()).filter(|url| url != "http://").collect();

    let owners = everybody_signs_in(&world, &servers, &houses).await;
    if let Some((_, target)) = &redis {
        flush_all(target).await;
    }
    world.sim.mischief().always(Endpoint::Notify, Trick::Duplicate { copies: 5 });
    join_all(owners.iter().zip(&houses).take(2).map(|(owner, (_, bill))| pay(&world, owner, bill))).await;
    world.sim.deliver_notifies_at_once(8).await;
    if let Some((proxy, _)) = &redis {
        proxy.cut();
    }
    let rest = owners.iter().zip(&houses).take(PAYERS).skip(2);
    join_all(rest.map(|(owner, (_, bill))| pay(&world, owner, bill))).await;
    let told = world.sim.deliver_notifies_at_once(8).await;
    assert!(told.iter().all(|notify| notify.acknowledged), "{told:?}");

    let unpaid = &owners[PAYERS..];
    until("everybody who has not paid is reminded", async || {
        unpaid.iter().all(|owner| owner.messages(&world).len() == 1)
    })
    .await;
    for process in &mut processes {
        process.stop().await;
    }
    let taken = world.sim.book().money.iter().filter(|entry| entry.kind == MoneyKind::Taken).count();
    assert_eq!((taken, world.raw().await.count("payment").await), (PAYERS, 5));
    world.finish().await;
}
