//! Which projects there are, and opening their databases: lazily, bounded, each checked before it is served.

use std::sync::Arc;
use std::time::Duration;

use chrono_tz::Tz;
use domain::ids::{CompanyId, MerchantId, ProjectId, SmsAccountId, VoiceAccountId};
use moka::future::Cache;
use uuid::Uuid;

use super::keys::{KeyError, create_scope_keys, load_sealer};
use super::{ControlDb, ProjectDb, ProjectInfo};
use crate::store::{Database, PROJECT_SCHEMA, Placement, PoolLimits, StoreError};
use crate::vault::{MasterKey, VaultError};

/// Projects read in one listing.
const PROJECTS_MAX: usize = 10_000;
/// An open project is opened anew after this long, so that changed settings are seen by every node.
const OPEN_FRESH: Duration = Duration::from_secs(300);
/// An open project that nobody asked for this long is closed.
const OPEN_IDLE: Duration = Duration::from_secs(120);

/// Why a project cannot be served.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TenancyError {
    /// No such project, or one that was closed.
    #[error("没有这个项目")]
    NotFound,
    /// Its database has another schema than this program: migrate first.
    #[error("项目 {code} 的数据库版本为 {have}，程序需要 {need}，请先运行 linli migrate")]
    SchemaBehind {
        /// The project's code.
        code: String,
        /// What its database has.
        have: String,
        /// What this program needs.
        need: &'static str,
    },
    /// The placement leads to a database that belongs to another project.
    #[error("项目 {code} 的数据库属于另一个项目，请检查其位置设置")]
    WrongDatabase {
        /// The project's code.
        code: String,
    },
    /// The database or its keys could not be opened.
    #[error("项目数据库无法打开")]
    Unreachable(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for TenancyError {
    fn from(error: StoreError) -> Self {
        Self::Unreachable(Arc::new(error))
    }
}

impl From<KeyError> for TenancyError {
    fn from(error: KeyError) -> Self {
        Self::Unreachable(Arc::new(error))
    }
}

impl From<VaultError> for TenancyError {
    fn from(error: VaultError) -> Self {
        Self::Unreachable(Arc::new(error))
    }
}

/// What is needed to add a project.
#[derive(Debug, Clone)]
pub struct NewProject {
    /// The company that manages it.
    pub company_id: CompanyId,
    /// 2–6 characters of `[0-9a-z]`.
    pub code: String,
    /// The name owners know.
    pub name: String,
    /// Days are days of this zone.
    pub zone: Tz,
    /// Whom owners call.
    pub service_phone: String,
    /// Where its database lives.
    pub placement: Placement,
}

/// The projects of this installation. Clones share the open databases.
#[derive(Clone)]
pub struct Projects {
    control: ControlDb,
    master: MasterKey,
    limits: PoolLimits,
    open: Cache<ProjectId, ProjectDb>,
}

#[derive(sea_orm::FromQueryResult)]
struct ProjectRow {
    id: Uuid,
    company_id: Uuid,
    code: String,
    name: String,
    time_zone: String,
    service_phone: String,
    placement_sealed: Vec<u8>,
    mini_program_app_id: Option<String>,
    service_account_app_id: Option<String>,
    merchant_id: Option<Uuid>,
    sms_account_id: Option<Uuid>,
    sms_backup_account_id: Option<Uuid>,
    voice_account_id: Option<Uuid>,
    voice_backup_account_id: Option<Uuid>,
    company_name: String,
    logo_url: Option<String>,
}

const PROJECT_COLUMNS: &str = "id, company_id, code, name, time_zone, service_phone, placement_sealed, \
     mini_program_app_id, service_account_app_id, merchant_id, sms_account_id, sms_backup_account_id, \
     voice_account_id, voice_backup_account_id, \
     (SELECT c.name FROM company c WHERE c.id = project.company_id) AS company_name, \
     (SELECT c.logo_url FROM company c WHERE c.id = project.company_id) AS logo_url";

impl ProjectRow {
    fn info(&self) -> Result<ProjectInfo, StoreError> {
        let zone =
            self.time_zone.parse().map_err(|_| StoreError::bad_row("project", format!("{} time_zone", self.id)))?;
        Ok(ProjectInfo {
            id: ProjectId(self.id),
            company_id: CompanyId(self.company_id),
            code: self.code.clone(),
            name: self.name.clone(),
            zone,
            service_phone: self.service_phone.clone(),
            mini_program_app_id: self.mini_program_app_id.clone(),
            service_account_app_id: self.service_account_app_id.clone(),
            merchant_id: self.merchant_id.map(MerchantId),
            sms_account_id: self.sms_account_id.map(SmsAccountId),
            sms_backup_account_id: self.sms_backup_account_id.map(SmsAccountId),
            voice_account_id: self.voice_account_id.map(VoiceAccountId),
            voice_backup_account_id: self.voice_backup_account_id.map(VoiceAccountId),
            company_name: self.company_name.clone(),
            logo_url: self.logo_url.clone(),
        })
    }
}

impl Projects {
    /// Knows the projects of `control`, keeps at most `open_max` of them open.
    #[must_use]
    pub fn new(control: ControlDb, master: MasterKey, limits: PoolLimits, open_max: u64) -> Self {
        let open = Cache::builder().max_capacity(open_max).time_to_live(OPEN_FRESH).time_to_idle(OPEN_IDLE).build();
        Self { control, master, limits, open }
    }

    /// The control database they are registered in.
    #[must_use]
    pub const fn control(&self) -> &ControlDb {
        &self.control
    }

    /// The project's database, opened now or before. Callers that ask at once share one opening.
    ///
    /// # Errors
    /// [`TenancyError`].
    pub async fn open(&self, id: ProjectId) -> Result<ProjectDb, TenancyError> {
        // Boxed: opening is rare, and its future would make every caller's as large.
        Box::pin(self.open.try_get_with(id, self.connect(id))).await.map_err(|error| (*error).clone())
    }

    /// Forgets an open project, so that the next opening reads its settings and keys anew.
    pub async fn forget(&self, id: ProjectId) {
        self.open.invalidate(&id).await;
    }

    /// All active projects, by code.
    ///
    /// # Errors
    /// [`TenancyError::Unreachable`].
    pub async fn list(&self) -> Result<Vec<ProjectInfo>, TenancyError> {
        let sql =
            format!("SELECT {PROJECT_COLUMNS} FROM project WHERE state = 'active' ORDER BY code LIMIT {PROJECTS_MAX}");
        let rows: Vec<ProjectRow> = self.control.read("tenancy.list", async |tx| tx.rows(&sql, vec![]).await).await?;
        rows.iter().map(|row| row.info().map_err(TenancyError::from)).collect()
    }

    /// Where each active project's database lives: for the migration, which must reach those that cannot be served yet.
    ///
    /// # Errors
    /// [`TenancyError::Unreachable`].
    pub async fn placements(&self) -> Result<Vec<(ProjectInfo, Placement)>, TenancyError> {
        let sql =
            format!("SELECT {PROJECT_COLUMNS} FROM project WHERE state = 'active' ORDER BY code LIMIT {PROJECTS_MAX}");
        let rows: Vec<ProjectRow> =
            self.control.read("tenancy.placements", async |tx| tx.rows(&sql, vec![]).await).await?;
        rows.iter().map(|row| Ok((row.info()?, self.placement(row)?))).collect()
    }

    fn placement(&self, row: &ProjectRow) -> Result<Placement, TenancyError> {
        let url = self.control.sealer().open("project.placement", &row.placement_sealed)?;
        Placement::parse(&url).map_err(|error| TenancyError::Unreachable(Arc::new(error)))
    }

    /// The active project with that code.
    ///
    /// # Errors
    /// [`TenancyError`].
    pub async fn by_code(&self, code: &str) -> Result<ProjectInfo, TenancyError> {
        let sql = format!("SELECT {PROJECT_COLUMNS} FROM project WHERE state = 'active' AND code = $1");
        let row: Option<ProjectRow> =
            self.control.read("tenancy.by_code", async |tx| tx.row(&sql, vec![code.into()]).await).await?;
        Ok(row.ok_or(TenancyError::NotFound)?.info()?)
    }

    /// Registers a project and makes its keys. Its database must have been migrated; it is marked as this project's.
    ///
    /// # Errors
    /// [`TenancyError`]; a taken code is a conflict inside [`TenancyError::Unreachable`].
    pub async fn create(&self, new: NewProject, now_ms: i64) -> Result<ProjectId, TenancyError> {
        let id = ProjectId::new();
        let placement = self.control.sealer().seal("project.placement", new.placement.expose())?;
        self.control
            .transact("tenancy.create", async |tx| {
                create_scope_keys(tx, &self.master, &id.to_string(), now_ms).await?;
                tx.execute(
                    "INSERT INTO project (id, company_id, code, name, time_zone, service_phone, placement_sealed, state, \
                     created_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8)",
                    vec![
                        id.uuid().into(),
                        new.company_id.uuid().into(),
                        new.code.as_str().into(),
                        new.name.as_str().into(),
                        new.zone.name().into(),
                        new.service_phone.as_str().into(),
                        placement.into(),
                        now_ms.into(),
                    ],
                )
                .await?;
                Ok::<_, TenancyError>(())
            })
            .await?;
        let database = Database::open(&new.placement, self.limits).await?;
        database
            .transact("tenancy.mark", async |tx| {
                tx.execute(
                    "INSERT INTO project_mark (project_id, created_at_ms) VALUES ($1, $2)",
                    vec![id.uuid().into(), now_ms.into()],
                )
                .await
            })
            .await?;
        database.close().await;
        Ok(id)
    }

    async fn connect(&self, id: ProjectId) -> Result<ProjectDb, TenancyError> {
        let sql = format!("SELECT {PROJECT_COLUMNS} FROM project WHERE state = 'active' AND id = $1");
        let (row, sealer) = self
            .control
            .read("tenancy.open", async |tx| {
                let row: Option<ProjectRow> = tx.row(&sql, vec![id.uuid().into()]).await?;
                let row = row.ok_or(TenancyError::NotFound)?;
                let sealer = load_sealer(tx, &self.master, &id.to_string()).await?;
                Ok::<_, TenancyError>((row, sealer))
            })
            .await?;
        let info = Arc::new(row.info()?);
        let placement = self.placement(&row)?;
        let database = Database::open(&placement, self.limits).await?;
        self.check(&info, &database).await?;
        Ok(ProjectDb::new(info, database, sealer))
    }

    /// Refuses a database that is not this project's or not of this program's schema.
    async fn check(&self, info: &ProjectInfo, database: &Database) -> Result<(), TenancyError> {
        let need = PROJECT_SCHEMA;
        let (have, mark) = database
            .read("tenancy.check", async |tx| {
                let have: Option<String> =
                    tx.value("SELECT version FROM seaql_migrations ORDER BY version DESC LIMIT 1", vec![]).await?;
                if have.as_deref() != Some(need) {
                    return Ok((have, None));
                }
                let mark: Option<Uuid> = tx.value("SELECT project_id FROM project_mark LIMIT 1", vec![]).await?;
                Ok::<_, StoreError>((have, mark))
            })
            .await?;
        let code = info.code.clone();
        if have.as_deref() != Some(need) {
            return Err(TenancyError::SchemaBehind { code, have: have.unwrap_or_default(), need });
        }
        if mark != Some(info.id.uuid()) {
            return Err(TenancyError::WrongDatabase { code });
        }
        Ok(())
    }
}
