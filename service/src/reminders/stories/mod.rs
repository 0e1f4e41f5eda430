//! Stories of reminders on a real database, with the channels scripted and the clock moved by hand.

mod best_hour;
mod clock;
mod delivery;
mod digests;
mod effect;
mod evidence;
mod faults;
mod history;
mod holds;
mod ladder;
mod limits;
mod overlaps;
mod planning;
mod sending;
mod staff;
mod stood_in;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::calendar::day_number;
use domain::reminder::Channel;
use sea_orm::sea_query::Value;
use uuid::Uuid;

use super::deliver::{Deliver, Message, Outcome, Senders};
use super::{DispatchReport, PlanReport, ReminderError, dispatch, plan, suppress_paid};
use crate::fixture::{self, Fixture};
use crate::store::StoreError;
use crate::tenancy::ProjectDb;

pub(super) const SERVICE_ACCOUNT: &str = "wx_service";

/// A channel that answers what the story says, then accepts everything.
pub(super) struct Scripted {
    channel: Channel,
    script: Mutex<VecDeque<Outcome>>,
    sent: Mutex<Vec<Message>>,
}

impl Scripted {
    fn new(channel: Channel) -> Arc<Self> {
        Arc::new(Self { channel, script: Mutex::default(), sent: Mutex::default() })
    }

    pub fn answers(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        self.script.lock().unwrap().extend(outcomes);
    }

    pub fn sent(&self) -> Vec<Message> {
        self.sent.lock().unwrap().clone()
    }

    pub fn texts(&self) -> Vec<String> {
        self.sent().into_iter().map(|message| message.wording.text).collect()
    }
}

#[async_trait]
impl Deliver for Scripted {
    fn channel(&self) -> Channel {
        self.channel
    }

    async fn deliver(&self, message: &Message) -> Outcome {
        let mut sent = self.sent.lock().unwrap();
        sent.push(message.clone());
        let accepted =
            Outcome::Accepted { receipt_id: format!("{}-{}", self.channel.as_str(), sent.len()), account: None };
        self.script.lock().unwrap().pop_front().unwrap_or(accepted)
    }
}

pub(super) struct World {
    pub fixture: Fixture,
    pub db: ProjectDb,
    pub wechat: Arc<Scripted>,
    pub sms: Arc<Scripted>,
    pub senders: Senders,
    fee_item: Uuid,
    run: Uuid,
}

/// Somebody who owes, with their house.
#[derive(Clone, Copy)]
pub(super) struct Payer {
    pub party: Uuid,
    pub house: Uuid,
}

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

impl World {
    pub async fn new() -> Self {
        let fixture = fixture::project().await;
        let now_ms = fixture.clock.now_ms();
        let (project, company, sms) = (fixture.project_id.uuid(), fixture.company_id.uuid(), Uuid::now_v7());
        let setup: Vec<(&str, Vec<Value>)> = vec![
            (
                "INSERT INTO wechat_app (app_id, company_id, kind, secret_sealed, created_at_ms) \
                 VALUES ($1, $2, 'service_account', $3, $4)",
                vec![SERVICE_ACCOUNT.into(), company.into(), vec![0_u8].into(), now_ms.into()],
            ),
            (
                "INSERT INTO sms_account (id, company_id, vendor, secret_id_sealed, secret_key_sealed, sdk_app_id, \
                 sign_name, report_path_hash, created_at_ms) VALUES ($1, $2, 'tencent', $3, $3, '1', '测试', $3, $4)",
                vec![sms.into(), company.into(), vec![0_u8].into(), now_ms.into()],
            ),
            (
                "UPDATE project SET service_account_app_id = $1, sms_account_id = $2 WHERE id = $3",
                vec![SERVICE_ACCOUNT.into(), sms.into(), project.into()],
            ),
        ];
        control(&fixture, setup).await;
        fixture.projects.forget(fixture.project_id).await;
        let db = fixture.projects.open(fixture.project_id).await.unwrap();
        let (wechat, texts) = (Scripted::new(Channel::WechatTemplate), Scripted::new(Channel::Sms));
        let senders = Senders::none().with(wechat.clone()).with(texts.clone());
        let world = Self { fixture, db, wechat, sms: texts, senders, fee_item: Uuid::now_v7(), run: Uuid::now_v7() };
        world
            .sql(
                "INSERT INTO fee_item (id, code, name, period_months, rounding, prorate, due_after_days, created_at_ms) \
                 VALUES ($1, 'wuye', '物业费', 1, 'fen_half_up', 'calendar_days', 10, 0)",
                vec![world.fee_item.into()],
            )
            .await;
        world
            .sql(
                "INSERT INTO bill_run (id, fee_item_id, period_start_day, period_end_day, bill_day, origin, state, bills, \
                 total_fen, exceptions, created_at_ms) VALUES ($1, $2, 0, 30, 0, 'staff', 'published', 0, 0, '[]', 0)",
                vec![world.run.into(), world.fee_item.into()],
            )
            .await;
        world
    }

