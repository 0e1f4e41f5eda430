//! The evidence pack: what it says, who may not be named in it, and that its making is known.

use domain::ids::StaffId;

use super::super::evidence::gather::{Asked, gather};
use super::super::{EvidenceError, evidence_pack};
use super::*;
use crate::audit::{Actor, By};
use crate::vault::sha256_hex;

async fn manager(world: &World) -> By {
    let id = StaffId::new();
    let statement = (
        "INSERT INTO staff (id, company_id, login, name, password_hash, failed_sign_ins, created_at_ms) \
         VALUES ($1, $2, 'li', '李经理', 'x', 0, 0)",
        vec![id.uuid().into(), world.fixture.company_id.uuid().into()],
    );
    control(&world.fixture, vec![statement]).await;
    By { actor: Actor::Staff(id), request_id: Some("r-1".to_owned()) }
}

async fn ledger_begins(world: &World) {
    let hash = vec![7_u8; 32];
    world.sql("DELETE FROM ledger_head", vec![]).await;
    world.sql("INSERT INTO ledger_head (id, seq, hash) VALUES (1, 42, $1)", vec![hash.into()]).await;
}

/// A debtor with three bills, of which one is paid and one in part, who was written to and then texted.
async fn debtor() -> (World, Payer, Vec<Uuid>) {
    let world = World::new().await;
    ledger_begins(&world).await;
    let payer = world.payer("1-101").await;
    let other = world.payer("2-201").await;
    let mut bills = Vec::new();
    for total_fen in [10_000, 20_000, 30_050] {
        bills.push(world.bill(payer, "2026-11-22", total_fen).await);
    }
    world.bill(other, "2026-11-22", 99_900).await;
    world.tick().await;
    world.pass(TimeDelta::hours(24));
    world.tick().await;
    let payment = Uuid::now_v7();
    world
        .sql(
            "INSERT INTO payment (id, natural_key, method, amount_fen, refundable_fen, paid_at_ms, booked_at_ms) \
             VALUES ($1, 'wechat:4200001', 'wechat', 15000, 0, $2, $2)",
            vec![payment.into(), world.now().timestamp_millis().into()],
        )
        .await;
    for (bill, amount_fen) in [(bills[0], 10_000_i64), (bills[1], 5_000)] {
        let sql = "INSERT INTO allocation (payment_id, bill_id, amount_fen) VALUES ($1, $2, $3)";
        world.sql(sql, vec![payment.into(), bill.into(), amount_fen.into()]).await;
    }
    world.sql("UPDATE bill SET paid_fen = 5000 WHERE id = $1", vec![bills[1].into()]).await;
    world.pay(&bills[..1]).await;
    (world, payer, bills)
}

#[tokio::test]
async fn the_pack_says_what_is_owed_what_was_paid_and_every_message_word_for_word() {
    let (world, payer, _) = debtor().await;
    let asked = Asked { payer: payer.party, since: None, now: world.now(), made_by: "李经理".to_owned() };
    let said = world.db.read("story.gather", async |tx| gather(tx, &asked).await).await.unwrap();
    assert_eq!(
        (said.debtor.as_str(), said.company.as_str(), said.project.as_str()),
        ("张三丰", "测试物业", "翠湖花园")
    );
    assert_eq!(said.houses, ["1-101"]);
    let bills: Vec<_> = said
        .bills
        .iter()
        .map(|bill| (bill.amount_fen.get(), bill.paid_fen.get(), bill.owed_fen.get(), bill.overdue_days))
        .collect();
    assert_eq!(bills.len(), 2, "what is paid is not owed: {bills:?}");
    assert!(bills.contains(&(20_000, 5_000, 15_000, 2)) && bills.contains(&(30_050, 0, 30_050, 2)), "{bills:?}");
    assert_eq!(said.totals.owed_fen.get(), 45_050);
    let payments: Vec<_> =
        said.payments.iter().map(|p| (p.method_words.as_str(), p.reference.as_str(), p.amount_fen.get())).collect();
    assert_eq!(payments, [("微信支付", "4200001", 15_000)]);

    let texts: Vec<_> = said.messages.iter().map(|message| message.text.clone()).collect();
    let mine = |texts: Vec<String>| texts.into_iter().filter(|text| text.contains("1-101")).collect::<Vec<_>>();
    let sent: Vec<String> = mine(world.wechat.texts()).into_iter().chain(mine(world.sms.texts())).collect();
    assert_eq!(texts, sent, "the exact text, oldest first, and nobody else's");
    let channels: Vec<_> = said
        .messages
        .iter()
        .map(|m| (m.channel_words.as_str(), m.stage_words.as_str(), m.receipt_id.is_some()))
        .collect();
    assert_eq!(channels, [("微信服务号消息", "逾期1天", true), ("短信", "逾期1天", true)]);
    let events: Vec<_> = said.messages[0].events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(events, ["claimed", "sent", "escalated"]);
    assert_eq!(said.messages[0].events[2].detail, "短信");
    assert_eq!((said.ledger_head.sequence, said.ledger_head.hash.as_str()), (42, "07".repeat(32).as_str()));
    assert!(!format!("{:?}", said.messages).contains("13800001234"), "whom it went to is masked");
}

#[tokio::test]
async fn making_a_pack_is_in_the_log_with_its_digest_and_who_made_it() {
    let (world, payer, _) = debtor().await;
    let by = manager(&world).await;
    let pack = evidence_pack(&world.db, &world.fixture.control, &by, payer.party, None, world.now()).await.unwrap();
    assert!(pack.pdf.starts_with(b"%PDF-") && pack.pages >= 2, "{} pages", pack.pages);
    assert_eq!(pack.pdf_sha256, sha256_hex(&pack.pdf));
    assert!(pack.number.starts_with("CH-ZJ-2026112"), "{}", pack.number);
    let logged = world.words("SELECT subject || detail AS word FROM audit_log WHERE action = 'print.evidence'").await;
    assert_eq!(logged.len(), 1);
    for part in [pack.pdf_sha256.as_str(), pack.content_sha256.as_str(), &format!("payer:{}", payer.party)] {
        assert!(logged[0].contains(part), "{part} not in {logged:?}");
    }
    assert!(!logged[0].contains('张'), "the log names nobody");
}

#[tokio::test]
async fn nobody_is_no_debtor_and_what_came_before_the_asked_day_is_left_out() {
    let (world, payer, _) = debtor().await;
    let by = manager(&world).await;
    let unknown = evidence_pack(&world.db, &world.fixture.control, &by, Uuid::now_v7(), None, world.now()).await;
    assert!(matches!(unknown, Err(EvidenceError::NotFound)), "{unknown:?}");
    assert_eq!(world.count("SELECT COUNT(*) FROM audit_log WHERE action = 'print.evidence'").await, 0);
    let since = Some(world.db.info().today(world.now()));
    let asked = Asked { payer: payer.party, since, now: world.now(), made_by: String::new() };
    let said = world.db.read("story.gather", async |tx| gather(tx, &asked).await).await.unwrap();
    let channels: Vec<_> = said.messages.iter().map(|message| message.channel_words.as_str()).collect();
    assert_eq!((channels.as_slice(), said.bills.len()), (&["短信"][..], 2), "what is owed is owed since whenever");
}
