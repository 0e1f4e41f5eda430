//! Every end a call can have, and the table from WeChat Pay's codes to them.

use super::client::CONNECT;
use super::exchange::Reply;
use super::refund::Refund;
use super::transaction::Transaction;

/// End of [`super::PayGateway::prepay_jsapi`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrepayOutcome {
    /// Can be paid for two hours with this id.
    Ready {
        /// `wx…`, at most 64 characters.
        prepay_id: String,
    },
    /// This number is already paid: query, and settle.
    AlreadyPaid,
    /// This number is closed: take a new one.
    Closed,
    /// This number was used with other parameters: query; if unpaid close it and take a new one.
    NumberUsed,
    /// Nothing was created, and asking again will not help.
    Refused {
        /// WeChat Pay's code, or `LOCAL_CHECK` when a field breaks a published limit and nothing was sent.
        code: String,
        /// WeChat Pay's words, or the field.
        message: String,
    },
    /// Nothing was created; ask again later, unchanged.
    NotAccepted {
        /// `FREQUENCY_LIMITED` and others, or `CONNECT`.
        code: String,
    },
    /// May have been created: query.
    Unknown {
        /// For staff, without personal data.
        reason: String,
    },
}

/// End of [`super::CounterGateway::order_native`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NativeOutcome {
    /// Can be paid for two hours by who scans this.
    Ready {
        /// `weixin://…`, to be drawn as a QR code.
        code_url: String,
    },
    /// This number is already paid: query, and settle.
    AlreadyPaid,
    /// This number is closed: take a new one.
    Closed,
    /// This number was used with other parameters: query; if unpaid close it and take a new one.
    NumberUsed,
    /// Nothing was created, and asking again will not help.
    Refused {
        /// WeChat Pay's code, or `LOCAL_CHECK` when a field breaks a published limit and nothing was sent.
        code: String,
        /// WeChat Pay's words, or the field.
        message: String,
    },
    /// Nothing was created; ask again later, unchanged.
    NotAccepted {
        /// `FREQUENCY_LIMITED` and others, or `CONNECT`.
        code: String,
    },
    /// May have been created: query.
    Unknown {
        /// For staff, without personal data.
        reason: String,
    },
}

/// End of [`super::PayGateway::query`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryOutcome {
    /// The order.
    Found(Box<Transaction>),
    /// No such number. Of an order just created: wait and ask again; else it was never created.
    NotFound,
    /// Ask again.
    Unknown {
        /// For staff.
        reason: String,
    },
    /// Asking again will not help.
    Refused {
        /// WeChat Pay's code.
        code: String,
        /// WeChat Pay's words.
        message: String,
    },
}

/// End of [`super::PayGateway::close`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseOutcome {
    /// Can no longer be paid.
    Closed,
    /// Was paid before: query, and settle.
    AlreadyPaid,
    /// Never created.
    NotFound,
    /// May be closed or not (also while the person is paying): query.
    Unknown {
        /// For staff.
        reason: String,
    },
    /// Asking again will not help.
    Refused {
        /// WeChat Pay's code.
        code: String,
        /// WeChat Pay's words.
        message: String,
    },
}

/// End of [`super::PayGateway::refund`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundOutcome {
    /// Taken on; read its status, it is rarely finished.
    Accepted(Box<Refund>),
    /// The merchant's balance is too small: top up, then ask again with the **same** number.
    NotEnough {
        /// WeChat Pay's words.
        message: String,
    },
    /// Not done, and asking again unchanged will not help.
    Refused {
        /// WeChat Pay's code, or `LOCAL_CHECK`.
        code: String,
        /// WeChat Pay's words, or the field.
        message: String,
    },
    /// Not taken on; ask again later with the same number.
    NotAccepted {
        /// `FREQUENCY_LIMITED` and others, or `CONNECT`.
        code: String,
    },
    /// May have been taken on: query, or repeat with the **same** number.
    Unknown {
        /// For staff.
        reason: String,
    },
}

/// End of [`super::PayGateway::query_refund`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundQueryOutcome {
    /// The refund.
    Found(Box<Refund>),
    /// No such number.
    NotFound,
    /// Ask again.
    Unknown {
        /// For staff.
        reason: String,
    },
    /// Asking again will not help.
    Refused {
        /// WeChat Pay's code.
        code: String,
        /// WeChat Pay's words.
        message: String,
    },
}

/// End of placing an order, of whatever kind; `Ready` holds what it is paid with.
pub(super) enum Placed {
    Ready(String),
    AlreadyPaid,
    Closed,
    NumberUsed,
    Refused { code: String, message: String },
    NotAccepted { code: String },
    Unknown { reason: String },
}

