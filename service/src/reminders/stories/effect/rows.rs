//! Random bills, messages, payments and reminders, kept in memory and written into rows.

use std::collections::{BTreeMap, BTreeSet};

use domain::reminder::{Anchor, Policy, Stage};
use sea_orm::sea_query::Value;
use uuid::Uuid;

use super::super::World;
use super::{CHANNELS, DAY_MS, STAGES, ZONE_MS};
use crate::store::StoreError;

pub(super) struct Bill {
    pub id: Uuid,
    pub payer: Uuid,
    pub due_day: i64,
    pub total_fen: i64,
    pub paid_fen: i64,
    pub is_voided: bool,
}

pub(super) struct Notice {
    pub id: Uuid,
    pub payer: Uuid,
    pub stage: &'static str,
    pub version: i64,
    pub channel: &'static str,
    pub state: &'static str,
    pub reason: Option<&'static str>,
    pub made_ms: i64,
    pub sent_ms: Option<i64>,
    pub delivered_ms: Option<i64>,
    pub opened_ms: Option<i64>,
    pub acknowledged_ms: Option<i64>,
    /// What is known of it as a call: picked up, answered with a key, or both.
    pub heard: &'static [&'static str],
    pub cost_fen: i64,
    pub bills: Vec<usize>,
}

pub(super) struct Reminder {
    pub bill: usize,
    pub stage: &'static str,
    pub version: i64,
    pub day: i64,
    pub state: &'static str,
    pub reason: Option<&'static str>,
    pub notice: Option<usize>,
}

pub(super) struct Payment {
    pub id: Uuid,
    pub at_ms: i64,
    pub bill: usize,
    pub amount_fen: i64,
}

#[derive(Default)]
pub(super) struct Rows {
    pub bills: Vec<Bill>,
    pub notices: Vec<Notice>,
    pub reminders: Vec<Reminder>,
    pub payments: Vec<Payment>,
    pub policies: BTreeMap<i64, Policy>,
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % u64::try_from(sides).unwrap()).unwrap()
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.roll(i64::try_from(of.len()).unwrap())).unwrap()]
    }

    fn maybe(&mut self, at_ms: i64) -> Option<i64> {
        (self.roll(2) == 0).then(|| at_ms + self.roll(DAY_MS))
    }
}

impl Rows {
    pub fn random(seed: u64, first_day: i64) -> Self {
        let mut dice = Dice(seed);
        let mut rows = Self::default();
        for (version, holdout_permille) in [(1, 200), (2, 60)] {
            rows.policies.insert(version, Policy { holdout_permille, ..Policy::default() });
        }
        let campaign = Stage {
            name: "campaign_7".to_owned(),
            anchor: Anchor::Campaign,
            ..Policy::default().stage("due_day").unwrap().clone()
        };
        rows.policies.insert(-7, Policy { stages: vec![campaign], ..Policy::default() });
        for _ in 0..150 {
            let payer = Uuid::now_v7();
            for _ in 0..1 + dice.roll(3) {
                rows.bills.push(Bill {
                    id: Uuid::now_v7(),
                    payer,
                    due_day: first_day + dice.roll(40),
                    total_fen: 100 + dice.roll(20_000),
                    paid_fen: 0,
                    is_voided: dice.roll(12) == 0,
                });
            }
        }
        for _ in 0..500 {
            rows.add_notice(&mut dice, first_day);
        }
        rows.add_silent(&mut dice, first_day);
        for bill in 0..rows.bills.len() {
            rows.add_payments(&mut dice, bill);
        }
        rows
    }

    fn add_notice(&mut self, dice: &mut Dice, first_day: i64) {
        let bill = usize::try_from(dice.roll(i64::try_from(self.bills.len()).unwrap())).unwrap();
        let payer = self.bills[bill].payer;
        let others = (0..self.bills.len()).filter(|other| *other != bill && self.bills[*other].payer == payer);
        let bills: Vec<usize> = std::iter::once(bill).chain(others.filter(|_| dice.roll(2) == 0)).collect();
        let (stage, version) = dice.one(&STAGES);
        let state = dice.one(&["sent", "sent", "sent", "sent", "failed", "in_doubt", "suppressed", "claimed"]);
        // Often the very first or last instant of a day, so that the ends of a range are met.
        let moment = dice.one(&[0, 0, DAY_MS - 1, 36_000_000, 50_000_000]);
        let made_ms = (first_day + dice.roll(40)) * DAY_MS - ZONE_MS + moment;
        let is_out = matches!(state, "sent" | "in_doubt");
        let number = self.notices.len();
        let day = (made_ms + ZONE_MS).div_euclid(DAY_MS);
        for bill in &bills {
            if !self.reminders.iter().any(|other| other.bill == *bill && other.stage == stage) {
                let (bill, state) = (*bill, if is_out { "sent" } else { state });
                self.reminders.push(Reminder { bill, stage, version, day, state, reason: None, notice: Some(number) });
            }
        }
        let channel = dice.one(&CHANNELS);
        self.notices.push(Notice {
            id: Uuid::now_v7(),
            payer,
            stage,
            version,
            channel,
            state,
            reason: (!is_out && state != "claimed").then(|| dice.one(&["not_follower", "blocked", "paid"])),
            made_ms,
            sent_ms: is_out.then(|| made_ms + dice.one(&[0, 1, 1_000])),
            delivered_ms: if is_out { dice.maybe(made_ms) } else { None },
            opened_ms: if is_out { dice.maybe(made_ms) } else { None },
            acknowledged_ms: if is_out { dice.maybe(made_ms) } else { None },
            heard: if is_out && channel == "voice" { dice.one(&HEARD) } else { &[] },
            cost_fen: if is_out { dice.one(&[0, 4, 5, 11]) } else { 0 },
            bills,
        });
    }

