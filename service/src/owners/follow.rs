//! Followers of the service account, and every identity a person has at WeChat.

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::ids::PersonId;
use uuid::Uuid;

use super::OwnerError;
use super::person::person_by_union;
use super::repo::{IDS_PER_QUERY, numbered};
use crate::store::StoreError;
use crate::tenancy::ControlDb;

/// One openid of a person in one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WechatIdentity {
    /// Who.
    pub person_id: PersonId,
    /// Their openid in the account that was asked for.
    pub openid: String,
    /// They follow the account. Always false for a mini program.
    pub followed: bool,
}

#[derive(sea_orm::FromQueryResult)]
struct FollowRow {
    person_id: Option<Uuid>,
    union_id: Option<String>,
    followed: bool,
    followed_at_ms: Option<i64>,
}

/// Records that somebody follows or no longer follows an account, as of `at`, the time in WeChat's event. WeChat may
/// send an event twice and out of order: what is older than what is known, and what changes nothing, is `Already`.
/// The union id, where given, joins the follower to the person who signed in with it, now or later.
///
/// # Errors
/// [`OwnerError::Store`].
pub async fn record_follow(
    control: &ControlDb,
    app_id: &str,
    openid: &str,
    union_id: Option<&str>,
    followed: bool,
    at: DateTime<Utc>,
) -> Result<Applied<()>, OwnerError> {
    let at_ms = at.timestamp_millis();
    control
        .transact("owners.record_follow", async |tx| {
            let inserted = tx
                .execute(
                    "INSERT INTO person_wechat (app_id, openid, union_id, followed, followed_at_ms, created_at_ms) \
                     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                    vec![app_id.into(), openid.into(), union_id.into(), followed.into(), at_ms.into(), at_ms.into()],
                )
                .await?;
            let sql = format!(
                "SELECT person_id, union_id, followed, followed_at_ms FROM person_wechat \
                 WHERE app_id = $1 AND openid = $2{}",
                tx.for_update()
            );
            let row: Option<FollowRow> = tx.row(&sql, vec![app_id.into(), openid.into()]).await?;
            let row = row.ok_or_else(|| StoreError::bad_row("person_wechat", "gone while held"))?;
            let known_union = union_id.map(str::to_owned).or(row.union_id.clone());
            let person = match (row.person_id, &known_union) {
                (None, Some(union_id)) => person_by_union(tx, union_id).await?.map(PersonId::uuid),
                (person, _) => person,
            };
            let stale = row.followed_at_ms.is_some_and(|known_ms| known_ms > at_ms);
            let (state, state_at_ms) = if stale { (row.followed, row.followed_at_ms) } else { (followed, Some(at_ms)) };
            let changes = state != row.followed || person != row.person_id || known_union != row.union_id;
            if inserted == 0 && !changes {
                return Ok(Applied::Already(()));
            }
            tx.execute(
                "UPDATE person_wechat SET person_id = $1, union_id = $2, followed = $3, followed_at_ms = $4 \
                 WHERE app_id = $5 AND openid = $6",
                vec![person.into(), known_union.into(), state.into(), state_at_ms.into(), app_id.into(), openid.into()],
            )
            .await?;
            Ok(Applied::Done(()))
        })
        .await
}

#[derive(sea_orm::FromQueryResult)]
struct WechatRow {
    person_id: Uuid,
    openid: String,
    followed: bool,
}

/// The openids of these people in one account, by person, the newest first. People without one are left out.
///
/// # Errors
/// [`OwnerError::Store`].
pub async fn wechat_identities(
    control: &ControlDb,
    people: &[PersonId],
    app_id: &str,
) -> Result<Vec<WechatIdentity>, OwnerError> {
    let mut found = Vec::new();
    for chunk in people.chunks(IDS_PER_QUERY) {
        let sql = format!(
            "SELECT person_id, openid, followed FROM person_wechat WHERE app_id = $1 AND person_id IN ({}) \
             ORDER BY person_id, created_at_ms DESC, openid",
            numbered(2, chunk.len())
        );
        let mut values = vec![app_id.into()];
        values.extend(chunk.iter().map(|person| person.uuid().into()));
        let rows: Vec<WechatRow> = control
            .read("owners.identities", async |tx| tx.rows(&sql, values).await)
            .await
            .map_err(|e: StoreError| e)?;
        found.extend(rows.into_iter().map(|row| WechatIdentity {
            person_id: PersonId(row.person_id),
            openid: row.openid,
            followed: row.followed,
        }));
    }
    Ok(found)
}
