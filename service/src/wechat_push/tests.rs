//! What pushes lead to, once they are verified.

use async_trait::async_trait;
use gateway::wechat::{QrCode, QrRequest, UserInfo, UserList};
use sea_orm::sea_query::Value;
use uuid::Uuid;

use super::*;
use crate::fixture::{self, Fixture};

const MINI: &str = "wx-mini";
const SERVICE: &str = "wx-service";

/// A WeChat that knows everybody's union id, or gives one answer to every question.
struct Wechat(Option<WechatError>);

#[async_trait]
impl Followers for Wechat {
    async fn page(&self, _: &str, _: Option<&str>) -> Result<UserList, WechatAppError> {
        Err(WechatAppError::Unknown)
    }

    async fn people(&self, _: &str, _: &[String]) -> Result<Vec<UserInfo>, WechatAppError> {
        Err(WechatAppError::Unknown)
    }

    async fn person(&self, _: &str, openid: &str) -> Result<UserInfo, WechatAppError> {
        match &self.0 {
            Some(error) => Err(error.clone().into()),
            None => Ok(UserInfo {
                is_subscribed: true,
                openid: openid.to_owned(),
                unionid: Some(format!("union of {openid}")),
                subscribe_time_s: None,
                subscribe_scene: None,
                qr_scene: None,
            }),
        }
    }

    async fn code(&self, _: &str, _: &QrRequest) -> Result<QrCode, WechatAppError> {
        Err(WechatAppError::Unknown)
    }
}

fn refused(errcode: i64) -> Wechat {
    Wechat(Some(WechatError::Refused { errcode, errmsg: String::new(), rid: None }))
}

fn push(f: &Fixture, key: &str, event: PushEvent) -> PushMessage {
    PushMessage {
        to_user: "gh_1".to_owned(),
        from_openid: "s1".to_owned(),
        create_time_s: f.clock.now().timestamp(),
        event,
        dedup_key: key.to_owned(),
    }
}

async fn said(f: &Fixture, app: &str, wechat: &Wechat, message: &PushMessage) -> Result<(), WechatPushError> {
    take(&f.control, wechat, app, message, f.clock.now()).await
}

async fn sql(f: &Fixture, sql: &str, values: Vec<Value>) {
    f.control.transact("test.sql", async |tx| tx.execute(sql, values).await).await.map(|_: u64| ()).unwrap();
}

async fn number(f: &Fixture, sql: &str) -> i64 {
    f.control.read("test.number", async |tx| tx.value::<i64>(sql, vec![]).await).await.unwrap().unwrap()
}

/// A person and a code made for them.
async fn person_with_code(f: &Fixture, token: &str) -> Uuid {
    let person = Uuid::now_v7();
    sql(f, "INSERT INTO person (id, created_at_ms) VALUES ($1, 0)", vec![person.into()]).await;
    sql(
        f,
        "INSERT INTO wechat_app (app_id, company_id, kind, secret_sealed, created_at_ms) \
         VALUES ($1, $2, 'service_account', $3, 0)",
        vec![SERVICE.into(), f.company_id.uuid().into(), vec![0_u8].into()],
    )
    .await;
    let until_ms = f.clock.now_ms() + 1_000_000;
    sql(
        f,
        "INSERT INTO follow_token (token, app_id, person_id, created_at_ms, expires_at_ms) VALUES ($1, $2, $3, 0, $4)",
        vec![token.into(), SERVICE.into(), person.into(), until_ms.into()],
    )
    .await;
    person
}

fn subscribe(event_key: &str) -> PushEvent {
    PushEvent::Subscribe { event_key: Some(event_key.to_owned()), ticket: None }
}

fn scan(event_key: &str) -> PushEvent {
    PushEvent::Scan { event_key: Some(event_key.to_owned()), ticket: None }
}

const FOLLOWERS: &str = "SELECT COUNT(*) FROM person_wechat WHERE followed";
const JOINED: &str = "SELECT COUNT(*) FROM person_wechat WHERE person_id IS NOT NULL";

#[tokio::test]
async fn whoever_follows_by_a_code_is_joined_even_where_wechat_tells_no_union_id() {
    let f = fixture::project().await;
    person_with_code(&f, "abc").await;
    let message = push(&f, "k1", subscribe("qrscene_abc"));
    said(&f, SERVICE, &refused(48_001), &message).await.unwrap();
    assert_eq!((number(&f, FOLLOWERS).await, number(&f, JOINED).await), (1, 1));
}

#[tokio::test]
async fn a_follower_who_scans_a_code_is_joined_and_an_unknown_code_joins_nobody() {
    let f = fixture::project().await;
    person_with_code(&f, "abc").await;
    said(&f, SERVICE, &Wechat(None), &push(&f, "k1", scan("another"))).await.unwrap();
    assert_eq!((number(&f, FOLLOWERS).await, number(&f, JOINED).await), (1, 0));
    said(&f, SERVICE, &Wechat(None), &push(&f, "k2", scan("abc"))).await.unwrap();
    assert_eq!(number(&f, JOINED).await, 1);
}

#[tokio::test]
async fn a_follow_stands_though_wechat_does_not_answer_and_is_told_again() {
    let f = fixture::project().await;
    let message = push(&f, "k1", PushEvent::Subscribe { event_key: None, ticket: None });
    let silent = Wechat(Some(WechatError::Unknown("timeout".to_owned())));
    let failed = said(&f, SERVICE, &silent, &message).await.unwrap_err();
    assert!(!failed.is_senders(), "WeChat tries again");
    assert_eq!(number(&f, FOLLOWERS).await, 1);
    said(&f, SERVICE, &Wechat(None), &message).await.unwrap();
    assert_eq!(number(&f, "SELECT COUNT(*) FROM person_wechat WHERE union_id = 'union of s1'").await, 1);
    said(&f, SERVICE, &silent, &push(&f, "k2", PushEvent::Unsubscribe)).await.unwrap();
    assert_eq!(number(&f, FOLLOWERS).await, 0);
}

