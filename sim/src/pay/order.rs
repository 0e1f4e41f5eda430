//! Orders: what was asked for, what became of it, and how a query tells it.

use serde::Serialize;
use serde_json::{Value, json};

use super::barcode::Reversal;
use super::merchant::Merchant;
use super::party::{Named, Party};
use super::refusal::{Refusal, TAIL_NOT_FOUND, TAIL_PAID};
use crate::clock;
use crate::error::SimError;
use crate::mischief::{Endpoint, Trick};
use crate::people::PersonId;
use crate::server::Sim;
use crate::world::World;

/// State of an order. The last three belong to barcode pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderState {
    /// Waiting for the payer.
    #[serde(rename = "NOTPAY")]
    NotPay,
    /// Paid.
    Success,
    /// Paid, and at least partly refunded.
    Refund,
    /// Closed by the merchant or by time.
    Closed,
    /// The payer is entering the password.
    #[serde(rename = "USERPAYING")]
    UserPaying,
    /// Reversed.
    Revoked,
    /// The payer's account did not give the money.
    #[serde(rename = "PAYERROR")]
    PayError,
}

impl OrderState {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NotPay => ("NOTPAY", "订单未支付"),
            Self::Success => ("SUCCESS", "支付成功"),
            Self::Refund => ("REFUND", "订单发生过退款"),
            Self::Closed => ("CLOSED", "订单已关闭"),
            Self::UserPaying => ("USERPAYING", "需要用户输入支付密码"),
            Self::Revoked => ("REVOKED", "订单已撤销"),
            Self::PayError => ("PAYERROR", "支付失败"),
        }
    }
}

/// An order as a test or the demo page sees it.
#[derive(Clone, Debug, Serialize)]
pub struct OrderView {
    /// Merchant.
    pub mchid: String,
    /// App the order was made for.
    pub appid: String,
    /// The merchant's number.
    pub out_trade_no: String,
    /// What the payer reads.
    pub description: String,
    /// Amount in fen.
    pub total_fen: i64,
    /// State now.
    pub state: OrderState,
    /// The platform's number once paid.
    pub transaction_id: Option<String>,
    /// Who has to pay, for orders made for one openid.
    pub payer: Option<PersonId>,
    /// When it was first made, in milliseconds.
    pub created_ms: i64,
}

pub(crate) struct Order {
    pub(crate) party: Party,
    pub(crate) out_trade_no: String,
    pub(crate) trade_type: &'static str,
    pub(crate) description: String,
    pub(crate) attach: Option<String>,
    pub(crate) notify_url: String,
    pub(crate) total_fen: i64,
    pub(crate) openid: Option<String>,
    /// The request without what may change between calls.
    pub(crate) fingerprint: Value,
    pub(crate) created_ms: i64,
    pub(crate) expires_ms: i64,
    pub(crate) state: OrderState,
    pub(crate) transaction_id: Option<String>,
    pub(crate) success_ms: i64,
    pub(crate) payer: Option<PersonId>,
    /// The payer as told, once paid.
    pub(crate) told_payer: Value,
    /// The payer's openid within the app it was paid in.
    pub(crate) payer_openid: Option<String>,
    pub(crate) refunds: Vec<String>,
    pub(crate) refunded_fen: i64,
    pub(crate) last_refund_ms: Option<i64>,
    /// The money of a scanned order went back.
    pub(crate) reversal: Option<Reversal>,
}

impl Order {
    /// The state with time taken into account: an unpaid order closes itself.
    pub(crate) fn state_at(&self, now_ms: i64) -> OrderState {
        if self.state == OrderState::NotPay && now_ms >= self.expires_ms { OrderState::Closed } else { self.state }
    }

    pub(crate) fn is_paid(&self) -> bool {
        matches!(self.state, OrderState::Success | OrderState::Refund)
    }

    /// Whether money ever came, whatever became of it.
    pub(crate) fn was_paid(&self) -> bool {
        self.transaction_id.is_some()
    }

    /// What a query answers and a notify carries.
    pub(crate) fn told(&self, mchid: &str, now_ms: i64) -> Value {
        let (state, words) = self.state_at(now_ms).words();
        let mut told = json!({
            "out_trade_no": self.out_trade_no,
            "trade_type": self.trade_type,
            "trade_state": state,
            "trade_state_desc": words,
            "attach": self.attach.as_deref().unwrap_or_default(),
            "amount": { "total": self.total_fen, "currency": "CNY" },
        });
        let Some(fields) = told.as_object_mut() else { return told };
        self.party.tell(mchid, fields);
        let Some(transaction_id) = &self.transaction_id else { return told };
        fields.insert("transaction_id".to_owned(), json!(transaction_id));
        fields.insert("bank_type".to_owned(), json!("OTHERS"));
        fields.insert("success_time".to_owned(), json!(clock::rfc3339(self.success_ms)));
        fields.insert("payer".to_owned(), self.told_payer.clone());
        let amount = json!({
            "total": self.total_fen,
            "payer_total": self.total_fen,
            "currency": "CNY",
            "payer_currency": "CNY",
        });
        fields.insert("amount".to_owned(), amount);
        told
    }
}

