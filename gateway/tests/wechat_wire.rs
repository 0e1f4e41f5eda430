//! Calls to the WeChat API: what each end is called.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use gateway::http::BaseUrl;
use gateway::wechat::qr::SHOW_QR_HOST;
use gateway::wechat::{
    AppCredential, BizMessage, MiniProgram, MiniProgramState, QrCode, QrLife, QrRequest, ShippedOrder, ShippingInfo,
    SubscribeMessage, TemplateMessage, WechatApi, WechatError, WechatErrorKind, WechatHttp,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use support::{Act, Stub, answer, http, impatient, nobody};

fn app() -> AppCredential {
    AppCredential { app_id: "wx1".into(), app_secret: "app-secret".into() }
}

fn token() -> SecretString {
    "tok+en/1".into()
}

fn template() -> TemplateMessage {
    TemplateMessage {
        to_openid: "oa-1".into(),
        template_id: "T1".into(),
        url: Some("https://pay.example.com".into()),
        mini_program: None,
        fields: vec![("thing1".into(), "物业服务费".into())],
        client_msg_id: "m-1".into(),
    }
}

async fn api(act: impl Fn(&support::Request) -> Act + Send + Sync + 'static) -> (Stub, WechatHttp) {
    let stub = Stub::start(act).await;
    let api = WechatHttp::new(http(), stub.base_url());
    (stub, api)
}

fn target(stub: &Stub, place: usize) -> String {
    let seen = stub.seen.lock().unwrap();
    format!("{} {}", seen[place].method, seen[place].target)
}

fn body(stub: &Stub) -> Value {
    serde_json::from_str(&stub.seen.lock().unwrap()[0].body).unwrap()
}

#[tokio::test]
async fn a_login_code_becomes_a_session() {
    let stub = Stub::start(|_| Act::Answer {
        status: 200,
        headers: vec![("Content-Type".into(), "text/plain".into())],
        body: r#"{"openid":"o1","session_key":"c2s=","unionid":"u1"}"#.into(),
    })
    .await;
    let app = MiniProgram { app_id: "wx1".into(), app_secret: "app-secret".into(), base_url: stub.base_url() };
    let session = app.api(http()).code2session(&app.credential(), "code-1").await.unwrap();
    assert_eq!((session.openid.as_str(), session.unionid.as_deref()), ("o1", Some("u1")));
    assert_eq!(session.session_key.expose_secret(), "c2s=");
    let expected = "GET /sns/jscode2session?appid=wx1&secret=app-secret&js_code=code-1&grant_type=authorization_code";
    assert_eq!(target(&stub, 0), expected);
    assert!(!format!("{session:?}").contains("o1"));
}

#[tokio::test]
async fn a_token_is_asked_for_in_the_body_and_never_printed() {
    let (stub, api) = api(|_| answer(200, r#"{"access_token":"AT","expires_in":7200}"#)).await;
    let got = api.stable_token(&app(), true).await.unwrap();
    assert_eq!((got.token.expose_secret(), got.expires_in_s), ("AT", 7200));
    assert!(!format!("{got:?}").contains("AT\""));
    assert_eq!(target(&stub, 0), "POST /cgi-bin/stable_token");
    assert_eq!(
        body(&stub),
        json!({"grant_type":"client_credential","appid":"wx1","secret":"app-secret","force_refresh":true})
    );
}

#[tokio::test]
async fn a_phone_number_must_be_marked_for_our_app() {
    let number = r#"{"errcode":0,"errmsg":"ok","phone_info":{"phoneNumber":"13800000001","purePhoneNumber":"13800000001",
        "countryCode":86,"watermark":{"timestamp":1637744274,"appid":"wx1"}}}"#;
    let (stub, api) = api(move |_| answer(200, number)).await;
    let got = api.phone_number(&token(), "wx1", "code-1").await.unwrap();
    assert_eq!((got.pure_phone_number.as_str(), got.country_code.as_str()), ("13800000001", "86"));
    assert!(matches!(api.phone_number(&token(), "wx2", "code-1").await, Err(WechatError::Unknown(_))));
    assert_eq!(target(&stub, 0), "POST /wxa/business/getuserphonenumber?access_token=tok%2Ben%2F1");
}

#[tokio::test]
async fn an_accepted_message_has_its_number_as_text() {
    let (stub, api) = api(|_| answer(200, r#"{"errcode":0,"errmsg":"ok","msgid":1864323726461255680}"#)).await;
    assert_eq!(api.send_template(&token(), &template()).await.unwrap().0, "1864323726461255680");
    let message = SubscribeMessage {
        to_openid: "mp-1".into(),
        template_id: "T2".into(),
        page: Some("pages/bill?t=abc".into()),
        state: MiniProgramState::Formal,
        fields: vec![("amount1".into(), "¥12.00".into())],
    };
    assert!(api.send_subscribe(&token(), &message).await.unwrap().is_some());
    assert_eq!(target(&stub, 1), "POST /cgi-bin/message/subscribe/send?access_token=tok%2Ben%2F1");
    let seen = stub.seen.lock().unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&seen[1].body).unwrap(),
        json!({"touser":"mp-1","template_id":"T2","page":"pages/bill?t=abc","miniprogram_state":"formal","lang":"zh_CN",
            "data":{"amount1":{"value":"¥12.00"}}})
    );
}

#[tokio::test]
async fn a_refusal_carries_code_kind_and_rid() {
    let (_stub, api) = api(|_| answer(200, r#"{"errcode":43004,"errmsg":"require subscribe rid: 1a-2b-3c"}"#)).await;
    let error = api.send_template(&token(), &template()).await.unwrap_err();
    assert_eq!(error.kind(), WechatErrorKind::NotFollower);
    assert!(matches!(error, WechatError::Refused { errcode: 43004, rid: Some(rid), .. } if rid == "1a-2b-3c"));
}

#[tokio::test]
async fn after_sending_every_doubt_is_unknown() {
    for act in [
        || answer(500, "{}"),
        || answer(502, "<html>"),
        || answer(200, "not json"),
        || answer(200, "[]"),
        || answer(302, ""),
        || Act::Cut,
        || Act::HangUp,
    ] {
        let (_stub, api) = api(move |_| act()).await;
        let error = api.send_template(&token(), &template()).await.unwrap_err();
        assert!(matches!(error, WechatError::Unknown(_)), "{error:?}");
    }
    let (_stub, api) = api(|_| answer(200, r#"{"errcode":0}"#)).await;
    assert!(matches!(api.send_template(&token(), &template()).await, Err(WechatError::Unknown(_))));
    let silent = Stub::start(|_| Act::Hang).await;
    let error = WechatHttp::new(impatient(), silent.base_url()).send_template(&token(), &template()).await.unwrap_err();
    assert!(matches!(error, WechatError::Unknown(_)));
}

#[tokio::test]
async fn a_closed_door_is_not_sent_and_tells_no_secret() {
    let api = WechatHttp::new(http(), nobody().await);
    let error = api.code2session(&app(), "code-1").await.unwrap_err();
    assert!(matches!(error, WechatError::NotSent(_)), "{error:?}");
    let silent = Stub::start(|_| Act::HangUp).await;
    let unknown = WechatHttp::new(http(), silent.base_url()).code2session(&app(), "code-1").await.unwrap_err();
    assert!(!format!("{error:?} {error} {unknown:?}").contains("app-secret"));
}

#[tokio::test]
async fn followers_come_page_by_page_until_none_is_left() {
    let (stub, api) = api(|request| {
        if request.target.contains("next_openid=o2") {
            answer(200, r#"{"total":2,"count":0,"next_openid":""}"#)
        } else {
            answer(200, r#"{"total":2,"count":2,"data":{"openid":["o1","o2"]},"next_openid":"o2"}"#)
        }
    })
    .await;
    let first = api.user_list(&token(), None).await.unwrap();
    assert_eq!((first.openids.len(), first.next_openid.as_deref()), (2, Some("o2")));
    let last = api.user_list(&token(), first.next_openid.as_deref()).await.unwrap();
    assert_eq!((last.openids.len(), last.next_openid), (0, None));
    assert_eq!(target(&stub, 0), "GET /cgi-bin/user/get?access_token=tok%2Ben%2F1");
}

#[tokio::test]
async fn a_follower_a_link_and_a_shipping_report_have_the_published_shape() {
    let (stub, api) = api(|request| match request.target.split('?').next().unwrap() {
        "/cgi-bin/user/info" => answer(
            200,
            r#"{"subscribe":1,"openid":"oa-1","unionid":"u1","subscribe_time":1700000000,"qr_scene_str":"h1"}"#,
        ),
        "/wxa/generate_urllink" => answer(200, r#"{"errcode":0,"url_link":"https://wxaurl.cn/abc"}"#),
        _ => answer(200, r#"{"errcode":0,"errmsg":"ok"}"#),
    })
    .await;
    let info = api.user_info(&token(), "oa-1").await.unwrap();
    assert!(info.is_subscribed);
    assert_eq!((info.unionid.as_deref(), info.qr_scene.as_deref()), (Some("u1"), Some("h1")));
    let link = api.generate_urllink(&token(), "pages/bill", "t=abc", 90).await.unwrap();
    assert_eq!(link, "https://wxaurl.cn/abc");
    let info = ShippingInfo {
        order: ShippedOrder::OutTradeNo { mchid: "19".into(), out_trade_no: "A-000001".into() },
        payer_openid: "o1".into(),
        item_desc: "物业服务费".into(),
        upload_time: chrono::DateTime::parse_from_rfc3339("2026-11-23T10:00:00+08:00").unwrap(),
    };
    api.upload_shipping_info(&token(), &info).await.unwrap();
    let seen = stub.seen.lock().unwrap();
    let body = |place: usize| serde_json::from_str::<Value>(&seen[place].body).unwrap();
    assert_eq!(
        body(1),
        json!({"path":"pages/bill","query":"t=abc","expire_type":1,"expire_interval":30,"env_version":"release"})
    );
    assert_eq!(
        body(2),
        json!({"order_key":{"order_number_type":1,"mchid":"19","out_trade_no":"A-000001"},"logistics_type":3,
            "delivery_mode":1,"shipping_list":[{"item_desc":"物业服务费"}],
            "upload_time":"2026-11-23T10:00:00.000+08:00","payer":{"openid":"o1"}})
    );
}

fn biz() -> BizMessage {
    BizMessage {
        to_openid: "oa-1".into(),
        template_id: "T3".into(),
        page: Some("https://pay.example.com/b".into()),
        mini_program: Some(("wx1".into(), "pages/bill?t=abc".into())),
        fields: vec![("thing1".into(), "物业服务费".into())],
        client_msg_id: Some("m-1".into()),
    }
}

#[tokio::test]
async fn a_subscription_notice_of_the_service_account_has_the_published_shape() {
    let (stub, api) = api(|_| answer(200, r#"{"errcode":0,"errmsg":"ok"}"#)).await;
    assert_eq!(api.send_biz_subscribe(&token(), &biz()).await.unwrap(), None, "no number is promised");
    assert_eq!(target(&stub, 0), "POST /cgi-bin/message/subscribe/bizsend?access_token=tok%2Ben%2F1");
    assert_eq!(
        body(&stub),
        json!({"touser":"oa-1","template_id":"T3","page":"https://pay.example.com/b","client_msg_id":"m-1",
            "miniprogram":{"appid":"wx1","pagepath":"pages/bill?t=abc"},"data":{"thing1":{"value":"物业服务费"}}})
    );
    assert!(!format!("{:?}", biz()).contains("oa-1"));
}

#[tokio::test]
async fn refused_subscribe_messages_say_what_to_do() {
    for (errcode, kind) in [
        (43101, WechatErrorKind::NoSubscription),
        (43107, WechatErrorKind::Banned),
        (43108, WechatErrorKind::Concurrent),
        (47003, WechatErrorKind::OurConfig),
        (41030, WechatErrorKind::OurConfig),
        (45009, WechatErrorKind::DailyQuota),
    ] {
        let (_stub, api) = api(move |_| answer(200, &json!({"errcode":errcode,"errmsg":"x"}).to_string())).await;
        assert_eq!(api.send_biz_subscribe(&token(), &biz()).await.unwrap_err().kind(), kind, "{errcode}");
    }
}

#[tokio::test]
async fn people_are_asked_about_a_hundred_at_a_time() {
    let (stub, api) = api(|_| {
        answer(
            200,
            r#"{"user_info_list":[{"subscribe":1,"openid":"o1","unionid":"u1","qr_scene_str":"h1"},
            {"subscribe":0,"openid":"o2"}]}"#,
        )
    })
    .await;
    let people = api.user_infos(&token(), &["o1".into(), "o2".into()]).await.unwrap();
    assert_eq!((people[0].unionid.as_deref(), people[0].qr_scene.as_deref()), (Some("u1"), Some("h1")));
    assert!(!people[1].is_subscribed && people[1].unionid.is_none());
    assert_eq!(target(&stub, 0), "POST /cgi-bin/user/info/batchget?access_token=tok%2Ben%2F1");
    assert_eq!(body(&stub), json!({"user_list":[{"openid":"o1","lang":"zh_CN"},{"openid":"o2","lang":"zh_CN"}]}));
    assert_eq!(api.user_infos(&token(), &[]).await.unwrap(), []);
    let crowd = vec!["o".to_owned(); 101];
    assert!(matches!(api.user_infos(&token(), &crowd).await, Err(WechatError::NotSent(_))));
    assert_eq!(stub.count(), 1, "neither nobody nor a crowd is asked about");
}

#[tokio::test]
async fn a_code_is_made_for_a_while_or_for_ever_and_shown_by_its_ticket() {
    let made = r#"{"ticket":"gQH4/7zo==","expire_seconds":2592000,"url":"http://weixin.qq.com/q/02abc"}"#;
    let (stub, api) = api(move |_| answer(200, made)).await;
    let week = QrRequest { scene: "h1".into(), life: QrLife::Temporary { seconds: 9_999_999 } };
    let code = api.create_qr(&token(), &week).await.unwrap();
    assert_eq!((code.url.as_str(), code.expires_in_s), ("http://weixin.qq.com/q/02abc", Some(2_592_000)));
    assert_eq!(
        code.show_url(&BaseUrl::parse(SHOW_QR_HOST).unwrap()),
        "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=gQH4%2F7zo%3D%3D"
    );
    api.create_qr(&token(), &QrRequest { scene: "h2".into(), life: QrLife::Permanent }).await.unwrap();
    assert_eq!(target(&stub, 1), "POST /cgi-bin/qrcode/create?access_token=tok%2Ben%2F1");
    let seen = stub.seen.lock().unwrap();
    let body = |place: usize| serde_json::from_str::<Value>(&seen[place].body).unwrap();
    assert_eq!(
        body(0),
        json!({"expire_seconds":2_592_000,"action_name":"QR_STR_SCENE","action_info":{"scene":{"scene_str":"h1"}}})
    );
    assert_eq!(body(1), json!({"action_name":"QR_LIMIT_STR_SCENE","action_info":{"scene":{"scene_str":"h2"}}}));
    let code = QrCode { ticket: "secret".into(), ..code };
    assert!(!format!("{code:?}").contains("secret"));
}

#[tokio::test]
async fn intercepted_messages_are_read_as_one_as_many_and_as_none() {
    let item =
        r#"{"id":2,"tmpl_msg_id":"T1","title":"账单","content":"…","send_timestamp":1788796187,"openid":"oa-1"}"#;
    for (info, ids) in [("[]".to_owned(), vec![]), (item.to_owned(), vec![2]), (format!("[{item},{item}]"), vec![2, 2])]
    {
        let text = format!(r#"{{"errcode":0,"errmsg":"ok","msginfo":{info}}}"#);
        let (stub, api) = api(move |_| answer(200, &text)).await;
        let found = api.blocked_messages(&token(), "T1", 7, 200).await.unwrap();
        assert_eq!(found.iter().map(|message| message.id).collect::<Vec<_>>(), ids);
        assert_eq!(body(&stub), json!({"tmpl_msg_id":"T1","largest_id":7,"limit":100}));
    }
}

#[tokio::test]
async fn the_allowance_of_an_api_is_read() {
    let (stub, api) =
        api(|_| answer(200, r#"{"errcode":0,"errmsg":"ok","quota":{"daily_limit":100000,"used":3,"remain":99997}}"#))
            .await;
    let quota = api.api_quota(&token(), "/cgi-bin/message/template/send").await.unwrap();
    assert_eq!((quota.daily_limit, quota.used, quota.remain), (100_000, 3, 99_997));
    assert_eq!(body(&stub), json!({"cgi_path":"/cgi-bin/message/template/send"}));
}
