//! Giving money back.

use std::fmt;

use chrono::{DateTime, FixedOffset};
use domain::money::Amount;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wechat_pay_rust_sdk::model::{ParamsTrait, RefundsParams};

use super::merchant::Merchant;
use super::order::is_out_trade_no;

const OUT_REFUND_NO_CHARS_MAX: usize = 64;
/// Published in bytes.
const REASON_BYTES_MAX: usize = 80;
const NOTIFY_URL_CHARS_MAX: usize = 256;

/// Which payment the money goes back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundOf {
    /// By WeChat Pay's number.
    TransactionId(String),
    /// By our number.
    OutTradeNo(String),
}

/// A refund we ask for. A retry repeats it unchanged: another `out_refund_no` is a second refund.
#[derive(Debug, Clone)]
pub struct RefundRequest {
    /// Which payment.
    pub of: RefundOf,
    /// Ours, at most 64 of `[0-9A-Za-z_-|*@]`.
    pub out_refund_no: String,
    /// Shown to the payer, at most 80 bytes.
    pub reason: Option<String>,
    /// Where the notice goes.
    pub notify_url: Option<String>,
    /// What goes back now.
    pub refund: Amount,
    /// What the order was.
    pub total: Amount,
}

/// `[0-9A-Za-z_\-|*@]`, 1 to 64.
pub(super) fn is_out_refund_no(text: &str) -> bool {
    (1..=OUT_REFUND_NO_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'|' | b'*' | b'@'))
}

impl RefundRequest {
    /// The body, or the name of the field that breaks a published limit.
    pub(super) fn to_body(&self, merchant: &Merchant) -> Result<String, &'static str> {
        if !is_out_refund_no(&self.out_refund_no) {
            return Err("out_refund_no");
        }
        if self.refund > self.total {
            return Err("amount.refund");
        }
        if self.reason.as_deref().is_some_and(|reason| reason.len() > REASON_BYTES_MAX) {
            return Err("reason");
        }
        if self.notify_url.as_deref().is_some_and(|url| url.chars().count() > NOTIFY_URL_CHARS_MAX) {
            return Err("notify_url");
        }
        let (transaction_id, out_trade_no) = match &self.of {
            RefundOf::TransactionId(id) => (Some(id.as_str()), None),
            RefundOf::OutTradeNo(no) if is_out_trade_no(no) => (None, Some(no.as_str())),
            RefundOf::OutTradeNo(_) => return Err("out_trade_no"),
        };
        // i32 of the SDK: see the note at the order.
        let total = i32::try_from(self.total.get()).map_err(|_| "amount.total")?;
        let refund = i32::try_from(self.refund.get()).map_err(|_| "amount.refund")?;
        let mut params = RefundsParams::new(self.out_refund_no.as_str(), total, refund, transaction_id, out_trade_no);
        params.reason.clone_from(&self.reason);
        params.notify_url.clone_from(&self.notify_url);
        let mut body: Map<String, Value> = serde_json::from_str(&params.to_json()).map_err(|_| "body")?;
        merchant.name_sub(&mut body);
        Ok(Value::Object(body).to_string())
    }
}

/// State of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RefundStatus {
    /// The money is back.
    Success,
    /// Not done, and will not be.
    Closed,
    /// On its way.
    Processing,
    /// The payer's card or account does not take it: staff must act.
    Abnormal,
    /// A state not published when this was written: ask again.
    #[serde(other)]
    Unlisted,
}

/// A refund as the answer to asking for it or about it. Amounts are fen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// WeChat Pay's number.
    pub refund_id: String,
    /// Ours.
    pub out_refund_no: String,
    /// The payment's number at WeChat Pay.
    pub transaction_id: String,
    /// The payment's number at ours.
    pub out_trade_no: String,
    /// State.
    pub status: RefundStatus,
    /// When it was done.
    pub success_time: Option<DateTime<FixedOffset>>,
    /// What goes back.
    pub refund_fen: i64,
    /// What the order was.
    pub total_fen: i64,
    /// What the payer gets, after WeChat's own coupons.
    pub payer_refund_fen: Option<i64>,
}

/// A refund as a notice tells it. Amounts are fen.
#[derive(Clone, PartialEq, Eq)]
pub struct RefundNotice {
    /// The merchant that signed the order: its own number, or the service provider's (`sp_mchid`).
    pub mchid: String,
    /// The merchant that a service provider asked for.
    pub sub_mchid: Option<String>,
    /// The refund. Notices name the account that got the money; it is not kept.
    pub refund: Refund,
}

impl fmt::Debug for RefundNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefundNotice").field("mchid", &self.mchid).field("refund", &self.refund).finish()
    }
}

#[derive(Deserialize)]
struct Wire {
    mchid: Option<String>,
    sp_mchid: Option<String>,
    sub_mchid: Option<String>,
    refund_id: String,
    out_refund_no: String,
    transaction_id: String,
    out_trade_no: String,
    #[serde(alias = "refund_status")]
    status: RefundStatus,
    success_time: Option<String>,
    amount: WireAmount,
}

#[derive(Deserialize)]
struct WireAmount {
    total: i64,
    refund: i64,
    payer_refund: Option<i64>,
}

struct Parsed {
    mchid: Option<String>,
    sub_mchid: Option<String>,
    refund: Refund,
}

fn parse(bytes: &[u8]) -> Option<Parsed> {
    let wire: Wire = serde_json::from_slice(bytes).ok()?;
    let success_time = match wire.success_time.as_deref().filter(|time| !time.is_empty()) {
        Some(time) => Some(DateTime::parse_from_rfc3339(time).ok()?),
        None => None,
    };
    let refund = Refund {
        refund_id: wire.refund_id,
        out_refund_no: wire.out_refund_no,
        transaction_id: wire.transaction_id,
        out_trade_no: wire.out_trade_no,
        status: wire.status,
        success_time,
        refund_fen: wire.amount.refund,
        total_fen: wire.amount.total,
        payer_refund_fen: wire.amount.payer_refund,
    };
    Some(Parsed { mchid: wire.mchid.or(wire.sp_mchid), sub_mchid: wire.sub_mchid, refund })
}

impl Refund {
    /// Whether this is what was asked for: same number, same money.
    pub(super) fn answers(&self, request: &RefundRequest) -> bool {
        self.out_refund_no == request.out_refund_no
            && self.refund_fen == request.refund.get()
            && self.total_fen == request.total.get()
    }

    /// Reads an answer. Fields beyond these, such as `funds_account`, may come or not.
    pub(super) fn from_answer(bytes: &[u8]) -> Option<Self> {
        parse(bytes).map(|parsed| parsed.refund)
    }
}

impl RefundNotice {
    /// Reads the content of a notice.
    pub(super) fn from_notice(bytes: &[u8]) -> Option<Self> {
        let Parsed { mchid, sub_mchid, refund } = parse(bytes)?;
        Some(Self { mchid: mchid?, sub_mchid, refund })
    }
}
