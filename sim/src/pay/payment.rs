//! The person's side: the phone checks what the mini program hands it, then pays.

use serde::Serialize;
use serde_json::Value;

use super::notify;
use super::order::OrderState;
use super::prepay::{CODE_URL, PREPAY_LIFE_MS};
use crate::book::{Channel, MoneyEntry, MoneyKind};
use crate::clock;
use crate::crypto;
use crate::error::SimError;
use crate::http::text;
use crate::people::PersonId;
use crate::server::Sim;
use crate::world::{World, yuan};

/// A payment that went through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Paid {
    /// Merchant.
    pub mchid: String,
    /// The merchant's number.
    pub out_trade_no: String,
    /// The platform's number, 28 digits beginning with 4200.
    pub transaction_id: String,
    /// Amount in fen.
    pub total_fen: i64,
    /// When, in milliseconds.
    pub success_ms: i64,
}

fn refused(code: &'static str, message: &'static str) -> SimError {
    SimError::PayRefused { code, message }
}

impl World {
    /// What `wx.requestPayment` does with its five parameters.
    pub(crate) fn request_payment(&mut self, person: PersonId, params: &Value) -> Result<Paid, SimError> {
        let package = text(params, "/package");
        let prepay_id = package.strip_prefix("prepay_id=").ok_or(refused("BAD_PACKAGE", "支付参数错误"))?;
        let prepay = self.prepays.get(prepay_id).cloned().ok_or(refused("PREPAY_UNKNOWN", "预支付订单不存在"))?;
        if self.clock.now_ms().saturating_sub(prepay.made_ms) >= PREPAY_LIFE_MS {
            return Err(refused("PREPAY_EXPIRED", "预支付订单已过期"));
        }
        if text(params, "/signType") != "RSA" {
            return Err(refused("PAY_SIGN", "签名类型错误"));
        }
        let merchant = self.merchants.get(&prepay.mchid).ok_or(refused("PREPAY_UNKNOWN", "预支付订单不存在"))?;
        let order = merchant.orders.get(&prepay.out_trade_no).ok_or(refused("PREPAY_UNKNOWN", "预支付订单不存在"))?;
        let (timestamp, nonce) = (text(params, "/timeStamp"), text(params, "/nonceStr"));
        if timestamp.parse::<i64>().is_err() || nonce.is_empty() {
            return Err(refused("PAY_SIGN", "支付验证签名失败"));
        }
        let message = format!("{}\n{timestamp}\n{nonce}\n{package}\n", order.party.app());
        if !crypto::verifies(&merchant.key, message.as_bytes(), text(params, "/paySign")) {
            return Err(refused("PAY_SIGN", "支付验证签名失败"));
        }
        self.pay_open_order(person, &prepay.mchid, &prepay.out_trade_no)
    }

    /// What scanning the code of a native order with the camera does.
    pub(crate) fn scan_code_url(&mut self, person: PersonId, code_url: &str) -> Result<Paid, SimError> {
        let prepay = code_url.strip_prefix(CODE_URL).and_then(|id| self.prepays.get(id)).cloned();
        let prepay = prepay.ok_or(refused("CODE_UNKNOWN", "二维码无效"))?;
        if self.clock.now_ms().saturating_sub(prepay.made_ms) >= PREPAY_LIFE_MS {
            return Err(refused("CODE_EXPIRED", "二维码已过期"));
        }
        self.pay_open_order(person, &prepay.mchid, &prepay.out_trade_no)
    }

    /// Pays an order that is open and meant for this person.
    pub(crate) fn pay_open_order(&mut self, person: PersonId, mchid: &str, number: &str) -> Result<Paid, SimError> {
        self.people.get(person).ok_or(SimError::UnknownPerson)?;
        let merchant = self.merchants.get(mchid).ok_or_else(|| SimError::UnknownMerchant(mchid.to_owned()))?;
        let order = merchant.orders.get(number).ok_or_else(|| SimError::UnknownOrder(number.to_owned()))?;
        match order.state_at(self.clock.now_ms()) {
            OrderState::NotPay => {}
            OrderState::UserPaying => return Err(refused("USERPAYING", "请在付款码页面输入密码")),
            OrderState::Closed | OrderState::Revoked | OrderState::PayError => {
                return Err(refused("ORDER_CLOSED", "订单已关闭"));
            }
            OrderState::Success | OrderState::Refund => return Err(refused("ORDERPAID", "订单已支付，请勿重复支付")),
        }
        let mine = self.people.openid(person, order.party.app());
        if order.openid.is_some() && order.openid.as_deref() != mine {
            return Err(refused("NOT_PAYER", "支付账号与下单账号不一致"));
        }
        self.settle_payment(person, mchid, number).ok_or_else(|| SimError::UnknownOrder(number.to_owned()))
    }

    /// Takes the money: state, number, book, phone, notify.
    pub(crate) fn settle_payment(&mut self, person: PersonId, mchid: &str, number: &str) -> Option<Paid> {
        let now_ms = self.clock.now_ms();
        let sequence = self.next_number();
        let order = self.merchants.get(mchid)?.orders.get(number)?;
        let openid = self.people.openid(person, order.party.app()).map(str::to_owned);
        let told_payer = order.party.tell_payer(&self.people, person);
        let merchant = self.merchants.get_mut(mchid)?;
        let order = merchant.orders.get_mut(number)?;
        let transaction_id = format!("420000{}{sequence:014}", clock::day(now_ms));
        order.state = OrderState::Success;
        order.transaction_id = Some(transaction_id.clone());
        order.success_ms = now_ms;
        order.payer = Some(person);
        order.payer_openid = openid;
        order.told_payer = told_payer;
        let receiver = order.party.receiver(mchid).to_owned();
        let (total_fen, description) = (order.total_fen, order.description.clone());
        let (url, told) = (order.notify_url.clone(), order.told(mchid, now_ms));
        merchant.by_transaction.insert(transaction_id.clone(), number.to_owned());
        self.book.money.push(MoneyEntry {
            at_ms: now_ms,
            kind: MoneyKind::Taken,
            mchid: receiver,
            out_trade_no: number.to_owned(),
            transaction_id: transaction_id.clone(),
            out_refund_no: None,
            refund_id: None,
            amount_fen: total_fen,
            person,
        });
        let lines = [("付款金额", yuan(total_fen)), ("商品", description), ("商户单号", number.to_owned())];
        self.show_card(person, Channel::Payment, "微信支付", "微信支付凭证", &lines);
        if !url.is_empty() {
            self.tell(notify::transaction(mchid, number, &url, told, now_ms));
        }
        Some(Paid {
            mchid: mchid.to_owned(),
            out_trade_no: number.to_owned(),
            transaction_id,
            total_fen,
            success_ms: now_ms,
        })
    }
}

impl Sim {
    /// The person confirms `wx.requestPayment` with the five fields (timeStamp, nonceStr, package, signType,
    /// paySign): signature, prepay life, order state and payer are checked; the notify is queued.
    pub fn pay(&self, person: PersonId, pay_params: &Value) -> Result<Paid, SimError> {
        self.world().request_payment(person, pay_params)
    }

    /// The person scans the `code_url` of a native order and pays.
    pub fn scan_to_pay(&self, person: PersonId, code_url: &str) -> Result<Paid, SimError> {
        self.world().scan_code_url(person, code_url)
    }

    /// The person pays an order whose prepay the phone already holds.
    pub fn pay_order(&self, person: PersonId, mchid: &str, out_trade_no: &str) -> Result<Paid, SimError> {
        self.world().pay_open_order(person, mchid, out_trade_no)
    }
}
