//! One merchant's keys, parsed once: PEM is read here and never on the way of a request.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use secrecy::{ExposeSecret, SecretString};
use x509_parser::pem::parse_x509_pem;

use super::merchant::{Merchant, SubMerchant};
use super::request::SignError;
use super::v2::V2Keys;
use super::verifier::VerifierMap;

/// WeChat Pay sets no other length.
const API_V3_KEY_BYTES: usize = 32;
const MCHID_CHARS_MAX: usize = 32;
const SERIAL_CHARS_MAX: usize = 64;

/// Why a key cannot be used. All of these are errors of configuration, found at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The merchant number is not up to 32 digits.
    #[error("商户号格式不正确")]
    BadMchid,
    /// An app id is empty or too long.
    #[error("AppID 格式不正确")]
    BadAppid,
    /// A serial number or key id is empty, too long or has strange characters.
    #[error("证书序列号或公钥 ID 格式不正确")]
    BadSerial,
    /// Not PEM at all.
    #[error("密钥不是有效的 PEM 文本")]
    NotPem,
    /// `BEGIN RSA PRIVATE KEY`.
    #[error("私钥是 PKCS#1 格式，请转换：openssl pkcs8 -topk8 -nocrypt -in apiclient_key.pem -out key.pem")]
    Pkcs1,
    /// `BEGIN ENCRYPTED PRIVATE KEY`.
    #[error("私钥带有密码，请去掉密码后再配置")]
    Encrypted,
    /// PEM of something else than what belongs here.
    #[error("PEM 的内容不是所需的类型")]
    WrongLabel,
    /// Not RSA, too short, or damaged.
    #[error("不是有效的 RSA 密钥（至少 2048 位）")]
    BadRsa,
    /// The APIv3 key is not exactly 32 bytes.
    #[error("APIv3 密钥必须正好 32 个字符")]
    ApiV3KeyLength,
    /// The APIv2 key is not exactly 32 letters and digits.
    #[error("APIv2 密钥必须正好 32 位字母和数字")]
    ApiV2KeyLength,
}

/// The merchant's private key.
pub struct Signer {
    key: RsaKeyPair,
    random: SystemRandom,
}

impl Signer {
    /// Reads `apiclient_key.pem` (PKCS#8).
    ///
    /// # Errors
    /// [`KeyError`], with the command to run for a PKCS#1 key.
    pub fn from_pkcs8_pem(pem: &SecretString) -> Result<Self, KeyError> {
        let (label, der) = read_pem(pem.expose_secret())?;
        match label.as_str() {
            "PRIVATE KEY" => {}
            "RSA PRIVATE KEY" => return Err(KeyError::Pkcs1),
            "ENCRYPTED PRIVATE KEY" => return Err(KeyError::Encrypted),
            _ => return Err(KeyError::WrongLabel),
        }
        let key = RsaKeyPair::from_pkcs8(&der).map_err(|_| KeyError::BadRsa)?;
        Ok(Self { key, random: SystemRandom::new() })
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256, base64.
    ///
    /// # Errors
    /// [`SignError`] when the system has no randomness for blinding.
    pub fn sign(&self, message: &[u8]) -> Result<String, SignError> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &self.random, message, &mut signature).map_err(|_| SignError)?;
        Ok(STANDARD.encode(signature))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(…)")
    }
}

/// The APIv3 key: opens callbacks and certificates.
#[derive(Debug, Clone)]
pub struct ApiV3Key(SecretString);

impl ApiV3Key {
    /// Takes exactly 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::ApiV3KeyLength`].
    pub fn parse(key: SecretString) -> Result<Self, KeyError> {
        if key.expose_secret().len() == API_V3_KEY_BYTES { Ok(Self(key)) } else { Err(KeyError::ApiV3KeyLength) }
    }

    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Everything that speaks for one merchant and everything that proves WeChat Pay to it.
#[derive(Debug, Clone)]
pub struct MerchantKeys {
    /// Number of the merchant that signs: the merchant's own, or the service provider's.
    pub mchid: String,
    /// Serial of the merchant's API certificate, 40 hex digits.
    pub serial_no: String,
    /// The API certificate's private key.
    pub signer: Arc<Signer>,
    /// Opens what is encrypted to us.
    pub api_v3_key: ApiV3Key,
    /// Whom we believe.
    pub verifiers: VerifierMap,
    /// For whom they speak.
    pub merchant: Merchant,
    /// For the older API; nothing when the merchant takes no barcodes through it.
    pub v2: Option<V2Keys>,
}

impl MerchantKeys {
    /// Puts the keys together. `verifiers` may be empty: then nothing is believed.
    ///
    /// # Errors
    /// [`KeyError::BadMchid`], [`KeyError::BadSerial`].
    pub fn new(
        mchid: &str,
        serial_no: &str,
        signer: Arc<Signer>,
        api_v3_key: ApiV3Key,
        verifiers: VerifierMap,
    ) -> Result<Self, KeyError> {
        if !is_mchid(mchid) {
            return Err(KeyError::BadMchid);
        }
        if !is_serial(serial_no) {
            return Err(KeyError::BadSerial);
        }
        Ok(Self {
            mchid: mchid.to_owned(),
            serial_no: serial_no.to_owned(),
            signer,
            api_v3_key,
            verifiers,
            merchant: Merchant::Direct,
            v2: None,
        })
    }

    /// The same keys, and those of the older API.
    #[must_use]
    pub fn with_v2(self, v2: V2Keys) -> Self {
        Self { v2: Some(v2), ..self }
    }

    /// The same keys, of a service provider, speaking for one of its merchants.
    #[must_use]
    pub fn for_sub_merchant(self, sub: SubMerchant) -> Self {
        Self { merchant: Merchant::Sub(sub), ..self }
    }
}

/// Up to 32 digits: it goes into headers and queries.
pub(super) fn is_mchid(mchid: &str) -> bool {
    !mchid.is_empty() && mchid.len() <= MCHID_CHARS_MAX && mchid.bytes().all(|b| b.is_ascii_digit())
}

/// Both go into a header: nothing but letters, digits and `_`.
pub(super) fn is_serial(serial: &str) -> bool {
    !serial.is_empty()
        && serial.len() <= SERIAL_CHARS_MAX
        && serial.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

pub(super) fn read_pem(pem: &str) -> Result<(String, Vec<u8>), KeyError> {
    let (_, pem) = parse_x509_pem(pem.trim_start().as_bytes()).map_err(|_| KeyError::NotPem)?;
    Ok((pem.label, pem.contents))
}
