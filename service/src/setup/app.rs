//! WeChat apps.

use domain::ids::CompanyId;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::SetupError;
use crate::audit::{self, By};
use crate::tenancy::ControlDb;

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
