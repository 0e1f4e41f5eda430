//! One project cannot read another: every operation is tried.

use std::collections::BTreeMap;

use chrono::Days;
use domain::counter::{AllocationRule, DeskMethod, Wish};
use domain::ids::{BillId, FeeItemId, PaymentId, RefundId, StaffId};
use domain::money::Amount;
use domain::period::Period;
use domain::reminder::Channel;
use serde_json::json;
use service::audit::By;
use service::counter::{self, Desk, DeskCheckout, DeskPolicy};
use service::house_fields::{self, NewHouseField};
use service::houses::ImportMode;
use service::meters::{self, Entry, EntryStep, MeterKind, NewMeter};
use service::payments::{self, Confirmation, ConfirmationSource};
use service::refunds::{self, NewPart, NewRefund};
use service::reminders::{self, Audience, NewCampaign, PauseLevel, PauseReason};
use service::shares::{self, ShareBasis, ShareRequest, ShareSource};
use service::staff::Role;
use service::store::StoreError;
use service::tenancy::ProjectDb;
use tests::description::Operation;
use tests::{Bill, Client, Community, House, Owner, Raw, World};
use uuid::Uuid;

/// Campaigns are numbered in each project: we have one, the others two.
const THEIR_CAMPAIGN: i64 = 2;
/// Of a calendar: the same words in every project.
const YEAR: i32 = 2027;

/// One thing of each kind in a project, by the name paths give it.
async fn things(world: &World, community: &Community) -> BTreeMap<&'static str, Uuid> {
    let raw = Raw::open(&community.database_url).await;
    let control = world.control_raw().await;
    let mut things = BTreeMap::from([("project", community.id.uuid())]);
    for (name, table) in [
        ("house", "house"),
        ("bill", "bill"),
        ("order", "payment_order"),
        ("notice", "notice"),
        ("item", "fee_item"),
        ("pause", "reminder_pause"),
        ("hold", "reminder_pause"),
        ("run", "bill_run"),
        ("payment", "payment"),
        ("refund", "refund"),
        ("anomaly", "payment_anomaly"),
        ("task", "staff_task"),
        ("shift", "shift"),
        ("receipt", "receipt"),
        ("field", "house_field"),
        ("meter", "meter"),
        ("reading", "meter_reading"),
        ("share", "share_run"),
    ] {
        things.insert(name, raw.one(&format!("SELECT id FROM {table} ORDER BY id LIMIT 1")).await);
    }
    things.insert("payer", raw.one("SELECT payer_party_id FROM bill ORDER BY id LIMIT 1").await);
    let of_project = match raw.is_postgres() {
        true => format!("project_id = '{}'", community.id),
        false => format!("project_id = X'{}'", community.id.uuid().simple()),
    };
    let binding = format!("SELECT id FROM house_binding WHERE {of_project} LIMIT 1");
    things.insert("binding", control.one(&binding).await);
    things.insert("taken", raw.one("SELECT payment_id FROM desk_payment LIMIT 1").await);
    let person = format!("SELECT person_id FROM house_binding WHERE {of_project} LIMIT 1");
    things.insert("person", control.one(&person).await);
    things
}

/// A household with a bill.
async fn move_in(world: &World, community: &Community, phone: &str) -> (Owner, House, Bill) {
    let house = world.household_of(community, "1-1-101", phone).await;
    let bill = world.bill_of(community, &house, 20_000).await;
    (world.owner_of(community, &world.client(), phone).await, house, bill)
}

/// A message about the bill, an order over it, a pause, and so many campaigns.
async fn live(world: &World, community: &Community, (owner, house, bill): &(Owner, House, Bill), campaigns: i64) {
    for job in ["plan_reminders", "dispatch_reminders"] {
        world.node.run(job, community.id).await;
    }
    let db = world.node.installation.projects.open(community.id).await.unwrap();
    pay_and_ask_back(world, community, (owner, house), &db).await;
    owner.order(&[bill]).await;
    take_cash(world, &db, community, house).await;
    read_meter(world, &db, house).await;
    let (by, level) = (By::operator(), PauseLevel::House(house.id.uuid()));
    reminders::pause(&db, &by, &level, PauseReason::Dispute, None, world.now()).await.unwrap();
    let draft = NewCampaign {
        name: "年末对账".to_owned(),
        audience: Audience { houses: vec![house.id.uuid()], ..Audience::default() },
        channels: vec![Channel::Sms],
        note: None,
        send_at: None,
    };
    for no in 1..=campaigns {
        assert_eq!(reminders::create_campaign(&db, &by, draft.clone(), world.now()).await.unwrap(), no);
    }
}

