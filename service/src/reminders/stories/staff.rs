//! What staff do and see: pauses, preview, history.

use domain::ids::StaffId;

use super::super::{
    HistoryFilter, PauseLevel, PauseReason, bill_reminders, history, pause, pauses, preview, resume, timeline,
};
use super::*;
use crate::audit::{Actor, By};

fn staff() -> By {
    By { actor: Actor::Staff(StaffId::new()), request_id: Some("r1".to_owned()) }
}

#[tokio::test]
async fn a_pause_at_any_level_silences_exactly_what_it_covers() -> Story {
    let world = World::new().await;
    let paused = world.payer("1-101").await;
    let other = world.payer("2-201").await;
    let now = world.now();
    let bill = world.bill(paused, "2026-11-23", 10_000).await;
    world.bill(other, "2026-11-23", 10_000).await;
    let levels = [
        PauseLevel::Bill(bill),
        PauseLevel::Payer(paused.party),
        PauseLevel::House(paused.house),
        PauseLevel::Building("1".to_owned()),
    ];
    for level in levels {
        let id = pause(&world.db, &staff(), &level, PauseReason::Dispute, None, now).await?;
        let shown = preview(&world.db, &world.fixture.control, now).await?;
        assert_eq!((shown.messages.len(), shown.silent.len()), (1, 0), "{level:?}");
        resume(&world.db, &staff(), id, now).await?;
        assert_eq!(resume(&world.db, &staff(), id, now).await.unwrap_err().code(), "pause_already_ended");
    }
    pause(&world.db, &staff(), &PauseLevel::Project, PauseReason::Staff, None, now).await?;
    assert_eq!(preview(&world.db, &world.fixture.control, now).await?.messages.len(), 0);
    assert_eq!(world.count("SELECT COUNT(*) FROM audit_log WHERE action = 'pause.reminders'").await, 5);
    assert_eq!(world.count("SELECT COUNT(*) FROM audit_log WHERE action = 'resume.reminders'").await, 4);
    Ok(())
}

