//! Stories of the book an oracle reads: what was accepted, by whom, for whom, how often, and how far it got.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod client;

use client::cloud::{SECRET, scene, tencent};
use client::{MINI, OFFICIAL, Scene};
use serde_json::{Value, json};
use sim::{AcceptedFilter, Channel, CountBy, DeliveryState, Endpoint, Template, Trick};

async fn followed() -> (Scene, String, String) {
    let scene = scene().await;
    scene.sim.add_template(OFFICIAL, Template::new("T1", "账单通知", &[("thing1", "小区")])).unwrap();
    scene.sim.follow(scene.person, OFFICIAL).unwrap();
    let token = scene.token(OFFICIAL, "official-secret").await;
    let openid = scene.sim.openid(scene.person, OFFICIAL).unwrap();
    (scene, format!("/cgi-bin/message/template/send?access_token={token}"), openid)
}

fn message(openid: &str, client_msg_id: &str) -> Value {
    json!({
        "touser": openid,
        "template_id": "T1",
        "miniprogram": { "appid": MINI, "pagepath": "pages/bill?m=abc" },
        "data": { "thing1": { "value": "春晓苑" } },
        "client_msg_id": client_msg_id,
    })
}

async fn text(scene: &Scene, session: &str) -> Value {
    let body = json!({
        "PhoneNumberSet": ["+8613800000001"],
        "SmsSdkAppId": "1400000001",
        "TemplateId": "T1",
        "SignName": "邻里物业",
        "TemplateParamSet": ["11月", session, "Ab3"],
        "SessionContext": session,
    });
    tencent(scene, &scene.sim.urls().tencent_sms, "SendSms", &body, SECRET).await
}

#[actix_web::test]
async fn every_accepted_message_is_there_once_with_its_sender_receiver_key_and_content() {
    let (scene, path, openid) = followed().await;
    scene.wechat(&path, &message(&openid, "m-1")).await;
    scene.wechat(&path, &message(&openid, "m-1")).await;
    text(&scene, "m-2").await;
    let all = scene.sim.accepted(&AcceptedFilter::default());
    let [card, sms] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((card.number, card.vendor, card.channel), (1, "wechat", Channel::Template));
    assert_eq!((card.account.as_str(), &card.recipient), (OFFICIAL, &openid));
    assert_eq!((card.client_msg_id.as_deref(), card.person), (Some("m-1"), Some(scene.person)));
    assert_eq!((card.fields[0].value.as_str(), card.page.as_deref()), ("春晓苑", Some("pages/bill?m=abc")));
    assert_eq!(card.accepted_at_ms, client::START_MS);
    assert_eq!((sms.number, sms.vendor, sms.account.as_str()), (2, "tencent", "AKID"));
    assert_eq!((sms.recipient.as_str(), sms.client_msg_id.as_deref()), ("13800000001", Some("m-2")));
    assert_eq!((sms.fields[0].key.as_str(), sms.fields[0].value.as_str()), ("1", "11月"));
    assert!(sms.text.contains("11月账单m-2元"), "{}", sms.text);
}

#[actix_web::test]
async fn only_what_the_vendor_took_is_there() {
    let (scene, path, openid) = followed().await;
    let desk = scene.sim.mischief();
    let refusal = Trick::Refuse { status: 200, code: "45009".to_owned() };
    for not_taken in [Trick::TimeoutBefore, Trick::StatusBefore { status: 500 }, Trick::TooMany, refusal] {
        desk.once(Endpoint::Template, not_taken);
        let url = format!("{}{path}", scene.sim.urls().wechat);
        scene.http.post(url).body(message(&openid, "m-1").to_string()).send().await.unwrap();
    }
    assert!(scene.sim.accepted(&AcceptedFilter::default()).is_empty());
    let lie = Trick::RefuseAfter { status: 200, code: "-1".to_owned() };
    for taken in [Trick::TimeoutAfter, Trick::StatusAfter { status: 500 }, lie] {
        desk.once(Endpoint::Template, taken);
        let url = format!("{}{path}", scene.sim.urls().wechat);
        scene.http.post(url).body(message(&openid, "m-1").to_string()).send().await.unwrap();
    }
    assert_eq!(scene.sim.accepted(&AcceptedFilter::default()).len(), 1, "one key, one message");
}

#[actix_web::test]
async fn how_far_a_message_got_follows_the_clock() {
    let (scene, path, openid) = followed().await;
    scene.sim.mischief().once(Endpoint::Template, Trick::UserBlock);
    scene.wechat(&path, &message(&openid, "m-1")).await;
    scene.wechat(&path, &message(&openid, "m-2")).await;
    scene.sim.set_reachable("13800000001", false);
    text(&scene, "m-3").await;
    let states = || {
        let all = scene.sim.accepted(&AcceptedFilter::default());
        all.into_iter().map(|message| (message.state, message.reason)).collect::<Vec<_>>()
    };
    assert_eq!(states(), vec![(DeliveryState::Pending, None); 3]);
    scene.sim.clock().advance_ms(2_000);
    let because = |reason: &str| (DeliveryState::Failed, Some(reason.to_owned()));
    assert_eq!(states(), [because("failed:user block"), (DeliveryState::Delivered, None), because("MK:0001")]);
}

#[actix_web::test]
async fn messages_are_counted_and_read_page_by_page_over_http() {
    let (scene, path, openid) = followed().await;
    for key in ["m-1", "m-2", "m-3"] {
        scene.wechat(&path, &message(&openid, key)).await;
    }
    text(&scene, "m-3").await;
    let get = async |path: &str| scene.wechat(&format!("/_sim/{path}"), &Value::Null).await;
    let counts = get("accepted/counts").await;
    assert_eq!(counts, json!({ "total": 4, "counts": { openid.as_str(): 3, "13800000001": 1 } }));
    assert_eq!(get("accepted/counts?by=channel").await["counts"], json!({ "template": 3, "sms": 1 }));
    assert_eq!(get("accepted/counts?by=client_msg_id").await["counts"]["m-3"], 2);
    assert_eq!(get("accepted/counts?by=person").await["counts"], json!({ scene.person.0.to_string(): 4 }));
    let keyed = AcceptedFilter { channel: Some(Channel::Template), ..AcceptedFilter::default() };
    assert_eq!(scene.sim.accepted_counts(&keyed, CountBy::ClientMsgId)["m-3"], 1);
    let page = get("accepted?limit=3").await;
    assert_eq!((page["messages"].as_array().unwrap().len(), &page["last"], &page["total"]), (3, &json!(3), &json!(4)));
    let rest = get("accepted?after=3").await;
    assert_eq!((rest["messages"].as_array().unwrap().len(), &rest["messages"][0]["vendor"]), (1, &json!("tencent")));
    assert_eq!(get("accepted?vendor=wechat&client_msg_id=m-3").await["messages"][0]["state"], "pending");
    assert_eq!(get("accepted?after=soon").await["code"], "NO_SUCH_PATH");
}
