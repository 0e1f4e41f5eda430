//! Refunds: accepted first, finished later.

use serde::Serialize;
use serde_json::{Value, json};

use super::notify;
use super::order::{OrderState, unknown_merchant};
use super::refund_request::{Asked, check_order, invalid};
use super::refusal::Refusal;
use crate::book::{Channel, MoneyEntry, MoneyKind};
use crate::clock;
use crate::error::SimError;
use crate::http::text;
use crate::mischief::{Endpoint, Trick};
use crate::people::PersonId;
use crate::server::Sim;
use crate::world::{World, yuan};

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
    pub(crate) fn text(self) -> &'static str {
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
    /// Of a service provider's order.
    sub_mchid: Option<String>,
}

impl Refund {
    pub(crate) fn told(&self) -> Value {
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

    pub(crate) fn notified(&self, mchid: &str) -> Value {
        let mut told = match &self.sub_mchid {
            Some(sub_mchid) => json!({ "sp_mchid": mchid, "sub_mchid": sub_mchid }),
            None => json!({ "mchid": mchid }),
        };
        let rest = json!({
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
        if let (Some(told), Value::Object(mut rest)) = (told.as_object_mut(), rest) {
            told.append(&mut rest);
        }
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

    pub(crate) fn state(&self) -> RefundState {
        self.state
    }

    /// Whether it belongs to this sub-merchant; an empty number stands for a direct merchant.
    pub(crate) fn is_of(&self, sub_mchid: &str) -> bool {
        self.sub_mchid.as_deref().unwrap_or_default() == sub_mchid
    }

    /// On its way once more, another way.
    pub(crate) fn start_again(&mut self, ends_ms: i64, ends_as: RefundState) {
        self.state = RefundState::Processing;
        self.ends_ms = ends_ms;
        self.ends_as = ends_as;
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
        let sub_mchid = Some(text(body, "/sub_mchid")).filter(|sub_mchid| !sub_mchid.is_empty());
        let order = merchant.orders.get(&asked.out_trade_no).filter(|order| order.party.sub_mchid() == sub_mchid);
        let order = order.ok_or_else(|| Refusal::new(404, "RESOURCE_NOT_EXISTS", "订单不存在"))?;
        check_order(order, &asked, now_ms, self.config.refund_gap_ms)?;
        let keys = [asked.out_refund_no, asked.out_trade_no.as_str()];
        if self.mischief.takes(Endpoint::PayRefund, &keys, &Trick::NotEnough) {
            return Err(Refusal::new(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起"));
        }
        let ends_as = self.refund_end(Endpoint::PayRefund, &keys);
        self.accept_refund(signer, &asked, ends_as).ok_or_else(unknown_merchant)
    }

    pub(crate) fn refund_end(&mut self, at: Endpoint, keys: &[&str]) -> RefundState {
        if self.mischief.takes(at, keys, &Trick::RefundAbnormal) {
            return RefundState::Abnormal;
        }
        if self.mischief.takes(at, keys, &Trick::RefundClosed) {
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
            sub_mchid: order.party.sub_mchid().map(str::to_owned),
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
            mchid: refund.sub_mchid.as_deref().unwrap_or(mchid).to_owned(),
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

    /// `GET /v3/refund/domestic/refunds/{out_refund_no}`; a service provider names the merchant by `?sub_mchid=`.
    pub(crate) fn query_refund(&mut self, signer: &str, sub: &str, number: &str) -> Result<Value, Refusal> {
        self.settle_refunds();
        let merchant = self.merchants.get(signer).ok_or_else(unknown_merchant)?;
        let refund = merchant.refunds.get(number).filter(|refund| refund.is_of(sub));
        refund.map(Refund::told).ok_or_else(|| Refusal::new(404, "RESOURCE_NOT_EXISTS", "退款单不存在"))
    }
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
