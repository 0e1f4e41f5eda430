//! Houses with their owners, and bills, through the use cases that make them in real life.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, NaiveTime};
use domain::billing::Prorate;
use domain::calendar::day_number;
use domain::ids::{FeeItemId, HouseId};
use domain::money::Rounding;
use domain::period::Period;
use domain::person::Phone;
use domain::reminder::{Policy, QuietHours, Span};
use service::audit::By;
use service::bills::{self, RunMode, RunOrigin, RunReport, RunRequest};
use service::fees::{self, NewFeeItem, NewTariff};
use service::houses::{self, HouseFacts, HouseRecords, ImportMode, PersonFacts, SourceFile};
use service::tenancy::ProjectDb;
use uuid::Uuid;

use crate::{Community, World};

/// The least days from issuing a bill to its due day.
pub const DUE_AFTER_DAYS: u64 = 7;

/// A house in the books.
#[derive(Clone, Debug)]
pub struct House {
    /// The house.
    pub id: HouseId,
    /// `1-1-101`.
    pub key: String,
    /// The phone of its owner, who pays.
    pub phone: String,
}

/// A bill of one house.
#[derive(Clone, Debug)]
pub struct Bill {
    /// The bill.
    pub id: Uuid,
    /// What it asks for.
    pub fen: i64,
    /// The day it is due.
    pub due: NaiveDate,
}

/// What is charged for.
#[derive(Clone, Copy, Debug)]
pub struct FeeItem(pub FeeItemId);

/// A flat of 100 ㎡ at 2 yuan whose owner has this name and phone.
pub fn flat(key: &str, name: &str, phone: &str, id_nos: &[&str]) -> HouseRecords {
    let parts: Vec<&str> = key.split('-').collect();
    let [building, entrance, room] = parts.as_slice() else { panic!("{key} is no key") };
    let person = PersonFacts {
        name: name.to_owned(),
        organisation: false,
        phones: vec![Phone::parse(phone).unwrap()],
        id_nos: id_nos.iter().map(|id_no| (*id_no).to_owned()).collect(),
    };
    let house = HouseFacts {
        key: key.to_owned(),
        building: (*building).to_owned(),
        entrance: Some((*entrance).to_owned()),
        room: (*room).to_owned(),
        kind: "residence",
        floor: Some(1),
        area_centi: 10_000,
        inner_area_centi: None,
        unit_price_e4: Some(20_000),
        handover: NaiveDate::from_ymd_opt(2020, 1, 1),
        occupancy: "occupied",
        owners: vec![0],
        lessees: vec![],
    };
    HouseRecords { houses: vec![house], persons: vec![person], ..HouseRecords::default() }
}

impl World {
    /// A house in the first project whose owner has this phone and pays.
    pub async fn household(&self, key: &str, phone: &str) -> House {
        self.household_of(self.community(), key, phone).await
    }

    /// The same in another project.
    pub async fn household_of(&self, community: &Community, key: &str, phone: &str) -> House {
        self.import(community, &flat(key, &format!("业主{key}"), phone, &[])).await;
        let db = self.node.installation.projects.open(community.id).await.unwrap();
        House { id: house_of(&db, key).await, key: key.to_owned(), phone: phone.to_owned() }
    }

    /// Imports houses.
    pub async fn import(&self, community: &Community, records: &HouseRecords) {
        let db = self.node.installation.projects.open(community.id).await.unwrap();
        let file = SourceFile { name: "房屋.xlsx".to_owned(), sha256: Uuid::now_v7().simple().to_string() };
        houses::import(&db, records, &file, ImportMode::Apply, &By::operator(), self.now()).await.unwrap();
    }

    /// Something to charge for, by a formula in force for years.
    pub async fn fee_item(&self, formula: &str, constants: &[(&str, &str)], due_after_days: u64) -> FeeItem {
        self.fee_item_of(self.community(), formula, constants, due_after_days).await
    }

