//! [`PayGateway`] over HTTP.

use std::fmt;

use async_trait::async_trait;
use serde::Deserialize;

use super::exchange::{Call, Reply, judge, send};
use super::order::is_out_trade_no;
use super::outcome::{Meaning, Placed, meaning};
use super::refund::is_out_refund_no;
use super::response::SignatureHeaders;
use super::{
    BarcodeApi, CertificatesError, CloseOutcome, JsapiOrder, MerchantKeys, PayGateway, PlatformCertificate,
    PrepayOutcome, QueryOutcome, Refund, RefundOutcome, RefundQueryOutcome, RefundRequest, Transaction, certificate,
};
use crate::Now;
use crate::http::{Answer, BaseUrl, HttpClient, TransportError};

/// Code of our own refusal: nothing was sent.
pub(super) const LOCAL_CHECK: &str = "LOCAL_CHECK";
/// Code of "nothing left this machine".
pub(super) const CONNECT: &str = "CONNECT";
/// What WeChat Pay promises of a prepay id.
const PREPAY_ID_CHARS_MAX: usize = 64;

/// Where WeChat Pay lives.
#[derive(Debug, Clone)]
pub struct PayHosts {
    /// `https://api.mch.weixin.qq.com`
    pub primary: BaseUrl,
    /// `https://api2.mch.weixin.qq.com`: asked a second time, only for what may safely be repeated.
    pub failover: Option<BaseUrl>,
}

/// The client; one serves all merchants.
#[derive(Clone)]
pub struct WechatPayHttp {
    pub(super) http: HttpClient,
    pub(super) hosts: PayHosts,
    pub(super) now: Now,
    pub(super) barcode_api: BarcodeApi,
}

impl fmt::Debug for WechatPayHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WechatPayHttp").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl WechatPayHttp {
    /// Speaks to `hosts`; `now` stamps requests and dates answers.
    #[must_use]
    pub const fn new(http: HttpClient, hosts: PayHosts, now: Now) -> Self {
        Self { http, hosts, now, barcode_api: BarcodeApi::V2 }
    }

    /// Sends barcodes through another API than the default, [`BarcodeApi::V2`].
    #[must_use]
    pub fn with_barcode_api(self, barcode_api: BarcodeApi) -> Self {
        Self { barcode_api, ..self }
    }

    pub(super) async fn once(&self, keys: &MerchantKeys, call: &Call<'_>) -> Reply {
        judge(send(&self.http, &self.hosts.primary, keys, &self.now, call).await, keys, &self.now)
    }

    /// For calls that move money: the other host is asked only when nothing left this machine. After a silence the
    /// caller asks what became of it, and repeats unchanged if it must.
    pub(super) async fn unless_sent(&self, keys: &MerchantKeys, call: &Call<'_>) -> Reply {
        let first = self.once(keys, call).await;
        match (&self.hosts.failover, first) {
            (Some(other), Reply::NotSent(why)) => {
                tracing::warn!(why, "asking the other host");
                judge(send(&self.http, other, keys, &self.now, call).await, keys, &self.now)
            }
            (_, first) => first,
        }
    }

    /// For calls that may be repeated: a second try at the other host, newly signed.
    pub(super) async fn with_failover(&self, keys: &MerchantKeys, call: &Call<'_>) -> Reply {
        let first = self.once(keys, call).await;
        match (&self.hosts.failover, first) {
            (Some(other), Reply::NotSent(why) | Reply::Unknown(why)) => {
                tracing::warn!(why, "asking the other host");
                judge(send(&self.http, other, keys, &self.now, call).await, keys, &self.now)
            }
            (_, first) => first,
        }
    }

    async fn download(&self, keys: &MerchantKeys) -> Result<Answer, TransportError> {
        let call = Call::get(&["v3", "certificates"], &[]);
        let first = send(&self.http, &self.hosts.primary, keys, &self.now, &call).await;
        match (&self.hosts.failover, first) {
            (Some(other), Err(_)) => send(&self.http, other, keys, &self.now, &call).await,
            (_, first) => first,
        }
    }
}

