//! Putting an installation together: keys, companies, merchants, apps, SMS accounts, and what belongs to which project.

use domain::ids::{CompanyId, MerchantId, ProjectId, SmsAccountId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::audit::{self, By};
use crate::store::{Database, Placement, PoolLimits, StoreError};
use crate::tenancy::{CONTROL_SCOPE, ControlDb, KeyError, create_scope_keys, load_sealer};
use crate::vault::{MasterKey, VaultError, token_hash};

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

/// A merchant number with its secrets. The verifiers are (serial, PEM public key) or platform certificates.
#[derive(Debug)]
pub struct NewMerchant {
    /// The company it belongs to.
    pub company_id: CompanyId,
    /// The merchant number.
    pub mchid: String,
    /// Serial of the API certificate.
    pub serial_no: String,
    /// The API certificate's private key, PKCS#8 PEM.
    pub private_key_pem: SecretString,
    /// 32 bytes.
    pub api_v3_key: SecretString,
    /// Whom we believe.
    pub verifiers: Vec<NewVerifier>,
}

/// One key that WeChat Pay signs with.
#[derive(Debug, Clone)]
pub struct NewVerifier {
    /// `PUB_KEY_ID_…`, or the certificate's serial.
    pub serial: String,
    /// True for a platform certificate, false for a WeChat Pay public key.
    pub is_certificate: bool,
    /// PEM.
    pub pem: String,
}

/// Registers a merchant number.
///
/// # Errors
/// [`SetupError`].
pub async fn register_merchant(
    control: &ControlDb,
    new: &NewMerchant,
    by: &By,
    now_ms: i64,
) -> Result<MerchantId, SetupError> {
    let id = MerchantId::new();
    let sealer = control.sealer();
    let private_key = sealer.seal("merchant.private_key", new.private_key_pem.expose_secret())?;
    let api_v3_key = sealer.seal("merchant.api_v3_key", new.api_v3_key.expose_secret())?;
    control
        .transact("setup.merchant", async |tx| {
            tx.execute(
                "INSERT INTO merchant (id, company_id, mchid, serial_no, private_key_sealed, api_v3_key_sealed, \
                 created_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                vec![
                    id.uuid().into(),
                    new.company_id.uuid().into(),
                    new.mchid.as_str().into(),
                    new.serial_no.as_str().into(),
                    private_key.into(),
                    api_v3_key.into(),
                    now_ms.into(),
                ],
            )
            .await?;
            for verifier in &new.verifiers {
                add_verifier(tx, id, verifier, now_ms).await?;
            }
            audit::append(tx, by, "register.merchant", &format!("mchid:{}", new.mchid), &json!({}), now_ms).await?;
            Ok(id)
        })
        .await
}

async fn add_verifier(
    tx: &crate::store::Tx,
    merchant: MerchantId,
    verifier: &NewVerifier,
    now_ms: i64,
) -> Result<(), StoreError> {
    let kind = if verifier.is_certificate { "platform_certificate" } else { "public_key" };
    tx.execute(
        "INSERT INTO merchant_verifier (merchant_id, serial, kind, pem, created_at_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (merchant_id, serial) DO UPDATE SET kind = excluded.kind, pem = excluded.pem",
        vec![
            merchant.uuid().into(),
            verifier.serial.as_str().into(),
            kind.into(),
            verifier.pem.as_str().into(),
            now_ms.into(),
        ],
    )
    .await?;
    Ok(())
}

/// Which account of WeChat's an app is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppKind {
    /// 小程序.
    MiniProgram,
    /// 服务号.
    ServiceAccount,
}

/// An app with its secrets.
#[derive(Debug)]
pub struct NewApp {
    /// The company it belongs to.
    pub company_id: CompanyId,
    /// `wx…`
    pub app_id: String,
    /// Which kind.
    pub kind: AppKind,
    /// The AppSecret.
    pub secret: SecretString,
    /// The message push, when it is configured.
    pub push: Option<PushSecrets>,
}

/// The secrets of a message push.
#[derive(Debug)]
pub struct PushSecrets {
    /// Signs every push.
    pub token: SecretString,
    /// The EncodingAESKey: with it pushes must be encrypted, without it they are plain.
    pub aes_key: Option<SecretString>,
}

/// Registers an app, or replaces its secrets.
///
/// # Errors
/// [`SetupError`].
pub async fn register_app(control: &ControlDb, new: &NewApp, by: &By, now_ms: i64) -> Result<(), SetupError> {
    let sealer = control.sealer();
    let secret = sealer.seal("wechat_app.secret", new.secret.expose_secret())?;
    let (token, aes_key) = match &new.push {
        Some(push) => {
            let seal = |key: &SecretString| sealer.seal("wechat_app.push_aes_key", key.expose_secret());
            let token = sealer.seal("wechat_app.push_token", push.token.expose_secret())?;
            (Some(token), push.aes_key.as_ref().map(seal).transpose()?)
        }
        None => (None, None),
    };
    let kind = match new.kind {
        AppKind::MiniProgram => "mini_program",
        AppKind::ServiceAccount => "service_account",
    };
    control
        .transact("setup.app", async |tx| {
            tx.execute(
                "INSERT INTO wechat_app (app_id, company_id, kind, secret_sealed, push_token_sealed, \
                 push_aes_key_sealed, created_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7) \
                 ON CONFLICT (app_id) DO UPDATE SET secret_sealed = excluded.secret_sealed, \
                 push_token_sealed = excluded.push_token_sealed, push_aes_key_sealed = excluded.push_aes_key_sealed",
                vec![
                    new.app_id.as_str().into(),
                    new.company_id.uuid().into(),
                    kind.into(),
                    secret.into(),
                    token.into(),
                    aes_key.into(),
                    now_ms.into(),
                ],
            )
            .await?;
            audit::append(tx, by, "register.app", &format!("app:{}", new.app_id), &json!({}), now_ms).await?;
            Ok(())
        })
        .await
}

