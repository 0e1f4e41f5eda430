//! What WeChat pushes to us: who follows, who consented, what was delivered.

use chrono::{DateTime, Utc};
use gateway::wechat::{
    PushError, PushEvent, PushKeys, PushMessage, PushMode, PushQuery, PushSecret, SubscribeItem, SubscribeSentItem,
    TemplateJobStatus, WechatError, WechatErrorKind, open_push, verify_url,
};
use secrecy::SecretString;

use crate::installation::Installation;
use crate::owners::{self, Consent, ConsentAnswer, ConsentSource, Followers, OwnerError, Withdrawal};
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
    let message = open_push(query, body, &keys(&installation.control, app_id).await?)?;
    take(&installation.control, &installation.apps, app_id, &message, now).await
}

/// `ErrorCode` of a subscribe message that arrived.
const SENT: &str = "0";
/// `RevokeInfo` of the phone number: all that we keep of what an authorization let us know.
const KIND_PHONE: u16 = 8;

/// Records what a verified push says.
async fn take(
    control: &ControlDb,
    followers: &dyn Followers,
    app_id: &str,
    message: &PushMessage,
    now: DateTime<Utc>,
) -> Result<(), WechatPushError> {
    let openid = message.from_openid.as_str();
    let at = sent_at(message, now);
    match &message.event {
        PushEvent::TemplateJobFinished { msg_id, status, .. } => {
            let kind = match status {
                TemplateJobStatus::Delivered => DeliveryKind::Delivered,
                TemplateJobStatus::UserBlocked => DeliveryKind::UserBlocked,
                TemplateJobStatus::SystemFailed => DeliveryKind::Failed,
            };
            reminders::record_delivery(control, app_id, &message.dedup_key, msg_id, kind, now).await?;
        }
        PushEvent::SubscribeSent(items) => deliveries(control, app_id, message, items, now).await?,
        PushEvent::Subscribe { event_key, .. } | PushEvent::Scan { event_key, .. } => {
            follower(control, followers, app_id, openid, event_key.as_deref(), (at, now)).await?;
        }
        PushEvent::Unsubscribe => {
            let _ = owners::record_follow(control, app_id, openid, None, false, at).await?;
        }
        PushEvent::SubscribePopup(items) => answers(control, app_id, message, items, at).await?,
        PushEvent::SubscribeChange(items) => {
            for item in items.iter().filter(|item| !item.is_accepted) {
                let (template, key) = (&item.template_id, &message.dedup_key);
                let _ = owners::record_refusal(control, app_id, openid, template, key, at).await?;
            }
        }
        PushEvent::AuthorizationRevoked { openid, kinds } => {
            // Not told which: everything.
            let phone = kinds.is_empty() || kinds.contains(&KIND_PHONE);
            let _ = owners::record_withdrawal(control, app_id, openid, Withdrawal::Revoked { phone }, now).await?;
        }
        PushEvent::AuthorizationCancelled { openid } => {
            let _ = owners::record_withdrawal(control, app_id, openid, Withdrawal::Cancelled, now).await?;
        }
        PushEvent::Other { .. } => {}
    }
    Ok(())
}

/// Somebody follows, perhaps by a code made for a person. That they follow is recorded before WeChat is asked who they
/// are, so that it stands whatever WeChat answers.
async fn follower(
    control: &ControlDb,
    followers: &dyn Followers,
    app_id: &str,
    openid: &str,
    event_key: Option<&str>,
    (at, now): (DateTime<Utc>, DateTime<Utc>),
) -> Result<(), WechatPushError> {
    let _ = owners::record_follow(control, app_id, openid, None, true, at).await?;
    // The event does not say who that is in the mini program: the unionid does, and only WeChat knows it.
    if let Some(union_id) = union_id(followers, app_id, openid).await? {
        let _ = owners::record_follow(control, app_id, openid, Some(&union_id), true, at).await?;
    }
    if let Some(event_key) = event_key {
        let scanned = owners::record_scan(control, app_id, openid, owners::scanned_token(event_key), now).await?;
        tracing::info!(app_id, joined = matches!(scanned, owners::Scanned::Joined(_)), "a code was scanned");
    }
    Ok(())
}

/// An account without the right to ask has followers all the same: a refusal is no union id. Without an answer WeChat
/// tells us again, and we ask again.
async fn union_id(followers: &dyn Followers, app_id: &str, openid: &str) -> Result<Option<String>, WechatAppError> {
    match followers.person(app_id, openid).await {
        Err(WechatAppError::Wechat(error @ WechatError::Refused { .. })) if error.kind() != WechatErrorKind::Busy => {
            tracing::error!(alarm = "union_id_refused", app_id, %error, "WeChat does not say who follows");
            Ok(None)
        }
        answer => Ok(answer?.unionid),
    }
}

/// When WeChat says it happened: pushes may overtake each other.
fn sent_at(message: &PushMessage, now: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(message.create_time_s, 0).unwrap_or(now)
}

/// Subscribe messages that failed after they were taken. They were sent by this app, whichever project they are of.
async fn deliveries(
    control: &ControlDb,
    app_id: &str,
    message: &PushMessage,
    items: &[SubscribeSentItem],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for item in items {
        let kind = if item.error_code == SENT { DeliveryKind::Delivered } else { DeliveryKind::Failed };
        let key = format!("{}:{}", message.dedup_key, item.msg_id);
        reminders::record_delivery(control, app_id, &key, &item.msg_id, kind, now).await?;
    }
    Ok(())
}

async fn answers(
    control: &ControlDb,
    app_id: &str,
    message: &PushMessage,
    items: &[SubscribeItem],
    at: DateTime<Utc>,
) -> Result<(), OwnerError> {
    for item in items {
        let consent = Consent {
            app_id,
            openid: &message.from_openid,
            template_id: &item.template_id,
            answer: if item.is_accepted { ConsentAnswer::Accept } else { ConsentAnswer::Reject },
            source: ConsentSource::Push(&message.dedup_key),
            at,
        };
        let _ = owners::record_consent(control, &consent).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