#[derive(Deserialize)]
struct WirePrepay {
    prepay_id: String,
}

fn prepay_id(body: &[u8]) -> Option<String> {
    let WirePrepay { prepay_id } = serde_json::from_slice(body).ok()?;
    (1..=PREPAY_ID_CHARS_MAX).contains(&prepay_id.len()).then_some(prepay_id)
}

#[async_trait]
impl PayGateway for WechatPayHttp {
    async fn prepay_jsapi(&self, keys: &MerchantKeys, order: &JsapiOrder) -> PrepayOutcome {
        let body = match order.to_body(keys) {
            Ok(body) => body,
            Err(field) => return PrepayOutcome::Refused { code: LOCAL_CHECK.to_owned(), message: field.to_owned() },
        };
        let segments = keys.merchant.order_path(&["jsapi"]);
        let call = Call::post(&segments, body);
        match Placed::read(self.unless_sent(keys, &call).await, prepay_id) {
            Placed::Ready(prepay_id) => PrepayOutcome::Ready { prepay_id },
            Placed::AlreadyPaid => PrepayOutcome::AlreadyPaid,
            Placed::Closed => PrepayOutcome::Closed,
            Placed::NumberUsed => PrepayOutcome::NumberUsed,
            Placed::Refused { code, message } => PrepayOutcome::Refused { code, message },
            Placed::NotAccepted { code } => PrepayOutcome::NotAccepted { code },
            Placed::Unknown { reason } => PrepayOutcome::Unknown { reason },
        }
    }

    async fn query(&self, keys: &MerchantKeys, out_trade_no: &str) -> QueryOutcome {
        if !is_out_trade_no(out_trade_no) {
            return QueryOutcome::Refused { code: LOCAL_CHECK.to_owned(), message: "out_trade_no".to_owned() };
        }
        let segments = keys.merchant.order_path(&["out-trade-no", out_trade_no]);
        let query = keys.merchant.order_query(&keys.mchid);
        let call = Call::get(&segments, &query);
        match self.with_failover(keys, &call).await {
            Reply::Good { status: 200, body } => match serde_json::from_slice::<Transaction>(&body) {
                Ok(found) if found.out_trade_no == out_trade_no && found.is_of(keys) => {
                    QueryOutcome::Found(Box::new(found))
                }
                Ok(_) => QueryOutcome::Unknown { reason: "answer is about another order".to_owned() },
                Err(_) => QueryOutcome::Unknown { reason: "answer is not an order".to_owned() },
            },
            Reply::Good { status, .. } => QueryOutcome::Unknown { reason: format!("HTTP {status}") },
            Reply::Refusal { status, code, message, request_id } => match meaning(&code, request_id.as_deref()) {
                Meaning::NotFound => QueryOutcome::NotFound,
                _ if status == 429 => QueryOutcome::Unknown { reason: code },
                Meaning::Busy => QueryOutcome::Unknown { reason: code },
                _ => QueryOutcome::Refused { code, message },
            },
            Reply::NotSent(reason) | Reply::Unknown(reason) => QueryOutcome::Unknown { reason },
        }
    }

