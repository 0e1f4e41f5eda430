//! The second account of a channel, calls and what is heard in them, and who may set what leaves.

use chrono::{Days, TimeDelta};
use reqwest::Method;
use serde_json::{Value, json};
use service::staff::Role;
use sim::{Channel, Endpoint, Trick};
use tests::{Bill, Client, World};
use uuid::Uuid;

const PHONE: &str = "13800000001";

/// A household that only has a phone, on the day its bill is due.
async fn due_by_phone() -> (World, Bill) {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    world.advance_to(bill.due);
    (world, bill)
}

/// A household whose notice of seven days overdue was sent and nobody looked at it: the next thing is a call.
async fn unread_for_a_week() -> World {
    unread_bill().await.0
}

/// The same with the bill.
async fn unread_bill() -> (World, Bill) {
    let (world, bill) = due_by_phone().await;
    world.advance_to(bill.due + Days::new(7));
    world.remind().await;
    world.hear().await;
    world.advance(TimeDelta::hours(24));
    (world, bill)
}

/// Notices as `channel:state` with the reason, the oldest first.
async fn notices(world: &World) -> Vec<String> {
    let sql =
        "SELECT channel || ':' || state || COALESCE('(' || reason || ')', '') FROM notice ORDER BY created_at_ms, id";
    world.raw().await.column(sql).await
}

/// What happened to the messages of a channel, apart from why another was not taken.
async fn events(world: &World, channel: &str) -> Vec<String> {
    let sql = format!(
        "SELECT e.kind FROM reminder_event e JOIN notice n ON n.id = e.notice_id WHERE n.channel = '{channel}' \
         AND e.kind <> 'passed_over' ORDER BY e.at_ms, e.id"
    );
    world.raw().await.column(&sql).await
}

