//! A second account that sends in the first one's place: its day, its price, its health.

use super::super::{DeliveryKind, account_of, apply_deliveries, find_by_session, record_delivery};
use super::*;

/// A world with one payer who can only be texted about an overdue bill, and a second account. Prices are 5 and 9 fen.
async fn with_second_account() -> (World, String, Uuid) {
    let mut world = World::new().await;
    let second = Uuid::now_v7();
    let first = account_of(world.db.info(), Channel::Sms).unwrap();
    let company = world.fixture.company_id.uuid();
    let price = "INSERT INTO sending_account (account, channel, cost_fen, failures, updated_at_ms) \
         VALUES ($1, 'sms', $2, 4, 0)";
    let setup: Vec<(&str, Vec<Value>)> = vec![
        (
            "INSERT INTO sms_account (id, company_id, vendor, secret_id_sealed, secret_key_sealed, sdk_app_id, \
             sign_name, report_path_hash, created_at_ms) VALUES ($1, $2, 'aliyun', $3, $3, '', '测试', $4, 0)",
            vec![second.into(), company.into(), vec![0_u8].into(), vec![9_u8].into()],
        ),
        ("UPDATE project SET sms_backup_account_id = $1", vec![second.into()]),
        (price, vec![first.as_str().into(), 5_i64.into()]),
        (price, vec![second.to_string().into(), 9_i64.into()]),
    ];
    control(&world.fixture, setup).await;
    world.fixture.projects.forget(world.fixture.project_id).await;
    world.db = world.fixture.projects.open(world.fixture.project_id).await.unwrap();
    let house = world.house("1-101").await;
    let party = world.party(house, true).await;
    world.phone(party, "13900000001").await;
    world.bill(Payer { party, house }, "2026-11-22", 10_000).await;
    (world, first, second)
}

/// What each account has taken of its day.
async fn taken(world: &World, account: &str) -> i64 {
    let sql =
        format!("SELECT CAST(COALESCE(SUM(taken), 0) AS BIGINT) FROM account_quota WHERE account = '{account}:sms'");
    world.control_count(&sql).await
}

async fn failures(world: &World, account: &str) -> i64 {
    world.control_count(&format!("SELECT failures FROM sending_account WHERE account = '{account}'")).await
}

#[tokio::test]
async fn what_a_second_account_sends_counts_in_its_day_and_at_its_price() {
    let (world, first, second) = with_second_account().await;
    let second = second.to_string();
    world.sms.answers([Outcome::Accepted { receipt_id: "b1".to_owned(), account: Some(second.clone()) }]);
    world.tick().await;
    assert_eq!(world.notices().await, ["sms:sent"]);
    assert_eq!(world.words("SELECT account AS word FROM notice").await, [second.as_str()]);
    assert_eq!(world.count("SELECT cost_fen FROM notice").await, 9);
    assert_eq!((taken(&world, &first).await, taken(&world, &second).await), (0, 1));
    let of_second = format!("SELECT COUNT(*) FROM send_grant WHERE account = '{second}' AND state = 'spent'");
    assert_eq!(world.control_count(&of_second).await, 1);
    assert_eq!((failures(&world, &first).await, failures(&world, &second).await), (4, 0), "the second one works");
    world.books_balance().await;
}

#[tokio::test]
async fn a_text_whose_answer_was_lost_counts_where_its_report_comes_from() {
    let (world, first, second) = with_second_account().await;
    world.sms.answers([no_answer()]);
    world.tick().await;
    world.tick().await;
    assert_eq!((taken(&world, &first).await, taken(&world, &second.to_string()).await), (1, 0));
    let notice = world.sms.sent()[0].notice_id;
    for _ in 0..2 {
        find_by_session(&world.fixture.control, second, "b1", notice, world.now()).await.unwrap();
    }
    assert_eq!((taken(&world, &first).await, taken(&world, &second.to_string()).await), (0, 1), "once");
}

/// Whether the second account may stand in, for each of three new payers who can only be texted.
async fn asked_for_three(world: &World) -> Vec<bool> {
    for digits in ["13900000011", "13900000012", "13900000013"] {
        let house = world.house(&format!("2-{digits}")).await;
        let party = world.party(house, true).await;
        world.phone(party, digits).await;
        world.bill(Payer { party, house }, "2026-11-22", 10_000).await;
    }
    world.tick().await;
    world.sms.sent().into_iter().map(|message| message.may_stand_in).collect()
}

#[tokio::test]
async fn a_second_account_stands_in_only_while_it_works_and_its_day_lasts() {
    let (world, _, second) = with_second_account().await;
    let second = second.to_string();
    let limit = "UPDATE sending_account SET daily_quota = 2, overdue_reserve = 0 WHERE account = $1";
    control(&world.fixture, vec![(limit, vec![second.as_str().into()])]).await;
    let may = asked_for_three(&world).await;
    assert_eq!((may.len(), may.iter().filter(|may| **may).count()), (4, 2), "its day has room for two");

    let (world, _, second) = with_second_account().await;
    let closed = "UPDATE sending_account SET open_until_ms = $1 WHERE account = $2";
    let until_ms = world.now().timestamp_millis() + 60_000;
    control(&world.fixture, vec![(closed, vec![until_ms.into(), second.to_string().into()])]).await;
    assert_eq!(asked_for_three(&world).await, [false; 4], "it does not work now");
}

#[tokio::test]
async fn a_text_in_doubt_that_arrives_gets_its_account_and_price() {
    let (world, _, second) = with_second_account().await;
    world.sms.answers([no_answer()]);
    world.tick().await;
    assert_eq!(world.notices().await, ["sms:in_doubt(in_doubt)"]);
    let notice = world.sms.sent()[0].notice_id;
    let (control, account) = (&world.fixture.control, second.to_string());
    find_by_session(control, second, "b1", notice, world.now()).await.unwrap();
    record_delivery(control, &account, "k1", "b1", DeliveryKind::Delivered, world.now()).await.unwrap();
    apply_deliveries(control, &world.fixture.projects, world.now(), 100).await.unwrap();
    assert_eq!(world.notices().await, ["sms:sent"]);
    assert_eq!(world.words("SELECT account || ' ' || receipt_id AS word FROM notice").await, [format!("{account} b1")]);
    assert_eq!(world.count("SELECT cost_fen FROM notice").await, 9);
}
