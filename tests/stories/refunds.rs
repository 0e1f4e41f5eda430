//! Money that goes back: by whom, how far, and what the payer sees of it.

use chrono::{Days, TimeDelta};
use serde_json::{Value, json};
use service::staff::Role;
use sim::{Endpoint, Trick};
use tests::{Bill, Client, Owner, World};
use uuid::Uuid;

const PHONE: &str = "13800000001";

/// An owner who has paid a bill of 200 yuan, and a cashier with the payment as the console shows it.
async fn paid() -> (World, Bill, Owner, Client, Value) {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    owner.pay_and_tell(&world, &[&bill]).await;
    let cashier = world.staff("cashier", &[Role::Cashier], None).await;
    let orders = cashier.get(200, &world.community().staff_path("/orders")).await;
    let path = format!("/orders/{}/payment", orders[0]["id"].as_str().unwrap());
    let payment = cashier.get(200, &world.community().staff_path(&path)).await;
    (world, bill, owner, cashier, payment)
}

fn part_of(bill: &Bill, fen: i64) -> Value {
    json!({ "id": Uuid::now_v7(), "parts": [{ "bill_id": bill.id, "amount_fen": fen }], "reason": "重复缴费" })
}

fn refunds_path(world: &World, payment: &Value) -> String {
    world.community().staff_path(&format!("/payments/{}/refunds", payment["id"].as_str().unwrap()))
}

