//! Stories of the messages a person consents to, of who follows, and of what the platform limits.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod client;

use client::{MINI, OFFICIAL, Scene};
use serde_json::{Value, json};
use sim::{Channel, Endpoint, PushMode, Template, Trick};

const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const FIELDS: [(&str, &str); 2] = [("thing1", "小区"), ("amount2", "金额")];

fn message(openid: &str, template_id: &str) -> Value {
    json!({
        "touser": openid,
        "template_id": template_id,
        "data": { "thing1": { "value": "春晓苑" }, "amount2": { "value": "12.00" } },
    })
}

/// A mini program and a service account with a template each, both pushing to the listener.
async fn scene() -> Scene {
    let scene = Scene::new().await;
    for (appid, template) in [(MINI, "S1"), (OFFICIAL, "T1")] {
        scene.sim.add_template(appid, Template::new(template, "账单通知", &FIELDS)).unwrap();
        scene.sim.configure_push(appid, &scene.listener.url, "token", AES_KEY, PushMode::Plain).unwrap();
    }
    scene
}

struct Apis {
    subscribe: String,
    biz: String,
    template: String,
}

async fn apis(scene: &Scene) -> Apis {
    let (mini, official) = (scene.token(MINI, "mini-secret").await, scene.token(OFFICIAL, "official-secret").await);
    let path = |end: &str, token: &str| format!("/cgi-bin/message/{end}?access_token={token}");
    Apis {
        subscribe: path("subscribe/send", &mini),
        biz: path("subscribe/bizsend", &official),
        template: path("template/send", &official),
    }
}

/// The texts of everything pushed until now.
async fn pushed(scene: &Scene) -> Vec<String> {
    scene.sim.deliver_pushes().await;
    scene.listener.take().into_iter().map(|push| String::from_utf8(push.body).unwrap()).collect()
}

#[actix_web::test]
async fn a_service_account_spends_one_consent_per_notice() {
    let scene = scene().await;
    let api = apis(&scene).await.biz;
    let openid = scene.sim.openid(scene.person, OFFICIAL).unwrap();
    let mut body = message(&openid, "T1");
    body["miniprogram"] = json!({ "appid": MINI, "pagepath": "pages/bill?m=abc" });
    body["client_msg_id"] = json!("bill-1");
    assert_eq!(scene.wechat(&api, &body).await["errcode"], 43101);
    scene.sim.grant_subscribe(scene.person, OFFICIAL, "T1", 2).unwrap();
    for errcode in [0, 0, 43101] {
        assert_eq!(scene.wechat(&api, &body).await["errcode"], errcode, "the same id is no protection");
    }
    let sent = scene.sim.book().messages;
    assert_eq!((sent.len(), sent[0].channel), (2, Channel::BizSubscribe));
    assert_eq!(sent[0].mini_appid.as_deref(), Some(MINI));
}

#[actix_web::test]
async fn subscribe_messages_are_refused_for_the_published_reasons_and_cost_no_consent() {
    let scene = scene().await;
    let apis = apis(&scene).await;
    scene.sim.grant_subscribe(scene.person, MINI, "S1", 1).unwrap();
    scene.sim.set_pages(MINI, &["pages/bill"]).unwrap();
    let with = |pointer: &str, value: &str| {
        let mut body = message(&scene.openid, "S1");
        match body.pointer_mut(pointer) {
            Some(found) => *found = json!(value),
            None => body[&pointer[1..]] = json!(value),
        }
        body
    };
    for (body, errcode) in [
        (with("/data/thing1/value", "一二三四五六七八九十一二三四五六七八九十一"), 47003),
        (with("/data/thing1/value", "两行\n文字"), 47003),
        (with("/data/amount2/value", "12元3角"), 47003),
        (with("/template_id", "S9"), 40037),
        (with("/page", "pages/unpublished"), 41030),
        (with("/touser", &scene.sim.openid(scene.person, OFFICIAL).unwrap()), 40003),
        (with("/miniprogram_state", "beta"), 40097),
    ] {
        assert_eq!(scene.wechat(&apis.subscribe, &body).await["errcode"], errcode, "{body}");
    }
    let wrong_account = apis.subscribe.replace("send?", "bizsend?");
    assert_eq!(scene.wechat(&wrong_account, &message(&scene.openid, "S1")).await["errcode"], 48001);
    scene.sim.block_template(MINI, "S1", true).unwrap();
    assert_eq!(scene.wechat(&apis.subscribe, &message(&scene.openid, "S1")).await["errcode"], 43107);
    scene.sim.block_template(MINI, "S1", false).unwrap();
    assert!(scene.sim.book().messages.is_empty());
    assert_eq!(scene.wechat(&apis.subscribe, &with("/page", "pages/bill?m=abc")).await["errcode"], 0);
    assert_eq!(scene.sim.subscribe_credits(scene.person, MINI, "S1"), 0);
}

