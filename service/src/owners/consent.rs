//! Consents to one-time subscribe messages, kept as a ledger: WeChat has no way to ask how many are left.
//!
//! One tap on 允许 is one message, without expiry, and they add up. A refusal adds nothing and takes nothing.

use chrono::{DateTime, Utc};
use domain::applied::Applied;

use super::OwnerError;
use crate::tenancy::ControlDb;

/// What the owner answered to one template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentAnswer {
    /// 允许: one more message.
    Accept,
    /// 取消.
    Reject,
}

impl ConsentAnswer {
    const fn kind(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
        }
    }
}

/// Records one answer and answers the credits there are now. The page and WeChat's own event both report a tap: they
/// use one `dedup_key`, and the second is `Already`.
///
/// # Errors
/// [`OwnerError::Store`].
pub async fn record_consent(
    control: &ControlDb,
    app_id: &str,
    openid: &str,
    template_id: &str,
    answer: ConsentAnswer,
    dedup_key: &str,
    now: DateTime<Utc>,
) -> Result<Applied<i64>, OwnerError> {
    let now_ms = now.timestamp_millis();
    control
        .transact("owners.record_consent", async |tx| {
            let inserted = tx
                .execute(
                    "INSERT INTO consent_event (dedup_key, app_id, openid, template_id, kind, at_ms) \
                     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                    vec![
                        dedup_key.into(),
                        app_id.into(),
                        openid.into(),
                        template_id.into(),
                        answer.kind().into(),
                        now_ms.into(),
                    ],
                )
                .await?;
            if inserted == 1 && answer == ConsentAnswer::Accept {
                tx.execute(
                    "INSERT INTO consent_credit (app_id, openid, template_id, credits, updated_at_ms) \
                     VALUES ($1, $2, $3, 1, $4) ON CONFLICT (app_id, openid, template_id) \
                     DO UPDATE SET credits = consent_credit.credits + 1, updated_at_ms = excluded.updated_at_ms",
                    vec![app_id.into(), openid.into(), template_id.into(), now_ms.into()],
                )
                .await?;
            }
            let credits: Option<i64> = tx
                .value(
                    "SELECT credits FROM consent_credit WHERE app_id = $1 AND openid = $2 AND template_id = $3",
                    vec![app_id.into(), openid.into(), template_id.into()],
                )
                .await?;
            let credits = credits.unwrap_or(0);
            Ok(if inserted == 1 { Applied::Done(credits) } else { Applied::Already(credits) })
        })
        .await
}
