//! A small town: people with phones and WeChat, the houses they pay for in two projects, and the accounts that speak to
//! them.

use std::fmt::Write as _;

use chrono_tz::Asia::Shanghai;
use domain::ids::ProjectId;
use service::store::{Database, Placement, PoolLimits};
use service::tenancy::{CONTROL_SCOPE, ControlDb, NewProject, Projects, create_scope_keys, load_sealer};
use service::vault::MasterKey;
use uuid::Uuid;

use crate::databases::{Databases, Schema};
use crate::desk::Desk;
use crate::dice::Dice;
use crate::rules::Road;
use crate::sql;

/// Wraps every data key of a simulation.
pub const MASTER_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
/// The service account.
pub const OFFICIAL: &str = "wx-official";
/// The mini program.
pub const MINI: &str = "wx-mini";
/// The template of both.
pub const TEMPLATE: &str = "bill-template";
/// The template of 订阅通知.
pub const NOTIFY_TEMPLATE: &str = "bill-notify";
/// The merchant number of orders.
pub const MERCHANT: &str = "1900000001";
/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;
/// Shanghai is so far ahead of Greenwich.
pub const ZONE_MS: i64 = 8 * 3_600_000;

/// The local day of an instant, in days since 1970-01-01.
#[must_use]
pub const fn day_of(at_ms: i64) -> i64 {
    (at_ms + ZONE_MS).div_euclid(DAY_MS)
}

/// The local minute of the day of an instant.
#[must_use]
pub const fn minute_of(at_ms: i64) -> i64 {
    (at_ms + ZONE_MS).rem_euclid(DAY_MS) / 60_000
}

/// The instant of a local minute of a day.
#[must_use]
pub const fn instant(day: i64, minute: i64) -> i64 {
    day * DAY_MS - ZONE_MS + minute * 60_000
}

/// How large a town is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// People who pay in each project, at least and at most.
    pub payers: (i64, i64),
    /// Projects.
    pub projects: usize,
    /// Whether some accounts may send only a few messages a day.
    pub narrow: bool,
}

/// Somebody with WeChat.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their id in the control database.
    pub id: Uuid,
    /// The phone they signed in with, if they gave one.
    pub phone: Option<String>,
    /// Within the service account.
    pub official: Option<String>,
    /// Within the mini program.
    pub mini: Option<String>,
}

/// A payer in one project's books.
#[derive(Debug, Clone)]
pub struct Payer {
    /// The party.
    pub party: Uuid,
    /// The phones in the books.
    pub phones: Vec<String>,
    /// The houses they pay for.
    pub houses: Vec<Uuid>,
    /// Who may hear of it: the payer's own person first, then family.
    pub persons: Vec<usize>,
}

/// A bill.
#[derive(Debug, Clone)]
pub struct Bill {
    /// Its id.
    pub id: Uuid,
    /// The place of its payer.
    pub payer: usize,
    /// Its house.
    pub house: Uuid,
    /// What it is for.
    pub fee_item: Uuid,
    /// What it asks for.
    pub fen: i64,
    /// The day printed on it.
    pub bill_day: i64,
    /// When it was published.
    pub published_ms: i64,
    /// The day it is due.
    pub due_day: i64,
}

/// A project.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its place at the desk.
    pub place: usize,
    /// Its id.
    pub id: ProjectId,
    /// Its payers.
    pub payers: Vec<Payer>,
    /// Its bills so far.
    pub bills: Vec<Bill>,
    /// What it charges for.
    pub fee_items: Vec<Uuid>,
    /// The roads it has an account for.
    pub roads: Vec<Road>,
    /// Houses so far.
    pub houses: i64,
}

/// What an account may send in a day.
#[derive(Debug, Clone)]
pub struct Limit {
    /// The account.
    pub account: String,
    /// The road.
    pub road: Road,
    /// Messages a day.
    pub quota: i64,
    /// Of these for overdue steps.
    pub reserve: i64,
}

/// The town.
#[derive(Debug, Clone)]
pub struct Town {
    /// Its projects.
    pub projects: Vec<Project>,
    /// Everybody with WeChat.
    pub persons: Vec<Person>,
    /// Quotas that somebody set.
    pub limits: Vec<Limit>,
    /// The account of texts.
    pub sms: Uuid,
    /// The one that stands in for it.
    pub sms_backup: Uuid,
    /// The account of calls.
    pub voice: Uuid,
}

impl Town {
    /// The account of a road.
    #[must_use]
    pub fn account(&self, road: Road) -> String {
        match road {
            Road::Template | Road::Notify => OFFICIAL.to_owned(),
            Road::Subscribe => MINI.to_owned(),
            Road::Sms => self.sms.to_string(),
            Road::Voice => self.voice.to_string(),
        }
    }

