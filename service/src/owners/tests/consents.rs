//! Consents as two sides tell of them, and people who take them back.

use chrono::{DateTime, TimeDelta, Utc};
use domain::applied::Applied;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;

fn at(f: &Fixture, seconds: i64) -> DateTime<Utc> {
    f.clock.now() + TimeDelta::seconds(seconds)
}

async fn tell(
    f: &Fixture,
    openid: &str,
    source: ConsentSource<'_>,
    answer: ConsentAnswer,
    seconds: i64,
) -> Applied<i64> {
    let consent = Consent { app_id: APP, openid, template_id: "t1", answer, source, at: at(f, seconds) };
    record_consent(&f.control, &consent).await.unwrap()
}

async fn page(f: &Fixture, tap: &str, seconds: i64) -> Applied<i64> {
    tell(f, "o1", ConsentSource::Page(tap), ConsentAnswer::Accept, seconds).await
}

async fn push(f: &Fixture, key: &str, seconds: i64) -> Applied<i64> {
    tell(f, "o1", ConsentSource::Push(key), ConsentAnswer::Accept, seconds).await
}

#[tokio::test]
async fn one_tap_told_by_the_page_and_by_wechat_in_another_second_is_one_credit() {
    let f = story().await;
    assert_eq!(page(&f, "tap1", 0).await, Applied::Done(1));
    assert_eq!(page(&f, "tap1", 7).await, Applied::Already(1), "the page sends it again");
    assert_eq!(push(&f, "p1", 3).await, Applied::Done(1), "the same tap, by WeChat's clock");
    assert_eq!(push(&f, "p1", 3).await, Applied::Already(1));
    assert_eq!(push(&f, "p2", 10).await, Applied::Done(2), "WeChat tells of the second tap first");
    assert_eq!(page(&f, "tap2", 11).await, Applied::Done(2));
    assert_eq!(page(&f, "tap3", 500).await, Applied::Done(3));
}

#[tokio::test]
async fn a_refusal_in_the_window_changes_no_credit() {
    let f = story().await;
    assert_eq!(page(&f, "tap1", 0).await, Applied::Done(1));
    let refused = tell(&f, "o1", ConsentSource::Page("tap2"), ConsentAnswer::Reject, 60).await;
    assert_eq!(refused, Applied::Done(1));
    assert_eq!(count(&f, "SELECT COUNT(*) FROM consent_event").await, 2);
}

#[tokio::test]
async fn a_refusal_in_the_settings_takes_what_was_given_before_and_nothing_given_after() {
    let f = story().await;
    let refuse =
        async |key: &str, seconds| record_refusal(&f.control, APP, "o1", "t1", key, at(&f, seconds)).await.unwrap();
    assert_eq!(page(&f, "tap1", 0).await, Applied::Done(1));
    assert_eq!(page(&f, "tap2", 300).await, Applied::Done(2));
    assert_eq!(refuse("c1", 200).await, Applied::Done(1), "told late: the second tap came after it");
    assert_eq!(refuse("c1", 200).await, Applied::Already(1));
    assert_eq!(push(&f, "p1", 1).await, Applied::Done(1), "told later still, of a tap before it");
    assert_eq!(push(&f, "p2", 301).await, Applied::Done(1));
    assert_eq!(refuse("c2", 400).await, Applied::Done(0));
    assert_eq!(refuse("c0", 100).await, Applied::Done(0), "an older one changes nothing");
    assert_eq!(page(&f, "tap3", 401).await, Applied::Done(1));
    assert_eq!(count(&f, "SELECT COUNT(*) FROM consent_event WHERE kind = 'reject'").await, 3);
}

/// A tap at a second; how long after it the page and WeChat say it was; whether each tells of it.
#[derive(Debug, Clone)]
struct Tap {
    at_s: i64,
    page_s: i64,
    push_s: i64,
    is_told: (bool, bool),
}

/// Taps with their tellings, and an order to tell them in, some told twice.
fn interleavings() -> impl Strategy<Value = (Vec<Tap>, Vec<prop::sample::Index>)> {
    let tap = (0..900_i64, 0..60_i64, 0..60_i64, prop::bool::weighted(0.8), prop::bool::weighted(0.8));
    let taps = prop::collection::vec(tap, 1..5).prop_map(|taps| {
        taps.into_iter()
            .map(|(at_s, page_s, push_s, page, push)| Tap { at_s, page_s, push_s, is_told: (page || !push, push) })
            .collect()
    });
    (taps, prop::collection::vec(any::<prop::sample::Index>(), 20))
}

