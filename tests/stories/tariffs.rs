//! Tariffs: from a template over real houses to a bill the owner can follow, and what a new price touches.

use serde_json::{Value, json};
use service::staff::Role;
use tests::{Client, World};

const PHONE: &str = "13800000001";

struct Desk {
    world: World,
    manager: Client,
}

impl Desk {
    async fn open() -> Self {
        let world = World::start().await;
        let manager = world.staff("manager", &[Role::ProjectManager], None).await;
        Self { world, manager }
    }

    fn path(&self, rest: &str) -> String {
        self.world.community().staff_path(rest)
    }

    async fn get(&self, rest: &str) -> Value {
        self.manager.get(200, &self.path(rest)).await
    }

    async fn post(&self, status: u16, rest: &str, body: &Value) -> Value {
        self.manager.post(status, &self.path(rest), body).await
    }

    /// A fee item billed by the month.
    async fn item(&self, code: &str, name: &str) -> String {
        let body = json!({
            "code": code, "name": name, "period_months": 1, "rounding": "fen_half_up", "prorate": "calendar_days",
            "due_after_days": 15,
        });
        self.post(201, "/fee-items", &body).await["id"].as_str().unwrap().to_owned()
    }

    async fn run(&self, item: &str, mode: &str, month: u32) -> Value {
        let body = json!({ "mode": mode, "fee_item_id": item, "year": 2026, "month": month });
        self.post(200, "/bill-runs", &body).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_becomes_a_bill_the_owner_can_follow_and_a_new_price_does_not_touch_it() {
    let desk = Desk::open().await;
    let (house, other) =
        (desk.world.household("1-1-101", PHONE).await, desk.world.household("1-1-102", "13800000002").await);
    let templates = desk.get("/formula-templates").await;
    let template = templates.as_array().unwrap().iter().find(|one| one["id"] == "power-month-tiers").unwrap();
    assert!(templates.as_array().unwrap().len() >= 40);

    let field = json!({ "field": template["inputs"][0], "per_period": true });
    let field = desk.post(201, "/house-fields", &field).await["id"].as_str().unwrap().to_owned();
    let values = |house: &tests::House, value: &str| json!({ "values": [{ "house_id": house.id.uuid(), "from": "2026-11-01", "value": value }] });
    let path = desk.path(&format!("/house-fields/{field}/values"));
    let refused = desk.manager.put(400, &path, &values(&house, "四百")).await;
    assert_eq!(refused["error"]["fields"][0]["field"], "values[0].value");
    desk.manager.put(200, &path, &values(&house, "400")).await;

    let item = desk.item("power", "电费").await;
    let tariffs = format!("/fee-items/{item}/tariffs");
    let tariff = json!({ "template": "power-month-tiers", "effective_from": "2026-01-01" });
    let made = desk.post(201, &tariffs, &tariff).await;
    assert_eq!((&made["purpose"], &made["template"]), (&json!("once"), &json!("power-month-tiers")));

    let dry = desk.run(&item, "dry_run", 11).await;
    assert_eq!((&dry["bills"], &dry["total_fen"]), (&json!(1), &json!(23_482)));
    let exception = &dry["exceptions"][0];
    assert_eq!((&exception["house_key"], &exception["code"]), (&json!(other.key), &json!("missing_value")));
    let run = desk.run(&item, "publish", 11).await;
    let shown = desk.get(&format!("/bill-runs/{}", run["run_id"].as_str().unwrap())).await;
    assert_eq!((&shown["state"], &shown["bills"], &shown["houses"]), (&json!("published"), &json!(1), &json!(2)));

    let owner = desk.world.owner(PHONE).await;
    let bill = owner.bills().await["bills"][0]["id"].as_str().unwrap().to_owned();
    let path = desk.world.community().owner_path(&format!("/bills/{bill}"));
    let bill = owner.client.get(200, &path).await;
    let words = &bill["lines"][0]["words"];
    assert_eq!(words[0], "前180度 × 一档价 0.5283元/度 = 95.094元", "{words}");
    assert_eq!(words.as_array().unwrap().last().unwrap(), "95.094元 + 98.311元 + 41.415元 = 234.82元");
    assert_eq!(bill["lines"][0]["inputs"]["用电量"], "400");

    let early = json!({
        "template": "power-month-tiers", "constants": { "一档价": "0.9元/度" }, "effective_from": "2026-11-15",
    });
    assert_eq!(desk.post(409, &tariffs, &early).await["error"]["code"], "tariff_already_billed");
    let next = json!({
        "template": "power-month-tiers", "constants": { "一档价": "0.9元/度" }, "effective_from": "2026-12-01",
    });
    desk.post(201, &tariffs, &next).await;
    assert_eq!(owner.client.get(200, &path).await, bill);
    desk.world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_formula_is_checked_tried_and_its_effect_seen_before_it_is_saved() {
    let desk = Desk::open().await;
    desk.world.household("1-1-101", PHONE).await;
    let misspelt = json!({ "formula": "建筑面基 × 单价", "constants": { "单价": "2" } });
    let checked = desk.post(200, "/formulas/check", &misspelt).await;
    let mistake = &checked["mistakes"][0];
    assert_eq!((&checked["is_sound"], &mistake["start"], &mistake["end"]), (&json!(false), &json!(0), &json!(4)));
    assert!(mistake["remedy"].as_str().unwrap().contains("建筑面积"), "{mistake}");

    let power = json!({
        "draft": {
            "purpose": "once", "formula": "用电量 × 0.58元/度",
            "inputs": [{ "name": "用电量", "kind": "number", "unit": "度" }],
        },
        "values": { "用电量": "100" },
    });
    let evaluated = desk.post(200, "/formulas/evaluate", &power).await;
    assert_eq!((&evaluated["amount_fen"], &evaluated["exception"]), (&json!(5_800), &Value::Null));

    let item = desk.item("property", "物业费").await;
    let tariffs = format!("/fee-items/{item}/tariffs");
    // The house has its own price of 2 yuan, which goes before the tariff's.
    let old = json!({ "formula": "建筑面积 × 单价", "effective_from": "2026-01-01" });
    desk.post(201, &tariffs, &old).await;
    let tried = json!({ "draft": { "formula": "建筑面积 × 3元/㎡" }, "fee_item_id": item, "year": 2026, "month": 11 });
    let tried = desk.post(200, "/formulas/try", &tried).await;
    assert_eq!((&tried[0]["house_key"], &tried[0]["total_fen"]), (&json!("1-1-101"), &json!(30_000)));

    let tariff = json!({ "formula": "建筑面积 × 3元/㎡", "effective_from": "2026-12-01" });
    let mut new = json!({ "tariff": tariff, "year": 2026, "month": 12 });
    let effect = desk.post(200, &format!("/fee-items/{item}/tariff-preview"), &new).await;
    let sums = (&effect["before"]["total_fen"], &effect["after"]["total_fen"], &effect["houses_changed"]);
    assert_eq!(sums, (&json!(20_000), &json!(30_000), &json!(1)));
    assert_eq!(desk.get(&tariffs).await.as_array().unwrap().len(), 1, "nothing was saved");
    new["tariff"]["effective_from"] = json!("2025-12-01");
    let refused = desk.post(409, &format!("/fee-items/{item}/tariff-preview"), &new).await;
    assert_eq!(refused["error"]["code"], "tariff_overlap", "what stands against saving it is said before");
    desk.world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_cancelled_and_done_again_and_a_single_bill_corrected() {
    let desk = Desk::open().await;
    desk.world.household("1-1-101", PHONE).await;
    let item = desk.item("property", "物业费").await;
    let tariff = json!({ "formula": "建筑面积 × 单价", "effective_from": "2026-01-01" });
    desk.post(201, &format!("/fee-items/{item}/tariffs"), &tariff).await;
    let run = desk.run(&item, "publish", 11).await;
    let cancel = format!("/bill-runs/{}/cancel", run["run_id"].as_str().unwrap());
    assert_eq!(desk.post(400, &cancel, &json!({ "reason": "" })).await["error"]["code"], "reason_missing");
    let report = desk.post(200, &cancel, &json!({ "reason": "单价录错" })).await;
    assert_eq!((&report["voided"], &report["kept"]), (&json!(1), &json!(0)));
    assert_eq!(desk.run(&item, "publish", 11).await["bills"], 1);

    let owner = desk.world.owner(PHONE).await;
    let open = desk.world.community().owner_path("/bills");
    let bill = owner.client.get(200, &open).await["bills"][0]["id"].as_str().unwrap().to_owned();
    let reason = json!({ "reason": "面积有误" });
    let correction = desk.post(200, &format!("/bills/{bill}/correct"), &reason).await;
    assert_eq!(correction["voided_bill_id"], json!(bill));
    let new = desk.get(&format!("/bills/{}", correction["bill_id"].as_str().unwrap())).await;
    assert_eq!(new["corrects_bill_id"], json!(bill));
    assert_eq!(desk.get(&format!("/bills/{bill}")).await["corrected_by_bill_id"], correction["bill_id"]);
    let left = owner.client.get(200, &open).await;
    assert_eq!((&left["totals"]["count"], &left["bills"][0]["id"]), (&json!(1), &correction["bill_id"]));
    desk.world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_bill_change_formulas_and_others_may_look() {
    let desk = Desk::open().await;
    let steward = desk.world.staff("steward", &[Role::Steward], None).await;
    steward.get(200, &desk.path("/formula-inputs")).await;
    steward.post(200, &desk.path("/formulas/check"), &json!({ "formula": "30" })).await;
    let field = json!({ "field": { "name": "系数", "kind": "number" } });
    steward.post(403, &desk.path("/house-fields"), &field).await;
    let year = json!({ "holidays": ["2027-01-01"], "makeup_workdays": [], "source": "国务院办公厅通知" });
    steward.put(403, &desk.path("/holiday-years/2027"), &year).await;
    let entered = desk.manager.put(200, &desk.path("/holiday-years/2027"), &year).await;
    assert_eq!((&entered["year"], &entered["is_own"]), (&json!(2027), &json!(true)));
    assert_eq!(desk.get("/holiday-years").await.as_array().unwrap().len(), 3);
    desk.world.finish().await;
}
