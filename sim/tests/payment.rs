//! Stories of WeChat Pay, told over the wire.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod client;

use client::{MCHID, MINI, START_MS, Scene, open_resource, unpem, verifies};
use serde_json::{Value, json};
use sim::{Endpoint, Family, OrderState, RefundState, SignMode, SimConfig, SimError, Trick};

fn query(number: &str) -> String {
    format!("/v3/pay/transactions/out-trade-no/{number}?mchid={MCHID}")
}

#[actix_web::test]
async fn an_order_is_placed_paid_notified_and_booked() {
    let scene = Scene::new().await;
    let answer = scene.merchant.prepay(&scene.order("ORDER0001", 12_345)).await;
    let (id, pem) = scene.sim.platform_public_key();
    assert_eq!((answer.status, answer.header("Wechatpay-Serial")), (200, id.as_str()));
    let signed = |body: &[u8]| {
        let header = |name| answer.header(name);
        verifies(&pem, header("Wechatpay-Timestamp"), header("Wechatpay-Nonce"), body, header("Wechatpay-Signature"))
    };
    assert!(signed(&answer.body) && !signed(b"{}"));

    let unpaid = scene.merchant.call("GET", &query("ORDER0001"), &Value::Null).await.json();
    assert_eq!(unpaid["trade_state"], "NOTPAY");
    assert!(unpaid.get("transaction_id").is_none());

    let params = scene.merchant.pay_params(answer.json()["prepay_id"].as_str().unwrap());
    let paid = scene.sim.pay(scene.person, &params).unwrap();
    assert_eq!((paid.transaction_id.len(), &paid.transaction_id[..4]), (28, "4200"));
    let told = scene.merchant.call("GET", &query("ORDER0001"), &Value::Null).await.json();
    assert_eq!(told["trade_state"], "SUCCESS");
    assert_eq!(told["success_time"], "2025-11-25T00:00:00+08:00");

    let delivered = scene.sim.deliver_notifies().await;
    assert_eq!((delivered.len(), delivered[0].acknowledged), (1, true));
    let notify = scene.listener.take().remove(0);
    let header = |name| notify.header(name);
    let (at, nonce) = (header("Wechatpay-Timestamp"), header("Wechatpay-Nonce"));
    assert!(verifies(&pem, at, nonce, &notify.body, header("Wechatpay-Signature")));
    let plain = open_resource(&notify.json()["resource"]);
    assert_eq!((&plain["amount"]["total"], &plain["appid"]), (&json!(12_345), &json!(MINI)));
    assert_eq!(plain["transaction_id"], paid.transaction_id);
    assert_eq!(scene.sim.waiting(Family::Notify), 0);
    assert_eq!(scene.sim.book().taken_fen(MCHID), 12_345);
    assert_eq!(scene.sim.inbox(scene.person)[0].title, "微信支付凭证");
}

#[actix_web::test]
async fn every_part_of_the_authorization_is_checked() {
    let scene = Scene::new().await;
    let merchant = &scene.merchant;
    let body = scene.order("ORDER0001", 100).to_string();
    let (target, now_s) = ("/v3/pay/transactions/jsapi", START_MS / 1000);
    let sign = |body: &str, at_s: i64, nonce: &str| merchant.authorization("POST", target, body, at_s, nonce);
    let good = sign(&body, now_s - 299, "N1");
    assert_eq!(merchant.send("POST", target, &body, &good).await.status, 200);
    for (case, authorization) in [
        ("nonce used twice", good),
        ("another body signed", sign("{}", now_s, "N2")),
        ("clock behind", sign(&body, now_s - 301, "N3")),
        ("clock ahead", sign(&body, now_s + 301, "N4")),
        ("other serial", sign(&body, now_s, "N5").replace("serial_no=\"", "serial_no=\"0")),
        ("other merchant", sign(&body, now_s, "N6").replace(MCHID, "1900000002")),
        ("path without query signed", merchant.authorization("POST", "/v3/pay", &body, now_s, "N7")),
        ("nothing", String::new()),
    ] {
        let answer = merchant.send("POST", target, &body, &authorization).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "SIGN_ERROR"), "{case}");
        assert_eq!(answer.header("Wechatpay-Signature"), "", "{case}");
    }
}

