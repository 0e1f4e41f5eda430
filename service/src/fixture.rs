//! A migrated control database and one project for tests of this crate: SQLite in a temporary folder, or
//! PostgreSQL when `LINLI_TEST_DB=postgres` (with `LINLI_TEST_PG_URL`, a superuser's URL).

use chrono::{DateTime, Utc};
use domain::ids::{CompanyId, ProjectId};
use uuid::Uuid;

use crate::clock::Clock;
use crate::store::{Database, Placement, PoolLimits};
use crate::tenancy::{CONTROL_SCOPE, ControlDb, NewProject, ProjectDb, Projects, create_scope_keys, load_sealer};
use crate::vault::MasterKey;

pub(crate) struct Fixture {
    pub control: ControlDb,
    pub projects: Projects,
    pub project_id: ProjectId,
    pub company_id: CompanyId,
    pub db: ProjectDb,
    pub clock: Clock,
    _master: MasterKey,
    _folder: tempfile::TempDir,
}

/// 2026-11-23 10:00 in Shanghai.
pub(crate) fn start_of_story() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_399_200, 0).unwrap()
}

pub(crate) async fn project() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::frozen(start_of_story());
    let master = MasterKey::parse("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=").unwrap();

    let placement = fresh_placement(&folder, "control").await;
    let connection = Database::connect_for_migration(&placement).await.unwrap();
    migration::migrate_control(&connection).await.unwrap();
    connection.close().await.unwrap();
    let database = Database::open(&placement, PoolLimits::default()).await.unwrap();
    let now_ms = clock.now_ms();
    let sealer = database
        .transact("fixture.keys", async |tx| {
            create_scope_keys(tx, &master, CONTROL_SCOPE, now_ms).await?;
            load_sealer(tx, &master, CONTROL_SCOPE).await
        })
        .await
        .unwrap();
    let control = ControlDb::new(database, sealer);
    let projects = Projects::new(control.clone(), master.clone(), PoolLimits::default(), 8);

    let company_id = CompanyId::new();
    control
        .transact("fixture.company", async |tx| {
            tx.execute(
                "INSERT INTO company (id, name, created_at_ms) VALUES ($1, $2, $3)",
                vec![company_id.uuid().into(), "测试物业".into(), now_ms.into()],
            )
            .await
        })
        .await
        .unwrap();
    let project_id = add_project(&projects, &folder, company_id, "ch", now_ms).await;
    let db = projects.open(project_id).await.unwrap();
    Fixture { control, projects, project_id, company_id, db, clock, _master: master, _folder: folder }
}

/// Another migrated and registered project of the same company.
pub(crate) async fn add_project(
    projects: &Projects,
    folder: &tempfile::TempDir,
    company_id: CompanyId,
    code: &str,
    now_ms: i64,
) -> ProjectId {
    let placement = fresh_placement(folder, code).await;
    let connection = Database::connect_for_migration(&placement).await.unwrap();
    migration::migrate_project(&connection).await.unwrap();
    connection.close().await.unwrap();
    let new = NewProject {
        company_id,
        code: code.to_owned(),
        name: "翠湖花园".to_owned(),
        zone: chrono_tz::Asia::Shanghai,
        service_phone: "0512-00000000".to_owned(),
        placement,
    };
    projects.create(new, now_ms).await.unwrap()
}

async fn fresh_placement(folder: &tempfile::TempDir, name: &str) -> Placement {
    if std::env::var("LINLI_TEST_DB").as_deref() != Ok("postgres") {
        return Placement::parse(&format!("sqlite:{}", folder.path().join(format!("{name}.db")).display())).unwrap();
    }
    use sea_orm::ConnectionTrait;
    let root = std::env::var("LINLI_TEST_PG_URL").expect("LINLI_TEST_DB=postgres needs LINLI_TEST_PG_URL");
    let database = format!("linli_unit_{}", Uuid::now_v7().simple());
    let admin = sea_orm::Database::connect(&root).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {database}")).await.unwrap();
    admin.close().await.unwrap();
    let base = root.rsplit_once('/').unwrap().0;
    Placement::parse(&format!("{base}/{database}")).unwrap()
}
