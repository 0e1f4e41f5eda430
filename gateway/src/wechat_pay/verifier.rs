//! The keys that WeChat Pay signs with, and that we encrypt to it with.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::keys::{KeyError, is_serial, read_pem};

/// Prefix of a WeChat Pay public key's id.
const PUBLIC_KEY_ID_PREFIX: &str = "PUB_KEY_ID_";

/// One key of WeChat Pay.
struct PlatformKey {
    verifies: UnparsedPublicKey<Vec<u8>>,
    /// SubjectPublicKeyInfo, as encryption wants it.
    spki: Vec<u8>,
    /// A certificate's end, unix seconds; a public key has none.
    ends_s: Option<i64>,
}

/// The keys that WeChat Pay signs with, by `Wechatpay-Serial`: platform certificates and the public key side by side,
/// because both occur while a merchant moves from one to the other.
#[derive(Clone, Default)]
pub struct VerifierMap(HashMap<String, Arc<PlatformKey>>);

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
        self.insert(key_id, &der, None)
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
        let ends_s = certificate.validity().not_after.timestamp();
        self.insert(&serial, certificate.public_key().raw, Some(ends_s))?;
        Ok(serial)
    }

    fn insert(&mut self, serial: &str, spki: &[u8], ends_s: Option<i64>) -> Result<(), KeyError> {
        let serial = serial.to_ascii_uppercase();
        if !is_serial(&serial) {
            return Err(KeyError::BadSerial);
        }
        let verifies = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, rsa_key(spki)?);
        self.0.insert(serial, Arc::new(PlatformKey { verifies, spki: spki.to_vec(), ends_s }));
        Ok(())
    }

    /// Forgets certificates that ended before `now_s` (unix seconds). The public key stays.
    pub fn drop_expired(&mut self, now_s: i64) {
        self.0.retain(|_, key| key.ends_s.is_none_or(|ends_s| ends_s > now_s));
    }

    /// The serial numbers and key ids that are believed, in no order.
    pub fn serials(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// `None` when the serial is not known; else whether the signature (raw bytes) holds.
    pub(super) fn verify(&self, serial: &str, message: &[u8], signature: &[u8]) -> Option<bool> {
        let key = match self.0.get(serial) {
            Some(key) => key,
            None => self.0.get(&serial.to_ascii_uppercase())?,
        };
        Some(key.verifies.verify(message, signature).is_ok())
    }

    /// The public key's id, sent along to ask for answers signed with it.
    pub(super) fn public_key_id(&self) -> Option<&str> {
        self.0.keys().map(String::as_str).find(|serial| serial.starts_with(PUBLIC_KEY_ID_PREFIX))
    }

    pub(super) fn knows(&self, serial: &str) -> bool {
        self.0.contains_key(&serial.to_ascii_uppercase())
    }

    /// The key that names and account numbers are encrypted with: the public key, else the certificate that lives
    /// longest. Its serial goes along in `Wechatpay-Serial`.
    pub(super) fn encryptor(&self) -> Option<Encryptor<'_>> {
        let lives = |key: &PlatformKey| key.ends_s.unwrap_or(i64::MAX);
        let (serial, key) = self.0.iter().max_by_key(|(serial, key)| (lives(key), serial.as_str()))?;
        let key = PublicEncryptingKey::from_der(&key.spki).ok()?;
        let key = OaepPublicEncryptingKey::new(key).ok()?;
        Some(Encryptor { serial, key })
    }
}

impl fmt::Debug for VerifierMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Encrypts to WeChat Pay.
pub(super) struct Encryptor<'k> {
    serial: &'k str,
    key: OaepPublicEncryptingKey,
}

impl<'k> Encryptor<'k> {
    pub(super) const fn serial(&self) -> &'k str {
        self.serial
    }

    /// RSA-OAEP with SHA-1, base64. `None` when the text is longer than one block.
    pub(super) fn seal(&self, text: &str) -> Option<String> {
        let mut sealed = vec![0; self.key.ciphertext_size()];
        let sealed = self.key.encrypt(&OAEP_SHA1_MGF1SHA1, text.as_bytes(), &mut sealed, None).ok()?;
        Some(STANDARD.encode(sealed))
    }
}

/// The inner RSA key of a SubjectPublicKeyInfo, as the verifier takes it.
fn rsa_key(spki: &[u8]) -> Result<Vec<u8>, KeyError> {
    let (_, info) = SubjectPublicKeyInfo::from_der(spki).map_err(|_| KeyError::BadRsa)?;
    match info.parsed() {
        Ok(PublicKey::RSA(rsa)) if rsa.key_size() >= 2048 => Ok(info.subject_public_key.data.to_vec()),
        _ => Err(KeyError::BadRsa),
    }
}
