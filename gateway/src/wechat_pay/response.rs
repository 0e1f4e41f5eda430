//! Verifying what we receive, answers and callbacks alike.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use super::request::SIGNATURE_KIND;
use super::verifier::VerifierMap;

/// A message this old, or this far ahead, is refused.
const AGE_MS_MAX: u64 = 300_000;
/// WeChat Pay sends deliberately wrong signatures to see whether they are checked.
const PROBE_PREFIX: &str = "WECHATPAY/SIGNTEST/";
/// RSA-4096 in base64 is 684 characters.
const SIGNATURE_CHARS_MAX: usize = 1_024;

/// Why a message is not believed. All are answered 4xx, counted, and nobody is woken; except
/// [`VerifyError::Undecryptable`] and [`VerifyError::Unreadable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// WeChat Pay tests us with a wrong signature. Refusing is the right answer.
    #[error("签名探测流量")]
    Probe,
    /// Signed with a key we do not hold: fetch certificates, or set the public key.
    #[error("未知的平台证书序列号或公钥 ID")]
    UnknownSerial,
    /// 300 s or more from our clock, in either direction.
    #[error("时间戳超出允许范围")]
    Stale,
    /// Not what WeChat Pay signed.
    #[error("签名不符")]
    BadSignature,
    /// A header that must be there is not.
    #[error("缺少请求头 {0}")]
    MissingHeader(&'static str),
    /// Signed or not, it is not what the documents describe.
    #[error("报文格式不符")]
    Malformed,
    /// The signature holds but our APIv3 key does not open it: our configuration. Answer 5xx and wake somebody, so
    /// that WeChat Pay tries again when the key is right.
    #[error("无法用 APIv3 密钥解密")]
    Undecryptable,
    /// WeChat Pay signed it, and we cannot read it (something changed there), or it is about another merchant of our
    /// service provider. Answer 5xx and wake somebody: it may be money.
    #[error("微信支付签名正确，但内容无法识别")]
    Unreadable,
}

/// The headers that carry a signature.
#[derive(Debug, Clone)]
pub struct SignatureHeaders {
    /// `Wechatpay-Timestamp`, unix seconds.
    pub timestamp: String,
    /// `Wechatpay-Nonce`.
    pub nonce: String,
    /// `Wechatpay-Signature`, base64.
    pub signature: String,
    /// `Wechatpay-Serial`.
    pub serial: String,
    /// `Wechatpay-Signature-Type`, not always sent.
    pub kind: Option<String>,
}

impl SignatureHeaders {
    /// Picks the headers out of any header map: `look_up` gets a lower-case name.
    ///
    /// # Errors
    /// [`VerifyError::MissingHeader`].
    pub fn read<'h>(look_up: impl Fn(&'static str) -> Option<&'h str>) -> Result<Self, VerifyError> {
        let needed = |name: &'static str| {
            look_up(name).filter(|v| !v.is_empty()).map(str::to_owned).ok_or(VerifyError::MissingHeader(name))
        };
        Ok(Self {
            timestamp: needed("wechatpay-timestamp")?,
            nonce: needed("wechatpay-nonce")?,
            signature: needed("wechatpay-signature")?,
            serial: needed("wechatpay-serial")?,
            kind: look_up("wechatpay-signature-type").map(str::to_owned),
        })
    }
}

/// Verifies raw bytes. Nothing may have parsed or re-written `body` before.
///
/// # Errors
/// [`VerifyError`].
pub fn verify(
    headers: &SignatureHeaders,
    body: &[u8],
    verifiers: &VerifierMap,
    now: DateTime<Utc>,
) -> Result<(), VerifyError> {
    if headers.signature.starts_with(PROBE_PREFIX) {
        return Err(VerifyError::Probe);
    }
    if headers.kind.as_deref().is_some_and(|kind| kind != SIGNATURE_KIND) {
        return Err(VerifyError::Malformed);
    }
    check_age(&headers.timestamp, now)?;
    if !verifiers.knows(&headers.serial) {
        return Err(VerifyError::UnknownSerial);
    }
    if headers.signature.len() > SIGNATURE_CHARS_MAX {
        return Err(VerifyError::BadSignature);
    }
    let signature = STANDARD.decode(&headers.signature).map_err(|_| VerifyError::BadSignature)?;
    let mut message = Vec::with_capacity(headers.timestamp.len() + headers.nonce.len() + body.len() + 3);
    for part in [headers.timestamp.as_bytes(), headers.nonce.as_bytes(), body] {
        message.extend_from_slice(part);
        message.push(b'\n');
    }
    match verifiers.verify(&headers.serial, &message, &signature) {
        Some(true) => Ok(()),
        Some(false) => Err(VerifyError::BadSignature),
        None => Err(VerifyError::UnknownSerial),
    }
}

fn check_age(timestamp: &str, now: DateTime<Utc>) -> Result<(), VerifyError> {
    if timestamp.is_empty() || !timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(VerifyError::Malformed);
    }
    let sent_ms = timestamp.parse::<i64>().ok().and_then(|s| s.checked_mul(1_000)).ok_or(VerifyError::Malformed)?;
    if now.timestamp_millis().abs_diff(sent_ms) < AGE_MS_MAX { Ok(()) } else { Err(VerifyError::Stale) }
}
