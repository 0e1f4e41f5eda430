//! Placing orders: JSAPI (mini program) and native.

use serde_json::{Value, json};

use super::barcode::Scanned;
use super::order::{Order, OrderState, unknown_merchant};
use super::party::{Party, Side};
use super::refusal::{Refusal, TAIL_EXPIRED, TAIL_PAID, TAIL_PARAMETERS_DIFFER, fen, notify_url, optional, required};
use crate::clock;
use crate::crypto;
use crate::world::World;

const DESCRIPTION_CHARS_MAX: usize = 127;
const ATTACH_CHARS_MAX: usize = 128;
const URL_CHARS_MAX: usize = 255;
const ID_CHARS_MAX: usize = 32;
const AUTH_CODE_CHARS: usize = 18;
const AUTH_CODE_CHARS_MAX: usize = 128;
const GOODS_TAG_CHARS_MAX: usize = 32;
const NUMBER_CHARS: std::ops::RangeInclusive<usize> = 6..=32;
/// Unpaid orders close themselves after this time.
const DEFAULT_LIFE_MS: i64 = 7 * 24 * 3600 * 1000;
const LEAST_LIFE_MS: i64 = 60 * 1000;
const LIFE_MAX_MS: i64 = 15 * 24 * 3600 * 1000;
/// How long a prepay_id can be paid with.
pub(crate) const PREPAY_LIFE_MS: i64 = 2 * 3600 * 1000;

/// What the code of a native order begins with.
pub(crate) const CODE_URL: &str = "weixin://wxpay/bizpayurl?pr=";

/// What a prepay_id stands for.
#[derive(Clone)]
pub(crate) struct Prepay {
    pub(crate) mchid: String,
    pub(crate) out_trade_no: String,
    pub(crate) made_ms: i64,
}

/// How the payer gets to the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Jsapi,
    Native,
    /// The cashier scans the payer's phone.
    Barcode,
}

impl Entry {
    fn trade_type(self) -> &'static str {
        match self {
            Self::Jsapi => "JSAPI",
            Self::Native => "NATIVE",
            Self::Barcode => "MICROPAY",
        }
    }
}

/// `out_trade_no`: 6–32 of `[0-9A-Za-z_\-|*]`.
pub(crate) fn is_order_number(number: &str) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_-|*".contains(letter);
    NUMBER_CHARS.contains(&number.len()) && number.chars().all(allowed)
}

impl World {
    /// `POST /v3/pay/transactions/jsapi` and `/native`.
    pub(crate) fn place_order(
        &mut self,
        signer: &str,
        body: &Value,
        entry: Entry,
        side: Side,
    ) -> Result<Value, Refusal> {
        let order = self.read_order(signer, body, entry, side)?;
        let now_ms = self.clock.now_ms();
        let number = order.out_trade_no.clone();
        let merchant = self.merchants.get_mut(signer).ok_or_else(unknown_merchant)?;
        match merchant.orders.get(&number) {
            None => {
                merchant.orders.insert(number.clone(), order);
            }
            Some(known) => same_again(known, &order, now_ms)?,
        }
        let sequence = self.next_number();
        let prepay_id = format!("wx{}{}{sequence:08}", clock::day(now_ms), crypto::random_text(18).to_lowercase());
        let prepay = Prepay { mchid: signer.to_owned(), out_trade_no: number, made_ms: now_ms };
        self.prepays.insert(prepay_id.clone(), prepay);
        if entry == Entry::Native {
            return Ok(json!({ "code_url": format!("{CODE_URL}{prepay_id}") }));
        }
        Ok(json!({ "prepay_id": prepay_id }))
    }

    /// `POST /v3/pay/transactions/codepay`, and `/pay/micropay` in its names.
    pub(crate) fn scan_barcode(&mut self, signer: &str, body: &Value, side: Side) -> Result<Scanned, Refusal> {
        required(body, "/scene_info/store_info/id", ID_CHARS_MAX)?;
        let code = required(body, "/payer/auth_code", AUTH_CODE_CHARS_MAX)?;
        let is_code = code.len() == AUTH_CODE_CHARS && code.bytes().all(|byte| byte.is_ascii_digit());
        if !is_code {
            return Err(Refusal::new(400, "AUTH_CODE_ERROR", "付款码参数错误"));
        }
        let order = self.read_order(signer, body, Entry::Barcode, side)?;
        self.scan_payment_code(signer, order, code)
    }

