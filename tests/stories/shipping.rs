//! What a mini program that trades tells WeChat of its paid orders.

use chrono::TimeDelta;
use service::staff::Role;
use sim::{Endpoint, Trick};
use tests::World;

const PHONE: &str = "13800000001";

#[tokio::test(flavor = "multi_thread")]
async fn every_paid_order_is_reported_once_and_is_in_its_timeline() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let (one, two) = (world.bill(&house, 20_000).await, world.bill(&house, 30_000).await);
    let owner = world.owner(PHONE).await;
    assert_eq!(world.run("report_shipping").await["reported"], 0);
    for bill in [&one, &two] {
        owner.pay_and_tell(&world, &[bill]).await;
    }
    let mchid = &world.community().outside.mchid;
    assert_eq!(world.sim.unshipped(mchid).unwrap().len(), 2);
    assert_eq!(world.run("report_shipping").await["reported"], 2);
    assert!(world.sim.unshipped(mchid).unwrap().is_empty());
    world.advance(TimeDelta::hours(2));
    assert_eq!(world.run("report_shipping").await["reported"], 0);
    assert_eq!(world.sim.book().shipping.len(), 2);

    let cashier = world.staff("cashier", &[Role::Cashier], None).await;
    let orders = cashier.get(200, &world.community().staff_path("/orders")).await;
    let path = format!("/orders/{}", orders[0]["id"].as_str().unwrap());
    let timeline = cashier.get(200, &world.community().staff_path(&path)).await;
    assert_eq!(timeline["events"].as_array().unwrap().last().unwrap()["kind"], "shipping_reported");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_was_not_taken_comes_again_and_one_that_cannot_be_becomes_a_task() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let (one, two) = (world.bill(&house, 20_000).await, world.bill(&house, 30_000).await);
    let owner = world.owner(PHONE).await;
    owner.pay_and_tell(&world, &[&one]).await;
    let unseen = || Trick::Refuse { status: 200, code: "10060001".to_owned() };
    world.sim.mischief().once(Endpoint::Shipping, unseen());
    assert_eq!(world.run("report_shipping").await["waiting"], 1);
    assert_eq!(world.run("report_shipping").await["waiting"], 0, "not yet again");
    world.advance(TimeDelta::seconds(31));
    assert_eq!(world.run("report_shipping").await["reported"], 1);

    owner.pay_and_tell(&world, &[&two]).await;
    world.raw().await.execute("UPDATE payment_order SET openid = 'o-somebody-else' WHERE total_fen = 30000").await;
    assert_eq!(world.run("report_shipping").await["failed"], 1);
    let kinds: Vec<String> = world.raw().await.column("SELECT kind FROM staff_task").await;
    assert_eq!(kinds, ["shipping_failed"]);
    world.advance(TimeDelta::hours(2));
    assert_eq!(world.run("report_shipping").await["failed"], 0);
    world.finish().await;
}
