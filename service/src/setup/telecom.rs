//! Accounts at the clouds that carry texts and calls.

use domain::ids::{CompanyId, SmsAccountId, VoiceAccountId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::SetupError;
use crate::audit::{self, By};
use crate::tenancy::ControlDb;
use crate::vault::token_hash;

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

/// An account at a vendor that calls.
#[derive(Debug)]
pub struct NewVoiceAccount {
    /// The company it belongs to.
    pub company_id: CompanyId,
    /// `tencent` or `aliyun`.
    pub vendor: &'static str,
    /// The access key's id.
    pub secret_id: SecretString,
    /// The access key.
    pub secret_key: SecretString,
    /// Tencent's VoiceSdkAppid; empty for Alibaba.
    pub sdk_app_id: String,
    /// The bought number that is shown; empty where the vendor chooses one.
    pub show_number: String,
    /// The unguessable end of the URL its reports come to.
    pub report_token: SecretString,
}

/// Registers a voice account.
///
/// # Errors
/// [`SetupError`].
pub async fn register_voice_account(
    control: &ControlDb,
    new: &NewVoiceAccount,
    by: &By,
    now_ms: i64,
) -> Result<VoiceAccountId, SetupError> {
    let id = VoiceAccountId::new();
    let sealer = control.sealer();
    let secret_id = sealer.seal("voice_account.secret_id", new.secret_id.expose_secret())?;
    let secret_key = sealer.seal("voice_account.secret_key", new.secret_key.expose_secret())?;
    control
        .transact("setup.voice", async |tx| {
            tx.execute(
                "INSERT INTO voice_account (id, company_id, vendor, secret_id_sealed, secret_key_sealed, sdk_app_id, \
                 show_number, report_path_hash, created_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                vec![
                    id.uuid().into(),
                    new.company_id.uuid().into(),
                    new.vendor.into(),
                    secret_id.into(),
                    secret_key.into(),
                    new.sdk_app_id.as_str().into(),
                    new.show_number.as_str().into(),
                    token_hash(new.report_token.expose_secret()).into(),
                    now_ms.into(),
                ],
            )
            .await?;
            audit::append(tx, by, "register.voice", &format!("voice:{id}"), &json!({}), now_ms).await?;
            Ok(id)
        })
        .await
}
