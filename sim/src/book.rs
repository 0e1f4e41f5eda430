//! The outside world's own book: what it took, gave back, showed and rang.

use serde::{Deserialize, Serialize};

use crate::people::PersonId;
use crate::server::Sim;

/// Which way money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MoneyKind {
    /// From a payer to a merchant.
    Taken,
    /// Back to the payer.
    GivenBack,
}

/// One movement of money, in fen.
#[derive(Clone, Debug, Serialize)]
pub struct MoneyEntry {
    /// When, in milliseconds of the simulator's clock.
    pub at_ms: i64,
    /// Direction.
    pub kind: MoneyKind,
    /// Merchant.
    pub mchid: String,
    /// The merchant's order number.
    pub out_trade_no: String,
    /// The platform's number.
    pub transaction_id: String,
    /// The merchant's refund number, for money given back.
    pub out_refund_no: Option<String>,
    /// The platform's refund number, for money given back.
    pub refund_id: Option<String>,
    /// Always positive; `kind` tells the direction.
    pub amount_fen: i64,
    /// Who paid.
    pub person: PersonId,
}

/// Through what a message travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Template message of a service account.
    Template,
    /// Subscribe message of a mini program.
    Subscribe,
    /// 订阅通知 of a service account.
    BizSubscribe,
    /// Text message.
    Sms,
    /// Call that reads a text.
    Voice,
    /// Payment or refund voucher of WeChat Pay.
    Payment,
}

impl Channel {
    /// The name used in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Subscribe => "subscribe",
            Self::BizSubscribe => "biz_subscribe",
            Self::Sms => "sms",
            Self::Voice => "voice",
            Self::Payment => "payment",
        }
    }
}

/// One line of a card: the label the template gives it, and the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Key of the field, for instance `thing1`.
    pub key: String,
    /// Words before the value.
    pub label: String,
    /// The value as shown.
    pub value: String,
}

/// A message the platform accepted.
#[derive(Clone, Debug, Serialize)]
pub struct MessageEntry {
    /// Running number over all messages, texts and calls accepted; the first is 1.
    pub number: u64,
    /// When, in milliseconds.
    pub at_ms: i64,
    /// Through what.
    pub channel: Channel,
    /// The sending app.
    pub appid: String,
    /// The receiving openid.
    pub openid: String,
    /// The receiving person.
    pub person: PersonId,
    /// Template id.
    pub template_id: String,
    /// The fields in the order of the template.
    pub lines: Vec<Line>,
    /// H5 address, when given.
    pub url: Option<String>,
    /// Mini program appid, when given.
    pub mini_appid: Option<String>,
    /// Mini program page with its query, when given.
    pub pagepath: Option<String>,
    /// The platform's number of the message.
    pub msgid: String,
    /// The sender's idempotency key.
    pub client_msg_id: Option<String>,
    /// `success`, `failed:user block`, `failed: system failed` or an error code: decided at once, told later.
    pub fate: String,
    /// When the fate shows, in milliseconds.
    pub settled_at_ms: i64,
}

/// A text message or call a vendor accepted.
#[derive(Clone, Debug, Serialize)]
pub struct TelecomEntry {
    /// Running number over all messages, texts and calls accepted; the first is 1.
    pub number: u64,
    /// When, in milliseconds.
    pub at_ms: i64,
    /// `tencent` or `aliyun`.
    pub vendor: &'static str,
    /// SecretId or AccessKeyId.
    pub account: String,
    /// Sms or Voice.
    pub channel: Channel,
    /// 11 digits.
    pub phone: String,
    /// Whose phone it is, if anybody's.
    pub person: Option<PersonId>,
    /// Template of the vendor.
    pub template: String,
    /// What was filled into it, by number (`1`, `2` …) or by name; no labels.
    pub fields: Vec<Line>,
    /// The text as read or heard.
    pub text: String,
    /// SerialNo, BizId or CallId.
    pub receipt_id: String,
    /// SessionContext or OutId.
    pub session: String,
    /// Whether it will arrive (SMS) or be picked up (voice).
    pub arrives: bool,
    /// Why it will not: the vendor's code, `NO_ANSWER`, `BUSY` or `UNREACHABLE`.
    pub failure: Option<String>,
    /// When that shows, in milliseconds.
    pub settled_at_ms: i64,
}

/// A shipping report of a trading mini program.
#[derive(Clone, Debug, Serialize)]
pub struct ShippingEntry {
    /// When, in milliseconds.
    pub at_ms: i64,
    /// The reporting app.
    pub appid: String,
    /// WeChat Pay's number of the order.
    pub transaction_id: String,
    /// The body as sent.
    pub body: serde_json::Value,
}

/// What one phone shows.
#[derive(Clone, Debug, Serialize)]
pub struct InboxItem {
    /// Running number over all phones.
    pub id: u64,
    /// When, in milliseconds.
    pub at_ms: i64,
    /// Through what it came.
    pub channel: Channel,
    /// Sender: appid, SMS sign or calling number.
    pub from: String,
    /// Title of the card; empty for SMS and calls.
    pub title: String,
    /// Lines of the card; empty for SMS and calls.
    pub lines: Vec<Line>,
    /// Text of an SMS, or what a call said.
    pub text: String,
    /// Where a tap on the card leads outside mini programs.
    pub url: Option<String>,
    /// Mini program a tap opens.
    pub mini_appid: Option<String>,
    /// Page in it.
    pub pagepath: Option<String>,
}

/// The whole book. Entries are in the order in which they happened.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Book {
    /// Money taken and given back.
    pub money: Vec<MoneyEntry>,
    /// WeChat messages accepted.
    pub messages: Vec<MessageEntry>,
    /// Texts and calls accepted.
    pub telecom: Vec<TelecomEntry>,
    /// Shipping reports.
    pub shipping: Vec<ShippingEntry>,
}

impl Book {
    /// Everything taken for a merchant, in fen.
    pub fn taken_fen(&self, mchid: &str) -> i64 {
        self.sum(MoneyKind::Taken, |entry| entry.mchid == mchid)
    }

    /// Everything given back by a merchant, in fen.
    pub fn given_back_fen(&self, mchid: &str) -> i64 {
        self.sum(MoneyKind::GivenBack, |entry| entry.mchid == mchid)
    }

    /// Taken less given back for one order, in fen.
    pub fn kept_fen(&self, mchid: &str, out_trade_no: &str) -> i64 {
        let of_order = |entry: &MoneyEntry| entry.mchid == mchid && entry.out_trade_no == out_trade_no;
        self.sum(MoneyKind::Taken, of_order).saturating_sub(self.sum(MoneyKind::GivenBack, of_order))
    }

    /// Messages, texts and calls for one person.
    pub fn contacts(&self, person: PersonId) -> usize {
        let messages = self.messages.iter().filter(|entry| entry.person == person).count();
        messages + self.telecom.iter().filter(|entry| entry.person == Some(person)).count()
    }

    fn sum(&self, kind: MoneyKind, wanted: impl Fn(&MoneyEntry) -> bool) -> i64 {
        let mine = self.money.iter().filter(|entry| entry.kind == kind && wanted(entry));
        mine.fold(0, |sum: i64, entry| sum.saturating_add(entry.amount_fen))
    }
}

impl Sim {
    /// A copy of the book as it stands.
    pub fn book(&self) -> Book {
        self.world().book.clone()
    }
}
