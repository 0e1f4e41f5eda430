//! The whole job: the company's own workbook in, bills, a message, a payment, a receipt.

use chrono::{Days, TimeDelta};
use linli::commands;
use service::houses::ImportMode;
use sim::Channel;
use tests::World;
use uuid::Uuid;

const WORKBOOK: &[u8] = include_bytes!("../../books/tests/data/翠湖花园-房屋业主资料.xlsx");

/// A house whose payer has a mobile phone that leads to this house alone.
async fn somebody(world: &World) -> (Uuid, String) {
    let db = world.project().await;
    let sql = "SELECT b.id, p.phone_sealed FROM bill b JOIN party_phone p ON p.party_id = b.payer_party_id \
         JOIN house h ON h.id = b.house_id WHERE p.position = 0 AND (SELECT COUNT(*) FROM party_phone o \
         JOIN house_party hp ON hp.party_id = o.party_id WHERE o.phone_hash = p.phone_hash) = 1 ORDER BY h.house_key";
    let rows = world.raw().await.rows(sql).await;
    let phones = rows.iter().map(|row| {
        let sealed: Vec<u8> = row.try_get_by_index(1).unwrap();
        (row.try_get_by_index(0).unwrap(), db.sealer().open("party_phone.phone", &sealed).unwrap())
    });
    phones.into_iter().find(|(_, phone)| phone.len() == 11 && phone.starts_with('1')).expect("somebody with a mobile")
}

#[tokio::test(flavor = "multi_thread")]
async fn import_bill_remind_pay_receipt() {
    let world = World::start().await;
    let info = world.project().await.info().clone();
    let installation = &world.node.installation;
    let import = |mode| commands::import(installation, &info, WORKBOOK, "翠湖花园-房屋业主资料.xlsx", mode);
    let tried = import(ImportMode::DryRun).await.unwrap();
    let done = import(ImportMode::Apply).await.unwrap();
    assert_eq!((tried.accepted, tried.rejected_rows), (done.accepted, done.rejected_rows));
    assert!(done.accepted > 100 && done.rejected_rows > 0, "a workbook as they are");
    assert_eq!(import(ImportMode::Apply).await.unwrap().new_houses, 0, "nothing the second time");

    let item = world.fee_item("建筑面积 × 单价", &[("unit_price", "1.80")], 15).await;
    let run = world.publish(item).await;
    assert!(run.bills > 100, "{run:?}");
    assert_eq!(world.publish(item).await.bills, 0, "nothing the second time");

    let (bill, phone) = somebody(&world).await;
    let owner = world.owner(&phone).await;
    let bills = owner.bills().await;
    assert_eq!(bills["bills"][0]["id"], bill.to_string());
    let bill = tests::Bill { id: bill, fen: bills["totals"]["open_fen"].as_i64().unwrap(), due: run.due_day };
    assert_eq!(bills["totals"]["count"], 1);

    world.advance_to(bill.due - Days::new(3));
    world.remind().await;
    world.hear().await;
    let messages = owner.messages(&world);
    assert_eq!(messages.iter().map(|message| message.channel).collect::<Vec<_>>(), [Channel::Template]);
    let opened = owner.open_reminder(&owner.message_token(&world)).await;
    assert_eq!(opened["owed_fen"], bill.fen);

    world.advance(TimeDelta::minutes(1));
    owner.pay_and_tell(&world, &[&bill]).await;
    let receipts = owner.receipts().await;
    assert_eq!(receipts[0]["number"], "CH-2026-000001");
    assert_eq!(receipts[0]["amount_fen"], bill.fen);
    assert_eq!(receipts[0]["lines"][0]["bill_id"], bill.id.to_string());
    assert_eq!(owner.bills().await["totals"]["open_fen"], 0);

    world.advance_to(bill.due);
    world.remind().await;
    assert_eq!(owner.messages(&world).len(), 1, "whoever has paid hears no more");
    world.finish().await;
}
