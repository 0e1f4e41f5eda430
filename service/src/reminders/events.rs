//! The append-only history of reminders.

use uuid::Uuid;

use crate::store::StoreError;
use crate::store::bulk::{self, Cell, Column, Kind, Target, column};
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
    const COLUMNS: [Column; 6] = [
        column("id", Kind::Uuid),
        column("kind", Kind::Text),
        column("notice_id", Kind::Uuid),
        column("bill_id", Kind::Uuid),
        column("stage", Kind::Text),
        column("detail", Kind::Text),
    ];
    let shared = vec![(column("at_ms", Kind::Int), now_ms.into())];
    let into = Target { table: "reminder_event", columns: &COLUMNS, shared, tail: "" };
    let rows = events.iter().map(|event| {
        let (bill_id, stage) = match &event.bill {
            Some((bill_id, stage)) => (Cell::Uuid(*bill_id), Cell::Text(stage)),
            None => (Cell::Null, Cell::Null),
        };
        [
            Cell::Uuid(Uuid::now_v7()),
            Cell::Text(event.kind),
            event.notice_id.into(),
            bill_id,
            stage,
            Cell::Text(&event.detail),
        ]
    });
    bulk::insert(tx, &into, rows).await?;
    Ok(())
}
