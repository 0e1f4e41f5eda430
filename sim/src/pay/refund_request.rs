//! What is asked of a refund, and whether an order can give it.

use serde_json::Value;

use super::order::{Order, unknown_merchant};
use super::refusal::{Refusal, fen, notify_url, optional, required};
use crate::http::text;
use crate::world::World;

const NUMBER_CHARS_MAX: usize = 64;
const REASON_CHARS_MAX: usize = 80;
const URL_CHARS_MAX: usize = 256;
/// Partial refunds of one order.
const REFUNDS_MAX: usize = 50;
/// How long after payment a refund is taken.
const REFUNDABLE_MS: i64 = 365 * 24 * 3600 * 1000;

/// A request for a refund, its fields checked.
pub(crate) struct Asked<'a> {
    pub(crate) out_refund_no: &'a str,
    pub(crate) out_trade_no: String,
    pub(crate) refund_fen: i64,
    pub(crate) total_fen: i64,
    pub(crate) notify_url: Option<&'a str>,
}

pub(crate) fn invalid(message: &str) -> Refusal {
    Refusal::new(400, "INVALID_REQUEST", message)
}

impl World {
    pub(crate) fn read_refund<'a>(&self, signer: &str, body: &'a Value) -> Result<Asked<'a>, Refusal> {
        let merchant = self.merchants.get(signer).ok_or_else(unknown_merchant)?;
        let out_refund_no = required(body, "/out_refund_no", NUMBER_CHARS_MAX)?;
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_-|*@".contains(letter);
        if !out_refund_no.chars().all(allowed) {
            return Err(Refusal::param("/out_refund_no", "商户退款单号不符合规则"));
        }
        optional(body, "/reason", REASON_CHARS_MAX)?;
        let notify_url = if body.get("notify_url").is_some() { Some(notify_url(body, URL_CHARS_MAX)?) } else { None };
        if required(body, "/amount/currency", 16)? != "CNY" {
            return Err(Refusal::param("/amount/currency", "货币类型不支持"));
        }
        let transaction_id = text(body, "/transaction_id");
        let out_trade_no = match merchant.by_transaction.get(transaction_id) {
            Some(number) => number.clone(),
            None if !transaction_id.is_empty() => return Err(Refusal::new(404, "RESOURCE_NOT_EXISTS", "订单不存在")),
            None => required(body, "/out_trade_no", 32)?.to_owned(),
        };
        let (refund_fen, total_fen) = (fen(body, "/amount/refund")?, fen(body, "/amount/total")?);
        Ok(Asked { out_refund_no, out_trade_no, refund_fen, total_fen, notify_url })
    }
}

pub(crate) fn check_order(order: &Order, asked: &Asked<'_>, now_ms: i64, gap_ms: i64) -> Result<(), Refusal> {
    if !order.is_paid() {
        return Err(invalid("订单未支付，不能退款"));
    }
    if asked.total_fen != order.total_fen {
        return Err(invalid("订单金额与支付金额不一致"));
    }
    if order.refunded_fen.saturating_add(asked.refund_fen) > order.total_fen {
        return Err(invalid("累计退款金额大于订单金额"));
    }
    if order.refunds.len() >= REFUNDS_MAX {
        return Err(invalid("部分退款次数超过限制"));
    }
    if now_ms.saturating_sub(order.success_ms) > REFUNDABLE_MS {
        return Err(invalid("订单已超过可退款期限"));
    }
    if order.last_refund_ms.is_some_and(|at_ms| now_ms.saturating_sub(at_ms) < gap_ms) {
        return Err(Refusal::new(429, "FREQUENCY_LIMITED", "同一笔订单退款过于频繁，请稍后再试"));
    }
    Ok(())
}
