//! WeChat Pay v3: we ask, it answers, and nothing it says is believed without its signature.
//!
//! - [`keys`] — one merchant's keys, parsed once;
//! - [`request`] — signing what we send, and what the phone hands to `wx.requestPayment`;
//! - [`response`] — verifying what we receive;
//! - [`notify`] — callbacks;
//! - [`order`], [`transaction`], [`refund`], [`certificate`] — the nouns;
//! - [`outcome`] — every end a call can have;
//! - [`client`] — the wire.
//!
//! Of `wechat-pay-rust-sdk` this takes the request models, the decryption and the composition of the pay signature,
//! in one private module. Its transport is not used: it believes unsigned answers and has no time-outs.

use async_trait::async_trait;

pub mod certificate;
pub mod client;
mod exchange;
pub mod keys;
pub mod notify;
pub mod order;
pub mod outcome;
pub mod refund;
pub mod request;
pub mod response;
mod sdk;
pub mod transaction;
#[cfg(test)]
mod vectors;

pub use certificate::{CertificatesError, PlatformCertificate};
pub use client::{PayHosts, WechatPayHttp};
pub use keys::{ApiV3Key, KeyError, MerchantKeys, Signer, VerifierMap};
pub use notify::{Notify, NotifyEvent, parse_notify};
pub use order::JsapiOrder;
pub use outcome::{CloseOutcome, PrepayOutcome, QueryOutcome, RefundOutcome, RefundQueryOutcome};
pub use refund::{Refund, RefundNotice, RefundOf, RefundRequest, RefundStatus};
pub use request::{PayParams, SignError, pay_params};
pub use response::{SignatureHeaders, VerifyError};
pub use transaction::{TradeState, Transaction};

/// What we ask of WeChat Pay. Every end of a call is an outcome; `Unknown` is never a failure of the payment, it is a
/// question for [`PayGateway::query`]. Repeats are the caller's decision: the same number with the same parameters is
/// always safe, a new number is a new movement of money.
#[async_trait]
pub trait PayGateway: Send + Sync {
    /// Creates an order for a mini program (`POST /v3/pay/transactions/jsapi`).
    async fn prepay_jsapi(&self, keys: &MerchantKeys, order: &JsapiOrder) -> PrepayOutcome;

    /// Asks for an order by our number.
    async fn query(&self, keys: &MerchantKeys, out_trade_no: &str) -> QueryOutcome;

    /// Closes an unpaid order. Repeatable.
    async fn close(&self, keys: &MerchantKeys, out_trade_no: &str) -> CloseOutcome;

    /// Asks for a refund. Accepted is not finished: [`PayGateway::query_refund`] or the notice tells the end.
    async fn refund(&self, keys: &MerchantKeys, request: &RefundRequest) -> RefundOutcome;

    /// Asks for a refund by our number.
    async fn query_refund(&self, keys: &MerchantKeys, out_refund_no: &str) -> RefundQueryOutcome;

    /// Downloads the platform certificates. Merchants in public-key mode are refused: that is no outage.
    async fn certificates(&self, keys: &MerchantKeys) -> Result<Vec<PlatformCertificate>, CertificatesError>;
}
