//! The one HTTP client of the whole system, and where a vendor lives.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, redirect, retry};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

/// Sent with each request; WeChat Pay refuses a request that has none.
pub const USER_AGENT: &str = concat!("linli/", env!("CARGO_PKG_VERSION"));

/// How long a call may take and how much it may answer.
#[derive(Debug, Clone, Copy)]
pub struct HttpLimits {
    /// From the first packet to the end of the TLS handshake.
    pub connect_timeout_ms: u64,
    /// From the call to the last byte of the answer.
    pub total_timeout_ms: u64,
    /// A longer answer is dropped unread.
    pub body_bytes_max: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self { connect_timeout_ms: 3_000, total_timeout_ms: 10_000, body_bytes_max: 1 << 20 }
    }
}

/// Why a client or an address could not be built. All of these are errors of our configuration.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The TLS stack did not start.
    #[error("HTTP 客户端无法启动：{0}")]
    Build(String),
    /// Not a certificate with its key, both PEM. Says no more: it was a secret.
    #[error("商户 API 证书或私钥无效")]
    BadIdentity,
    /// Not an address, or one with a login, a query or a fragment.
    #[error("接口地址无效：{0}")]
    BadAddress(String),
    /// Plain HTTP is for a simulator on this machine only.
    #[error("接口地址必须是 https（只有 127.0.0.1 可以用 http）：{0}")]
    NotHttps(String),
}

/// The shared client. Cloning shares its connections.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: reqwest::Client,
    body_bytes_max: usize,
}

/// A request as it will leave, byte for byte: what was signed must be what is sent.
pub(crate) struct Outgoing {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<String>,
}

/// How long a download may take and how much may come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamLimits {
    pub total_timeout_ms: u64,
    pub body_bytes_max: u64,
}

/// What came back, whole.
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's text; `None` when missing or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

/// No answer. The difference decides whether a call may be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TransportError {
    /// No byte of the request left this machine.
    NotSent(String),
    /// The vendor may have acted.
    Unknown(String),
}

impl HttpClient {
    /// Builds the client once per process. TLS by rustls with aws-lc, no redirects (a signed request must not be
    /// forwarded), no retries of its own (each retry needs a new signature), no proxy from the environment (vendors
    /// allow our address, not a proxy's).
    ///
    /// # Errors
    /// [`HttpError::Build`].
    pub fn new(limits: HttpLimits) -> Result<Self, HttpError> {
        Self::build(limits, None)
    }

    /// The same, showing a certificate to who asks for one: the calls of WeChat Pay's older API that give money back.
    /// `certificate_pem` is `apiclient_cert.pem`, `key_pem` is `apiclient_key.pem`.
    ///
    /// # Errors
    /// [`HttpError::BadIdentity`], [`HttpError::Build`].
    pub fn with_identity(limits: HttpLimits, certificate_pem: &str, key_pem: &SecretString) -> Result<Self, HttpError> {
        let both = SecretString::from(format!("{}\n{certificate_pem}", key_pem.expose_secret().trim_end()));
        let identity =
            reqwest::Identity::from_pem(both.expose_secret().as_bytes()).map_err(|_| HttpError::BadIdentity)?;
        Self::build(limits, Some(identity))
    }

    fn build(limits: HttpLimits, identity: Option<reqwest::Identity>) -> Result<Self, HttpError> {
        // Two providers may be compiled in; without a named default rustls panics. A second install is refused, and
        // that is fine: the first one stays.
        let _already_installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .referer(false)
            .connect_timeout(Duration::from_millis(limits.connect_timeout_ms))
            .timeout(Duration::from_millis(limits.total_timeout_ms));
        if let Some(identity) = identity {
            builder = builder.identity(identity);
        }
        let client = builder.build().map_err(|e| HttpError::Build(chain(&e)))?;
        Ok(Self { client, body_bytes_max: limits.body_bytes_max })
    }

    /// Sends, and hands on a good answer piece by piece as it comes; an answer that is not 2xx is returned whole. The
    /// limits are the caller's: files are larger and slower than answers.
    pub(crate) async fn stream(
        &self,
        out: Outgoing,
        limits: StreamLimits,
        mut take: impl FnMut(&[u8]) -> Result<(), String> + Send,
    ) -> Result<Option<Answer>, TransportError> {
        let request = self.client.request(out.method, out.url).headers(header_map(out.headers)?);
        let request = request.timeout(Duration::from_millis(limits.total_timeout_ms));
        let mut response = request.send().await.map_err(not_answered)?;
        if !response.status().is_success() {
            return self.whole(response).await.map(Some);
        }
        let mut bytes_left = limits.body_bytes_max;
        while let Some(chunk) = response.chunk().await.map_err(cut_off)? {
            let too_long = || TransportError::Unknown("file longer than the limit".to_owned());
            bytes_left =
                u64::try_from(chunk.len()).ok().and_then(|len| bytes_left.checked_sub(len)).ok_or_else(too_long)?;
            take(&chunk).map_err(TransportError::Unknown)?;
        }
        Ok(None)
    }

