//! An order we ask for.

use std::fmt;

use chrono::{DateTime, FixedOffset, SecondsFormat};
use domain::money::Amount;
use serde_json::{Map, Value, json};
use wechat_pay_rust_sdk::model::{AmountInfo, JsapiParams, NativeParams, ParamsTrait, PayerInfo};

use super::keys::MerchantKeys;

/// Published limits of the fields, in characters.
pub(super) const DESCRIPTION_CHARS_MAX: usize = 127;
pub(super) const ATTACH_CHARS_MAX: usize = 128;
const NOTIFY_URL_CHARS_MAX: usize = 255;
const OUT_TRADE_NO_CHARS: std::ops::RangeInclusive<usize> = 6..=32;

/// A JSAPI (mini program) order. What is sent is exactly this: repeating the number with other parameters is refused.
#[derive(Clone)]
pub struct JsapiOrder {
    /// The mini program.
    pub appid: String,
    /// What the payer sees, at most 127 characters.
    pub description: String,
    /// 6 to 32 of `[0-9A-Za-z_-|*]`, unique per merchant.
    pub out_trade_no: String,
    /// https, no query, at most 255 characters.
    pub notify_url: String,
    /// Amount to pay.
    pub total: Amount,
    /// Who pays, within `appid`.
    pub payer_openid: String,
    /// When the order ends; at least a minute ahead, at most 7 days. Only the first call of a number sets it.
    pub time_expire: Option<DateTime<FixedOffset>>,
    /// Comes back in query and notice, at most 128 characters.
    pub attach: Option<String>,
}

impl fmt::Debug for JsapiOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsapiOrder")
            .field("out_trade_no", &self.out_trade_no)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

/// `[0-9A-Za-z_\-|*]`, 6 to 32.
pub(super) fn is_out_trade_no(text: &str) -> bool {
    OUT_TRADE_NO_CHARS.contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'|' | b'*'))
}

impl JsapiOrder {
    /// The body, or the name of the field that breaks a published limit.
    pub(super) fn to_body(&self, keys: &MerchantKeys) -> Result<String, &'static str> {
        let terms = Terms {
            appid: &self.appid,
            description: &self.description,
            out_trade_no: &self.out_trade_no,
            notify_url: &self.notify_url,
            total: self.total,
            attach: self.attach.as_deref(),
        };
        let total = terms.check()?;
        let mut params = JsapiParams::new(
            self.description.as_str(),
            self.out_trade_no.as_str(),
            AmountInfo { total },
            PayerInfo { openid: self.payer_openid.clone() },
        );
        params.attach.clone_from(&self.attach);
        params.time_expire = self.time_expire.map(rfc3339);
        let mut body = terms.complete(keys, total, &params.to_json())?;
        body.insert("payer".to_owned(), keys.merchant.payer(&self.payer_openid));
        Ok(Value::Object(body).to_string())
    }
}

/// An order that anybody pays who scans its code with the camera: at the counter, on a notice board.
#[derive(Debug, Clone)]
pub struct NativeOrder {
    /// The app the merchant is bound to.
    pub appid: String,
    /// What the payer sees, at most 127 characters.
    pub description: String,
    /// 6 to 32 of `[0-9A-Za-z_-|*]`, unique per merchant.
    pub out_trade_no: String,
    /// https, no query, at most 255 characters.
    pub notify_url: String,
    /// Amount to pay.
    pub total: Amount,
    /// When the order ends; at least a minute ahead, at most 7 days. The code itself lives two hours.
    pub time_expire: Option<DateTime<FixedOffset>>,
    /// Comes back in query and notice, at most 128 characters.
    pub attach: Option<String>,
}

impl NativeOrder {
    /// The body, or the name of the field that breaks a published limit.
    pub(super) fn to_body(&self, keys: &MerchantKeys) -> Result<String, &'static str> {
        let terms = Terms {
            appid: &self.appid,
            description: &self.description,
            out_trade_no: &self.out_trade_no,
            notify_url: &self.notify_url,
            total: self.total,
            attach: self.attach.as_deref(),
        };
        let total = terms.check()?;
        let mut params = NativeParams::new(self.description.as_str(), self.out_trade_no.as_str(), AmountInfo { total });
        params.attach.clone_from(&self.attach);
        params.time_expire = self.time_expire.map(rfc3339);
        Ok(Value::Object(terms.complete(keys, total, &params.to_json())?).to_string())
    }
}

fn rfc3339(time: DateTime<FixedOffset>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// What every kind of order has.
struct Terms<'o> {
    appid: &'o str,
    description: &'o str,
    out_trade_no: &'o str,
    notify_url: &'o str,
    total: Amount,
    attach: Option<&'o str>,
}

impl Terms<'_> {
    /// The total as the SDK counts it, or the name of the field that breaks a published limit.
    fn check(&self) -> Result<i32, &'static str> {
        let too_long = |text: &str, max: usize| text.chars().count() > max;
        if !is_out_trade_no(self.out_trade_no) {
            return Err("out_trade_no");
        }
        if self.description.is_empty() || too_long(self.description, DESCRIPTION_CHARS_MAX) {
            return Err("description");
        }
        if self.notify_url.contains('?') || too_long(self.notify_url, NOTIFY_URL_CHARS_MAX) {
            return Err("notify_url");
        }
        if self.attach.is_some_and(|attach| too_long(attach, ATTACH_CHARS_MAX)) {
            return Err("attach");
        }
        // The SDK counts in i32: 21 million yuan, far above what one WeChat payment may be.
        i32::try_from(self.total.get()).map_err(|_| "amount.total")
    }

    /// Adds what the SDK leaves to its own transport, and what it has no place for: the parties and the currency.
    fn complete(&self, keys: &MerchantKeys, total: i32, params: &str) -> Result<Map<String, Value>, &'static str> {
        let mut body: Map<String, Value> = serde_json::from_str(params).map_err(|_| "body")?;
        keys.merchant.name_parties(&keys.mchid, self.appid, &mut body);
        body.insert("notify_url".to_owned(), json!(self.notify_url));
        body.insert("amount".to_owned(), json!({ "total": total, "currency": "CNY" }));
        Ok(body)
    }
}
