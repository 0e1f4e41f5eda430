//! Paths of `api.mch.weixin.qq.com`, each request verified and each answer signed.

use std::sync::Arc;

use serde_json::{Value, json};

use super::authorization::{self, Caller};
use super::barcode::{Reversed, Scanned};
use super::bill_file::BillAsked;
use super::party::{Named, Side};
use super::prepay::Entry;
use super::refusal::{self, Refusal};
use super::v2;
use crate::http::{Answer, Incoming, play, text};
use crate::mischief::Endpoint;
use crate::server::Shared;

/// What a path asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Call {
    Place(Entry, Side),
    QueryNumber(String, Side),
    QueryTransaction(String, Side),
    Close(String, Side),
    Scan(Side),
    Reverse(String, Side),
    Refund,
    QueryRefund(String),
    AbnormalRefund(String),
    Certificates,
    Bill { is_flow: bool },
    Download,
}

impl Call {
    fn endpoint(&self) -> Endpoint {
        match self {
            Self::Place(Entry::Jsapi, _) => Endpoint::PayPrepay,
            Self::Place(Entry::Native, _) => Endpoint::PayNative,
            Self::QueryNumber(..) | Self::QueryTransaction(..) => Endpoint::PayQuery,
            Self::Close(..) => Endpoint::PayClose,
            Self::Scan(_) | Self::Place(Entry::Barcode, _) => Endpoint::PayBarcode,
            Self::Reverse(..) => Endpoint::PayReverse,
            Self::Refund => Endpoint::PayRefund,
            Self::QueryRefund(_) => Endpoint::PayRefundQuery,
            Self::AbnormalRefund(_) => Endpoint::PayAbnormalRefund,
            Self::Certificates => Endpoint::PayCertificates,
            Self::Bill { .. } | Self::Download => Endpoint::PayBill,
        }
    }

    fn number(&self) -> &str {
        match self {
            Self::QueryNumber(number, _)
            | Self::QueryTransaction(number, _)
            | Self::Close(number, _)
            | Self::Reverse(number, _)
            | Self::QueryRefund(number)
            | Self::AbnormalRefund(number) => number,
            _ => "",
        }
    }
}

fn route(method: &str, path: &str) -> Option<Call> {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["v3", "pay", "transactions", rest @ ..] => return order_route(method, rest, Side::Direct),
        ["v3", "pay", "partner", "transactions", rest @ ..] => return order_route(method, rest, Side::Partner),
        _ => {}
    }
    Some(match (method, parts.as_slice()) {
        ("POST", ["v3", "refund", "domestic", "refunds"]) => Call::Refund,
        ("GET", ["v3", "refund", "domestic", "refunds", number]) => Call::QueryRefund(unescape(number)),
        ("POST", ["v3", "refund", "domestic", "refunds", id, "apply-abnormal-refund"]) => {
            Call::AbnormalRefund(unescape(id))
        }
        ("GET", ["v3", "certificates"]) => Call::Certificates,
        ("GET", ["v3", "bill", "tradebill"]) => Call::Bill { is_flow: false },
        ("GET", ["v3", "bill", "fundflowbill"]) => Call::Bill { is_flow: true },
        ("GET", ["v3", "billdownload", "file"]) => Call::Download,
        _ => return None,
    })
}

/// What a path below `…/transactions` asks for.
fn order_route(method: &str, rest: &[&str], side: Side) -> Option<Call> {
    Some(match (method, rest) {
        ("POST", ["jsapi"]) => Call::Place(Entry::Jsapi, side),
        ("POST", ["native"]) => Call::Place(Entry::Native, side),
        ("POST", ["codepay"]) => Call::Scan(side),
        ("POST", ["out-trade-no", number, "reverse"]) => Call::Reverse(unescape(number), side),
        ("GET", ["out-trade-no", number]) => Call::QueryNumber(unescape(number), side),
        ("GET", ["id", id]) => Call::QueryTransaction(unescape(id), side),
        ("POST", ["out-trade-no", number, "close"]) => Call::Close(unescape(number), side),
        _ => return None,
    })
}

/// Percent-decodes one path segment. A plus sign is a plus sign here.
fn unescape(segment: &str) -> String {
    let escaped = segment.replace('+', "%2B");
    url::form_urlencoded::parse(escaped.as_bytes()).next().map(|(key, _)| key.into_owned()).unwrap_or_default()
}

pub(crate) async fn answer(shared: &Arc<Shared>, incoming: &Incoming<'_>) -> Answer {
    if v2::http::is_v2(incoming.path()) {
        return v2::http::answer(shared, incoming).await;
    }
    let Some(call) = route(incoming.method(), incoming.path()) else { return Answer::bare(404) };
    let caller = match authorization::check(shared, incoming) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.answer(),
    };
    let body = incoming.json();
    let keys = [call.number(), text(&body, "/out_trade_no"), text(&body, "/out_refund_no")];
    let run = || match run(shared, &caller, &call, incoming, &body) {
        Ok(answer) => answer,
        Err(refusal) => refusal.answer(),
    };
    let answer = play(shared, call.endpoint(), &keys, refusal::ordered, run).await;
    sign(shared, &caller, answer)
}

