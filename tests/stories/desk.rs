//! The desk: from a name to a receipt, what is asked before, what is taken back, and the shift around it.

use serde_json::{Value, json};
use service::staff::Role;
use sim::{Endpoint, Trick};
use tests::{Bill, Client, House, World};
use uuid::Uuid;

const PHONE: &str = "13800000001";

struct Desk {
    world: World,
    house: House,
    cashier: Client,
}

impl Desk {
    /// One household, and a cashier who has not opened a shift.
    async fn start() -> Self {
        let world = World::start().await;
        let house = world.household("1-1-101", PHONE).await;
        let cashier = world.staff("cashier", &[Role::Cashier], Some(world.community().id)).await;
        Self { world, house, cashier }
    }

    fn path(&self, rest: &str) -> String {
        self.world.community().staff_path(&format!("/desk{rest}"))
    }

    /// Opens a shift with 200 yuan of change; answers its path.
    async fn open(&self) -> String {
        let shift = self.cashier.post(200, &self.path("/shifts"), &json!({ "opening_float_fen": 20_000 })).await;
        self.path(&format!("/shifts/{}", shift["id"].as_str().unwrap()))
    }

    async fn take(&self, status: u16, body: &Value) -> Value {
        self.cashier.post(status, &self.path("/checkouts"), body).await
    }

    /// The only house that fits.
    async fn found(&self, words: &str) -> Value {
        let hits = self.cashier.get(200, &self.path(&format!("/search?q={words}"))).await;
        assert_eq!(hits.as_array().map(Vec::len), Some(1), "{words}: {hits}");
        hits[0].clone()
    }

    async fn owed(&self) -> Value {
        self.cashier.get(200, &self.path(&format!("/houses/{}/owed", self.house.id))).await
    }
}

/// Cash for these bills, exactly what they ask for.
fn cash(bills: &[&Bill]) -> Value {
    let bills: Vec<Value> = bills.iter().map(|bill| json!({ "bill_id": bill.id, "amount_fen": bill.fen })).collect();
    json!({ "idempotency_key": Uuid::now_v7(), "bills": bills, "method": "cash" })
}

