//! Refunds: accepted first, finished later.

use serde::Serialize;
use serde_json::{Value, json};

use super::notify;
use super::order::{Order, OrderState, unknown_merchant};
use super::refusal::{Refusal, fen, notify_url, optional, required};
use crate::book::{Channel, MoneyEntry, MoneyKind};
use crate::clock;
use crate::error::SimError;
use crate::http::text;
use crate::mischief::{Endpoint, Trick};
use crate::people::PersonId;
use crate::server::Sim;
use crate::world::{World, yuan};

const NUMBER_CHARS_MAX: usize = 64;
const REASON_CHARS_MAX: usize = 80;
const URL_CHARS_MAX: usize = 256;
/// Partial refunds of one order.
const REFUNDS_MAX: usize = 50;
/// How long after payment a refund is taken.
const REFUNDABLE_MS: i64 = 365 * 24 * 3600 * 1000;

/// State of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RefundState {
    /// Accepted.
    Processing,
    /// The payer has the money.
    Success,
    /// The payer's card is closed; the merchant has to act.
    Abnormal,
    /// Given up; the money stays with the merchant.
    Closed,
}

impl RefundState {
    fn text(self) -> &'static str {
        match self {
            Self::Processing => "PROCESSING",
            Self::Success => "SUCCESS",
            Self::Abnormal => "ABNORMAL",
            Self::Closed => "CLOSED",
        }
    }
}

/// A refund as a test or the demo page sees it.
#[derive(Clone, Debug, Serialize)]
pub struct RefundView {
    /// The merchant's order number.
    pub out_trade_no: String,
    /// The merchant's refund number.
    pub out_refund_no: String,
    /// The platform's refund number.
    pub refund_id: String,
    /// Amount in fen.
    pub refund_fen: i64,
    /// State now.
    pub state: RefundState,
}

pub(crate) struct Refund {
    out_trade_no: String,
    out_refund_no: String,
    refund_id: String,
    transaction_id: String,
    refund_fen: i64,
    total_fen: i64,
    notify_url: Option<String>,
    created_ms: i64,
    ends_ms: i64,
    ends_as: RefundState,
    state: RefundState,
    success_ms: i64,
    person: PersonId,
}

impl Refund {
    fn told(&self) -> Value {
        let mut told = json!({
            "refund_id": self.refund_id,
            "out_refund_no": self.out_refund_no,
            "transaction_id": self.transaction_id,
            "out_trade_no": self.out_trade_no,
            "channel": "ORIGINAL",
            "user_received_account": "支付用户零钱",
            "create_time": clock::rfc3339(self.created_ms),
            "status": self.state.text(),
            "funds_account": "AVAILABLE",
            "amount": {
                "total": self.total_fen,
                "refund": self.refund_fen,
                "payer_total": self.total_fen,
                "payer_refund": self.refund_fen,
                "settlement_total": self.total_fen,
                "settlement_refund": self.refund_fen,
                "discount_refund": 0,
                "currency": "CNY",
                "from": [],
            },
        });
        self.add_success_time(&mut told);
        told
    }

    fn notified(&self, mchid: &str) -> Value {
        let mut told = json!({
            "mchid": mchid,
            "transaction_id": self.transaction_id,
            "out_trade_no": self.out_trade_no,
            "refund_id": self.refund_id,
            "out_refund_no": self.out_refund_no,
            "refund_status": self.state.text(),
            "user_received_account": "支付用户零钱",
            "amount": {
                "total": self.total_fen,
                "refund": self.refund_fen,
                "payer_total": self.total_fen,
                "payer_refund": self.refund_fen,
            },
        });
        self.add_success_time(&mut told);
        told
    }

    fn add_success_time(&self, told: &mut Value) {
        if self.state == RefundState::Success
            && let Some(fields) = told.as_object_mut()
        {
            fields.insert("success_time".to_owned(), json!(clock::rfc3339(self.success_ms)));
        }
    }

    pub(crate) fn created_ms(&self) -> i64 {
        self.created_ms
    }

