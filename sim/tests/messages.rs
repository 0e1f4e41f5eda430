//! Stories of WeChat logins, messages and pushes, told over the wire.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod client;

use client::{MINI, OFFICIAL, Scene};
use serde_json::{Value, json};
use sim::{Channel, Endpoint, Family, LinkTarget, PushMode, SignMode, SimConfig, Template, Trick};

const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const FIELDS: [(&str, &str); 3] = [("thing1", "小区"), ("amount2", "金额"), ("time3", "到期")];

fn message(openid: &str, client_msg_id: &str) -> Value {
    json!({
        "touser": openid,
        "template_id": "T1",
        "miniprogram": { "appid": MINI, "pagepath": "pages/bill?m=abc" },
        "data": {
            "thing1": { "value": "春晓苑3栋201" },
            "amount2": { "value": "123.45" },
            "time3": { "value": "2025-11-30" },
        },
        "client_msg_id": client_msg_id,
    })
}

/// A follower of a service account with one template, and a function that sends to it.
async fn follower() -> (Scene, String, String) {
    let scene = Scene::new().await;
    scene.sim.add_template(OFFICIAL, Template::new("T1", "缴费提醒", &FIELDS)).unwrap();
    scene.sim.follow(scene.person, OFFICIAL).unwrap();
    let path =
        format!("/cgi-bin/message/template/send?access_token={}", scene.token(OFFICIAL, "official-secret").await);
    let openid = scene.sim.openid(scene.person, OFFICIAL).unwrap();
    (scene, path, openid)
}

#[actix_web::test]
async fn a_login_code_works_once_in_its_own_app_for_five_minutes() {
    let scene = Scene::new().await;
    let session = async |code: &str| {
        let query = format!("appid={MINI}&secret=mini-secret&js_code={code}&grant_type=authorization_code");
        scene.wechat(&format!("/sns/jscode2session?{query}"), &Value::Null).await
    };
    let code = scene.sim.issue_login_code(MINI, scene.person).unwrap();
    let first = session(&code).await;
    assert_eq!(first["openid"], scene.openid.as_str());
    assert_eq!(first["unionid"], scene.sim.person(scene.person).unwrap().unionid.as_str());
    assert_eq!(session(&code).await["errcode"], 40163);
    assert_eq!(session("nonsense").await["errcode"], 40029);
    let foreign = scene.sim.issue_login_code(OFFICIAL, scene.person).unwrap();
    assert_eq!(session(&foreign).await["errcode"], 40029);
    let late = scene.sim.issue_login_code(MINI, scene.person).unwrap();
    scene.sim.clock().advance_ms(5 * 60 * 1000 + 1);
    assert_eq!(session(&late).await["errcode"], 40029);
}

#[actix_web::test]
async fn a_phone_code_tells_the_number_once_with_a_watermark() {
    let scene = Scene::new().await;
    let path = format!("/wxa/business/getuserphonenumber?access_token={}", scene.token(MINI, "mini-secret").await);
    let code = scene.sim.issue_phone_code(scene.person).unwrap();
    let told = scene.wechat(&path, &json!({ "code": code })).await;
    assert_eq!(told["phone_info"]["purePhoneNumber"], "13800000001");
    assert_eq!(told["phone_info"]["watermark"]["appid"], MINI);
    assert_eq!(scene.wechat(&path, &json!({ "code": code })).await["errcode"], 40029);
    let login = scene.sim.issue_login_code(MINI, scene.person).unwrap();
    assert_eq!(scene.wechat(&path, &json!({ "code": login })).await["errcode"], 40029);
    scene.sim.mischief().once(Endpoint::PhoneNumber, Trick::OtherWatermark);
    let code = scene.sim.issue_phone_code(scene.person).unwrap();
    let told = scene.wechat(&path, &json!({ "code": code })).await;
    assert_ne!(told["phone_info"]["watermark"]["appid"], MINI);
}

