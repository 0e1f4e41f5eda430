//! Message push cryptography: SHA-1 over the sorted parts, AES-256-CBC with a 32-byte padding block.

use aws_lc_rs::cipher::{AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{constant_time, digest};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::{ExposeSecret, SecretBox};

/// Length of an EncodingAESKey in the console.
const ENCODED_KEY_CHARS: usize = 43;
const AES_BLOCK_BYTES: usize = 16;
/// The padding block is larger than the cipher's own.
const PAD_MAX: usize = 32;
/// 16 random bytes, then the length of the message.
const RANDOM_BYTES: usize = 16;
const LENGTH_BYTES: usize = 4;

/// 43 characters carry 258 bits for 256: the two spare bits are often not zero (keys that end in G, C, R), and a
/// strict decoder would refuse such a key.
const KEY_ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// The decoded EncodingAESKey.
pub struct AesKey(SecretBox<[u8; 32]>);

impl AesKey {
    /// `None` when it is not 43 characters of base64.
    pub fn parse(encoded: &str) -> Option<Self> {
        if encoded.len() != ENCODED_KEY_CHARS {
            return None;
        }
        let bytes: [u8; 32] = KEY_ENGINE.decode(encoded).ok()?.try_into().ok()?;
        Some(Self(SecretBox::new(Box::new(bytes))))
    }

    /// Opens an `Encrypt` text and checks that it was made for `app_id`. `None` for anything malformed: the signature
    /// has been checked before, so the reason does not help an attacker, nor us.
    pub fn open(&self, encrypt: &str, app_id: &str) -> Option<Vec<u8>> {
        let mut sealed = STANDARD.decode(encrypt).ok()?;
        if sealed.is_empty() || !sealed.len().is_multiple_of(AES_BLOCK_BYTES) {
            return None;
        }
        let bytes = self.0.expose_secret();
        let iv: [u8; 16] = *bytes.first_chunk()?;
        let key = DecryptingKey::cbc(UnboundCipherKey::new(&AES_256, bytes).ok()?).ok()?;
        let plain = key.decrypt(&mut sealed, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?;
        let pad = usize::from(*plain.last()?);
        if pad == 0 || pad > PAD_MAX || pad > plain.len() {
            return None;
        }
        let (content, padding) = plain.split_at(plain.len() - pad);
        if padding.iter().any(|byte| usize::from(*byte) != pad) {
            return None;
        }
        let (length, rest) = content.get(RANDOM_BYTES..)?.split_first_chunk::<LENGTH_BYTES>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (message, receiver) = rest.split_at_checked(length)?;
        (receiver == app_id.as_bytes()).then(|| message.to_vec())
    }
}

/// Hex SHA-1 over the parts in dictionary order.
pub fn sorted_sha1(parts: &mut [&str]) -> String {
    parts.sort_unstable();
    let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
    for part in parts {
        context.update(part.as_bytes());
    }
    hex::encode(context.finish())
}

/// Compares without telling by time how much agreed.
pub fn same(expected: &str, given: &str) -> bool {
    constant_time::verify_slices_are_equal(expected.as_bytes(), given.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn vectors() -> Vec<Value> {
        let file: Value = serde_json::from_str(include_str!("../../tests/vectors/wechat_message_push.json")).unwrap();
        file["vectors"].as_array().unwrap().clone()
    }

    #[test]
    fn every_published_signature_is_reproduced() {
        let mut checked = 0;
        for vector in vectors() {
            let of = |key: &str| vector[key].as_str();
            let (Some(token), Some(timestamp), Some(nonce)) = (of("token"), of("timestamp"), of("nonce")) else {
                continue;
            };
            if let Some(expected) = of("expect_signature") {
                assert_eq!(sorted_sha1(&mut [token, timestamp, nonce]), expected);
                checked += 1;
            }
            if let Some(expected) = of("expect_msg_signature") {
                let sealed = of("encrypt").or_else(|| of("expect_encrypt")).unwrap();
                assert_eq!(sorted_sha1(&mut [token, timestamp, nonce, sealed]), expected);
                checked += 1;
            }
        }
        assert_eq!(checked, 6);
    }

    #[test]
    fn every_published_message_opens_though_most_keys_have_spare_bits() {
        let mut opened = 0;
        for vector in vectors().iter().filter(|v| v["encoding_aes_key"].is_string()) {
            let key = AesKey::parse(vector["encoding_aes_key"].as_str().unwrap()).unwrap();
            let sealed = vector["encrypt"].as_str().or_else(|| vector["expect_encrypt"].as_str()).unwrap();
            let expected = vector["expect_msg"].as_str().or_else(|| vector["plain"].as_str()).unwrap();
            let plain = key.open(sealed, vector["appid"].as_str().unwrap()).unwrap();
            assert_eq!(String::from_utf8(plain).unwrap(), expected);
            assert_eq!(key.open(sealed, "wxother"), None);
            opened += 1;
        }
        assert_eq!(opened, 5);
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        for bad in ["", "short", &"A".repeat(42), &"A".repeat(44), &"*".repeat(43)] {
            assert!(AesKey::parse(bad).is_none());
        }
    }
}
