//! WeChat Pay v3: we ask, it answers, and nothing it says is believed without its signature.
//!
//! - [`keys`], [`verifier`] — one merchant's keys and WeChat Pay's, parsed once;
//! - [`merchant`] — for whom they speak: a merchant itself, or one of a service provider's;
//! - [`request`] — signing what we send, and what the phone hands to `wx.requestPayment`;
//! - [`response`] — verifying what we receive;
//! - [`notify`] — callbacks;
//! - [`order`], [`transaction`], [`refund`], [`abnormal`], [`certificate`] — the nouns;
//! - [`barcode`], [`v2`] — the payer's code scanned at the cash desk, through the older API unless set otherwise;
//! - [`bill`] — the bills of a day, downloaded and read row by row;
//! - [`outcome`] — every end a call can have;
//! - [`client`] — the wire.
//!
//! Of `wechat-pay-rust-sdk` this takes the request models, the decryption and the composition of the pay signature,
//! in one private module. Its transport is not used: it believes unsigned answers and has no time-outs.

use async_trait::async_trait;

pub mod abnormal;
pub mod barcode;
pub mod bill;
pub mod certificate;
pub mod client;
mod counter;
mod exchange;
pub mod keys;
pub mod merchant;
pub mod notify;
pub mod order;
pub mod outcome;
pub mod refund;
pub mod request;
pub mod response;
mod sdk;
pub mod transaction;
pub mod v2;
#[cfg(test)]
mod vectors;
pub mod verifier;

pub use abnormal::{AbnormalRefund, AbnormalRoute};
pub use barcode::{BarcodeApi, BarcodeOrder, BarcodeOutcome, ReverseOutcome, is_auth_code};
pub use certificate::{CertificatesError, PlatformCertificate, REFRESH_EVERY_MS, refreshed};
pub use client::{PayHosts, WechatPayHttp};
pub use keys::{ApiV3Key, KeyError, MerchantKeys, Signer};
pub use merchant::{Merchant, SubMerchant};
pub use notify::{Notify, NotifyEvent, parse_notify};
pub use order::{JsapiOrder, NativeOrder};
pub use outcome::{CloseOutcome, NativeOutcome, PrepayOutcome, QueryOutcome, RefundOutcome, RefundQueryOutcome};
pub use refund::{Refund, RefundNotice, RefundOf, RefundRequest, RefundStatus};
pub use request::{PayParams, SignError, pay_params};
pub use response::{SignatureHeaders, VerifyError};
pub use transaction::{TradeState, Transaction};
pub use v2::{ApiV2Key, V2Keys, V2SignType};
pub use verifier::VerifierMap;

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

/// What is done about a refund that got stuck. The same rules as [`PayGateway`].
#[async_trait]
pub trait RefundGateway: Send + Sync {
    /// Sends a refund in state ABNORMAL another way
    /// (`POST /v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund`).
    async fn apply_abnormal_refund(&self, keys: &MerchantKeys, refund: &AbnormalRefund) -> RefundOutcome;
}

/// What the cashier asks of WeChat Pay. The same rules as [`PayGateway`].
#[async_trait]
pub trait CounterGateway: Send + Sync {
    /// Creates an order that is paid by scanning a code (`POST /v3/pay/transactions/native`). Query and close are those
    /// of [`PayGateway`].
    async fn order_native(&self, keys: &MerchantKeys, order: &NativeOrder) -> NativeOutcome;

    /// Takes the money of the payer whose phone was scanned. There is no notice of it.
    async fn pay_barcode(&self, keys: &MerchantKeys, order: &BarcodeOrder) -> BarcodeOutcome;

    /// Asks for a scanned order by our number.
    async fn query_barcode(&self, keys: &MerchantKeys, appid: &str, out_trade_no: &str) -> QueryOutcome;

    /// Makes a scanned order impossible to pay, and gives the money back if it was paid: from 15 s to 7 days after the
    /// scan. Repeatable.
    async fn reverse_barcode(&self, keys: &MerchantKeys, appid: &str, out_trade_no: &str) -> ReverseOutcome;
}