fn act(world: &World, refund: &Value, act: &str) -> String {
    world.community().staff_path(&format!("/refunds/{}{act}", refund["refund"]["id"].as_str().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_reaches_the_payer_and_the_bill_is_owed_again() {
    let (world, bill, owner, cashier, payment) = paid().await;
    assert_eq!(payment["parts"][0]["free_fen"], 20_000);
    let body = part_of(&bill, 5_000);
    let refund = cashier.post(201, &refunds_path(&world, &payment), &body).await;
    assert_eq!(refund["refund"]["state"], "processing");
    let again = cashier.post(201, &refunds_path(&world, &payment), &body).await;
    assert_eq!(again["refund"]["id"], refund["refund"]["id"], "a second tap is the same refund");

    world.advance(TimeDelta::seconds(2));
    assert_eq!(world.deliver_notifies().await, [Some(200)]);
    let refund = cashier.get(200, &act(&world, &refund, "")).await;
    assert_eq!(refund["refund"]["state"], "succeeded");
    let receipts = owner.receipts().await;
    assert_eq!((&receipts[0]["amount_fen"], &receipts[0]["refunded_fen"]), (&json!(20_000), &json!(5_000)));

    let rest = Bill { fen: 5_000, ..bill };
    owner.pay_and_tell(&world, &[&rest]).await;
    assert_eq!(world.raw().await.count("payment").await, 2);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_nobody_told_us_about_is_asked_about() {
    let (world, bill, _, cashier, payment) = paid().await;
    world.sim.mischief().always(Endpoint::Notify, Trick::Drop);
    world.sim.mischief().once(Endpoint::PayRefund, Trick::TimeoutAfter);
    let refund = cashier.post(201, &refunds_path(&world, &payment), &part_of(&bill, 20_000)).await;
    assert_eq!(refund["refund"]["state"], "unknown");
    world.advance(TimeDelta::seconds(61));
    assert_eq!(world.run("sweep_refunds").await["looked_at"], 1, "the same number goes out again");
    let refund = cashier.get(200, &act(&world, &refund, "")).await;
    assert_eq!(refund["refund"]["state"], "succeeded");
    assert_eq!(world.deliver_notifies().await, [None]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_refund_waits_for_a_second_person() {
    let (world, bill, _, cashier, payment) = paid().await;
    let manager = world.staff("manager", &[Role::ProjectManager], None).await;
    let limit = world.community().staff_path("/refund-policy");
    cashier.put(403, &limit, &json!({ "approve_above_fen": 1_000_000 })).await;
    manager.put(204, &limit, &json!({ "approve_above_fen": 10_000 })).await;

    let refund = cashier.post(201, &refunds_path(&world, &payment), &part_of(&bill, 10_001)).await;
    assert_eq!(refund["refund"]["state"], "awaiting_approval");
    cashier.post(403, &act(&world, &refund, "/approval"), &json!({})).await;
    let tasks = manager.get(200, &world.community().staff_path("/tasks?open=true")).await;
    assert_eq!(tasks[0]["kind"], "refund_awaiting_approval");
    let refund = manager.post(200, &act(&world, &refund, "/approval"), &json!({})).await;
    assert_eq!(refund["refund"]["state"], "processing");
    manager.post(409, &act(&world, &refund, "/rejection"), &json!({ "reason": "金额有误" })).await;
    world.advance(TimeDelta::seconds(2));
    assert_eq!(world.deliver_notifies().await, [Some(200)]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_refund_is_sent_to_a_bank_card() {
    let (world, bill, _, cashier, payment) = paid().await;
    world.sim.mischief().once(Endpoint::PayRefund, Trick::RefundAbnormal);
    let refund = cashier.post(201, &refunds_path(&world, &payment), &part_of(&bill, 20_000)).await;
    world.advance(TimeDelta::seconds(2));
    assert_eq!(world.deliver_notifies().await, [Some(200)]);
    let tasks = cashier.get(200, &world.community().staff_path("/tasks?open=true")).await;
    assert_eq!(tasks[0]["kind"], "refund_abnormal");
    assert_eq!(world.raw().await.one::<i64>("SELECT paid_fen FROM bill").await, 20_000, "not gone yet");

    let card = json!({
        "way": "payer_card", "bank_type": "ICBC_DEBIT", "bank_account": "6222020000000000001", "real_name": "测试业主"
    });
    let refund = cashier.post(200, &act(&world, &refund, "/another-way"), &card).await;
    assert_eq!(refund["refund"]["state"], "processing");
    world.advance(TimeDelta::seconds(2));
    assert_eq!(world.deliver_notifies().await, [Some(200)]);
    assert_eq!(cashier.get(200, &act(&world, &refund, "")).await["refund"]["state"], "succeeded");
    let tasks = cashier.get(200, &world.community().staff_path("/tasks?open=true")).await;
    assert_eq!(tasks, json!([]));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_paid_back_is_reminded_again_by_the_rules() {
    let (world, bill, owner, cashier, payment) = paid().await;
    world.advance_to(bill.due - Days::new(3));
    world.remind().await;
    assert!(owner.messages(&world).is_empty(), "nothing is owed");
    let cashier = cashier.with_token(&world.sign_in_again("cashier").await);
    cashier.post(201, &refunds_path(&world, &payment), &part_of(&bill, 20_000)).await;
    world.advance(TimeDelta::seconds(2));
    assert_eq!(world.deliver_notifies().await, [Some(200)]);
    world.advance_to(bill.due);
    world.renew_tokens().await;
    world.remind().await;
    assert_eq!(owner.messages(&world).len(), 1, "the notice of the due day");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_at_a_sister_projects_address_is_refused_and_writes_nothing() {
    let (mut world, bill, _, cashier, payment) = paid().await;
    let sister = world.add_sister_project("sister").await;
    let sister = world.communities[sister].clone();
    let refund = cashier.post(201, &refunds_path(&world, &payment), &part_of(&bill, 5_000)).await;
    world.advance(TimeDelta::seconds(2));
    let (mchid, order) = (world.community().outside.mchid.clone(), world.sim.orders().pop().unwrap());
    let number = refund["refund"]["out_refund_no"].as_str().unwrap();
    let raw = tests::Raw::open(&sister.database_url).await;
    let before = raw.sizes().await;
    let of_payment = world.sim.make_notify(&mchid, &order.out_trade_no, None).unwrap();
    let of_refund = world.sim.make_refund_notify(&mchid, number, None).unwrap();
    for notify in [of_payment, of_refund] {
        assert_eq!(world.client().callback(&sister.notify_path(), &notify.headers, &notify.body).await, 404);
    }
    assert_eq!(raw.sizes().await, before);
    raw.close().await;
    assert_eq!(world.deliver_notifies().await, [Some(200)]);
    world.finish().await;
}
