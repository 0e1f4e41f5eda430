//! Paths of the older API.

use std::sync::Arc;

use serde_json::{Value, json};

use super::sign::sign;
use super::xml::{self, Fields};
use crate::clock;
use crate::crypto;
use crate::http::{Answer, Incoming, play, text};
use crate::mischief::{Endpoint, Trick};
use crate::pay::barcode::{Reversed, Scanned};
use crate::pay::party::{Named, Side};
use crate::pay::refusal::Refusal;
use crate::server::Shared;

const XML: &str = "text/xml; charset=utf-8";

#[derive(Clone, Copy)]
enum Call {
    Pay,
    Query,
    Reverse,
}

fn route(path: &str) -> Option<(Call, Endpoint)> {
    match path {
        "/pay/micropay" => Some((Call::Pay, Endpoint::PayBarcode)),
        "/pay/orderquery" => Some((Call::Query, Endpoint::PayQuery)),
        "/secapi/pay/reverse" => Some((Call::Reverse, Endpoint::PayReverse)),
        _ => None,
    }
}

pub(crate) fn is_v2(path: &str) -> bool {
    route(path).is_some()
}

/// A caller whose signature held.
struct Caller {
    mchid: String,
    appid: String,
    key: String,
    sign_type: String,
}

/// `return_code` FAIL: words, and no signature.
fn not_understood(message: &str) -> Answer {
    let fields = [("return_code", "FAIL"), ("return_msg", message)];
    Answer::raw(200, XML, xml::write(&fields.map(|(name, value)| (name.to_owned(), value.to_owned()))).into_bytes())
}

fn check(shared: &Shared, fields: &Fields) -> Result<Caller, &'static str> {
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let (mchid, sign_type) = (field("mch_id"), field("sign_type"));
    let now_ms = shared.clock.now_ms();
    let mut world = shared.world();
    let merchant = world.merchants.get_mut(&mchid).ok_or("商户号mch_id不存在")?;
    let key = merchant.api_v2_key.clone().ok_or("商户未设置APIv2密钥")?;
    let expected = sign(fields, &key, &sign_type).ok_or("签名类型错误")?;
    if field("sign") != expected {
        return Err("签名错误");
    }
    if !merchant.nonces.take(&field("nonce_str"), now_ms) {
        return Err("随机字符串已使用");
    }
    Ok(Caller { mchid, appid: field("appid"), key, sign_type })
}

impl Caller {
    /// Signs and writes an answer; with `result_code` FAIL the rest is the error.
    fn answer(&self, mut fields: Vec<(String, String)>) -> Answer {
        let mut put = |name: &str, value: &str| fields.push((name.to_owned(), value.to_owned()));
        put("return_code", "SUCCESS");
        put("return_msg", "OK");
        put("appid", &self.appid);
        put("mch_id", &self.mchid);
        put("nonce_str", &crypto::random_text(16));
        let as_map: Fields = fields.iter().cloned().collect();
        if let Some(signature) = sign(&as_map, &self.key, &self.sign_type) {
            fields.push(("sign".to_owned(), signature));
        }
        Answer::raw(200, XML, xml::write(&fields).into_bytes())
    }

    fn done(&self, fields: &[(&str, String)]) -> Answer {
        let mut all = vec![("result_code".to_owned(), "SUCCESS".to_owned())];
        all.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        self.answer(all)
    }

    fn failed(&self, code: &str, message: &str) -> Answer {
        // The older API spells what the newer one spells otherwise.
        let code = if code == "ORDER_NOT_EXIST" { "ORDERNOTEXIST" } else { code };
        let fields = [("result_code", "FAIL"), ("err_code", code), ("err_code_des", message)];
        self.answer(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec())
    }

    fn refused(&self, refusal: &Refusal) -> Answer {
        self.failed(&refusal.code, &refusal.message)
    }
}

