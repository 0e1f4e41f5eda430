//! Codes that say who begins to follow: a picture made for one person, so that their openid in the service account is
//! theirs even where WeChat knows no union id.
//!
//! The first who scans it is taken for the person it was made for; after that it joins nobody else. A union id that
//! leads to somebody weighs more than a picture, which can be passed on.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::PersonId;
use gateway::http::{BaseUrl, HttpError};
use gateway::wechat::qr::{QrLife, QrRequest, SHOW_QR_HOST};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::OwnerError;
use super::follow_call::Followers;
use crate::audit::{self, Actor, By};
use crate::store::StoreError;
use crate::tenancy::{ControlDb, ControlTx, ProjectInfo};
use crate::vault::{self, VaultError};
use crate::wechat_apps::WechatAppError;

/// How long a code works: the longest WeChat keeps one.
const LIFE: TimeDelta = TimeDelta::days(30);
/// A code that works for longer than this is shown again in place of a new one.
const SHOWN_AGAIN: TimeDelta = TimeDelta::days(1);
/// Random bytes of a token; WeChat takes 64 characters.
const TOKEN_BYTES: usize = 16;
/// What WeChat puts before the text of a code when somebody began to follow by it.
const SCANNED: &str = "qrscene_";

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub enum FollowQrError {
    /// The project sends from no service account.
    #[error("本项目还没有接入服务号，暂时不能生成关注二维码")]
    NoAccount,
    /// Nobody of this project.
    #[error("没有这条记录")]
    NotFound,
    /// WeChat did not make one.
    #[error(transparent)]
    Wechat(#[from] WechatAppError),
    /// No randomness.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// WeChat's address is not one.
    #[error(transparent)]
    Address(#[from] HttpError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FollowQrError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoAccount => "no_service_account",
            Self::NotFound => "not_found",
            Self::Wechat(_) => "wechat_unavailable",
            Self::Vault(_) | Self::Address(_) | Self::Store(_) => "internal",
        }
    }
}

/// A code to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FollowQr {
    /// Where WeChat serves the picture.
    pub image_url: String,
    /// The text in the picture, for whoever draws it.
    pub content: String,
    /// Until when scanning it joins anybody.
    pub expires_at: DateTime<Utc>,
}

#[derive(sea_orm::FromQueryResult)]
struct LiveRow {
    token: String,
    expires_at_ms: i64,
}

/// Makes a code by which a person of the project begins to follow its service account, or shows the one they have.
///
/// # Errors
/// [`FollowQrError::NoAccount`]; [`FollowQrError::NotFound`] for somebody who is bound to no house of the project;
/// [`FollowQrError::Wechat`] and the others.
pub async fn follow_qr(
    control: &ControlDb,
    followers: &dyn Followers,
    project: &ProjectInfo,
    person: PersonId,
    by: &By,
    now: DateTime<Utc>,
) -> Result<FollowQr, FollowQrError> {
    let (app_id, live) = control
        .transact("owners.follow_token", async |tx| {
            // First of all, so that a stranger learns nothing of a project.
            require_bound(tx, project, person).await?;
            let app_id = project.service_account_app_id.as_deref().ok_or(FollowQrError::NoAccount)?;
            let live = match live(tx, app_id, person, now).await? {
                Some(live) => live,
                None => create(tx, app_id, person, by, now).await?,
            };
            Ok::<_, FollowQrError>((app_id, live))
        })
        .await?;
    let expires_at = DateTime::from_timestamp_millis(live.expires_at_ms)
        .ok_or_else(|| StoreError::bad_row("follow_token", "expires_at_ms"))?;
    let seconds = u32::try_from((expires_at - now).num_seconds()).unwrap_or(0);
    let request = QrRequest { scene: live.token, life: QrLife::Temporary { seconds } };
    let code = followers.code(app_id, &request).await?;
    let image_url = code.show_url(&BaseUrl::parse(SHOW_QR_HOST)?);
    Ok(FollowQr { image_url, content: code.url, expires_at })
}

async fn require_bound(tx: &ControlTx<'_>, project: &ProjectInfo, person: PersonId) -> Result<(), FollowQrError> {
    let bound: Option<Uuid> = tx
        .value(
            "SELECT b.id FROM house_binding b JOIN person p ON p.id = b.person_id \
             WHERE b.person_id = $1 AND b.project_id = $2 AND b.state = 'active' AND p.erased_at_ms IS NULL LIMIT 1",
            vec![person.uuid().into(), project.id.uuid().into()],
        )
        .await?;
    bound.map(|_| ()).ok_or(FollowQrError::NotFound)
}

