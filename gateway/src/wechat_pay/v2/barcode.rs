//! Pay, query and reverse through the older API.

use chrono::{FixedOffset, NaiveDateTime, TimeZone};

use super::exchange::{Fields, V2Reply, call};
use super::keys::V2Keys;
use crate::http::{BaseUrl, HttpClient};
use crate::wechat_pay::barcode::{BarcodeOrder, BarcodeOutcome, ReverseOutcome, ScanFailure};
use crate::wechat_pay::client::{CONNECT, LOCAL_CHECK};
use crate::wechat_pay::keys::MerchantKeys;
use crate::wechat_pay::outcome::{Meaning, QueryOutcome, meaning};
use crate::wechat_pay::transaction::{TradeState, Transaction};

/// Times of the older API are China's, without saying so.
const CHINA_OFFSET_S: i32 = 8 * 3600;
const TIME_FORMAT: &str = "%Y%m%d%H%M%S";

fn text(fields: &Fields, name: &str) -> Option<String> {
    fields.get(name).filter(|value| !value.is_empty()).cloned()
}

fn parties(keys: &MerchantKeys, appid: &str, out_trade_no: &str) -> Fields {
    let mut fields = keys.merchant.v2_parties(&keys.mchid, appid);
    fields.insert("out_trade_no".to_owned(), out_trade_no.to_owned());
    fields
}

/// An order as the older API tells it, or what is wrong with it. `default` is the state of an answer that tells none.
fn transaction(fields: &Fields, default: Option<TradeState>) -> Result<Transaction, &'static str> {
    let number = |name: &str| fields.get(name).and_then(|value| value.parse::<i64>().ok());
    let trade_state = match (text(fields, "trade_state"), default) {
        (Some(word), _) => TradeState::of_word(&word),
        (None, Some(state)) => state,
        (None, None) => return Err("no trade_state"),
    };
    let transaction_id = text(fields, "transaction_id");
    let total_fen = number("total_fee");
    if trade_state.is_paid() && (total_fen.is_none() || transaction_id.is_none()) {
        return Err("a paid order must have an amount and a transaction_id");
    }
    let success_time = match text(fields, "time_end") {
        Some(time) => Some(china_time(&time).ok_or("time_end is not a time")?),
        None => None,
    };
    Ok(Transaction {
        appid: text(fields, "sub_appid").or_else(|| text(fields, "appid")).ok_or("no appid")?,
        mchid: text(fields, "mch_id").ok_or("no mch_id")?,
        sub_appid: text(fields, "sub_appid"),
        sub_mchid: text(fields, "sub_mch_id"),
        out_trade_no: text(fields, "out_trade_no").ok_or("no out_trade_no")?,
        transaction_id,
        trade_state,
        trade_type: text(fields, "trade_type"),
        success_time,
        payer_openid: text(fields, "sub_openid").or_else(|| text(fields, "openid")),
        total_fen: total_fen.unwrap_or(0),
        payer_total_fen: number("cash_fee"),
        // Published: yuan unless another currency is named.
        currency: text(fields, "fee_type").unwrap_or_else(|| "CNY".to_owned()),
        attach: text(fields, "attach"),
    })
}

fn china_time(time: &str) -> Option<chrono::DateTime<FixedOffset>> {
    let local = NaiveDateTime::parse_from_str(time, TIME_FORMAT).ok()?;
    FixedOffset::east_opt(CHINA_OFFSET_S)?.from_local_datetime(&local).single()
}

/// `POST /pay/micropay`. Not repeated at another host: the caller asks what became of it.
pub(in crate::wechat_pay) async fn pay(
    http: &HttpClient,
    base: &BaseUrl,
    keys: &MerchantKeys,
    v2: &V2Keys,
    order: &BarcodeOrder,
) -> BarcodeOutcome {
    let mut fields = parties(keys, &order.appid, &order.out_trade_no);
    let mut put = |name: &str, value: &str| fields.insert(name.to_owned(), value.to_owned());
    put("body", &order.description);
    put("total_fee", &order.total.get().to_string());
    put("fee_type", "CNY");
    put("spbill_create_ip", &order.terminal_ip.to_string());
    put("auth_code", &order.auth_code);
    if let Some(device_id) = &order.device_id {
        put("device_info", device_id);
    }
    if let Some(attach) = &order.attach {
        put("attach", attach);
    }
    match call(http, base, &["pay", "micropay"], v2, fields).await {
        V2Reply::Done(fields) => match transaction(&fields, Some(TradeState::Success)) {
            Ok(paid) if is_answer(&paid, keys, order) => BarcodeOutcome::Paid(Box::new(paid)),
            Ok(_) => BarcodeOutcome::Unknown { reason: "answer is about another order".to_owned() },
            Err(why) => BarcodeOutcome::Unknown { reason: why.to_owned() },
        },
        V2Reply::Failed { code, message, .. } => ScanFailure::of(&code).outcome(code, message),
        V2Reply::NotSent(_) => BarcodeOutcome::NotAccepted { code: CONNECT.to_owned() },
        V2Reply::NotUnderstood { message: reason } | V2Reply::Unknown(reason) => BarcodeOutcome::Unknown { reason },
    }
}

