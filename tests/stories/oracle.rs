//! The oracle itself: it sees what is wrong, and no story ends without it.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tests::{World, oracle};

const PHONE: &str = "13800000001";

/// What the oracle says, or nothing when all is well.
async fn finds(world: &World) -> Option<String> {
    let panicked = AssertUnwindSafe(oracle::examine(world)).catch_unwind().await.err()?;
    Some(panicked.downcast_ref::<String>().cloned().unwrap_or_default())
}

/// What is done to the rows, how it is undone, and a word of what the oracle must say.
const DAMAGES: [(&str, &str, &str); 9] = [
    ("UPDATE entry SET amount_fen = amount_fen + 1", "UPDATE entry SET amount_fen = amount_fen - 1", "sum of posting"),
    ("UPDATE posting SET at_ms = at_ms + 1", "UPDATE posting SET at_ms = at_ms - 1", "hash of posting"),
    ("UPDATE ledger_head SET seq = seq, hash = ZEROES", "HEAD", "head of the chain"),
    ("UPDATE receipt SET serial_no = 2", "UPDATE receipt SET serial_no = 1", "receipt numbers"),
    ("UPDATE receipt SET amount_fen = 1", "UPDATE receipt SET amount_fen = 20000", "receipts of wechat"),
    ("UPDATE allocation SET amount_fen = 1", "UPDATE allocation SET amount_fen = 20000", "paid on bill"),
    (
        "UPDATE payment SET natural_key = 'wechat:4200'",
        "UPDATE payment SET natural_key = (SELECT natural_key FROM posting WHERE kind = 'wechat_payment')",
        "money taken by WeChat Pay",
    ),
    ("UPDATE notice SET state = 'claimed'", "UPDATE notice SET state = 'sent'", "notices in hand"),
    (
        "UPDATE reminder_event SET at_ms = at_ms + 999999999",
        "UPDATE reminder_event SET at_ms = at_ms - 999999999",
        "claimed after its bills were paid",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_oracle_sees_what_is_wrong() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    world.advance_to(bill.due);
    world.remind().await;
    owner.pay_and_tell(&world, &[&bill]).await;
    assert_eq!(finds(&world).await, None);

    let raw = world.raw().await;
    let bytes = |hash: &str| if raw.is_postgres() { format!("'\\x{hash}'") } else { format!("X'{hash}'") };
    let zeroes = bytes(&"00".repeat(32));
    let kind: String = raw.one("SELECT kind FROM posting ORDER BY seq DESC LIMIT 1").await;
    for (damage, repair, word) in DAMAGES {
        raw.execute(&damage.replace("ZEROES", &zeroes)).await;
        let found = finds(&world).await.unwrap_or_else(|| panic!("nothing is found after {damage}"));
        assert!(found.contains(word), "{damage}: {found}");
        let head = "UPDATE ledger_head SET hash = (SELECT hash FROM posting ORDER BY seq DESC LIMIT 1)";
        let repair = if repair == "HEAD" { head.to_owned() } else { repair.replace("wechat_payment", &kind) };
        raw.execute(&repair).await;
        assert_eq!(finds(&world).await, None, "{repair}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_without_its_end_fails() {
    let story = tokio::spawn(async {
        let _world = World::start().await;
    });
    assert!(story.await.unwrap_err().is_panic());
}

#[tokio::test(flavor = "multi_thread")]
async fn books_that_do_not_add_up_are_a_task() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    world.bill(&house, 20_000).await;
    assert_eq!(world.run("verify_ledger").await["found"], 0);
    let raw = world.raw().await;
    raw.execute("UPDATE entry SET amount_fen = amount_fen + 1").await;
    for _ in 0..2 {
        assert_ne!(world.run("verify_ledger").await["found"], 0);
    }
    let kinds: Vec<String> = raw.column("SELECT kind FROM staff_task").await;
    assert_eq!(kinds, ["ledger_unsound"], "once a day");
    raw.execute("UPDATE entry SET amount_fen = amount_fen - 1").await;
    world.finish().await;
}
