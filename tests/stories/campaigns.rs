//! What staff send beside the ladder, through the API: previewed, sent, followed up, and handed over as files.

use chrono::{Days, TimeDelta};
use reqwest::Method;
use ring::digest;
use serde_json::{Value, json};
use service::staff::Role;
use tests::{Bill, Client, Owner, World};
use uuid::Uuid;

const FOLLOWER: &str = "13800000001";
const PHONE_ONLY: &str = "13800000002";
const CAMPAIGNS: &str = "/reminder-campaigns";

/// A follower and somebody with a phone only, each with a bill of the same sum that was issued yesterday and is due in
/// six days; the follower's.
async fn two_who_owe() -> (World, Owner, Bill) {
    let world = World::start().await;
    let house = world.household("1-1-101", FOLLOWER).await;
    world.household("2-1-201", PHONE_ONLY).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(FOLLOWER).await;
    world.remind().await;
    world.advance_to(world.today() + Days::new(1));
    (world, owner, bill)
}

async fn manager(world: &World) -> Client {
    world.staff("manager", &[Role::ProjectManager], Some(world.community().id)).await
}

/// Everybody who owes, by WeChat and else by a text.
fn to_all() -> Value {
    json!({ "name": "年末对账", "channels": ["wechat_template", "sms"], "note": "本周六服务中心照常办公" })
}

/// Channel and text, sorted.
fn texts(messages: &Value) -> Vec<(String, String)> {
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let rows = messages.as_array().unwrap().iter();
    let mut rows: Vec<_> = rows.map(|one| (text(one, "channel"), text(one, "text"))).collect();
    rows.sort();
    rows
}

