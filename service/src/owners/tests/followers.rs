//! The list of followers, read page by page against a WeChat of a few lines.

use std::sync::Mutex;

use async_trait::async_trait;
use chrono::TimeDelta;
use gateway::wechat::{QrCode, QrRequest, UserInfo, UserList, WechatError};

use super::*;
use crate::wechat_apps::WechatAppError;

/// Followers as WeChat has them, in its order, two on a page.
#[derive(Default)]
pub(super) struct Account {
    list: Mutex<Vec<UserInfo>>,
    /// What else WeChat says it has.
    more: Mutex<i64>,
    /// After this openid WeChat does not answer, or no longer knows it.
    trouble: Mutex<Option<(String, i64)>>,
    pages: Mutex<Vec<Option<String>>>,
    pub codes: Mutex<Vec<QrRequest>>,
}

pub(super) fn told(openid: &str, union_id: Option<&str>, since_s: i64) -> UserInfo {
    UserInfo {
        is_subscribed: true,
        openid: openid.to_owned(),
        unionid: union_id.map(str::to_owned),
        subscribe_time_s: Some(since_s),
        subscribe_scene: None,
        qr_scene: None,
    }
}

impl Account {
    pub fn follow(&self, who: UserInfo) {
        self.list.lock().unwrap().push(who);
    }

    pub fn leave(&self, openid: &str) {
        self.list.lock().unwrap().retain(|one| one.openid != openid);
    }

    fn trouble_after(&self, openid: &str, errcode: i64) {
        *self.trouble.lock().unwrap() = Some((openid.to_owned(), errcode));
    }

    fn well(&self) {
        *self.trouble.lock().unwrap() = None;
    }

    fn asked(&self) -> Vec<String> {
        self.pages.lock().unwrap().drain(..).map(Option::unwrap_or_default).collect()
    }
}

fn refused(errcode: i64) -> WechatAppError {
    WechatAppError::Wechat(WechatError::Refused { errcode, errmsg: String::new(), rid: None })
}

#[async_trait]
impl Followers for Account {
    async fn page(&self, _: &str, after: Option<&str>) -> Result<UserList, WechatAppError> {
        self.pages.lock().unwrap().push(after.map(str::to_owned));
        if let Some((openid, errcode)) = &*self.trouble.lock().unwrap()
            && after == Some(openid)
        {
            return Err(refused(*errcode));
        }
        let list = self.list.lock().unwrap();
        let from = after.and_then(|after| list.iter().position(|one| one.openid == after).map(|at| at + 1));
        let openids: Vec<String> = list.iter().skip(from.unwrap_or(0)).take(2).map(|one| one.openid.clone()).collect();
        let total = i64::try_from(list.len()).unwrap() + *self.more.lock().unwrap();
        Ok(UserList { total, next_openid: openids.last().cloned(), openids })
    }

    async fn people(&self, app_id: &str, openids: &[String]) -> Result<Vec<UserInfo>, WechatAppError> {
        let mut people = Vec::new();
        for openid in openids {
            people.push(self.person(app_id, openid).await?);
        }
        // In no promised order.
        people.reverse();
        Ok(people)
    }

    async fn person(&self, _: &str, openid: &str) -> Result<UserInfo, WechatAppError> {
        let list = self.list.lock().unwrap();
        let known = list.iter().find(|one| one.openid == openid).cloned();
        Ok(known.unwrap_or_else(|| UserInfo { is_subscribed: false, ..told(openid, None, 0) }))
    }

    async fn code(&self, _: &str, request: &QrRequest) -> Result<QrCode, WechatAppError> {
        self.codes.lock().unwrap().push(request.clone());
        Ok(QrCode { ticket: "ticket".to_owned(), url: "http://weixin.qq.com/q/1".to_owned(), expires_in_s: None })
    }
}

