//! An order as WeChat Pay sees it: the answer to a query and the content of a payment notice.

use std::fmt;

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use super::keys::MerchantKeys;

/// State of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TradeState {
    /// Paid.
    Success,
    /// Paid, and something was given back, even a part.
    Refund,
    /// Waiting.
    NotPay,
    /// Closed unpaid.
    Closed,
    /// Reversed (barcode payments).
    Revoked,
    /// The person is entering the password.
    UserPaying,
    /// The attempt failed; the order can still be paid.
    PayError,
    /// A state not published when this was written: treat as not settled, ask again.
    #[serde(other)]
    Unlisted,
}

impl TradeState {
    /// The state of a word as WeChat Pay writes it.
    pub(super) fn of_word(word: &str) -> Self {
        match word {
            "SUCCESS" => Self::Success,
            "REFUND" => Self::Refund,
            "NOTPAY" => Self::NotPay,
            "CLOSED" => Self::Closed,
            "REVOKED" => Self::Revoked,
            "USERPAYING" => Self::UserPaying,
            "PAYERROR" => Self::PayError,
            _ => Self::Unlisted,
        }
    }

    /// Money has arrived (some may have been given back since).
    #[must_use]
    pub const fn is_paid(self) -> bool {
        matches!(self, Self::Success | Self::Refund)
    }
}

/// One order. Amounts are fen.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Wire")]
pub struct Transaction {
    /// The app it was placed for: of a service provider's order the sub-merchant's (`sub_appid`) where it has one, else
    /// the provider's (`sp_appid`). So it compares with what was ordered, whoever the merchant is.
    pub appid: String,
    /// The merchant that signed the order: its own number, or the service provider's (`sp_mchid`).
    pub mchid: String,
    /// The sub-merchant's own app, when the order was placed for it: the same as `appid`.
    pub sub_appid: Option<String>,
    /// The merchant that a service provider asked for.
    pub sub_mchid: Option<String>,
    /// Our number.
    pub out_trade_no: String,
    /// WeChat Pay's number. Always there when paid.
    pub transaction_id: Option<String>,
    /// State.
    pub trade_state: TradeState,
    /// `JSAPI` and others.
    pub trade_type: Option<String>,
    /// When it was paid.
    pub success_time: Option<DateTime<FixedOffset>>,
    /// Who paid, within the app.
    pub payer_openid: Option<String>,
    /// The order's amount. Zero only when an unpaid order was told without one.
    pub total_fen: i64,
    /// What the payer paid after WeChat's own coupons.
    pub payer_total_fen: Option<i64>,
    /// `CNY`. Empty when it was not told: then it is not `CNY`.
    pub currency: String,
    /// What we attached to the order.
    pub attach: Option<String>,
}

impl Transaction {
    /// Whether it is an order of the merchant these keys speak for.
    #[must_use]
    pub fn is_of(&self, keys: &MerchantKeys) -> bool {
        self.mchid == keys.mchid && keys.merchant.is_sub(self.sub_mchid.as_deref())
    }
}

/// Names the order, not the payer.
impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("mchid", &self.mchid)
            .field("out_trade_no", &self.out_trade_no)
            .field("transaction_id", &self.transaction_id)
            .field("trade_state", &self.trade_state)
            .field("total_fen", &self.total_fen)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Wire {
    appid: Option<String>,
    mchid: Option<String>,
    sp_appid: Option<String>,
    sp_mchid: Option<String>,
    sub_appid: Option<String>,
    sub_mchid: Option<String>,
    out_trade_no: String,
    transaction_id: Option<String>,
    trade_state: TradeState,
    trade_type: Option<String>,
    success_time: Option<String>,
    #[serde(default)]
    payer: WirePayer,
    amount: Option<WireAmount>,
    attach: Option<String>,
}

#[derive(Default, Deserialize)]
struct WirePayer {
    openid: Option<String>,
    sp_openid: Option<String>,
    sub_openid: Option<String>,
}

#[derive(Deserialize)]
struct WireAmount {
    total: i64,
    payer_total: Option<i64>,
    currency: Option<String>,
}

impl TryFrom<Wire> for Transaction {
    type Error = &'static str;