#[tokio::test]
async fn a_promise_to_pay_holds_until_its_day_is_over() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    let bill = world.bill(payer, "2026-11-22", 10_000).await;
    let promise = PauseReason::PromiseToPay;
    let level = PauseLevel::Bill(bill);
    let refused = pause(&world.db, &staff(), &level, promise, None, world.now()).await.unwrap_err();
    assert_eq!(refused.code(), "promise_without_date");
    let strange = PauseLevel::Bill(Uuid::now_v7());
    let missing = pause(&world.db, &staff(), &strange, PauseReason::Staff, None, world.now()).await.unwrap_err();
    assert_eq!(missing.code(), "reminder_not_found");
    pause(&world.db, &staff(), &level, promise, Some(day("2026-11-28")), world.now()).await?;
    assert_eq!(pauses(&world.db, world.now()).await?[0].reason_words, "业主承诺付款");
    world.tick().await;
    assert_eq!(world.reminders().await[2], "overdue_1:held(paused)");
    world.pass(TimeDelta::days(6));
    world.tick().await;
    assert_eq!(world.wechat.sent().len(), 1, "+7 falls on the day after the promise");
    assert_eq!(pauses(&world.db, world.now()).await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn the_preview_is_exactly_what_is_then_sent_and_writes_nothing() -> Story {
    let world = World::new().await;
    for key in ["1-101", "1-102", "1-103"] {
        let payer = world.payer(key).await;
        world.bill(payer, "2026-11-23", 10_000).await;
    }
    let shown = preview(&world.db, &world.fixture.control, world.now()).await?;
    assert_eq!(world.count("SELECT COUNT(*) FROM reminder").await, 0);
    assert_eq!(world.count("SELECT COUNT(*) FROM notice").await, 0);
    assert_eq!((shown.messages[0].payer.as_str(), shown.messages[0].channel), ("张**", "wechat_template"));
    let mut expected: Vec<_> = shown.messages.iter().map(|row| row.text.clone()).collect();
    world.tick().await;
    let mut sent = world.wechat.texts();
    expected.sort();
    sent.sort();
    assert_eq!(sent, expected);
    Ok(())
}

#[tokio::test]
async fn the_history_shows_every_message_and_every_silence_with_its_reason() -> Story {
    let world = World::new().await;
    let (spoken, silent) = (world.payer("1-101").await, world.payer("2-201").await);
    world.bill(spoken, "2026-11-23", 10_000).await;
    let paid = world.bill(silent, "2026-11-23", 20_000).await;
    world.plan().await;
    world.pay(&[paid]).await;
    world.pass(TimeDelta::minutes(1));
    world.dispatch().await;

    let all = history(&world.db, &HistoryFilter::default(), None, 50).await?;
    let shown: Vec<_> = all.rows.iter().map(|r| (r.stage.as_str(), r.state.as_str(), r.houses.join(","))).collect();
    assert_eq!(shown[0], ("due_day", "sent", "1-101".to_owned()));
    assert_eq!(shown.len(), 4, "one message, one paid, two that came too late: {shown:?}");
    assert_eq!((all.rows[0].payer.as_str(), all.rows[0].amount_fen), ("张**", 10_000));
    assert_eq!(all.rows[0].stage_words, "到期当天");
    assert!(all.rows.iter().any(|row| row.reason_words == Some("发送前已缴清")));

    let first = history(&world.db, &HistoryFilter::default(), None, 1).await?;
    let next = first.next.as_deref().unwrap().parse().unwrap();
    let second = history(&world.db, &HistoryFilter::default(), Some(&next), 1).await?;
    assert!(first.more && second.more && first.rows[0] != second.rows[0]);
    let count = async |filter: HistoryFilter| history(&world.db, &filter, None, 50).await.map(|page| page.rows.len());
    let filter = HistoryFilter::default;
    assert_eq!(count(HistoryFilter { building: Some("1".to_owned()), ..filter() }).await?, 2);
    assert_eq!(count(HistoryFilter { house_id: Some(silent.house), ..filter() }).await?, 2);
    assert_eq!(count(HistoryFilter { payer_party_id: Some(spoken.party), ..filter() }).await?, 2);
    assert_eq!(count(HistoryFilter { channel: Some(Channel::WechatTemplate), ..filter() }).await?, 1);
    assert_eq!(count(HistoryFilter { channel: Some(Channel::Sms), ..filter() }).await?, 0);
    assert_eq!(count(HistoryFilter { state: Some("suppressed".to_owned()), ..filter() }).await?, 1);
    assert_eq!(count(HistoryFilter { stage: Some("pre_due".to_owned()), ..filter() }).await?, 2);
    let today = Some(day("2026-11-23"));
    assert_eq!(count(HistoryFilter { from: today, to: today, ..filter() }).await?, 4);
    assert_eq!(count(HistoryFilter { to: Some(day("2026-11-22")), ..filter() }).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_message_tells_its_whole_story_with_its_exact_text() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    let bill = world.bill(payer, "2026-11-22", 10_000).await;
    world.tick().await;
    world.pass(TimeDelta::hours(24));
    world.tick().await;
    let (first, second) = (world.wechat.sent()[0].notice_id, world.sms.sent()[0].notice_id);
    let story = timeline(&world.db, first).await?;
    assert_eq!(story.text, world.wechat.texts()[0]);
    assert_eq!((story.followed_by, story.receipt_id.as_deref()), (Some(second), Some("wechat_template-1")));
    assert_eq!((story.items[0].bill_id, story.items[0].owed_fen), (bill, 10_000));
    let words: Vec<_> = story.events.iter().map(|event| event.words).collect();
    assert_eq!(words, ["开始发送", "渠道已受理", "未读升级"]);
    assert_eq!(timeline(&world.db, second).await?.escalated_from, Some(first));
    assert_eq!(timeline(&world.db, Uuid::now_v7()).await.unwrap_err().code(), "reminder_not_found");
    assert!(!world.words("SELECT recipient_masked AS word FROM notice").await.concat().contains("13800001234"));

    world.pay(&[bill]).await;
    let stages: Vec<_> = bill_reminders(&world.db, bill).await?.into_iter().map(|r| (r.stage_words, r.state)).collect();
    let stage = |words: &str, state: &str| (words.to_owned(), state.to_owned());
    assert_eq!(stages, [stage("到期前3天", "superseded"), stage("到期当天", "superseded"), stage("逾期1天", "paid")]);
    Ok(())
}