#[actix_web::test]
async fn the_same_number_is_the_same_order_or_refused() {
    let scene = Scene::new().await;
    let order = scene.order("ORDER0001", 100);
    let first = scene.merchant.prepay(&order).await.json();
    let again = scene.merchant.prepay(&order).await.json();
    assert_ne!(first["prepay_id"], again["prepay_id"]);
    let other = scene.merchant.prepay(&scene.order("ORDER0001", 101)).await;
    assert_eq!((other.status, other.code().as_str()), (403, "OUT_TRADE_NO_USED"));
    assert!(other.header("Request-ID").ends_with("268498688"));
    let close = "/v3/pay/transactions/out-trade-no/ORDER0001/close";
    for _ in 0..2 {
        assert_eq!(scene.merchant.call("POST", close, &json!({ "mchid": MCHID })).await.status, 204);
    }
    assert_eq!(scene.merchant.prepay(&order).await.code(), "ORDER_CLOSED");
    scene.paid("ORDER0002", 100).await;
    assert_eq!(scene.merchant.prepay(&scene.order("ORDER0002", 100)).await.code(), "ORDERPAID");
    let close = scene.merchant.call("POST", &close.replace("0001", "0002"), &json!({ "mchid": MCHID })).await;
    assert_eq!((close.status, close.code().as_str()), (400, "ORDERPAID"));
    let unknown = scene.merchant.call("GET", &query("ORDER0003"), &Value::Null).await;
    assert_eq!((unknown.status, unknown.code().as_str()), (404, "ORDER_NOT_EXIST"));
}

#[actix_web::test]
async fn fields_of_an_order_are_held_to_their_limits() {
    let scene = Scene::new().await;
    let official = scene.sim.openid(scene.person, client::OFFICIAL).unwrap();
    for (pointer, value, code) in [
        ("/out_trade_no", json!("AB12"), "PARAM_ERROR"),
        ("/out_trade_no", json!("单号000001"), "PARAM_ERROR"),
        ("/amount/total", json!(0), "PARAM_ERROR"),
        ("/amount/total", json!("100"), "PARAM_ERROR"),
        ("/amount/currency", json!("USD"), "PARAM_ERROR"),
        ("/description", json!("长".repeat(128)), "PARAM_ERROR"),
        ("/notify_url", json!("http://example.com/pay"), "PARAM_ERROR"),
        ("/notify_url", json!("https://example.com/pay?a=1"), "PARAM_ERROR"),
        ("/payer/openid", json!("oUnknown"), "PARAM_ERROR"),
        ("/payer/openid", json!(official), "OPENID_MISMATCH"),
        ("/appid", json!("wxother"), "APPID_MCHID_NOT_MATCH"),
        ("/mchid", json!("1900000002"), "PARAM_ERROR"),
    ] {
        let mut order = scene.order("ORDER0001", 100);
        *order.pointer_mut(pointer).unwrap() = value.clone();
        assert_eq!(scene.merchant.prepay(&order).await.code(), code, "{pointer} {value}");
    }
    let mut order = scene.order("ORDER0001", 100);
    order["time_expire"] = json!("2025-11-25T00:00:30+08:00");
    assert_eq!(scene.merchant.prepay(&order).await.code(), "PARAM_ERROR");
}

#[actix_web::test]
async fn a_phone_pays_only_what_is_signed_open_and_its_own() {
    let scene = Scene::new().await;
    let stranger = scene.sim.add_person(None, "13800000002");
    let prepay = scene.merchant.prepay(&scene.order("ORDER0001", 100)).await.json();
    let params = scene.merchant.pay_params(prepay["prepay_id"].as_str().unwrap());
    let refusal = |person, params: &Value| match scene.sim.pay(person, params) {
        Err(SimError::PayRefused { code, .. }) => code,
        _ => "paid",
    };
    let mut forged = params.clone();
    forged["nonceStr"] = json!("other");
    assert_eq!(refusal(scene.person, &forged), "PAY_SIGN");
    assert_eq!(refusal(stranger, &params), "NOT_PAYER");
    scene.sim.clock().advance_ms(2 * 3600 * 1000);
    assert_eq!(refusal(scene.person, &params), "PREPAY_EXPIRED");
    scene.sim.clock().set_ms(START_MS);
    assert_eq!(refusal(scene.person, &params), "paid");
    assert_eq!(refusal(scene.person, &params), "ORDERPAID");
    scene.merchant.prepay(&scene.order("ORDER0002", 100)).await;
    scene.sim.clock().advance_ms(7 * 24 * 3600 * 1000);
    assert_eq!(scene.sim.order(MCHID, "ORDER0002").unwrap().state, OrderState::Closed);
    assert!(scene.sim.pay_order(scene.person, MCHID, "ORDER0002").is_err());
}