    /// Sends, and reads the whole answer within the limits.
    pub(crate) async fn exchange(&self, out: Outgoing) -> Result<Answer, TransportError> {
        let mut request = self.client.request(out.method, out.url).headers(header_map(out.headers)?);
        if let Some(body) = out.body {
            request = request.body(body);
        }
        let response = request.send().await.map_err(not_answered)?;
        self.whole(response).await
    }

    async fn whole(&self, mut response: reqwest::Response) -> Result<Answer, TransportError> {
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(cut_off)? {
            if body.len() + chunk.len() > self.body_bytes_max {
                return Err(TransportError::Unknown("answer longer than the limit".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }
}

fn header_map(pairs: Vec<(&'static str, String)>) -> Result<HeaderMap, TransportError> {
    let mut map = HeaderMap::with_capacity(pairs.len());
    for (name, value) in pairs {
        let mut value = HeaderValue::try_from(value)
            .map_err(|_| TransportError::NotSent(format!("header {name} is not printable")))?;
        value.set_sensitive(name == "authorization");
        map.insert(HeaderName::from_static(name), value);
    }
    Ok(map)
}

fn not_answered(error: reqwest::Error) -> TransportError {
    // The URL may hold a token or an app secret: it never reaches a message.
    let error = error.without_url();
    if error.is_connect() || error.is_builder() {
        TransportError::NotSent(chain(&error))
    } else {
        TransportError::Unknown(chain(&error))
    }
}

fn cut_off(error: reqwest::Error) -> TransportError {
    TransportError::Unknown(chain(&error.without_url()))
}

fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// Where a vendor lives: `https://api.weixin.qq.com`, or `http://127.0.0.1:9000/wechat` for a simulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Reads an address from configuration. A path is kept as a prefix of all calls.
    ///
    /// # Errors
    /// [`HttpError::BadAddress`], [`HttpError::NotHttps`].
    pub fn parse(text: &str) -> Result<Self, HttpError> {
        let mut url = Url::parse(text).map_err(|_| HttpError::BadAddress(text.to_owned()))?;
        let bare = url.username().is_empty() && url.password().is_none();
        if !bare || url.query().is_some() || url.fragment().is_some() || url.cannot_be_a_base() {
            return Err(HttpError::BadAddress(text.to_owned()));
        }
        let here = matches!(url.host(), Some(Host::Ipv4(ip)) if ip == std::net::Ipv4Addr::LOCALHOST);
        if url.scheme() != "https" && !(url.scheme() == "http" && here) {
            return Err(HttpError::NotHttps(text.to_owned()));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// Whether an address is of the same host, port and scheme.
    pub(crate) fn holds(&self, url: &Url) -> bool {
        self.0.origin() == url.origin()
    }

    /// The address of one call; every segment is one path step, whatever characters it holds.
    pub(crate) fn at(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// The address of one call with a query.
    pub(crate) fn at_with(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.at(segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

/// The `Host` header that goes with an address: the port only when it is not the scheme's own.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        assert!(BaseUrl::parse("https://api.weixin.qq.com").is_ok());
        assert!(BaseUrl::parse("http://127.0.0.1:9000").is_ok());
        for bad in ["http://api.weixin.qq.com", "http://127.0.0.1.example.com", "http://10.0.0.1", "ftp://127.0.0.1"] {
            assert!(matches!(BaseUrl::parse(bad), Err(HttpError::NotHttps(_))), "{bad}");
        }
        for bad in ["", "api.weixin.qq.com", "https://a:b@example.com", "https://example.com/?a=1"] {
            assert!(matches!(BaseUrl::parse(bad), Err(HttpError::BadAddress(_))), "{bad}");
        }
    }

    #[test]
    fn a_certificate_or_key_that_is_none_is_refused_without_a_word_of_it() {
        let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
        for (certificate, key) in [("", key), ("garbage", "secret"), (key, "")] {
            let error = HttpClient::with_identity(HttpLimits::default(), certificate, &key.into()).unwrap_err();
            assert!(!format!("{error:?} {error}").contains("c2VjcmV0"), "{error:?}");
        }
    }

    #[test]
    fn a_path_prefix_is_kept_and_a_segment_stays_one_segment() {
        let base = BaseUrl::parse("http://127.0.0.1:9000/wechat/").unwrap();
        assert_eq!(base.at(&["sns", "a/b?c"]).path(), "/wechat/sns/a%2Fb%3Fc");
        let base = BaseUrl::parse("https://api.weixin.qq.com").unwrap();
        assert_eq!(base.at_with(&["x"], &[("a", "1 2")]).as_str(), "https://api.weixin.qq.com/x?a=1+2");
        assert_eq!(authority(&base.at(&["x"])), "api.weixin.qq.com");
    }
}
