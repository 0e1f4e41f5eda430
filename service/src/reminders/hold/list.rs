//! The holds of a bill, as owners see them.

use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar::day_of_number;
use domain::ids::{HouseId, PersonId};
use serde::Serialize;
use uuid::Uuid;

use super::{DISPUTES_PER_BILL_MAX, HoldError, PROMISES_PER_BILL_MAX, WORDS_COLUMN, last_promise, theirs};
use crate::reminders::pause::PauseReason;
use crate::store::StoreError;
use crate::tenancy::ProjectDb;

/// Holds of one bill that are shown; there cannot be more.
const HOLDS_MAX: i64 = PROMISES_PER_BILL_MAX + DISPUTES_PER_BILL_MAX;

/// A hold, as the people of the house see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HoldView {
    /// Its id, to withdraw it.
    pub id: Uuid,
    /// `dispute` or `promise_to_pay`.
    pub reason: String,
    /// The same in words.
    pub reason_words: &'static str,
    /// The last day of it; a dispute stands until somebody ends it.
    pub until: Option<NaiveDate>,
    /// What was said, to whoever said it.
    pub words: Option<String>,
    /// Reminders wait because of it.
    pub is_standing: bool,
    /// When it was set.
    pub created_at: DateTime<Utc>,
}

/// The holds of a bill, and what may still be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HoldsView {
    /// The newest first, ended ones included.
    pub holds: Vec<HoldView>,
    /// How often payment may still be promised.
    pub promises_left: i64,
    /// The last day that may be promised.
    pub promise_until_max: NaiveDate,
}

/// The holds that owners set on a bill, and what may still be said. `person` reads their own words.
///
/// # Errors
/// [`HoldError::NotFound`] for a bill of another house, [`HoldError::Store`].
pub async fn holds(
    db: &ProjectDb,
    person: PersonId,
    houses: &[HouseId],
    bill: Uuid,
    now: DateTime<Utc>,
) -> Result<HoldsView, HoldError> {
    let today = db.info().today(now);
    let sql = format!(
        "SELECT p.id, p.reason, p.until_day, p.created_at_ms, p.ended_at_ms, p.person_id, p.words_sealed \
         FROM reminder_pause p WHERE p.level = 'bill' AND p.subject = $1 AND p.origin = 'owner' ORDER BY p.created_at_ms DESC, p.id DESC \
         LIMIT {HOLDS_MAX}"
    );
    let rows: Vec<HoldRow> = db
        .read("reminders.holds", async |tx| {
            theirs(tx, houses, bill).await?;
            Ok::<_, HoldError>(tx.rows(&sql, vec![bill.to_string().into()]).await?)
        })
        .await?;
    let promises = rows.iter().filter(|row| row.reason == PauseReason::PromiseToPay.as_str()).count();
    Ok(HoldsView {
        promises_left: PROMISES_PER_BILL_MAX.saturating_sub(i64::try_from(promises).unwrap_or(i64::MAX)).max(0),
        promise_until_max: last_promise(today),
        holds: rows.into_iter().map(|row| row.view(db, person, today)).collect::<Result<_, _>>()?,
    })
}

#[derive(sea_orm::FromQueryResult)]
struct HoldRow {
    id: Uuid,
    reason: String,
    until_day: Option<i64>,
    created_at_ms: i64,
    ended_at_ms: Option<i64>,
    person_id: Option<Uuid>,
    words_sealed: Option<Vec<u8>>,
}

impl HoldRow {
    fn view(self, db: &ProjectDb, person: PersonId, today: NaiveDate) -> Result<HoldView, StoreError> {
        let bad = || StoreError::bad_row("reminder_pause", self.id);
        let until = self.until_day.map(day_of_number).transpose().map_err(|_| bad())?;
        Ok(HoldView {
            id: self.id,
            reason_words: PauseReason::words(&self.reason),
            until,
            words: self
                .words_sealed
                .filter(|_| self.person_id == Some(person.uuid()))
                .map(|sealed| open_words(db, &sealed)),
            is_standing: self.ended_at_ms.is_none() && until.is_none_or(|until| until >= today),
            created_at: DateTime::from_timestamp_millis(self.created_at_ms).ok_or_else(bad)?,
            reason: self.reason,
        })
    }
}

/// The words of a dispute. A damaged box hides the words, not the list.
pub(in crate::reminders) fn open_words(db: &ProjectDb, sealed: &[u8]) -> String {
    db.sealer().open(WORDS_COLUMN, sealed).unwrap_or_else(|_| "（无法读取）".to_owned())
}
