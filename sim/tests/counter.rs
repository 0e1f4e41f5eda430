//! Stories of the cash desk and of service providers, told over the wire.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod client;

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use client::{MCHID, MINI, Scene, open_resource};
use serde_json::{Value, json};
use sim::{Endpoint, Family, OrderState, Trick};

const KEY: &str = "192006250b4c09247ec02edce69f6a2d";
const SUB: &str = "1900000109";

/// A request as the older API is asked, signed with `key`.
async fn ask(scene: &Scene, path: &str, fields: &[(&str, &str)], key: &str) -> BTreeMap<String, String> {
    let nonce = scene.merchant.nonce();
    let mut all =
        BTreeMap::from([("appid", MINI), ("mch_id", MCHID), ("nonce_str", &nonce), ("sign_type", "HMAC-SHA256")]);
    all.extend(fields.iter().copied());
    let text: Vec<String> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let text = format!("{}&key={key}", text.join("&"));
    let sign = hex::encode_upper(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), text.as_bytes()));
    let body: String = all.iter().map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
    let body = format!("<xml>{body}<sign>{sign}</sign></xml>");
    let answer = scene.http.post(format!("{}{path}", scene.merchant.base)).body(body).send().await.unwrap();
    let text = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
    let inner = text.strip_prefix("<xml>").unwrap().strip_suffix("</xml>").unwrap();
    let field = |line: &str| {
        let (name, rest) = line.strip_prefix('<').unwrap().split_once('>').unwrap();
        let value = rest.strip_suffix(&format!("</{name}>")).unwrap();
        let value = value.strip_prefix("<![CDATA[").map_or(value, |value| value.strip_suffix("]]>").unwrap());
        (name.to_owned(), value.to_owned())
    };
    inner.lines().map(field).collect()
}

fn scan<'a>(number: &'a str, code: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("body", "fee"),
        ("out_trade_no", number),
        ("total_fee", "100"),
        ("spbill_create_ip", "10.0.0.8"),
        ("auth_code", code),
    ]
}

#[actix_web::test]
async fn the_older_api_has_three_layers_that_fail_by_themselves() {
    let scene = Scene::new().await;
    let code = scene.sim.payment_code(scene.person).unwrap();
    let without = ask(&scene, "/pay/micropay", &scan("ORDER0001", &code), KEY).await;
    assert_eq!(without["return_code"], "FAIL");
    scene.sim.set_api_v2_key(MCHID, KEY).unwrap();
    let forged = ask(&scene, "/pay/micropay", &scan("ORDER0001", &code), "ffffffffffffffffffffffffffffffff").await;
    assert_eq!((forged["return_code"].as_str(), forged["return_msg"].as_str()), ("FAIL", "签名错误"));
    assert!(!forged.contains_key("sign"));
    let paid = ask(&scene, "/pay/micropay", &scan("ORDER0001", &code), KEY).await;
    assert_eq!((paid["return_code"].as_str(), paid["result_code"].as_str()), ("SUCCESS", "SUCCESS"));
    assert_eq!((paid["total_fee"].as_str(), paid["time_end"].as_str()), ("100", "20251125000000"));
    let again = ask(&scene, "/pay/micropay", &scan("ORDER0001", &code), KEY).await;
    assert_eq!((again["result_code"].as_str(), again["err_code"].as_str()), ("FAIL", "ORDERPAID"));
    let unknown = ask(&scene, "/pay/orderquery", &[("out_trade_no", "ORDER0002")], KEY).await;
    assert_eq!(unknown["err_code"], "ORDERNOTEXIST");
    assert_eq!(scene.sim.waiting(Family::Notify), 0);
}

