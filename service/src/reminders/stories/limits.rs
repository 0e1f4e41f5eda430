//! How much may be said: quiet hours, caps, quotas with their reserve, breakers, credits, and the switches that keep
//! everything silent. After each story the books of grants balance.

use domain::reminder::{Caps, Policy};

use super::super::{Refusal, preview, set_policy};
use super::*;
use crate::audit::By;

impl World {
    async fn policy(&self, change: impl FnOnce(&mut Policy)) {
        let mut policy = Policy::default();
        change(&mut policy);
        let _ = set_policy(&self.db, &By::operator(), &policy, self.now()).await.unwrap();
    }

    pub(super) async fn control_count(&self, sql: &str) -> i64 {
        let read = self.fixture.control.read("story.count", async |tx| tx.value::<i64>(sql, vec![]).await).await;
        read.unwrap().unwrap_or(0)
    }

    async fn limit(&self, channel: Channel, daily_quota: i64, overdue_reserve: i64) {
        let sql = "INSERT INTO sending_account (account, channel, daily_quota, overdue_reserve, cost_fen, updated_at_ms) \
                   VALUES ($1, $2, $3, $4, 5, 0)";
        let values = vec![SERVICE_ACCOUNT.into(), channel.as_str().into(), daily_quota.into(), overdue_reserve.into()];
        control(&self.fixture, vec![(sql, values)]).await;
    }

    /// What accounts and contacts count is what grants hold, and every credit is accounted for.
    pub(super) async fn books_balance(&self) {
        let quota = self.control_count("SELECT CAST(COALESCE(SUM(taken), 0) AS BIGINT) FROM account_quota").await;
        let contacts = self.control_count("SELECT CAST(COALESCE(SUM(taken), 0) AS BIGINT) FROM contact_count").await;
        let grants = self.control_count("SELECT COUNT(*) FROM send_grant WHERE state <> 'returned'").await;
        let held = self.control_count("SELECT COUNT(*) FROM send_grant WHERE state = 'held'").await;
        assert_eq!((quota, contacts, held), (grants, grants, 0));
    }

    fn local(&self) -> String {
        self.now().with_timezone(&chrono_tz::Asia::Shanghai).format("%m-%d %H:%M").to_string()
    }
}

#[tokio::test]
async fn a_notice_of_the_night_waits_for_the_morning() {
    let world = World::new().await;
    world.pass(TimeDelta::hours(11));
    assert_eq!(world.local(), "11-23 21:00");
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-22", 10_000).await;
    let report = world.tick().await;
    assert_eq!((report.handed_over, report.held), (0, 1));
    assert_eq!(world.reminders().await[2], "overdue_1:held(quiet_hours)");
    while world.wechat.sent().is_empty() {
        world.pass(TimeDelta::minutes(15));
        world.tick().await;
    }
    assert_eq!(world.local(), "11-24 09:00");
    assert_eq!(world.reminders().await[2], "overdue_1:sent");
    world.books_balance().await;
}

#[tokio::test]
async fn one_person_with_two_flats_is_not_spoken_to_above_the_cap() {
    let world = World::new().await;
    world.policy(|policy| policy.caps = Caps { per_day: 1, per_week: 2 }).await;
    for key in ["1-101", "1-102", "1-103"] {
        let house = world.house(key).await;
        let party = world.party(house, true).await;
        world.phone(party, "13900000001").await;
        world.bill(Payer { party, house }, "2026-11-26", 10_000).await;
    }
    let report = world.tick().await;
    assert_eq!((report.handed_over, report.held), (1, 2));
    assert_eq!(world.count("SELECT COUNT(*) FROM reminder WHERE state = 'held' AND reason = 'day_cap'").await, 2);
    world.pass(TimeDelta::days(1));
    world.tick().await;
    assert_eq!(world.sms.sent().len(), 2);
    world.pass(TimeDelta::days(1));
    world.tick().await;
    assert_eq!(world.sms.sent().len(), 2, "two in seven days");
    assert_eq!(world.count("SELECT COUNT(*) FROM reminder WHERE state = 'held' AND reason = 'week_cap'").await, 1);
    world.books_balance().await;
}

