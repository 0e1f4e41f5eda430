//! The history: what is listed, how it is narrowed and paged, and the same as a spreadsheet.

use std::io::Read;

use calamine::{Data, Reader, Xlsx};
use domain::ids::StaffId;
use domain::reminder::{Anchor, Policy, Stage};

use super::super::{HistoryFilter, HistoryRow, PauseLevel, PauseReason, export, history, pause};
use super::*;
use crate::audit::{Actor, By};
use crate::reminders::history_sql;

fn staff() -> By {
    By { actor: Actor::Staff(StaffId::new()), request_id: None }
}

async fn all(world: &World, filter: &HistoryFilter) -> Vec<HistoryRow> {
    history(&world.db, filter, None, 200).await.unwrap().rows
}

/// Ten payers: some messages, some silences, some holds, many of them in the same millisecond.
async fn busy() -> World {
    let world = World::new().await;
    for number in 0..10 {
        let payer = world.payer(&format!("{}-10{number}", number % 3 + 1)).await;
        let bill = world.bill(payer, "2026-11-22", 10_000 + number).await;
        if number % 4 == 0 {
            let level = PauseLevel::Bill(bill);
            pause(&world.db, &staff(), &level, PauseReason::Dispute, None, world.now()).await.unwrap();
        }
    }
    world.wechat.answers([refused(crate::reminders::Refusal::NotFollower)]);
    world.tick().await;
    world
}

#[tokio::test]
async fn paging_by_any_step_shows_every_row_once_whatever_comes_up_meanwhile() -> Story {
    let world = busy().await;
    let filter = HistoryFilter::default();
    let whole = all(&world, &filter).await;
    assert!(whole.len() > 25, "{} rows", whole.len());
    assert!(whole.windows(2).all(|pair| pair[0].at >= pair[1].at));
    for step in [1, 3, 7, 200] {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = history(&world.db, &filter, before.as_ref(), step).await?;
            seen.extend(page.rows);
            assert_eq!(page.more, page.next.is_some());
            let Some(next) = page.next else { break };
            before = Some(next.parse().unwrap());
        }
        assert!(seen == whole, "step {step}: {} of {} rows", seen.len(), whole.len());
    }
    let first = history(&world.db, &filter, None, 5).await?;
    world.pass(TimeDelta::minutes(5));
    let late = world.payer("9-901").await;
    world.bill(late, "2026-11-23", 5_000).await;
    world.tick().await;
    let next = first.next.unwrap().parse().unwrap();
    let second = history(&world.db, &filter, Some(&next), 200).await?;
    assert!(second.rows.iter().all(|row| row.payer_party_id != late.party), "what is new comes before the first page");
    Ok(())
}

#[tokio::test]
async fn what_waits_is_listed_with_its_reason_and_until_when() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    let bill = world.bill(payer, "2026-11-22", 10_000).await;
    pause(&world.db, &staff(), &PauseLevel::Bill(bill), PauseReason::Dispute, None, world.now()).await?;
    world.tick().await;
    let held = all(&world, &HistoryFilter { state: Some("held".to_owned()), ..HistoryFilter::default() }).await;
    let shown: Vec<_> =
        held.iter().map(|row| (row.stage.as_str(), row.reason.as_deref(), row.houses.join(","))).collect();
    assert_eq!(shown, [("overdue_1", Some("paused"), "1-101".to_owned())]);
    assert_eq!(held[0].reason_words, Some("提醒已暂停（异议、承诺或人工暂停）"));
    assert_eq!((held[0].state_words, held[0].notice_id, held[0].amount_fen), ("等待发送", None, 10_000));
    assert!(held[0].held_until.is_some_and(|until| until > world.now()), "{:?}", held[0].held_until);
    let paused = HistoryFilter { reason: Some("paused".to_owned()), ..HistoryFilter::default() };
    assert_eq!(all(&world, &paused).await, held);
    let with_channel = HistoryFilter { channel: Some(Channel::Sms), ..paused };
    assert_eq!(all(&world, &with_channel).await, [], "what has no message has no channel");
    Ok(())
}

#[tokio::test]
async fn filters_narrow_together_and_together_cover_everything() {
    let world = busy().await;
    let whole = all(&world, &HistoryFilter::default()).await;
    let any = HistoryFilter::default;
    let mut by_state = 0;
    for state in ["sent", "failed", "held", "superseded", "suppressed", "in_doubt", "claimed", "opened", "delivered"] {
        let filter = HistoryFilter { state: Some(state.to_owned()), ..any() };
        let rows = all(&world, &filter).await;
        assert!(rows.iter().all(|row| row.state == state), "{state}");
        by_state += rows.len();
    }
    assert_eq!(by_state, whole.len());
    let mut by_building = 0;
    for building in ["1", "2", "3"] {
        by_building += all(&world, &HistoryFilter { building: Some(building.to_owned()), ..any() }).await.len();
    }
    assert_eq!(by_building, whole.len());
    let refused = HistoryFilter { reason: Some("not_follower".to_owned()), ..any() };
    let rows = all(&world, &refused).await;
    assert_eq!(rows.iter().map(|row| row.state.as_str()).collect::<Vec<_>>(), ["failed"]);
    let both = HistoryFilter { channel: Some(Channel::Sms), building: Some("1".to_owned()), ..refused };
    assert!(all(&world, &both).await.is_empty());

    world.sql("UPDATE notice SET cost_fen = 5 WHERE channel = 'sms'", vec![]).await;
    let paid_for = all(&world, &HistoryFilter { has_cost: true, ..any() }).await;
    assert_eq!(
        paid_for.iter().map(|row| (row.channel.as_deref(), row.cost_fen)).collect::<Vec<_>>(),
        [(Some("sms"), 5)]
    );
}

