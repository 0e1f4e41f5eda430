//! The parts of `wechat-pay-rust-sdk` that are sound, over our own keys and clock. Nothing of it leaves this module.
//!
//! The private key is parsed once by ring and handed to the SDK as a signature, so the SDK's own RSA signing (which
//! does no blinding) is never reached. What the SDK cannot express is added where it is missing: see
//! [`super::order`] and [`super::refund`].

use chrono::{DateTime, Utc};
use wechat_pay_rust_sdk::pay::{PayNotifyTrait, WechatPayTrait};

use super::keys::MerchantKeys;
use super::request::{PayParams, SignError};

/// A merchant at one moment, as the SDK wants to see it.
struct AtMoment<'k> {
    keys: &'k MerchantKeys,
    appid: &'k str,
    timestamp_s: i64,
    nonce: &'k str,
}

impl WechatPayTrait for AtMoment<'_> {
    fn appid(&self) -> String {
        self.appid.to_owned()
    }
    fn mch_id(&self) -> String {
        self.keys.mchid.clone()
    }
    /// Not handed out: [`WechatPayTrait::rsa_sign`] below does not need it.
    fn private_key(&self) -> String {
        String::new()
    }
    fn serial_no(&self) -> String {
        self.keys.serial_no.clone()
    }
    fn v3_key(&self) -> String {
        self.keys.api_v3_key.expose().to_owned()
    }
    fn notify_url(&self) -> String {
        String::new()
    }
    fn base_url(&self) -> String {
        String::new()
    }
    /// Empty when signing failed, which [`pay_params`] turns into an error.
    fn rsa_sign(&self, content: impl AsRef<str>) -> String {
        self.keys.signer.sign(content.as_ref().as_bytes()).unwrap_or_default()
    }
    fn now_timestamp(&self) -> String {
        self.timestamp_s.to_string()
    }
    fn nonce_str(&self) -> String {
        self.nonce.to_owned()
    }
}

impl PayNotifyTrait for AtMoment<'_> {}

pub fn pay_params(
    keys: &MerchantKeys,
    appid: &str,
    prepay_id: &str,
    now: DateTime<Utc>,
    nonce: &str,
) -> Result<PayParams, SignError> {
    let at = AtMoment { keys, appid, timestamp_s: now.timestamp(), nonce };
    let signed = at.mut_sign_data("prepay_id=", prepay_id);
    if signed.pay_sign.is_empty() {
        return Err(SignError);
    }
    Ok(PayParams {
        time_stamp: signed.timestamp,
        nonce_str: signed.nonce_str,
        package: signed.package,
        sign_type: signed.sign_type,
        pay_sign: signed.pay_sign,
    })
}

/// AES-256-GCM with the APIv3 key; `None` when it does not open.
pub fn decrypt(keys: &MerchantKeys, nonce: &str, associated_data: &str, ciphertext: &str) -> Option<Vec<u8>> {
    let at = AtMoment { keys, appid: "", timestamp_s: 0, nonce: "" };
    at.decrypt_bytes(ciphertext, nonce, associated_data).ok()
}
