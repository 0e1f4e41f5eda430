//! The evidence pack: what one debtor owes, what was paid, and every message that asked for it, on paper for a lawyer.
//!
//! Civil Code article 944: a property company may ask an owner in arrears to pay within a reasonable time, and sue when
//! that time has passed; it may not cut power, water, heat or gas instead. The pack shows that it asked, when, in which
//! words, and what is known of each message's arrival, and says of each kind of record what it does not show.

mod canonical;
mod meaning;
mod pages;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::money::Fen;
use serde::Serialize;

pub use canonical::canonical;

use crate::document::Printed;
use crate::error::PaperError;

/// The most houses of one pack.
pub const HOUSES_MAX: usize = 200;
/// The most bills of one pack.
pub const BILLS_MAX: usize = 5_000;
/// The most payments of one pack.
pub const PAYMENTS_MAX: usize = 5_000;
/// The most messages of one pack.
pub const MESSAGES_MAX: usize = 2_000;
/// The most events of one message.
pub const EVENTS_MAX: usize = 500;

/// Everything a pack says. Names and numbers are printed as they are given: whoever makes the pack decides what is
/// masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The paper's number, unique.
    pub number: String,
    /// The property company.
    pub company: String,
    /// The project (小区).
    pub project: String,
    /// Where the debtor or a court can ask.
    pub service_phone: String,
    /// Who owes, masked or in full.
    pub debtor: String,
    /// Their houses that the bills are for; at most [`HOUSES_MAX`].
    pub houses: Vec<String>,
    /// When the pack was made; days overdue are counted to this day.
    pub made_at: DateTime<Utc>,
    /// Who had it made.
    pub made_by: String,
    /// The zone all times are shown in.
    #[serde(serialize_with = "zone_name")]
    pub zone: Tz,
    /// Bills that are not settled, in the order they are printed; at most [`BILLS_MAX`].
    pub bills: Vec<Bill>,
    /// Their sums. They are added up again before anything is printed.
    pub totals: Totals,
    /// Messages in the order they were sent; at most [`MESSAGES_MAX`].
    pub messages: Vec<Message>,
    /// Payments received for these houses, the oldest first; at most [`PAYMENTS_MAX`].
    pub payments: Vec<Payment>,
    /// The last posting of the project's ledger when the pack was made.
    pub ledger_head: LedgerHead,
}

/// A bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bill {
    /// The house.
    pub house: String,
    /// What it is for, `物业服务费`.
    pub fee_item: String,
    /// The time it is for, `2026年7月`.
    pub period: String,
    /// What was billed.
    pub amount_fen: Fen,
    /// What of it was paid.
    pub paid_fen: Fen,
    /// What is owed: billed less paid.
    pub owed_fen: Fen,
    /// The last day to pay.
    pub due: NaiveDate,
    /// Days past that day; 0 when it has not passed.
    pub overdue_days: i64,
}

/// Sums over the bills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Billed.
    pub amount_fen: Fen,
    /// Paid.
    pub paid_fen: Fen,
    /// Owed.
    pub owed_fen: Fen,
}

/// A message that asked for payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// When it was made.
    pub at: DateTime<Utc>,
    /// `逾期7天`.
    pub stage_words: String,
    /// `微信服务号消息`, `短信`, `语音电话`.
    pub channel_words: String,
    /// The openid or phone it went to, masked.
    pub recipient: String,
    /// The exact text.
    pub text: String,
    /// The vendor's id of it, by which the vendor can be asked.
    pub receipt_id: Option<String>,
    /// What happened to it, in order; at most [`EVENTS_MAX`].
    pub events: Vec<Event>,
}

/// Something that happened to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When.
    pub at: DateTime<Utc>,
    /// Stable code: `sent`, `delivered`, `opened`, …; decides which explanation the paper gives.
    pub kind: String,
    /// In words.
    pub words: String,
    /// The vendor's code or reason; empty where there is none.
    pub detail: String,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payment {
    /// When it was received.
    pub at: DateTime<Utc>,
    /// `微信支付`, `现金`.
    pub method_words: String,
    /// The transaction's or receipt's number.
    pub reference: String,
    /// How much.
    pub amount_fen: Fen,
}

/// The end of the ledger's chain of hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedgerHead {
    /// Number of the last posting.
    pub sequence: i64,
    /// Its hash, hexadecimal.
    pub hash: String,
}

fn zone_name<S: serde::Serializer>(zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.name())
}

/// Prints the pack: the PDF file.
///
/// # Errors
/// As [`print`].
pub fn pack(evidence: &Evidence) -> Result<Vec<u8>, PaperError> {
    print(evidence).map(|printed| printed.pdf)
}

/// Prints the pack, with the number of pages and the characters that no face has.
///
/// # Errors
/// [`PaperError::DoesNotAddUp`] when a figure contradicts the others, [`PaperError::TooMuch`] beyond a limit.
pub fn print(evidence: &Evidence) -> Result<Printed, PaperError> {
    check(evidence)?;
    pages::document(evidence)?.print()
}

fn check(evidence: &Evidence) -> Result<(), PaperError> {
    let counts = [
        ("房屋", evidence.houses.len(), HOUSES_MAX),
        ("账单", evidence.bills.len(), BILLS_MAX),
        ("付款", evidence.payments.len(), PAYMENTS_MAX),
        ("催告消息", evidence.messages.len(), MESSAGES_MAX),
        ("一条消息的记录", evidence.messages.iter().map(|one| one.events.len()).max().unwrap_or(0), EVENTS_MAX),
    ];
    for (what, count, max) in counts {
        if count > max {
            return Err(PaperError::TooMuch { what, max });
        }
    }
    for bill in &evidence.bills {
        let expected = bill.amount_fen.minus(bill.paid_fen)?;
        agree(&format!("{}{}{}的尚欠金额", bill.house, bill.period, bill.fee_item), expected, bill.owed_fen)?;
    }
    let sum = |part: fn(&Bill) -> Fen| Fen::total(evidence.bills.iter().map(part));
    agree("应收合计", sum(|bill| bill.amount_fen)?, evidence.totals.amount_fen)?;
    agree("已收合计", sum(|bill| bill.paid_fen)?, evidence.totals.paid_fen)?;
    agree("尚欠合计", sum(|bill| bill.owed_fen)?, evidence.totals.owed_fen)
}

fn agree(what: &str, expected: Fen, given: Fen) -> Result<(), PaperError> {
    if expected == given {
        return Ok(());
    }
    Err(PaperError::DoesNotAddUp { what: what.to_owned(), expected_fen: expected.get(), given_fen: given.get() })
}