    /// The project at a place of the desk.
    #[must_use]
    pub fn at(&self, place: usize) -> &Project {
        &self.projects[place - 1]
    }

    /// The same, to change.
    pub fn at_mut(&mut self, place: usize) -> &mut Project {
        &mut self.projects[place - 1]
    }
}

/// The keys that setting up needs.
pub(crate) struct Keys {
    pub(crate) control: ControlDb,
    pub(crate) projects: Projects,
}

/// Founds a town: databases, accounts, people, houses. Answers it with the desk and the URLs of its databases.
pub async fn found(dice: &mut Dice, size: Size, databases: &mut Databases, now_ms: i64) -> (Town, Desk, Vec<String>) {
    let mut urls = vec![databases.fresh("control", Schema::Control).await];
    for number in 1..=size.projects {
        urls.push(databases.fresh(&format!("p{number}"), Schema::Project).await);
    }
    let desk = Desk::open(urls.clone());
    let keys = keys(&urls[0], now_ms).await;
    let mut town = Town {
        projects: Vec::new(),
        persons: Vec::new(),
        limits: Vec::new(),
        sms: dice.id(),
        sms_backup: dice.id(),
        voice: dice.id(),
    };
    let company = dice.id();
    desk.execute(0, &accounts(&mut town, dice, company, size.narrow));
    for (place, url) in urls.iter().enumerate().skip(1) {
        let project = create(&keys, company, place, url, now_ms).await;
        attach(&mut town, dice, &desk, place, project);
    }
    crate::people::settle(&mut town, dice, size, &desk, &keys).await;
    (town, desk, urls)
}

async fn keys(url: &str, now_ms: i64) -> Keys {
    let master = MasterKey::parse(MASTER_KEY).unwrap();
    let database = Database::open(&Placement::parse(url).unwrap(), PoolLimits::default()).await.unwrap();
    let sealer = database
        .transact("simulation.keys", async |tx| {
            create_scope_keys(tx, &master, CONTROL_SCOPE, now_ms).await?;
            load_sealer(tx, &master, CONTROL_SCOPE).await
        })
        .await
        .unwrap();
    let control = ControlDb::new(database, sealer);
    Keys { control: control.clone(), projects: Projects::new(control, master, PoolLimits::default(), 4) }
}

fn accounts(town: &mut Town, dice: &mut Dice, company: Uuid, narrow: bool) -> String {
    let (company, empty) = (sql::id(company), sql::bytes(&[0]));
    let mut script = format!("INSERT INTO company (id, name, created_at_ms) VALUES ({company}, '测试物业', 0);");
    for (app, kind) in [(OFFICIAL, "service_account"), (MINI, "mini_program")] {
        let _ = write!(
            script,
            "INSERT INTO wechat_app (app_id, company_id, kind, secret_sealed, created_at_ms) \
             VALUES ('{app}', {company}, '{kind}', {empty}, 0);"
        );
    }
    for (number, account) in [town.sms, town.sms_backup].into_iter().enumerate() {
        let (account, path) = (sql::id(account), sql::bytes(&[1, u8::try_from(number).unwrap()]));
        let _ = write!(
            script,
            "INSERT INTO sms_account (id, company_id, vendor, secret_id_sealed, secret_key_sealed, sdk_app_id, sign_name, \
             report_path_hash, created_at_ms) VALUES ({account}, {company}, 'tencent', {empty}, {empty}, '1', '测试', {path}, 0);"
        );
    }
    let _ = write!(
        script,
        "INSERT INTO voice_account (id, company_id, vendor, secret_id_sealed, secret_key_sealed, sdk_app_id, show_number, \
         report_path_hash, created_at_ms) VALUES ({}, {company}, 'tencent', {empty}, {empty}, '1', '0512', {}, 0);",
        sql::id(town.voice),
        sql::bytes(&[2])
    );
    for (account, purpose, template) in [
        (MINI, "bill_notice", TEMPLATE),
        (OFFICIAL, "bill_notice", TEMPLATE),
        (OFFICIAL, "bill_notice_notify", NOTIFY_TEMPLATE),
    ] {
        let _ = write!(
            script,
            "INSERT INTO message_template (account, purpose, template_id, fields) VALUES ('{account}', '{purpose}', '{template}', '{{}}');"
        );
    }
    for road in Road::ALL {
        if narrow && dice.chance(300) {
            let quota = dice.range(1, 6);
            let limit = Limit { account: town.account(road), road, quota, reserve: dice.range(0, quota - 1) };
            let _ = write!(
                script,
                "INSERT INTO sending_account (account, channel, daily_quota, overdue_reserve, cost_fen, updated_at_ms) \
                 VALUES ('{}', '{}', {quota}, {}, 4, 0);",
                limit.account,
                road.word(),
                limit.reserve
            );
            town.limits.push(limit);
        }
    }
    script
}