#[tokio::test]
async fn an_account_that_runs_short_keeps_its_rest_for_overdue_bills() {
    let world = World::new().await;
    world.limit(Channel::WechatTemplate, 3, 2).await;
    for (key, due) in [
        ("1-101", "2026-11-23"),
        ("1-102", "2026-11-23"),
        ("1-103", "2026-11-22"),
        ("1-104", "2026-11-22"),
        ("1-105", "2026-11-22"),
    ] {
        let payer = world.payer(key).await;
        world.phone(payer.party, &format!("1390000{}", &key[2..].repeat(2)[..4])).await;
        world.bill(payer, due, 10_000).await;
    }
    world.tick().await;
    let overdue = world.wechat.sent().iter().filter(|m| m.wording.note.contains("已过")).count();
    assert_eq!((overdue, world.wechat.sent().len()), (3, 3), "the highest stages first");
    assert_eq!(world.count("SELECT COUNT(*) FROM reminder WHERE state = 'held' AND reason = 'quota'").await, 2);
    assert_eq!(world.sms.sent().len(), 0, "what is not overdue is not worth a text");
    world.pass(TimeDelta::days(1));
    world.tick().await;
    let left = world.count("SELECT COUNT(*) FROM reminder WHERE state IN ('held', 'planned')").await;
    assert_eq!(left, 0, "the next day they are overdue and speak first");
    world.books_balance().await;
}

#[tokio::test]
async fn an_account_that_says_stop_is_left_until_midnight_and_overdue_bills_go_on_by_text() {
    let world = World::new().await;
    let refused_first = world.payer("1-101").await;
    world.bill(refused_first, "2026-11-23", 10_000).await;
    world.wechat.answers([Outcome::Refused { reason: Refusal::DailyQuota, code: "45009".to_owned() }]);
    world.tick().await;
    assert_eq!(world.wechat.sent().len(), 1);
    let early = world.payer("1-102").await;
    world.bill(early, "2026-11-26", 10_000).await;
    let overdue = world.payer("1-103").await;
    world.bill(overdue, "2026-11-22", 10_000).await;
    world.tick().await;
    assert_eq!((world.wechat.sent().len(), world.sms.sent().len()), (1, 1));
    assert_eq!(
        world.count("SELECT COUNT(*) FROM reminder WHERE state = 'held' AND reason = 'account_stopped'").await,
        1
    );
    while world.wechat.sent().len() < 3 {
        world.pass(TimeDelta::minutes(30));
        world.tick().await;
    }
    assert!(world.local().as_str() <= "11-24 10:00", "{}", world.local());
    world.books_balance().await;
}

#[tokio::test]
async fn an_account_that_does_not_answer_is_left_alone_and_tried_again() {
    let world = World::new().await;
    let down = || Outcome::NotSent { reason: "connect".to_owned() };
    for number in 101..=112 {
        let payer = world.payer(&format!("1-{number}")).await;
        world.bill(payer, "2026-11-23", 10_000).await;
    }
    world.wechat.answers((0..100).map(|_| down()));
    world.tick().await;
    let asked = world.wechat.sent().len();
    assert!((5..=12).contains(&asked), "{asked} calls to an account that is down");
    assert!(world.control_count("SELECT COUNT(*) FROM sending_account WHERE open_until_ms IS NOT NULL").await == 1);
    let late = world.payer("1-120").await;
    world.bill(late, "2026-11-23", 10_000).await;
    world.tick().await;
    assert_eq!(world.wechat.sent().len(), asked, "not one more call while the breaker is open");
    world.wechat.script.lock().unwrap().clear();
    for _ in 0..80 {
        world.pass(TimeDelta::minutes(5));
        world.tick().await;
    }
    assert_eq!(world.count("SELECT COUNT(*) FROM reminder WHERE stage = 'due_day' AND state = 'sent'").await, 13);
    assert_eq!(world.sms.sent().len(), 0);
    world.books_balance().await;
}

