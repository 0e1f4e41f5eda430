//! Platform certificates, for merchants that do not have the public key yet.

use chrono::{DateTime, FixedOffset, Utc};
use serde::Deserialize;

use super::keys::{KeyError, MerchantKeys};
use super::response::{SignatureHeaders, verify};
use super::sdk;
use super::verifier::VerifierMap;

/// One or two are published at a time.
const CERTIFICATES_MAX: usize = 20;

/// A key WeChat Pay signs with, for five years. Keep the old one until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformCertificate {
    /// 40 hex digits, upper case.
    pub serial_no: String,
    /// From when.
    pub effective_time: DateTime<FixedOffset>,
    /// Until when.
    pub expire_time: DateTime<FixedOffset>,
    /// X.509 PEM, for [`VerifierMap::add_certificate`].
    pub pem: String,
}

/// How often certificates are to be fetched: a new one is published a day before it signs.
pub const REFRESH_EVERY_MS: i64 = 12 * 3_600 * 1_000;

/// What is believed after a download: everything that was, what came new, and nothing that has ended. The public key
/// stays, so a merchant can move from one to the other without a moment in which a good message is refused.
///
/// # Errors
/// [`KeyError`].
pub fn refreshed(
    held: &VerifierMap,
    fresh: &[PlatformCertificate],
    now: DateTime<Utc>,
) -> Result<VerifierMap, KeyError> {
    let mut believed = held.clone();
    for certificate in fresh {
        believed.add_certificate(&certificate.pem)?;
    }
    believed.drop_expired(now.timestamp());
    Ok(believed)
}

/// No certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificatesError {
    /// WeChat Pay refuses; so it does for every merchant in public-key mode. Not an outage.
    #[error("该商户没有平台证书（可能使用微信支付公钥）：{code}")]
    NotOffered {
        /// WeChat Pay's code.
        code: String,
    },
    /// Ask again later.
    #[error("平台证书下载结果未知：{reason}")]
    Unknown {
        /// For staff.
        reason: String,
    },
}

#[derive(Deserialize)]
struct Wire {
    data: Vec<WireCertificate>,
}

#[derive(Deserialize)]
struct WireCertificate {
    serial_no: String,
    effective_time: DateTime<FixedOffset>,
    expire_time: DateTime<FixedOffset>,
    encrypt_certificate: WireSealed,
}

#[derive(Deserialize)]
struct WireSealed {
    nonce: String,
    associated_data: Option<String>,
    ciphertext: String,
}

/// Opens the download, then verifies it: with a key already held, or, the first time, with a certificate it brought
/// itself. What makes that sound is that only holders of our APIv3 key could have sealed it.
pub(super) fn open(
    headers: &SignatureHeaders,
    body: &[u8],
    keys: &MerchantKeys,
    now: DateTime<Utc>,
) -> Result<Vec<PlatformCertificate>, String> {
    let wire: Wire = serde_json::from_slice(body).map_err(|_| "answer is not a list of certificates".to_owned())?;
    if wire.data.len() > CERTIFICATES_MAX {
        return Err("too many certificates".to_owned());
    }
    let mut believed = keys.verifiers.clone();
    let mut certificates = Vec::with_capacity(wire.data.len());
    for item in wire.data {
        let sealed = item.encrypt_certificate;
        let associated_data = sealed.associated_data.unwrap_or_default();
        let plain = sdk::decrypt(keys, &sealed.nonce, &associated_data, &sealed.ciphertext)
            .ok_or_else(|| "certificate does not open with the APIv3 key".to_owned())?;
        let pem = String::from_utf8(plain).map_err(|_| "certificate is not text".to_owned())?;
        let serial = VerifierMap::new().add_certificate(&pem).map_err(|e| e.to_string())?;
        if !serial.eq_ignore_ascii_case(&item.serial_no) {
            return Err("certificate is not the one it is announced as".to_owned());
        }
        if !believed.knows(&serial) {
            believed.add_certificate(&pem).map_err(|e| e.to_string())?;
        }
        certificates.push(PlatformCertificate {
            serial_no: serial,
            effective_time: item.effective_time,
            expire_time: item.expire_time,
            pem,
        });
    }
    verify(headers, body, &believed, now).map_err(|e| e.to_string())?;
    Ok(certificates)
}
