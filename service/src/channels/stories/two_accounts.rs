//! The second account is asked when the first certainly did not send, and never otherwise.

use chrono::TimeDelta;

use super::outside::client;
use super::*;
use crate::channels::{CloudVendors, SmsChannel, VoiceChannel};
use crate::reminders::Deliver;

const NO_MONEY: &str = r#"{"Response":{"SendStatusSet":[{"SerialNo":"",
    "Code":"FailedOperation.InsufficientBalanceInSmsPackage"}],"RequestId":"r"}}"#;
const TENCENT_OK: &str = r#"{"Response":{"SendStatusSet":[{"SerialNo":"s1","Code":"Ok"}],"RequestId":"r"}}"#;
const ALIYUN_OK: &str = r#"{"Code":"OK","BizId":"b1","RequestId":"r"}"#;

fn texts(scene: &Scene) -> SmsChannel {
    SmsChannel::new(scene.fixture.control.clone(), scene.outside.vendors(scene.now()))
}

fn calls(scene: &Scene) -> VoiceChannel {
    VoiceChannel::new(scene.fixture.control.clone(), scene.outside.vendors(scene.now()))
}

#[tokio::test]
async fn without_money_the_second_account_sends_by_its_own_template_and_says_so() {
    let scene = Scene::new().await;
    scene.outside.answers("/tencent", 200, NO_MONEY);
    scene.outside.answers("/aliyun", 200, ALIYUN_OK);
    let message = scene.to_phone().await;
    let outcome = texts(&scene).deliver(&message).await;
    assert_eq!(outcome, accepted("b1", Some(scene.sms[1].to_string())));
    let first = &scene.outside.asked("/tencent")[0].body;
    assert!(first.contains(r#""TemplateParamSet":["1-1-102","185.29元","2026年11月26日"]"#), "{first}");
    let second = &scene.outside.asked("/aliyun")[0].path;
    assert!(second.contains("TemplateCode=T-aliyun") && second.contains("185.29%E5%85%83"), "{second}");
    assert!(second.contains(&message.client_msg_id), "the report can be found by it: {second}");
}

#[tokio::test]
async fn an_account_that_failed_comes_second_for_half_a_minute() {
    let scene = Scene::new().await;
    let channel = texts(&scene);
    scene.outside.answers("/tencent", 200, NO_MONEY);
    for _ in 0..2 {
        scene.outside.answers("/aliyun", 200, ALIYUN_OK);
        assert!(matches!(channel.deliver(&scene.to_phone().await).await, Outcome::Accepted { account: Some(_), .. }));
    }
    assert_eq!(scene.outside.asked("/tencent").len(), 1, "the second text did not wait for it");
    // The second account fails now: the first is still better than none.
    scene.outside.answers("/aliyun", 200, r#"{"Code":"isv.AMOUNT_NOT_ENOUGH"}"#);
    scene.outside.answers("/tencent", 200, TENCENT_OK);
    assert_eq!(channel.deliver(&scene.to_phone().await).await, accepted("s1", None));
    scene.fixture.clock.advance_ms(TimeDelta::seconds(31).num_milliseconds());
    scene.outside.answers("/tencent", 200, TENCENT_OK);
    assert_eq!(channel.deliver(&scene.to_phone().await).await, accepted("s1", None));
    assert_eq!(scene.outside.asked("/aliyun").len(), 3);
}

#[tokio::test]
async fn when_nobody_knows_whether_the_first_sent_the_second_stays_silent() {
    let scene = Scene::new().await;
    let unclear = r#"{"Response":{"SendStatusSet":[{"SerialNo":"","Code":"InternalError.Timeout"}],"RequestId":"r"}}"#;
    for (status, body) in [(502, ""), (200, "{"), (200, unclear)] {
        scene.outside.answers("/tencent", status, body);
        let outcome = texts(&scene).deliver(&scene.to_phone().await).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{body}: {outcome:?}");
    }
    assert!(scene.outside.asked("/aliyun").is_empty());
}

#[tokio::test]
async fn what_is_the_persons_own_affair_is_not_tried_again_elsewhere() {
    let scene = Scene::new().await;
    for (code, reason) in [
        ("InvalidParameterValue.IncorrectPhoneNumber", Refusal::BadRecipient),
        ("FailedOperation.PhoneNumberInBlacklist", Refusal::Blocked),
        ("LimitExceeded.PhoneNumberDailyLimit", Refusal::RateLimited),
    ] {
        let body = format!(r#"{{"Response":{{"SendStatusSet":[{{"SerialNo":"","Code":"{code}"}}],"RequestId":"r"}}}}"#);
        scene.outside.answers("/tencent", 200, &body);
        assert_eq!(texts(&scene).deliver(&scene.to_phone().await).await, refused(reason, code));
    }
    assert!(scene.outside.asked("/aliyun").is_empty());
}

#[tokio::test]
async fn without_a_connection_or_with_wrong_settings_the_second_account_sends() {
    let scene = Scene::new().await;
    let nobody = gateway::http::BaseUrl::parse("http://127.0.0.1:9").unwrap();
    let vendors = CloudVendors { http: client(), tencent: nobody, ..scene.outside.vendors(scene.now()) };
    let channel = SmsChannel::new(scene.fixture.control.clone(), vendors);
    scene.outside.answers("/aliyun", 200, ALIYUN_OK);
    let by_second = accepted("b1", Some(scene.sms[1].to_string()));
    assert_eq!(channel.deliver(&scene.to_phone().await).await, by_second);

    let wrong = r#"{"Response":{"Error":{"Code":"AuthFailure.SignatureFailure","Message":"x"},"RequestId":"r"}}"#;
    scene.outside.answers("/tencent", 200, wrong);
    scene.outside.answers("/aliyun", 200, ALIYUN_OK);
    assert_eq!(texts(&scene).deliver(&scene.to_phone().await).await, by_second);
}

#[tokio::test]
async fn when_both_fail_what_is_mended_soonest_decides() {
    let scene = Scene::new().await;
    scene.outside.answers("/tencent", 200, NO_MONEY);
    scene.outside.answers("/aliyun", 200, r#"{"Code":"isv.SMS_TEMPLATE_ILLEGAL"}"#);
    let no_money = refused(Refusal::DailyQuota, "FailedOperation.InsufficientBalanceInSmsPackage");
    assert_eq!(texts(&scene).deliver(&scene.to_phone().await).await, no_money, "tomorrow, and not never");
}

#[tokio::test]
async fn a_call_reads_the_bill_in_words_and_has_a_second_account_too() {
    let scene = Scene::new().await;
    let ok = r#"{"Response":{"SendStatus":{"CallId":"c1","SessionContext":"x"},"RequestId":"r"}}"#;
    scene.outside.answers("/tencent", 200, ok);
    let message = scene.to_phone().await;
    assert_eq!(calls(&scene).deliver(&message).await, accepted("c1", None));
    let asked = &scene.outside.asked("/tencent")[0].body;
    assert!(asked.contains("一百八十五元二角九分") && asked.contains("十一月二十六日"), "{asked}");
    assert!(asked.contains(&message.client_msg_id));

    let no_money = r#"{"Response":{"Error":{"Code":"FailedOperation.InsufficientBalanceInVoicePackage",
        "Message":"x"},"RequestId":"r"}}"#;
    scene.outside.answers("/tencent", 200, no_money);
    scene.outside.answers("/aliyun", 200, r#"{"Code":"OK","CallId":"a1"}"#);
    let by_second = accepted("a1", Some(scene.voice[1].to_string()));
    assert_eq!(calls(&scene).deliver(&scene.to_phone().await).await, by_second);
    scene.outside.answers("/tencent", 504, "");
    assert!(matches!(calls(&scene).deliver(&scene.to_phone().await).await, Outcome::Unknown { .. }));
    assert_eq!(scene.outside.asked("/aliyun").len(), 1);
}

#[tokio::test]
async fn a_second_account_without_leave_is_not_asked() {
    let scene = Scene::new().await;
    scene.outside.answers("/tencent", 200, NO_MONEY);
    let message = crate::reminders::Message { may_stand_in: false, ..scene.to_phone().await };
    assert!(!matches!(texts(&scene).deliver(&message).await, Outcome::Accepted { .. }));
    assert_eq!(scene.outside.asked("/aliyun").len(), 0);
}
