//! The platforms' side of the cryptography, written from their published pages.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_256, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair};
use aws_lc_rs::{digest, hmac, rsa};
use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

use crate::error::SimError;
use crate::pay::certificate;

/// Characters of nonces and ids.
const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// WeChat pads its pushed messages to blocks of 32 bytes, not to the 16 of AES.
const PUSH_BLOCK: usize = 32;
const PEM_LINE: usize = 64;

/// Accepts the 43-character keys whose last character carries unused bits: WeChat issues such keys.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&base64::alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

pub(crate) fn b64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub(crate) fn unb64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim()).ok()
}

pub(crate) fn sha1_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes))
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}

/// So many random bytes.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0_u8; N];
    // The library's generator aborts the process rather than fail, so there is nothing to handle.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes
}

/// So many random letters and digits (at most 64).
pub(crate) fn random_text(length: usize) -> String {
    let pick =
        |byte: &u8| ALPHANUMERIC.get(usize::from(*byte) % ALPHANUMERIC.len()).map_or('x', |found| char::from(*found));
    random_bytes::<64>().iter().take(length).map(pick).collect()
}

/// hex sha1 of the sorted concatenation: `signature` and `msg_signature` of message pushes.
pub(crate) fn push_signature(parts: &[&str]) -> String {
    let mut sorted = parts.to_vec();
    sorted.sort_unstable();
    sha1_hex(sorted.concat().as_bytes())
}

/// The 32 bytes of an EncodingAESKey of 43 characters.
pub(crate) fn push_key(encoding_aes_key: &str) -> Result<[u8; 32], SimError> {
    let bytes =
        LENIENT.decode(format!("{encoding_aes_key}=")).map_err(|_| SimError::BadKey("EncodingAESKey is not base64"))?;
    bytes.try_into().map_err(|_| SimError::BadKey("EncodingAESKey is not 43 characters"))
}

/// `Encrypt` of a pushed message: AES-256-CBC over 16 random bytes, length, message, appid.
pub(crate) fn push_encrypt(key: &[u8; 32], random: &[u8; 16], message: &[u8], appid: &str) -> Result<String, SimError> {
    const BROKEN: SimError = SimError::BadKey("message cannot be encrypted");
    let length = u32::try_from(message.len()).map_err(|_| BROKEN)?;
    let mut plain = random.to_vec();
    plain.extend_from_slice(&length.to_be_bytes());
    plain.extend_from_slice(message);
    plain.extend_from_slice(appid.as_bytes());
    let pad = PUSH_BLOCK - plain.len() % PUSH_BLOCK;
    let value = u8::try_from(pad).map_err(|_| BROKEN)?;
    plain.extend(std::iter::repeat_n(value, pad));
    let cipher = UnboundCipherKey::new(&AES_256, key).and_then(EncryptingKey::cbc).map_err(|_| BROKEN)?;
    let context = EncryptionContext::Iv128(push_iv(key));
    cipher.less_safe_encrypt(&mut plain, context).map_err(|_| BROKEN)?;
    Ok(b64(&plain))
}

/// The message and appid inside an `Encrypt`; nothing when it does not open.
pub(crate) fn push_decrypt(key: &[u8; 32], encrypted: &str) -> Option<(Vec<u8>, String)> {
    let mut bytes = unb64(encrypted)?;
    let cipher = UnboundCipherKey::new(&AES_256, key).and_then(DecryptingKey::cbc).ok()?;
    let plain = cipher.decrypt(&mut bytes, DecryptionContext::Iv128(push_iv(key))).ok()?;
    let pad = usize::from(*plain.last()?);
    if pad == 0 || pad > PUSH_BLOCK {
        return None;
    }
    let body = plain.get(..plain.len().checked_sub(pad)?)?.get(16..)?;
    let (length, rest) = body.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let message = rest.get(..length)?.to_vec();
    Some((message, String::from_utf8(rest.get(length..)?.to_vec()).ok()?))
}

fn push_iv(key: &[u8; 32]) -> FixedLength<16> {
    let mut iv = [0_u8; 16];
    iv.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    FixedLength::from(iv)
}

fn gcm_key(key: &[u8]) -> Option<LessSafeKey> {
    // Published vectors of the SDKs use 16 bytes; a real APIv3 key has 32.
    let algorithm = if key.len() == 16 { &AES_128_GCM } else { &AES_256_GCM };
    UnboundKey::new(algorithm, key).ok().map(LessSafeKey::new)
}

/// base64 of ciphertext and tag: `resource.ciphertext` and `encrypt_certificate.ciphertext`.
pub(crate) fn gcm_seal(key: &[u8], nonce: &str, associated_data: &str, plain: &[u8]) -> Option<String> {
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).ok()?;
    let mut sealed = plain.to_vec();
    gcm_key(key)?.seal_in_place_append_tag(nonce, Aad::from(associated_data.as_bytes()), &mut sealed).ok()?;
    Some(b64(&sealed))
}