#[actix_web::test]
async fn a_subscribe_message_can_be_accepted_and_fail_later() {
    let scene = scene().await;
    let api = apis(&scene).await.subscribe;
    scene.sim.grant_subscribe(scene.person, MINI, "S1", 1).unwrap();
    scene.sim.mischief().once(Endpoint::Subscribe, Trick::ReceiptFails { code: "43101".to_owned() });
    let sent = scene.wechat(&api, &message(&scene.openid, "S1")).await;
    assert_eq!(sent["errcode"], 0);
    assert!(pushed(&scene).await.is_empty(), "not yet");
    scene.sim.clock().advance_ms(2000);
    let event: Value = serde_json::from_str(&pushed(&scene).await[0]).unwrap();
    assert_eq!((&event["Event"], &event["List"]["ErrorCode"]), (&json!("subscribe_msg_sent_event"), &json!("43101")));
    assert_eq!(event["List"]["MsgID"], sent["msgid"].to_string());
    assert!(scene.sim.inbox(scene.person).is_empty());
    assert_eq!(scene.sim.subscribe_credits(scene.person, MINI, "S1"), 0, "the consent is gone all the same");
}

#[actix_web::test]
async fn one_tap_can_answer_for_several_templates_and_settings_take_it_back() {
    let scene = scene().await;
    let answers = json!([{ "template_id": "S1", "accept": true }, { "template_id": "S2", "accept": false }]);
    let tap = json!({ "person": scene.person, "appid": MINI, "templates": answers });
    assert_eq!(scene.wechat("/_sim/popup", &tap).await, json!({}));
    let event: Value = serde_json::from_str(&pushed(&scene).await[0]).unwrap();
    assert_eq!(
        (event["List"].as_array().unwrap().len(), &event["List"][1]["SubscribeStatusString"]),
        (2, &json!("reject"))
    );
    let credits = format!("/_sim/credits?person={}&appid={MINI}&template_id=S1", scene.person.0);
    assert_eq!(scene.wechat(&credits, &Value::Null).await, json!({ "credits": 1 }));
    let refuse = json!({ "person": scene.person, "appid": MINI, "template_id": "S1" });
    scene.wechat("/_sim/refuse", &refuse).await;
    let event: Value = serde_json::from_str(&pushed(&scene).await[0]).unwrap();
    assert_eq!(event["Event"], "subscribe_msg_change_event");
    assert_eq!(scene.wechat(&credits, &Value::Null).await, json!({ "credits": 0 }));
}

