//! [`BillGateway`] over HTTP.

use async_trait::async_trait;
use reqwest::Method;
use serde::Deserialize;
use url::Url;

use super::BillGateway;
use super::file::{BillFile, DownloadError, Unpacker};
use super::request::{BillLink, BillOutcome, BillRequest};
use crate::http::{Outgoing, StreamLimits, TransportError};
use crate::wechat_pay::MerchantKeys;
use crate::wechat_pay::client::WechatPayHttp;
use crate::wechat_pay::exchange::{Call, signed_headers};

/// A million rows, packed or not, over a slow line.
const LIMITS: StreamLimits = StreamLimits { total_timeout_ms: 600_000, body_bytes_max: 1 << 30 };
/// Where links lead.
const DOWNLOAD_PATH: &str = "/v3/billdownload/";

#[derive(Deserialize)]
struct WireError {
    code: String,
}

impl WechatPayHttp {
    /// A link is followed only to WeChat Pay itself: the request that follows it is signed.
    fn download_url(&self, link: &BillLink) -> Result<Url, DownloadError> {
        let url = Url::parse(&link.download_url).map_err(|_| DownloadError::ForeignLink)?;
        let bases = [Some(&self.hosts.primary), self.hosts.failover.as_ref()];
        let is_ours = bases.into_iter().flatten().any(|base| base.holds(&url));
        if is_ours && url.path().contains(DOWNLOAD_PATH) { Ok(url) } else { Err(DownloadError::ForeignLink) }
    }
}

#[async_trait]
impl BillGateway for WechatPayHttp {
    async fn ask_bill(&self, keys: &MerchantKeys, request: &BillRequest) -> BillOutcome {
        let segments = ["v3", "bill", request.last_segment()];
        let asked = request.query();
        let mut query: Vec<(&str, &str)> = asked.iter().map(|(name, value)| (*name, value.as_str())).collect();
        query.extend(keys.merchant.sub_query());
        let reply = self.with_failover(keys, &Call::get(&segments, &query)).await;
        BillOutcome::read(reply, request.gzip)
    }

    async fn download_bill(
        &self,
        keys: &MerchantKeys,
        link: &BillLink,
        to: &mut (dyn std::io::Write + Send),
    ) -> Result<BillFile, DownloadError> {
        let url = self.download_url(link)?;
        let headers = signed_headers(keys, &Method::GET, &url, "", &self.now)
            .map_err(|error| DownloadError::Failed { reason: error.to_string() })?;
        let out = Outgoing { method: Method::GET, url, headers, body: None };
        let mut unpacker = Unpacker::new(to, link.gzip);
        // The file itself is not signed: its hash, which was, proves it.
        let refusal = self.http.stream(out, LIMITS, |chunk| unpacker.take(chunk)).await;
        match refusal {
            Ok(None) => unpacker.finish(&link.sha1),
            Ok(Some(answer)) => {
                let code = serde_json::from_slice::<WireError>(&answer.body).map(|error| error.code);
                let code = code.unwrap_or_else(|_| format!("HTTP {}", answer.status));
                Err(DownloadError::Refused { code })
            }
            Err(TransportError::NotSent(reason) | TransportError::Unknown(reason)) => {
                Err(DownloadError::Failed { reason })
            }
        }
    }
}