impl Placed {
    /// Judges the reply to an order. `read` finds what it is paid with, if it is there and as published.
    pub(super) fn read(reply: Reply, read: fn(&[u8]) -> Option<String>) -> Self {
        match reply {
            Reply::Good { status: 200, body } => match read(&body) {
                Some(ready) => Self::Ready(ready),
                None => Self::Unknown { reason: "answer lacks what the order is paid with".to_owned() },
            },
            Reply::Good { status, .. } => Self::Unknown { reason: format!("HTTP {status}") },
            Reply::Refusal { status, code, message, request_id } => match meaning(&code, request_id.as_deref()) {
                Meaning::Paid => Self::AlreadyPaid,
                Meaning::Closed => Self::Closed,
                Meaning::NumberUsed => Self::NumberUsed,
                _ if status == 429 => Self::NotAccepted { code },
                Meaning::Busy => Self::NotAccepted { code },
                _ => Self::Refused { code, message },
            },
            Reply::NotSent(_) => Self::NotAccepted { code: CONNECT.to_owned() },
            Reply::Unknown(reason) => Self::Unknown { reason },
        }
    }
}

impl RefundOutcome {
    /// Judges the reply to a refund; `is_it` tells whether what came back is what was asked for.
    pub(super) fn read(reply: Reply, is_it: impl FnOnce(&Refund) -> bool) -> Self {
        match reply {
            Reply::Good { status: 200, body } => match Refund::from_answer(&body) {
                Some(refund) if is_it(&refund) => Self::Accepted(Box::new(refund)),
                _ => Self::Unknown { reason: "answer is not this refund".to_owned() },
            },
            Reply::Good { status, .. } => Self::Unknown { reason: format!("HTTP {status}") },
            Reply::Refusal { status, code, message, request_id } => match meaning(&code, request_id.as_deref()) {
                Meaning::NotEnough => Self::NotEnough { message },
                _ if status == 429 => Self::NotAccepted { code },
                Meaning::Busy => Self::NotAccepted { code },
                _ => Self::Refused { code, message },
            },
            Reply::NotSent(_) => Self::NotAccepted { code: CONNECT.to_owned() },
            Reply::Unknown(reason) => Self::Unknown { reason },
        }
    }
}

/// A refusal's meaning, common to all calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Paid,
    Closed,
    NumberUsed,
    NotFound,
    NotEnough,
    Busy,
    Other,
}

/// Reads a code, whichever spelling (`ORDERPAID`, `ORDER_PAID`), and for the vague ones the tail of `Request-ID`.
pub(super) fn meaning(code: &str, request_id: Option<&str>) -> Meaning {
    let plain: String = code.chars().filter(|c| *c != '_').collect::<String>().to_ascii_uppercase();
    match plain.as_str() {
        "ORDERPAID" => Meaning::Paid,
        "ORDERCLOSED" => Meaning::Closed,
        "OUTTRADENOUSED" => Meaning::NumberUsed,
        "ORDERNOTEXIST" | "RESOURCENOTEXISTS" => Meaning::NotFound,
        "NOTENOUGH" => Meaning::NotEnough,
        "FREQUENCYLIMITED" | "FREQUENCYLIMITEXCEED" | "RATELIMITEXCEEDED" => Meaning::Busy,
        "INVALIDREQUEST" | "PARAMERROR" => match request_id.and_then(|id| id.rsplit('-').next()) {
            Some("268449538" | "268498689") => Meaning::Paid,
            Some("268447914") => Meaning::Closed,
            Some("268498688") => Meaning::NumberUsed,
            Some("268512771") => Meaning::NotFound,
            _ => Meaning::Other,
        },
        _ => Meaning::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_the_same_in_either_spelling() {
        let table = [
            ("ORDERPAID", Meaning::Paid),
            ("ORDER_PAID", Meaning::Paid),
            ("ORDER_CLOSED", Meaning::Closed),
            ("ORDERCLOSED", Meaning::Closed),
            ("OUT_TRADE_NO_USED", Meaning::NumberUsed),
            ("ORDERNOTEXIST", Meaning::NotFound),
            ("ORDER_NOT_EXIST", Meaning::NotFound),
            ("RESOURCE_NOT_EXISTS", Meaning::NotFound),
            ("NOTENOUGH", Meaning::NotEnough),
            ("NOT_ENOUGH", Meaning::NotEnough),
            ("FREQUENCY_LIMITED", Meaning::Busy),
            ("FREQUENCY_LIMIT_EXCEED", Meaning::Busy),
            ("PARAM_ERROR", Meaning::Other),
            ("NO_AUTH", Meaning::Other),
        ];
        for (code, expected) in table {
            assert_eq!(meaning(code, None), expected, "{code}");
        }
    }

    #[test]
    fn a_vague_code_is_explained_by_the_tail_of_the_request_id() {
        assert_eq!(meaning("INVALID_REQUEST", Some("08F7-0-268498688")), Meaning::NumberUsed);
        assert_eq!(meaning("INVALID_REQUEST", Some("08F7-0-268449538")), Meaning::Paid);
        assert_eq!(meaning("INVALID_REQUEST", Some("08F7-0-268447914")), Meaning::Closed);
        assert_eq!(meaning("INVALID_REQUEST", Some("08F7-0-1")), Meaning::Other);
    }
}
