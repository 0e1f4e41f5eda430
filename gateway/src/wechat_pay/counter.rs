//! [`CounterGateway`] over HTTP: the code that is shown, and the code that is scanned.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::barcode::ScanFailure;
use super::client::{CONNECT, LOCAL_CHECK, WechatPayHttp};
use super::exchange::{Call, Reply};
use super::order::is_out_trade_no;
use super::outcome::{Meaning, Placed, meaning};
use super::{
    BarcodeApi, BarcodeOrder, BarcodeOutcome, CounterGateway, MerchantKeys, NativeOrder, NativeOutcome, PayGateway,
    QueryOutcome, ReverseOutcome, TradeState, Transaction, v2,
};

/// Far above what is published; a QR code of more is hard to read.
const CODE_URL_CHARS_MAX: usize = 512;
const NO_V2_KEY: &str = "没有配置 APIv2 密钥，不能收付款码";
const CODE_URL_SCHEME: &str = "weixin://";

#[derive(Deserialize)]
struct WireNative {
    code_url: String,
}

fn code_url(body: &[u8]) -> Option<String> {
    let WireNative { code_url } = serde_json::from_slice(body).ok()?;
    (code_url.starts_with(CODE_URL_SCHEME) && code_url.len() <= CODE_URL_CHARS_MAX).then_some(code_url)
}

#[async_trait]
impl CounterGateway for WechatPayHttp {
    async fn order_native(&self, keys: &MerchantKeys, order: &NativeOrder) -> NativeOutcome {
        let body = match order.to_body(keys) {
            Ok(body) => body,
            Err(field) => return NativeOutcome::Refused { code: LOCAL_CHECK.to_owned(), message: field.to_owned() },
        };
        let segments = keys.merchant.order_path(&["native"]);
        let call = Call::post(&segments, body);
        match Placed::read(self.unless_sent(keys, &call).await, code_url) {
            Placed::Ready(code_url) => NativeOutcome::Ready { code_url },
            Placed::AlreadyPaid => NativeOutcome::AlreadyPaid,
            Placed::Closed => NativeOutcome::Closed,
            Placed::NumberUsed => NativeOutcome::NumberUsed,
            Placed::Refused { code, message } => NativeOutcome::Refused { code, message },
            Placed::NotAccepted { code } => NativeOutcome::NotAccepted { code },
            Placed::Unknown { reason } => NativeOutcome::Unknown { reason },
        }
    }

    async fn pay_barcode(&self, keys: &MerchantKeys, order: &BarcodeOrder) -> BarcodeOutcome {
        let local =
            |message: &str| BarcodeOutcome::Refused { code: LOCAL_CHECK.to_owned(), message: message.to_owned() };
        if let Err(field) = order.check(self.barcode_api) {
            return local(field);
        }
        match (self.barcode_api, &keys.v2) {
            (BarcodeApi::V2, Some(v2)) => v2::barcode::pay(&self.http, &self.hosts.primary, keys, v2, order).await,
            (BarcodeApi::V2, None) => local(NO_V2_KEY),
            (BarcodeApi::V3, _) => {
                let segments = keys.merchant.order_path(&["codepay"]);
                let reply = self.unless_sent(keys, &Call::post(&segments, order.to_body(keys))).await;
                scanned(reply, keys, order)
            }
        }
    }

    async fn query_barcode(&self, keys: &MerchantKeys, appid: &str, out_trade_no: &str) -> QueryOutcome {
        let local = |message: &str| QueryOutcome::Refused { code: LOCAL_CHECK.to_owned(), message: message.to_owned() };
        if !is_out_trade_no(out_trade_no) {
            return local("out_trade_no");
        }
        if self.barcode_api == BarcodeApi::V3 {
            return self.query(keys, out_trade_no).await;
        }
        let Some(v2) = &keys.v2 else { return local(NO_V2_KEY) };
        let order = (appid, out_trade_no);
        match (v2::barcode::query(&self.http, &self.hosts.primary, keys, v2, order).await, &self.hosts.failover) {
            (QueryOutcome::Unknown { .. }, Some(other)) => v2::barcode::query(&self.http, other, keys, v2, order).await,
            (first, _) => first,
        }
    }