    fn read_order(&self, signer: &str, body: &Value, entry: Entry, side: Side) -> Result<Order, Refusal> {
        let now_ms = self.clock.now_ms();
        let merchant = self.merchants.get(signer).ok_or_else(unknown_merchant)?;
        let party = Party::read(merchant, body, side)?;
        let number = required(body, "/out_trade_no", ID_CHARS_MAX)?;
        if !is_order_number(number) {
            return Err(Refusal::param("/out_trade_no", "商户订单号不符合规则"));
        }
        let description = required(body, "/description", DESCRIPTION_CHARS_MAX)?;
        let attach = optional(body, "/attach", ATTACH_CHARS_MAX)?;
        optional(body, "/goods_tag", GOODS_TAG_CHARS_MAX)?;
        // Nothing is told of a scan: the answer is all there is.
        let url = if entry == Entry::Barcode { "" } else { notify_url(body, URL_CHARS_MAX)? };
        let total_fen = fen(body, "/amount/total")?;
        if optional(body, "/amount/currency", 16)?.is_some_and(|currency| currency != "CNY") {
            return Err(Refusal::param("/amount/currency", "货币类型不支持"));
        }
        let openid = if entry == Entry::Jsapi { Some(party.read_payer(&self.people, body)?) } else { None };
        Ok(Order {
            party,
            out_trade_no: number.to_owned(),
            trade_type: entry.trade_type(),
            description: description.to_owned(),
            attach: attach.map(str::to_owned),
            notify_url: url.to_owned(),
            total_fen,
            openid: openid.map(str::to_owned),
            fingerprint: fingerprint(body),
            created_ms: now_ms,
            expires_ms: expiry(body, now_ms)?,
            state: OrderState::NotPay,
            transaction_id: None,
            success_ms: 0,
            payer: None,
            told_payer: Value::Null,
            payer_openid: None,
            refunds: Vec::new(),
            refunded_fen: 0,
            last_refund_ms: None,
            reversal: None,
        })
    }
}

/// Only the first call sets the expiry, and where the payer stands may change.
fn fingerprint(body: &Value) -> Value {
    let mut rest = body.clone();
    if let Some(fields) = rest.as_object_mut() {
        fields.remove("time_expire");
        fields.remove("scene_info");
    }
    rest
}

fn expiry(body: &Value, now_ms: i64) -> Result<i64, Refusal> {
    let Some(text) = optional(body, "/time_expire", 64)? else { return Ok(now_ms.saturating_add(DEFAULT_LIFE_MS)) };
    let invalid = || Refusal::param("/time_expire", "订单失效时间不符合规则");
    let at_ms = clock::parse_rfc3339(text).ok_or_else(invalid)?;
    let life_ms = at_ms.saturating_sub(now_ms);
    if (LEAST_LIFE_MS..=LIFE_MAX_MS).contains(&life_ms) { Ok(at_ms) } else { Err(invalid()) }
}

/// Whether an order may be placed again: unpaid, open, and with the same parameters.
fn same_again(known: &Order, again: &Order, now_ms: i64) -> Result<(), Refusal> {
    if known.is_paid() {
        return Err(Refusal::new(400, "ORDERPAID", "该订单已支付").tail(TAIL_PAID));
    }
    if known.state_at(now_ms) == OrderState::Closed {
        let tail = if known.state == OrderState::NotPay { TAIL_EXPIRED } else { 0 };
        return Err(Refusal::new(400, "ORDER_CLOSED", "该订单已关闭").tail(tail));
    }
    if known.fingerprint != again.fingerprint || known.trade_type != again.trade_type {
        let words = "请求重入时，参数与首次请求时不一致";
        return Err(Refusal::new(403, "OUT_TRADE_NO_USED", words).tail(TAIL_PARAMETERS_DIFFER));
    }
    Ok(())
}