    pub(crate) fn refund_fen(&self) -> i64 {
        self.refund_fen
    }

    pub(crate) fn refund_id(&self) -> &str {
        &self.refund_id
    }

    pub(crate) fn out_refund_no(&self) -> &str {
        &self.out_refund_no
    }

    pub(crate) fn out_trade_no(&self) -> &str {
        &self.out_trade_no
    }

    pub(crate) fn view(&self) -> RefundView {
        RefundView {
            out_trade_no: self.out_trade_no.clone(),
            out_refund_no: self.out_refund_no.clone(),
            refund_id: self.refund_id.clone(),
            refund_fen: self.refund_fen,
            state: self.state,
        }
    }
}

fn invalid(message: &str) -> Refusal {
    Refusal::new(400, "INVALID_REQUEST", message)
}

/// A request for a refund, its fields checked.
struct Asked<'a> {
    out_refund_no: &'a str,
    out_trade_no: String,
    refund_fen: i64,
    total_fen: i64,
    notify_url: Option<&'a str>,
}

impl World {
    /// `POST /v3/refund/domestic/refunds`: the same number with the same amounts is the same refund.
    pub(crate) fn ask_refund(&mut self, signer: &str, body: &Value) -> Result<Value, Refusal> {
        self.settle_refunds();
        let asked = self.read_refund(signer, body)?;
        let now_ms = self.clock.now_ms();
        let merchant = self.merchants.get(signer).ok_or_else(unknown_merchant)?;
        if let Some(known) = merchant.refunds.get(asked.out_refund_no) {
            let same = known.refund_fen == asked.refund_fen
                && known.total_fen == asked.total_fen
                && known.out_trade_no == asked.out_trade_no;
            return if same {
                Ok(known.told())
            } else {
                Err(invalid("订单金额或退款金额与之前请求不一致，请核实后再试"))
            };
        }
        let order = merchant.orders.get(&asked.out_trade_no);
        let order = order.ok_or_else(|| Refusal::new(404, "RESOURCE_NOT_EXISTS", "订单不存在"))?;
        check_order(order, &asked, now_ms, self.config.refund_gap_ms)?;
        let keys = [asked.out_refund_no, asked.out_trade_no.as_str()];
        if self.mischief.takes(Endpoint::PayRefund, &keys, &Trick::NotEnough) {
            return Err(Refusal::new(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起"));
        }
        let ends_as = self.refund_end(&keys);
        self.accept_refund(signer, &asked, ends_as).ok_or_else(unknown_merchant)
    }

    fn read_refund<'a>(&self, signer: &str, body: &'a Value) -> Result<Asked<'a>, Refusal> {
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

    fn refund_end(&mut self, keys: &[&str]) -> RefundState {
        if self.mischief.takes(Endpoint::PayRefund, keys, &Trick::RefundAbnormal) {
            return RefundState::Abnormal;
        }
        if self.mischief.takes(Endpoint::PayRefund, keys, &Trick::RefundClosed) {
            return RefundState::Closed;
        }
        RefundState::Success
    }

    fn accept_refund(&mut self, signer: &str, asked: &Asked<'_>, ends_as: RefundState) -> Option<Value> {
        let now_ms = self.clock.now_ms();
        let ends_ms = now_ms.saturating_add(self.config.refund_takes_ms);
        let sequence = self.next_number();
        let merchant = self.merchants.get_mut(signer)?;
        let order = merchant.orders.get_mut(&asked.out_trade_no)?;
        let refund = Refund {
            out_trade_no: asked.out_trade_no.clone(),
            out_refund_no: asked.out_refund_no.to_owned(),
            refund_id: format!("503000{}{sequence:015}", clock::day(now_ms)),
            transaction_id: order.transaction_id.clone()?,
            refund_fen: asked.refund_fen,
            total_fen: order.total_fen,
            notify_url: asked.notify_url.map(str::to_owned),
            created_ms: now_ms,
            ends_ms,
            ends_as,
            state: RefundState::Processing,
            success_ms: 0,
            person: order.payer?,
        };
        order.state = OrderState::Refund;
        order.refunded_fen = order.refunded_fen.saturating_add(asked.refund_fen);
        order.refunds.push(asked.out_refund_no.to_owned());
        order.last_refund_ms = Some(now_ms);
        let told = refund.told();
        merchant.open_refunds.push(asked.out_refund_no.to_owned());
        merchant.refunds.insert(asked.out_refund_no.to_owned(), refund);
        Some(told)
    }

    /// Ends every refund whose time has come: book, phone, notify.
    pub(crate) fn settle_refunds(&mut self) {
        let now_ms = self.clock.now_ms();
        let mut ended = Vec::new();
        for (mchid, merchant) in &mut self.merchants {
            if merchant.open_refunds.is_empty() {
                continue;
            }
            let (done, open): (Vec<String>, Vec<String>) = merchant
                .open_refunds
                .drain(..)
                .partition(|number| merchant.refunds.get(number).is_none_or(|refund| refund.ends_ms <= now_ms));
            merchant.open_refunds = open;
            ended.extend(done.into_iter().map(|number| (mchid.clone(), number)));
        }
        for (mchid, number) in ended {
            self.end_refund(&mchid, &number);
        }
    }

    fn end_refund(&mut self, mchid: &str, number: &str) -> Option<()> {
        let merchant = self.merchants.get_mut(mchid)?;
        let refund = merchant.refunds.get_mut(number)?;
        refund.state = refund.ends_as;
        refund.success_ms = refund.ends_ms;
        let order = merchant.orders.get_mut(&refund.out_trade_no)?;
        if refund.state == RefundState::Closed {
            order.refunded_fen = order.refunded_fen.saturating_sub(refund.refund_fen);
        }
        if let Some(url) = &refund.notify_url {
            let told = refund.notified(mchid);
            let job = notify::refund(mchid, number, url, refund.state.text(), told, refund.ends_ms);
            self.notifies.put(job);
        }
        if refund.state != RefundState::Success {
            return None;
        }
        let (person, amount_fen) = (refund.person, refund.refund_fen);
        self.book.money.push(MoneyEntry {
            at_ms: refund.ends_ms,
            kind: MoneyKind::GivenBack,
            mchid: mchid.to_owned(),
            out_trade_no: refund.out_trade_no.clone(),
            transaction_id: refund.transaction_id.clone(),
            out_refund_no: Some(number.to_owned()),
            refund_id: Some(refund.refund_id.clone()),
            amount_fen,
            person,
        });
        let lines = [("退款金额", yuan(amount_fen)), ("商户退款单号", number.to_owned())];
        self.show_card(person, Channel::Payment, "微信支付", "退款到账通知", &lines);
        Some(())
    }

    /// `GET /v3/refund/domestic/refunds/{out_refund_no}`.
    pub(crate) fn query_refund(&mut self, signer: &str, number: &str) -> Result<Value, Refusal> {
        self.settle_refunds();
        let merchant = self.merchants.get(signer).ok_or_else(unknown_merchant)?;
        let refund = merchant.refunds.get(number);
        refund.map(Refund::told).ok_or_else(|| Refusal::new(404, "RESOURCE_NOT_EXISTS", "退款单不存在"))
    }
}

fn check_order(order: &Order, asked: &Asked<'_>, now_ms: i64, gap_ms: i64) -> Result<(), Refusal> {
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

impl Sim {
    /// A refund as the platform knows it.
    pub fn refund(&self, mchid: &str, out_refund_no: &str) -> Result<RefundView, SimError> {
        let mut world = self.world();
        world.settle_refunds();
        let merchant = world.merchants.get(mchid).ok_or_else(|| SimError::UnknownMerchant(mchid.to_owned()))?;
        let refund = merchant.refunds.get(out_refund_no);
        refund.map(Refund::view).ok_or_else(|| SimError::UnknownOrder(out_refund_no.to_owned()))
    }
}