#[actix_web::test]
async fn a_scanned_code_tells_who_began_to_follow_and_who_came_back() {
    let scene = scene().await;
    let token = scene.token(OFFICIAL, "official-secret").await;
    let create = format!("/cgi-bin/qrcode/create?access_token={token}");
    let scene_str = |word: &str| json!({ "scene": { "scene_str": word } });
    let body = json!({ "expire_seconds": 60, "action_name": "QR_STR_SCENE", "action_info": scene_str("house-1") });
    let code = scene.wechat(&create, &body).await;
    assert_eq!(code["expire_seconds"], 60);
    let (ticket, url) = (code["ticket"].as_str().unwrap(), code["url"].as_str().unwrap());
    scene.sim.scan(scene.person, ticket).unwrap();
    let followed = pushed(&scene).await.remove(0);
    assert!(followed.contains("<Event><![CDATA[subscribe]]></Event>"), "{followed}");
    assert!(followed.contains("<EventKey><![CDATA[qrscene_house-1]]></EventKey>"), "{followed}");
    assert!(followed.contains(&format!("<Ticket><![CDATA[{ticket}]]></Ticket>")), "{followed}");
    let openid = scene.sim.openid(scene.person, OFFICIAL).unwrap();
    let info = format!("/cgi-bin/user/info?access_token={token}&openid={openid}&lang=zh_CN");
    assert_eq!(scene.wechat(&info, &Value::Null).await["qr_scene_str"], "house-1");
    scene.wechat("/_sim/scan", &json!({ "person": scene.person, "code": url })).await;
    let scanned = pushed(&scene).await.remove(0);
    assert!(scanned.contains("<Event><![CDATA[SCAN]]></Event>"), "{scanned}");
    assert!(scanned.contains("<EventKey><![CDATA[house-1]]></EventKey>"), "{scanned}");
    scene.sim.clock().advance_ms(60_000);
    let late = scene.wechat("/_sim/scan", &json!({ "person": scene.person, "code": ticket })).await;
    assert_eq!(late["code"], "UNKNOWN_CODE");
    let forever = json!({ "action_name": "QR_LIMIT_STR_SCENE", "action_info": scene_str(&"x".repeat(64)) });
    let code = scene.wechat(&create, &forever).await;
    assert!(code["ticket"].is_string() && code.get("expire_seconds").is_none());
    let ticket = code["ticket"].as_str().unwrap().replace('=', "%3D");
    let shown = scene.http.get(format!("{}/cgi-bin/showqrcode?ticket={ticket}", scene.sim.urls().wechat));
    let shown = shown.send().await.unwrap();
    assert_eq!(shown.headers()["content-type"], "image/png");
    let long = json!({ "action_name": "QR_LIMIT_STR_SCENE", "action_info": scene_str(&"x".repeat(65)) });
    assert_eq!(scene.wechat(&create, &long).await["errcode"], 40053);
}

#[actix_web::test]
async fn five_followers_fill_three_pages_of_two_and_are_asked_about_at_once() {
    let scene = scene().await;
    let mut openids = Vec::new();
    for number in 1..=5 {
        let person = scene.sim.add_person(None, &format!("1390000000{number}"));
        scene.sim.follow(person, OFFICIAL).unwrap();
        openids.push(scene.sim.openid(person, OFFICIAL).unwrap());
    }
    scene.wechat("/_sim/page-size", &json!({ "openids": 2 })).await;
    let token = scene.token(OFFICIAL, "official-secret").await;
    let (mut seen, mut next, mut sizes) = (Vec::new(), String::new(), Vec::new());
    loop {
        let page = format!("/cgi-bin/user/get?access_token={token}&next_openid={next}");
        let page = scene.wechat(&page, &Value::Null).await;
        assert_eq!(page["total"], 5);
        sizes.push(page["count"].as_u64().unwrap());
        let Some(list) = page["data"]["openid"].as_array() else { break };
        seen.extend(list.iter().map(|openid| openid.as_str().unwrap().to_owned()));
        next = page["next_openid"].as_str().unwrap().to_owned();
    }
    assert_eq!((sizes, seen), (vec![2, 2, 1, 0], openids.clone()));
    let stranger = format!("/cgi-bin/user/get?access_token={token}&next_openid={}", scene.openid);
    assert_eq!(scene.wechat(&stranger, &Value::Null).await["errcode"], 40003);
    let asked: Vec<Value> = openids.iter().map(|openid| json!({ "openid": openid, "lang": "zh_CN" })).collect();
    let batch = format!("/cgi-bin/user/info/batchget?access_token={token}");
    let told = scene.wechat(&batch, &json!({ "user_list": asked })).await;
    assert_eq!(told["user_info_list"].as_array().unwrap().len(), 5);
    let crowd = vec![asked[0].clone(); 101];
    assert_eq!(scene.wechat(&batch, &json!({ "user_list": crowd })).await["errcode"], 40032);
}