/// The same of the messages of a campaign, as the history shows each.
async fn sent(world: &World, staff: &Client, no: &Value) -> Vec<(String, String)> {
    let list = world.community().staff_path(&format!("/reminders?campaign={no}"));
    let mut rows = Vec::new();
    for row in staff.get(200, &list).await["rows"].as_array().unwrap() {
        let path = world.community().staff_path(&format!("/reminders/{}", row["notice_id"].as_str().unwrap()));
        let text = staff.get(200, &path).await["text"].as_str().unwrap().to_owned();
        rows.push((row["channel"].as_str().unwrap().to_owned(), text));
    }
    rows.sort();
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_previewed_sent_and_seen_in_its_effect() {
    let (world, owner, bill) = two_who_owe().await;
    let manager = manager(&world).await;
    let path = |rest: &str| world.community().staff_path(&format!("{CAMPAIGNS}{rest}"));
    let unwritten = manager.post(200, &world.community().staff_path("/reminder-campaign-preview"), &to_all()).await;
    let no = manager.post(201, &path(""), &to_all()).await["no"].clone();
    let shown = manager.get(200, &path(&format!("/{no}/preview"))).await;
    assert_eq!(texts(&shown["messages"]), texts(&unwritten["messages"]));
    assert_eq!(shown["totals"]["messages"], 2);
    let before = (owner.messages(&world).len(), world.sim.book().telecom.len());

    assert_eq!(manager.post(200, &path(&format!("/{no}/send")), &json!({})).await["state"], "running");
    assert_eq!(manager.post(200, &path(&format!("/{no}/send")), &json!({})).await["state"], "running", "once");
    world.remind().await;
    world.remind().await;
    assert_eq!((owner.messages(&world).len(), world.sim.book().telecom.len()), (before.0 + 1, before.1 + 1));
    assert_eq!(sent(&world, &manager, &no).await, texts(&shown["messages"]), "what was shown is what was sent");
    let ended = manager.get(200, &path(&format!("/{no}"))).await;
    assert_eq!((&ended["state"], &ended["counts"][0]["bills"]), (&json!("done"), &json!(2)));
    assert_eq!(manager.get(409, &path(&format!("/{no}/preview"))).await["error"]["code"], "campaign_ended");

    world.hear().await;
    world.advance(TimeDelta::hours(2));
    owner.open_reminder(&owner.message_token(&world)).await;
    owner.pay_and_tell(&world, &[&bill]).await;
    let today = world.today();
    let effect = format!("/reminder-effect?from={today}&to={today}&campaign={no}");
    let effect = manager.get(200, &world.community().staff_path(&effect)).await;
    let figures = ["planned", "sent", "delivered", "opened", "paid_1d", "collected_fen"];
    let figures: Vec<i64> = figures.iter().map(|name| effect["total"][*name].as_i64().unwrap()).collect();
    assert_eq!(figures, [2, 2, 2, 1, 1, 20_000]);
    assert_eq!((effect["stages"].as_array().unwrap().len(), &effect["stages"][0]["campaign"]), (1, &no));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_campaign_is_begun_by_the_clock_and_a_cancelled_one_is_not() {
    let (world, owner, _) = two_who_owe().await;
    let manager = manager(&world).await;
    let path = |rest: &str| world.community().staff_path(&format!("{CAMPAIGNS}{rest}"));
    let at = world.now() + TimeDelta::hours(3);
    let mut numbers = Vec::new();
    for building in ["1", "2"] {
        let mut body = to_all();
        body["audience"] = json!({ "buildings": [building] });
        body["send_at"] = json!(at);
        let no = manager.post(201, &path(""), &body).await["no"].clone();
        assert_eq!(manager.post(200, &path(&format!("/{no}/send")), &json!({})).await["state"], "scheduled");
        numbers.push(no);
    }
    let before = (owner.messages(&world).len(), world.sim.book().telecom.len());
    let tick = async || {
        let tick = world.node.engine.tick().await.unwrap();
        assert!(tick.runs.iter().all(|run| run.error.is_none()), "{tick:?}");
        tick.runs.len()
    };
    world.advance(TimeDelta::hours(2));
    assert!(tick().await > 0);
    assert_eq!(owner.messages(&world).len(), before.0, "its time has not come");
    manager.post(200, &path(&format!("/{}/cancel", numbers[1])), &json!({})).await;
    world.advance(TimeDelta::minutes(61));
    for _ in 0..4 {
        tick().await;
        world.advance(TimeDelta::minutes(1));
    }
    assert_eq!((owner.messages(&world).len(), world.sim.book().telecom.len()), (before.0 + 1, before.1));
    let states = manager.get(200, &path("")).await;
    let states: Vec<&str> =
        states["rows"].as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["cancelled", "done"], "the newest first");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_to_one_house_goes_out_once_however_often_it_is_pressed() {
    let (world, owner, _) = two_who_owe().await;
    let manager = manager(&world).await;
    let sends = world.community().staff_path("/reminder-sends");
    let house: Uuid = world.raw().await.one("SELECT id FROM house WHERE house_key = '1-1-101'").await;
    let body = json!({ "target": { "kind": "house", "subject": house }, "channels": ["wechat_template"] });
    let before = owner.messages(&world).len();
    let first = manager.post(201, &sends, &body).await;
    let second = manager.post(200, &sends, &body).await;
    assert_eq!(first["no"], second["no"]);
    world.remind().await;
    assert_eq!(owner.messages(&world).len(), before + 1);
    let nobody = json!({ "target": { "kind": "building", "subject": "9" }, "channels": ["sms"] });
    let refused = manager.post(400, &sends, &nobody).await;
    assert_eq!(refused["error"]["code"], "campaign_no_bills");
    assert_eq!(refused["error"]["fields"][0]["field"], "audience");
    world.finish().await;
}

/// What stands in the sheets of a workbook, row by row.
fn rows(bytes: &[u8]) -> Vec<String> {
    let mut rows = Vec::new();
    for sheet in books::grid::read(bytes).unwrap() {
        for row in 0..sheet.height() {
            let cells: Vec<String> = sheet.row(row).cells().map(|(_, cell)| format!("{cell:?}")).collect();
            rows.push(cells.join(" "));
        }
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_comes_as_a_spreadsheet_of_what_was_asked_for_and_the_log_says_who_asked() {
    let (world, _, _) = two_who_owe().await;
    let manager = manager(&world).await;
    let list = world.community().staff_path("/reminders");
    let shown = manager.get(200, &list).await["rows"].as_array().unwrap().len();
    let export = |query: &str| world.community().staff_path(&format!("/reminder-export{query}"));
    let (headers, bytes) = manager.file(Method::GET, &export(""), None).await;
    assert!(headers["content-type"].to_str().unwrap().ends_with("spreadsheetml.sheet"), "{headers:?}");
    assert!(headers["content-disposition"].to_str().unwrap().contains("reminders-20261124.xlsx"), "{headers:?}");
    let all = rows(&bytes);
    for key in ["1-1-101", "2-1-201"] {
        assert!(all.iter().any(|row| row.contains(key)), "{key}: {all:?}");
    }
    assert!(!all.concat().contains(PHONE_ONLY), "numbers are masked");
    let (_, narrowed) = manager.file(Method::GET, &export("?building=2"), None).await;
    let narrowed = rows(&narrowed);
    assert!(narrowed.len() < all.len() && !narrowed.concat().contains("1-1-101"), "{narrowed:?}");
    let asked = "audit_log WHERE action = 'export.reminders'";
    assert_eq!(world.raw().await.count(asked).await, 2);
    assert!(shown >= 2, "{shown} rows of the list");
    let cashier = world.staff("cashier", &[Role::Cashier], Some(world.community().id)).await;
    cashier.file(Method::GET, &export(""), None).await;
    world.client().get(401, &export("")).await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_evidence_pack_is_handed_over_with_its_digest_to_whom_may_print_it() {
    let (world, _, bill) = two_who_owe().await;
    let payer: Uuid = world.raw().await.one("SELECT id FROM party ORDER BY id LIMIT 1").await;
    let path = world.community().staff_path(&format!("/payers/{payer}/evidence-pack"));
    world.advance_to(bill.due + Days::new(1));
    world.remind().await;
    let manager = manager(&world).await;
    let (headers, pdf) = manager.file(Method::POST, &path, Some(&json!({}))).await;
    assert_eq!(&pdf[..5], b"%PDF-");
    assert_eq!(headers["content-type"], "application/pdf");
    let digest = digest::digest(&digest::SHA256, &pdf);
    let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(headers["x-content-sha256"], hex.as_str());
    let kept: Vec<String> =
        world.raw().await.column("SELECT CAST(detail AS TEXT) FROM audit_log ORDER BY at_ms DESC, id DESC").await;
    assert!(kept.iter().any(|detail| detail.contains(&hex)), "the log keeps the digest");
    let steward = world.staff("steward", &[Role::Steward], Some(world.community().id)).await;
    steward.post(403, &path, &json!({})).await;
    let nobody = world.community().staff_path(&format!("/payers/{}/evidence-pack", Uuid::nil()));
    manager.post(404, &nobody, &json!({})).await;
    world.finish().await;
}
