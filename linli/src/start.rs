//! Putting an installation together from its configuration.

use std::path::Path;
use std::sync::Arc;

use domain::ids::ProjectId;
use gateway::Now;
use gateway::http::{BaseUrl, HttpClient, HttpError, HttpLimits};
use gateway::wechat::WechatHttp;
use gateway::wechat_pay::{PayHosts, WechatPayHttp};
use secrecy::ExposeSecret;
use service::channels::CloudVendors;
use service::clock::Clock;
use service::installation::{Gateways, Installation};
use service::setup::{SetupError, open_control};
use service::shared::{InProcess, RedisError, RedisShared, SharedState};
use service::store::{Database, Placement, PlacementError, PoolLimits, StoreError};
use service::tenancy::{NewProject, Projects, TenancyError};

use crate::config::{Addresses, Config};

/// Why the program cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A vendor's address or the HTTP client.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Redis' address.
    #[error(transparent)]
    Redis(#[from] RedisError),
    /// The control database cannot be opened.
    #[error("控制库无法打开，请检查 LINLI_CONTROL_DATABASE；第一次使用请先运行 linli migrate")]
    Control(#[source] SetupError),
    /// The control database opens, but is not as it must be.
    #[error(transparent)]
    Setup(SetupError),
    /// A project.
    #[error(transparent)]
    Tenancy(#[from] TenancyError),
    /// A placement.
    #[error(transparent)]
    Placement(#[from] PlacementError),
    /// A database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A migration.
    #[error("数据库升级失败")]
    Migration(#[source] sea_orm::DbErr),
    /// A file or an address.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Clients for the outside world.
///
/// # Errors
/// [`HttpError`] for a bad address.
pub fn gateways(addresses: &Addresses, clock: &Clock) -> Result<Gateways, HttpError> {
    let http = HttpClient::new(HttpLimits::default())?;
    let ticking = clock.clone();
    let now: Now = Arc::new(move || ticking.now());
    let hosts = PayHosts {
        primary: BaseUrl::parse(&addresses.wechat_pay)?,
        failover: Some(BaseUrl::parse(&addresses.wechat_pay_failover)?),
    };
    let pay = Arc::new(WechatPayHttp::new(http.clone(), hosts, Arc::clone(&now)));
    Ok(Gateways {
        stuck_refunds: Arc::<WechatPayHttp>::clone(&pay),
        pay,
        wechat: Arc::new(WechatHttp::new(http.clone(), BaseUrl::parse(&addresses.wechat)?)),
        sms: CloudVendors {
            http: http.clone(),
            tencent: BaseUrl::parse(&addresses.tencent_sms)?,
            aliyun: BaseUrl::parse(&addresses.aliyun_sms)?,
            now: Arc::clone(&now),
        },
        voice: CloudVendors {
            http,
            tencent: BaseUrl::parse(&addresses.tencent_voice)?,
            aliyun: BaseUrl::parse(&addresses.aliyun_voice)?,
            now,
        },
    })
}

/// Opens the control database and puts everything together. Nothing is migrated here.
///
/// # Errors
/// [`StartError`].
pub async fn installation(config: &Config, clock: Clock) -> Result<Installation, StartError> {
    let limits = PoolLimits::default();
    let opened = open_control(&config.control, &config.master_key, limits, clock.now_ms()).await;
    let control = opened.map_err(|error| match error {
        SetupError::Store(_) => StartError::Control(error),
        other => StartError::Setup(other),
    })?;
    let projects = Projects::new(control, config.master_key.clone(), limits, config.open_projects);
    let shared: Arc<dyn SharedState> = match &config.redis_url {
        Some(url) => Arc::new(RedisShared::connect(url.expose_secret())?),
        None => Arc::new(InProcess::new()),
    };
    let gateways = gateways(&config.addresses, &clock)?;
    Ok(Installation::new(projects, clock, gateways, shared, &config.public_url))
}

/// Brings a control database to this program's schema; a SQLite file is created.
///
/// # Errors
/// [`StartError`].
pub async fn migrate_control(placement: &Placement) -> Result<(), StartError> {
    create_folder(placement)?;
    let connection = Database::connect_for_migration(placement).await?;
    migration::migrate_control(&connection).await.map_err(StartError::Migration)?;
    connection.close().await.map_err(StartError::Migration)
}

/// Brings a project's database to this program's schema; a SQLite file is created.
///
/// # Errors
/// [`StartError`].
pub async fn migrate_project(placement: &Placement) -> Result<(), StartError> {
    create_folder(placement)?;
    let connection = Database::connect_for_migration(placement).await?;
    migration::migrate_project(&connection).await.map_err(StartError::Migration)?;
    connection.close().await.map_err(StartError::Migration)
}

/// Migrates the new project's database, then registers the project.
///
/// # Errors
/// [`StartError`].
pub async fn create_project(projects: &Projects, new: NewProject, now_ms: i64) -> Result<ProjectId, StartError> {
    migrate_project(&new.placement).await?;
    Ok(projects.create(new, now_ms).await?)
}

fn create_folder(placement: &Placement) -> Result<(), StartError> {
    if let Some(path) = placement.expose().strip_prefix("sqlite:")
        && let Some(folder) = Path::new(path.trim_start_matches("//")).parent()
    {
        std::fs::create_dir_all(folder)?;
    }
    Ok(())
}