fn is_answer(paid: &Transaction, keys: &MerchantKeys, order: &BarcodeOrder) -> bool {
    paid.trade_state.is_paid()
        && paid.is_of(keys)
        && paid.out_trade_no == order.out_trade_no
        && paid.total_fen == order.total.get()
}

/// `POST /pay/orderquery`.
pub(in crate::wechat_pay) async fn query(
    http: &HttpClient,
    base: &BaseUrl,
    keys: &MerchantKeys,
    v2: &V2Keys,
    (appid, out_trade_no): (&str, &str),
) -> QueryOutcome {
    let fields = parties(keys, appid, out_trade_no);
    match call(http, base, &["pay", "orderquery"], v2, fields).await {
        V2Reply::Done(fields) => match transaction(&fields, None) {
            Ok(found) if found.is_of(keys) && found.out_trade_no == out_trade_no => {
                QueryOutcome::Found(Box::new(found))
            }
            Ok(_) => QueryOutcome::Unknown { reason: "answer is about another order".to_owned() },
            Err(why) => QueryOutcome::Unknown { reason: why.to_owned() },
        },
        V2Reply::Failed { code, message, .. } => match (meaning(&code, None), ScanFailure::of(&code)) {
            (Meaning::NotFound, _) => QueryOutcome::NotFound,
            (_, ScanFailure::Unknown | ScanFailure::Busy) => QueryOutcome::Unknown { reason: code },
            _ => QueryOutcome::Refused { code, message },
        },
        // Our key or our fields: said of a question, it is no news about the order.
        V2Reply::NotUnderstood { message } => QueryOutcome::Refused { code: "RETURN_FAIL".to_owned(), message },
        V2Reply::NotSent(reason) | V2Reply::Unknown(reason) => QueryOutcome::Unknown { reason },
    }
}

/// `POST /secapi/pay/reverse`, by the client that shows the API certificate.
pub(in crate::wechat_pay) async fn reverse(
    base: &BaseUrl,
    keys: &MerchantKeys,
    v2: &V2Keys,
    (appid, out_trade_no): (&str, &str),
) -> ReverseOutcome {
    let Some(secure) = &v2.secure else {
        let message = "没有配置商户 API 证书，不能撤销".to_owned();
        return ReverseOutcome::Refused { code: LOCAL_CHECK.to_owned(), message };
    };
    let fields = parties(keys, appid, out_trade_no);
    match call(secure, base, &["secapi", "pay", "reverse"], v2, fields).await {
        V2Reply::Done(fields) if wants_recall(&fields) => ReverseOutcome::Again,
        V2Reply::Done(_) => ReverseOutcome::Reversed,
        V2Reply::Failed { fields, .. } if wants_recall(&fields) => ReverseOutcome::Again,
        V2Reply::Failed { code, message, .. } => match (meaning(&code, None), ScanFailure::of(&code)) {
            (Meaning::NotFound, _) => ReverseOutcome::NotFound,
            (_, ScanFailure::Paying) => ReverseOutcome::Again,
            (_, ScanFailure::Unknown | ScanFailure::Busy) => ReverseOutcome::Unknown { reason: code },
            _ => ReverseOutcome::Refused { code, message },
        },
        V2Reply::NotUnderstood { message: reason } | V2Reply::NotSent(reason) | V2Reply::Unknown(reason) => {
            ReverseOutcome::Unknown { reason }
        }
    }
}

fn wants_recall(fields: &Fields) -> bool {
    fields.get("recall").is_some_and(|recall| recall == "Y")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    const PAID: [(&str, &str); 9] = [
        ("appid", "wx1"),
        ("mch_id", "1900000001"),
        ("out_trade_no", "A-000001"),
        ("transaction_id", "4200001"),
        ("trade_type", "MICROPAY"),
        ("total_fee", "888"),
        ("cash_fee", "880"),
        ("time_end", "20141030133525"),
        ("openid", "o1"),
    ];

    #[test]
    fn a_scan_that_was_paid_is_an_order_like_any_other() {
        let paid = transaction(&fields(&PAID), Some(TradeState::Success)).unwrap();
        assert_eq!((paid.total_fen, paid.payer_total_fen, paid.currency.as_str()), (888, Some(880), "CNY"));
        assert_eq!(paid.success_time.unwrap().to_rfc3339(), "2014-10-30T13:35:25+08:00");
    }

    #[test]
    fn a_paid_order_that_lacks_its_proof_is_refused() {
        for lacking in ["total_fee", "transaction_id", "mch_id", "appid", "out_trade_no"] {
            let mut told = fields(&PAID);
            told.remove(lacking);
            assert!(transaction(&told, Some(TradeState::Success)).is_err(), "{lacking}");
        }
        assert!(transaction(&fields(&PAID), None).is_err());
        let mut told = fields(&PAID);
        told.insert("time_end".to_owned(), "2014".to_owned());
        assert!(transaction(&told, Some(TradeState::Success)).is_err());
    }
}