async fn live(
    tx: &ControlTx<'_>,
    app_id: &str,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Option<LiveRow>, StoreError> {
    tx.row(
        "SELECT token, expires_at_ms FROM follow_token WHERE person_id = $1 AND app_id = $2 AND used_at_ms IS NULL \
         AND expires_at_ms > $3 ORDER BY expires_at_ms DESC LIMIT 1",
        vec![person.uuid().into(), app_id.into(), (now + SHOWN_AGAIN).timestamp_millis().into()],
    )
    .await
}

async fn create(
    tx: &ControlTx<'_>,
    app_id: &str,
    person: PersonId,
    by: &By,
    now: DateTime<Utc>,
) -> Result<LiveRow, FollowQrError> {
    let now_ms = now.timestamp_millis();
    let made =
        LiveRow { token: hex::encode(vault::random::<TOKEN_BYTES>()?), expires_at_ms: (now + LIFE).timestamp_millis() };
    // What nobody used in time is of no use to anybody.
    tx.execute(
        "DELETE FROM follow_token WHERE person_id = $1 AND expires_at_ms <= $2",
        vec![person.uuid().into(), now_ms.into()],
    )
    .await?;
    tx.execute(
        "INSERT INTO follow_token (token, app_id, person_id, created_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4, $5)",
        vec![made.token.as_str().into(), app_id.into(), person.uuid().into(), now_ms.into(), made.expires_at_ms.into()],
    )
    .await?;
    let detail = json!({ "app_id": app_id });
    audit::append(tx, by, "person.follow_qr", &format!("person:{person}"), &detail, now_ms).await?;
    Ok(made)
}

/// The token in a push's `EventKey`: `qrscene_…` from whoever began to follow, bare from whoever followed already.
#[must_use]
pub fn scanned_token(event_key: &str) -> &str {
    event_key.strip_prefix(SCANNED).unwrap_or(event_key)
}

/// What scanning a code led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scanned {
    /// The openid is the person's now.
    Joined(PersonId),
    /// It was before.
    Already(PersonId),
    /// It joins nobody: not ours, of another account, expired, used by somebody else, or the openid is another
    /// person's.
    Nobody,
}

#[derive(sea_orm::FromQueryResult)]
struct TokenRow {
    app_id: String,
    person_id: Uuid,
    expires_at_ms: i64,
    used_at_ms: Option<i64>,
}

/// Joins whoever scanned a code to the person it was made for. The openid must be known already.
///
/// # Errors
/// [`OwnerError::Store`].
pub async fn record_scan(
    control: &ControlDb,
    app_id: &str,
    openid: &str,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Scanned, OwnerError> {
    let now_ms = now.timestamp_millis();
    control
        .transact("owners.scan", async |tx| {
            let sql = format!(
                "SELECT app_id, person_id, expires_at_ms, used_at_ms FROM follow_token WHERE token = $1{}",
                tx.for_update()
            );
            let row: Option<TokenRow> = tx.row(&sql, vec![token.into()]).await?;
            let Some(row) = row.filter(|row| row.app_id == app_id && row.expires_at_ms > now_ms) else {
                return Ok(Scanned::Nobody);
            };
            let person = PersonId(row.person_id);
            let sql = format!("SELECT id FROM person WHERE id = $1 AND erased_at_ms IS NULL{}", tx.for_update());
            let is_there: Option<Uuid> = tx.value(&sql, vec![row.person_id.into()]).await?;
            let sql =
                format!("SELECT person_id FROM person_wechat WHERE app_id = $1 AND openid = $2{}", tx.for_update());
            let holder: Option<Option<Uuid>> = tx.value(&sql, vec![app_id.into(), openid.into()]).await?;
            match (is_there, holder) {
                (Some(_), Some(Some(holder))) if holder == row.person_id => {}
                (Some(_), Some(None)) if row.used_at_ms.is_none() => {}
                _ => return Ok(Scanned::Nobody),
            }
            tx.execute(
                "UPDATE follow_token SET used_at_ms = $1 WHERE token = $2 AND used_at_ms IS NULL",
                vec![now_ms.into(), token.into()],
            )
            .await?;
            if holder.flatten().is_some() {
                return Ok(Scanned::Already(person));
            }
            tx.execute(
                "UPDATE person_wechat SET person_id = $1 WHERE app_id = $2 AND openid = $3",
                vec![row.person_id.into(), app_id.into(), openid.into()],
            )
            .await?;
            let by = By { actor: Actor::Wechat, request_id: None };
            let detail = json!({ "app_id": app_id });
            audit::append(tx, &by, "person.follow_scan", &format!("person:{person}"), &detail, now_ms).await?;
            Ok(Scanned::Joined(person))
        })
        .await
}