pub(crate) async fn answer(shared: &Arc<Shared>, incoming: &Incoming<'_>) -> Answer {
    let Some((call, endpoint)) = route(incoming.path()) else { return Answer::bare(404) };
    if incoming.method() != "POST" {
        return not_understood("请使用post方法");
    }
    let Some(fields) = std::str::from_utf8(incoming.body).ok().and_then(xml::read) else {
        return not_understood("XML格式错误");
    };
    let caller = match check(shared, &fields) {
        Ok(caller) => caller,
        Err(message) => return not_understood(message),
    };
    let number = fields.get("out_trade_no").cloned().unwrap_or_default();
    let refuse = |_status: u16, code: &str| caller.failed(if code.is_empty() { "FREQUENCY_LIMITED" } else { code }, "");
    let run = || run(shared, &caller, call, &fields);
    let mut answer = play(shared, endpoint, &[number.as_str()], refuse, run).await;
    if answer.spoil == Some(Trick::Forge) {
        let forged = String::from_utf8_lossy(&answer.body).replace("<sign><![CDATA[", "<sign><![CDATA[0");
        answer.body = forged.into_bytes();
    }
    answer
}

fn run(shared: &Shared, caller: &Caller, call: Call, fields: &Fields) -> Answer {
    let body = as_v3(fields);
    let number = text(&body, "/out_trade_no").to_owned();
    let side = if fields.contains_key("sub_mch_id") { Side::Partner } else { Side::Direct };
    let named = Named::read(side, |name| text(&body, &format!("/{name}")).to_owned());
    let mut world = shared.world();
    let signer = caller.mchid.as_str();
    let told = match call {
        Call::Pay => match world.scan_barcode(signer, &body, side) {
            Ok(Scanned::Paid) => world.query_order(signer, &named, &number),
            Ok(Scanned::Paying) => return caller.failed("USERPAYING", "需要用户输入支付密码"),
            Err(refusal) => Err(refusal),
        },
        Call::Query => world.query_order(signer, &named, &number),
        Call::Reverse => {
            return match world.reverse_order(signer, &named, &number) {
                Ok(Reversed::Done) => caller.done(&[("recall", "N".to_owned())]),
                Ok(Reversed::Again) => caller.done(&[("recall", "Y".to_owned())]),
                Err(refusal) => caller.refused(&refusal),
            };
        }
    };
    match told {
        Ok(told) => caller.done(&in_v2(&told)),
        Err(refusal) => caller.refused(&refusal),
    }
}

/// The request in the names of the newer API, so that both go through the same rules.
fn as_v3(fields: &Fields) -> Value {
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let mut body = json!({
        "description": field("body"),
        "out_trade_no": field("out_trade_no"),
        "payer": { "auth_code": field("auth_code") },
        "amount": { "total": field("total_fee").parse::<i64>().ok(), "currency": "CNY" },
        "scene_info": { "store_info": { "id": "0" } },
    });
    let mut put = |name: &str, value: String| {
        if let Some(body) = body.as_object_mut()
            && !value.is_empty()
        {
            body.insert(name.to_owned(), json!(value));
        }
    };
    put("attach", field("attach"));
    if fields.contains_key("sub_mch_id") {
        put("sp_appid", field("appid"));
        put("sp_mchid", field("mch_id"));
        put("sub_mchid", field("sub_mch_id"));
        put("sub_appid", field("sub_appid"));
    } else {
        put("appid", field("appid"));
        put("mchid", field("mch_id"));
    }
    body
}

/// An order in the names of the older API.
fn in_v2(told: &Value) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    for (name, pointer) in [
        ("out_trade_no", "/out_trade_no"),
        ("transaction_id", "/transaction_id"),
        ("trade_type", "/trade_type"),
        ("trade_state", "/trade_state"),
        ("trade_state_desc", "/trade_state_desc"),
        ("bank_type", "/bank_type"),
        ("attach", "/attach"),
        ("openid", "/payer/openid"),
        ("openid", "/payer/sp_openid"),
        ("sub_openid", "/payer/sub_openid"),
        ("sub_mch_id", "/sub_mchid"),
        ("sub_appid", "/sub_appid"),
        ("fee_type", "/amount/currency"),
    ] {
        let value = text(told, pointer);
        if !value.is_empty() {
            fields.push((name, value.to_owned()));
        }
    }
    for (name, pointer) in [("total_fee", "/amount/total"), ("cash_fee", "/amount/payer_total")] {
        if let Some(fen) = told.pointer(pointer).and_then(Value::as_i64) {
            fields.push((name, fen.to_string()));
        }
    }
    if let Some(at_ms) = clock::parse_rfc3339(text(told, "/success_time")) {
        let digits: String = clock::plain(at_ms).chars().filter(char::is_ascii_digit).collect();
        fields.push(("time_end", digits));
    }
    fields
}