#[tokio::test]
async fn a_campaign_is_found_by_its_number() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    let bill = world.bill(payer, "2026-12-20", 10_000).await;
    let campaign = Stage {
        name: "campaign_3".to_owned(),
        anchor: Anchor::Campaign,
        ..Policy::default().stage("due_day").unwrap().clone()
    };
    let policy = serde_json::to_string(&Policy { stages: vec![campaign], ..Policy::default() }).unwrap();
    let (now_ms, today) = (world.now().timestamp_millis(), day_number(day("2026-11-23")));
    world
        .sql("INSERT INTO reminder_policy (version, body, created_at_ms) VALUES (-3, $1, 0)", vec![policy.into()])
        .await;
    world
        .sql(
            "INSERT INTO reminder (bill_id, stage, stage_day, payer_party_id, policy_version, send_at_ms, state, \
             planned_at_ms, state_at_ms) VALUES ($1, 'campaign_3', $2, $3, -3, $4, 'planned', $4, $4)",
            vec![bill.into(), today.into(), payer.party.into(), now_ms.into()],
        )
        .await;
    world.dispatch().await;
    let found = all(&world, &HistoryFilter { campaign: Some(3), ..HistoryFilter::default() }).await;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].campaign, found[0].stage_words.as_str(), found[0].state.as_str()), (Some(3), "群发", "sent"));
    assert!(all(&world, &HistoryFilter { campaign: Some(4), ..HistoryFilter::default() }).await.is_empty());
}

#[tokio::test]
async fn a_count_stops_at_its_limit() {
    let world = busy().await;
    let whole = i64::try_from(all(&world, &HistoryFilter::default()).await.len()).unwrap();
    let count = async |filter: &HistoryFilter, max| {
        let counted = history_sql::count(world.db.info(), filter, max);
        world.db.read("story.count", async |tx| tx.value::<i64>(&counted.sql, counted.values).await).await.unwrap()
    };
    assert_eq!(count(&HistoryFilter::default(), 1_000).await, Some(whole));
    assert_eq!(count(&HistoryFilter::default(), 4).await, Some(5));
    let first_house = HistoryFilter { building: Some("1".to_owned()), ..HistoryFilter::default() };
    assert!(count(&first_house, 1_000).await.is_some_and(|some| some > 0 && some < whole));
}

#[tokio::test]
async fn the_spreadsheet_has_the_rows_of_the_list_and_the_log_says_who_asked() {
    let world = busy().await;
    let filter = HistoryFilter { building: Some("1".to_owned()), ..HistoryFilter::default() };
    let listed = all(&world, &filter).await;
    let mut written = export(&world.db, &staff(), &filter, world.now()).await.unwrap();
    let mut bytes = Vec::new();
    written.file.read_to_end(&mut bytes).unwrap();
    let rows_count = u64::try_from(listed.len()).unwrap();
    assert_eq!((u64::try_from(bytes.len()).unwrap(), written.rows), (written.bytes, rows_count));

    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range("提醒记录").unwrap();
    let rows: Vec<Vec<Data>> = sheet.rows().map(<[Data]>::to_vec).collect();
    assert_eq!(rows[0][0], Data::String("时间".to_owned()));
    let text = |data: &Data| data.to_string();
    let in_file: Vec<_> =
        rows[1..].iter().map(|row| (text(&row[1]), text(&row[2]), text(&row[9]), text(&row[10]))).collect();
    let in_list: Vec<_> = listed
        .iter()
        .map(|row| {
            let reason = row.reason_words.unwrap_or_default().to_owned();
            (row.payer.clone(), row.houses.join("、"), row.state_words.to_owned(), reason)
        })
        .collect();
    assert_eq!(in_file, in_list);
    assert_eq!(
        text(&rows[1][4]),
        format!("{}.{:02}", listed[0].amount_fen / 100, listed[0].amount_fen % 100)
            .trim_end_matches('0')
            .trim_end_matches('.')
    );
    let logged = world.words("SELECT detail AS word FROM audit_log WHERE action = 'export.reminders'").await;
    assert!(logged.len() == 1 && logged[0].contains(&format!("\"rows\":{rows_count}")), "{logged:?}");
}

#[tokio::test]
async fn a_bill_paid_while_its_message_waits_for_others_is_a_silence_of_its_own() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    let paid = world.bill(payer, "2026-11-22", 10_000).await;
    let (second, third) =
        (world.bill(payer, "2026-11-22", 20_000).await, world.bill(payer, "2026-11-22", 40_000).await);
    let not_sent = Outcome::NotSent { reason: "connect".to_owned() };
    world.wechat.answers([not_sent.clone(), not_sent]);
    world.tick().await;
    world.pay(&[paid]).await;
    let silent = async || {
        let filter = HistoryFilter { reason: Some("paid".to_owned()), ..HistoryFilter::default() };
        all(&world, &filter).await.into_iter().map(|row| (row.bill_id, row.notice_id.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(silent().await, [(Some(paid), false)]);
    world.pass(TimeDelta::minutes(5));
    world.tick().await;
    assert_eq!(world.wechat.sent()[1].wording.amount, "600.00元", "it goes on for the others");
    assert_eq!(world.count("SELECT COUNT(*) FROM notice_bill").await, 2);

    world.pay(&[second, third]).await;
    let mut ended = silent().await;
    ended.sort();
    assert_eq!(ended, [(None, true), (Some(paid), false)], "the message ends with its last bills and keeps them");
    assert_eq!(world.count("SELECT COUNT(*) FROM notice_bill").await, 2);
    Ok(())
}
