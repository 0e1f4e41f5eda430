//! Shipping reports of trading mini programs: written down, once, and once more to mend them.

use serde_json::{Value, json};

use super::http::WxError;
use crate::book::ShippingEntry;
use crate::error::SimError;
use crate::http::text;
use crate::pay::order::{Order, OrderState};
use crate::server::Sim;
use crate::world::World;

const DESCRIPTION_CHARS_MAX: usize = 120;
const ITEMS_MAX: usize = 10;
/// The first report, and one that mends it.
const REPORTS_MAX: usize = 2;

const UNKNOWN: (i64, &str) = (10_060_001, "支付单不存在");
const REPORTED: (i64, &str) = (10_060_003, "支付单已使用重新发货机会");
const NOT_SHIPPABLE: (i64, &str) = (10_060_004, "支付单处于不可发货的状态");
const BAD_LOGISTICS: (i64, &str) = (10_060_005, "物流类型有误");
const NO_DESCRIPTION: (i64, &str) = (10_060_008, "商品描述item_desc字段不能为空");
const LONG_DESCRIPTION: (i64, &str) = (10_060_009, "商品描述item_desc字段太长");
const BAD_LIST: (i64, &str) = (10_060_014, "参数错误");
const OTHER_PAYER: (i64, &str) = (10_060_031, "该笔支付单不属于openid所指定的用户");
const BAD_TIME: (i64, &str) = (268_485_216, "上传时间非法，请按照RFC3339格式填写");

fn refused((code, message): (i64, &str)) -> WxError {
    WxError::new(code, message)
}

fn check_body(body: &Value) -> Result<(), WxError> {
    let whole = |name: &str| body.get(name).and_then(Value::as_i64).unwrap_or_default();
    if !(1..=4).contains(&whole("logistics_type")) {
        return Err(refused(BAD_LOGISTICS));
    }
    let items = body.pointer("/shipping_list").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() || items.len() > ITEMS_MAX || !(1..=2).contains(&whole("delivery_mode")) {
        return Err(refused(BAD_LIST));
    }
    for item in items {
        match text(item, "/item_desc").chars().count() {
            0 => return Err(refused(NO_DESCRIPTION)),
            1..=DESCRIPTION_CHARS_MAX => {}
            _ => return Err(refused(LONG_DESCRIPTION)),
        }
    }
    // With milliseconds, as published.
    let time = text(body, "/upload_time");
    if crate::clock::parse_rfc3339(time).is_none() || !time.contains('.') {
        return Err(refused(BAD_TIME));
    }
    Ok(())
}

impl World {
    /// `POST /wxa/sec/order/upload_shipping_info`.
    pub(crate) fn report_shipping(&mut self, appid: &str, body: &Value) -> Result<Value, WxError> {
        let order = self.shipped_order(body).filter(|order| order.party.app() == appid && order.was_paid());
        let order = order.ok_or_else(|| refused(UNKNOWN))?;
        if order.payer_openid.as_deref() != Some(text(body, "/payer/openid")) {
            return Err(refused(OTHER_PAYER));
        }
        if order.state == OrderState::Revoked || order.refunded_fen >= order.total_fen {
            return Err(refused(NOT_SHIPPABLE));
        }
        check_body(body)?;
        let transaction_id = order.transaction_id.clone().unwrap_or_default();
        let before = self.book.shipping.iter().filter(|entry| entry.transaction_id == transaction_id).count();
        if before >= REPORTS_MAX {
            return Err(refused(REPORTED));
        }
        let at_ms = self.clock.now_ms();
        let entry = ShippingEntry { at_ms, appid: appid.to_owned(), transaction_id, body: body.clone() };
        self.book.shipping.push(entry);
        Ok(json!({ "errcode": 0, "errmsg": "ok" }))
    }

    /// The order a report names.
    fn shipped_order(&self, body: &Value) -> Option<&Order> {
        match body.pointer("/order_key/order_number_type").and_then(Value::as_i64)? {
            1 => {
                let (mchid, number) = (text(body, "/order_key/mchid"), text(body, "/order_key/out_trade_no"));
                let of_signer = |signer: &str| self.merchants.get(signer)?.orders.get(number);
                let receives = |order: &&Order, signer: &str| order.party.receiver(signer) == mchid || signer == mchid;
                self.merchants.keys().find_map(|signer| of_signer(signer).filter(|order| receives(order, signer)))
            }
            2 => {
                let transaction_id = text(body, "/order_key/transaction_id");
                let mut merchants = self.merchants.values();
                merchants.find_map(|merchant| merchant.orders.get(merchant.by_transaction.get(transaction_id)?))
            }
            _ => None,
        }
    }
}

impl Sim {
    /// Numbers of the orders that were paid in a mini program, not given back whole, and never reported as shipped.
    pub fn unshipped(&self, mchid: &str) -> Result<Vec<String>, SimError> {
        let world = self.world();
        let merchant = world.merchants.get(mchid).ok_or_else(|| SimError::UnknownMerchant(mchid.to_owned()))?;
        let is_reported = |order: &Order| {
            let mut reports = world.book.shipping.iter();
            reports.any(|entry| Some(&entry.transaction_id) == order.transaction_id.as_ref())
        };
        let owed = merchant.orders.values().filter(|order| {
            order.trade_type == "JSAPI"
                && order.is_paid()
                && order.refunded_fen < order.total_fen
                && !is_reported(order)
        });
        let mut numbers: Vec<String> = owed.map(|order| order.out_trade_no.clone()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }
}