#[actix_web::test]
async fn a_quota_set_for_one_account_stops_that_account_and_can_end_early() {
    let scene = scene().await;
    let apis = apis(&scene).await;
    scene.sim.follow(scene.person, OFFICIAL).unwrap();
    let openid = scene.sim.openid(scene.person, OFFICIAL).unwrap();
    let quota = json!({ "appid": OFFICIAL, "endpoint": "template", "daily": 2 });
    assert_eq!(scene.wechat("/_sim/quota", &quota).await, json!({}));
    let mut bad = message(&openid, "T1");
    bad["data"]["amount2"]["value"] = json!("x");
    assert_eq!(scene.wechat(&apis.template, &bad).await["errcode"], 47003, "what is refused is not counted");
    for errcode in [0, 0, 45009] {
        assert_eq!(scene.wechat(&apis.template, &message(&openid, "T1")).await["errcode"], errcode);
    }
    scene.sim.grant_subscribe(scene.person, MINI, "S1", 2).unwrap();
    assert_eq!(scene.wechat(&apis.subscribe, &message(&scene.openid, "S1")).await["errcode"], 0, "another account");
    let exhausted = json!({ "appid": MINI, "endpoint": "subscribe", "exhausted": true });
    scene.wechat("/_sim/quota", &exhausted).await;
    assert_eq!(scene.wechat(&apis.subscribe, &message(&scene.openid, "S1")).await["errcode"], 45009);
    assert_eq!(scene.sim.subscribe_credits(scene.person, MINI, "S1"), 1, "no consent is spent on it");
    let get = apis.template.replace("message/template/send", "openapi/quota/get");
    let told = scene.wechat(&get, &json!({ "cgi_path": "/cgi-bin/message/template/send" })).await;
    assert_eq!(told["quota"], json!({ "daily_limit": 2, "used": 2, "remain": 0 }));
    assert_eq!(scene.wechat(&get, &json!({ "cgi_path": "/no/such" })).await["errcode"], 76021);
    assert_eq!(scene.sim.book().messages.len(), 3);
}

#[actix_web::test]
async fn calls_of_one_minute_are_counted_and_an_account_can_lose_its_token_or_its_line() {
    let scene = scene().await;
    let apis = apis(&scene).await;
    scene.sim.follow(scene.person, OFFICIAL).unwrap();
    let body = message(&scene.sim.openid(scene.person, OFFICIAL).unwrap(), "T1");
    scene.sim.set_minute_quota(OFFICIAL, Some(1)).unwrap();
    for (advance_ms, errcode) in [(0, 0), (0, 45011), (60_000, 0)] {
        scene.sim.clock().advance_ms(advance_ms);
        assert_eq!(scene.wechat(&apis.template, &body).await["errcode"], errcode);
    }
    scene.sim.set_minute_quota(OFFICIAL, None).unwrap();
    let desk = scene.sim.mischief();
    desk.always_for(MINI, Endpoint::AnyWechat, Trick::StatusBefore { status: 502 });
    assert_eq!(scene.wechat(&apis.template, &body).await["errcode"], 0, "the other account is down");
    desk.lift(Endpoint::AnyWechat);
    desk.always_for(OFFICIAL, Endpoint::AnyWechat, Trick::Refuse { status: 200, code: "-1".to_owned() });
    assert_eq!(scene.wechat(&apis.template, &body).await["errcode"], -1);
    desk.clear();
    scene.wechat("/_sim/kill-tokens", &json!({ "appid": OFFICIAL })).await;
    assert_eq!(scene.wechat(&apis.template, &body).await["errcode"], 40001);
    let fresh = self::apis(&scene).await;
    assert_eq!(scene.wechat(&fresh.template, &body).await["errcode"], 0);
}

#[actix_web::test]
async fn a_blocked_template_is_refused_and_what_it_would_have_said_is_listed() {
    let scene = scene().await;
    let api = apis(&scene).await.template;
    scene.sim.follow(scene.person, OFFICIAL).unwrap();
    let openid = scene.sim.openid(scene.person, OFFICIAL).unwrap();
    let block = json!({ "appid": OFFICIAL, "template_id": "T1" });
    scene.wechat("/_sim/block-template", &block).await;
    for _ in 0..2 {
        assert_eq!(scene.wechat(&api, &message(&openid, "T1")).await["errcode"], 43116);
    }
    let query = api.replace("cgi-bin/message/template/send", "wxa/sec/queryblocktmplmsg");
    let ask = async |after: &Value| {
        let body = json!({ "tmpl_msg_id": "T1", "largest_id": after, "limit": 1 });
        scene.wechat(&query, &body).await["msginfo"].clone()
    };
    let first = ask(&json!(0)).await;
    assert_eq!((&first[0]["openid"], &first[0]["title"]), (&json!(openid), &json!("账单通知")));
    let second = ask(&first[0]["id"]).await;
    assert_eq!(second.as_array().unwrap().len(), 1);
    assert_eq!(ask(&second[0]["id"]).await, json!([]));
    assert!(scene.sim.book().messages.is_empty());
}
