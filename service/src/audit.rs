//! The audit log: every dangerous act, in the transaction that does it.

use domain::ids::{PersonId, StaffId};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::store::{StoreError, Tx};

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