#[tokio::test]
async fn a_subscribe_message_spends_one_credit_and_without_one_a_text_goes_out() -> Story {
    let mut world = World::new().await;
    let subscribe = Scripted::new(Channel::WechatSubscribe);
    world.senders = world.senders.clone().with(subscribe.clone());
    let house = world.house("1-101").await;
    let party = world.party(house, true).await;
    world.phone(party, "13900000001").await;
    let bill = world.bill(Payer { party, house }, "2026-11-26", 10_000).await;
    let person = Uuid::now_v7();
    let (project, company) = (world.fixture.project_id.uuid(), world.fixture.company_id.uuid());
    let setup: Vec<(&str, Vec<Value>)> = vec![
        (
            "INSERT INTO wechat_app (app_id, company_id, kind, secret_sealed, created_at_ms) \
             VALUES ('wx_mini', $1, 'mini_program', $2, 0)",
            vec![company.into(), vec![0_u8].into()],
        ),
        ("UPDATE project SET mini_program_app_id = 'wx_mini' WHERE id = $1", vec![project.into()]),
        (
            "INSERT INTO message_template (account, purpose, template_id, fields) \
             VALUES ('wx_mini', 'bill_notice', 't1', '[]')",
            vec![],
        ),
        ("INSERT INTO person (id, created_at_ms) VALUES ($1, 0)", vec![person.into()]),
        (
            "INSERT INTO person_wechat (app_id, openid, person_id, followed, created_at_ms) \
             VALUES ('wx_mini', 'oMini1', $1, FALSE, 0)",
            vec![person.into()],
        ),
        (
            "INSERT INTO house_binding (id, person_id, project_id, house_id, party_id, role, state, requested_at_ms) \
             VALUES ($1, $2, $3, $4, $5, 'owner', 'active', 0)",
            vec![Uuid::now_v7().into(), person.into(), project.into(), house.into(), party.into()],
        ),
        (
            "INSERT INTO consent_credit (app_id, openid, template_id, credits, updated_at_ms) \
             VALUES ('wx_mini', 'oMini1', 't1', 1, 0)",
            vec![],
        ),
    ];
    control(&world.fixture, setup).await;
    world.fixture.projects.forget(world.fixture.project_id).await;
    world.db = world.fixture.projects.open(world.fixture.project_id).await.unwrap();
    world.tick().await;
    assert_eq!((subscribe.sent().len(), world.sms.sent().len()), (1, 0));
    assert_eq!(world.control_count("SELECT credits FROM consent_credit").await, 0);
    world.pass(TimeDelta::days(3));
    world.tick().await;
    assert_eq!((subscribe.sent().len(), world.sms.sent().len()), (1, 1));
    world.books_balance().await;

    // WeChat knows better than our ledger: 43101 sets it to zero, and the text goes out at once.
    let credit = "UPDATE consent_credit SET credits = 3";
    control(&world.fixture, vec![(credit, vec![])]).await;
    subscribe.answers([Outcome::Refused { reason: Refusal::NoSubscription, code: "43101".to_owned() }]);
    world.pass(TimeDelta::days(1));
    world.tick().await;
    assert_eq!((subscribe.sent().len(), world.sms.sent().len()), (2, 2));
    assert_eq!(world.control_count("SELECT credits FROM consent_credit").await, 0);
    world.pay(&[bill]).await;
    world.books_balance().await;
    Ok(())
}

#[tokio::test]
async fn a_project_that_only_tries_writes_everything_and_sends_nothing() {
    let world = World::new().await;
    control(&world.fixture, vec![("UPDATE project SET is_dry_run = TRUE", vec![])]).await;
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-23", 10_000).await;
    let report = world.tick().await;
    assert_eq!((report.handed_over, report.tried), (0, 1));
    assert_eq!((world.wechat.sent().len(), world.sms.sent().len()), (0, 0));
    assert_eq!(world.notices().await, ["wechat_template:suppressed(dry_run)"]);
    assert_eq!(world.reminders().await[1], "due_day:suppressed(dry_run)");
    for _ in 0..30 {
        world.pass(TimeDelta::days(1));
        world.tick().await;
    }
    assert_eq!((world.wechat.sent().len(), world.sms.sent().len()), (0, 0));
    assert_eq!(world.control_count("SELECT COUNT(*) FROM send_grant").await, 0);
}

#[tokio::test]
async fn a_paused_company_is_silent_and_speaks_again_on_the_day_after() {
    let world = World::new().await;
    let until = day_number(day("2026-11-24"));
    let pause = "UPDATE company SET reminders_paused_until_day = $1, reminders_pause_reason = '系统切换'";
    control(&world.fixture, vec![(pause, vec![until.into()])]).await;
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-22", 10_000).await;
    for _ in 0..4 {
        world.tick().await;
        world.pass(TimeDelta::hours(12));
    }
    assert_eq!(world.local(), "11-25 10:00");
    assert_eq!((world.wechat.sent().len(), world.reminders().await[2].as_str()), (0, "overdue_1:held(paused)"));
    world.tick().await;
    assert_eq!(world.wechat.sent().len(), 1);
    world.books_balance().await;
}