/// The call is over and the vendor has told us.
async fn hear_the_call(world: &World) {
    world.advance(TimeDelta::seconds(30));
    world.hear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_goes_through_the_second_account_when_the_first_has_no_money() {
    let (world, _) = due_by_phone().await;
    let outside = &world.community().outside;
    world.sim.set_arrears(&outside.sms_secret_id, true);
    world.remind().await;
    let book = world.sim.book();
    let sent: Vec<(&str, &str)> = book.telecom.iter().map(|text| (text.vendor, text.account.as_str())).collect();
    assert_eq!(sent, [("aliyun", outside.sms_backup_key_id.as_str())]);
    let backup: Uuid = world.control_raw().await.one("SELECT sms_backup_account_id FROM project").await;
    let account: String = world.raw().await.one("SELECT account FROM notice").await;
    assert_eq!(account, backup.to_string(), "the row says who sent");
    let taken = format!("account_quota WHERE account = '{backup}:sms' AND taken = 1");
    assert_eq!(world.control_raw().await.count(&taken).await, 1, "and it is the second one's day that it counts in");
    world.hear().await;
    assert_eq!(events(&world, "sms").await, ["claimed", "sent", "delivered"], "its report came to its own address");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_whose_answer_was_lost_is_not_sent_again_and_its_report_clears_it_up() {
    let (world, _) = due_by_phone().await;
    world.sim.mischief().once(Endpoint::TencentSms, Trick::StatusAfter { status: 502 });
    world.remind().await;
    world.remind().await;
    assert_eq!(notices(&world).await, ["sms:in_doubt(in_doubt)"]);
    world.hear().await;
    assert_eq!(world.sim.book().telecom.len(), 1, "neither account sent a second one");
    assert_eq!(notices(&world).await, ["sms:sent"]);
    assert_eq!(events(&world, "sms").await, ["claimed", "in_doubt", "delivered"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_answered_and_heard_is_written_down_as_that() {
    let world = unread_for_a_week().await;
    let answered = Trick::Answered { talk_s: 25, key: Some("1".to_owned()) };
    world.sim.mischief().once(Endpoint::TencentVoice, answered);
    world.remind().await;
    let book = world.sim.book();
    let call = book.telecom.iter().find(|entry| entry.channel == Channel::Voice).unwrap();
    assert!(call.text.contains("二百元") && !call.text.contains(|c: char| c.is_ascii_digit()), "{}", call.text);
    hear_the_call(&world).await;
    let expected = ["claimed", "sent", "delivered", "voice_answered", "voice_key"];
    assert_eq!(events(&world, "voice").await, expected);
    let marks: i64 =
        world.raw().await.count("notice WHERE opened_at_ms IS NOT NULL OR acknowledged_at_ms IS NOT NULL").await;
    assert_eq!(marks, 0, "heard is not shown as opened");
    world.advance(TimeDelta::days(2));
    world.remind().await;
    assert_eq!(world.sim.book().telecom.len(), 2, "nothing follows");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_pays_before_the_call_is_not_called() {
    let (world, bill) = unread_bill().await;
    world.run("escalate_reminders").await;
    assert_eq!(notices(&world).await.last().unwrap(), "voice:claimed(queued)");
    let owner = world.stranger(PHONE).await;
    owner.pay_and_tell(&world, &[&bill]).await;
    for _ in 0..3 {
        world.remind().await;
        world.advance(TimeDelta::hours(1));
    }
    assert!(world.sim.book().telecom.iter().all(|entry| entry.channel != Channel::Voice));
    assert_eq!(notices(&world).await.last().unwrap(), "voice:suppressed(paid)");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_nobody_takes_was_not_delivered_and_says_why() {
    for (trick, why) in [(Trick::NoAnswer, "no_answer"), (Trick::Busy, "line_busy")] {
        let world = unread_for_a_week().await;
        world.sim.mischief().once(Endpoint::TencentVoice, trick);
        world.remind().await;
        hear_the_call(&world).await;
        assert_eq!(notices(&world).await.last().unwrap(), "voice:failed(no_answer)");
        // The vendor tells the result, and the reason after it.
        let missed = "SELECT detail FROM reminder_event WHERE kind = 'not_delivered' ORDER BY at_ms, id";
        let missed: Vec<String> = world.raw().await.column(missed).await;
        assert_eq!(missed, ["no_answer", why]);
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_goes_through_the_second_account_when_the_first_has_no_money() {
    let world = unread_for_a_week().await;
    let outside = &world.community().outside;
    world.sim.set_arrears(&outside.voice_secret_id, true);
    world.remind().await;
    let book = world.sim.book();
    let calls: Vec<&str> = book
        .telecom
        .iter()
        .filter(|entry| entry.channel == Channel::Voice)
        .map(|entry| entry.account.as_str())
        .collect();
    assert_eq!(calls, [outside.voice_backup_secret_id.as_str()]);
    hear_the_call(&world).await;
    assert!(events(&world, "voice").await.contains(&"voice_answered".to_owned()));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_come_to_secret_addresses_and_strange_ones_are_counted_and_put_away() {
    let (world, _) = due_by_phone().await;
    let token = world.community().outside.voice_report_token.clone();
    let path = format!("/callback/voice/{token}");
    let body = br#"{"voiceprompt_callback":{"result":"0","callid":"not-ours","mobile":"13900000009","nationcode":"86",
        "accept_time":"1470197211","start_calltime":"1470197196","end_calltime":"1470197221"}}"#;
    let client = world.client();
    assert_eq!(client.callback(&path, &[], body).await, 200);
    assert_eq!(client.callback(&path, &[], b"[{}]").await, 400);
    assert_eq!(client.callback("/callback/voice/guessed", &[], body).await, 404);
    let sms_token = &world.community().outside.report_token;
    assert_eq!(client.callback(&format!("/callback/voice/{sms_token}"), &[], body).await, 404, "texts have their own");
    world.run("apply_deliveries").await;
    let open = "delivery_event WHERE applied_at_ms IS NULL";
    assert_eq!(world.control_raw().await.count(open).await, 1);
    world.advance(TimeDelta::days(8));
    world.run("apply_deliveries").await;
    assert_eq!(world.control_raw().await.count(open).await, 0);
    let metrics = client.get(200, "/metrics").await;
    assert!(metrics.as_str().unwrap().contains("linli_delivery_unknown_total"), "{metrics}");
    world.finish().await;
}

async fn put(client: &Client, status: u16, path: &str, body: &Value) -> Value {
    let (found, answer) = client.send(Method::PUT, path, Some(body)).await;
    assert_eq!(found, status, "{path}: {answer}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_see_what_messages_leave_through_and_may_hold_them_back() {
    let (world, _) = due_by_phone().await;
    let community = world.community();
    let manager = world.staff("manager", &[Role::CompanyManager], None).await;
    let cashier = world.staff("cashier", &[Role::Cashier], Some(community.id)).await;
    let (state, dry_run) = (community.staff_path("/reminders/accounts"), community.staff_path("/reminders/dry-run"));
    put(&cashier, 403, &dry_run, &json!({ "is_dry_run": true })).await;
    put(&cashier, 403, "/api/staff/v1/reminder-pause", &json!({ "until": "2026-12-31", "reason": "春节" })).await;

    put(&manager, 204, &dry_run, &json!({ "is_dry_run": true })).await;
    assert_eq!(cashier.get(200, &state).await["is_dry_run"], true);
    world.remind().await;
    assert_eq!(world.sim.book().telecom.len(), 0, "everything was decided and nothing left");
    put(&manager, 204, &dry_run, &json!({ "is_dry_run": false })).await;

    let before = manager.get(200, &state).await;
    let account = before["accounts"].as_array().unwrap().iter().find(|one| one["channel"] == "sms").unwrap().clone();
    let limits = format!("/api/staff/v1/sending-accounts/{}/sms/limits", account["account"].as_str().unwrap());
    let wrong = put(&manager, 400, &limits, &json!({ "daily_quota": 5, "overdue_reserve": 9, "cost_fen": 4 })).await;
    assert_eq!(wrong["error"]["code"], "sending_limit_invalid");
    put(&manager, 204, &limits, &json!({ "daily_quota": 5, "overdue_reserve": 1, "cost_fen": 4 })).await;
    put(&manager, 404, "/api/staff/v1/sending-accounts/wx_other/sms/limits", &json!({ "cost_fen": 4 })).await;

    let house = world.household("1-1-102", "13800000002").await;
    let later = world.bill(&house, 10_000).await;
    let pause = json!({ "until": world.today(), "reason": "系统升级" });
    put(&manager, 204, "/api/staff/v1/reminder-pause", &pause).await;
    assert_eq!(cashier.get(200, &state).await["company_pause"]["reason"], "系统升级");
    manager.delete(204, "/api/staff/v1/reminder-pause").await;
    world.advance_to(later.due);
    let manager = world.client().with_token(&world.sign_in_again("manager").await);
    world.remind().await;
    let after = manager.get(200, &state).await;
    let sms = after["accounts"].as_array().unwrap().iter().find(|one| one["channel"] == "sms").unwrap().clone();
    assert!(sms["taken_today"].as_i64().unwrap() > 0, "{sms}");
    assert_eq!((&sms["daily_quota"], &sms["cost_fen"]), (&json!(5), &json!(4)));
    world.finish().await;
}
