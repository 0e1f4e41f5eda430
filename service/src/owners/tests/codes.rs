//! Codes that are scanned to follow.

use chrono::TimeDelta;
use domain::applied::Applied;

use super::followers::{Account, service_story};
use super::*;

/// An owner of a house in a project with a service account.
async fn bound(f: &Fixture, openid: &str, phone: &str, key: &str) -> OwnerSession {
    house(&f.db, key, "owner", "张三", Some(phone)).await;
    let (session, _) = arrive(f, openid, None).await;
    give_phone(f, &session, phone).await;
    session
}

async fn qr(f: &Fixture, account: &Account, person: PersonId) -> Result<FollowQr, FollowQrError> {
    let db = f.projects.open(f.project_id).await.unwrap();
    follow_qr(&f.control, account, db.info(), person, &steward(), f.clock.now()).await
}

async fn scan(f: &Fixture, app: &str, openid: &str, token: &str) -> Scanned {
    record_scan(&f.control, app, openid, scanned_token(&format!("qrscene_{token}")), f.clock.now()).await.unwrap()
}

async fn follows(f: &Fixture, app: &str, openid: &str, union_id: Option<&str>) {
    let _ = record_follow(&f.control, app, openid, union_id, true, f.clock.now()).await.unwrap();
}

#[tokio::test]
async fn whoever_scans_their_code_is_joined_without_a_union_id_and_nobody_after_them() {
    let f = service_story().await;
    let account = Account::default();
    let owner = bound(&f, "o1", PHONE, "1-1-101").await;
    let made = qr(&f, &account, owner.person_id).await.unwrap();
    assert_eq!(made.image_url, "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=ticket");
    assert_eq!(made.expires_at, f.clock.now() + TimeDelta::days(30));
    let token = account.codes.lock().unwrap()[0].scene.clone();
    assert_eq!(scan(&f, SERVICE, "s1", &token).await, Scanned::Nobody, "an openid we do not know");
    follows(&f, SERVICE, "s1", None).await;
    assert_eq!(scan(&f, SERVICE, "s1", &token).await, Scanned::Joined(owner.person_id));
    assert_eq!(scan(&f, SERVICE, "s1", &token).await, Scanned::Already(owner.person_id));
    follows(&f, SERVICE, "s2", None).await;
    assert_eq!(scan(&f, SERVICE, "s2", &token).await, Scanned::Nobody, "the picture was passed on");
    let mine = wechat_identities(&f.control, &[owner.person_id], SERVICE).await.unwrap();
    assert_eq!(mine.iter().map(|one| one.openid.as_str()).collect::<Vec<_>>(), ["s1"]);
    assert_eq!((audited(&f, "person.follow_qr").await, audited(&f, "person.follow_scan").await), (1, 1));
}

#[tokio::test]
async fn an_expired_a_foreign_and_an_unknown_code_join_nobody() {
    let f = service_story().await;
    let account = Account::default();
    let owner = bound(&f, "o1", PHONE, "1-1-101").await;
    qr(&f, &account, owner.person_id).await.unwrap();
    let token = account.codes.lock().unwrap()[0].scene.clone();
    follows(&f, SERVICE, "s1", None).await;
    follows(&f, "wx-another", "x1", None).await;
    assert_eq!(scan(&f, "wx-another", "x1", &token).await, Scanned::Nobody);
    assert_eq!(scan(&f, SERVICE, "s1", "no such code").await, Scanned::Nobody);
    f.clock.advance_ms(TimeDelta::days(30).num_milliseconds());
    assert_eq!(scan(&f, SERVICE, "s1", &token).await, Scanned::Nobody);
    assert!(wechat_identities(&f.control, &[owner.person_id], SERVICE).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_union_id_that_leads_to_somebody_weighs_more_than_a_code() {
    let f = service_story().await;
    let account = Account::default();
    let owner = bound(&f, "o1", PHONE, "1-1-101").await;
    qr(&f, &account, owner.person_id).await.unwrap();
    let token = account.codes.lock().unwrap()[0].scene.clone();
    let (neighbour, _) = arrive(&f, "o2", Some("u2")).await;
    follows(&f, SERVICE, "s2", Some("u2")).await;
    assert_eq!(scan(&f, SERVICE, "s2", &token).await, Scanned::Nobody);
    assert_eq!(wechat_identities(&f.control, &[neighbour.person_id], SERVICE).await.unwrap().len(), 1);
    follows(&f, SERVICE, "s1", None).await;
    assert_eq!(scan(&f, SERVICE, "s1", &token).await, Scanned::Joined(owner.person_id), "it is not used up");
}

#[tokio::test]
async fn a_code_is_for_people_of_the_project_and_the_same_one_is_shown_again() {
    let f = service_story().await;
    let account = Account::default();
    let (stranger, _) = arrive(&f, "o9", None).await;
    assert_eq!(qr(&f, &account, stranger.person_id).await.unwrap_err().code(), "not_found");
    let owner = bound(&f, "o1", PHONE, "1-1-101").await;
    let first = qr(&f, &account, owner.person_id).await.unwrap();
    f.clock.advance_ms(TimeDelta::days(28).num_milliseconds());
    assert_eq!(qr(&f, &account, owner.person_id).await.unwrap().expires_at, first.expires_at);
    f.clock.advance_ms(TimeDelta::days(1).num_milliseconds());
    assert_ne!(qr(&f, &account, owner.person_id).await.unwrap().expires_at, first.expires_at);
    let scenes: Vec<String> = account.codes.lock().unwrap().iter().map(|code| code.scene.clone()).collect();
    assert_eq!((scenes[0] == scenes[1], scenes[1] == scenes[2]), (true, false));
    assert!(scenes[0].len() <= 64);
    let none = record_follow(&f.control, SERVICE, "s1", None, true, f.clock.now()).await.unwrap();
    assert_eq!(none, Applied::Done(()));
}

#[tokio::test]
async fn a_project_without_a_service_account_says_so() {
    let f = story().await;
    let owner = bound(&f, "o1", PHONE, "1-1-101").await;
    let refused = qr(&f, &Account::default(), owner.person_id).await.unwrap_err();
    assert_eq!(refused.code(), "no_service_account");
}