#[actix_web::test]
async fn a_scan_that_waits_for_the_password_is_told_three_ways() {
    let scene = Scene::new().await;
    scene.sim.set_api_v2_key(MCHID, KEY).unwrap();
    scene.sim.mischief().once(Endpoint::PayBarcode, Trick::AsksPassword);
    let code = scene.sim.payment_code(scene.person).unwrap();
    let waiting = ask(&scene, "/pay/micropay", &scan("ORDER0001", &code), KEY).await;
    assert_eq!(waiting["err_code"], "USERPAYING");
    let number = [("out_trade_no", "ORDER0001")];
    assert_eq!(ask(&scene, "/pay/orderquery", &number, KEY).await["trade_state"], "USERPAYING");
    // The newer API tells the same order.
    let path = format!("/v3/pay/transactions/out-trade-no/ORDER0001?mchid={MCHID}");
    assert_eq!(scene.merchant.call("GET", &path, &Value::Null).await.json()["trade_state"], "USERPAYING");
    assert_eq!(ask(&scene, "/secapi/pay/reverse", &number, KEY).await["recall"], "Y");
    scene.sim.clock().advance_ms(15_000);
    assert_eq!(ask(&scene, "/secapi/pay/reverse", &number, KEY).await["recall"], "N");
    assert_eq!(scene.sim.order(MCHID, "ORDER0001").unwrap().state, OrderState::Revoked);
    assert_eq!(scene.sim.book().taken_fen(MCHID), 0);
}

#[actix_web::test]
async fn a_reversed_scan_is_in_the_bill_twice() {
    let scene = Scene::new().await;
    scene.sim.set_api_v2_key(MCHID, KEY).unwrap();
    let code = scene.sim.payment_code(scene.person).unwrap();
    ask(&scene, "/pay/micropay", &scan("ORDER0001", &code), KEY).await;
    scene.sim.clock().advance_ms(60_000);
    ask(&scene, "/secapi/pay/reverse", &[("out_trade_no", "ORDER0001")], KEY).await;
    assert_eq!(scene.sim.book().kept_fen(MCHID, "ORDER0001"), 0);
    scene.sim.clock().advance_ms(34 * 3600 * 1000);
    let path = "/v3/bill/tradebill?bill_date=2025-11-25";
    let link = scene.merchant.call("GET", path, &Value::Null).await.json();
    let url = link["download_url"].as_str().unwrap();
    let file = scene.merchant.call("GET", url.strip_prefix(&scene.merchant.base).unwrap(), &Value::Null).await;
    let text = String::from_utf8(file.body).unwrap();
    let states: Vec<&str> = text.lines().skip(1).take(2).map(|line| line.split(",`").nth(9).unwrap()).collect();
    assert_eq!(states, ["SUCCESS", "REVOKED"]);
}

#[actix_web::test]
async fn a_service_provider_asks_in_its_own_names_and_is_told_in_them() {
    let scene = Scene::new().await;
    let order = json!({
        "sp_appid": MINI, "sp_mchid": MCHID, "sub_mchid": SUB, "description": "物业服务费",
        "out_trade_no": "ORDER0001", "notify_url": scene.listener.url,
        "amount": { "total": 100, "currency": "CNY" }, "payer": { "sp_openid": scene.openid },
    });
    let path = "/v3/pay/partner/transactions/jsapi";
    let stranger = scene.merchant.call("POST", path, &order).await;
    assert_eq!((stranger.status, stranger.code().as_str()), (403, "NO_AUTH"));
    scene.sim.add_sub_merchant(MCHID, SUB, &[]).unwrap();
    assert_eq!(scene.merchant.call("POST", path, &order).await.status, 200);
    scene.sim.pay_order(scene.person, MCHID, "ORDER0001").unwrap();
    scene.sim.deliver_notifies().await;
    let told = open_resource(&scene.listener.take()[0].json()["resource"]);
    assert_eq!(
        (&told["sp_mchid"], &told["sub_mchid"], &told["payer"]),
        (&json!(MCHID), &json!(SUB), &json!({ "sp_openid": scene.openid }))
    );
    assert!(told.get("mchid").is_none() && told.get("appid").is_none());
    let query = |side: &str| {
        format!("/v3/pay/{side}transactions/out-trade-no/ORDER0001?sp_mchid={MCHID}&sub_mchid={SUB}&mchid={MCHID}")
    };
    assert_eq!(scene.merchant.call("GET", &query("partner/"), &Value::Null).await.status, 200);
    assert_eq!(scene.merchant.call("GET", &query(""), &Value::Null).await.status, 404);
    assert_eq!((scene.sim.book().taken_fen(MCHID), scene.sim.book().taken_fen(SUB)), (0, 100));
}