/// The inverse of [`gcm_seal`].
#[cfg(test)]
pub(crate) fn gcm_open(key: &[u8], nonce: &str, associated_data: &str, ciphertext: &str) -> Option<Vec<u8>> {
    let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).ok()?;
    let mut sealed = unb64(ciphertext)?;
    let plain = gcm_key(key)?.open_in_place(nonce, Aad::from(associated_data.as_bytes()), &mut sealed).ok()?;
    Some(plain.to_vec())
}

/// Wraps DER as PEM.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for (index, letter) in b64(der).chars().enumerate() {
        if index > 0 && index % PEM_LINE == 0 {
            text.push('\n');
        }
        text.push(letter);
    }
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}

/// The DER inside a PEM, or inside bare base64.
pub(crate) fn unpem(text: &str) -> Option<Vec<u8>> {
    let inner: String = text.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    unb64(&inner)
}

/// Reads an RSA public key (SPKI, PEM or base64).
pub(crate) fn public_key(pem_text: &str) -> Result<ParsedPublicKey, SimError> {
    let der = unpem(pem_text).ok_or(SimError::BadKey("public key is not PEM"))?;
    ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).map_err(|_| SimError::BadKey("not an RSA public key"))
}

/// RSASSA-PKCS1-v1_5 with SHA-256, signature in base64.
pub(crate) fn verifies(key: &ParsedPublicKey, message: &[u8], signature: &str) -> bool {
    unb64(signature).is_some_and(|bytes| key.verify_sig(message, &bytes).is_ok())
}

/// An RSA-2048 key pair that signs.
pub(crate) struct SigningKey {
    pair: RsaKeyPair,
}

impl SigningKey {
    pub(crate) fn generate() -> Result<Self, SimError> {
        let pair =
            RsaKeyPair::generate(rsa::KeySize::Rsa2048).map_err(|_| SimError::BadKey("RSA generation failed"))?;
        Ok(Self { pair })
    }

    /// base64 of RSASSA-PKCS1-v1_5 SHA-256.
    pub(crate) fn sign(&self, message: &[u8]) -> String {
        b64(&self.sign_raw(message))
    }

    pub(crate) fn sign_raw(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0_u8; self.pair.public_modulus_len()];
        match self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature) {
            Ok(()) => signature,
            Err(_) => Vec::new(),
        }
    }

    /// The text inside base64 of RSA-OAEP with SHA-1, as merchants encrypt names and account numbers.
    pub(crate) fn open_oaep(&self, sealed: &str) -> Option<String> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der().ok()?;
        let key = rsa::PrivateDecryptingKey::from_pkcs8(der.as_ref()).ok()?;
        let key = rsa::OaepPrivateDecryptingKey::new(key).ok()?;
        let mut plain = vec![0_u8; key.min_output_size()];
        let plain = key.decrypt(&rsa::OAEP_SHA1_MGF1SHA1, &unb64(sealed)?, &mut plain, None).ok()?;
        String::from_utf8(plain.to_vec()).ok()
    }

    pub(crate) fn spki_der(&self) -> Vec<u8> {
        let der: Result<PublicKeyX509Der<'_>, _> = self.pair.public_key().as_der();
        der.map(|der| der.as_ref().to_vec()).unwrap_or_default()
    }

    pub(crate) fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.spki_der())
    }

    pub(crate) fn private_pem(&self) -> String {
        let der: Result<Pkcs8V1Der<'_>, _> = self.pair.as_der();
        pem("PRIVATE KEY", &der.map(|der| der.as_ref().to_vec()).unwrap_or_default())
    }
}

/// An RSA key pair for a merchant: the private half goes to the system under test, the public half here.
#[derive(Clone, Debug)]
pub struct MerchantKeys {
    /// PKCS#8 PEM.
    pub private_key_pem: String,
    /// SPKI PEM.
    pub public_key_pem: String,
    /// 40 upper-case hex digits, as a merchant certificate's serial number.
    pub certificate_serial: String,
    /// The API certificate with that serial number, X.509 PEM.
    pub certificate_pem: String,
}

/// 2025-01-01T00:00:00Z: since when the merchant's certificate is valid, for five years.
const CERTIFICATE_FROM_MS: i64 = 1_735_689_600_000;

impl MerchantKeys {
    /// Makes a fresh pair (RSA-2048).
    pub fn generate() -> Result<Self, SimError> {
        let key = SigningKey::generate()?;
        let serial = random_serial();
        Ok(Self {
            private_key_pem: key.private_pem(),
            public_key_pem: key.public_pem(),
            certificate_pem: pem("CERTIFICATE", &certificate::self_signed(&key, &serial, CERTIFICATE_FROM_MS)),
            certificate_serial: serial,
        })
    }
}

/// 40 upper-case hex digits whose first is below 8, so that the number is positive in DER.
pub(crate) fn random_serial() -> String {
    let mut bytes = random_bytes::<20>();
    if let Some(first) = bytes.first_mut() {
        *first = (*first & 0x3f) | 0x40;
    }
    hex::encode_upper(bytes)
}
