//! One merchant's keys, parsed once: PEM is read here and never on the way of a request.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use secrecy::{ExposeSecret, SecretString};
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::request::SignError;

/// WeChat Pay sets no other length.
const API_V3_KEY_BYTES: usize = 32;
const MCHID_CHARS_MAX: usize = 32;
const SERIAL_CHARS_MAX: usize = 64;
/// Prefix of a WeChat Pay public key's id.
const PUBLIC_KEY_ID_PREFIX: &str = "PUB_KEY_ID_";

/// Why a key cannot be used. All of these are errors of configuration, found at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The merchant number is not up to 32 digits.
    #[error("商户号格式不正确")]
    BadMchid,
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

/// The keys that WeChat Pay signs with, by `Wechatpay-Serial`: platform certificates and the public key side by side,
/// because both occur while a merchant moves from one to the other.
#[derive(Clone, Default)]
pub struct VerifierMap(HashMap<String, Arc<UnparsedPublicKey<Vec<u8>>>>);

impl VerifierMap {
    /// Believes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the WeChat Pay public key under its id, `PUB_KEY_ID_…`.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn add_public_key(&mut self, key_id: &str, pem: &str) -> Result<(), KeyError> {
        let (label, der) = read_pem(pem)?;
        if label != "PUBLIC KEY" {
            return Err(KeyError::WrongLabel);
        }
        self.insert(key_id, rsa_key(&der)?)
    }

    /// Adds a platform certificate (X.509 PEM) and returns its serial number, upper-case hex.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn add_certificate(&mut self, pem: &str) -> Result<String, KeyError> {
        let (label, der) = read_pem(pem)?;
        if label != "CERTIFICATE" {
            return Err(KeyError::WrongLabel);
        }
        let (_, certificate) = x509_parser::parse_x509_certificate(&der).map_err(|_| KeyError::WrongLabel)?;
        // DER puts a zero byte before a number whose first bit is set; it is not part of the serial as WeChat writes it.
        let raw = certificate.raw_serial();
        let serial = hex::encode_upper(raw.strip_prefix(&[0]).unwrap_or(raw));
        self.insert(&serial, rsa_key(certificate.public_key().raw)?)?;
        Ok(serial)
    }

    fn insert(&mut self, serial: &str, key: Vec<u8>) -> Result<(), KeyError> {
        let serial = serial.to_ascii_uppercase();
        if !is_serial(&serial) {
            return Err(KeyError::BadSerial);
        }
        self.0.insert(serial, Arc::new(UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)));
        Ok(())
    }

    /// `None` when the serial is not known; else whether the signature (raw bytes) holds.
    pub(super) fn verify(&self, serial: &str, message: &[u8], signature: &[u8]) -> Option<bool> {
        let key = match self.0.get(serial) {
            Some(key) => key,
            None => self.0.get(&serial.to_ascii_uppercase())?,
        };
        Some(key.verify(message, signature).is_ok())
    }

    /// The public key's id, sent along to ask for answers signed with it.
    pub(super) fn public_key_id(&self) -> Option<&str> {
        self.0.keys().map(String::as_str).find(|serial| serial.starts_with(PUBLIC_KEY_ID_PREFIX))
    }

    pub(super) fn knows(&self, serial: &str) -> bool {
        self.0.contains_key(&serial.to_ascii_uppercase())
    }
}

impl fmt::Debug for VerifierMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Everything that speaks for one merchant and everything that proves WeChat Pay to it.
#[derive(Debug, Clone)]
pub struct MerchantKeys {
    /// Merchant number.
    pub mchid: String,
    /// Serial of the merchant's API certificate, 40 hex digits.
    pub serial_no: String,
    /// The API certificate's private key.
    pub signer: Arc<Signer>,
    /// Opens what is encrypted to us.
    pub api_v3_key: ApiV3Key,
    /// Whom we believe.
    pub verifiers: VerifierMap,
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
        if mchid.is_empty() || mchid.len() > MCHID_CHARS_MAX || !mchid.bytes().all(|b| b.is_ascii_digit()) {
            return Err(KeyError::BadMchid);
        }
        if !is_serial(serial_no) {
            return Err(KeyError::BadSerial);
        }
        Ok(Self { mchid: mchid.to_owned(), serial_no: serial_no.to_owned(), signer, api_v3_key, verifiers })
    }
}

/// Both go into a header: nothing but letters, digits and `_`.
fn is_serial(serial: &str) -> bool {
    !serial.is_empty()
        && serial.len() <= SERIAL_CHARS_MAX
        && serial.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn read_pem(pem: &str) -> Result<(String, Vec<u8>), KeyError> {
    let (_, pem) = parse_x509_pem(pem.trim_start().as_bytes()).map_err(|_| KeyError::NotPem)?;
    Ok((pem.label, pem.contents))
}

/// The inner RSA key of a SubjectPublicKeyInfo, as the verifier takes it.
fn rsa_key(spki: &[u8]) -> Result<Vec<u8>, KeyError> {
    let (_, info) = SubjectPublicKeyInfo::from_der(spki).map_err(|_| KeyError::BadRsa)?;
    match info.parsed() {
        Ok(PublicKey::RSA(rsa)) if rsa.key_size() >= 2048 => Ok(info.subject_public_key.data.to_vec()),
        _ => Err(KeyError::BadRsa),
    }
}
