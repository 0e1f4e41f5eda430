//! Somebody takes back what WeChat let us know of them, or leaves WeChat: what we keep of them because of WeChat goes.

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::ids::PersonId;
use serde_json::json;
use uuid::Uuid;

use super::OwnerError;
use crate::audit::{self, Actor, By};
use crate::store::StoreError;
use crate::tenancy::{ControlDb, ControlTx};

/// The reason an ended binding shows.
const ENDED_REASON: &str = "微信账号已注销";

/// What WeChat told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// `user_authorization_revoke`: they no longer allow some of their data. They sign in anew before we show them
    /// anything.
    Revoked {
        /// Their phone number is among it.
        phone: bool,
    },
    /// `user_authorization_cancellation`: the account is no more.
    Cancelled,
}

/// Follows a withdrawal in one app, in one transaction, audited. Somebody we do not know, and a second telling, are
/// `Already`.
///
/// A revocation ends the sessions of that openid and, where the phone number is revoked, forgets it: it came from WeChat.
/// What they were let in to by it stays theirs. A cancellation forgets the openid with its sessions and credits;
/// when it was the person's last one, also their phone and union id, and ends their bindings. What the property's own
/// books say of an owner is kept under the law of the books.
///
/// # Errors
/// [`OwnerError::Store`].
pub async fn record_withdrawal(
    control: &ControlDb,
    app_id: &str,
    openid: &str,
    withdrawal: Withdrawal,
    now: DateTime<Utc>,
) -> Result<Applied<()>, OwnerError> {
    let now_ms = now.timestamp_millis();
    control
        .transact("owners.withdrawal", async |tx| {
            let person: Option<Option<Uuid>> = tx
                .value(
                    "SELECT person_id FROM person_wechat WHERE app_id = $1 AND openid = $2",
                    vec![app_id.into(), openid.into()],
                )
                .await?;
            let Some(person) = person else { return Ok(Applied::Already(())) };
            let sessions = tx
                .execute(
                    "UPDATE owner_session SET revoked_at_ms = $1 \
                     WHERE app_id = $2 AND openid = $3 AND revoked_at_ms IS NULL",
                    vec![now_ms.into(), app_id.into(), openid.into()],
                )
                .await?;
            let phone_forgotten = match (withdrawal, person) {
                (Withdrawal::Revoked { phone: true }, Some(person)) => forget_phone(tx, person).await?,
                _ => false,
            };
            if matches!(withdrawal, Withdrawal::Revoked { .. }) && sessions == 0 && !phone_forgotten {
                return Ok(Applied::Already(()));
            }
            let is_last = match withdrawal {
                Withdrawal::Revoked { .. } => false,
                Withdrawal::Cancelled => forget(tx, app_id, openid, person, now_ms).await?,
            };
            let by = By { actor: Actor::Wechat, request_id: None };
            let action = match withdrawal {
                Withdrawal::Revoked { .. } => "person.revoke",
                Withdrawal::Cancelled => "person.erase",
            };
            let subject = person.map_or_else(|| "person:unknown".to_owned(), |id| format!("person:{id}"));
            let detail = json!({ "app_id": app_id, "sessions": sessions, "phone_forgotten": phone_forgotten,
                "person_erased": is_last });
            audit::append(tx, &by, action, &subject, &detail, now_ms).await?;
            Ok(Applied::Done(()))
        })
        .await
}

/// Forgets the number that WeChat told of a person; answers whether there was one. The books' own numbers are not WeChat's.
async fn forget_phone(tx: &ControlTx<'_>, person: Uuid) -> Result<bool, StoreError> {
    let sql = "UPDATE person SET phone_sealed = NULL, phone_hash = NULL WHERE id = $1 AND phone_hash IS NOT NULL";
    Ok(tx.execute(sql, vec![person.into()]).await? > 0)
}

/// Forgets an openid; answers whether nothing is left of the person.
async fn forget(
    tx: &ControlTx<'_>,
    app_id: &str,
    openid: &str,
    person: Option<Uuid>,
    now_ms: i64,
) -> Result<bool, StoreError> {
    // The person first, as when two are merged.
    if let Some(person) = person {
        let lock = format!("SELECT id FROM person WHERE id = $1{}", tx.for_update());
        let _: Option<Uuid> = tx.value(&lock, vec![person.into()]).await?;
    }
    for sql in [
        "DELETE FROM consent_credit WHERE app_id = $1 AND openid = $2",
        "DELETE FROM consent_event WHERE app_id = $1 AND openid = $2",
        "DELETE FROM person_wechat WHERE app_id = $1 AND openid = $2",
    ] {
        tx.execute(sql, vec![app_id.into(), openid.into()]).await?;
    }
    let Some(person) = person.map(PersonId) else { return Ok(false) };
    let left: Option<i64> =
        tx.value("SELECT COUNT(*) FROM person_wechat WHERE person_id = $1", vec![person.uuid().into()]).await?;
    if left.unwrap_or(0) > 0 {
        return Ok(false);
    }
    tx.execute("DELETE FROM follow_token WHERE person_id = $1", vec![person.uuid().into()]).await?;
    tx.execute(
        "UPDATE house_binding SET state = 'ended', reason = $1, decided_at_ms = $2 \
         WHERE person_id = $3 AND state IN ('pending', 'active')",
        vec![ENDED_REASON.into(), now_ms.into(), person.uuid().into()],
    )
    .await?;
    tx.execute("UPDATE house_binding SET claimed_name_sealed = NULL WHERE person_id = $1", vec![person.uuid().into()])
        .await?;
    tx.execute(
        "UPDATE person SET phone_sealed = NULL, phone_hash = NULL, union_id = NULL, erased_at_ms = $1 WHERE id = $2",
        vec![now_ms.into(), person.uuid().into()],
    )
    .await?;
    Ok(true)
}