#[actix_web::test]
async fn tokens_expire_and_can_be_killed() {
    let scene = Scene::new().await;
    let token = scene.token(OFFICIAL, "official-secret").await;
    let list = format!("/cgi-bin/user/get?access_token={token}");
    assert_eq!(scene.wechat(&list, &Value::Null).await["total"], 0);
    scene.sim.kill_tokens(OFFICIAL);
    assert_eq!(scene.wechat(&list, &Value::Null).await["errcode"], 40001);
    let fresh = scene.token(OFFICIAL, "official-secret").await;
    assert_ne!(fresh, token);
    let list = list.replace(&token, &fresh);
    scene.sim.clock().advance_ms(7200 * 1000);
    assert_eq!(scene.wechat(&list, &Value::Null).await["errcode"], 42001);
    let wrong = json!({ "grant_type": "client_credential", "appid": OFFICIAL, "secret": "x" });
    assert_eq!(scene.wechat("/cgi-bin/stable_token", &wrong).await["errcode"], 40125);
}

#[actix_web::test]
async fn a_template_message_is_sent_once_per_client_msg_id_within_ten_minutes() {
    let (scene, path, openid) = follower().await;
    let body = message(&openid, "bill-1");
    let first = scene.wechat(&path, &body).await;
    assert_eq!(first["errcode"], 0);
    scene.sim.clock().advance_ms(10 * 60 * 1000 - 1);
    assert_eq!(scene.wechat(&path, &body).await["msgid"], first["msgid"]);
    assert_eq!(scene.sim.book().messages.len(), 1);
    scene.sim.clock().advance_ms(1);
    assert_ne!(scene.wechat(&path, &body).await["msgid"], first["msgid"]);
    let inbox = scene.sim.inbox(scene.person);
    assert_eq!(inbox.len(), 2);
    assert_eq!((inbox[0].title.as_str(), inbox[0].lines[1].value.as_str()), ("缴费提醒", "123.45"));
    assert_eq!(inbox[0].pagepath.as_deref(), Some("pages/bill?m=abc"));
}

#[actix_web::test]
async fn template_messages_are_refused_for_the_published_reasons() {
    let (scene, path, openid) = follower().await;
    let stranger = scene.sim.add_person(None, "13800000002");
    let other = scene.sim.openid(stranger, OFFICIAL).unwrap();
    let code = async |body: Value| scene.wechat(&path, &body).await["errcode"].clone();
    assert_eq!(code(message(&other, "")).await, 43004);
    assert_eq!(code(message(&scene.openid, "")).await, 40003);
    let mut body = message(&openid, "");
    body["template_id"] = json!("T2");
    assert_eq!(code(body).await, 40037);
    let mut body = message(&openid, "");
    body["data"]["thing1"]["value"] = json!("一二三四五六七八九十一二三四五六七八九十一");
    assert_eq!(code(body).await, 47003);
    let mut body = message(&openid, "");
    body["miniprogram"]["appid"] = json!("wxunknown");
    assert_eq!(code(body).await, 40013);
    let refusal = Trick::Refuse { status: 200, code: "45009".to_owned() };
    scene.sim.mischief().once(Endpoint::Template, refusal);
    assert_eq!(code(message(&openid, "")).await, 45009);
    assert!(scene.sim.book().messages.is_empty());
    assert_eq!(code(message(&openid, "")).await, 0);
}

#[actix_web::test]
async fn an_account_stops_at_its_daily_quota_and_starts_again_at_midnight() {
    let config = SimConfig { template_daily_quota: 1, ..SimConfig::default() };
    let scene = Scene::with(config, SignMode::PublicKey).await;
    scene.sim.add_template(OFFICIAL, Template::new("T1", "缴费提醒", &FIELDS)).unwrap();
    scene.sim.follow(scene.person, OFFICIAL).unwrap();
    let openid = scene.sim.openid(scene.person, OFFICIAL).unwrap();
    for (advance_ms, errcode) in [(0, 0), (0, 45009), (24 * 3600 * 1000, 0)] {
        scene.sim.clock().advance_ms(advance_ms);
        let token = scene.token(OFFICIAL, "official-secret").await;
        let path = format!("/cgi-bin/message/template/send?access_token={token}");
        assert_eq!(scene.wechat(&path, &message(&openid, "")).await["errcode"], errcode);
    }
}