    fn add_silent(&mut self, dice: &mut Dice, first_day: i64) {
        for bill in 0..self.bills.len() {
            for (stage, version) in STAGES {
                let is_taken = self.reminders.iter().any(|other| other.bill == bill && other.stage == stage);
                if is_taken || dice.roll(3) == 0 {
                    continue;
                }
                let (state, reason) = dice.one(&[
                    ("suppressed", Some("paid")),
                    ("suppressed", Some("holdout")),
                    ("superseded", Some("newer_stage")),
                    ("held", Some("day_cap")),
                    ("planned", None),
                    ("failed", Some("no_channel")),
                ]);
                let day = first_day + dice.roll(40);
                self.reminders.push(Reminder { bill, stage, version, day, state, reason, notice: None });
            }
        }
    }

    /// Pays some bills, in one or two parts, often exactly as long after a message as the limits are.
    fn add_payments(&mut self, dice: &mut Dice, bill: usize) {
        if self.bills[bill].is_voided || dice.roll(3) == 0 {
            return;
        }
        let about = |notice: &&Notice| notice.bills.contains(&bill) && notice.sent_ms.is_some();
        let sent: Vec<i64> = self.notices.iter().filter(about).filter_map(|notice| notice.sent_ms).collect();
        let total_fen = self.bills[bill].total_fen;
        let split = if dice.roll(2) == 0 { vec![total_fen] } else { vec![total_fen / 3, total_fen - total_fen / 3] };
        let paid = if dice.roll(6) == 0 { &split[..split.len() - 1] } else { &split[..] };
        for amount_fen in paid.iter().copied().filter(|amount| *amount > 0) {
            let from = if sent.is_empty() { (self.bills[bill].due_day) * DAY_MS } else { dice.one(&sent) };
            let later =
                dice.one(&[-1, 0, 1, DAY_MS, DAY_MS + 1, 3 * DAY_MS, 3 * DAY_MS + 1, 7 * DAY_MS, 7 * DAY_MS + 1]);
            self.payments.push(Payment { id: Uuid::now_v7(), at_ms: from + later, bill, amount_fen });
            self.bills[bill].paid_fen += amount_fen;
        }
    }

    pub fn is_settled(&self, bill: usize) -> bool {
        self.bills[bill].paid_fen == self.bills[bill].total_fen
    }

