//! Payers who can be reached: the company's service account, and for each payer somebody who signed in for the house
//! and follows it.

use domain::ids::ProjectId;
use domain::reminder::Channel;
use secrecy::SecretString;
use service::audit::By;
use service::setup::{self, AppKind, NewApp, ProjectChannels, SendingLimits};
use service::store::StoreError;
use service::store::bulk::{self, Cell, Column, Kind, Target, column};
use uuid::Uuid;

use crate::Failure;
use crate::rows::{house_id, party_id};
use crate::world::{World, now, numbered_id};

/// The account all projects send from.
const SERVICE_ACCOUNT: &str = "wxbenchservice0000";
const TEMPLATE: &str = "bench-template-000000000000000000000000000";
const FIELDS: [(&str, &str); 4] = [("thing1", "house"), ("amount2", "amount"), ("time3", "due"), ("thing4", "note")];
/// More than any bench sends in a day.
const DAILY_QUOTA: i64 = 30_000_000;

const PERSON_IDS: u8 = 5;
const BINDING_IDS: u8 = 6;
/// The people of a project are numbered from so many times its place.
const PEOPLE_PER_PROJECT_MAX: u64 = 1 << 32;
const PEOPLE_PER_TRANSACTION: u64 = 20_000;

const PERSON: [Column; 1] = [column("id", Kind::Uuid)];
const PERSON_WECHAT: [Column; 2] = [column("openid", Kind::Text), column("person_id", Kind::Uuid)];
const HOUSE_BINDING: [Column; 4] = [
    column("id", Kind::Uuid),
    column("person_id", Kind::Uuid),
    column("house_id", Kind::Uuid),
    column("party_id", Kind::Uuid),
];

/// Registers the company's service account, its template, and a quota that no bench uses up.
///
/// # Errors
/// The database's.
pub async fn open_account(world: &World) -> Result<(), Failure> {
    let (control, by, now_ms) = (&world.control, By::operator(), now().timestamp_millis());
    let app = NewApp {
        company_id: world.company,
        app_id: SERVICE_ACCOUNT.to_owned(),
        kind: AppKind::ServiceAccount,
        secret: SecretString::from("bench".to_owned()),
        push: None,
    };
    setup::register_app(control, &app, &by, now_ms).await?;
    setup::set_template(control, SERVICE_ACCOUNT, "bill_notice", TEMPLATE, &FIELDS, &by, now_ms).await?;
    let limits = SendingLimits {
        account: SERVICE_ACCOUNT.to_owned(),
        channel: Channel::WechatTemplate,
        daily_quota: Some(DAILY_QUOTA),
        overdue_reserve: Some(0),
        cost_fen: 0,
    };
    Ok(setup::set_sending_limits(control, world.company, &limits, &by, now_ms).await?)
}

/// Lets a project send from the account, and binds a follower to each of its first `houses` houses: the payer. `place`
/// keeps the people of projects apart; openids begin with `prefix`.
///
/// # Errors
/// The database's.
pub async fn gather(world: &World, project: ProjectId, place: u64, houses: u64, prefix: &str) -> Result<(), Failure> {
    let channels =
        ProjectChannels { service_account_app_id: Some(SERVICE_ACCOUNT.to_owned()), ..ProjectChannels::default() };
    setup::attach(&world.control, project, &channels, &By::operator(), now().timestamp_millis()).await?;
    world.projects.forget(project).await;
    let mut first = 0;
    while first < houses {
        let last = houses.min(first + PEOPLE_PER_TRANSACTION);
        let people: Vec<Person> = (first..last).map(|house| Person::new(place, house, prefix)).collect();
        bind(world, project, &people).await?;
        first = last;
    }
    Ok(())
}

struct Person {
    id: Uuid,
    binding: Uuid,
    openid: String,
    house: u64,
}

impl Person {
    fn new(place: u64, house: u64, prefix: &str) -> Self {
        let number = place * PEOPLE_PER_PROJECT_MAX + house;
        Self {
            id: numbered_id(PERSON_IDS, number),
            binding: numbered_id(BINDING_IDS, number),
            openid: format!("{prefix}{number:020}"),
            house,
        }
    }
}

async fn bind(world: &World, project: ProjectId, people: &[Person]) -> Result<(), StoreError> {
    let now_ms = now().timestamp_millis();
    let int = |name, value: i64| (column(name, Kind::Int), value.into());
    let text = |name, value: &str| (column(name, Kind::Text), value.into());
    let made = || int("created_at_ms", now_ms);
    world
        .control
        .transact("bench.followers", async |tx| {
            let into = Target { table: "person", columns: &PERSON, shared: vec![made()], tail: "" };
            bulk::insert(tx, &into, people.iter().map(|person| [Cell::Uuid(person.id)])).await?;
            let shared = vec![
                text("app_id", SERVICE_ACCOUNT),
                (column("followed", Kind::Bool), true.into()),
                int("followed_at_ms", now_ms),
                made(),
            ];
            let into = Target { table: "person_wechat", columns: &PERSON_WECHAT, shared, tail: "" };
            let rows = people.iter().map(|person| [Cell::Text(&person.openid), Cell::Uuid(person.id)]);
            bulk::insert(tx, &into, rows).await?;
            let shared = vec![
                (column("project_id", Kind::Uuid), project.uuid().into()),
                text("role", "owner"),
                text("state", "active"),
                int("requested_at_ms", now_ms),
            ];
            let into = Target { table: "house_binding", columns: &HOUSE_BINDING, shared, tail: "" };
            let rows = people.iter().map(|person| {
                [
                    Cell::Uuid(person.binding),
                    Cell::Uuid(person.id),
                    Cell::Uuid(house_id(person.house)),
                    Cell::Uuid(party_id(person.house)),
                ]
            });
            bulk::insert(tx, &into, rows).await?;
            Ok(())
        })
        .await
}
