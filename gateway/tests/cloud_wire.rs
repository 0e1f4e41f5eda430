//! SMS and voice through both clouds: what each end is called.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use chrono::NaiveDate;
use gateway::cloud::{AliyunCloud, AliyunKeys, TencentCloud, TencentKeys};
use gateway::http::{BaseUrl, HttpClient};
use gateway::sms::{AliyunSms, Sms, SmsLookUp, SmsOutcome, SmsRefusal, SmsSender, SmsState, TencentSms};
use gateway::voice::{AliyunVoice, TencentVoice, VoiceCall, VoiceCaller, VoiceLookUp, VoiceOutcome};
use serde_json::{Value, json};
use support::{Act, NOW_S, Stub, answer, http, impatient, nobody, now};

fn tencent(http: HttpClient, base_url: BaseUrl) -> TencentCloud {
    let keys = TencentKeys { secret_id: "AKID1".into(), secret_key: "tencent-secret".into() };
    TencentCloud::new(http, base_url, keys, now())
}

fn aliyun(http: HttpClient, base_url: BaseUrl) -> AliyunCloud {
    let keys = AliyunKeys { access_key_id: "LTAI1".into(), access_key_secret: "aliyun-secret".into() };
    AliyunCloud::new(http, base_url, keys, now())
}

fn sms() -> Sms {
    Sms {
        phone_e164: "+8613800000001".into(),
        sign_name: "阳光物业".into(),
        template_id: "T1".into(),
        params: vec![("month".into(), "11".into()), ("amount".into(), "123.45".into())],
        session: "s1".into(),
    }
}

fn call() -> VoiceCall {
    VoiceCall {
        phone_e164: "+8613800000001".into(),
        template_id: "V1".into(),
        params: vec![("amount".into(), "123.45".into())],
        session: "s1".into(),
        play_times: 9,
    }
}

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
}

fn tencent_status(code: &str) -> String {
    json!({"Response":{"RequestId":"r","SendStatusSet":[{"SerialNo":"8:x","PhoneNumber":"+8613800000001","Fee":1,
        "SessionContext":"s1","Code":code,"Message":"m","IsoCode":"CN"}]}})
    .to_string()
}

async fn by_tencent(status: u16, body: String) -> SmsOutcome {
    let stub = Stub::start(move |_| answer(status, &body)).await;
    TencentSms::new(tencent(http(), stub.base_url()), "14001".into()).send(&sms()).await
}

async fn by_aliyun(status: u16, body: &'static str) -> SmsOutcome {
    let stub = Stub::start(move |_| answer(status, body)).await;
    AliyunSms::new(aliyun(http(), stub.base_url())).send(&sms()).await
}

#[tokio::test]
async fn a_tencent_message_is_signed_and_in_the_published_shape() {
    let stub = Stub::start(|_| answer(200, &tencent_status("Ok"))).await;
    let outcome = TencentSms::new(tencent(http(), stub.base_url()), "14001".into()).send(&sms()).await;
    assert_eq!(outcome, SmsOutcome::Accepted { receipt_id: "8:x".into() });
    let seen = stub.seen.lock().unwrap();
    let request = &seen[0];
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/"));
    assert_eq!(request.headers["x-tc-action"], "SendSms");
    assert_eq!(request.headers["x-tc-version"], "2021-01-11");
    assert_eq!(request.headers["x-tc-timestamp"], NOW_S.to_string());
    assert_eq!(format!("http://{}", request.headers["host"]), stub.address);
    assert!(request.headers["authorization"].starts_with("TC3-HMAC-SHA256 Credential=AKID1/"));
    assert_eq!(
        serde_json::from_str::<Value>(&request.body).unwrap(),
        json!({"PhoneNumberSet":["+8613800000001"],"SmsSdkAppId":"14001","SignName":"阳光物业","TemplateId":"T1",
            "TemplateParamSet":["11","123.45"],"SessionContext":"s1"})
    );
}

#[tokio::test]
async fn a_number_refused_inside_http_200_is_refused() {
    let refused = |code: &str, kind| SmsOutcome::Refused { code: code.into(), kind };
    for (code, kind) in [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", SmsRefusal::Frequency),
        ("FailedOperation.PhoneNumberInBlacklist", SmsRefusal::Blocked),
        ("FailedOperation.InsufficientBalanceInSmsPackage", SmsRefusal::Arrears),
    ] {
        assert_eq!(by_tencent(200, tencent_status(code)).await, refused(code, kind));
    }
    let outer = json!({"Response":{"Error":{"Code":"AuthFailure.SignatureExpire","Message":"m"},"RequestId":"r"}});
    let outcome = by_tencent(200, outer.to_string()).await;
    assert_eq!(outcome, refused("AuthFailure.SignatureExpire", SmsRefusal::OurConfig));
    let unsure = by_tencent(200, tencent_status("InternalError.Timeout")).await;
    assert_eq!(unsure, SmsOutcome::Unknown { reason: "InternalError.Timeout".into() });
    let outer = json!({"Response":{"Error":{"Code":"InternalError.Timeout","Message":"m"},"RequestId":"r"}});
    assert!(matches!(by_tencent(200, outer.to_string()).await, SmsOutcome::Unknown { .. }));
}