async fn create(keys: &Keys, company: Uuid, place: usize, url: &str, now_ms: i64) -> ProjectId {
    let new = NewProject {
        company_id: domain::ids::CompanyId(company),
        code: format!("p{place}"),
        name: format!("翠湖花园{place}期"),
        zone: Shanghai,
        service_phone: "0512-00000000".to_owned(),
        placement: Placement::parse(url).unwrap(),
    };
    keys.projects.create(new, now_ms).await.unwrap()
}

fn attach(town: &mut Town, dice: &mut Dice, desk: &Desk, place: usize, id: ProjectId) {
    let has = |dice: &mut Dice, permille| dice.chance(permille);
    let roads: Vec<Road> =
        [(Road::Template, 950), (Road::Subscribe, 800), (Road::Notify, 1_000), (Road::Sms, 900), (Road::Voice, 600)]
            .into_iter()
            .filter(|(_, permille)| has(dice, *permille))
            .map(|(road, _)| road)
            .collect();
    // 订阅通知 goes out from the same account as template messages.
    let official = roads.contains(&Road::Template);
    let roads: Vec<Road> = roads.into_iter().filter(|road| *road != Road::Notify || official).collect();
    let sms = roads.contains(&Road::Sms);
    desk.execute(
        0,
        &format!(
            "UPDATE project SET service_account_app_id = {}, mini_program_app_id = {}, sms_account_id = {}, \
             sms_backup_account_id = {}, voice_account_id = {} WHERE id = {}",
            sql::maybe_text(official.then_some(OFFICIAL)),
            sql::maybe_text(roads.contains(&Road::Subscribe).then_some(MINI)),
            sql::maybe_id(sms.then_some(town.sms)),
            sql::maybe_id(sms.then_some(town.sms_backup)),
            sql::maybe_id(roads.contains(&Road::Voice).then_some(town.voice)),
            sql::id(id.uuid())
        ),
    );
    let fee_items = vec![dice.id(), dice.id()];
    let mut script = String::new();
    for (number, item) in fee_items.iter().enumerate() {
        let _ = write!(
            script,
            "INSERT INTO fee_item (id, code, name, period_months, rounding, prorate, due_after_days, created_at_ms) \
             VALUES ({}, 'fee{number}', '物业费', 1, 'fen_half_up', 'calendar_days', 10, 0);",
            sql::id(*item)
        );
    }
    desk.execute(place, &script);
    town.projects.push(Project { place, id, payers: Vec::new(), bills: Vec::new(), fee_items, roads, houses: 0 });
}

impl Project {
    /// Publishes bills for some payers, due around now.
    pub fn publish(&mut self, dice: &mut Dice, desk: &Desk, published_ms: i64, due: (i64, i64), permille: i64) {
        let (run, item) = (dice.id(), dice.pick(&self.fee_items));
        let bill_day = day_of(published_ms);
        let mut script = format!(
            "INSERT INTO bill_run (id, fee_item_id, period_start_day, period_end_day, bill_day, origin, state, bills, total_fen, \
             exceptions, created_at_ms, published_at_ms) VALUES ({}, {}, {bill_day}, {bill_day}, {bill_day}, 'staff', \
             'published', 0, 0, '[]', {published_ms}, {published_ms});",
            sql::id(run),
            sql::id(item)
        );
        let due_together = dice.range(due.0, due.1);
        for payer in 0..self.payers.len() {
            for house in self.payers[payer].houses.clone() {
                if !dice.chance(permille) {
                    continue;
                }
                let due_day = if dice.chance(700) { due_together } else { dice.range(due.0, due.1) };
                let due_day = due_day.max(bill_day);
                let fen = dice.pick(&[1, 4_999, 18_529, 20_000, 123_456]);
                let bill = Bill { id: dice.id(), payer, house, fee_item: item, fen, bill_day, published_ms, due_day };
                let period = 10_000 + i64::try_from(self.bills.len()).unwrap();
                let _ = write!(
                    script,
                    "INSERT INTO bill (id, run_id, house_id, payer_party_id, fee_item_id, period_start_day, period_end_day, \
                     bill_day, due_day, total_fen, paid_fen, created_at_ms) VALUES ({}, {}, {}, {}, {}, {period}, {period}, \
                     {bill_day}, {due_day}, {fen}, 0, {published_ms});",
                    sql::id(bill.id),
                    sql::id(run),
                    sql::id(house),
                    sql::id(self.payers[payer].party),
                    sql::id(item)
                );
                self.bills.push(bill);
            }
        }
        desk.execute(self.place, &script);
    }
}