/// A project that sends from a service account.
pub(super) async fn service_story() -> Fixture {
    let f = Box::pin(story()).await;
    f.control
        .transact("test.service", async |tx| {
            tx.execute(
                "INSERT INTO wechat_app (app_id, company_id, kind, secret_sealed, created_at_ms) \
                 VALUES ($1, $2, 'service_account', $3, 0)",
                vec![SERVICE.into(), f.company_id.uuid().into(), vec![0_u8].into()],
            )
            .await?;
            tx.execute("UPDATE project SET service_account_app_id = $1", vec![SERVICE.into()]).await
        })
        .await
        .map_err(|e: StoreError| e)
        .unwrap();
    f.projects.forget(f.project_id).await;
    f
}

async fn sync(f: &Fixture, account: &Account) -> FollowerReport {
    sync_followers(&f.control, account, &f.clock, 100).await.unwrap()
}

/// `openid:followed`, by openid.
async fn known(f: &Fixture) -> Vec<String> {
    #[derive(sea_orm::FromQueryResult)]
    struct Row {
        openid: String,
        followed: bool,
    }
    let sql = "SELECT openid, followed FROM person_wechat WHERE app_id = 'wx-service' ORDER BY openid";
    let rows: Vec<Row> = f.control.read("test.known", async |tx| tx.rows(sql, vec![]).await).await.unwrap();
    rows.into_iter().map(|row| format!("{}:{}", row.openid, if row.followed { "follows" } else { "gone" })).collect()
}

#[tokio::test]
async fn a_pass_finds_who_follows_who_that_is_and_who_has_left_without_a_word() {
    let f = service_story().await;
    let account = Account::default();
    let now_s = f.clock.now().timestamp();
    let long_ago = f.clock.now() - TimeDelta::days(9);
    record_follow(&f.control, SERVICE, "s9", None, true, long_ago).await.unwrap().into_inner();
    record_follow(&f.control, SERVICE, "s1", None, false, long_ago).await.unwrap().into_inner();
    let (person, _) = arrive(&f, "o1", Some("u1")).await;
    for (openid, union) in [("s1", Some("u1")), ("s2", None), ("s3", Some("u3")), ("s4", None), ("s5", None)] {
        account.follow(told(openid, union, now_s - 100));
    }
    let report = sync(&f, &account).await;
    let expected =
        FollowerReport { accounts: 1, pages: 4, seen: 5, gone: 1, completed: 1, ..FollowerReport::default() };
    assert_eq!(report, expected);
    assert_eq!(known(&f).await, ["s1:follows", "s2:follows", "s3:follows", "s4:follows", "s5:follows", "s9:gone"]);
    let mine = wechat_identities(&f.control, &[person.person_id], SERVICE).await.unwrap();
    assert_eq!((mine.len(), mine[0].openid.as_str()), (1, "s1"), "joined by the union id");
    let (late, _) = arrive(&f, "o3", Some("u3")).await;
    assert_eq!(wechat_identities(&f.control, &[late.person_id], SERVICE).await.unwrap()[0].openid, "s3");
    assert_eq!(sync(&f, &account).await, FollowerReport::default(), "a second run the same night does nothing");
    account.leave("s5");
    f.clock.advance_ms(TimeDelta::days(1).num_milliseconds());
    assert_eq!(sync(&f, &account).await.gone, 1);
}

#[tokio::test]
async fn a_pass_cut_off_at_any_page_goes_on_there_and_marks_nobody_before_it_is_complete() {
    let f = service_story().await;
    let account = Account::default();
    let before = f.clock.now() - TimeDelta::days(9);
    record_follow(&f.control, SERVICE, "s9", None, true, before).await.unwrap().into_inner();
    for n in 1..=6 {
        account.follow(told(&format!("s{n}"), None, before.timestamp()));
    }
    for after in ["s2", "s4", "s6"] {
        account.trouble_after(after, -1);
        let report = sync(&f, &account).await;
        assert_eq!((report.pages, report.failed, report.gone), (1, 1, 0), "after {after}");
        assert!(known(&f).await.contains(&"s9:follows".to_owned()));
        f.clock.advance_ms(TimeDelta::minutes(15).num_milliseconds());
    }
    account.asked();
    account.well();
    let report = sync(&f, &account).await;
    assert_eq!(account.asked(), ["s6"], "only the page that was not written");
    assert_eq!((report.completed, report.gone), (1, 1));
    assert_eq!(known(&f).await.iter().filter(|one| one.ends_with(":follows")).count(), 6);
}