fn with(mut body: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn asked(answer: &Value) -> Vec<&str> {
    assert_eq!(answer["error"]["code"], "desk_guard", "{answer}");
    answer["error"]["fields"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_house_number_to_a_receipt_and_a_counted_drawer() {
    let desk = Desk::start().await;
    let (one, two) = (desk.world.bill(&desk.house, 20_000).await, desk.world.bill(&desk.house, 30_050).await);
    for words in ["1%E6%A0%8B101", "1-1-101", "101", PHONE, "%E4%B8%9A%E4%B8%BB1-1-101"] {
        let hit = desk.found(words).await;
        assert_eq!((&hit["current_fen"], &hit["past_fen"]), (&json!(50_050), &json!(0)), "{hit}");
    }
    desk.world.advance_to(one.due + chrono::Days::new(1));
    let token = desk.world.sign_in_again("cashier").await;
    let desk = Desk { cashier: desk.cashier.with_token(&token), ..desk };
    let owner = desk.world.owner(PHONE).await;
    desk.world.run("plan_reminders").await;
    let owed = desk.owed().await;
    assert_eq!(
        (&owed["past_fen"], &owed["owed_fen"], &owed["has_more"]),
        (&json!(50_050), &json!(50_050), &json!(false))
    );

    let checkout = with(cash(&[&one, &two]), &json!({ "tendered_fen": 60_000 }));
    let refused = desk.take(409, &checkout).await;
    assert_eq!(refused["error"]["code"], "no_open_shift");
    let shift = desk.open().await;
    let taken = desk.take(200, &checkout).await;
    assert_eq!((&taken["amount_fen"], &taken["change_fen"]), (&json!(50_050), &json!(9_950)));
    assert_eq!(taken["receipts"][0]["number"], "CH-2026-000001");
    assert_eq!(taken["receipts"][0]["lines"].as_array().map(Vec::len), Some(2));
    assert_eq!(desk.take(200, &checkout).await["id"], taken["id"], "pressed twice");
    assert_eq!(desk.owed().await["owed_fen"], 0);
    assert_eq!(owner.receipts().await[0]["number"], "CH-2026-000001", "the owner sees it too");
    desk.world.remind().await;
    assert!(owner.messages(&desk.world).is_empty(), "whoever paid at the desk is not reminded");

    let print = desk.path(&format!("/receipts/{}/print", taken["receipts"][0]["id"].as_str().unwrap()));
    for copy in ["1", "2"] {
        let (headers, pdf) = desk.cashier.file(reqwest::Method::POST, &print, Some(&json!({}))).await;
        assert_eq!(headers["x-print-no"], copy);
        assert!(pdf.starts_with(b"%PDF"), "a file");
    }

    let short = desk.cashier.post(400, &format!("{shift}/close"), &json!({ "cash_fen": 70_000 })).await;
    assert_eq!(short["error"]["fields"][0]["field"], "difference_reason");
    let count = json!({ "cash_fen": 70_000, "difference_reason": "少收 0.50 元" });
    let closed = desk.cashier.post(200, &format!("{shift}/close"), &count).await;
    assert_eq!(
        (&closed["lines"][0]["expected_fen"], &closed["lines"][0]["difference_fen"]),
        (&json!(70_050), &json!(-50))
    );
    desk.cashier.post(403, &format!("{shift}/lock"), &json!({})).await;
    let finance = desk.world.staff("finance", &[Role::Finance], None).await;
    assert!(finance.post(200, &format!("{shift}/lock"), &json!({})).await["locked_at"].is_string());
    assert_eq!(desk.cashier.get(200, &desk.path("/my-shift")).await["shift"], Value::Null);
    desk.world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_and_a_slipped_decimal_point_are_asked_about_and_overruled_with_a_reason() {
    let desk = Desk::start().await;
    let bill = desk.world.bill(&desk.house, 20_000).await;
    desk.open().await;
    let manager = desk.world.staff("manager", &[Role::ProjectManager], None).await;
    let policy = json!({ "allocation": "oldest_first", "partial_allowed": true, "void_alone_max_fen": 100_000 });
    desk.cashier.send(reqwest::Method::PUT, &desk.path("/policy"), Some(&policy)).await;
    assert_eq!(desk.cashier.get(200, &desk.path("/policy")).await["partial_allowed"], false, "not for cashiers");
    manager.put(204, &desk.path("/policy"), &policy).await;

    let slip = with(cash(&[]), &json!({ "bills": [{ "bill_id": bill.id }], "sum_fen": 2_000 }));
    assert_eq!(asked(&desk.take(409, &slip).await), ["overruled.slipped_decimal"]);
    let silent = with(slip.clone(), &json!({ "overruled": [{ "warning": "slipped_decimal", "reason": " " }] }));
    assert_eq!(desk.take(400, &silent).await["error"]["fields"][0]["field"], "overruled");
    let meant = json!({ "overruled": [{ "warning": "slipped_decimal", "reason": "业主先付一部分" }] });
    assert_eq!(desk.take(200, &with(slip, &meant)).await["amount_fen"], 2_000);

    let again = with(cash(&[]), &json!({ "bills": [{ "bill_id": bill.id, "amount_fen": 18_000 }] }));
    assert_eq!(asked(&desk.take(409, &again).await), ["overruled.duplicate_bills"]);
    let meant = json!({ "overruled": [{ "warning": "duplicate_bills", "reason": "补齐余款" }] });
    desk.take(200, &with(again, &meant)).await;
    assert_eq!(desk.owed().await["owed_fen"], 0);
    desk.world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_on_its_way_through_wechat_is_closed_there_before_cash_is_taken() {
    let desk = Desk::start().await;
    let bill = desk.world.bill(&desk.house, 20_000).await;
    desk.open().await;
    let owner = desk.world.owner(PHONE).await;
    let order = owner.order(&[&bill]).await;
    let checkout = cash(&[&bill]);
    assert_eq!(asked(&desk.take(409, &checkout).await), ["overruled.reserved_by_wechat"]);
    let meant = json!({ "overruled": [{ "warning": "reserved_by_wechat", "reason": "业主改付现金" }] });
    desk.take(200, &with(checkout, &meant)).await;
    assert_eq!(owner.show(&order["order_id"]).await["state"], "closed");
    assert!(desk.world.sim.pay(owner.person, &order["pay_params"]).is_err(), "nobody can pay it any more");
    desk.world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_paid_in_wechat_a_second_ago_is_not_taken_again() {
    let desk = Desk::start().await;
    let bill = desk.world.bill(&desk.house, 20_000).await;
    desk.open().await;
    let owner = desk.world.owner(PHONE).await;
    owner.order(&[&bill]).await;
    desk.world.sim.mischief().once(Endpoint::PayClose, Trick::PaidBeforeClose);
    let meant = json!({ "overruled": [{ "warning": "reserved_by_wechat", "reason": "业主改付现金" }] });
    let told = desk.take(409, &with(cash(&[&bill]), &meant)).await;
    assert_eq!(told["error"]["code"], "paid_in_wechat", "{told}");
    assert_eq!(desk.world.deliver_notifies().await, [Some(200)], "told again by WeChat");
    assert_eq!(desk.world.raw().await.count("payment").await, 1);
    desk.world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_taken_back_in_its_shift_and_its_number_stays_used() {
    let desk = Desk::start().await;
    let bill = desk.world.bill(&desk.house, 120_000).await;
    let shift = desk.open().await;
    let taken = desk.take(200, &cash(&[&bill])).await;
    let payment = desk.path(&format!("/payments/{}", taken["id"].as_str().unwrap()));
    let reason = json!({ "reason": "收错房屋" });
    let refused = desk.cashier.post(409, &format!("{payment}/void"), &reason).await;
    assert_eq!(refused["error"]["code"], "second_person_needed", "1,200 yuan are above the limit");
    desk.cashier.post(403, &format!("{payment}/second-person-void"), &reason).await;
    let finance = desk.world.staff("finance", &[Role::Finance], None).await;
    finance.post(204, &format!("{payment}/second-person-void"), &reason).await;
    assert_eq!(desk.owed().await["owed_fen"], 120_000, "it is owed again");

    let owner = desk.world.owner(PHONE).await;
    assert_eq!(owner.receipts().await[0]["is_void"], true, "the owner sees what became of the paper");

    let taken = desk.take(200, &cash(&[&bill])).await;
    assert_eq!(taken["receipts"][0]["number"], "CH-2026-000002");
    let sheet = desk.cashier.get(200, &shift).await;
    assert_eq!((&sheet["figures"]["voided_fen"], &sheet["figures"]["receipts"]), (&json!(120_000), &json!(2)));
    assert_eq!(sheet["lines"][0]["booked_fen"], 120_000);
    desk.world.finish().await;
}