    pub async fn write(&self, world: &World) {
        let house = world.house("1-101").await;
        let notices = self.notices.iter().map(notice_values).collect();
        let about = self.notices.iter().flat_map(|n| {
            n.bills.iter().map(|bill| vec![n.id.into(), self.bills[*bill].id.into(), n.stage.into(), 1_i64.into()])
        });
        let allocated =
            self.payments.iter().map(|p| vec![p.id.into(), self.bills[p.bill].id.into(), p.amount_fen.into()]);
        let tables: Vec<(&'static str, &[&str], Rolled)> = vec![
            ("party", &["id", "kind", "name_sealed", "name_hash", "created_at_ms"], self.party_values()),
            ("reminder_policy", &["version", "body", "created_at_ms"], self.policy_values()),
            ("bill", &BILL, self.bills.iter().zip(0..).map(|(bill, no)| bill_values(world, house, bill, no)).collect()),
            ("notice", &NOTICE, notices),
            ("notice_bill", &["notice_id", "bill_id", "stage", "amount_fen"], about.collect()),
            ("reminder_event", &["id", "at_ms", "kind", "notice_id", "detail"], self.event_values()),
            ("reminder", &REMINDER, self.reminders.iter().map(|r| self.reminder_values(r)).collect()),
            ("payment", &PAYMENT, self.payments.iter().map(payment_values).collect()),
            ("allocation", &["payment_id", "bill_id", "amount_fen"], allocated.collect()),
        ];
        world
            .db
            .transact("story.rows", async |tx| {
                for (table, columns, rows) in tables {
                    tx.insert_many(table, columns, rows, "").await?;
                }
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
    }

    fn party_values(&self) -> Rolled {
        let payers: BTreeSet<Uuid> = self.bills.iter().map(|bill| bill.payer).collect();
        let party = |id: Uuid| vec![id.into(), "person".into(), vec![0_u8].into(), vec![0_u8].into(), 0_i64.into()];
        payers.into_iter().map(party).collect()
    }

    fn policy_values(&self) -> Rolled {
        let stored = |policy: &Policy| serde_json::to_string(policy).unwrap();
        self.policies.iter().map(|(no, policy)| vec![(*no).into(), stored(policy).into(), 0_i64.into()]).collect()
    }

    fn event_values(&self) -> Rolled {
        let heard = self.notices.iter().flat_map(|n| n.heard.iter().map(|kind| (n.id, n.made_ms, *kind)));
        let event = |(notice, at_ms, kind): (Uuid, i64, &str)| {
            vec![Uuid::now_v7().into(), at_ms.into(), kind.into(), notice.into(), "".into()]
        };
        heard.map(event).collect()
    }

    fn reminder_values(&self, r: &Reminder) -> Vec<Value> {
        vec![
            self.bills[r.bill].id.into(),
            r.stage.into(),
            r.day.into(),
            self.bills[r.bill].payer.into(),
            r.version.into(),
            0_i64.into(),
            r.state.into(),
            r.reason.into(),
            r.notice.map(|notice| self.notices[notice].id).into(),
            0_i64.into(),
            0_i64.into(),
        ]
    }
}

/// What may be told of a call.
const HEARD: [&[&str]; 4] = [&[], &["voice_answered"], &["voice_key"], &["voice_answered", "voice_key"]];

/// Rows of a table.
type Rolled = Vec<Vec<Value>>;

const BILL: [&str; 14] = [
    "id",
    "run_id",
    "house_id",
    "payer_party_id",
    "fee_item_id",
    "period_start_day",
    "period_end_day",
    "bill_day",
    "due_day",
    "total_fen",
    "paid_fen",
    "settled_at_ms",
    "voided_at_ms",
    "created_at_ms",
];
const REMINDER: [&str; 11] = [
    "bill_id",
    "stage",
    "stage_day",
    "payer_party_id",
    "policy_version",
    "send_at_ms",
    "state",
    "reason",
    "notice_id",
    "planned_at_ms",
    "state_at_ms",
];
const PAYMENT: [&str; 7] =
    ["id", "natural_key", "method", "amount_fen", "refundable_fen", "paid_at_ms", "booked_at_ms"];

fn bill_values(world: &World, house: Uuid, bill: &Bill, number: i64) -> Vec<Value> {
    let settled_at_ms = (bill.paid_fen == bill.total_fen).then_some(1_i64);
    vec![
        bill.id.into(),
        world.run.into(),
        house.into(),
        bill.payer.into(),
        world.fee_item.into(),
        number.into(),
        number.into(),
        0_i64.into(),
        bill.due_day.into(),
        bill.total_fen.into(),
        bill.paid_fen.into(),
        settled_at_ms.into(),
        bill.is_voided.then_some(1_i64).into(),
        0_i64.into(),
    ]
}

/// Booked long after it was paid: only the payment's own time may count.
fn payment_values(p: &Payment) -> Vec<Value> {
    let (key, booked_at_ms) = (p.id.to_string(), p.at_ms + 99 * DAY_MS);
    vec![
        p.id.into(),
        key.into(),
        "wechat".into(),
        p.amount_fen.into(),
        0_i64.into(),
        p.at_ms.into(),
        booked_at_ms.into(),
    ]
}

const NOTICE: [&str; 20] = [
    "id",
    "payer_party_id",
    "stage",
    "channel",
    "rung",
    "policy_version",
    "state",
    "reason",
    "token",
    "recipient_masked",
    "text_sealed",
    "amount_fen",
    "lease_no",
    "attempts",
    "cost_fen",
    "created_at_ms",
    "sent_at_ms",
    "delivered_at_ms",
    "opened_at_ms",
    "acknowledged_at_ms",
];

fn notice_values(n: &Notice) -> Vec<Value> {
    vec![
        n.id.into(),
        n.payer.into(),
        n.stage.into(),
        n.channel.into(),
        1_i64.into(),
        n.version.into(),
        n.state.into(),
        n.reason.into(),
        n.id.to_string().into(),
        "".into(),
        vec![0_u8].into(),
        1_i64.into(),
        1_i64.into(),
        1_i64.into(),
        n.cost_fen.into(),
        n.made_ms.into(),
        n.sent_ms.into(),
        n.delivered_ms.into(),
        n.opened_ms.into(),
        n.acknowledged_ms.into(),
    ]
}
