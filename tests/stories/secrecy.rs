//! Personal data and secrets are nowhere in the clear: not in a database, not in its journal, not in a log.

use chrono::TimeDelta;
use tests::households::flat;
use tests::process::{Process, until};
use tests::{Raw, World};

const NAME: &str = "甄隐私";
const PHONE: &str = "13987654321";
const ID_NO: &str = "11010519491231002X";

/// What must not be found, each with a name for it.
fn canaries(world: &World) -> Vec<(&'static str, String)> {
    let outside = &world.community().outside;
    let key_line = outside.merchant_private_key_pem.lines().nth(3).unwrap();
    vec![
        ("the name", NAME.to_owned()),
        ("the phone", PHONE.to_owned()),
        ("the identity number", ID_NO.to_owned()),
        ("the APIv3 key", outside.api_v3_key.clone()),
        ("the merchant's private key", key_line.to_owned()),
        ("the AppSecret", outside.app_secret.clone()),
        ("the token of the push", outside.push_token.clone()),
        ("the key of the push", outside.push_aes_key.clone()),
        ("the id at the SMS vendor", outside.sms_secret_id.clone()),
        ("the key at the SMS vendor", outside.sms_secret_key.clone()),
        ("the end of the reports' address", outside.report_token.clone()),
    ]
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// All of a database as one text: its files, or every row of every table.
async fn contents(world: &World, url: &str) -> Vec<u8> {
    let Some(path) = url.strip_prefix("sqlite:") else {
        let raw = Raw::open(url).await;
        let mut all = Vec::new();
        for table in raw.tables().await {
            let rows: Vec<String> = raw.column(&format!("SELECT CAST(t AS TEXT) FROM \"{table}\" t")).await;
            all.extend(rows.join("\n").into_bytes());
        }
        return all;
    };
    let mut all = std::fs::read(path).unwrap();
    for journal in ["-wal", "-shm"] {
        all.extend(std::fs::read(format!("{path}{journal}")).unwrap_or_default());
    }
    assert!(all.len() > 10_000, "a database of {}", world.public_url);
    all
}

fn contains(all: &[u8], text: &str) -> bool {
    memchr::memmem::find(all, text.as_bytes()).is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_is_nowhere_in_the_clear() {
    let world = World::builder().system_time().without_api().start().await;
    world.advance(TimeDelta::days(-7));
    world.import(world.community(), &flat("1-1-101", NAME, PHONE, &[ID_NO])).await;
    let house = tests::House { id: house(&world).await, key: "1-1-101".to_owned(), phone: PHONE.to_owned() };
    let bill = world.bill(&house, 20_000).await;
    world.advance(TimeDelta::days(7));
    world.remind_from_midnight().await;

    // Everything that touches a person is done by a process whose log we have: a text, a sign-in, a claim, a payment.
    let mut process = Process::start(&world, "serve", &world.config.bind, None).await;
    until("a text is sent", async || world.sim.book().telecom.len() == 1).await;
    world.sim.clock().advance_ms(3_000);
    world.sim.deliver_receipts().await;
    let owner = world.owner(PHONE).await;
    let claim = serde_json::json!({
        "project_id": world.community().id, "house": "1-1-999", "name": NAME, "phone_tail": "4321"
    });
    owner.client.post(400, "/api/owner/v1/houses", &claim).await;
    owner.pay_and_tell(&world, &[&bill]).await;
    process.stop().await;

    let log = process.log();
    assert!(log.contains("serving"), "there is a log: {log}");
    let databases =
        [contents(&world, &world.control_url).await, contents(&world, &world.community().database_url).await];
    for (what, canary) in canaries(&world) {
        assert!(!log.contains(&canary), "{what} is in the log");
        for all in &databases {
            assert!(!contains(all, &canary), "{what} is in a database");
            assert!(!contains(all, &hex(&canary)), "{what} is in a database as bytes");
        }
    }
    assert!(contains(&databases[1], "139****4321"), "the search finds what is there: the masked phone");
    world.finish().await;
}

async fn house(world: &World) -> domain::ids::HouseId {
    domain::ids::HouseId(world.raw().await.one("SELECT id FROM house").await)
}
