//! The wording of every message that owners get: one constructor each, in one place, so that it can be reviewed.
//!
//! Messages speak of a bill (账单通知) and never of dunning: SMS vendors refuse 催缴 and 催款, and an owner should not
//! be shouted at. Names of people never appear in a message: the house says enough. All wordings for a set of cases
//! stand in `wordings.txt` beside this file, and a test holds them to it.

mod catalogue;
mod sender;
pub mod spoken;
mod staff_note;
#[cfg(test)]
mod stories;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use crate::template_field::THING_CHARS_MAX;
pub use catalogue::{before_due, campaign, digest, due_today, issued, overdue, payment_received};
pub use sender::{Sender, ServicePhone, ServicePhoneError};
pub use staff_note::{StaffNote, StaffNoteError};

use crate::money::Fen;
use crate::template_field::ValueName;

/// From this many days after the due date a message says whom to call.
pub const CONTACT_AFTER_DAYS: i64 = 15;
/// From this many days after the due date a message says that no payment has arrived.
pub const UNPAID_AFTER_DAYS: i64 = 30;
/// The longest text read aloud: Alibaba takes less than 250 characters of variables, Tencent 350 of text.
pub const VOICE_CHARS_MAX: usize = 249;

/// What a bill notice says, before a channel gives it its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillNotice {
    /// The community.
    pub project: String,
    /// The houses, in reading order, without repeats.
    pub houses: Vec<String>,
    /// How many bills it covers.
    pub bills: usize,
    /// What is still owed on them.
    pub amount: Fen,
    /// The earliest due date among them.
    pub due: NaiveDate,
    /// Days after `due` that the message speaks on: negative before.
    pub days_after_due: i64,
}

/// What a message about a payment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentNotice {
    /// The community.
    pub project: String,
    /// The houses whose bills were paid, in reading order, without repeats.
    pub houses: Vec<String>,
    /// How many bills it paid, in part or whole.
    pub bills: usize,
    /// What arrived.
    pub amount: Fen,
    /// The day it was paid, in the project's time zone.
    pub paid_on: NaiveDate,
}

/// The named values of a message. The account's template maps its own keys to these names.
///
/// Stored sealed with each notice, so fields are only ever added, with a default: what a row of an older version
/// lacks is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// House or houses, at most [`THING_CHARS_MAX`] characters.
    pub house: String,
    /// `185.29元`: never cut.
    pub amount: String,
    /// `2026年11月26日`: never cut. Of a payment, the day it was paid.
    pub due: String,
    /// One short sentence on where the bill stands, at most [`THING_CHARS_MAX`] characters.
    pub note: String,
    /// The whole message as one text: what an SMS or a history line shows.
    pub text: String,
    /// `账单通知`: what the message is, at most [`THING_CHARS_MAX`] characters.
    #[serde(default)]
    pub title: String,
    /// The community, at most [`THING_CHARS_MAX`] characters.
    #[serde(default)]
    pub project: String,
    /// The property company, at most [`THING_CHARS_MAX`] characters; empty when unknown.
    #[serde(default)]
    pub company: String,
    /// `400-820-8820`: whom to call; empty when unknown.
    #[serde(default)]
    pub service_phone: String,
    /// How many bills: `2`.
    #[serde(default)]
    pub bills: String,
    /// What is read aloud: no digits, no signs, at most [`VOICE_CHARS_MAX`] characters. Empty when nobody is to be
    /// called about it.
    #[serde(default)]
    pub voice: String,
    /// The picture that channels with one show: the company's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_url: Option<String>,
}

impl Wording {
    /// The value that a template asks for by name.
    #[must_use]
    pub fn value(&self, name: ValueName) -> &str {
        match name {
            ValueName::House => &self.house,
            ValueName::Amount => &self.amount,
            ValueName::Due => &self.due,
            ValueName::Note => &self.note,
            ValueName::Company => &self.company,
            ValueName::Project => &self.project,
            ValueName::Phone => &self.service_phone,
            ValueName::Title => &self.title,
            ValueName::Bills => &self.bills,
        }
    }
}

impl BillNotice {
    /// The message of the day in words, from a sender who gave no name and no telephone.
    #[must_use]
    pub fn wording(&self) -> Wording {
        self.wording_from(&Sender::default())
    }

    /// The message of the day in words: before the due date, on it, or after it.
    #[must_use]
    pub fn wording_from(&self, sender: &Sender) -> Wording {
        match self.days_after_due {
            ..=-1 => before_due(self, sender),
            0 => due_today(self, sender),
            1.. => overdue(self, sender),
        }
    }
}