    pub async fn sql(&self, sql: &str, values: Vec<Value>) -> u64 {
        self.db.transact("story.sql", async |tx| tx.execute(sql, values).await).await.unwrap()
    }

    pub async fn count(&self, sql: &str) -> i64 {
        let read = self.db.read("story.count", async |tx| tx.value::<i64>(sql, vec![]).await).await;
        read.unwrap().unwrap()
    }

    /// One text column, in order.
    pub async fn words(&self, sql: &str) -> Vec<String> {
        #[derive(sea_orm::FromQueryResult)]
        struct Word {
            word: String,
        }
        let read = self.db.read("story.words", async |tx| tx.rows::<Word>(sql, vec![]).await).await;
        read.unwrap().into_iter().map(|row| row.word).collect()
    }

    pub async fn house(&self, key: &str) -> Uuid {
        let id = Uuid::now_v7();
        let building = key.split('-').next().unwrap();
        self.sql(
            "INSERT INTO house (id, house_key, building, room, kind, area_centi, occupancy, created_at_ms, updated_at_ms) \
             VALUES ($1, $2, $3, $2, 'flat', 8900, 'occupied', 0, 0)",
            vec![id.into(), key.into(), building.into()],
        )
        .await;
        id
    }

    /// A party without any way to be reached.
    pub async fn party(&self, house: Uuid, is_payer: bool) -> Uuid {
        let id = Uuid::now_v7();
        let name = self.db.sealer().seal("party.name", "张三丰").unwrap();
        self.sql(
            "INSERT INTO party (id, kind, name_sealed, name_hash, created_at_ms) VALUES ($1, 'person', $2, $3, 0)",
            vec![id.into(), name.into(), id.as_bytes().to_vec().into()],
        )
        .await;
        self.sql(
            "INSERT INTO house_party (house_id, party_id, role, position, is_payer) VALUES ($1, $2, 'owner', 1, $3)",
            vec![house.into(), id.into(), is_payer.into()],
        )
        .await;
        id
    }

    pub async fn phone(&self, party: Uuid, digits: &str) {
        let sealed = self.db.sealer().seal("party_phone.phone", digits).unwrap();
        let hash = self.db.sealer().hash("phone", digits);
        self.sql(
            "INSERT INTO party_phone (party_id, phone_hash, phone_sealed, position) VALUES ($1, $2, $3, 1)",
            vec![party.into(), hash.into(), sealed.into()],
        )
        .await;
    }

    /// Somebody who signed in for a house and follows the service account.
    pub async fn follower(&self, house: Uuid, party: Option<Uuid>, openid: &str) {
        let person = Uuid::now_v7();
        let setup: Vec<(&str, Vec<Value>)> = vec![
            ("INSERT INTO person (id, created_at_ms) VALUES ($1, 0)", vec![person.into()]),
            (
                "INSERT INTO person_wechat (app_id, openid, person_id, followed, followed_at_ms, created_at_ms) \
                 VALUES ($1, $2, $3, TRUE, 0, 0)",
                vec![SERVICE_ACCOUNT.into(), openid.into(), person.into()],
            ),
            (
                "INSERT INTO house_binding (id, person_id, project_id, house_id, party_id, role, state, requested_at_ms) \
                 VALUES ($1, $2, $3, $4, $5, 'owner', 'active', 0)",
                vec![Uuid::now_v7().into(), person.into(), self.db.id().uuid().into(), house.into(), party.into()],
            ),
        ];
        control(&self.fixture, setup).await;
    }

    /// A payer of a new house who follows the service account and has a phone.
    pub async fn payer(&self, house_key: &str) -> Payer {
        let house = self.house(house_key).await;
        let party = self.party(house, true).await;
        self.phone(party, "13800001234").await;
        self.follower(house, Some(party), &format!("oPenid{house_key}xyz1")).await;
        Payer { party, house }
    }

