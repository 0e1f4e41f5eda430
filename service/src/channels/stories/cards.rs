//! The three WeChat channels.

use gateway::Now;
use gateway::wechat::WechatHttp;

use super::outside::client;
use super::*;
use crate::channels::{NotifyChannel, SubscribeChannel, TemplateChannel};
use crate::reminders::Deliver;
use crate::shared::InProcess;
use crate::wechat_apps::WechatApps;

const TOKEN: &str = "/cgi-bin/stable_token";
const SUBSCRIBE: &str = "/cgi-bin/message/subscribe/send";
const NOTIFY: &str = "/cgi-bin/message/subscribe/bizsend";
const TEMPLATE: &str = "/cgi-bin/message/template/send";
const SENT: &str = r#"{"errcode":0,"errmsg":"ok","msgid":77}"#;

/// A moment, as all of a story.
fn now() -> Now {
    Arc::new(|| chrono::DateTime::from_timestamp(1_795_399_200, 0).unwrap())
}

impl Scene {
    fn apps(&self) -> WechatApps {
        let api = Arc::new(WechatHttp::new(client(), self.outside.url("")));
        WechatApps::new(self.fixture.control.clone(), api, Arc::new(InProcess::new()))
    }

    fn token(&self, token: &str) {
        self.outside.answers(TOKEN, 200, &format!(r#"{{"access_token":"{token}","expires_in":7200}}"#));
    }

    async fn to_openid(&self, app_id: &str, template: &str) -> Message {
        let recipient = Recipient::Openid { app_id: app_id.to_owned(), openid: "oPenid".to_owned() };
        self.message(recipient, template).await
    }

    fn subscribe(&self) -> SubscribeChannel {
        SubscribeChannel::new(self.fixture.control.clone(), self.apps(), now())
    }
}

fn json(body: &str) -> serde_json::Value {
    serde_json::from_str(body).unwrap()
}

#[tokio::test]
async fn a_subscribe_message_opens_its_own_page() {
    let scene = Scene::new().await;
    scene.token("t1");
    scene.outside.answers(SUBSCRIBE, 200, SENT);
    let message = scene.to_openid(MINI, "bill_notice").await;
    assert_eq!(scene.subscribe().deliver(&message).await, accepted("77", None));
    let body = json(&scene.outside.asked(SUBSCRIBE)[0].body);
    assert_eq!((&body["touser"], &body["template_id"]), (&"oPenid".into(), &"wx_mini:bill_notice".into()));
    assert_eq!((&body["page"], &body["miniprogram_state"]), (&message.page.as_str().into(), &"formal".into()));
    assert_eq!(body["data"]["amount2"]["value"], "185.29元");
}

#[tokio::test]
async fn a_notify_message_has_a_template_of_its_own_and_leads_to_the_mini_program() {
    let scene = Scene::new().await;
    scene.token("t1");
    scene.outside.answers(NOTIFY, 200, SENT);
    let message = scene.to_openid(SERVICE, "bill_notice_notify").await;
    let channel = NotifyChannel::new(scene.fixture.control.clone(), scene.apps(), now());
    assert_eq!(channel.deliver(&message).await, accepted("77", None));
    let body = json(&scene.outside.asked(NOTIFY)[0].body);
    assert_eq!(body["template_id"], "wx_service:bill_notice_notify");
    assert_eq!((&body["miniprogram"]["appid"], &body["miniprogram"]["pagepath"]), (&MINI.into(), &message.page.into()));
    assert_eq!(body["client_msg_id"], message.client_msg_id);
}

#[tokio::test]
async fn a_stale_token_is_replaced_once_in_every_channel() {
    let scene = Scene::new().await;
    let stale = r#"{"errcode":40001,"errmsg":"invalid credential"}"#;
    let control = scene.fixture.control.clone();
    let channels: [(Box<dyn Deliver>, &str, &str, &str); 3] = [
        (Box::new(TemplateChannel::new(control.clone(), scene.apps(), now())), TEMPLATE, SERVICE, "bill_notice"),
        (Box::new(SubscribeChannel::new(control.clone(), scene.apps(), now())), SUBSCRIBE, MINI, "bill_notice"),
        (Box::new(NotifyChannel::new(control, scene.apps(), now())), NOTIFY, SERVICE, "bill_notice_notify"),
    ];
    for (channel, path, app_id, template) in channels {
        scene.token("t1");
        scene.token("t2");
        scene.outside.answers(path, 200, stale);
        scene.outside.answers(path, 200, SENT);
        let outcome = channel.deliver(&scene.to_openid(app_id, template).await).await;
        assert_eq!(outcome, accepted("77", None), "{path}");
        let asked = scene.outside.asked(path);
        let tokens: Vec<&str> = asked.iter().filter_map(|asked| asked.path.split('=').nth(1)).collect();
        assert_eq!(tokens, ["t1", "t2"], "{path}");
    }
    // Twice stale is no answer about the message.
    let channel = scene.subscribe();
    scene.token("t3");
    scene.token("t4");
    scene.outside.answers(SUBSCRIBE, 200, stale);
    scene.outside.answers(SUBSCRIBE, 200, stale);
    let outcome = channel.deliver(&scene.to_openid(MINI, "bill_notice").await).await;
    assert!(matches!(outcome, Outcome::NotSent { .. }), "{outcome:?}");
}

#[tokio::test]
async fn an_unanswered_subscribe_message_is_unknown_and_asked_once() {
    let scene = Scene::new().await;
    let channel = scene.subscribe();
    scene.token("t1");
    for (status, body) in [(502, ""), (200, "not json"), (200, r#"{"errcode":-1,"errmsg":"system busy"}"#)] {
        scene.outside.answers(SUBSCRIBE, status, body);
        let outcome = channel.deliver(&scene.to_openid(MINI, "bill_notice").await).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{body}: {outcome:?}");
    }
    assert_eq!(scene.outside.asked(SUBSCRIBE).len(), 3);
}

#[tokio::test]
async fn what_wechat_says_of_the_person_and_of_us_is_told_apart() {
    let scene = Scene::new().await;
    let channel = scene.subscribe();
    scene.token("t1");
    for (code, reason) in [
        (43101, Refusal::NoSubscription),
        (43108, Refusal::RateLimited),
        (45009, Refusal::DailyQuota),
        (41030, Refusal::OurConfig),
        (47003, Refusal::OurConfig),
        (43107, Refusal::OurConfig),
        (40003, Refusal::BadRecipient),
    ] {
        scene.outside.answers(SUBSCRIBE, 200, &format!(r#"{{"errcode":{code},"errmsg":"no"}}"#));
        let outcome = channel.deliver(&scene.to_openid(MINI, "bill_notice").await).await;
        assert_eq!(outcome, refused(reason, &code.to_string()));
    }
    scene.outside.answers(SUBSCRIBE, 200, r#"{"errcode":0,"errmsg":"ok"}"#);
    let message = scene.to_openid(MINI, "bill_notice").await;
    let unnumbered = format!("unnumbered:{}", message.client_msg_id);
    assert_eq!(channel.deliver(&message).await, accepted(&unnumbered, None), "WeChat does not always give a number");
}

#[tokio::test]
async fn a_value_that_does_not_fit_names_its_field_and_nothing_is_sent() {
    let scene = Scene::new().await;
    let channel = scene.subscribe();
    let mut message = scene.to_openid(MINI, "bill_notice").await;
    message.wording.amount = "123456789012.00元".to_owned();
    let too_large = refused(Refusal::OurConfig, "field_amount_too_large:amount2");
    assert_eq!(channel.deliver(&message).await, too_large);
    let none = refused(Refusal::OurConfig, "no_template");
    assert_eq!(channel.deliver(&scene.to_openid(MINI, "another").await).await, none);
    assert!(scene.outside.asked("/").is_empty(), "not even a token was fetched");
}
