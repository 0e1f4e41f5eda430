//! kill -9 at every edge: nothing is lost, nothing is done twice.

use chrono::TimeDelta;
use futures_util::future::join_all;
use reqwest::Method;
use tests::owner::order_over;
use tests::process::Process;
use tests::{Bill, World};

const PHONE: &str = "13800000001";

/// A process that serves the public address dies while an owner taps on pay or while WeChat Pay tells us.
async fn paying_survives(edge: &str) {
    let world = World::builder().system_time().without_api().start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let mut process = Process::start(&world, "api", &world.config.bind, Some(edge)).await;
    let owner = world.stranger(PHONE).await;
    let settling = edge.starts_with("payments.settle");
    if settling {
        owner.pay(&world, &[&bill]).await;
        assert_eq!(world.deliver_notifies().await, [None], "{edge}: no answer, so WeChat Pay comes again");
    } else {
        let tap = owner.client.try_send(Method::POST, &owner.orders_path(), Some(&order_over(&[&bill]))).await;
        assert!(tap.is_err(), "{edge}: {tap:?}");
    }
    process.until_dead().await;

    let _restarted = Process::start(&world, "api", &world.config.bind, None).await;
    if settling {
        world.advance(TimeDelta::seconds(16));
    } else {
        owner.pay(&world, &[&bill]).await;
    }
    assert_eq!(world.deliver_notifies().await, [Some(200)], "{edge}");
    let raw = world.raw().await;
    assert_eq!((raw.count("payment_order").await, raw.count("payment").await), (1, 1), "{edge}");
    world.finish().await;
}

/// A world whose bills were issued a week ago and are due today, with reminders from midnight on.
async fn due_today() -> (World, Bill) {
    let world = World::builder().system_time().start().await;
    world.advance(TimeDelta::days(-7));
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    world.advance(TimeDelta::days(7));
    world.remind_from_midnight().await;
    (world, bill)
}

/// A process of jobs dies while it reminds; another node goes on when the leases are over.
async fn reminding_survives(edge: &str) {
    let (world, _) = due_today().await;
    let owner = world.owner(PHONE).await;
    if !edge.starts_with("reminders.plan") {
        world.run("plan_reminders").await;
    }
    let mut process = Process::start(&world, "jobs", "", Some(edge)).await;
    process.until_dead().await;
    for _ in 0..4 {
        world.advance(TimeDelta::minutes(2));
        world.node.engine.tick().await.unwrap();
        world.remind().await;
    }
    assert_eq!(owner.messages(&world).len(), 1, "{edge}");
    world.finish().await;
}

/// The same when the only way is a text: no vendor of texts knows an id by which to send again.
async fn texting_survives(edge: &str) {
    let (world, _) = due_today().await;
    world.run("plan_reminders").await;
    let mut process = Process::start(&world, "jobs", "", Some(edge)).await;
    process.until_dead().await;
    for _ in 0..4 {
        world.advance(TimeDelta::minutes(2));
        world.node.engine.tick().await.unwrap();
        world.remind().await;
    }
    let texts = world.sim.book().telecom.len();
    let in_doubt = world.raw().await.count("notice WHERE state = 'in_doubt'").await;
    assert!(texts <= 1 && (texts == 1 || in_doubt == 1), "{edge}: {texts} texts, {in_doubt} in doubt");
    world.finish().await;
}

/// A process dies in the middle of catching up with two fee items.
async fn publishing_survives(edge: &str) {
    let world = World::builder().system_time().start().await;
    let house = world.household("1-1-101", PHONE).await;
    for fen in [20_000, 30_000, 40_000] {
        world.bill(&house, fen).await;
    }
    world.household("1-1-102", "13800000002").await;
    let mut process = Process::start(&world, "jobs", "", Some(edge)).await;
    process.until_dead().await;
    let raw = world.raw().await;
    let half = raw.count("bill").await;
    assert!((3..6).contains(&half), "{edge}: {half} bills");

    world.advance(TimeDelta::minutes(3));
    world.node.engine.tick().await.unwrap();
    world.run("catch_up_bills").await;
    assert_eq!(raw.count("bill").await, 6, "{edge}");
    assert_eq!(raw.count("bill_run WHERE state <> 'published'").await, 0, "{edge}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing() {
    let edges = [
        "payments.place:before_commit",
        "payments.place:after_commit",
        "payments.prepay:before_call",
        "payments.prepay:after_call",
        "payments.prepaid:before_commit",
        "payments.prepaid:after_commit",
        "payments.settle:before_commit",
        "payments.settle:after_commit",
    ];
    join_all(edges.map(paying_survives)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_reminds_once() {
    let edges = [
        "reminders.plan:before_commit#2",
        "reminders.claim:before_commit",
        "reminders.claim:after_commit",
        "reminders.send:before_call",
        "reminders.send:after_call",
        "reminders.receipts:after_commit",
        "reminders.record:before_commit",
        "reminders.record:after_commit",
    ];
    let texting = ["reminders.claim:after_commit", "reminders.send:before_call", "reminders.send:after_call"];
    tokio::join!(join_all(edges.map(reminding_survives)), join_all(texting.map(texting_survives)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_bills_once() {
    let edges = ["bills.publish:before_commit#2", "bills.publish:after_commit#2", "bills.close_run:before_commit"];
    join_all(edges.map(publishing_survives)).await;
}
