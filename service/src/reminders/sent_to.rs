//! What was sent to one person, as that person reads it.

use chrono::{DateTime, Utc};
use domain::ids::{HouseId, PersonId};
use domain::reminder::Channel;
use serde::Serialize;
use uuid::Uuid;

use super::rows::{IDS_PER_QUERY, numbered};
use super::{ReminderError, digest};
use crate::store::{StoreError, Values};
use crate::tenancy::{ProjectDb, ProjectTx};

/// Messages shown, the newest.
pub const MESSAGES_SHOWN_MAX: usize = 50;

/// A message to an owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OwnMessage {
    /// The notice.
    pub id: Uuid,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// `wechat_template`, `sms`, …
    pub channel: String,
    /// The same in words.
    pub channel_words: &'static str,
    /// What it is: `账单通知`.
    pub title: String,
    /// The whole message.
    pub text: String,
    /// What was owed when it was made, fen.
    pub amount_fen: i64,
    /// What is still owed on its bills, fen.
    pub owed_fen: i64,
    /// Opens the message's own page.
    pub token: String,
    /// 已知晓 was pressed.
    pub acknowledged: bool,
}

#[derive(sea_orm::FromQueryResult)]
struct Row {
    id: Uuid,
    created_at_ms: i64,
    channel: String,
    text_sealed: Vec<u8>,
    amount_fen: i64,
    owed_fen: i64,
    token: String,
    acknowledged_at_ms: Option<i64>,
}

/// What was or may have been sent to this person about these houses, the newest first, at most 50. At most as many
/// houses as one question may name are looked at.
///
/// # Errors
/// [`ReminderError::Store`], [`ReminderError::Vault`] when a text does not open.
pub async fn sent_to(db: &ProjectDb, person: PersonId, houses: &[HouseId]) -> Result<Vec<OwnMessage>, ReminderError> {
    let houses = houses.get(..IDS_PER_QUERY).unwrap_or(houses);
    if houses.is_empty() {
        return Ok(Vec::new());
    }
    // By way of the houses' bills: a project has millions of messages, and no list of them by person.
    let sql = format!(
        "SELECT n.id, n.created_at_ms, n.channel, n.text_sealed, n.amount_fen, n.token, n.acknowledged_at_ms, \
         CAST((SELECT COALESCE(SUM(o.total_fen - o.paid_fen), 0) FROM notice_bill ob JOIN bill o ON o.id = ob.bill_id \
         WHERE ob.notice_id = n.id AND o.voided_at_ms IS NULL) AS BIGINT) AS owed_fen \
         FROM notice n WHERE n.person_id = $1 AND n.state IN ('sent', 'in_doubt') AND n.id IN \
         (SELECT nb.notice_id FROM notice_bill nb JOIN bill b ON b.id = nb.bill_id WHERE b.house_id IN ({})) \
         ORDER BY n.created_at_ms DESC, n.id DESC LIMIT {MESSAGES_SHOWN_MAX}",
        numbered(2, houses.len())
    );
    let mut values: Values = vec![person.uuid().into()];
    values.extend(houses.iter().map(|house| house.uuid().into()));
    db.read("reminders.sent_to", async |tx| {
        let rows: Vec<Row> = tx.rows(&sql, values).await?;
        rows.into_iter().map(|row| row.view(tx)).collect()
    })
    .await
}

impl Row {
    fn view(self, tx: &ProjectTx<'_>) -> Result<OwnMessage, ReminderError> {
        let wording = digest::unseal(tx, &self.text_sealed)?;
        let at = DateTime::from_timestamp_millis(self.created_at_ms);
        Ok(OwnMessage {
            at: at.ok_or_else(|| StoreError::bad_row("notice", self.id))?,
            id: self.id,
            channel_words: Channel::parse(&self.channel).map_or("其他", Channel::words),
            channel: self.channel,
            title: wording.title,
            text: wording.text,
            amount_fen: self.amount_fen,
            owed_fen: self.owed_fen,
            token: self.token,
            acknowledged: self.acknowledged_at_ms.is_some(),
        })
    }
}