#[tokio::test]
async fn whoever_follows_or_leaves_while_a_pass_runs_is_believed_by_the_later_word() {
    let f = service_story().await;
    let account = Account::default();
    let before = f.clock.now() - TimeDelta::days(1);
    for openid in ["s1", "s2", "s3"] {
        account.follow(told(openid, None, before.timestamp()));
    }
    account.trouble_after("s2", -1);
    assert_eq!(sync(&f, &account).await.failed, 1);
    f.clock.advance_ms(600_000);
    let now = f.clock.now();
    // Left after their page; came after it, on no page of this pass; left and is still on the page that comes.
    record_follow(&f.control, SERVICE, "s1", None, false, now).await.unwrap().into_inner();
    record_follow(&f.control, SERVICE, "s0", None, true, now).await.unwrap().into_inner();
    record_follow(&f.control, SERVICE, "s3", None, false, now).await.unwrap().into_inner();
    account.well();
    assert_eq!(sync(&f, &account).await.gone, 0);
    assert_eq!(known(&f).await, ["s0:follows", "s1:gone", "s2:follows", "s3:gone"]);
    // A day later the list is the later word.
    account.leave("s1");
    account.follow(told("s0", None, now.timestamp()));
    f.clock.advance_ms(TimeDelta::days(1).num_milliseconds());
    sync(&f, &account).await;
    assert_eq!(known(&f).await, ["s0:follows", "s1:gone", "s2:follows", "s3:follows"]);
}

#[tokio::test]
async fn a_list_much_shorter_than_wechats_own_count_marks_nobody_as_gone() {
    let f = service_story().await;
    let account = Account::default();
    record_follow(&f.control, SERVICE, "s9", None, true, f.clock.now() - TimeDelta::days(9))
        .await
        .unwrap()
        .into_inner();
    account.follow(told("s1", None, 0));
    *account.more.lock().unwrap() = 500;
    let report = sync(&f, &account).await;
    assert_eq!((report.completed, report.doubtful, report.gone), (1, 1, 0));
    assert_eq!(known(&f).await, ["s1:follows", "s9:follows"]);
}

#[tokio::test]
async fn a_pass_whose_place_wechat_forgot_begins_anew_and_an_old_one_too() {
    let f = service_story().await;
    let account = Account::default();
    for n in 1..=4 {
        account.follow(told(&format!("s{n}"), None, 0));
    }
    account.trouble_after("s2", -1);
    sync(&f, &account).await;
    account.trouble_after("s2", 40_003);
    account.asked();
    let report = sync(&f, &account).await;
    assert_eq!(account.asked(), ["s2", "", "s2"], "once anew, and no further in the same run");
    assert_eq!((report.failed, report.completed), (1, 0));
    account.well();
    f.clock.advance_ms(TimeDelta::days(4).num_milliseconds());
    assert_eq!(sync(&f, &account).await.completed, 1);
    assert_eq!(account.asked(), ["", "s2", "s4"]);
}

#[tokio::test]
async fn a_clock_put_back_during_a_pass_makes_nobody_gone() {
    let f = service_story().await;
    let account = Account::default();
    for n in 1..=4 {
        account.follow(told(&format!("s{n}"), None, 0));
    }
    account.trouble_after("s2", -1);
    sync(&f, &account).await;
    f.clock.advance_ms(-TimeDelta::hours(1).num_milliseconds());
    account.well();
    let report = sync(&f, &account).await;
    assert_eq!((report.completed, report.gone), (1, 0));
    assert_eq!(known(&f).await.len(), 4);
}
