//! Barcode pay: the payer's phone shows a code, the cashier scans it.

use std::collections::HashMap;

use super::order::{Order, OrderState, unknown_merchant};
use super::party::Named;
use super::payment::Paid;
use super::refusal::{Refusal, TAIL_PAID};
use crate::book::{Channel, MoneyEntry, MoneyKind};
use crate::clock;
use crate::error::SimError;
use crate::mischief::{Endpoint, Trick};
use crate::people::PersonId;
use crate::server::Sim;
use crate::world::{World, yuan};

/// A code can be scanned for a minute.
const CODE_LIFE_MS: i64 = 60 * 1000;
/// What the codes made here begin with.
const CODE_START: &str = "13";
/// A reversal before this is answered "again".
const REVERSE_AFTER_MS: i64 = 15 * 1000;
const REVERSIBLE_MS: i64 = 7 * 24 * 3600 * 1000;

/// Codes that phones show.
#[derive(Default)]
pub(crate) struct PaymentCodes(HashMap<String, PaymentCode>);

struct PaymentCode {
    person: PersonId,
    until_ms: i64,
    used: bool,
}

/// How a scan ended, if it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scanned {
    Paid,
    /// The phone asks for the password.
    Paying,
}

/// How a reversal ended, if it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reversed {
    Done,
    Again,
}

/// When and under which number the money of a reversed order went back.
pub(crate) struct Reversal {
    pub(crate) at_ms: i64,
    pub(crate) refund_id: String,
}

fn failed(code: &str, message: &str) -> Refusal {
    Refusal::new(400, code, message)
}

impl World {
    /// A code on somebody's phone.
    pub(crate) fn new_payment_code(&mut self, person: PersonId) -> Result<String, SimError> {
        self.people.get(person).ok_or(SimError::UnknownPerson)?;
        let until_ms = self.clock.now_ms().saturating_add(CODE_LIFE_MS);
        let code = format!("{CODE_START}{:016}", self.next_number());
        self.codes_to_pay.0.insert(code.clone(), PaymentCode { person, until_ms, used: false });
        Ok(code)
    }

    /// The cashier's scan. The same order with the same code is the same scan.
    pub(crate) fn scan_payment_code(&mut self, signer: &str, order: Order, code: &str) -> Result<Scanned, Refusal> {
        let now_ms = self.clock.now_ms();
        let number = order.out_trade_no.clone();
        let merchant = self.merchants.get(signer).ok_or_else(unknown_merchant)?;
        if let Some(known) = merchant.orders.get(&number) {
            return scanned_before(known, &order, now_ms);
        }
        let shown = self.codes_to_pay.0.get_mut(code);
        let shown = shown.ok_or_else(|| failed("AUTH_CODE_INVALID", "付款码无效，请重新扫码"))?;
        if shown.used || now_ms >= shown.until_ms {
            return Err(failed("AUTHCODEEXPIRE", "付款码已过期，请刷新后再试"));
        }
        shown.used = true;
        let person = shown.person;
        let declined = self.mischief.takes(Endpoint::PayBarcode, &[&number], &Trick::NotEnough);
        let asks = self.mischief.takes(Endpoint::PayBarcode, &[&number], &Trick::AsksPassword);
        let state = if declined {
            OrderState::PayError
        } else if asks {
            OrderState::UserPaying
        } else {
            OrderState::NotPay
        };
        let order = Order { state, payer: Some(person), ..order };
        let merchant = self.merchants.get_mut(signer).ok_or_else(unknown_merchant)?;
        merchant.orders.insert(number.clone(), order);
        match state {
            OrderState::PayError => Err(Refusal::new(403, "NOTENOUGH", "余额不足，请更换支付方式")),
            OrderState::UserPaying => Ok(Scanned::Paying),
            _ => self.settle_payment(person, signer, &number).map(|_| Scanned::Paid).ok_or_else(unknown_merchant),
        }
    }

    /// The payer enters the password that the phone asks for.
    pub(crate) fn enter_password(&mut self, mchid: &str, number: &str) -> Result<Paid, SimError> {
        let merchant = self.merchants.get(mchid).ok_or_else(|| SimError::UnknownMerchant(mchid.to_owned()))?;
        let order = merchant.orders.get(number).ok_or_else(|| SimError::UnknownOrder(number.to_owned()))?;
        let (OrderState::UserPaying, Some(person)) = (order.state, order.payer) else {
            return Err(SimError::PayRefused { code: "NOT_ASKED", message: "没有等待输入密码的订单" });
        };
        self.settle_payment(person, mchid, number).ok_or_else(|| SimError::UnknownOrder(number.to_owned()))
    }