#[tokio::test]
async fn the_held_out_share_gets_nothing_and_the_history_says_so() {
    let world = World::new().await;
    world.policy(|policy| policy.holdout_permille = 200).await;
    let policy = Policy { holdout_permille: 200, ..Policy::default() };
    let (mut out, mut all) = (0, 0);
    while out < 2 || all - out < 2 {
        let payer = world.payer(&format!("1-{}", 101 + all)).await;
        world.bill(payer, "2026-11-26", 10_000).await;
        out += usize::from(policy.holds_out(payer.party));
        all += 1;
    }
    let report = world.tick().await;
    assert_eq!(report.silent, u64::try_from(out).unwrap());
    let silent = world.count("SELECT COUNT(*) FROM reminder WHERE state = 'suppressed' AND reason = 'holdout'").await;
    assert_eq!(usize::try_from(silent).unwrap(), out);
    world.books_balance().await;
}

#[tokio::test]
async fn an_issued_bill_is_announced_once_by_what_costs_nothing() {
    let world = World::new().await;
    let (follows, texts) = (world.payer("1-101").await, world.house("1-102").await);
    let party = world.party(texts, true).await;
    world.phone(party, "13900000002").await;
    let today = day("2026-11-23");
    for payer in [follows, Payer { party, house: texts }] {
        world.bill_issued(payer, today, "2026-12-20", 10_000).await;
    }
    let published = "UPDATE bill_run SET published_at_ms = $1";
    world.sql(published, vec![world.now().timestamp_millis().into()]).await;
    for _ in 0..5 {
        world.tick().await;
        world.pass(TimeDelta::hours(20));
    }
    assert_eq!((world.wechat.sent().len(), world.sms.sent().len()), (1, 0));
    assert!(world.wechat.texts()[0].contains("新出"), "{:?}", world.wechat.texts());
    let mut states = world.reminders().await;
    states.sort();
    assert_eq!(states, ["issued:sent", "issued:suppressed(no_channel)"]);
    world.books_balance().await;
}

#[tokio::test]
async fn whoever_reads_in_the_evening_is_written_to_in_the_evening() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-26", 10_000).await;
    let sql = "INSERT INTO payer_hour (payer_party_id, minute_of_day, basis, facts, learned_at_ms) \
               VALUES ($1, 1170, 'payer', 5, 0)";
    world.sql(sql, vec![payer.party.into()]).await;
    assert_eq!(preview(&world.db, &world.fixture.control, world.now()).await?.messages.len(), 0);
    while world.wechat.sent().is_empty() {
        world.tick().await;
        world.pass(TimeDelta::minutes(15));
    }
    assert_eq!(world.local(), "11-23 19:45", "sent at half past seven");
    Ok(())
}

#[tokio::test]
async fn a_leaked_grant_comes_back_and_is_not_taken_for_a_message() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-23", 10_000).await;
    world.plan().await;
    // A worker takes leave and is lost before it claims.
    let now_ms = world.now().timestamp_millis();
    let setup: Vec<(&str, Vec<Value>)> = vec![
        (
            "INSERT INTO send_grant (notice_id, project_id, account, channel, day, contact_hash, state, taken_at_ms, \
             until_ms) VALUES ($1, $2, $3, 'wechat_template', 1, $4, 'held', $5, $5)",
            vec![
                Uuid::now_v7().into(),
                world.db.id().uuid().into(),
                SERVICE_ACCOUNT.into(),
                vec![7_u8].into(),
                now_ms.into(),
            ],
        ),
        (
            "INSERT INTO account_quota (account, day, taken) VALUES ($1, 1, 1)",
            vec![format!("{SERVICE_ACCOUNT}:wechat_template").into()],
        ),
        ("INSERT INTO contact_count (contact_hash, day, taken) VALUES ($1, 1, 1)", vec![vec![7_u8].into()]),
    ];
    control(&world.fixture, setup).await;
    world.pass(TimeDelta::minutes(20));
    world.dispatch().await;
    world.books_balance().await;
    assert_eq!(world.wechat.sent().len(), 1);
}