    async fn close(&self, keys: &MerchantKeys, out_trade_no: &str) -> CloseOutcome {
        if !is_out_trade_no(out_trade_no) {
            return CloseOutcome::Refused { code: LOCAL_CHECK.to_owned(), message: "out_trade_no".to_owned() };
        }
        let segments = keys.merchant.order_path(&["out-trade-no", out_trade_no, "close"]);
        let call = Call::post(&segments, keys.merchant.close_body(&keys.mchid));
        match self.with_failover(keys, &call).await {
            Reply::Good { status: 200 | 204, .. } => CloseOutcome::Closed,
            Reply::Good { status, .. } => CloseOutcome::Unknown { reason: format!("HTTP {status}") },
            Reply::Refusal { status, code, message, request_id } => match meaning(&code, request_id.as_deref()) {
                Meaning::Paid => CloseOutcome::AlreadyPaid,
                Meaning::Closed => CloseOutcome::Closed,
                Meaning::NotFound => CloseOutcome::NotFound,
                // Also said while the person is paying.
                _ if status == 429 => CloseOutcome::Unknown { reason: code },
                Meaning::Busy => CloseOutcome::Unknown { reason: code },
                _ => CloseOutcome::Refused { code, message },
            },
            Reply::NotSent(reason) | Reply::Unknown(reason) => CloseOutcome::Unknown { reason },
        }
    }

    async fn refund(&self, keys: &MerchantKeys, request: &RefundRequest) -> RefundOutcome {
        let body = match request.to_body(&keys.merchant) {
            Ok(body) => body,
            Err(field) => return RefundOutcome::Refused { code: LOCAL_CHECK.to_owned(), message: field.to_owned() },
        };
        let segments = ["v3", "refund", "domestic", "refunds"];
        let call = Call::post(&segments, body);
        RefundOutcome::read(self.unless_sent(keys, &call).await, |refund| refund.answers(request))
    }

    async fn query_refund(&self, keys: &MerchantKeys, out_refund_no: &str) -> RefundQueryOutcome {
        if !is_out_refund_no(out_refund_no) {
            return RefundQueryOutcome::Refused { code: LOCAL_CHECK.to_owned(), message: "out_refund_no".to_owned() };
        }
        let segments = ["v3", "refund", "domestic", "refunds", out_refund_no];
        let query = keys.merchant.sub_query();
        let call = Call::get(&segments, &query);
        match self.with_failover(keys, &call).await {
            Reply::Good { status: 200, body } => match Refund::from_answer(&body) {
                Some(refund) if refund.out_refund_no == out_refund_no => RefundQueryOutcome::Found(Box::new(refund)),
                _ => RefundQueryOutcome::Unknown { reason: "answer is not this refund".to_owned() },
            },
            Reply::Good { status, .. } => RefundQueryOutcome::Unknown { reason: format!("HTTP {status}") },
            Reply::Refusal { status, code, message, request_id } => match meaning(&code, request_id.as_deref()) {
                Meaning::NotFound => RefundQueryOutcome::NotFound,
                _ if status == 429 => RefundQueryOutcome::Unknown { reason: code },
                Meaning::Busy => RefundQueryOutcome::Unknown { reason: code },
                _ => RefundQueryOutcome::Refused { code, message },
            },
            Reply::NotSent(reason) | Reply::Unknown(reason) => RefundQueryOutcome::Unknown { reason },
        }
    }

    async fn certificates(&self, keys: &MerchantKeys) -> Result<Vec<PlatformCertificate>, CertificatesError> {
        let sent = self.download(keys).await;
        // The answer may be signed by a certificate that it brings along, so it is judged by its own rule.
        if let Ok(answer) = &sent
            && answer.is_success()
        {
            let headers = SignatureHeaders::read(|name| answer.header(name));
            return headers
                .map_err(|e| e.to_string())
                .and_then(|headers| certificate::open(&headers, &answer.body, keys, (self.now)()))
                .map_err(|reason| CertificatesError::Unknown { reason });
        }
        match judge(sent, keys, &self.now) {
            Reply::Refusal { status, code, .. } if status != 429 => Err(CertificatesError::NotOffered { code }),
            Reply::Refusal { code, .. } => Err(CertificatesError::Unknown { reason: code }),
            Reply::NotSent(reason) | Reply::Unknown(reason) => Err(CertificatesError::Unknown { reason }),
            Reply::Good { status, .. } => Err(CertificatesError::Unknown { reason: format!("HTTP {status}") }),
        }
    }
}
