//! Barcode pay (付款码): the cashier scans what the payer's phone shows. There is no notice: the answer tells, or the
//! query does.

use std::fmt;

use domain::money::Amount;
use serde_json::{Map, Value, json};

use super::keys::MerchantKeys;
use super::order::{ATTACH_CHARS_MAX, DESCRIPTION_CHARS_MAX, is_out_trade_no};
use super::transaction::Transaction;

const AUTH_CODE_CHARS: usize = 18;
const DEVICE_ID_CHARS_MAX: usize = 32;

/// Which of the two APIs barcodes go through. The vendor's newest guidance names only the older one; descriptions of the
/// newer one exist, so it is a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BarcodeApi {
    /// `/pay/micropay`, `/pay/orderquery`, `/secapi/pay/reverse`.
    #[default]
    V2,
    /// `/v3/pay/transactions/codepay` and `…/reverse`.
    V3,
}

/// One scan. The code lives a minute and works once: another scan is another order with another number.
#[derive(Clone)]
pub struct BarcodeOrder {
    /// The app the merchant is bound to.
    pub appid: String,
    /// What the payer sees, at most 127 characters.
    pub description: String,
    /// 6 to 32 of `[0-9A-Za-z_-|*]`, unique per merchant.
    pub out_trade_no: String,
    /// Amount to pay.
    pub total: Amount,
    /// What the scanner read: 18 digits that begin with 10 to 15.
    pub auth_code: String,
    /// Address of the cash desk's machine.
    pub terminal_ip: std::net::IpAddr,
    /// The cash desk, at most 32 characters.
    pub device_id: Option<String>,
    /// The shop's number at WeChat Pay; the newer API does not go without.
    pub store_id: Option<String>,
    /// Comes back in the query, at most 127 characters.
    pub attach: Option<String>,
}

impl fmt::Debug for BarcodeOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarcodeOrder")
            .field("out_trade_no", &self.out_trade_no)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

/// Whether a text looks like what a payer's phone shows. The cash desk asks before it draws a number.
#[must_use]
pub fn is_auth_code(text: &str) -> bool {
    text.len() == AUTH_CODE_CHARS
        && text.bytes().all(|b| b.is_ascii_digit())
        && matches!(text.get(..2), Some("10" | "11" | "12" | "13" | "14" | "15"))
}

impl BarcodeOrder {
    /// The name of the field that breaks a published limit.
    pub(super) fn check(&self, api: BarcodeApi) -> Result<(), &'static str> {
        let too_long = |text: &str, max: usize| text.chars().count() > max;
        if !is_out_trade_no(&self.out_trade_no) {
            return Err("out_trade_no");
        }
        if self.description.is_empty() || too_long(&self.description, DESCRIPTION_CHARS_MAX) {
            return Err("description");
        }
        if !is_auth_code(&self.auth_code) {
            return Err("auth_code");
        }
        // The older API allows one character less than the newer.
        if self.attach.as_deref().is_some_and(|attach| too_long(attach, ATTACH_CHARS_MAX - 1)) {
            return Err("attach");
        }
        if self.device_id.as_deref().is_some_and(|device| too_long(device, DEVICE_ID_CHARS_MAX)) {
            return Err("device_id");
        }
        if api == BarcodeApi::V3 && self.store_id.is_none() {
            return Err("store_id");
        }
        Ok(())
    }

    /// The body of the newer API.
    pub(super) fn to_body(&self, keys: &MerchantKeys) -> String {
        let mut body = Map::new();
        keys.merchant.name_parties(&keys.mchid, &self.appid, &mut body);
        let mut scene = Map::new();
        scene.insert("device_ip".to_owned(), json!(self.terminal_ip.to_string()));
        scene.insert("store_info".to_owned(), json!({ "id": self.store_id }));
        if let Some(device_id) = &self.device_id {
            scene.insert("device_id".to_owned(), json!(device_id));
        }
        let fields = [
            ("description", json!(self.description)),
            ("out_trade_no", json!(self.out_trade_no)),
            ("payer", json!({ "auth_code": self.auth_code })),
            ("amount", json!({ "total": self.total.get(), "currency": "CNY" })),
            ("scene_info", Value::Object(scene)),
        ];
        body.extend(fields.map(|(name, value)| (name.to_owned(), value)));
        if let Some(attach) = &self.attach {
            body.insert("attach".to_owned(), json!(attach));
        }
        Value::Object(body).to_string()
    }
}

