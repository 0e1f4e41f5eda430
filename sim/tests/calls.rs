//! Stories of calls and how they end, of vendors that fail, and of failing over from one to the other.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod client;

use client::Scene;
use client::cloud::{SECRET, aliyun, scene, scene_with, tencent};
use serde_json::{Value, json};
use sim::{Channel, Endpoint, Limits, SimConfig, Trick};

const PHONE: &str = "13800000001";

async fn call_tencent(scene: &Scene) -> Value {
    let call = json!({
        "TemplateId": "V1",
        "CalledNumber": "+8613800000001",
        "VoiceSdkAppid": "1400000002",
        "TemplateParamSet": ["春晓苑", "12.00"],
        "SessionContext": "outbox-8",
    });
    tencent(scene, &scene.sim.urls().tencent_voice, "SendTtsVoice", &call, SECRET).await
}

async fn call_aliyun(scene: &Scene, nonce: &str) -> Value {
    let params = [
        ("CalledNumber", PHONE),
        ("TtsCode", "TTS_1"),
        ("TtsParam", r#"{"month":"11月","amount":"12.00"}"#),
        ("OutId", "outbox-10"),
    ];
    aliyun(scene, &scene.sim.urls().aliyun_voice, "SingleCallByTts", &params, nonce).await
}

async fn text_tencent(scene: &Scene) -> Value {
    let message = json!({
        "PhoneNumberSet": ["+8613800000001"],
        "SmsSdkAppId": "1400000001",
        "TemplateId": "T1",
        "SignName": "邻里物业",
        "TemplateParamSet": ["11月", "12.00", "Ab3"],
        "SessionContext": "outbox-7",
    });
    tencent(scene, &scene.sim.urls().tencent_sms, "SendSms", &message, SECRET).await
}

async fn text_aliyun(scene: &Scene, nonce: &str) -> Value {
    let params = [
        ("PhoneNumbers", PHONE),
        ("SignName", "邻里物业"),
        ("TemplateCode", "SMS_1"),
        ("TemplateParam", r#"{"month":"11月","amount":"12.00"}"#),
        ("OutId", "outbox-7"),
    ];
    aliyun(scene, &scene.sim.urls().aliyun_sms, "SendSms", &params, nonce).await
}

/// Everything the vendors post to us next, in order.
async fn told(scene: &Scene) -> Vec<Value> {
    scene.sim.clock().advance_ms(20_000);
    scene.listener.answers(200, r#"{"result":0,"code":0}"#);
    assert!(scene.sim.deliver_receipts().await.iter().all(|row| row.acknowledged));
    scene.listener.take().iter().map(client::Received::json).collect()
}

async fn unlimited() -> Scene {
    let (none, hold_ms) = (Limits::NONE, 20);
    scene_with(SimConfig { voice_limits: none, tencent_voice_limits: none, hold_ms, ..SimConfig::default() }).await
}

#[actix_web::test]
async fn tencent_posts_the_key_the_result_and_the_reason_one_by_one() {
    let scene = unlimited().await;
    let desk = scene.sim.mischief();
    desk.once(Endpoint::TencentVoice, Trick::Answered { talk_s: 61, key: Some("1".to_owned()) });
    let call_id = call_tencent(&scene).await["SendStatus"]["CallId"].clone();
    let posts = told(&scene).await;
    assert_eq!(posts.len(), 2);
    assert_eq!(posts[0]["voicekey_callback"]["keypress"], "1");
    let result = &posts[1]["voiceprompt_callback"];
    assert_eq!((&result["result"], &result["callid"], &result["fee"]), (&json!("0"), &call_id, &json!("2")));
    let second = |name: &str| result[name].as_str().unwrap().parse::<i64>().unwrap();
    assert!(second("start_calltime") < second("accept_time"), "it rings first");
    assert_eq!(second("end_calltime") - second("accept_time"), 61);
    for (trick, code) in [(Trick::Busy, 2), (Trick::NoAnswer, 5)] {
        desk.once_for(PHONE, Endpoint::TencentVoice, trick);
        call_tencent(&scene).await;
        let posts = told(&scene).await;
        assert_eq!(posts[0]["voiceprompt_callback"]["result"], "1");
        assert_eq!(posts[0]["voiceprompt_callback"]["accept_time"], "");
        assert_eq!(posts[1]["voice_failure_callback"]["failure_code"], code);
    }
    assert_eq!(scene.sim.inbox(scene.person).len(), 1, "only the call that was picked up was heard");
}

#[actix_web::test]
async fn aliyun_posts_one_report_with_all_of_it() {
    let scene = unlimited().await;
    let desk = scene.sim.mischief();
    let heard = |talk_s| Trick::Answered { talk_s, key: Some("1".to_owned()) };
    let endings = [
        (heard(30), "200000", "30", "1"),
        (heard(3), "200001", "3", "1"),
        (Trick::Busy, "200002", "0", ""),
        (Trick::NoAnswer, "200003", "0", ""),
        (Trick::ReceiptFails { code: "200004".to_owned() }, "200004", "0", ""),
    ];
    for (place, (trick, code, duration, key)) in endings.into_iter().enumerate() {
        desk.once(Endpoint::AliyunVoice, trick);
        let sent = call_aliyun(&scene, &format!("n{place}")).await;
        let report = told(&scene).await.remove(0)[0].clone();
        assert_eq!((&report["status_code"], &report["call_id"]), (&json!(code), &sent["CallId"]));
        assert_eq!((&report["duration"], &report["dtmf"]), (&json!(duration), &json!(key)));
        assert_eq!(report["b_start_time"] == "", duration == "0");
        assert_eq!(report["out_id"], "outbox-10");
    }
}

#[actix_web::test]
async fn each_vendor_has_its_own_limits_of_calls() {
    let scene = scene().await;
    assert!(call_tencent(&scene).await["SendStatus"].is_object());
    assert_eq!(call_tencent(&scene).await["Error"]["Code"], "LimitExceeded.DeliveryFrequencyLimit");
    assert_eq!(call_aliyun(&scene, "n1").await["Code"], "OK", "the other vendor has not called yet");
    let refused = call_aliyun(&scene, "n2").await;
    assert_eq!(refused["Code"], "isv.BUSINESS_LIMIT_CONTROL");
    assert_eq!(refused["Message"], "触发分钟级流控Permits:1");
    scene.sim.clock().advance_ms(30_000);
    assert!(call_tencent(&scene).await["SendStatus"].is_object());
    assert_eq!(scene.sim.book().telecom.len(), 3, "refused calls are not in the book");
}

#[actix_web::test]
async fn a_call_takes_what_its_vendor_takes_and_no_more() {
    let scene = unlimited().await;
    let base = scene.sim.urls().aliyun_voice;
    let param = r#"{"month":"11月","amount":"12.00"}"#;
    let good = [("CalledNumber", PHONE), ("TtsCode", "TTS_1"), ("TtsParam", param), ("OutId", "outbox-10")];
    let long = format!(r#"{{"month":"{}","amount":"1"}}"#, "一".repeat(249));
    for (place, (name, value, code)) in [
        ("CalledNumber", "+8613800000001", "isv.MOBILE_NUMBER_ILLEGAL"),
        ("TtsCode", "TTS_9", "isv.TTS_TEMPLATE_ILLEGAL"),
        ("TtsParam", r#"{"month":"11月"}"#, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ("TtsParam", r#"{"month":"https://a.cn","amount":"1"}"#, "isv.PARAM_NOT_SUPPORT_URL"),
        ("TtsParam", long.as_str(), "isv.PARAM_LENGTH_LIMIT"),
        ("OutId", "1234567890123456", "isv.PARAM_LENGTH_LIMIT"),
        ("PlayTimes", "4", "isv.INVALID_PARAMETERS"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut params: Vec<(&str, &str)> = good.iter().copied().filter(|(key, _)| *key != name).collect();
        params.push((name, value));
        let answer = aliyun(&scene, &base, "SingleCallByTts", &params, &format!("n{place}")).await;
        assert_eq!(answer["Code"], code, "{name} {value}");
    }
    assert!(scene.sim.book().telecom.is_empty());
}

#[actix_web::test]
async fn when_one_vendor_is_down_the_other_is_not() {
    let scene = scene().await;
    let desk = scene.sim.mischief();
    desk.always(Endpoint::TencentSms, Trick::StatusBefore { status: 503 });
    assert_eq!(text_tencent(&scene).await, Value::Null);
    assert_eq!(text_aliyun(&scene, "n1").await["Code"], "OK");
    desk.lift(Endpoint::TencentSms);
    assert_eq!(text_tencent(&scene).await["SendStatusSet"][0]["Code"], "Ok");
    desk.always_for("LTAI", Endpoint::AliyunSms, Trick::TimeoutBefore);
    desk.always_for("LTAI-of-somebody-else", Endpoint::TencentSms, Trick::TimeoutBefore);
    scene.sim.reset_telecom_limits();
    assert_eq!(text_aliyun(&scene, "n2").await, Value::Null);
    assert_eq!(text_tencent(&scene).await["SendStatusSet"][0]["Code"], "Ok");
    let vendors: Vec<&str> = scene.sim.book().telecom.iter().map(|entry| entry.vendor).collect();
    assert_eq!(vendors, ["aliyun", "tencent", "tencent"]);
}

#[actix_web::test]
async fn a_timeout_after_sending_leaves_a_text_in_the_book_and_a_trace_to_find() {
    let scene = scene().await;
    scene.sim.mischief().once(Endpoint::TencentSms, Trick::TimeoutAfter);
    assert_eq!(text_tencent(&scene).await, Value::Null);
    assert_eq!(scene.sim.book().telecom.len(), 1);
    scene.sim.clock().advance_ms(2_000);
    let pull = json!({ "PhoneNumber": "+8613800000001", "SmsSdkAppId": "1400000001", "BeginTime": 0, "Offset": 0, "Limit": 9 });
    let base = scene.sim.urls().tencent_sms;
    let pulled = tencent(&scene, &base, "PullSmsSendStatusByPhoneNumber", &pull, SECRET).await;
    assert_eq!(pulled["PullSmsSendStatusSet"][0]["SessionContext"], "outbox-7");
}

#[actix_web::test]
async fn an_account_without_money_is_refused_in_the_words_of_its_vendor() {
    let scene = scene().await;
    for account in ["AKID", "LTAI"] {
        scene.sim.set_arrears(account, true);
    }
    let texts = text_tencent(&scene).await;
    assert_eq!(texts["SendStatusSet"][0]["Code"], "FailedOperation.InsufficientBalanceInSmsPackage");
    let calls = call_tencent(&scene).await;
    assert_eq!(calls["Error"]["Code"], "FailedOperation.InsufficientBalanceInVoicePackage");
    assert_eq!(text_aliyun(&scene, "n1").await["Code"], "isv.AMOUNT_NOT_ENOUGH");
    assert_eq!(call_aliyun(&scene, "n2").await["Code"], "isv.AMOUNT_NOT_ENOUGH");
    assert!(scene.sim.book().telecom.is_empty());
    let paid = scene.wechat("/_sim/arrears", &json!({ "account": "AKID", "arrears": false })).await;
    assert_eq!(paid, json!({}));
    assert_eq!(text_tencent(&scene).await["SendStatusSet"][0]["Code"], "Ok");
    let entry = scene.sim.book().telecom.remove(0);
    assert_eq!((entry.account.as_str(), entry.channel), ("AKID", Channel::Sms));
}
