//! Putting an installation together: keys, companies, merchants, apps, sending accounts, and what belongs to which
//! project.

mod account;
mod account_state;
mod app;
mod attach;
mod limits;
mod merchant;
#[cfg(test)]
mod stories;
mod switches;
mod telecom;
mod template;

pub use account_state::{CompanyPause, SendingAccount, SendingState, sending_state};
pub use app::{AppKind, NewApp, PushSecrets, register_app};
pub use attach::{ProjectChannels, attach};
pub use limits::{SendingLimits, set_sending_limits};
pub use merchant::{NewMerchant, NewVerifier, register_merchant};
pub use switches::{set_company_pause, set_dry_run};
pub use telecom::{NewSmsAccount, NewVoiceAccount, register_sms_account, register_voice_account};
pub use template::set_template;

use domain::ids::CompanyId;
use serde_json::json;

use crate::audit::{self, By};
use crate::channels::FieldsError;
use crate::store::{Database, Placement, PoolLimits, StoreError};
use crate::tenancy::{CONTROL_SCOPE, ControlDb, KeyError, create_scope_keys, load_sealer};
use crate::vault::{MasterKey, VaultError};

/// Why a setting was not stored.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The control database's schema is another one.
    #[error("控制库版本为 {have}，程序需要 {need}，请先运行 linli migrate")]
    SchemaBehind {
        /// What the database has.
        have: String,
        /// What this program needs.
        need: &'static str,
    },
    /// Nothing to attach to.
    #[error("没有这个项目")]
    ProjectNotFound,
    /// No such company.
    #[error("没有这个公司")]
    CompanyNotFound,
    /// No app, SMS account or voice account of that name in this company.
    #[error("没有这个发送账号；请先登记小程序、服务号、短信或语音账户")]
    AccountNotFound,
    /// The account does not send through this channel.
    #[error("这个账号不能用于该渠道")]
    WrongChannel,
    /// The purpose is no word, or not one of this kind of account.
    #[error("模板用途不正确：通知账单填 bill_notice，服务号订阅通知填 bill_notice_notify")]
    BadPurpose,
    /// The template cannot carry what must be said.
    #[error("模板字段有误：{0}")]
    Template(#[from] FieldsError),
    /// A limit nobody can mean.
    #[error("{0}")]
    BadLimit(&'static str),
    /// The second account is the first.
    #[error("备用账户不能与主账户相同")]
    BackupIsFirst,
    /// The last day of a pause.
    #[error("暂停的截止日期应为今天或以后，且不超过一年")]
    PauseDay,
    /// A pause of a whole company says why.
    #[error("请写明暂停的原因，最多 200 字")]
    PauseReason,
    /// Keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Sealing.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SetupError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SchemaBehind { .. } => "schema_behind",
            Self::ProjectNotFound => "project_not_found",
            Self::CompanyNotFound => "company_not_found",
            Self::AccountNotFound => "sending_account_not_found",
            Self::WrongChannel => "wrong_channel",
            Self::BadPurpose => "template_purpose_invalid",
            Self::Template(_) => "template_fields_invalid",
            Self::BadLimit(_) => "sending_limit_invalid",
            Self::BackupIsFirst => "backup_is_first",
            Self::PauseDay => "pause_day_invalid",
            Self::PauseReason => "pause_reason_missing",
            Self::Key(_) | Self::Vault(_) | Self::Store(_) => "internal",
        }
    }
}

/// Opens the control database; on the very first start makes its keys.
///
/// # Errors
/// [`SetupError`].
pub async fn open_control(
    placement: &Placement,
    master: &MasterKey,
    limits: PoolLimits,
    now_ms: i64,
) -> Result<ControlDb, SetupError> {
    let database = Database::open(placement, limits).await?;
    let need = crate::store::CONTROL_SCHEMA;
    let sealer = database
        .transact("setup.open", async |tx| {
            let have: Option<String> =
                tx.value("SELECT version FROM seaql_migrations ORDER BY version DESC LIMIT 1", vec![]).await?;
            if have.as_deref() != Some(need) {
                return Err(SetupError::SchemaBehind { have: have.unwrap_or_default(), need });
            }
            match load_sealer(tx, master, CONTROL_SCOPE).await {
                Err(KeyError::Missing(_)) => {
                    create_scope_keys(tx, master, CONTROL_SCOPE, now_ms).await?;
                    Ok(load_sealer(tx, master, CONTROL_SCOPE).await?)
                }
                loaded => Ok(loaded?),
            }
        })
        .await?;
    Ok(ControlDb::new(database, sealer))
}

/// Registers a property company.
///
/// # Errors
/// [`SetupError`].
pub async fn create_company(control: &ControlDb, name: &str, by: &By, now_ms: i64) -> Result<CompanyId, SetupError> {
    let id = CompanyId::new();
    control
        .transact("setup.company", async |tx| {
            tx.execute(
                "INSERT INTO company (id, name, created_at_ms) VALUES ($1, $2, $3)",
                vec![id.uuid().into(), name.into(), now_ms.into()],
            )
            .await?;
            audit::append(tx, by, "create.company", &format!("company:{id}"), &json!({}), now_ms).await?;
            Ok(id)
        })
        .await
}