#[tokio::test]
async fn an_aliyun_message_is_signed_and_in_the_published_shape() {
    let stub = Stub::start(|_| answer(200, r#"{"Code":"OK","Message":"OK","BizId":"900^0","RequestId":"r"}"#)).await;
    let outcome = AliyunSms::new(aliyun(http(), stub.base_url())).send(&sms()).await;
    assert_eq!(outcome, SmsOutcome::Accepted { receipt_id: "900^0".into() });
    let seen = stub.seen.lock().unwrap();
    let request = &seen[0];
    assert_eq!(request.headers["x-acs-action"], "SendSms");
    assert_eq!(request.headers["x-acs-version"], "2017-05-25");
    assert!(request.headers["authorization"].starts_with("ACS3-HMAC-SHA256 Credential=LTAI1,SignedHeaders=host;"));
    let url = url::Url::parse(&format!("{}{}", stub.address, request.target)).unwrap();
    let query: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!((query["PhoneNumbers"].as_str(), query["OutId"].as_str()), ("13800000001", "s1"));
    assert_eq!(
        serde_json::from_str::<Value>(&query["TemplateParam"]).unwrap(),
        json!({"month":"11","amount":"123.45"})
    );
}

#[tokio::test]
async fn aliyun_refusals_have_their_names() {
    let limited = by_aliyun(200, r#"{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"触发小时级流控Permits:5"}"#).await;
    assert!(matches!(limited, SmsOutcome::Refused { kind: SmsRefusal::Frequency, .. }));
    let wrong_key = by_aliyun(400, r#"{"Code":"SignatureDoesNotMatch","Message":"m"}"#).await;
    assert!(matches!(wrong_key, SmsOutcome::Refused { kind: SmsRefusal::OurConfig, .. }));
}

#[tokio::test]
async fn after_sending_every_doubt_is_unknown_and_a_closed_door_is_not_sent() {
    for (status, body) in [(500, "{}"), (503, ""), (200, "not json"), (200, "{}"), (200, r#"{"Code":"OK"}"#), (302, "")]
    {
        assert!(matches!(by_tencent(status, body.to_owned()).await, SmsOutcome::Unknown { .. }), "{status} {body}");
        assert!(matches!(by_aliyun(status, body).await, SmsOutcome::Unknown { .. }), "{status} {body}");
    }
    let refused_by_server = by_aliyun(500, r#"{"Code":"isv.AMOUNT_NOT_ENOUGH"}"#).await;
    assert!(matches!(refused_by_server, SmsOutcome::Unknown { .. }));
    let silent = Stub::start(|_| Act::Hang).await;
    let sender = AliyunSms::new(aliyun(impatient(), silent.base_url()));
    assert!(matches!(sender.send(&sms()).await, SmsOutcome::Unknown { .. }));
    let sender = TencentSms::new(tencent(impatient(), silent.base_url()), "1".into());
    assert!(matches!(sender.send(&sms()).await, SmsOutcome::Unknown { .. }));
    let closed = TencentSms::new(tencent(http(), nobody().await), "1".into());
    assert!(matches!(closed.send(&sms()).await, SmsOutcome::NotSent { .. }));
    let closed = AliyunVoice::new(aliyun(http(), nobody().await), None);
    assert!(matches!(closed.call(&call()).await, VoiceOutcome::NotSent { .. }));
}

#[tokio::test]
async fn a_doubtful_message_is_looked_up_by_our_session() {
    let stub = Stub::start(|_| {
        answer(
            200,
            r#"{"Response":{"RequestId":"r","PullSmsSendStatusSet":[
            {"SerialNo":"8:w","SessionContext":"s0","ReportStatus":"FAIL","Description":"x"},
            {"SerialNo":"8:x","SessionContext":"s1","ReportStatus":"SUCCESS","Description":"DELIVRD"}]}}"#,
        )
    })
    .await;
    let sender = TencentSms::new(tencent(http(), stub.base_url()), "14001".into());
    let found = sender.look_up("+8613800000001", "s1", day()).await;
    assert_eq!(
        found,
        SmsLookUp::Found { state: SmsState::Delivered, receipt_id: Some("8:x".into()), code: Some("DELIVRD".into()) }
    );
    assert_eq!(sender.look_up("+8613800000001", "s9", day()).await, SmsLookUp::NotFound);
    {
        let seen = stub.seen.lock().unwrap();
        let body: Value = serde_json::from_str(&seen[0].body).unwrap();
        // Midnight in Beijing.
        assert_eq!(body["BeginTime"], json!(1_795_363_200));
        assert_eq!(seen[0].headers["x-tc-action"], "PullSmsSendStatusByPhoneNumber");
    }
    let stub = Stub::start(|_| {
        answer(
            200,
            r#"{"Code":"OK","TotalCount":1,"SmsSendDetailDTOs":{"SmsSendDetailDTO":[
            {"OutId":"s1","SendStatus":2,"ErrCode":"MOBILE_NOT_ON_SERVICE","PhoneNum":"13800000001"}]}}"#,
        )
    })
    .await;
    let sender = AliyunSms::new(aliyun(http(), stub.base_url()));
    let SmsLookUp::Found { state, code, .. } = sender.look_up("+8613800000001", "s1", day()).await else {
        panic!("not found")
    };
    assert_eq!((state, code.as_deref()), (SmsState::Failed, Some("MOBILE_NOT_ON_SERVICE")));
    assert_eq!(sender.look_up("+8613800000001", "s9", day()).await, SmsLookUp::NotFound);
}

#[tokio::test]
async fn a_look_up_that_fails_does_not_say_not_sent() {
    let stub = Stub::start(|_| answer(503, "")).await;
    let sender = AliyunSms::new(aliyun(http(), stub.base_url()));
    assert!(matches!(sender.look_up("+8613800000001", "s1", day()).await, SmsLookUp::Unknown { .. }));
    let sender = TencentSms::new(tencent(http(), nobody().await), "1".into());
    assert!(matches!(sender.look_up("+8613800000001", "s1", day()).await, SmsLookUp::Unknown { .. }));
}

#[tokio::test]
async fn calls_are_accepted_by_both_clouds() {
    let stub =
        Stub::start(|_| answer(200, r#"{"Response":{"SendStatus":{"CallId":"c1","SessionContext":"s1"}}}"#)).await;
    let voice = TencentVoice::new(tencent(http(), stub.base_url()), "15001".into());
    assert_eq!(voice.call(&call()).await, VoiceOutcome::Accepted { call_id: "c1".into() });
    assert_eq!(voice.look_up("c1", day()).await, VoiceLookUp::NotOffered);
    {
        let seen = stub.seen.lock().unwrap();
        assert_eq!(seen[0].headers["x-tc-version"], "2020-09-02");
        let body: Value = serde_json::from_str(&seen[0].body).unwrap();
        assert_eq!((body["PlayTimes"].as_u64(), body["CalledNumber"].as_str()), (Some(3), Some("+8613800000001")));
    }
    let stub = Stub::start(|request| {
        if request.target.contains("CallDetail") || request.headers["x-acs-action"].contains("Query") {
            answer(200, r#"{"Code":"OK","Data":"{\"state\":\"200000\",\"duration\":18}"}"#)
        } else {
            answer(200, r#"{"Code":"OK","CallId":"c2"}"#)
        }
    })
    .await;
    let voice = AliyunVoice::new(aliyun(http(), stub.base_url()), Some("02100000000".into()));
    assert_eq!(voice.call(&call()).await, VoiceOutcome::Accepted { call_id: "c2".into() });
    assert_eq!(voice.look_up("c2", day()).await, VoiceLookUp::Found { is_answered: true, duration_s: 18 });
    assert!(stub.seen.lock().unwrap()[0].target.contains("CalledShowNumber=02100000000"));
}

#[tokio::test]
async fn a_long_session_is_shortened_for_a_call_and_can_be_known_again() {
    let stub = Stub::start(|_| answer(200, r#"{"Code":"OK","CallId":"c2"}"#)).await;
    let voice = AliyunVoice::new(aliyun(http(), stub.base_url()), None);
    let session = "6f9619ff-8b86-d011-b42d-00cf4fc964ff";
    voice.call(&VoiceCall { session: session.into(), ..call() }).await;
    let target = stub.seen.lock().unwrap()[0].target.clone();
    let expected = gateway::voice::aliyun::out_id(session);
    assert!(target.contains(&format!("OutId={expected}&")), "{target}");
    assert!(target.contains("CalledNumber=13800000001") && target.contains("PlayTimes=3"), "{target}");
    assert!(!target.contains("CalledShowNumber"), "none in public mode: {target}");
}

#[tokio::test]
async fn refused_calls_have_their_names() {
    let stub = Stub::start(|_| {
        answer(
            200,
            r#"{"Response":{"Error":{"Code":"FailedOperation.InsufficientBalanceInVoicePackage","Message":"m"},
            "RequestId":"r"}}"#,
        )
    })
    .await;
    let voice = TencentVoice::new(tencent(http(), stub.base_url()), "15001".into());
    assert!(matches!(voice.call(&call()).await, VoiceOutcome::Refused { kind: SmsRefusal::Arrears, .. }));
    let stub = Stub::start(|_| {
        answer(200, r#"{"Response":{"Error":{"Code":"InternalError.AccessUpstreamTimeout","Message":"m"}}}"#)
    })
    .await;
    let voice = TencentVoice::new(tencent(http(), stub.base_url()), "15001".into());
    assert!(matches!(voice.call(&call()).await, VoiceOutcome::Unknown { .. }), "it may ring");
    let stub = Stub::start(|_| answer(400, r#"{"Code":"Throttling.User","Message":"m"}"#)).await;
    let voice = AliyunVoice::new(aliyun(http(), stub.base_url()), None);
    assert!(matches!(voice.call(&call()).await, VoiceOutcome::Refused { kind: SmsRefusal::Busy, .. }));
}
