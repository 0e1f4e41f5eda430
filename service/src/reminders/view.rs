//! What staff see of reminders.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

/// One page of the history, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HistoryPage {
    /// At most as many as were asked for.
    pub rows: Vec<HistoryRow>,
    /// There is a next page.
    pub more: bool,
    /// Where it begins: give it back as `before`.
    pub next: Option<String>,
}

/// A message, or a due stage that sent none, or not yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HistoryRow {
    /// The message; `None` for a stage that sent none.
    pub notice_id: Option<Uuid>,
    /// The bill of a stage that sent no message.
    pub bill_id: Option<Uuid>,
    /// When it was made, when it fell silent, or since when it waits.
    pub at: DateTime<Utc>,
    /// When what waits is looked at again.
    pub held_until: Option<DateTime<Utc>>,
    /// The payer, masked.
    pub payer: String,
    /// The payer's id, to filter by.
    pub payer_party_id: Uuid,
    /// Houses it is about.
    pub houses: Vec<String>,
    /// How many bills it is about.
    pub bills: usize,
    /// What was owed on them when it was made; what is owed now where there is no message.
    pub amount_fen: i64,
    /// What the vendor charges for it.
    pub cost_fen: i64,
    /// The number of the campaign it belongs to, if it does.
    pub campaign: Option<i64>,
    /// The stage.
    pub stage: String,
    /// `逾期1天`.
    pub stage_words: String,
    /// Stable code of the channel, where there was one.
    pub channel: Option<String>,
    /// The channel in words.
    pub channel_words: Option<&'static str>,
    /// Masked openid or phone; empty where nothing was sent.
    pub recipient: String,
    /// The strongest thing known: `paid`, `acknowledged`, `opened`, `delivered`, `sent`, `in_doubt`, `held`,
    /// `claimed`, `failed`, `suppressed`, `superseded`.
    pub state: String,
    /// The state in words.
    pub state_words: &'static str,
    /// Stable code of the reason, where there is one.
    pub reason: Option<String>,
    /// The reason in words.
    pub reason_words: Option<&'static str>,
}

/// Everything about one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Timeline {
    /// As in the list.
    pub row: HistoryRow,
    /// The exact text that was sent, or that waits.
    pub text: String,
    /// How often it was handed over.
    pub attempts: i64,
    /// The vendor's id of it.
    pub receipt_id: Option<String>,
    /// The message it followed, unread or refused.
    pub escalated_from: Option<Uuid>,
    /// The message that followed it.
    pub followed_by: Option<Uuid>,
    /// The bills it is about.
    pub items: Vec<TimelineBill>,
    /// Every event, in order.
    pub events: Vec<TimelineEvent>,
}

/// A bill of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TimelineBill {
    /// Its id.
    pub bill_id: Uuid,
    /// The house.
    pub house: String,
    /// What it is for.
    pub fee_item: String,
    /// When it is due.
    pub due: NaiveDate,
    /// What was owed when the message was made.
    pub amount_fen: i64,
    /// What is owed now.
    pub owed_fen: i64,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TimelineEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// Stable code.
    pub kind: String,
    /// In words.
    pub words: &'static str,
    /// A reason code, a channel or a vendor's code; empty where there is none.
    pub detail: String,
    /// The detail in words, as far as it has some.
    pub detail_words: String,
}

/// One stage of one bill: planned, sent, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BillReminder {
    /// The stage.
    pub stage: String,
    /// `到期前3天`.
    pub stage_words: String,
    /// The day it falls on.
    pub stage_day: NaiveDate,
    /// When it is or was to be sent.
    pub send_at: DateTime<Utc>,
    /// As [`HistoryRow::state`], or `planned`.
    pub state: String,
    /// The state in words.
    pub state_words: &'static str,
    /// Stable code of the reason, where there is one.
    pub reason: Option<String>,
    /// The reason in words.
    pub reason_words: Option<&'static str>,
    /// The message that carried it.
    pub notice_id: Option<Uuid>,
    /// When it was planned.
    pub planned_at: DateTime<Utc>,
    /// When its state last changed.
    pub state_at: DateTime<Utc>,
}
