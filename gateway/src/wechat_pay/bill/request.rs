//! Which bill is asked for, and the link to it.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::wechat_pay::exchange::Reply;

/// Far above what is published; the token alone has some hundred characters.
const URL_CHARS_MAX: usize = 2_048;
const SHA1_HEX_CHARS: usize = 40;

/// Rows of a trade bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TradeBillKind {
    /// Payments and refunds.
    #[default]
    All,
    /// Payments.
    Success,
    /// Refunds.
    Refund,
}

/// Which of the merchant's accounts a fund-flow bill is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FundAccount {
    /// 基本账户
    #[default]
    Basic,
    /// 运营账户
    Operation,
    /// 手续费账户
    Fees,
}

/// Which bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BillKind {
    /// `/v3/bill/tradebill`
    Trade(TradeBillKind),
    /// `/v3/bill/fundflowbill`
    FundFlow(FundAccount),
}

/// A bill of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BillRequest {
    /// The day, of China.
    pub day: NaiveDate,
    /// Which bill.
    pub kind: BillKind,
    /// Sent gzipped: a tenth of the bytes.
    pub gzip: bool,
}

impl BillRequest {
    pub(super) const fn last_segment(&self) -> &'static str {
        match self.kind {
            BillKind::Trade(_) => "tradebill",
            BillKind::FundFlow(_) => "fundflowbill",
        }
    }

    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        let (name, value) = match self.kind {
            BillKind::Trade(TradeBillKind::All) => ("bill_type", "ALL"),
            BillKind::Trade(TradeBillKind::Success) => ("bill_type", "SUCCESS"),
            BillKind::Trade(TradeBillKind::Refund) => ("bill_type", "REFUND"),
            BillKind::FundFlow(FundAccount::Basic) => ("account_type", "BASIC"),
            BillKind::FundFlow(FundAccount::Operation) => ("account_type", "OPERATION"),
            BillKind::FundFlow(FundAccount::Fees) => ("account_type", "FEES"),
        };
        let mut query = vec![("bill_date", self.day.format("%Y-%m-%d").to_string()), (name, value.to_owned())];
        if self.gzip {
            query.push(("tar_type", "GZIP".to_owned()));
        }
        query
    }
}

/// Where a bill is, for a minute or so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillLink {
    /// Address, with a token.
    pub download_url: String,
    /// SHA-1 of the unpacked text, lower-case hex.
    pub sha1: String,
    /// Whether it comes gzipped.
    pub gzip: bool,
}

/// End of [`super::BillGateway::ask_bill`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BillOutcome {
    /// Download it now.
    Ready(BillLink),
    /// Nothing happened on that day: there is no bill. Not an error.
    Empty,
    /// Not made yet: ask again later.
    NotYet,
    /// Asking again will not help.
    Refused {
        /// WeChat Pay's code.
        code: String,
        /// WeChat Pay's words.
        message: String,
    },
    /// Ask again.
    Unknown {
        /// For staff.
        reason: String,
    },
}

#[derive(Deserialize)]
struct WireLink {
    hash_type: String,
    hash_value: String,
    download_url: String,
}

fn link(body: &[u8], gzip: bool) -> Option<BillLink> {
    let WireLink { hash_type, hash_value, download_url } = serde_json::from_slice(body).ok()?;
    let is_sha1 =
        hash_type == "SHA1" && hash_value.len() == SHA1_HEX_CHARS && hash_value.bytes().all(|b| b.is_ascii_hexdigit());
    let sha1 = hash_value.to_ascii_lowercase();
    (is_sha1 && download_url.len() <= URL_CHARS_MAX).then_some(BillLink { download_url, sha1, gzip })
}

impl BillOutcome {
    pub(super) fn read(reply: Reply, gzip: bool) -> Self {
        match reply {
            Reply::Good { status: 200, body } => match link(&body, gzip) {
                Some(link) => Self::Ready(link),
                None => Self::Unknown { reason: "answer is not a link with a hash".to_owned() },
            },
            Reply::Good { status, .. } => Self::Unknown { reason: format!("HTTP {status}") },
            Reply::Refusal { status, code, message, .. } => match code.replace('_', "").to_ascii_uppercase().as_str() {
                "NOSTATEMENTEXIST" | "NOBILLEXIST" => Self::Empty,
                "STATEMENTCREATING" | "BILLCREATING" => Self::NotYet,
                _ if status == 429 => Self::Unknown { reason: code },
                _ => Self::Refused { code, message },
            },
            Reply::NotSent(reason) | Reply::Unknown(reason) => Self::Unknown { reason },
        }
    }
}