#[actix_web::test]
async fn the_fate_of_a_template_message_is_pushed_later() {
    let (scene, path, openid) = follower().await;
    let url = scene.listener.url.clone();
    scene.sim.configure_push(OFFICIAL, &url, "token", AES_KEY, PushMode::Plain).unwrap();
    assert!(scene.sim.check_push_url(OFFICIAL).await.unwrap());
    scene.sim.mischief().once(Endpoint::Template, Trick::UserBlock);
    let sent = scene.wechat(&path, &message(&openid, "")).await;
    assert_eq!(sent["errcode"], 0);
    assert!(scene.sim.inbox(scene.person).is_empty());
    assert!(scene.sim.deliver_pushes().await.is_empty());
    scene.sim.clock().advance_ms(2000);
    scene.listener.answers(200, "success");
    let rows = scene.sim.deliver_pushes().await;
    assert_eq!((rows[0].what.as_str(), rows[0].acknowledged), ("TEMPLATESENDJOBFINISH", true));
    let xml = String::from_utf8(scene.listener.take().remove(0).body).unwrap();
    assert!(xml.contains("<Status><![CDATA[failed:user block]]></Status>"), "{xml}");
    assert!(xml.contains(&format!("<MsgID><![CDATA[{}]]></MsgID>", sent["msgid"])), "{xml}");
}

#[actix_web::test]
async fn safe_mode_pushes_hold_nothing_in_the_clear_and_are_retried_three_times() {
    let scene = Scene::new().await;
    let url = scene.listener.url.clone();
    scene.sim.configure_push(OFFICIAL, &url, "token", AES_KEY, PushMode::Safe).unwrap();
    scene.listener.answers(500, "");
    scene.sim.follow(scene.person, OFFICIAL).unwrap();
    let mut attempts = 0;
    while let Some(due_ms) = scene.sim.next_due_ms(Family::Push) {
        scene.sim.clock().set_ms(due_ms);
        attempts += scene.sim.deliver_pushes().await.len();
    }
    assert_eq!(attempts, 4);
    let push = scene.listener.take().remove(0);
    let xml = String::from_utf8(push.body).unwrap();
    assert!(xml.contains("<Encrypt>") && !xml.contains("subscribe"), "{xml}");
    assert!(push.query.contains("encrypt_type=aes") && push.query.contains("msg_signature="));
}

#[actix_web::test]
async fn one_tap_is_one_subscribe_message_and_json_lists_single_items_bare() {
    let scene = Scene::new().await;
    let url = scene.listener.url.clone();
    scene.sim.add_template(MINI, Template::new("S1", "账单通知", &[("thing1", "小区")])).unwrap();
    scene.sim.configure_push(MINI, &url, "token", AES_KEY, PushMode::Plain).unwrap();
    let path = format!("/cgi-bin/message/subscribe/send?access_token={}", scene.token(MINI, "mini-secret").await);
    let body = json!({
        "touser": scene.openid,
        "template_id": "S1",
        "page": "pages/bill",
        "data": { "thing1": { "value": "春晓苑" } },
    });
    assert_eq!(scene.wechat(&path, &body).await["errcode"], 43101);
    scene.sim.answer_popup(scene.person, MINI, "S1", true).unwrap();
    scene.sim.deliver_pushes().await;
    let event = scene.listener.take().remove(0).json();
    assert_eq!(event["Event"], "subscribe_msg_popup_event");
    assert_eq!(event["List"]["SubscribeStatusString"], "accept");
    scene.sim.grant_subscribe(scene.person, MINI, "S1", 1).unwrap();
    for errcode in [0, 0, 43101] {
        assert_eq!(scene.wechat(&path, &body).await["errcode"], errcode);
    }
    let inbox = scene.sim.inbox(scene.person);
    assert_eq!((inbox.len(), inbox[0].channel), (2, Channel::Subscribe));
    assert_eq!(inbox[0].mini_appid.as_deref(), Some(MINI));
}