    async fn reverse_barcode(&self, keys: &MerchantKeys, appid: &str, out_trade_no: &str) -> ReverseOutcome {
        let local =
            |message: &str| ReverseOutcome::Refused { code: LOCAL_CHECK.to_owned(), message: message.to_owned() };
        if !is_out_trade_no(out_trade_no) {
            return local("out_trade_no");
        }
        match (self.barcode_api, &keys.v2) {
            (BarcodeApi::V2, Some(v2)) => {
                v2::barcode::reverse(&self.hosts.primary, keys, v2, (appid, out_trade_no)).await
            }
            (BarcodeApi::V2, None) => local(NO_V2_KEY),
            (BarcodeApi::V3, _) => {
                let segments = keys.merchant.order_path(&["out-trade-no", out_trade_no, "reverse"]);
                let mut body = Map::new();
                keys.merchant.name_parties(&keys.mchid, appid, &mut body);
                let call = Call::post(&segments, Value::Object(body).to_string());
                reversed(self.with_failover(keys, &call).await)
            }
        }
    }
}

/// The end of a scan through the newer API.
fn scanned(reply: Reply, keys: &MerchantKeys, order: &BarcodeOrder) -> BarcodeOutcome {
    match reply {
        Reply::Good { status: 202, .. } => BarcodeOutcome::Paying,
        Reply::Good { status: 200, body } => match serde_json::from_slice::<Transaction>(&body) {
            Ok(found) if found.out_trade_no != order.out_trade_no || !found.is_of(keys) => {
                BarcodeOutcome::Unknown { reason: "answer is about another order".to_owned() }
            }
            Ok(found) if found.trade_state.is_paid() && found.total_fen == order.total.get() => {
                BarcodeOutcome::Paid(Box::new(found))
            }
            Ok(found) if found.trade_state == TradeState::UserPaying => BarcodeOutcome::Paying,
            Ok(found) => BarcodeOutcome::Unknown { reason: format!("{:?}", found.trade_state) },
            Err(_) => BarcodeOutcome::Unknown { reason: "answer is not an order".to_owned() },
        },
        Reply::Good { status, .. } => BarcodeOutcome::Unknown { reason: format!("HTTP {status}") },
        Reply::Refusal { status: 429, code, .. } => BarcodeOutcome::NotAccepted { code },
        Reply::Refusal { code, message, .. } => ScanFailure::of(&code).outcome(code, message),
        Reply::NotSent(_) => BarcodeOutcome::NotAccepted { code: CONNECT.to_owned() },
        Reply::Unknown(reason) => BarcodeOutcome::Unknown { reason },
    }
}

/// The end of a reversal through the newer API.
fn reversed(reply: Reply) -> ReverseOutcome {
    match reply {
        Reply::Good { status: 200 | 204, .. } => ReverseOutcome::Reversed,
        Reply::Good { status: 202, .. } => ReverseOutcome::Again,
        Reply::Good { status, .. } => ReverseOutcome::Unknown { reason: format!("HTTP {status}") },
        Reply::Refusal { status, code, message, request_id } => match meaning(&code, request_id.as_deref()) {
            Meaning::NotFound => ReverseOutcome::NotFound,
            _ if status == 429 => ReverseOutcome::Unknown { reason: code },
            _ if ScanFailure::of(&code) == ScanFailure::Paying => ReverseOutcome::Again,
            Meaning::Busy => ReverseOutcome::Unknown { reason: code },
            _ => ReverseOutcome::Refused { code, message },
        },
        Reply::NotSent(reason) | Reply::Unknown(reason) => ReverseOutcome::Unknown { reason },
    }
}