#[actix_web::test]
async fn notifies_are_retried_by_the_schedule_until_acknowledged() {
    let scene = Scene::new().await;
    scene.paid("ORDER0001", 100).await;
    scene.listener.answers(500, r#"{"code":"FAIL","message":"x"}"#);
    let mut waits_s = Vec::new();
    while let Some(due_ms) = scene.sim.next_due_ms(Family::Notify) {
        waits_s.push((due_ms - scene.sim.clock().now_ms()) / 1000);
        scene.sim.clock().set_ms(due_ms);
        assert_eq!(scene.sim.deliver_notifies().await.len(), 1);
    }
    let published = [0, 15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10_800, 10_800, 10_800, 21_600, 21_600];
    assert_eq!(waits_s, published);
    assert_eq!(scene.listener.take().len(), 16);

    scene.paid("ORDER0002", 100).await;
    assert_eq!(scene.sim.deliver_notifies().await[0].status, Some(500));
    scene.listener.answers(204, "");
    assert!(scene.sim.deliver_notifies().await.is_empty(), "not due yet");
    scene.sim.clock().advance_ms(15_000);
    let delivered = scene.sim.deliver_notifies().await;
    assert_eq!((delivered[0].attempt, delivered[0].acknowledged), (2, true));
    assert_eq!(scene.sim.waiting(Family::Notify), 0);
}

#[actix_web::test]
async fn notifies_are_lost_doubled_forged_and_falsified_on_demand() {
    let scene = Scene::new().await;
    let pem = scene.sim.platform_public_key().1;
    scene.paid("ORDER0001", 100).await;
    let deliver = async |trick: Trick| {
        scene.sim.mischief().once(Endpoint::Notify, trick);
        scene.listener.answers(500, "");
        scene.sim.clock().set_ms(scene.sim.next_due_ms(Family::Notify).unwrap());
        let rows = scene.sim.deliver_notifies().await;
        (rows, scene.listener.take())
    };
    let (rows, received) = deliver(Trick::Drop).await;
    assert_eq!((rows[0].status, received.len()), (None, 0));
    let (rows, received) = deliver(Trick::Duplicate { copies: 3 }).await;
    assert_eq!((rows.len(), received.len()), (3, 3));
    let fine = |received: &client::Received| {
        let header = |name| received.header(name);
        let (at, nonce) = (header("Wechatpay-Timestamp"), header("Wechatpay-Nonce"));
        verifies(&pem, at, nonce, &received.body, header("Wechatpay-Signature"))
    };
    assert!(received.iter().all(fine));
    assert!(!fine(&deliver(Trick::Forge).await.1[0]));
    let probe = deliver(Trick::SignTest).await.1.remove(0);
    assert!(!fine(&probe) && probe.header("Wechatpay-Signature").starts_with("WECHATPAY/SIGNTEST/"));
    let stale = deliver(Trick::StaleTimestamp { by_s: -301 }).await.1.remove(0);
    assert!(fine(&stale));
    let at_s: i64 = stale.header("Wechatpay-Timestamp").parse().unwrap();
    assert_eq!(at_s, scene.sim.clock().now_s() - 301);
    let wrong = deliver(Trick::WrongAmount { total_fen: 1 }).await.1.remove(0);
    assert!(fine(&wrong));
    assert_eq!(open_resource(&wrong.json()["resource"])["amount"]["total"], 1);
    let other = deliver(Trick::OtherMchid).await.1.remove(0);
    assert_ne!(open_resource(&other.json()["resource"])["mchid"], MCHID);
    let switched = deliver(Trick::SwitchSerial).await.1.remove(0);
    assert_eq!(switched.header("Wechatpay-Serial"), scene.sim.platform_certificate().0);
}

#[actix_web::test]
async fn deliveries_are_delayed_and_turned_round_on_demand() {
    let scene = Scene::new().await;
    scene.paid("ORDER0001", 100).await;
    scene.paid("ORDER0002", 200).await;
    scene.sim.mischief().once(Endpoint::Notify, Trick::Reorder);
    let keys: Vec<String> = scene.sim.deliver_notifies().await.into_iter().map(|row| row.key).collect();
    assert_eq!(keys, ["ORDER0002", "ORDER0001"]);
    scene.paid("ORDER0003", 300).await;
    scene.sim.mischief().once_for("ORDER0003", Endpoint::Notify, Trick::Delay { by_ms: 60_000 });
    assert!(scene.sim.deliver_notifies().await.is_empty());
    scene.sim.clock().advance_ms(60_000);
    assert_eq!(scene.sim.deliver_notifies().await[0].attempt, 1);
}

#[actix_web::test]
async fn an_answer_may_be_missing_although_the_order_was_made() {
    let scene = Scene::new().await;
    let mischief = scene.sim.mischief();
    for (trick, status, made) in [
        (Trick::TimeoutBefore, 504, false),
        (Trick::TimeoutAfter, 504, true),
        (Trick::StatusBefore { status: 502 }, 502, false),
        (Trick::StatusAfter { status: 500 }, 500, true),
        (Trick::TooMany, 429, false),
        (Trick::Accepted, 202, true),
        (Trick::Refuse { status: 500, code: "SYSTEM_ERROR".to_owned() }, 500, false),
        (Trick::RefuseAfter { status: 500, code: "SYSTEM_ERROR".to_owned() }, 500, true),
    ] {
        let number = format!("ORDER{}", scene.merchant.nonce());
        mischief.once(Endpoint::PayPrepay, trick.clone());
        assert_eq!(scene.merchant.prepay(&scene.order(&number, 100)).await.status, status, "{trick:?}");
        let found = scene.merchant.call("GET", &query(&number), &Value::Null).await.status == 200;
        assert_eq!(found, made, "{trick:?}");
    }
    mischief.once(Endpoint::PayPrepay, Trick::SignTest);
    let answer = scene.merchant.prepay(&scene.order("ORDER9999", 100)).await;
    assert!(answer.header("Wechatpay-Signature").starts_with("WECHATPAY/SIGNTEST/"));
    assert!(mischief.pending().is_empty());
}

#[actix_web::test]
async fn the_notify_can_overtake_the_prepay_answer() {
    let scene = Scene::new().await;
    scene.sim.mischief().once(Endpoint::PayPrepay, Trick::Hold);
    let order = scene.order("ORDER0001", 100);
    let (answer, ()) = futures_join(scene.merchant.prepay(&order), async {
        scene.sim.until_held(1).await;
        scene.sim.pay_order(scene.person, MCHID, "ORDER0001").unwrap();
        assert!(scene.sim.deliver_notifies().await[0].acknowledged);
        scene.sim.release_holds();
    })
    .await;
    assert_eq!(answer.status, 200);
}

async fn futures_join<A, B>(one: impl Future<Output = A>, two: impl Future<Output = B>) -> (A, B) {
    tokio::join!(one, two)
}

#[actix_web::test]
async fn a_close_can_lose_the_race_against_the_payer() {
    let scene = Scene::new().await;
    scene.merchant.prepay(&scene.order("ORDER0001", 100)).await;
    scene.sim.mischief().once(Endpoint::PayClose, Trick::PaidBeforeClose);
    let close = "/v3/pay/transactions/out-trade-no/ORDER0001/close";
    assert_eq!(scene.merchant.call("POST", close, &json!({ "mchid": MCHID })).await.code(), "ORDERPAID");
    assert_eq!(scene.sim.order(MCHID, "ORDER0001").unwrap().state, OrderState::Success);
    assert_eq!(scene.sim.book().taken_fen(MCHID), 100);
}

fn refund(number: &str, refund_fen: i64, scene: &Scene) -> Value {
    json!({
        "out_trade_no": "ORDER0001",
        "out_refund_no": number,
        "notify_url": scene.listener.url,
        "amount": { "refund": refund_fen, "total": 1000, "currency": "CNY" },
    })
}

#[actix_web::test]
async fn refunds_are_idempotent_summed_and_finished_later() {
    let scene = Scene::new().await;
    let path = "/v3/refund/domestic/refunds";
    let ask = async |number: &str, fen: i64| scene.merchant.call("POST", path, &refund(number, fen, &scene)).await;
    assert_eq!(ask("R1", 400).await.status, 404);
    scene.paid("ORDER0001", 1000).await;
    scene.sim.deliver_notifies().await;
    scene.listener.take();
    let first = ask("R1", 400).await.json();
    assert_eq!(first["status"], "PROCESSING");
    assert_eq!(ask("R1", 400).await.json()["refund_id"], first["refund_id"]);
    assert_eq!(ask("R1", 401).await.code(), "INVALID_REQUEST");
    assert_eq!(ask("R2", 601).await.code(), "INVALID_REQUEST");
    assert_eq!(ask("R2", 600).await.code(), "FREQUENCY_LIMITED");
    scene.sim.clock().advance_ms(60_000);
    scene.sim.mischief().once(Endpoint::PayRefund, Trick::NotEnough);
    assert_eq!(ask("R2", 600).await.code(), "NOT_ENOUGH");
    assert_eq!(ask("R2", 600).await.status, 200);
    scene.sim.clock().advance_ms(1000);
    let whats: Vec<String> = scene.sim.deliver_notifies().await.into_iter().map(|row| row.what).collect();
    assert_eq!(whats, ["REFUND.SUCCESS", "REFUND.SUCCESS"]);
    let told = open_resource(&scene.listener.take()[0].json()["resource"]);
    assert_eq!((&told["refund_status"], &told["amount"]["refund"]), (&json!("SUCCESS"), &json!(400)));
    let book = scene.sim.book();
    assert_eq!((book.given_back_fen(MCHID), book.kept_fen(MCHID, "ORDER0001")), (1000, 0));
    let order = scene.merchant.call("GET", &query("ORDER0001"), &Value::Null).await.json();
    assert_eq!(order["trade_state"], "REFUND");
}

#[actix_web::test]
async fn a_refund_can_end_abnormal_and_gives_nothing_back() {
    let scene = Scene::new().await;
    scene.paid("ORDER0001", 1000).await;
    scene.sim.deliver_notifies().await;
    scene.sim.mischief().once(Endpoint::PayRefund, Trick::RefundAbnormal);
    scene.merchant.call("POST", "/v3/refund/domestic/refunds", &refund("R1", 1000, &scene)).await;
    scene.sim.clock().advance_ms(1000);
    assert_eq!(scene.sim.deliver_notifies().await[0].what, "REFUND.ABNORMAL");
    let told = scene.merchant.call("GET", "/v3/refund/domestic/refunds/R1", &Value::Null).await.json();
    assert_eq!(told["status"], "ABNORMAL");
    assert_eq!(scene.sim.refund(MCHID, "R1").unwrap().state, RefundState::Abnormal);
    assert_eq!(scene.sim.book().given_back_fen(MCHID), 0);
}

#[actix_web::test]
async fn certificates_are_served_only_to_merchants_that_have_them() {
    let scene = Scene::with(SimConfig::default(), SignMode::Both).await;
    let answer = scene.merchant.call("GET", "/v3/certificates", &Value::Null).await;
    let entry = &answer.json()["data"][0];
    let (serial, pem) = scene.sim.platform_certificate();
    assert_eq!(entry["serial_no"], serial.as_str());
    assert_eq!(open_resource(&entry["encrypt_certificate"]), json!(pem));
    assert_eq!(answer.header("Wechatpay-Serial"), serial);
    let der = unpem(&pem);
    assert_eq!(&der[..2], [0x30, 0x82]);
    scene.sim.set_sign_mode(MCHID, SignMode::PublicKey).unwrap();
    assert_eq!(scene.merchant.call("GET", "/v3/certificates", &Value::Null).await.status, 404);
}

#[actix_web::test]
async fn the_bill_of_yesterday_can_be_downloaded_once_it_is_ready() {
    let scene = Scene::new().await;
    scene.paid("ORDER0001", 1000).await;
    scene.sim.deliver_notifies().await;
    scene.merchant.call("POST", "/v3/refund/domestic/refunds", &refund("R1", 300, &scene)).await;
    let path = "/v3/bill/tradebill?bill_date=2025-11-25&bill_type=ALL";
    assert_eq!(scene.merchant.call("GET", path, &Value::Null).await.code(), "STATEMENT_CREATING");
    scene.sim.clock().advance_ms(34 * 3600 * 1000);
    let link = scene.merchant.call("GET", path, &Value::Null).await.json();
    let url = link["download_url"].as_str().unwrap();
    let file = scene.merchant.call("GET", url.strip_prefix(&scene.merchant.base).unwrap(), &Value::Null).await;
    let text = String::from_utf8(file.body.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5);
    assert_eq!((lines[1].split(",`").count(), lines[2].split(",`").count()), (27, 27));
    assert!(lines[4].starts_with("`2,`10.00,`3.00,"));
    let other = path.replace("11-25", "11-24");
    assert_eq!(scene.merchant.call("GET", &other, &Value::Null).await.code(), "NO_STATEMENT_EXIST");
}

#[tokio::test]
async fn the_pump_delivers_what_falls_due_by_itself() {
    let config = SimConfig { auto_pump: true, ..SimConfig::default() };
    let scene = Scene::with(config, SignMode::PublicKey).await;
    scene.paid("ORDER0001", 100).await;
    scene.listener.heard().await;
    assert_eq!(scene.listener.take().len(), 1);
}

#[actix_web::test]
async fn the_second_host_of_wechat_pay_knows_the_same_orders() {
    let mut scene = Scene::new().await;
    scene.paid("ORDER0001", 100).await;
    scene.merchant.base = scene.sim.urls().pay_failover;
    let told = scene.merchant.call("GET", &query("ORDER0001"), &Value::Null).await.json();
    assert_eq!(told["trade_state"], "SUCCESS");
}
