//! Stories of texts and calls, told over the wire.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

mod client;

use client::cloud::{SECRET, aliyun, aliyun_signed, scene, tencent};
use serde_json::{Value, json};
use sim::{Endpoint, Family, Trick};

fn text_message(phones: &[&str], amount: &str) -> Value {
    json!({
        "PhoneNumberSet": phones,
        "SmsSdkAppId": "1400000001",
        "TemplateId": "T1",
        "SignName": "邻里物业",
        "TemplateParamSet": ["11月", amount, "Ab3"],
        "SessionContext": "outbox-7",
    })
}

#[actix_web::test]
async fn a_text_is_shown_reported_and_can_be_pulled() {
    let scene = scene().await;
    let base = scene.sim.urls().tencent_sms;
    let sent = tencent(&scene, &base, "SendSms", &text_message(&["+8613800000001"], "12.00"), SECRET).await;
    let row = &sent["SendStatusSet"][0];
    assert_eq!((&row["Code"], &row["SessionContext"]), (&json!("Ok"), &json!("outbox-7")));
    assert_eq!(scene.sim.inbox(scene.person)[0].text, "【邻里物业】11月账单12.00元，点击查看 wxaurl.cn/Ab3");
    assert!(scene.sim.deliver_receipts().await.is_empty());
    scene.sim.clock().advance_ms(2000);
    scene.listener.answers(200, r#"{"result":0,"errmsg":"OK"}"#);
    assert!(scene.sim.deliver_receipts().await[0].acknowledged);
    let report = scene.listener.take().remove(0).json();
    assert_eq!((&report[0]["report_status"], &report[0]["sid"]), (&json!("SUCCESS"), &row["SerialNo"]));
    let pull = json!({ "PhoneNumber": "+8613800000001", "SmsSdkAppId": "1400000001", "BeginTime": 0, "Offset": 0, "Limit": 10 });
    let pulled = tencent(&scene, &base, "PullSmsSendStatusByPhoneNumber", &pull, SECRET).await;
    assert_eq!(pulled["PullSmsSendStatusSet"][0]["SessionContext"], "outbox-7");
}

#[actix_web::test]
async fn a_batch_fails_number_by_number_and_a_wrong_signature_as_a_whole() {
    let scene = scene().await;
    let base = scene.sim.urls().tencent_sms;
    let failing = Trick::NumberFails { code: "FailedOperation.PhoneNumberInBlacklist".to_owned() };
    scene.sim.mischief().once_for("13800000002", Endpoint::TencentSms, failing);
    let phones = ["+8613800000001", "+8613800000002", "+86123"];
    let sent = tencent(&scene, &base, "SendSms", &text_message(&phones, "12.00"), SECRET).await;
    let codes: Vec<&str> = (0..3).map(|row| sent["SendStatusSet"][row]["Code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["Ok", "FailedOperation.PhoneNumberInBlacklist", "InvalidParameterValue.IncorrectPhoneNumber"]);
    let again = tencent(&scene, &base, "SendSms", &text_message(&phones[..1], "12.00"), SECRET).await;
    assert_eq!(again["SendStatusSet"][0]["Code"], "LimitExceeded.PhoneNumberThirtySecondLimit");
    let forged = tencent(&scene, &base, "SendSms", &text_message(&phones, "13.00"), "other").await;
    assert_eq!(forged["Error"]["Code"], "AuthFailure.SignatureFailure");
    assert_eq!(scene.sim.book().telecom.len(), 1);
}

#[actix_web::test]
async fn a_report_can_come_before_the_answer_and_can_say_it_failed() {
    let scene = scene().await;
    scene.listener.answers(200, r#"{"result":0,"errmsg":"OK"}"#);
    scene.sim.mischief().once(Endpoint::TencentSms, Trick::ReceiptFirst);
    scene.sim.set_reachable("13800000001", false);
    let base = scene.sim.urls().tencent_sms;
    tencent(&scene, &base, "SendSms", &text_message(&["+8613800000001"], "12.00"), SECRET).await;
    assert_eq!(scene.listener.take()[0].json()[0]["report_status"], "FAIL");
    assert!(scene.sim.inbox(scene.person).is_empty());
}

#[actix_web::test]
async fn a_call_is_answered_or_rings_out() {
    let scene = scene().await;
    let base = scene.sim.urls().tencent_voice;
    let call = json!({
        "TemplateId": "V1",
        "CalledNumber": "+8613800000001",
        "VoiceSdkAppid": "1400000002",
        "TemplateParamSet": ["春晓苑", "12.00"],
        "SessionContext": "outbox-8",
    });
    scene.listener.answers(200, r#"{"result":0,"errmsg":"ok"}"#);
    for result in ["0", "1"] {
        scene.sim.set_picks_up("13800000001", result == "0");
        let sent = tencent(&scene, &base, "SendTtsVoice", &call, SECRET).await;
        scene.sim.clock().advance_ms(60_000);
        scene.sim.deliver_receipts().await;
        let told = scene.listener.take().remove(0).json();
        assert_eq!(told["voiceprompt_callback"]["result"], result);
        assert_eq!(told["voiceprompt_callback"]["callid"], sent["SendStatus"]["CallId"]);
    }
    assert_eq!(scene.sim.inbox(scene.person).len(), 1);
}

#[actix_web::test]
async fn the_second_vendor_reports_retries_and_can_be_queried() {
    let scene = scene().await;
    let base = scene.sim.urls().aliyun_sms;
    let params = [
        ("PhoneNumbers", "13800000001"),
        ("SignName", "邻里物业"),
        ("TemplateCode", "SMS_1"),
        ("TemplateParam", r#"{"month":"11月","amount":"12.00"}"#),
        ("OutId", "outbox-9"),
    ];
    let sent = aliyun(&scene, &base, "SendSms", &params, "n1").await;
    assert_eq!(sent["Code"], "OK");
    assert_eq!(aliyun(&scene, &base, "SendSms", &params, "n1").await["Code"], "SignatureNonceUsed");
    assert_eq!(aliyun(&scene, &base, "SendSms", &params, "n2").await["Code"], "isv.BUSINESS_LIMIT_CONTROL");
    scene.listener.answers(500, "");
    let mut waits_s = Vec::new();
    while let Some(due_ms) = scene.sim.next_due_ms(Family::Receipt) {
        waits_s.push((due_ms - scene.sim.clock().now_ms()) / 1000);
        scene.sim.clock().set_ms(due_ms);
        scene.sim.deliver_receipts().await;
    }
    assert_eq!(waits_s, [2, 60, 300, 600]);
    let report = scene.listener.take().remove(0).json();
    assert_eq!((&report[0]["biz_id"], &report[0]["out_id"]), (&sent["BizId"], &json!("outbox-9")));
    scene.sim.clock().set_ms(client::START_MS + 10_000);
    let query = [("PhoneNumber", "13800000001"), ("SendDate", "20251125"), ("PageSize", "10"), ("CurrentPage", "1")];
    let details = aliyun(&scene, &base, "QuerySendDetails", &query, "n3").await;
    assert_eq!(details["SmsSendDetailDTOs"]["SmsSendDetailDTO"][0]["SendStatus"], 3);
}

#[actix_web::test]
async fn the_second_vendor_calls_too() {
    let scene = scene().await;
    let base = scene.sim.urls().aliyun_voice;
    let params = [
        ("CalledNumber", "13800000001"),
        ("TtsCode", "TTS_1"),
        ("TtsParam", r#"{"month":"11月","amount":"12.00"}"#),
        ("OutId", "outbox-10"),
    ];
    let called = aliyun(&scene, &base, "SingleCallByTts", &params, "n1").await;
    assert_eq!(called["Code"], "OK");
    scene.sim.clock().advance_ms(20_000);
    scene.listener.answers(200, r#"{"code":0,"msg":"接收成功"}"#);
    assert!(scene.sim.deliver_receipts().await[0].acknowledged);
    let report = scene.listener.take().remove(0).json();
    assert_eq!((&report[0]["duration"], &report[0]["call_id"]), (&json!("12"), &called["CallId"]));
    let detail =
        aliyun(&scene, &base, "QueryCallDetailByCallId", &[("CallId", called["CallId"].as_str().unwrap())], "n2").await;
    assert!(detail["Data"].as_str().unwrap().contains("200000"));
}

#[actix_web::test]
async fn the_second_vendor_takes_no_wrong_signature_and_no_old_date() {
    let scene = scene().await;
    let base = scene.sim.urls().aliyun_sms;
    let params = [("PhoneNumbers", "13800000001")];
    let now_s = scene.sim.clock().now_s();
    let forged = aliyun_signed(&scene, &base, "SendSms", &params, "n1", "other", now_s).await;
    assert_eq!(forged["Code"], "SignatureDoesNotMatch");
    let old_s = now_s - 15 * 60 - 1;
    let old = aliyun_signed(&scene, &base, "SendSms", &params, "n2", SECRET, old_s).await;
    assert_eq!(old["Code"], "InvalidTimeStamp.Expired");
    assert!(scene.sim.book().telecom.is_empty());
}