/// Whatever the order and however often each telling comes: the credits are the same, never fewer than either side
/// counted, and exactly the taps when both sides told of all.
#[test]
fn in_every_interleaving_of_tellings_each_tap_counts_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let f = runtime.block_on(story());
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let number = std::cell::Cell::new(0);
    let run = |(taps, order): (Vec<Tap>, Vec<prop::sample::Index>)| {
        let mut tellings: Vec<(bool, usize, i64)> = Vec::new();
        for (n, tap) in taps.iter().enumerate() {
            tellings.extend(tap.is_told.0.then_some((true, n, tap.at_s + tap.page_s)));
            tellings.extend(tap.is_told.1.then_some((false, n, tap.at_s + tap.push_s)));
        }
        let shuffled: Vec<_> = order.iter().map(|at| *at.get(&tellings)).chain(tellings.iter().copied()).collect();
        let mut counts = Vec::new();
        for sequence in [shuffled, tellings.clone()] {
            number.set(number.get() + 1);
            let openid = format!("o{}", number.get());
            let mut credits = 0;
            for (is_page, n, seconds) in sequence {
                let key = format!("{openid}-{n}");
                let source = if is_page { ConsentSource::Page(&key) } else { ConsentSource::Push(&key) };
                let told = runtime.block_on(tell(&f, &openid, source, ConsentAnswer::Accept, seconds)).into_inner();
                prop_assert!(told == credits || told == credits + 1);
                credits = told;
            }
            counts.push(credits);
        }
        let by = |page| i64::try_from(tellings.iter().filter(|telling| telling.0 == page).count()).unwrap();
        prop_assert_eq!(counts[0], counts[1], "the order matters");
        prop_assert!(counts[0] >= by(true).max(by(false)));
        if taps.iter().all(|tap| tap.is_told == (true, true)) {
            prop_assert_eq!(counts[0], i64::try_from(taps.len()).unwrap());
        }
        Ok(())
    };
    runner.run(&interleavings(), run).unwrap();
}

#[tokio::test]
async fn whoever_leaves_wechat_is_forgotten_and_whoever_revokes_signs_in_anew() {
    let f = story().await;
    let (house, _) = house(&f.db, "1-1-101", "owner", "张三", Some(PHONE)).await;
    let (one, token) = arrive(&f, "o1", Some("u1")).await;
    give_phone(&f, &one, PHONE).await;
    assert_eq!(houses_of(&f, one.person_id).await, [house]);
    let _ = page(&f, "tap1", 0).await;
    let told =
        async |openid: &str, what| record_withdrawal(&f.control, APP, openid, what, f.clock.now()).await.unwrap();
    assert_eq!(told("stranger", Withdrawal::Cancelled).await, Applied::Already(()));
    let (camera, number) = (Withdrawal::Revoked { phone: false }, Withdrawal::Revoked { phone: true });
    assert_eq!(told("o1", camera).await, Applied::Done(()));
    assert_eq!(told("o1", camera).await, Applied::Already(()));
    let with_phone = "SELECT COUNT(*) FROM person WHERE phone_hash IS NOT NULL OR phone_sealed IS NOT NULL";
    assert_eq!(count(&f, with_phone).await, 1, "a number that was not revoked stays");
    assert_eq!(told("o1", number).await, Applied::Done(()), "without a session there is the number to forget");
    assert_eq!(told("o1", number).await, Applied::Already(()));
    assert_eq!(count(&f, with_phone).await, 0);
    assert!(session(&f.control, &token, f.clock.now()).await.unwrap().is_none());
    assert_eq!(houses_of(&f, one.person_id).await, [house], "what they may see is theirs once they sign in");

    let (again, _) = arrive(&f, "o1", Some("u1")).await;
    give_phone(&f, &again, PHONE).await;
    let service = record_follow(&f.control, SERVICE, "s1", Some("u1"), true, f.clock.now()).await.unwrap();
    assert_eq!(service, Applied::Done(()));
    assert_eq!(told("o1", Withdrawal::Cancelled).await, Applied::Done(()));
    assert_eq!(count(&f, "SELECT COUNT(*) FROM person WHERE phone_hash IS NOT NULL").await, 1, "one openid is left");
    let gone = record_withdrawal(&f.control, SERVICE, "s1", Withdrawal::Cancelled, f.clock.now()).await.unwrap();
    assert_eq!(gone, Applied::Done(()));
    assert_eq!(count(&f, "SELECT COUNT(*) FROM person WHERE phone_hash IS NOT NULL OR union_id IS NOT NULL").await, 0);
    assert_eq!(count(&f, "SELECT COUNT(*) FROM consent_event").await, 0);
    assert!(houses_of(&f, one.person_id).await.is_empty());
    assert_eq!(audited(&f, "person.erase").await, 2);
}