fn not_found() -> Refusal {
    Refusal::new(404, "ORDER_NOT_EXIST", "订单不存在").tail(TAIL_NOT_FOUND)
}

pub(crate) fn unknown_merchant() -> Refusal {
    Refusal::new(400, "MCH_NOT_EXISTS", "商户号不存在")
}

impl Merchant {
    /// Checks that a request speaks of the merchant that signed it.
    pub(crate) fn same_mchid(&self, mchid: &str) -> Result<(), Refusal> {
        if mchid == self.config.mchid {
            return Ok(());
        }
        Err(Refusal::param("/mchid", "商户号与签名商户号不一致"))
    }
}

impl Merchant {
    /// An order of the parties that are named.
    pub(crate) fn order_of(&self, named: &Named, out_trade_no: &str) -> Result<&Order, Refusal> {
        named.check(self)?;
        let order = self.orders.get(out_trade_no).filter(|order| order.party.sub_mchid() == named.sub_mchid.as_deref());
        order.ok_or_else(not_found)
    }
}

impl World {
    /// `GET /v3/pay/transactions/out-trade-no/{no}?mchid=`.
    pub(crate) fn query_order(&self, signer: &str, named: &Named, out_trade_no: &str) -> Result<Value, Refusal> {
        let merchant = self.merchants.get(signer).ok_or_else(unknown_merchant)?;
        Ok(merchant.order_of(named, out_trade_no)?.told(signer, self.clock.now_ms()))
    }

    /// `GET /v3/pay/transactions/id/{id}?mchid=`.
    pub(crate) fn query_transaction(&self, signer: &str, named: &Named, id: &str) -> Result<Value, Refusal> {
        let merchant = self.merchants.get(signer).ok_or_else(unknown_merchant)?;
        let number = merchant.by_transaction.get(id).ok_or_else(not_found)?;
        self.query_order(signer, named, number)
    }

    /// `POST /v3/pay/transactions/out-trade-no/{no}/close`: repeatable, refused once paid.
    pub(crate) fn close_order(&mut self, signer: &str, named: &Named, out_trade_no: &str) -> Result<(), Refusal> {
        let now_ms = self.clock.now_ms();
        let merchant = self.merchants.get(signer).ok_or_else(unknown_merchant)?;
        let order = merchant.order_of(named, out_trade_no)?;
        let open = order.state_at(now_ms) == OrderState::NotPay;
        if open && self.mischief.takes(Endpoint::PayClose, &[out_trade_no], &Trick::PaidBeforeClose) {
            let payer = order.openid.as_deref().and_then(|openid| self.people.of_openid(openid)).map(|(id, _)| id);
            if let Some(payer) = payer {
                self.settle_payment(payer, signer, out_trade_no);
            }
        }
        let order = self.merchants.get_mut(signer).and_then(|merchant| merchant.orders.get_mut(out_trade_no));
        let order = order.ok_or_else(not_found)?;
        if order.is_paid() {
            return Err(Refusal::new(400, "ORDERPAID", "该订单已支付").tail(TAIL_PAID));
        }
        order.state = OrderState::Closed;
        Ok(())
    }

    pub(crate) fn order_view(&self, mchid: &str, order: &Order) -> OrderView {
        let payer = order.openid.as_deref().and_then(|openid| self.people.of_openid(openid)).map(|(id, _)| id);
        OrderView {
            mchid: mchid.to_owned(),
            appid: order.party.app().to_owned(),
            out_trade_no: order.out_trade_no.clone(),
            description: order.description.clone(),
            total_fen: order.total_fen,
            state: order.state_at(self.clock.now_ms()),
            transaction_id: order.transaction_id.clone(),
            payer: order.payer.or(payer),
            created_ms: order.created_ms,
        }
    }

    /// All orders of all merchants, oldest first.
    pub(crate) fn order_views(&self) -> Vec<OrderView> {
        let all = self
            .merchants
            .iter()
            .flat_map(|(mchid, merchant)| merchant.orders.values().map(move |order| (mchid, order)));
        let mut views: Vec<OrderView> = all.map(|(mchid, order)| self.order_view(mchid, order)).collect();
        views.sort_by(|one, two| (one.created_ms, &one.out_trade_no).cmp(&(two.created_ms, &two.out_trade_no)));
        views
    }
}

impl Sim {
    /// An order as the platform knows it.
    pub fn order(&self, mchid: &str, out_trade_no: &str) -> Result<OrderView, SimError> {
        let world = self.world();
        let merchant = world.merchants.get(mchid).ok_or_else(|| SimError::UnknownMerchant(mchid.to_owned()))?;
        let order = merchant.orders.get(out_trade_no);
        let order = order.ok_or_else(|| SimError::UnknownOrder(out_trade_no.to_owned()))?;
        Ok(world.order_view(mchid, order))
    }

    /// All orders, oldest first.
    pub fn orders(&self) -> Vec<OrderView> {
        self.world().order_views()
    }
}
