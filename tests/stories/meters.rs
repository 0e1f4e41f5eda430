//! From a meter to its usage, from a public meter to everybody's part.

use serde_json::{Value, json};
use service::staff::Role;
use tests::World;

const PHONE: &str = "13800000001";

/// A reading of a month as the grid sends it.
fn grid(month: &str, meter: &Value, current: &str) -> Value {
    json!({ "month": month, "mode": "apply", "entries": [{ "meter": meter, "current": current }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meter_is_read_month_by_month_and_what_looks_odd_waits_for_a_reason() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let manager = world.staff("manager", &[Role::ProjectManager], None).await;
    let path = |rest: &str| world.community().staff_path(rest);
    let (meters, readings) = (path("/meters"), path("/meter-readings"));
    let body = json!({ "house": house.id.uuid(), "kind": "water", "number": "sb1", "multiplier": "2" });
    let meter = manager.post(201, &meters, &body).await["id"].clone();
    manager.post(409, &meters, &body).await;

    for (month, current) in [("2026-07-01", "100"), ("2026-08-01", "104.5"), ("2026-09-01", "109")] {
        let report = manager.post(200, &readings, &grid(month, &meter, current)).await;
        assert_eq!(report["new_readings"], 1, "{report}");
        let again = manager.post(200, &readings, &grid(month, &meter, current)).await;
        assert_eq!((&again["new_readings"], &again["unchanged"]), (&json!(0), &json!(1)));
    }
    let refused = manager.post(200, &readings, &grid("2026-10-01", &meter, "9")).await;
    assert_eq!((&refused["refused"][0]["code"], &refused["refused"][0]["index"]), (&json!("READING_LOWER"), &json!(0)));
    let precise = manager.post(400, &readings, &grid("2026-10-01", &meter, "109.0001")).await;
    assert_eq!(precise["error"]["fields"][0]["field"], "current");

    manager.post(200, &readings, &grid("2026-10-01", &meter, "209")).await;
    let odd = manager.get(200, &path("/meters?month=2026-10-01&state=exceptions")).await;
    let reading = &odd["meters"][0];
    assert_eq!((&reading["usage"], &reading["anomalies"]), (&json!("200"), &json!(["jump"])));
    let accept = format!("{readings}/{}/accept", reading["reading_id"].as_str().unwrap());
    manager.post(400, &accept, &json!({ "reason": "" })).await;
    manager.post(204, &accept, &json!({ "reason": "装修用水，已核实" })).await;
    manager.post(204, &accept, &json!({ "reason": "装修用水，已核实" })).await;
    let left = manager.get(200, &path("/meters?month=2026-10-01&state=exceptions")).await;
    assert_eq!(left["count"], 0);
    let correct = json!({ "current": "208", "counts_in": "2026-11-01", "reason": "看错" });
    let unbilled = manager.post(409, &accept.replace("/accept", "/correct"), &correct).await;
    assert_eq!(unbilled["error"]["code"], "reading_not_billed");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_public_meter_used_is_everybodys_to_the_fen_and_shared_once() {
    let world = World::start().await;
    for (key, phone) in [("1-1-101", PHONE), ("1-1-102", "13800000002"), ("1-1-103", "13800000003")] {
        world.household(key, phone).await;
    }
    let manager = world.staff("manager", &[Role::ProjectManager], None).await;
    let path = |rest: &str| world.community().staff_path(rest);
    let item = json!({
        "code": "lift", "name": "公摊电费", "period_months": 1, "rounding": "fen_half_up", "prorate": "whole_month",
        "due_after_days": 15
    });
    let item = manager.post(201, &path("/fee-items"), &item).await["id"].clone();
    let place = json!({ "public_place": "公区-1栋电梯", "kind": "electricity", "number": "db1" });
    let meter = manager.post(201, &path("/meters"), &place).await["id"].clone();
    let shared = |mode: &str| {
        json!({
            "mode": mode, "fee_item": item, "month": "2026-10-01", "basis": "household", "meters": [meter],
            "unit_price": "0.5483"
        })
    };
    let unread = manager.post(409, &path("/shares"), &shared("dry_run")).await;
    assert_eq!(unread["error"]["code"], "reading_missing");
    for (month, current) in [("2026-09-01", "1000"), ("2026-10-01", "1100")] {
        manager.post(200, &path("/meter-readings"), &grid(month, &meter, current)).await;
    }
    let tried = manager.post(200, &path("/shares"), &shared("dry_run")).await;
    // 100 × 0.5483 = 54.83 over three
    let parts: Vec<i64> =
        tried["parts"].as_array().unwrap().iter().map(|p| p["amount_fen"].as_i64().unwrap()).collect();
    assert_eq!((&tried["total_fen"], parts), (&json!(5_483), vec![1_828, 1_828, 1_827]));
    assert_eq!(manager.get(200, &path("/shares")).await, json!([]));
    let done = manager.post(200, &path("/shares"), &shared("apply")).await;
    let twice = manager.post(409, &path("/shares"), &shared("apply")).await;
    assert_eq!(twice["error"]["code"], "already_shared");
    let cancel = path(&format!("/shares/{}/cancel", done["share_id"].as_str().unwrap()));
    manager.post(204, &cancel, &json!({ "reason": "单价有误" })).await;
    manager.post(200, &path("/shares"), &shared("apply")).await;
    world.finish().await;
}
