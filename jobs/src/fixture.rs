//! A migrated control database and projects for the stories of this crate: SQLite in a temporary folder, or PostgreSQL
//! when `LINLI_TEST_DB=postgres` (with `LINLI_TEST_PG_URL`, a superuser's URL).

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ids::{CompanyId, ProjectId};
use gateway::http::{BaseUrl, HttpClient, HttpLimits};
use gateway::wechat::WechatHttp;
use gateway::wechat_pay::{PayHosts, WechatPayHttp};
use service::clock::Clock;
use service::job_runs::{RunFilter, RunView, list_runs};
use service::payments::Merchants;
use service::reminders::Senders;
use service::shared::InProcess;
use service::store::{Database, Placement, PoolLimits};
use service::tenancy::{CONTROL_SCOPE, ControlDb, NewProject, Projects, create_scope_keys, load_sealer};
use service::vault::MasterKey;
use service::wechat_apps::WechatApps;
use uuid::Uuid;

use crate::startup::Deps;
use crate::{Engine, EngineSettings};

pub(crate) struct Fixture {
    pub control: ControlDb,
    pub projects: Projects,
    pub clock: Clock,
    company_id: CompanyId,
    folder: tempfile::TempDir,
}

/// 2026-11-23 10:00 in Shanghai.
pub(crate) fn start_of_story() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_399_200, 0).unwrap()
}

impl Fixture {
    pub(crate) async fn new() -> Self {
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
        let projects = Projects::new(control.clone(), master, PoolLimits::default(), 8);
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
        Self { control, projects, clock, company_id, folder }
    }

    /// An engine of another node over the same databases and clock.
    pub(crate) fn engine(&self, node: &str) -> Engine {
        self.engine_with(node, EngineSettings { tick: Duration::from_secs(1), ..EngineSettings::default() })
    }

    pub(crate) fn engine_with(&self, node: &str, settings: EngineSettings) -> Engine {
        Engine::new(self.control.clone(), self.projects.clone(), self.clock.clone(), node, settings)
    }

    /// What the catalogue needs, with nobody at the other end of the wire.
    pub(crate) fn deps(&self, node: &str) -> Deps {
        let nowhere = PayHosts { primary: BaseUrl::parse("http://127.0.0.1:9").unwrap(), failover: None };
        let clock = self.clock.clone();
        let pay =
            WechatPayHttp::new(HttpClient::new(HttpLimits::default()).unwrap(), nowhere, Arc::new(move || clock.now()));
        let wechat_url = BaseUrl::parse("http://127.0.0.1:9").unwrap();
        let wechat = WechatHttp::new(HttpClient::new(HttpLimits::default()).unwrap(), wechat_url);
        Deps {
            control: self.control.clone(),
            projects: self.projects.clone(),
            clock: self.clock.clone(),
            node: node.to_owned(),
            settings: EngineSettings::default(),
            pay: Arc::new(pay),
            merchants: Merchants::new(self.control.clone()),
            senders: Senders::none(),
            apps: WechatApps::new(self.control.clone(), Arc::new(wechat), Arc::new(InProcess::new())),
            public_url: "http://127.0.0.1:9".to_owned(),
        }
    }

    /// A migrated and registered project.
    pub(crate) async fn add_project(&self, code: &str) -> ProjectId {
        let placement = fresh_placement(&self.folder, code).await;
        let connection = Database::connect_for_migration(&placement).await.unwrap();
        migration::migrate_project(&connection).await.unwrap();
        connection.close().await.unwrap();
        let new = NewProject {
            company_id: self.company_id,
            code: code.to_owned(),
            name: "翠湖花园".to_owned(),
            zone: chrono_tz::Asia::Shanghai,
            service_phone: "0512-00000000".to_owned(),
            placement,
        };
        self.projects.create(new, self.clock.now_ms()).await.unwrap()
    }

    /// Registered projects whose databases do not exist.
    pub(crate) async fn add_missing_projects(&self, how_many: u32) -> Vec<ProjectId> {
        let ids: Vec<ProjectId> = (0..how_many).map(|_| ProjectId::new()).collect();
        let nowhere = self.folder.path().join("nowhere.db").display().to_string();
        let sealed = self.control.sealer().seal("project.placement", &format!("sqlite:{nowhere}")).unwrap();
        let rows = ids.iter().enumerate().map(|(number, id)| {
            vec![
                id.uuid().into(),
                self.company_id.uuid().into(),
                format!("m{number}").into(),
                "无".into(),
                "Asia/Shanghai".into(),
                "".into(),
                sealed.clone().into(),
                "active".into(),
                0_i64.into(),
            ]
        });
        let columns = [
            "id",
            "company_id",
            "code",
            "name",
            "time_zone",
            "service_phone",
            "placement_sealed",
            "state",
            "created_at_ms",
        ];
        let rows = rows.collect();
        self.control
            .transact("fixture.missing", async |tx| tx.insert_many("project", &columns, rows, "").await)
            .await
            .unwrap();
        ids
    }

    /// A job that ran at `slot_at` in each of the projects.
    pub(crate) async fn has_run(&self, job: &str, projects: &[ProjectId], slot_at: DateTime<Utc>) {
        let at_ms = slot_at.timestamp_millis();
        let leases = projects
            .iter()
            .map(|id| vec![job.into(), id.uuid().into(), "a".into(), 1_i64.into(), 0_i64.into()])
            .collect();
        let runs = projects
            .iter()
            .map(|id| {
                vec![
                    Uuid::now_v7().into(),
                    job.into(),
                    id.uuid().into(),
                    at_ms.into(),
                    "a".into(),
                    at_ms.into(),
                    at_ms.into(),
                    "ok".into(),
                ]
            })
            .collect();
        let lease_columns = ["job", "project_id", "holder", "lease_no", "lease_until_ms"];
        let run_columns =
            ["id", "job", "project_id", "slot_at_ms", "node", "started_at_ms", "finished_at_ms", "outcome"];
        self.control
            .transact("fixture.runs", async |tx| {
                tx.insert_many("job_lease", &lease_columns, leases, "").await?;
                tx.insert_many("job_run", &run_columns, runs, "").await
            })
            .await
            .unwrap();
    }

    /// All runs, newest first.
    pub(crate) async fn runs(&self) -> Vec<RunView> {
        list_runs(&self.control, &RunFilter::default(), None, 200).await.unwrap()
    }
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