/// A paid order with a refund that waits, and money that fits no order.
async fn pay_and_ask_back(world: &World, community: &Community, (owner, house): (&Owner, &House), db: &ProjectDb) {
    let bill = world.bill_of(community, house, 30_000).await;
    let paid = owner.pay_and_tell(world, &[&bill]).await;
    let raw = Raw::open(&community.database_url).await;
    let part = NewPart { bill: Some(BillId(bill.id)), amount: Amount::try_from(100).unwrap() };
    let new = NewRefund {
        id: RefundId::new(),
        payment: PaymentId(raw.one("SELECT id FROM payment").await),
        parts: vec![part],
        reason: "多收退回".to_owned(),
        made_at_wechat: None,
    };
    let _ = refunds::request(db, &new, &By::operator(), world.now()).await.unwrap();
    let stray = Confirmation {
        transaction_id: format!("4200{}", community.code),
        out_trade_no: "unknown".to_owned(),
        mchid: paid.mchid,
        app_id: community.outside.mini.clone(),
        amount: part.amount,
        currency: "CNY".to_owned(),
        paid_at: world.now(),
        refunded: false,
        source: ConfirmationSource::Callback,
    };
    payments::settle(db, &stray, world.now()).await.unwrap_err();
}

/// A field of the house, a meter with a reading, and a cost that is shared.
async fn read_meter(world: &World, db: &ProjectDb, house: &House) {
    let (by, now, month) = (By::operator(), world.now(), Period::new(2026, 10, 1).unwrap());
    let field = serde_json::from_value(json!({ "name": "人口", "kind": "number", "unit": "人" })).unwrap();
    house_fields::create_field(db, &NewHouseField { field, per_period: false }, &by, now).await.unwrap();
    let meter = NewMeter {
        house_id: Some(house.id.uuid()),
        public_place: None,
        kind: MeterKind::Water,
        number: "SB1".to_owned(),
        multiplier_milli: 1_000,
        limit_micro: None,
    };
    let meter_id = meters::register(db, &meter, &by, now).await.unwrap();
    let (step, is_estimated) = (EntryStep::Plain, false);
    let entry = Entry { meter_id, current_milli: 5_000, step, is_estimated, day: None, photo: None, remark: None };
    meters::enter(db, &month, &[entry], ImportMode::Apply, &by, now).await.unwrap();
    let item = db.read("story.item", async |tx| tx.value("SELECT id FROM fee_item LIMIT 1", vec![]).await);
    let item: Result<Option<Uuid>, StoreError> = item.await;
    let shared = ShareRequest {
        fee_item: FeeItemId(item.unwrap().unwrap()),
        month,
        building: None,
        basis: ShareBasis::Household,
        source: ShareSource::Sum(Amount::try_from(1_000).unwrap()),
    };
    shares::share(db, &shared, ImportMode::Apply, &by, now).await.unwrap();
}

/// A shift and a payment over the desk.
async fn take_cash(world: &World, db: &ProjectDb, community: &Community, house: &House) {
    let bill = world.bill_of(community, house, 5_000).await;
    let (cashier, by, now) = (StaffId::new(), By::operator(), world.now());
    let _ = counter::open_shift(db, cashier, 0, &by, now).await.unwrap();
    let installation = &world.node.installation;
    let desk = Desk { db, gateway: &installation.pay, merchants: &installation.merchants };
    let new = DeskCheckout {
        key: Uuid::now_v7(),
        wish: Wish::Each(vec![(BillId(bill.id), Amount::try_from(bill.fen).unwrap())]),
        method: DeskMethod::Cash,
        tendered: None,
        payer_name: None,
        reference: None,
        overruled: vec![],
    };
    // The older bill is being paid in WeChat: the project lets its desk choose.
    let policy = DeskPolicy { allocation: AllocationRule::FreeChoice, ..DeskPolicy::default() };
    counter::put_policy(db, &policy, &by, now).await.unwrap();
    let _ = counter::checkout(&desk, cashier, &new, &by, now).await.unwrap();
}

