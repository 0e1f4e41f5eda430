//! What WeChat Pay tells us, and what we make of it.

use chrono::TimeDelta;
use futures_util::future::join_all;
use sim::{Endpoint, SignMode, Trick};
use tests::owner::order_over;
use tests::{Client, World};

const PHONE: &str = "13800000001";

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_callback_is_settled_once() {
    let world = World::start().await;
    let other = world.second_node().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    let paid = owner.pay(&world, &[&bill]).await;

    let notify = world.sim.make_notify(&paid.mchid, &paid.out_trade_no, None).unwrap();
    let nodes = [world.client(), Client::new(&world.http, other.url.as_deref().unwrap())];
    let path = world.community().notify_path();
    let copies = (0..100).map(|copy: usize| nodes[copy % 2].callback(&path, &notify.headers, &notify.body));
    let statuses = join_all(copies).await;
    assert_eq!(statuses, vec![200; 100]);
    assert_eq!(world.deliver_notifies().await, [Some(200)]);
    assert_eq!(world.raw().await.count("payment").await, 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_before_the_prepay_answer_is_not_lost() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    world.sim.mischief().once(Endpoint::PayPrepay, Trick::Hold);

    let bills = [&bill];
    let tap = owner.order(&bills);
    let meanwhile = async {
        world.sim.until_held(1).await;
        let order = world.sim.orders().pop().unwrap();
        world.sim.pay_order(owner.person, &order.mchid, &order.out_trade_no).unwrap();
        let statuses = world.deliver_notifies().await;
        world.sim.release_holds();
        statuses
    };
    let (payable, statuses) = tokio::join!(tap, meanwhile);
    assert_eq!(statuses, [Some(200)]);
    assert_eq!(payable["state"], "paid");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_callback_is_found_by_asking() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    world.sim.mischief().always(Endpoint::Notify, Trick::Drop);
    owner.pay(&world, &[&bill]).await;
    assert_eq!(world.deliver_notifies().await, [None]);
    assert_eq!(world.run("sweep_orders").await["asked"], 0, "not yet");

    world.advance(TimeDelta::seconds(6));
    assert_eq!(world.run("sweep_orders").await["paid"], 1);
    assert_eq!(world.run("sweep_orders").await["asked"], 0, "nothing is left to ask");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_asks_after_paying_finds_the_money_booked() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    let payable = owner.order(&[&bill]).await;
    world.sim.pay(owner.person, &payable["pay_params"]).unwrap();
    let path = format!("{}/{}", owner.orders_path(), payable["order_id"].as_str().unwrap());
    assert_eq!(owner.client.get(200, &path).await["state"], "awaiting", "what the phone says is no proof");
    let order = owner.client.get(200, &format!("{path}?ask=true")).await;
    assert_eq!((&order["state"], order["receipts"].as_array().unwrap().len()), (&"paid".into(), 1));
    assert_eq!(world.deliver_notifies().await, [Some(200)]);
    world.finish().await;
}

/// Everything a sender can get wrong, each as headers and body.
async fn forgeries(world: &World) -> Vec<(String, Vec<(&'static str, String)>, Vec<u8>)> {
    let order = world.sim.orders().into_iter().find(|order| order.mchid == world.community().outside.mchid).unwrap();
    let make = |trick: Option<&Trick>| world.sim.make_notify(&order.mchid, &order.out_trade_no, trick).unwrap();
    let mut forgeries = Vec::new();
    for (name, trick) in [
        ("another signature", Trick::Forge),
        ("a probe", Trick::SignTest),
        ("old", Trick::StaleTimestamp { by_s: -301 }),
        ("from the future", Trick::StaleTimestamp { by_s: 301 }),
    ] {
        let notify = make(Some(&trick));
        forgeries.push((name.to_owned(), notify.headers, notify.body));
    }
    let good = make(None);
    let without = |header: &str, value: Option<&str>| {
        let mut headers = good.headers.clone();
        headers.retain(|(name, _)| *name != header || value.is_some());
        for (name, old) in &mut headers {
            if *name == header {
                value.unwrap().clone_into(old);
            }
        }
        headers
    };
    for header in ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial"] {
        forgeries.push((format!("without {header}"), without(header, None), good.body.clone()));
    }
    let serial = "PUB_KEY_ID_0119999999992026112300000000000000";
    forgeries.push(("unknown serial".to_owned(), without("Wechatpay-Serial", Some(serial)), good.body.clone()));
    forgeries.push(("another nonce".to_owned(), without("Wechatpay-Nonce", Some("0")), good.body.clone()));
    for place in (0..good.body.len()).step_by(50) {
        let mut body = good.body.clone();
        body[place] ^= 1;
        forgeries.push((format!("byte {place} flipped"), good.headers.clone(), body));
    }
    forgeries
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_callback_writes_nothing() {
    let mut world = World::start().await;
    let elsewhere = world.add_project("other").await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    owner.pay(&world, &[&bill]).await;
    let other = world.communities[elsewhere].clone();
    let neighbour = world.household_of(&other, "1-1-101", "13800000002").await;
    let neighbours_bill = world.bill_of(&other, &neighbour, 30_000).await;
    let stranger = world.owner_of(&other, &world.client(), "13800000002").await;
    let paid = stranger.pay(&world, &[&neighbours_bill]).await;

    let (project, control) = (world.raw().await, world.control_raw().await);
    let before = (project.sizes().await, control.sizes().await);
    let path = world.community().notify_path();
    for (name, headers, body) in forgeries(&world).await {
        let status = world.client().callback(&path, &headers, &body).await;
        assert!((400..500).contains(&status), "{name}: {status}");
    }
    // Genuine, but for another company.
    let foreign = world.sim.make_notify(&paid.mchid, &paid.out_trade_no, None).unwrap();
    let status = world.client().callback(&path, &foreign.headers, &foreign.body).await;
    assert!((400..500).contains(&status), "another company's notice: {status}");
    assert_eq!((project.sizes().await, control.sizes().await), before);

    assert_eq!(world.deliver_notifies().await, [Some(200), Some(200)]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_that_cannot_be_booked_is_answered_5xx_and_comes_again() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    owner.pay(&world, &[&bill]).await;

    let raw = world.raw().await;
    raw.execute("ALTER TABLE receipt_counter RENAME TO receipt_counter_away").await;
    assert_eq!(world.deliver_notifies().await, [Some(500)]);
    assert_eq!(raw.count("payment").await, 0, "all of it or nothing");
    raw.execute("ALTER TABLE receipt_counter_away RENAME TO receipt_counter").await;
    assert!(world.deliver_notifies().await.is_empty(), "WeChat Pay comes again in 15 seconds");
    world.advance(TimeDelta::seconds(15));
    assert_eq!(world.deliver_notifies().await, [Some(200)]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_is_kept_aside() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    world.sim.mischief().once(Endpoint::Notify, Trick::WrongAmount { total_fen: 1 });
    let paid = owner.pay(&world, &[&bill]).await;
    assert_eq!(world.deliver_notifies().await, [Some(500)]);
    let raw = world.raw().await;
    assert_eq!((raw.count("payment").await, raw.count("payment_anomaly").await), (0, 1));
    assert_eq!(raw.count("staff_task WHERE done_at_ms IS NULL").await, 1, "somebody is told");

    world.advance(TimeDelta::seconds(15));
    assert_eq!(world.deliver_notifies().await, [Some(200)], "the true amount is booked");
    let odd = Trick::WrongAmount { total_fen: 20_001 };
    let again = world.sim.make_notify(&paid.mchid, &paid.out_trade_no, Some(&odd)).unwrap();
    let path = world.community().notify_path();
    assert_eq!(world.client().callback(&path, &again.headers, &again.body).await, 500);
    assert_eq!((raw.count("payment").await, raw.count("payment_anomaly").await), (1, 2));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_app_merchant_or_currency_is_kept_aside() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    let paid = owner.pay(&world, &[&bill]).await;
    let path = world.community().notify_path();
    let raw = world.raw().await;
    for trick in [Trick::OtherAppid, Trick::OtherMchid, Trick::OtherCurrency] {
        let odd = world.sim.make_notify(&paid.mchid, &paid.out_trade_no, Some(&trick)).unwrap();
        let status = world.client().callback(&path, &odd.headers, &odd.body).await;
        assert!(status >= 400, "{trick:?}: {status}");
        assert_eq!(raw.count("payment").await, 0, "{trick:?}");
    }
    assert_eq!(world.deliver_notifies().await, [Some(200)]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn platform_certificate_and_public_key_side_by_side() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let owner = world.owner(PHONE).await;
    let mchid = world.community().outside.mchid.clone();
    for mode in [SignMode::PublicKey, SignMode::Both, SignMode::PlatformCertificate] {
        world.sim.set_sign_mode(&mchid, mode).unwrap();
        let bill = world.bill(&house, 20_000).await;
        owner.pay_and_tell(&world, &[&bill]).await;
    }
    world.sim.mischief().always(Endpoint::Notify, Trick::SwitchSerial);
    let bill = world.bill(&house, 10_000).await;
    owner.pay_and_tell(&world, &[&bill]).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_for_a_bill_that_was_voided_is_owed_back() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    let payable = owner.client.post(200, &owner.orders_path(), &order_over(&[&bill])).await;
    // The order runs out of time here, the bill is voided, and yet the money was on its way.
    let raw = world.raw().await;
    raw.execute("UPDATE payment_order SET state = 'closed', next_query_at_ms = NULL").await;
    raw.execute("UPDATE payment_order_bill SET live = FALSE").await;
    let (db, by) = (world.project().await, service::audit::By::operator());
    let id = domain::ids::BillId(bill.id);
    let _ = service::bills::void(&db, id, "房屋面积有误", &by, world.now()).await.unwrap();
    world.sim.pay(owner.person, &payable["pay_params"]).unwrap();
    assert_eq!(world.deliver_notifies().await, [Some(200)]);
    let refundable: i64 = raw.one("SELECT refundable_fen FROM payment").await;
    assert_eq!((refundable, raw.count("staff_task").await), (20_000, 1));
    world.finish().await;
}
