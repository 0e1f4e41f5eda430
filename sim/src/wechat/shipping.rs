//! Shipping reports of trading mini programs: written down.

use serde_json::{Value, json};

use super::http::WxError;
use crate::book::ShippingEntry;
use crate::http::text;
use crate::world::World;

const DESCRIPTION_CHARS_MAX: usize = 120;
const ITEMS_MAX: usize = 10;
const MSG_ORDER_UNKNOWN: &str = "order not found";

impl World {
    /// `POST /wxa/sec/order/upload_shipping_info`.
    pub(crate) fn report_shipping(&mut self, appid: &str, body: &Value) -> Result<Value, WxError> {
        let order = self.shipped_order(body);
        if order.is_none() {
            return Err(WxError::new(10_060_001, MSG_ORDER_UNKNOWN));
        }
        let items = body.pointer("/shipping_list").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let described = |item: &Value| {
            let chars = text(item, "/item_desc").chars().count();
            (1..=DESCRIPTION_CHARS_MAX).contains(&chars)
        };
        if items.is_empty() || items.len() > ITEMS_MAX || !items.iter().all(described) {
            return Err(WxError::new(10_060_012, "shipping_list invalid"));
        }
        if crate::clock::parse_rfc3339(text(body, "/upload_time")).is_none() {
            return Err(WxError::new(10_060_012, "upload_time invalid"));
        }
        let at_ms = self.clock.now_ms();
        self.book.shipping.push(ShippingEntry { at_ms, appid: appid.to_owned(), body: body.clone() });
        Ok(json!({ "errcode": 0, "errmsg": "ok" }))
    }

    /// out_trade_no of the paid order a report names.
    fn shipped_order(&self, body: &Value) -> Option<String> {
        let paid = |mchid: &str, number: &str| {
            let order = self.merchants.get(mchid)?.orders.get(number)?;
            order.transaction_id.as_ref().map(|_| number.to_owned())
        };
        match body.pointer("/order_key/order_number_type").and_then(Value::as_i64)? {
            1 => paid(text(body, "/order_key/mchid"), text(body, "/order_key/out_trade_no")),
            2 => {
                let transaction_id = text(body, "/order_key/transaction_id");
                self.merchants.values().find_map(|merchant| merchant.by_transaction.get(transaction_id).cloned())
            }
            _ => None,
        }
    }
}
