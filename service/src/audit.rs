//! The audit log: every dangerous act, in the transaction that does it.

use chrono::{DateTime, Utc};
use domain::ids::{PersonId, StaffId};
use serde::Serialize;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::store::{StoreError, Tx};

/// Rows of one page.
const PAGE_ROWS_MAX: u32 = 200;

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// An employee.
    Staff(StaffId),
    /// An owner.
    Owner(PersonId),
    /// A clock job.
    Job,
    /// Somebody at the command line.
    Operator,
    /// WeChat, by a verified callback.
    Wechat,
}

impl Actor {
    const fn kind(self) -> &'static str {
        match self {
            Self::Staff(_) => "staff",
            Self::Owner(_) => "owner",
            Self::Job => "job",
            Self::Operator => "operator",
            Self::Wechat => "wechat",
        }
    }

    /// The id of the person behind it, if there is one.
    #[must_use]
    pub const fn id(self) -> Option<Uuid> {
        match self {
            Self::Staff(id) => Some(id.uuid()),
            Self::Owner(id) => Some(id.uuid()),
            Self::Job | Self::Operator | Self::Wechat => None,
        }
    }
}

/// Who asks, and in which request: what the audit log needs of every command.
#[derive(Debug, Clone)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// The request it came in, if it came by HTTP.
    pub request_id: Option<String>,
}

impl By {
    /// A clock job.
    #[must_use]
    pub const fn job() -> Self {
        Self { actor: Actor::Job, request_id: None }
    }

    /// Somebody at the command line.
    #[must_use]
    pub const fn operator() -> Self {
        Self { actor: Actor::Operator, request_id: None }
    }
}

/// Appends one line. `subject` names what was acted on (`house:1-1-101`, `staff:…`); `detail` has no personal data.
///
/// # Errors
/// [`StoreError`].
pub async fn append(
    tx: &Tx,
    by: &By,
    action: &'static str,
    subject: &str,
    detail: &Json,
    at_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO audit_log (id, at_ms, actor_kind, actor_id, action, subject, detail, request_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        vec![
            Uuid::now_v7().into(),
            at_ms.into(),
            by.actor.kind().into(),
            by.actor.id().into(),
            action.into(),
            subject.into(),
            detail.to_string().into(),
            by.request_id.clone().into(),
        ],
    )
    .await?;
    Ok(())
}

/// Where a page of the log ended: the next one has what is older.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditCursor {
    /// When the last row happened, in milliseconds since 1970-01-01T00:00Z.
    pub at_ms: i64,
    /// Its id.
    pub id: Uuid,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AuditView {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// The same in milliseconds since 1970-01-01T00:00Z; with the id, where the next page begins.
    pub at_ms: i64,
    /// `staff`, `owner`, `job`, `operator`, `wechat`.
    pub actor_kind: String,
    /// The employee or the owner behind it.
    pub actor_id: Option<Uuid>,
    /// Stable word: `bill.void`, `houses.import`, …
    pub action: String,
    /// What was acted on: `house:1-1-101`, `bill:…`.
    pub subject: String,
    /// The rest, without personal data.
    #[schema(value_type = Object)]
    pub detail: Json,
    /// The request it came in, if it came by HTTP.
    pub request_id: Option<String>,
}

#[derive(sea_orm::FromQueryResult)]
struct AuditRow {
    id: Uuid,
    at_ms: i64,
    actor_kind: String,
    actor_id: Option<Uuid>,
    action: String,
    subject: String,
    detail: String,
    request_id: Option<String>,
}

/// The log, the newest first; at most 200 lines a page.
///
/// # Errors
/// [`StoreError`].
pub async fn list(tx: &Tx, before: Option<AuditCursor>, limit: u32) -> Result<Vec<AuditView>, StoreError> {
    let before = before.unwrap_or(AuditCursor { at_ms: i64::MAX, id: Uuid::max() });
    let sql = format!(
        "SELECT id, at_ms, actor_kind, actor_id, action, subject, detail, request_id FROM audit_log \
         WHERE at_ms <= $1 AND (at_ms < $1 OR id < $2) ORDER BY at_ms DESC, id DESC LIMIT {}",
        limit.clamp(1, PAGE_ROWS_MAX)
    );
    let rows: Vec<AuditRow> = tx.rows(&sql, vec![before.at_ms.into(), before.id.into()]).await?;
    rows.into_iter().map(AuditRow::view).collect()
}

impl AuditRow {
    fn view(self) -> Result<AuditView, StoreError> {
        let bad = |column: &str| StoreError::bad_row("audit_log", format!("{} {column}", self.id));
        Ok(AuditView {
            id: self.id,
            at: DateTime::from_timestamp_millis(self.at_ms).ok_or_else(|| bad("at_ms"))?,
            at_ms: self.at_ms,
            detail: serde_json::from_str(&self.detail).map_err(|_| bad("detail"))?,
            actor_kind: self.actor_kind,
            actor_id: self.actor_id,
            action: self.action,
            subject: self.subject,
            request_id: self.request_id,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixture;

    #[tokio::test]
    async fn a_log_is_paged_from_the_newest_without_losing_lines_of_one_millisecond() {
        let world = fixture::project().await;
        let now_ms = world.clock.now_ms();
        world
            .db
            .transact("audit.write", async |tx| {
                for number in 0..5 {
                    append(tx, &By::job(), "test.act", &format!("thing:{number}"), &json!({}), now_ms).await?;
                }
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let page = world.db.read("audit.list", async |tx| list(tx, before, 2).await).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(AuditCursor { at_ms: last.at_ms, id: last.id });
            seen.extend(page.into_iter().filter(|line| line.action == "test.act").map(|line| line.subject));
        }
        assert_eq!(seen, ["thing:4", "thing:3", "thing:2", "thing:1", "thing:0"]);
    }
}