/// End of [`super::CounterGateway::pay_barcode`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BarcodeOutcome {
    /// Paid.
    Paid(Box<Transaction>),
    /// The payer is entering the password: query every 5 to 10 s for 30 to 45 s, then reverse at once.
    Paying,
    /// The code is expired, used or not one: scan again, with a **new** number.
    NewCode {
        /// WeChat Pay's code.
        code: String,
        /// WeChat Pay's words, for the payer.
        message: String,
    },
    /// The payer's account did not give the money: another card, another scan, a **new** number.
    Declined {
        /// WeChat Pay's code.
        code: String,
        /// WeChat Pay's words, for the payer.
        message: String,
    },
    /// This number is already paid: query, and settle.
    AlreadyPaid,
    /// This number is closed or reversed: take a new one.
    Closed,
    /// This number was used with other parameters: query; if unpaid reverse it and take a new one.
    NumberUsed,
    /// Nothing was taken, and asking again will not help.
    Refused {
        /// WeChat Pay's code, or `LOCAL_CHECK` when a field breaks a published limit and nothing was sent.
        code: String,
        /// WeChat Pay's words, or the field.
        message: String,
    },
    /// Nothing was taken; ask again later, unchanged.
    NotAccepted {
        /// `FREQUENCY_LIMITED` and others, or `CONNECT`.
        code: String,
    },
    /// May have been taken: wait 5 s and query; if it stays unknown, reverse.
    Unknown {
        /// For staff, without personal data.
        reason: String,
    },
}

/// End of [`super::CounterGateway::reverse_barcode`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReverseOutcome {
    /// Can no longer be paid; if it was paid, the money is back.
    Reversed,
    /// Not yet: repeat now.
    Again,
    /// Never created.
    NotFound,
    /// May be reversed or not: repeat.
    Unknown {
        /// For staff.
        reason: String,
    },
    /// Asking again will not help: too late, or not reversible. Refund it.
    Refused {
        /// WeChat Pay's code, or `LOCAL_CHECK`.
        code: String,
        /// WeChat Pay's words.
        message: String,
    },
}

/// What a failed scan means, in whichever spelling and of whichever API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScanFailure {
    Paying,
    NewCode,
    Declined,
    Paid,
    Closed,
    NumberUsed,
    Busy,
    Unknown,
    Other,
}

impl ScanFailure {
    pub(super) fn of(code: &str) -> Self {
        let plain: String = code.chars().filter(|c| *c != '_').collect::<String>().to_ascii_uppercase();
        match plain.as_str() {
            "USERPAYING" => Self::Paying,
            "AUTHCODEEXPIRE" | "AUTHCODEEXPIRED" | "AUTHCODEERROR" | "AUTHCODEINVALID" => Self::NewCode,
            // The third is spelt as published.
            "NOTENOUGH" | "TRADEERROR" | "NOTSUPORTCARD" | "NOTSUPPORTCARD" => Self::Declined,
            "ORDERPAID" => Self::Paid,
            "ORDERCLOSED" | "ORDERREVERSED" => Self::Closed,
            "OUTTRADENOUSED" => Self::NumberUsed,
            "FREQUENCYLIMITED" | "FREQUENCYLIMITEXCEED" | "RATELIMITEXCEEDED" => Self::Busy,
            "SYSTEMERROR" | "BANKERROR" => Self::Unknown,
            _ => Self::Other,
        }
    }

    pub(super) fn outcome(self, code: String, message: String) -> BarcodeOutcome {
        match self {
            Self::Paying => BarcodeOutcome::Paying,
            Self::NewCode => BarcodeOutcome::NewCode { code, message },
            Self::Declined => BarcodeOutcome::Declined { code, message },
            Self::Paid => BarcodeOutcome::AlreadyPaid,
            Self::Closed => BarcodeOutcome::Closed,
            Self::NumberUsed => BarcodeOutcome::NumberUsed,
            Self::Busy => BarcodeOutcome::NotAccepted { code },
            Self::Unknown => BarcodeOutcome::Unknown { reason: code },
            Self::Other => BarcodeOutcome::Refused { code, message },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_code_has_eighteen_digits_and_a_known_beginning() {
        assert!(is_auth_code("120061098828009406") && is_auth_code("150061098828009406"));
        for bad in ["160061098828009406", "12006109882800940", "1200610988280094066", "12006109882800940a", "", "１２"]
        {
            assert!(!is_auth_code(bad), "{bad}");
        }
    }

    #[test]
    fn every_published_code_of_a_scan_has_its_meaning() {
        for (code, expected) in [
            ("USERPAYING", ScanFailure::Paying),
            ("AUTHCODEEXPIRE", ScanFailure::NewCode),
            ("AUTH_CODE_ERROR", ScanFailure::NewCode),
            ("AUTH_CODE_INVALID", ScanFailure::NewCode),
            ("NOTENOUGH", ScanFailure::Declined),
            ("NOTSUPORTCARD", ScanFailure::Declined),
            ("TRADE_ERROR", ScanFailure::Declined),
            ("ORDERPAID", ScanFailure::Paid),
            ("ORDERCLOSED", ScanFailure::Closed),
            ("ORDERREVERSED", ScanFailure::Closed),
            ("OUT_TRADE_NO_USED", ScanFailure::NumberUsed),
            ("SYSTEMERROR", ScanFailure::Unknown),
            ("BANKERROR", ScanFailure::Unknown),
            ("PARAM_ERROR", ScanFailure::Other),
            ("NOAUTH", ScanFailure::Other),
        ] {
            assert_eq!(ScanFailure::of(code), expected, "{code}");
        }
    }
}
