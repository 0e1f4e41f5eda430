//! Signing what we send.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::keys::MerchantKeys;
use super::sdk;

/// The only signature kind of v3.
pub(super) const SIGNATURE_KIND: &str = "WECHATPAY2-SHA256-RSA2048";

/// The system gave no randomness: nothing can be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("签名失败：系统随机数不可用")]
pub struct SignError;

/// What the phone hands to `wx.requestPayment`, in the names it wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PayParams {
    /// Unix seconds as text.
    pub time_stamp: String,
    /// Random.
    pub nonce_str: String,
    /// `prepay_id=wx…`
    pub package: String,
    /// `RSA`.
    pub sign_type: String,
    /// Over app id, time, nonce and package.
    pub pay_sign: String,
}

/// Signs for `wx.requestPayment`. `appid` is the mini program that will call it.
///
/// # Errors
/// [`SignError`].
pub fn pay_params(
    keys: &MerchantKeys,
    appid: &str,
    prepay_id: &str,
    now: DateTime<Utc>,
    nonce: &str,
) -> Result<PayParams, SignError> {
    sdk::pay_params(keys, appid, prepay_id, now, nonce)
}

/// The `Authorization` header of one request. `path_and_query` and `body` are the bytes that will be sent; a retry
/// needs a new `nonce` and `now`.
pub(super) fn authorization(
    keys: &MerchantKeys,
    method: &str,
    path_and_query: &str,
    body: &str,
    now: DateTime<Utc>,
    nonce: &str,
) -> Result<String, SignError> {
    let timestamp = now.timestamp();
    let message = format!("{method}\n{path_and_query}\n{timestamp}\n{nonce}\n{body}\n");
    let signature = keys.signer.sign(message.as_bytes())?;
    Ok(format!(
        "{SIGNATURE_KIND} mchid=\"{}\",nonce_str=\"{nonce}\",signature=\"{signature}\",timestamp=\"{timestamp}\",\
         serial_no=\"{}\"",
        keys.mchid, keys.serial_no
    ))
}