fn filled(operation: &Operation, things: &BTreeMap<&'static str, Uuid>, project: Uuid, campaign: i64) -> String {
    let mut path = operation.path.clone();
    for name in operation.names() {
        let id = match name {
            "project" => project.to_string(),
            "no" => campaign.to_string(),
            "year" => YEAR.to_string(),
            other => {
                things.get(other).unwrap_or_else(|| panic!("{other} of {} is unknown here", operation.path)).to_string()
            }
        };
        path = path.replace(&format!("{{{name}}}"), &id);
    }
    path
}

/// Whoever is not let in is told so, or that there is nothing.
fn is_refusal(status: u16) -> bool {
    matches!(status, 401 | 403 | 404)
}

/// The walk asks for what is there: our own are shown by the very same requests.
async fn ours_are_shown(
    operations: &[&Operation],
    things: &BTreeMap<&'static str, Uuid>,
    owner: &Client,
    staff: &Client,
) {
    for operation in operations.iter().filter(|one| one.method == reqwest::Method::GET) {
        let client = if operation.caller.as_deref() == Some("owner") { owner } else { staff };
        let path = filled(operation, things, things["project"], 1) + &operation.query(things["house"]);
        client.get(200, &path).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_project_cannot_read_another() {
    let mut world = World::start().await;
    let other = world.add_project("other").await;
    let sister = world.add_sister_project("sister").await;
    let (home, other, sister) =
        (world.community().clone(), world.communities[other].clone(), world.communities[sister].clone());
    let mut people = Vec::new();
    for (community, phone) in [(&home, "13800000001"), (&other, "13800000002"), (&sister, "13800000003")] {
        people.push((community, move_in(&world, community, phone).await));
    }
    world.advance_to(world.today() + Days::new(7));
    for (community, person) in &people {
        let campaigns = if community.id == home.id { 1 } else { THEIR_CAMPAIGN };
        live(&world, community, person, campaigns).await;
    }
    let owner = people[0].1.0.client.clone();
    let roles = [Role::Cashier, Role::Finance, Role::Steward, Role::ProjectManager, Role::Administrator];
    let staff = world.staff("everything", &roles, Some(home.id)).await;

    let operations = Operation::all(&world.client()).await;
    let of_project: Vec<&Operation> = operations.iter().filter(|one| one.names().contains(&"project")).collect();
    assert!(of_project.len() > 25);
    ours_are_shown(&of_project, &things(&world, &home).await, &owner, &staff).await;
    let mut wrong = Vec::new();
    for foreign in [&other, &sister] {
        let raw = Raw::open(&foreign.database_url).await;
        let before = raw.sizes().await;
        let theirs = things(&world, foreign).await;
        for operation in &of_project {
            for (who, client) in [("an owner", &owner), ("an employee", &staff), ("nobody", &world.client())] {
                let callers = [("their project", foreign.id.uuid()), ("our project with their ids", home.id.uuid())];
                for (where_, project) in callers {
                    let foreign_ids = operation.names().iter().any(|name| !["project", "year"].contains(name));
                    if project == home.id.uuid() && !foreign_ids && !operation.body_has_ids() {
                        continue;
                    }
                    let path = filled(operation, &theirs, project, THEIR_CAMPAIGN) + &operation.query(theirs["house"]);
                    let body = operation.body(theirs["bill"]);
                    let (status, answer) = client.send(operation.method.clone(), &path, body.as_ref()).await;
                    let refused = if project == home.id.uuid() && !foreign_ids {
                        (400..500).contains(&status)
                    } else {
                        is_refusal(status)
                    };
                    if !refused {
                        let Operation { method, path, .. } = operation;
                        wrong.push(format!("{who} at {method} {path} in {where_}: {status} {answer}"));
                    }
                }
            }
        }
        assert_eq!(raw.sizes().await, before, "nothing was written in {}", foreign.code);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    world.finish().await;
}