    /// `/secapi/pay/reverse` and `…/reverse`: closes what is unpaid, gives back what is paid.
    pub(crate) fn reverse_order(&mut self, signer: &str, named: &Named, number: &str) -> Result<Reversed, Refusal> {
        let now_ms = self.clock.now_ms();
        let merchant = self.merchants.get(signer).ok_or_else(unknown_merchant)?;
        let order = merchant.order_of(named, number)?;
        if order.trade_type != "MICROPAY" {
            return Err(failed("INVALID_REQUEST", "只有付款码支付的订单可以撤销"));
        }
        if order.state == OrderState::Revoked {
            return Ok(Reversed::Done);
        }
        if order.state == OrderState::Refund {
            return Err(failed("TRADE_STATE_ERROR", "订单发生过退款，不能撤销"));
        }
        if now_ms.saturating_sub(order.created_ms) < REVERSE_AFTER_MS {
            return Ok(Reversed::Again);
        }
        if now_ms.saturating_sub(order.created_ms) > REVERSIBLE_MS {
            return Err(failed("REVERSE_EXPIRE", "订单已超过可撤销期限"));
        }
        self.revoke(signer, number).ok_or_else(unknown_merchant)
    }

    fn revoke(&mut self, signer: &str, number: &str) -> Option<Reversed> {
        let now_ms = self.clock.now_ms();
        let sequence = self.next_number();
        let order = self.merchants.get_mut(signer)?.orders.get_mut(number)?;
        let was_paid = order.is_paid();
        order.state = OrderState::Revoked;
        if !was_paid {
            return Some(Reversed::Done);
        }
        let refund_id = format!("503000{}{sequence:015}", clock::day(now_ms));
        order.reversal = Some(Reversal { at_ms: now_ms, refund_id: refund_id.clone() });
        let (person, amount_fen) = (order.payer?, order.total_fen);
        let entry = MoneyEntry {
            at_ms: now_ms,
            kind: MoneyKind::GivenBack,
            mchid: order.party.receiver(signer).to_owned(),
            out_trade_no: number.to_owned(),
            transaction_id: order.transaction_id.clone()?,
            out_refund_no: None,
            refund_id: Some(refund_id),
            amount_fen,
            person,
        };
        self.book.money.push(entry);
        let lines = [("退款金额", yuan(amount_fen)), ("商户单号", number.to_owned())];
        self.show_card(person, Channel::Payment, "微信支付", "退款到账通知", &lines);
        Some(Reversed::Done)
    }
}

fn scanned_before(known: &Order, again: &Order, now_ms: i64) -> Result<Scanned, Refusal> {
    match known.state_at(now_ms) {
        OrderState::Revoked => Err(failed("ORDERREVERSED", "订单已撤销")),
        OrderState::Closed => Err(failed("ORDERCLOSED", "订单已关闭")),
        _ if known.fingerprint != again.fingerprint => Err(Refusal::new(403, "OUT_TRADE_NO_USED", "商户订单号重复")),
        OrderState::UserPaying | OrderState::NotPay => Ok(Scanned::Paying),
        OrderState::PayError => Err(Refusal::new(403, "NOTENOUGH", "余额不足，请更换支付方式")),
        OrderState::Success | OrderState::Refund => Err(failed("ORDERPAID", "该订单已支付").tail(TAIL_PAID)),
    }
}

impl Sim {
    /// The payer opens the code to be scanned: 18 digits, good for a minute and for one scan.
    pub fn payment_code(&self, person: PersonId) -> Result<String, SimError> {
        self.world().new_payment_code(person)
    }

    /// The payer enters the password for a scanned order that waits for it.
    pub fn enter_password(&self, mchid: &str, out_trade_no: &str) -> Result<Paid, SimError> {
        self.world().enter_password(mchid, out_trade_no)
    }

    /// Gives a merchant an APIv2 key, 32 characters: the older API is open to it from then on.
    pub fn set_api_v2_key(&self, mchid: &str, key: &str) -> Result<(), SimError> {
        let mut world = self.world();
        let merchant = world.merchants.get_mut(mchid).ok_or_else(|| SimError::UnknownMerchant(mchid.to_owned()))?;
        merchant.api_v2_key = Some(key.to_owned());
        Ok(())
    }
}
