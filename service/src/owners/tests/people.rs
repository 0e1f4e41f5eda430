//! Who it is: sessions, union ids, followers.

use chrono::{DateTime, TimeDelta, Utc};
use domain::applied::Applied;
use secrecy::ExposeSecret;

use super::*;

#[tokio::test]
async fn the_same_openid_is_the_same_person_and_the_union_id_joins_two_apps() {
    let f = story().await;
    let (first, _) = arrive(&f, "o1", None).await;
    let (again, _) = arrive(&f, "o1", Some("u1")).await;
    assert_eq!(first.person_id, again.person_id);
    let other = record_sign_in(&f.control, "wx-other", "x1", Some("u1"), f.clock.now()).await.unwrap();
    assert_eq!(other.person_id, first.person_id);
    let (stranger, _) = arrive(&f, "o2", None).await;
    assert_ne!(stranger.person_id, first.person_id);
    assert_eq!(audited(&f, "owner.sign_in").await, 4);
}

#[tokio::test]
async fn a_union_id_learned_late_merges_the_two_people_it_joins() {
    let f = story().await;
    let (plain, token) = arrive(&f, "o1", None).await;
    let other = record_sign_in(&f.control, "wx-other", "x1", Some("u1"), f.clock.now()).await.unwrap();
    assert_ne!(plain.person_id, other.person_id);
    give_phone(&f, &plain, PHONE).await;
    let (joined, _) = arrive(&f, "o1", Some("u1")).await;
    assert_eq!(joined.person_id, plain.person_id, "the person with a phone stays");
    let moved = session(&f.control, other.token.expose_secret(), f.clock.now()).await.unwrap().unwrap();
    assert_eq!(moved.person_id, plain.person_id);
    assert!(session(&f.control, &token, f.clock.now()).await.unwrap().is_some());
    assert_eq!(audited(&f, "person.merge").await, 1);
}

#[tokio::test]
async fn a_union_id_does_not_merge_two_people_with_two_phones() {
    let f = story().await;
    let (one, _) = arrive(&f, "o1", None).await;
    give_phone(&f, &one, PHONE).await;
    let (two, _) = arrive(&f, "o2", Some("u1")).await;
    give_phone(&f, &two, "13900005678").await;
    let (again, _) = arrive(&f, "o1", Some("u1")).await;
    assert_eq!(again.person_id, one.person_id);
    assert_eq!(audited(&f, "person.merge").await, 0);
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_at_sign_out_and_when_all_are_revoked() {
    let f = story().await;
    let now = |f: &Fixture| f.clock.now();
    let signed = record_sign_in(&f.control, APP, "o1", None, now(&f)).await.unwrap();
    let token = signed.token.expose_secret().to_owned();
    assert_eq!(signed.expires_at, now(&f) + TimeDelta::days(30));
    assert!(!signed.has_phone);
    f.clock.advance_ms(TimeDelta::days(30).num_milliseconds() - 1);
    assert!(session(&f.control, &token, now(&f)).await.unwrap().is_some());
    f.clock.advance_ms(1);
    assert!(session(&f.control, &token, now(&f)).await.unwrap().is_none());

    let (_, second) = arrive(&f, "o1", None).await;
    assert_eq!(sign_out(&f.control, &second, now(&f)).await.unwrap(), Applied::Done(()));
    assert_eq!(sign_out(&f.control, &second, now(&f)).await.unwrap(), Applied::Already(()));
    assert!(session(&f.control, &second, now(&f)).await.unwrap().is_none());

    let (third, token) = arrive(&f, "o1", None).await;
    // The expired one was never revoked, so it is counted with the living one.
    assert_eq!(revoke_all(&f.control, third.person_id, &steward(), now(&f)).await.unwrap(), 2);
    assert!(session(&f.control, &token, now(&f)).await.unwrap().is_none());
    assert!(session(&f.control, "no such token", now(&f)).await.unwrap().is_none());
    assert_eq!(audited(&f, "owner.revoke_sessions").await, 1);
}

#[tokio::test]
async fn a_follower_is_joined_by_union_id_before_and_after_signing_in() {
    let f = story().await;
    let now = f.clock.now();
    let at = |seconds: i64| -> DateTime<Utc> { now + TimeDelta::seconds(seconds) };
    let follow = async |openid: &str, union: &str, followed, seconds| {
        record_follow(&f.control, SERVICE, openid, Some(union), followed, at(seconds)).await.unwrap()
    };
    assert_eq!(follow("s1", "u1", true, 0).await, Applied::Done(()));
    assert_eq!(follow("s1", "u1", true, 0).await, Applied::Already(()));
    let (one, _) = arrive(&f, "o1", Some("u1")).await;
    let (two, _) = arrive(&f, "o2", Some("u2")).await;
    assert_eq!(follow("s2", "u2", true, 1).await, Applied::Done(()));
    assert_eq!(follow("s1", "u1", false, 5).await, Applied::Done(()));
    assert_eq!(follow("s1", "u1", true, 3).await, Applied::Already(()), "older than what is known");
    assert_eq!(follow("s2", "u2", false, 1).await, Applied::Done(()), "WeChat counts in seconds: both may be one");
    assert_eq!(follow("s2", "u2", true, 2).await, Applied::Done(()));

    let known = wechat_identities(&f.control, &[one.person_id, two.person_id], SERVICE).await.unwrap();
    let mut known: Vec<_> = known.iter().map(|i| (i.person_id, i.openid.as_str(), i.followed)).collect();
    known.sort_by_key(|(_, openid, _)| *openid);
    assert_eq!(known, [(one.person_id, "s1", false), (two.person_id, "s2", true)]);
}
