//! The append-only history of reminders.

use uuid::Uuid;

use crate::store::{StoreError, Values};
use crate::tenancy::ProjectTx;

/// One thing that happened. Words for every kind are in [`super::words`].
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub kind: &'static str,
    pub notice_id: Option<Uuid>,
    pub bill: Option<(Uuid, String)>,
    /// A reason code, a channel, a vendor's code: no personal data.
    pub detail: String,
}

impl Event {
    /// Happened to a message.
    pub fn of_notice(kind: &'static str, notice_id: Uuid, detail: impl Into<String>) -> Self {
        Self { kind, notice_id: Some(notice_id), bill: None, detail: detail.into() }
    }

    /// Happened to a reminder that no message carries.
    pub fn of_bill(kind: &'static str, bill_id: Uuid, stage: &str, detail: impl Into<String>) -> Self {
        Self { kind, notice_id: None, bill: Some((bill_id, stage.to_owned())), detail: detail.into() }
    }
}

/// Appends events, in order.
pub(super) async fn append(tx: &ProjectTx<'_>, events: &[Event], now_ms: i64) -> Result<(), StoreError> {
    let rows = events.iter().map(|event| -> Values {
        vec![
            Uuid::now_v7().into(),
            now_ms.into(),
            event.kind.into(),
            event.notice_id.into(),
            event.bill.as_ref().map(|(id, _)| *id).into(),
            event.bill.as_ref().map(|(_, stage)| stage.clone()).into(),
            event.detail.as_str().into(),
        ]
    });
    let columns = ["id", "at_ms", "kind", "notice_id", "bill_id", "stage", "detail"];
    tx.insert_many("reminder_event", &columns, rows.collect(), "").await?;
    Ok(())
}
