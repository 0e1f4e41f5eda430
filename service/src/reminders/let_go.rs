//! Messages that were claimed and not sent, because their last look had grown too old or the dispatch ended: they wait
//! for the next round, which looks at their bills again.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::ReminderError;
use super::claim::Claimed;
use super::events::{self, Event};
use super::grants::{self, Settled};
use crate::store::bulk::{self, Cell, Column, Kind, Over, column};
use crate::tenancy::{ControlDb, ProjectDb};

/// Why it waits.
const REASON: &str = "look_again";

/// Puts first attempts back, and gives back their leave to send. What may have been sent before is left to its lease;
/// what another worker has by now is not touched.
pub(super) async fn let_go(
    db: &ProjectDb,
    control: &ControlDb,
    claimed: &[Claimed],
    now: DateTime<Utc>,
) -> Result<(), ReminderError> {
    #[derive(sea_orm::FromQueryResult)]
    struct Changed {
        id: Uuid,
    }
    const COLUMNS: [Column; 2] = [column("v_id", Kind::Uuid), column("v_lease_no", Kind::Int)];
    let first: Vec<&Claimed> = claimed.iter().filter(|one| !one.is_resend && now < one.lease_until).collect();
    if first.is_empty() {
        return Ok(());
    }
    let now_ms = now.timestamp_millis();
    // Leave first, as for every outcome: what waits must be able to ask for it again.
    let back: Vec<(Uuid, Settled)> = first.iter().map(|one| (one.message.notice_id, Settled::Returned)).collect();
    control.transact("reminders.let_go_grants", async |tx| grants::settle(tx, &back, now).await).await?;
    db.transact("reminders.let_go", async |tx| {
        let over = Over {
            table: "notice",
            columns: &COLUMNS,
            values: vec![now_ms.into(), REASON.into()],
            sql: "UPDATE notice SET reason = $2, attempts = attempts - 1, sent_at_ms = NULL, lease_until_ms = $1 FROM v \
                  WHERE id = v_id AND lease_no = v_lease_no AND state = 'claimed' AND reason IS NULL RETURNING id",
        };
        let rows = first.iter().map(|one| [Cell::Uuid(one.message.notice_id), Cell::Int(one.lease_no)]);
        let changed: Vec<Changed> = bulk::rows(tx, &over, rows).await?;
        let changed: Vec<Uuid> = changed.into_iter().map(|row| row.id).collect();
        let sql = format!(
            "UPDATE reminder SET state = 'held', reason = $2, state_at_ms = $1 WHERE notice_id {} AND state = 'claimed'",
            tx.among(3)
        );
        tx.execute(&sql, vec![now_ms.into(), REASON.into(), tx.listed(&changed)]).await?;
        let events: Vec<Event> = changed.iter().map(|id| Event::of_notice("held", *id, REASON)).collect();
        events::append(tx, &events, now_ms).await?;
        Ok(())
    })
    .await
}