/// An account at an SMS vendor.
#[derive(Debug)]
pub struct NewSmsAccount {
    /// The company it belongs to.
    pub company_id: CompanyId,
    /// `tencent` or `aliyun`.
    pub vendor: &'static str,
    /// The access key's id.
    pub secret_id: SecretString,
    /// The access key.
    pub secret_key: SecretString,
    /// Tencent's SmsSdkAppId; empty for Alibaba.
    pub sdk_app_id: String,
    /// The approved signature, its text.
    pub sign_name: String,
    /// The unguessable end of the URL its reports come to.
    pub report_token: SecretString,
}

/// Registers an SMS account.
///
/// # Errors
/// [`SetupError`].
pub async fn register_sms_account(
    control: &ControlDb,
    new: &NewSmsAccount,
    by: &By,
    now_ms: i64,
) -> Result<SmsAccountId, SetupError> {
    let id = SmsAccountId::new();
    let sealer = control.sealer();
    let secret_id = sealer.seal("sms_account.secret_id", new.secret_id.expose_secret())?;
    let secret_key = sealer.seal("sms_account.secret_key", new.secret_key.expose_secret())?;
    control
        .transact("setup.sms", async |tx| {
            tx.execute(
                "INSERT INTO sms_account (id, company_id, vendor, secret_id_sealed, secret_key_sealed, sdk_app_id, \
                 sign_name, report_path_hash, created_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                vec![
                    id.uuid().into(),
                    new.company_id.uuid().into(),
                    new.vendor.into(),
                    secret_id.into(),
                    secret_key.into(),
                    new.sdk_app_id.as_str().into(),
                    new.sign_name.as_str().into(),
                    token_hash(new.report_token.expose_secret()).into(),
                    now_ms.into(),
                ],
            )
            .await?;
            audit::append(tx, by, "register.sms", &format!("sms:{id}"), &json!({}), now_ms).await?;
            Ok(id)
        })
        .await
}

/// Says which approved template an account uses for a purpose (`bill_notice`), and which of our values fills which of
/// its fields: `[("thing1", "house"), ("amount2", "amount")]`. For SMS the order is the order of the parameters.
///
/// # Errors
/// [`SetupError`].
pub async fn set_template(
    control: &ControlDb,
    account: &str,
    purpose: &str,
    template_id: &str,
    fields: &[(&str, &str)],
    by: &By,
    now_ms: i64,
) -> Result<(), SetupError> {
    let fields = json!(fields).to_string();
    control
        .transact("setup.template", async |tx| {
            tx.execute(
                "INSERT INTO message_template (account, purpose, template_id, fields) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (account, purpose) DO UPDATE SET template_id = excluded.template_id, \
                 fields = excluded.fields",
                vec![account.into(), purpose.into(), template_id.into(), fields.into()],
            )
            .await?;
            audit::append(tx, by, "set.template", &format!("account:{account}"), &json!({"purpose": purpose}), now_ms)
                .await?;
            Ok(())
        })
        .await
}

/// What a project pays, speaks and sends with. `None` leaves a setting as it is.
#[derive(Debug, Clone, Default)]
pub struct ProjectChannels {
    /// The mini program owners pay in.
    pub mini_program_app_id: Option<String>,
    /// The service account that sends template messages.
    pub service_account_app_id: Option<String>,
    /// Where its money goes.
    pub merchant_id: Option<MerchantId>,
    /// Its SMS account.
    pub sms_account_id: Option<SmsAccountId>,
}

/// Attaches apps, merchant and SMS account to a project. The caller forgets the open project afterwards.
///
/// # Errors
/// [`SetupError`].
pub async fn attach(
    control: &ControlDb,
    project: ProjectId,
    channels: &ProjectChannels,
    by: &By,
    now_ms: i64,
) -> Result<(), SetupError> {
    control
        .transact("setup.attach", async |tx| {
            let changed = tx
                .execute(
                    "UPDATE project SET mini_program_app_id = COALESCE($1, mini_program_app_id), \
                     service_account_app_id = COALESCE($2, service_account_app_id), \
                     merchant_id = COALESCE($3, merchant_id), sms_account_id = COALESCE($4, sms_account_id) \
                     WHERE id = $5",
                    vec![
                        channels.mini_program_app_id.clone().into(),
                        channels.service_account_app_id.clone().into(),
                        channels.merchant_id.map(MerchantId::uuid).into(),
                        channels.sms_account_id.map(SmsAccountId::uuid).into(),
                        project.uuid().into(),
                    ],
                )
                .await?;
            if changed == 0 {
                return Err(SetupError::ProjectNotFound);
            }
            audit::append(tx, by, "attach.channels", &format!("project:{project}"), &json!({}), now_ms).await?;
            Ok(())
        })
        .await
}