    /// A paid order without an amount, a number or a merchant is not a payment: refused here, so that no caller can
    /// settle it.
    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let transaction_id = wire.transaction_id.filter(|id| !id.is_empty());
        if wire.trade_state.is_paid() && (wire.amount.is_none() || transaction_id.is_none()) {
            return Err("a paid order must have an amount and a transaction_id");
        }
        let success_time = match wire.success_time.as_deref().filter(|time| !time.is_empty()) {
            Some(time) => Some(DateTime::parse_from_rfc3339(time).map_err(|_| "success_time is not RFC 3339")?),
            None => None,
        };
        let amount = wire.amount.unwrap_or(WireAmount { total: 0, payer_total: None, currency: None });
        Ok(Self {
            appid: wire.sub_appid.clone().or(wire.appid).or(wire.sp_appid).ok_or("no appid")?,
            mchid: wire.mchid.or(wire.sp_mchid).ok_or("no mchid")?,
            sub_appid: wire.sub_appid,
            sub_mchid: wire.sub_mchid,
            out_trade_no: wire.out_trade_no,
            transaction_id,
            trade_state: wire.trade_state,
            trade_type: wire.trade_type,
            success_time,
            payer_openid: wire.payer.openid.or(wire.payer.sub_openid).or(wire.payer.sp_openid),
            total_fen: amount.total,
            payer_total_fen: amount.payer_total,
            currency: amount.currency.unwrap_or_default(),
            attach: wire.attach,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paid_order_is_read_in_full() {
        let text = r#"{"appid":"wx1","mchid":"1900000001","out_trade_no":"A-1","transaction_id":"4200","trade_type":"JSAPI",
            "trade_state":"SUCCESS","trade_state_desc":"支付成功","bank_type":"OTHERS","success_time":"2026-06-08T10:34:56+08:00",
            "payer":{"openid":"o1"},"amount":{"total":3000000000,"payer_total":2999999999,"currency":"CNY","payer_currency":"CNY"}}"#;
        let paid: Transaction = serde_json::from_str(text).unwrap();
        assert_eq!((paid.total_fen, paid.payer_total_fen), (3_000_000_000, Some(2_999_999_999)));
        assert_eq!(paid.success_time.unwrap().to_rfc3339(), "2026-06-08T10:34:56+08:00");
        assert!(!format!("{paid:?}").contains("o1"));
    }

    #[test]
    fn an_unpaid_order_may_lack_what_only_payment_brings() {
        let text = r#"{"appid":"wx1","mchid":"19","out_trade_no":"A-1","trade_state":"NOTPAY"}"#;
        let open: Transaction = serde_json::from_str(text).unwrap();
        assert_eq!((open.trade_state, open.total_fen, open.currency.as_str()), (TradeState::NotPay, 0, ""));
        for (word, state) in
            [("USERPAYING", TradeState::UserPaying), ("PAYERROR", TradeState::PayError), ("NEW", TradeState::Unlisted)]
        {
            let other: Transaction = serde_json::from_str(&text.replace("NOTPAY", word)).unwrap();
            assert_eq!(other.trade_state, state);
        }
    }

    #[test]
    fn a_paid_order_without_amount_or_number_is_refused() {
        for lacking in [
            r#"{"appid":"wx1","mchid":"19","out_trade_no":"A-1","trade_state":"SUCCESS","transaction_id":"42"}"#,
            r#"{"appid":"wx1","mchid":"19","out_trade_no":"A-1","trade_state":"SUCCESS","amount":{"total":1,"currency":"CNY"}}"#,
            r#"{"appid":"wx1","out_trade_no":"A-1","trade_state":"NOTPAY"}"#,
        ] {
            assert!(serde_json::from_str::<Transaction>(lacking).is_err());
        }
    }

    #[test]
    fn partner_fields_are_read_where_the_direct_ones_are_missing() {
        let text = r#"{"sp_appid":"wxp","sp_mchid":"18","sub_mchid":"19","out_trade_no":"A-1","transaction_id":"42",
            "trade_state":"REFUND","payer":{"sp_openid":"o1"},"amount":{"total":5,"currency":"CNY"}}"#;
        let paid: Transaction = serde_json::from_str(text).unwrap();
        assert_eq!((paid.mchid.as_str(), paid.sub_mchid.as_deref()), ("18", Some("19")));
        assert!(paid.trade_state.is_paid());
        assert_eq!((paid.appid.as_str(), paid.payer_openid.as_deref()), ("wxp", Some("o1")));
        let text =
            text.replace(r#""sub_mchid""#, r#""sub_appid":"wxs","sub_mchid""#).replace("sp_openid", "sub_openid");
        let paid: Transaction = serde_json::from_str(&text).unwrap();
        assert_eq!((paid.appid.as_str(), paid.payer_openid.as_deref()), ("wxs", Some("o1")));
    }
}