#[actix_web::test]
async fn followers_are_listed_and_joined_by_unionid() {
    let scene = Scene::new().await;
    let token = scene.token(OFFICIAL, "official-secret").await;
    let openid = scene.sim.openid(scene.person, OFFICIAL).unwrap();
    let info = format!("/cgi-bin/user/info?access_token={token}&openid={openid}&lang=zh_CN");
    assert_eq!(scene.wechat(&info, &Value::Null).await["subscribe"], 0);
    scene.sim.follow(scene.person, OFFICIAL).unwrap();
    let told = scene.wechat(&info, &Value::Null).await;
    assert_eq!(told["subscribe"], 1);
    assert_eq!(told["unionid"], scene.sim.person(scene.person).unwrap().unionid.as_str());
    let list = scene.wechat(&format!("/cgi-bin/user/get?access_token={token}&next_openid="), &Value::Null).await;
    assert_eq!(list["data"]["openid"], json!([openid]));
    let next = list["next_openid"].as_str().unwrap();
    let rest = format!("/cgi-bin/user/get?access_token={token}&next_openid={next}");
    assert_eq!(scene.wechat(&rest, &Value::Null).await["count"], 0);
}

#[actix_web::test]
async fn links_lead_to_their_page_until_they_expire() {
    let scene = Scene::new().await;
    let path = format!("/wxa/generate_urllink?access_token={}", scene.token(MINI, "mini-secret").await);
    let body = json!({ "path": "/pages/bill", "query": "m=abc", "expire_type": 1, "expire_interval": 30 });
    let link = scene.wechat(&path, &body).await["url_link"].as_str().unwrap().to_owned();
    let target = LinkTarget { appid: MINI.to_owned(), path: "/pages/bill".to_owned(), query: "m=abc".to_owned() };
    assert_eq!(scene.sim.resolve_link(&link), Some(target));
    let long = json!({ "path": "/pages/bill", "expire_type": 1, "expire_interval": 31 });
    assert_eq!(scene.wechat(&path, &long).await["errcode"], 85401);
    scene.sim.clock().advance_ms(30 * 24 * 3600 * 1000);
    assert_eq!(scene.sim.resolve_link(&link), None);
}

#[tokio::test]
async fn a_person_can_be_played_over_http() {
    let scene = Scene::new().await;
    scene.merchant.prepay(&scene.order("ORDER0001", 100)).await;
    let pay = json!({ "person": scene.person, "mchid": client::MCHID, "out_trade_no": "ORDER0001" });
    assert_eq!(scene.wechat("/_sim/pay-order", &pay).await["total_fen"], 100);
    assert_eq!(scene.wechat("/_sim/pay-order", &pay).await["code"], "ORDERPAID");
    let inbox = scene.wechat(&format!("/_sim/inbox/{}", scene.person.0), &Value::Null).await;
    assert_eq!(inbox[0]["channel"], "payment");
    let rule = json!({ "endpoint": "notify", "trick": { "name": "drop" }, "times": 1 });
    scene.wechat("/_sim/mischief", &rule).await;
    assert_eq!(
        scene.wechat("/_sim/mischief", &Value::Null).await,
        json!([{ "endpoint": "notify", "trick": { "name": "drop" }, "times": 1, "key": null }])
    );
    let delivered = scene.wechat("/_sim/deliver", &json!({})).await;
    assert_eq!((&delivered[0]["status"], &delivered[0]["attempt"]), (&Value::Null, &json!(1)));
    let clock = scene.wechat("/_sim/clock", &json!({ "advance_ms": 15_000 })).await;
    assert_eq!(clock["now_ms"], client::START_MS + 15_000);
    assert_eq!(scene.wechat("/_sim/book", &Value::Null).await["money"][0]["kind"], "taken");
    assert_eq!(scene.wechat("/_sim/nothing", &Value::Null).await["code"], "NO_SUCH_PATH");
}