#[tokio::test]
async fn a_subscribe_message_that_failed_later_is_a_delivery_event_of_the_app_that_sent_it() {
    let f = fixture::project().await;
    let item = |msg_id: &str, error_code: &str| SubscribeSentItem {
        template_id: "t1".to_owned(),
        msg_id: msg_id.to_owned(),
        error_code: error_code.to_owned(),
        error_status: "failed".to_owned(),
    };
    let message = push(&f, "k1", PushEvent::SubscribeSent(vec![item("m1", "3"), item("m2", "0")]));
    for _ in 0..2 {
        said(&f, MINI, &Wechat(None), &message).await.unwrap();
    }
    let of = async |receipt: &str, kind: &str| {
        let which = format!("account = '{MINI}' AND receipt_id = '{receipt}' AND kind = '{kind}'");
        number(&f, &format!("SELECT COUNT(*) FROM delivery_event WHERE {which}")).await
    };
    assert_eq!((of("m1", "delivery_failed").await, of("m2", "delivered").await), (1, 1));
    assert_eq!(number(&f, "SELECT COUNT(*) FROM delivery_event").await, 2, "told twice, kept once");
}

#[tokio::test]
async fn taps_give_credits_and_the_settings_take_them_all() {
    let f = fixture::project().await;
    let item = |is_accepted| SubscribeItem { template_id: "t1".to_owned(), is_accepted, popup_scene: None };
    let credits = "SELECT COALESCE(CAST(SUM(credits) AS BIGINT), 0) FROM consent_credit";
    let first = push(&f, "k1", PushEvent::SubscribePopup(vec![item(true)]));
    said(&f, MINI, &Wechat(None), &first).await.unwrap();
    said(&f, MINI, &Wechat(None), &first).await.unwrap();
    assert_eq!(number(&f, credits).await, 1);
    f.clock.advance_ms(5_000);
    said(&f, MINI, &Wechat(None), &push(&f, "k2", PushEvent::SubscribePopup(vec![item(true)]))).await.unwrap();
    assert_eq!(number(&f, credits).await, 2, "two taps of five seconds");
    said(&f, MINI, &Wechat(None), &push(&f, "k3", PushEvent::SubscribePopup(vec![item(false)]))).await.unwrap();
    assert_eq!(number(&f, credits).await, 2, "a refusal in the window takes nothing");
    f.clock.advance_ms(5_000);
    said(&f, MINI, &Wechat(None), &push(&f, "k4", PushEvent::SubscribeChange(vec![item(false)]))).await.unwrap();
    assert_eq!(number(&f, credits).await, 0);
}

#[tokio::test]
async fn whoever_leaves_wechat_is_forgotten() {
    let f = fixture::project().await;
    let follow = push(&f, "k1", PushEvent::Subscribe { event_key: None, ticket: None });
    said(&f, SERVICE, &Wechat(None), &follow).await.unwrap();
    let other = |event: &str| PushEvent::Other { msg_type: "event".to_owned(), event: event.to_owned() };
    said(&f, SERVICE, &Wechat(None), &push(&f, "k2", other("user_info_modified"))).await.unwrap();
    assert_eq!(number(&f, FOLLOWERS).await, 1);
    // WeChat's own sender speaks in these events: the person is named inside.
    let cancelled = |openid: &str| PushEvent::AuthorizationCancelled { openid: openid.to_owned() };
    let from_wechat = |key: &str, event| PushMessage { from_openid: "owWeChat".to_owned(), ..push(&f, key, event) };
    said(&f, SERVICE, &Wechat(None), &from_wechat("k3", cancelled("s2"))).await.unwrap();
    assert_eq!(number(&f, FOLLOWERS).await, 1, "somebody else");
    said(&f, SERVICE, &Wechat(None), &from_wechat("k4", cancelled("s1"))).await.unwrap();
    assert_eq!(number(&f, "SELECT COUNT(*) FROM person_wechat").await, 0);
}

#[tokio::test]
async fn whoever_revokes_their_number_or_what_is_not_said_is_not_known_by_it_any_more() {
    let f = fixture::project().await;
    for (key, kinds, left) in [("k1", vec![1, 13], 1), ("k2", vec![8, 13], 0), ("k3", vec![], 0)] {
        let (person, openid) = (Uuid::now_v7(), format!("o-{key}"));
        sql(
            &f,
            "INSERT INTO person (id, created_at_ms, phone_hash, phone_sealed) VALUES ($1, 0, $2, $2)",
            vec![person.into(), person.as_bytes().to_vec().into()],
        )
        .await;
        let known = "INSERT INTO person_wechat (app_id, openid, person_id, followed, created_at_ms) \
             VALUES ($1, $2, $3, FALSE, 0)";
        sql(&f, known, vec![MINI.into(), openid.as_str().into(), person.into()]).await;
        let event = PushEvent::AuthorizationRevoked { openid, kinds };
        let message = PushMessage { from_openid: "owWeChat".to_owned(), ..push(&f, key, event) };
        said(&f, MINI, &Wechat(None), &message).await.unwrap();
        assert_eq!(number(&f, "SELECT COUNT(*) FROM person WHERE phone_hash IS NOT NULL").await, left, "{key}");
        sql(&f, "UPDATE person SET phone_hash = NULL, phone_sealed = NULL", vec![]).await;
    }
}
