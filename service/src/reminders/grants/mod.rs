//! Leave to send: what an account may still send today, how often a person may still be spoken to, and consent
//! credits. These are shared by all projects, so they live in the control database.
//!
//! A grant is taken before a notice is claimed, under the notice's own id, and either spent when the message was (or
//! may have been) accepted, or given back when it was certainly not sent. It is given back once, whoever asks. A grant
//! whose worker was lost is settled by what the project's own rows say.
//!
//! Order of locks in the control database: accounts, contacts, credits, each by key.

mod counts;
mod settle;
mod state;
mod take;

pub(super) use settle::{Settled, settle, sweep};
pub(crate) use state::limits;
pub(super) use state::{Setback, note};
pub(super) use take::{Books, Keys, take};

use chrono::{DateTime, Utc};
use domain::reminder::{Caps, Channel, HoldReason};
use uuid::Uuid;

use super::deliver::Recipient;

/// A consent credit that a message would spend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credit {
    pub openid: String,
    pub template_id: String,
}

/// One way to a payer, ready to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    pub channel: Channel,
    pub account: String,
    /// The account that may send it where the first one cannot; none once its day or its health says no.
    pub backup: Option<String>,
    pub person_id: Option<Uuid>,
    pub recipient: Recipient,
    /// The same person has the same, in every project.
    pub contact_hash: Vec<u8>,
    pub credit: Option<Credit>,
    /// What the message costs; known once it is granted.
    pub cost_fen: i64,
}

/// Asks to send one message.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub notice_id: Uuid,
    /// In the order they are tried.
    pub ways: Vec<Way>,
    /// What may use an account's reserve, and goes on to the next channel when an account is at its end for today.
    pub is_overdue: bool,
    /// The higher, the earlier it is served when an account runs short.
    pub rung: (u8, i64),
    pub caps: Caps,
}

/// What an ask was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// Go, this way.
    Granted(Way),
    /// Not now: ask again at `until`.
    Held { reason: HoldReason, until: DateTime<Utc> },
    /// Nobody can be reached by any of these ways.
    NoWay,
}

/// The key of an account's row of the day: one account may have several channels with quotas of their own.
pub(super) fn quota_key(account: &str, channel: &str) -> String {
    format!("{account}:{channel}")
}