fn sign(shared: &Shared, caller: &Caller, mut answer: Answer) -> Answer {
    if !answer.headers.iter().any(|(name, _)| *name == "Request-ID") {
        answer.headers.push(("Request-ID", refusal::request_id(0)));
    }
    if answer.signed {
        let spoil = answer.spoil.as_ref();
        let signed = shared.keys.sign(caller.signer, shared.clock.now_s(), &answer.body, spoil);
        answer.headers.extend(signed);
    }
    answer
}

fn run(
    shared: &Shared,
    caller: &Caller,
    call: &Call,
    incoming: &Incoming<'_>,
    body: &Value,
) -> Result<Answer, Refusal> {
    if incoming.method() == "POST" && !body.is_object() {
        return Err(Refusal::new(400, "PARAM_ERROR", "请求体不是合法的JSON"));
    }
    let param = |name: &str| incoming.param(name).unwrap_or_default();
    let mchid = caller.mchid.as_str();
    let mut world = shared.world();
    let value = match call {
        Call::Place(entry, side) => world.place_order(mchid, body, *entry, *side)?,
        Call::QueryNumber(number, side) => world.query_order(mchid, &Named::read(*side, param), number)?,
        Call::QueryTransaction(id, side) => world.query_transaction(mchid, &Named::read(*side, param), id)?,
        Call::Close(number, side) => {
            let named = Named::read(*side, |name| text(body, &format!("/{name}")).to_owned());
            world.close_order(mchid, &named, number)?;
            return Ok(Answer::no_content());
        }
        Call::Scan(side) => {
            let scanned = world.scan_barcode(mchid, body, *side)?;
            let named = Named::read(*side, |name| text(body, &format!("/{name}")).to_owned());
            let told = world.query_order(mchid, &named, text(body, "/out_trade_no"))?;
            let status = if scanned == Scanned::Paid { 200 } else { 202 };
            return Ok(Answer::json(status, &told));
        }
        Call::Reverse(number, side) => {
            let named = Named::read(*side, |name| text(body, &format!("/{name}")).to_owned());
            match world.reverse_order(mchid, &named, number)? {
                Reversed::Done => reversed(&named, number),
                Reversed::Again => return Err(Refusal::new(400, "USERPAYING", "订单状态未定，请稍后重新撤销")),
            }
        }
        Call::Refund => world.ask_refund(mchid, body)?,
        Call::QueryRefund(number) => world.query_refund(mchid, &param("sub_mchid"), number)?,
        Call::AbnormalRefund(id) => {
            let keys = (&shared.keys, incoming.header("Wechatpay-Serial"));
            world.apply_abnormal_refund(mchid, id, body, keys)?
        }
        Call::Certificates => {
            let key = world.certificate_key(mchid)?;
            drop(world);
            let broken = || Refusal::new(500, "SYSTEM_ERROR", "系统异常");
            shared.keys.encrypted_certificates(&key).ok_or_else(broken)?
        }
        Call::Bill { is_flow } => {
            let kind = param(if *is_flow { "account_type" } else { "bill_type" });
            let (date, tar_type, sub_mchid) = (param("bill_date"), param("tar_type"), param("sub_mchid"));
            let asked = BillAsked { is_flow: *is_flow, date, kind, tar_type, sub_mchid };
            world.ask_bill(mchid, &asked, &shared.urls.pay)?
        }
        Call::Download => {
            let file = world.download_bill(mchid, &param("token"))?;
            return Ok(Answer { signed: false, ..Answer::raw(200, "application/octet-stream", file) });
        }
    };
    Ok(Answer::json(200, &value))
}

/// What a reversal answers: the parties and the number.
fn reversed(named: &Named, number: &str) -> Value {
    match &named.sub_mchid {
        None => json!({ "mchid": named.mchid, "out_trade_no": number }),
        Some(sub_mchid) => json!({ "sp_mchid": named.mchid, "sub_mchid": sub_mchid, "out_trade_no": number }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_apart_and_numbers_decoded() {
        let path = "/v3/pay/transactions/out-trade-no/A%7CB%2AC_1/close";
        assert_eq!(route("POST", path), Some(Call::Close("A|B*C_1".to_owned(), Side::Direct)));
        assert_eq!(route("GET", path), None);
        assert_eq!(route("GET", "/v3/refund/domestic/refunds/R%401"), Some(Call::QueryRefund("R@1".to_owned())));
        assert_eq!(route("POST", "/v3/pay/transactions/native"), Some(Call::Place(Entry::Native, Side::Direct)));
        let path = "/v3/pay/partner/transactions/id/4200";
        assert_eq!(route("GET", path), Some(Call::QueryTransaction("4200".to_owned(), Side::Partner)));
    }
}
