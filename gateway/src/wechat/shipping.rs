//! Shipping report of a trading mini program (`/wxa/sec/order/upload_shipping_info`): without it WeChat may stop
//! payments.

use std::fmt;

use chrono::{DateTime, FixedOffset, SecondsFormat};
use serde_json::{Value, json};

/// Identified by merchant and order number.
const ORDER_BY_OUT_TRADE_NO: u8 = 1;
/// A service or something virtual: no courier.
const LOGISTICS_VIRTUAL: u8 = 3;
/// All in one delivery.
const DELIVERY_WHOLE: u8 = 1;

/// One paid order that is reported as delivered.
#[derive(Clone)]
pub struct ShippingInfo {
    /// The merchant that took the money.
    pub mchid: String,
    /// Our order number.
    pub out_trade_no: String,
    /// Mini-program openid of the payer.
    pub payer_openid: String,
    /// What was paid for, at most 120 characters.
    pub item_desc: String,
    /// When it counts as delivered.
    pub upload_time: DateTime<FixedOffset>,
}

impl ShippingInfo {
    pub(crate) fn to_body(&self) -> Value {
        json!({
            "order_key": {
                "order_number_type": ORDER_BY_OUT_TRADE_NO,
                "mchid": self.mchid,
                "out_trade_no": self.out_trade_no,
            },
            "logistics_type": LOGISTICS_VIRTUAL,
            "delivery_mode": DELIVERY_WHOLE,
            "shipping_list": [{ "item_desc": self.item_desc }],
            "upload_time": self.upload_time.to_rfc3339_opts(SecondsFormat::Millis, false),
            "payer": { "openid": self.payer_openid },
        })
    }
}

impl fmt::Debug for ShippingInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShippingInfo").field("out_trade_no", &self.out_trade_no).finish_non_exhaustive()
    }
}