    /// A bill issued long before it is due.
    pub async fn bill(&self, payer: Payer, due: &str, total_fen: i64) -> Uuid {
        self.bill_issued(payer, day(due) - TimeDelta::days(20), due, total_fen).await
    }

    pub async fn bill_issued(&self, payer: Payer, issued: NaiveDate, due: &str, total_fen: i64) -> Uuid {
        let id = Uuid::now_v7();
        let (issued, due) = (day_number(issued), day_number(day(due)));
        let periods = self.count("SELECT COUNT(*) FROM bill").await;
        self.sql(
            "INSERT INTO bill (id, run_id, house_id, payer_party_id, fee_item_id, period_start_day, period_end_day, \
             bill_day, due_day, total_fen, paid_fen, created_at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $6 + 29, $7, $8, $9, 0, $10)",
            vec![
                id.into(),
                self.run.into(),
                payer.house.into(),
                payer.party.into(),
                self.fee_item.into(),
                (19_000 + periods * 30).into(),
                issued.into(),
                due.into(),
                total_fen.into(),
                (issued * 86_400_000).into(),
            ],
        )
        .await;
        id
    }

    /// Settles bills the way a payment does: their rows and their reminders in one transaction.
    pub async fn pay(&self, bills: &[Uuid]) {
        pay(&self.db, bills, self.now()).await;
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.fixture.clock.now()
    }

    pub fn pass(&self, time: TimeDelta) {
        self.fixture.clock.advance_ms(time.num_milliseconds());
    }

    pub async fn plan(&self) -> PlanReport {
        plan(&self.db, self.now()).await.unwrap()
    }

    pub async fn dispatch(&self) -> DispatchReport {
        dispatch(&self.db, &self.fixture.control, &self.senders, &self.fixture.clock, 1_000).await.unwrap()
    }

    pub async fn escalate(&self) -> u64 {
        super::escalate(&self.db, self.now(), 1_000).await.unwrap().escalated
    }

    /// What the clock job does every quarter of an hour.
    pub async fn tick(&self) -> DispatchReport {
        self.plan().await;
        self.escalate().await;
        self.dispatch().await
    }

    /// All reminders as `stage:state` or `stage:state(reason)`, by stage day.
    pub async fn reminders(&self) -> Vec<String> {
        self.words(
            "SELECT stage || ':' || state || CASE WHEN reason IS NULL THEN '' ELSE '(' || reason || ')' END AS word \
             FROM reminder ORDER BY stage_day, bill_id",
        )
        .await
    }

    /// All notices as `channel:state` or `channel:state(reason)`, oldest first.
    pub async fn notices(&self) -> Vec<String> {
        self.words(
            "SELECT channel || ':' || state || CASE WHEN reason IS NULL THEN '' ELSE '(' || reason || ')' END AS word \
             FROM notice ORDER BY created_at_ms, rung, id",
        )
        .await
    }

    /// The kinds of all events of messages, in order.
    pub async fn events(&self) -> Vec<String> {
        self.words("SELECT kind AS word FROM reminder_event WHERE notice_id IS NOT NULL ORDER BY at_ms, id").await
    }
}

pub(super) async fn pay(db: &ProjectDb, bills: &[Uuid], now: DateTime<Utc>) {
    let settle = db.transact("story.pay", async |tx| {
        for bill in bills {
            tx.execute(
                "UPDATE bill SET paid_fen = total_fen, settled_at_ms = $1 WHERE id = $2",
                vec![now.timestamp_millis().into(), (*bill).into()],
            )
            .await?;
        }
        suppress_paid(tx, bills, now).await
    });
    settle.await.unwrap();
}

pub(super) async fn control(fixture: &Fixture, statements: Vec<(&str, Vec<Value>)>) {
    fixture
        .control
        .transact("story.control", async |tx| {
            for (sql, values) in statements {
                tx.execute(sql, values).await?;
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

pub(super) fn no_answer() -> Outcome {
    Outcome::Unknown { reason: "read_timeout".to_owned() }
}

pub(super) fn refused(reason: super::Refusal) -> Outcome {
    Outcome::Refused { reason, code: "43004".to_owned() }
}

pub(super) type Story = Result<(), ReminderError>;
