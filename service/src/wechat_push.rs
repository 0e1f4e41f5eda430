//! What WeChat pushes to us: who follows, who consented, what was delivered.

use chrono::{DateTime, Utc};
use gateway::wechat::{
    PushError, PushEvent, PushKeys, PushMessage, PushMode, PushQuery, PushSecret, SubscribeItem, TemplateJobStatus,
    WechatErrorKind, open_push, verify_url,
};
use secrecy::SecretString;

use crate::installation::Installation;
use crate::owners::{self, ConsentAnswer, OwnerError};
use crate::reminders::{self, DeliveryKind, ReminderError};
use crate::store::StoreError;
use crate::tenancy::ControlDb;
use crate::vault::VaultError;
use crate::wechat_apps::WechatAppError;

pub use gateway::wechat::PushQuery as Query;

/// Why a push was not taken.
#[derive(Debug, thiserror::Error)]
pub enum WechatPushError {
    /// No such app, or no push configured for it.
    #[error("unknown app")]
    Unknown,
    /// Not from WeChat.
    #[error(transparent)]
    Push(#[from] PushError),
    /// WeChat did not say who it is: WeChat tries again, and so do we.
    #[error(transparent)]
    Wechat(#[from] WechatAppError),
    /// People.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// Reminders.
    #[error(transparent)]
    Reminder(#[from] ReminderError),
    /// The secrets.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WechatPushError {
    /// The sender's fault: 4xx. Otherwise ours: 5xx, and WeChat tries again.
    #[must_use]
    pub const fn is_senders(&self) -> bool {
        matches!(
            self,
            Self::Unknown
                | Self::Push(
                    PushError::BadSignature | PushError::NotEncrypted | PushError::Malformed | PushError::Undecryptable
                )
        )
    }
}

#[derive(sea_orm::FromQueryResult)]
struct SecretRow {
    push_token_sealed: Option<Vec<u8>>,
    push_aes_key_sealed: Option<Vec<u8>>,
}

async fn keys(control: &ControlDb, app_id: &str) -> Result<PushKeys, WechatPushError> {
    let row: Option<SecretRow> = control
        .read("wechat_push.keys", async |tx| {
            tx.row(
                "SELECT push_token_sealed, push_aes_key_sealed FROM wechat_app WHERE app_id = $1",
                vec![app_id.into()],
            )
            .await
        })
        .await?;
    let row = row.ok_or(WechatPushError::Unknown)?;
    let token = row.push_token_sealed.ok_or(WechatPushError::Unknown)?;
    let token = SecretString::from(control.sealer().open("wechat_app.push_token", &token)?);
    let aes_key = match row.push_aes_key_sealed {
        Some(sealed) => Some(SecretString::from(control.sealer().open("wechat_app.push_aes_key", &sealed)?)),
        None => None,
    };
    let mode = if aes_key.is_some() { PushMode::Safe } else { PushMode::Plain };
    let secret = PushSecret::parse(token, aes_key.as_ref())?;
    Ok(PushKeys::new(app_id.to_owned(), mode, secret, None)?)
}

/// WeChat checks the address when it is configured: answers what WeChat wants to read.
///
/// # Errors
/// [`WechatPushError`].
pub async fn check_address(control: &ControlDb, app_id: &str, query: &PushQuery) -> Result<String, WechatPushError> {
    Ok(verify_url(query, &keys(control, app_id).await?)?)
}

/// Verifies a push and records what it says, once, however often it comes.
///
/// # Errors
/// [`WechatPushError`].
pub async fn receive(
    installation: &Installation,
    app_id: &str,
    query: &PushQuery,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), WechatPushError> {
    let control = &installation.control;
    let message = open_push(query, body, &keys(control, app_id).await?)?;
    let openid = message.from_openid.as_str();
    match &message.event {
        PushEvent::TemplateJobFinished { msg_id, status, .. } => {
            let kind = match status {
                TemplateJobStatus::Delivered => DeliveryKind::Delivered,
                TemplateJobStatus::UserBlocked => DeliveryKind::UserBlocked,
                TemplateJobStatus::SystemFailed => DeliveryKind::Failed,
            };
            reminders::record_delivery(control, app_id, &message.dedup_key, msg_id, kind, now).await?;
        }
        PushEvent::Subscribe { .. } => {
            // The event does not say who that is in the mini program: the unionid does, and only WeChat knows it.
            let union_id = union_id(installation, app_id, openid).await?;
            let at = sent_at(&message, now);
            let _ = owners::record_follow(control, app_id, openid, union_id.as_deref(), true, at).await?;
        }
        PushEvent::Unsubscribe => {
            let at = sent_at(&message, now);
            let _ = owners::record_follow(control, app_id, openid, None, false, at).await?;
        }
        PushEvent::SubscribePopup(items) | PushEvent::SubscribeChange(items) => {
            consents(control, app_id, &message, items, now).await?;
        }
        PushEvent::SubscribeSent(_) | PushEvent::Scan { .. } | PushEvent::Other { .. } => {}
    }
    Ok(())
}

async fn union_id(installation: &Installation, app_id: &str, openid: &str) -> Result<Option<String>, WechatAppError> {
    let apps = &installation.apps;
    let token = apps.token(app_id).await?;
    match apps.api().user_info(&token, openid).await {
        Err(error) if error.kind() == WechatErrorKind::TokenStale => {
            apps.forget(app_id, &token).await;
            let fresh = apps.token(app_id).await?;
            Ok(apps.api().user_info(&fresh, openid).await?.unionid)
        }
        answer => Ok(answer?.unionid),
    }
}

/// When WeChat says it happened: pushes may overtake each other.
fn sent_at(message: &PushMessage, now: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(message.create_time_s, 0).unwrap_or(now)
}

async fn consents(
    control: &ControlDb,
    app_id: &str,
    message: &PushMessage,
    items: &[SubscribeItem],
    now: DateTime<Utc>,
) -> Result<(), OwnerError> {
    for item in items {
        let answer = if item.is_accepted { ConsentAnswer::Accept } else { ConsentAnswer::Reject };
        let key = consent_key(&message.from_openid, &item.template_id, message.create_time_s);
        let _ =
            owners::record_consent(control, app_id, &message.from_openid, &item.template_id, answer, &key, now).await?;
    }
    Ok(())
}

/// One answer to one template is one consent, whether the mini program or WeChat tells of it: both name the second.
#[must_use]
pub fn consent_key(openid: &str, template_id: &str, answered_at_s: i64) -> String {
    format!("{openid}:{template_id}:{answered_at_s}")
}