    async fn fee_item_of(
        &self,
        community: &Community,
        formula: &str,
        constants: &[(&str, &str)],
        due_after_days: u64,
    ) -> FeeItem {
        let db = self.node.installation.projects.open(community.id).await.unwrap();
        let code = format!("f{}", &Uuid::new_v4().simple().to_string()[..12]);
        let new = NewFeeItem {
            code,
            name: "物业费".to_owned(),
            period_months: 1,
            rounding: Rounding::FenHalfUp,
            prorate: Prorate::CalendarDays,
            due_after_days,
        };
        let item = fees::create_fee_item(&db, &new, &By::operator(), self.now()).await.unwrap();
        let constants = constants.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let tariff = NewTariff {
            formula: formula.to_owned(),
            constants: constants.collect::<BTreeMap<_, _>>(),
            effective_from: NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
            ..NewTariff::default()
        };
        let item = FeeItem(FeeItemId(item.id));
        fees::create_tariff(&db, item.0, &tariff, &By::operator(), self.now()).await.unwrap();
        item
    }

    /// Issues this month's bills of a fee item to every house that has none.
    pub async fn publish(&self, item: FeeItem) -> RunReport {
        self.publish_in(self.community(), item).await
    }

    async fn publish_in(&self, community: &Community, item: FeeItem) -> RunReport {
        let db = self.node.installation.projects.open(community.id).await.unwrap();
        let request = RunRequest {
            fee_item: item.0,
            period: Period::containing(self.today(), 1).unwrap(),
            bill_day: self.today(),
            origin: RunOrigin::Staff,
        };
        bills::run(&db, &request, RunMode::Publish, &By::operator(), self.now()).await.unwrap()
    }

    /// A bill of so much for every house without one, of a fee item of its own, due in a week; answers this house's.
    pub async fn bill(&self, house: &House, fen: i64) -> Bill {
        self.bill_of(self.community(), house, fen).await
    }

    /// The same in another project.
    pub async fn bill_of(&self, community: &Community, house: &House, fen: i64) -> Bill {
        let yuan = format!("{}.{:02}", fen / 100, fen % 100);
        let item = self.fee_item_of(community, "固定金额", &[("fixed_amount", &yuan)], DUE_AFTER_DAYS).await;
        self.publish_in(community, item).await;
        let db = self.node.installation.projects.open(community.id).await.unwrap();
        let due = self.today().checked_add_days(Days::new(DUE_AFTER_DAYS)).unwrap();
        let bill = Bill { id: bill_in(&db, house.id, item).await, fen, due };
        let raw = crate::Raw::open(&community.database_url).await;
        let rows: Vec<i64> = raw.column(&format!("SELECT due_day FROM bill WHERE total_fen = {fen}")).await;
        assert!(rows.contains(&day_number(due)), "due in a week");
        bill
    }
}

async fn house_of(db: &ProjectDb, key: &str) -> HouseId {
    let sql = "SELECT id FROM house WHERE house_key = $1";
    let id: Option<Uuid> =
        db.read("story.house", async |tx| tx.value::<Uuid>(sql, vec![key.into()]).await).await.unwrap();
    HouseId(id.unwrap())
}

async fn bill_in(db: &ProjectDb, house: HouseId, item: FeeItem) -> Uuid {
    let sql = "SELECT id FROM bill WHERE house_id = $1 AND fee_item_id = $2";
    let values = || vec![house.uuid().into(), item.0.uuid().into()];
    let id: Option<Uuid> = db.read("story.bill", async |tx| tx.value::<Uuid>(sql, values()).await).await.unwrap();
    id.unwrap()
}

impl World {
    /// Reminders of the first project are sent from midnight on: for stories on the system's own clock, which may
    /// begin at any hour. Nobody may set such a policy, so it is written past the check.
    pub async fn remind_from_midnight(&self) {
        let never = Span { from: NaiveTime::MIN, to: NaiveTime::MIN };
        let mut policy = Policy { quiet: QuietHours { all: never, voice: never }, ..Policy::default() };
        for stage in &mut policy.stages {
            stage.time_of_day = NaiveTime::MIN;
        }
        let body = serde_json::to_string(&policy).unwrap();
        let now_ms = self.now().timestamp_millis();
        let sql = "INSERT INTO reminder_policy (version, body, created_at_ms) \
                   SELECT COALESCE(MAX(version), 0) + 1, CAST($1 AS TEXT), CAST($2 AS BIGINT) FROM reminder_policy";
        let db = self.project().await;
        db.transact("story.policy", async |tx| tx.execute(sql, vec![body.into(), now_ms.into()]).await).await.unwrap();
    }
}
