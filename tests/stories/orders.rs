//! One tap, two taps, stale pages, and orders in each other's way.

use chrono::TimeDelta;
use serde_json::json;
use sim::{Endpoint, OrderState, Trick};
use tests::owner::order_over;
use tests::{Bill, House, Owner, World};

const PHONE: &str = "13800000001";

/// One household with one owner and two bills.
async fn two_bills() -> (World, House, Owner, Bill, Bill) {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let one = world.bill(&house, 20_000).await;
    let two = world.bill(&house, 30_001).await;
    let owner = world.owner(PHONE).await;
    (world, house, owner, one, two)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_taps_on_pay_are_one_order() {
    let (world, _, owner, one, two) = two_bills().await;
    let other = world.second_node().await;
    let elsewhere = owner.client.at(other.url.as_deref().unwrap());
    let (path, body) = (owner.orders_path(), order_over(&[&one, &two]));
    let taps = tokio::join!(
        owner.client.post(200, &path, &body),
        elsewhere.post(200, &path, &body),
        owner.client.post(200, &path, &body),
        elsewhere.post(200, &path, &body),
    );
    let orders = [&taps.0["order_id"], &taps.1["order_id"], &taps.2["order_id"], &taps.3["order_id"]];
    assert!(orders.iter().all(|order| *order == orders[0]), "{orders:?}");
    assert_eq!(world.raw().await.count("payment_order").await, 1);
    assert_eq!(world.sim.orders().len(), 1);
    owner.pay_and_tell(&world, &[&one, &two]).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_total_is_never_paid() {
    let (world, _, owner, one, two) = two_bills().await;
    let path = owner.orders_path();
    let stale = json!({ "bill_ids": [one.id, two.id], "expected_fen": 50_000 });
    let refused = owner.client.post(409, &path, &stale).await;
    assert_eq!(refused["error"]["code"], "total_changed");
    assert_eq!(world.raw().await.count("payment_order").await, 0);

    owner.pay_and_tell(&world, &[&one]).await;
    let refused = owner.client.post(409, &path, &order_over(&[&one, &two])).await;
    assert_eq!(refused["error"]["code"], "bill_not_open", "the page still shows a bill that is paid");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_over_other_bills_closes_the_older_one_first() {
    let (world, _, owner, one, two) = two_bills().await;
    let older = owner.order(&[&one]).await;
    let newer = owner.order(&[&one, &two]).await;
    assert_ne!(older["order_id"], newer["order_id"]);
    assert_eq!(owner.show(&older["order_id"]).await["state"], "closed");
    assert!(world.sim.pay(owner.person, &older["pay_params"]).is_err(), "closed at WeChat Pay too");
    let states: Vec<OrderState> = world.sim.orders().iter().map(|order| order.state).collect();
    assert_eq!(states.iter().filter(|state| **state == OrderState::Closed).count(), 1);
    world.sim.pay(owner.person, &newer["pay_params"]).unwrap();
    assert_eq!(world.deliver_notifies().await, [Some(200)]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_paid_while_closing_is_settled() {
    let (world, _, owner, one, two) = two_bills().await;
    let older = owner.order(&[&one]).await;
    world.sim.mischief().once(Endpoint::PayClose, Trick::PaidBeforeClose);
    let refused = owner.client.post(409, &owner.orders_path(), &order_over(&[&one, &two])).await;
    assert_eq!(refused["error"]["code"], "bill_not_open");
    assert_eq!(owner.show(&older["order_id"]).await["state"], "paid");
    assert_eq!(world.deliver_notifies().await, [Some(200)], "told again");
    assert_eq!(world.raw().await.count("payment").await, 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_given_up_frees_its_bills_and_one_paid_after_all_stays_paid() {
    let (world, _, owner, one, two) = two_bills().await;
    let order = owner.order(&[&one]).await;
    let path = format!("{}/{}", owner.orders_path(), order["order_id"].as_str().unwrap());
    assert_eq!(owner.client.delete(200, &path).await["state"], "closed");
    let order = owner.order(&[&two]).await;
    world.sim.pay(owner.person, &order["pay_params"]).unwrap();
    let path = format!("{}/{}", owner.orders_path(), order["order_id"].as_str().unwrap());
    assert_eq!(owner.client.delete(200, &path).await["state"], "paid");
    assert_eq!(world.deliver_notifies().await, [Some(200)]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prepay_timeout_is_asked_about() {
    for trick in [Trick::TimeoutBefore, Trick::TimeoutAfter] {
        let (world, _, owner, one, _) = two_bills().await;
        world.sim.mischief().once(Endpoint::PayPrepay, trick.clone());
        let payable = owner.order(&[&one]).await;
        assert_eq!(payable["state"], "pending", "{trick:?}: nobody knows");
        assert_eq!(owner.show(&payable["order_id"]).await["state"], "prepay_unknown");

        world.advance(TimeDelta::seconds(6));
        assert_eq!(world.run("sweep_orders").await["asked"], 1);
        let again = owner.order(&[&one]).await;
        assert_eq!((&again["order_id"], &again["state"]), (&payable["order_id"], &json!("ready")), "{trick:?}");
        world.sim.pay(owner.person, &again["pay_params"]).unwrap();
        assert_eq!(world.deliver_notifies().await, [Some(200)]);
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_order_frees_its_bills() {
    let (world, _, owner, one, _) = two_bills().await;
    let order = owner.order(&[&one]).await;
    world.advance(TimeDelta::minutes(121));
    assert_eq!(world.run("sweep_orders").await["ended"], 1);
    let state = owner.show(&order["order_id"]).await["state"].clone();
    assert!(state == "closed" || state == "expired", "{state}");
    assert!(world.sim.pay(owner.person, &order["pay_params"]).is_err());
    let next = owner.order(&[&one]).await;
    assert_ne!(next["order_id"], order["order_id"]);
    world.sim.pay(owner.person, &next["pay_params"]).unwrap();
    assert_eq!(world.deliver_notifies().await, [Some(200)]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_wechat_pay_costs_nothing_but_a_second_tap() {
    let (world, _, owner, one, _) = two_bills().await;
    world.sim.mischief().once(Endpoint::PayPrepay, Trick::TooMany);
    let busy = owner.order(&[&one]).await;
    assert_eq!(busy["state"], "busy");
    let ready = owner.order(&[&one]).await;
    assert_eq!((&ready["order_id"], &ready["state"]), (&busy["order_id"], &json!("ready")));
    world.sim.pay(owner.person, &ready["pay_params"]).unwrap();
    assert_eq!(world.deliver_notifies().await, [Some(200)]);
    world.finish().await;
}
