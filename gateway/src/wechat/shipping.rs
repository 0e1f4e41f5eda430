//! Shipping report of a trading mini program (`/wxa/sec/order/upload_shipping_info`): without it WeChat may stop
//! payments.

use std::fmt;

use chrono::{DateTime, FixedOffset, SecondsFormat};
use serde_json::{Value, json};

use super::error::WechatError;

/// Identified by merchant and order number.
const ORDER_BY_OUT_TRADE_NO: u8 = 1;
/// Identified by WeChat Pay's number.
const ORDER_BY_TRANSACTION: u8 = 2;
/// Published limit, in characters.
const ITEM_DESC_CHARS_MAX: usize = 120;
/// A service or something virtual: no courier.
const LOGISTICS_VIRTUAL: u8 = 3;
/// All in one delivery.
const DELIVERY_WHOLE: u8 = 1;

/// Which order is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShippedOrder {
    /// By our number.
    OutTradeNo {
        /// The merchant that took the money.
        mchid: String,
        /// Our order number.
        out_trade_no: String,
    },
    /// By WeChat Pay's number: the same for every kind of merchant.
    TransactionId(String),
}

/// One paid order that is reported as delivered.
#[derive(Clone)]
pub struct ShippingInfo {
    /// Which order.
    pub order: ShippedOrder,
    /// Mini-program openid of the payer.
    pub payer_openid: String,
    /// What was paid for. What is over 120 characters is cut off: the report must not fail for a long name.
    pub item_desc: String,
    /// When it counts as delivered.
    pub upload_time: DateTime<FixedOffset>,
}

impl ShippingInfo {
    pub(crate) fn to_body(&self) -> Value {
        let order_key = match &self.order {
            ShippedOrder::OutTradeNo { mchid, out_trade_no } => json!({
                "order_number_type": ORDER_BY_OUT_TRADE_NO,
                "mchid": mchid,
                "out_trade_no": out_trade_no,
            }),
            ShippedOrder::TransactionId(transaction_id) => json!({
                "order_number_type": ORDER_BY_TRANSACTION,
                "transaction_id": transaction_id,
            }),
        };
        let item_desc: String = self.item_desc.chars().take(ITEM_DESC_CHARS_MAX).collect();
        json!({
            "order_key": order_key,
            "logistics_type": LOGISTICS_VIRTUAL,
            "delivery_mode": DELIVERY_WHOLE,
            "shipping_list": [{ "item_desc": item_desc }],
            "upload_time": self.upload_time.to_rfc3339_opts(SecondsFormat::Millis, false),
            "payer": { "openid": self.payer_openid },
        })
    }
}

impl fmt::Debug for ShippingInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShippingInfo").field("order", &self.order).finish_non_exhaustive()
    }
}

/// What a refused report means. The numbers are the platform's, of its page on shipping management.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShippingFailure {
    /// The payment is not visible there yet: again in some seconds.
    NotVisibleYet,
    /// It was reported before, and cannot be reported anew: done.
    Reported,
    /// The order can no longer be reported, for instance because the money went back: nothing to do.
    NotShippable,
    /// What we sent is wrong: no retry, alert.
    OurData,
    /// Try again later, unchanged.
    Later,
    /// Not about shipping: see [`WechatError::kind`].
    Other,
}

impl ShippingFailure {
    /// Reads the error of [`super::WechatApi::upload_shipping_info`].
    #[must_use]
    pub const fn of(error: &WechatError) -> Self {
        let WechatError::Refused { errcode, .. } = error else { return Self::Later };
        match *errcode {
            10_060_001 => Self::NotVisibleYet,
            10_060_002 | 10_060_003 | 10_060_023 => Self::Reported,
            10_060_004 => Self::NotShippable,
            10_060_012 | -1 => Self::Later,
            10_060_005..=10_060_011 | 10_060_014 | 10_060_019..=10_060_022 | 10_060_024..=10_060_031 => Self::OurData,
            // Numbers of fields: time, mode, order keys, openid.
            268_485_194..=268_485_230 => Self::OurData,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_to_what_may_be_reported() {
        let info = ShippingInfo {
            order: ShippedOrder::TransactionId("4200".into()),
            payer_openid: "o1".into(),
            item_desc: "物".repeat(500),
            upload_time: DateTime::parse_from_rfc3339("2026-11-23T10:00:00+08:00").unwrap(),
        };
        let body = info.to_body();
        assert_eq!(body["order_key"], json!({ "order_number_type": 2, "transaction_id": "4200" }));
        assert_eq!(body["shipping_list"][0]["item_desc"].as_str().unwrap().chars().count(), 120);
    }

    #[test]
    fn a_refusal_says_whether_to_come_again() {
        let table = [
            (10_060_001, ShippingFailure::NotVisibleYet),
            (10_060_003, ShippingFailure::Reported),
            (10_060_004, ShippingFailure::NotShippable),
            (10_060_009, ShippingFailure::OurData),
            (268_485_216, ShippingFailure::OurData),
            (-1, ShippingFailure::Later),
            (40_001, ShippingFailure::Other),
        ];
        for (errcode, expected) in table {
            assert_eq!(ShippingFailure::of(&WechatError::refused(errcode, "x")), expected, "{errcode}");
        }
        assert_eq!(ShippingFailure::of(&WechatError::Unknown("x".into())), ShippingFailure::Later);
    }
}
