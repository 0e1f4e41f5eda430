//! Databases to measure in: a control database and projects, migrated as for production, in a folder or a PostgreSQL
//! that is gone afterwards.

use std::sync::Mutex;

use chrono::{DateTime, Utc};
use domain::ids::{CompanyId, ProjectId};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use service::audit::By;
use service::clock::Clock;
use service::setup;
use service::store::{Database, Placement, PoolLimits};
use service::tenancy::{ControlDb, NewProject, ProjectDb, Projects};
use service::vault::MasterKey;
use uuid::Uuid;

use crate::{Failure, raw};

/// Project databases kept open at once: the default of `LINLI_OPEN_PROJECTS`.
pub const OPEN_PROJECTS: u64 = 50;
/// 2026-11-23 10:00 in Shanghai.
const NOW_S: i64 = 1_795_399_200;

/// A kind of database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// Files in a temporary folder.
    Sqlite,
    /// Databases made and dropped through a superuser's URL.
    Postgres {
        /// The URL.
        root: String,
    },
}

impl Engine {
    /// The word in the report.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres { .. } => "postgres",
        }
    }
}

/// An installation's databases.
pub struct World {
    /// Which kind they are.
    pub engine: Engine,
    /// The master key, as the environment spells it.
    pub master_text: String,
    /// Where the control database is.
    pub control_placement: Placement,
    /// The control database.
    pub control: ControlDb,
    /// The projects.
    pub projects: Projects,
    /// The company they belong to.
    pub company: CompanyId,
    folder: tempfile::TempDir,
    made: Mutex<Vec<String>>,
}

/// A project, as the service sees it and bare.
pub struct Site {
    /// Its id.
    pub id: ProjectId,
    /// The service's way to it.
    pub db: ProjectDb,
    /// The bare way to it.
    pub raw: DatabaseConnection,
    /// Where it is.
    pub url: String,
}

/// The time of every bench: it stands still.
#[must_use]
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW_S, 0).unwrap_or_default()
}

/// An id that orders as its number does. `kind` keeps the ids of tables apart.
#[must_use]
pub fn numbered_id(kind: u8, number: u64) -> Uuid {
    Uuid::from_u128((u128::from(kind) << 120) | u128::from(number))
}

impl World {
    /// Makes a control database with a company.
    ///
    /// # Errors
    /// The databases'.
    pub async fn build(engine: &Engine) -> Result<Self, Failure> {
        use base64::Engine as _;
        let folder = tempfile::Builder::new().prefix("linli-bench-").tempdir()?;
        let master_text = base64::engine::general_purpose::STANDARD.encode(service::vault::random::<32>()?);
        let master = MasterKey::parse(&master_text)?;
        let made = Mutex::new(Vec::new());
        let control_placement = fresh(engine, folder.path(), &made, "control").await?;
        migrate_control(&control_placement).await?;
        let now_ms = now().timestamp_millis();
        let control = setup::open_control(&control_placement, &master, PoolLimits::default(), now_ms).await?;
        let company = setup::create_company(&control, "测试物业", &By::operator(), now_ms).await?;
        let projects = Projects::new(control.clone(), master, PoolLimits::default(), OPEN_PROJECTS);
        Ok(Self { engine: engine.clone(), master_text, control_placement, control, projects, company, folder, made })
    }

    /// The folder of this world's files.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// A clock that stands at [`now`].
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock::frozen(now())
    }

    /// Makes a place for a database.
    ///
    /// # Errors
    /// The database's.
    pub async fn fresh(&self, name: &str) -> Result<Placement, Failure> {
        fresh(&self.engine, self.folder.path(), &self.made, name).await
    }

    /// Makes, migrates and registers a project. `connections` is how many the bare way may use.
    ///
    /// # Errors
    /// The databases'.
    pub async fn site(&self, connections: u32) -> Result<Site, Failure> {
        let placement = self.fresh("ch").await?;
        let url = placement.expose().to_owned();
        let new = self.new_project("ch", placement);
        migrate_project(&new.placement).await?;
        let id = self.projects.create(new, now().timestamp_millis()).await?;
        let db = self.projects.open(id).await?;
        Ok(Site { id, db, raw: raw::open(&url, connections).await?, url })
    }

    /// What a project of this company is registered with.
    #[must_use]
    pub fn new_project(&self, code: &str, placement: Placement) -> NewProject {
        NewProject {
            company_id: self.company,
            code: code.to_owned(),
            name: "翠湖花园".to_owned(),
            zone: chrono_tz::Asia::Shanghai,
            service_phone: "0512-00000000".to_owned(),
            placement,
        }
    }

    /// Makes a copy of a PostgreSQL database.
    ///
    /// # Errors
    /// The database's.
    pub async fn copy_of(&self, template: &str) -> Result<Placement, Failure> {
        create(&self.engine, &self.made, Some(template)).await
    }

    /// Drops what was made outside the folder.
    ///
    /// # Errors
    /// The database's.
    pub async fn clear(self) -> Result<(), Failure> {
        let made = self.made.into_inner().unwrap_or_default();
        if let Engine::Postgres { root } = &self.engine {
            let admin = raw::open(root, 1).await?;
            for name in made {
                admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
            }
            admin.close().await?;
        }
        Ok(())
    }
}

async fn migrate_control(placement: &Placement) -> Result<(), Failure> {
    let connection = Database::connect_for_migration(placement).await?;
    migration::migrate_control(&connection).await?;
    Ok(connection.close().await?)
}

/// Brings a project's database to this program's schema; a SQLite file is created.
///
/// # Errors
/// The database's.
pub async fn migrate_project(placement: &Placement) -> Result<(), Failure> {
    let connection = Database::connect_for_migration(placement).await?;
    migration::migrate_project(&connection).await?;
    Ok(connection.close().await?)
}

async fn fresh(
    engine: &Engine,
    folder: &std::path::Path,
    made: &Mutex<Vec<String>>,
    name: &str,
) -> Result<Placement, Failure> {
    match engine {
        Engine::Sqlite => Ok(Placement::parse(&format!("sqlite:{}", folder.join(format!("{name}.db")).display()))?),
        Engine::Postgres { .. } => create(engine, made, None).await,
    }
}

async fn create(engine: &Engine, made: &Mutex<Vec<String>>, template: Option<&str>) -> Result<Placement, Failure> {
    let Engine::Postgres { root } = engine else { return Err("only PostgreSQL copies databases".into()) };
    let name = format!("linli_bench_{}", Uuid::now_v7().simple());
    let admin = raw::open(root, 1).await?;
    let template = template.map_or_else(String::new, |template| format!(" TEMPLATE {template}"));
    admin.execute_unprepared(&format!("CREATE DATABASE {name}{template}")).await?;
    admin.close().await?;
    if let Ok(mut made) = made.lock() {
        made.push(name.clone());
    }
    let (server, _) = root.rsplit_once('/').ok_or("LINLI_TEST_PG_URL names no database")?;
    Ok(Placement::parse(&format!("{server}/{name}"))?)
}
