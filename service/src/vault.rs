//! Sealing: personal data and credentials at rest.
//!
//! A master key, given at start and held nowhere else, wraps one data key per project (and one for the control
//! database). A data key seals values with AES-256-GCM; the table and column are part of what is authenticated, so a
//! box moved to another column does not open. A second key per scope makes keyed hashes, so that a phone can be
//! found without being readable. Data keys rotate: a box says which version sealed it.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac};
use secrecy::zeroize::Zeroizing;

/// Bytes of every key here.
pub const KEY_LEN: usize = 32;
/// The longest value that is sealed.
const PLAIN_BYTES_MAX: usize = 64 * 1024;
/// A box begins with the version of its key.
const VERSION_LEN: usize = 4;

/// Why a box did not open or a key was refused. Tells nothing about the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// A master key is 32 bytes in base64.
    #[error("主密钥须为 base64 编码的 32 字节，可用 openssl rand -base64 32 生成")]
    BadMasterKey,
    /// The box was changed, belongs elsewhere, or was sealed with another key.
    #[error("sealed value does not open")]
    DoesNotOpen,
    /// The key that sealed it is not here.
    #[error("sealed with an unknown key version")]
    UnknownVersion,
    /// Longer than what is sealed.
    #[error("value too long to seal")]
    TooLong,
    /// The system gave no randomness.
    #[error("no randomness")]
    NoRandomness,
}

/// The key that wraps all others. From `LINLI_MASTER_KEY`.
#[derive(Clone)]
pub struct MasterKey(Arc<LessSafeKey>);

impl MasterKey {
    /// Reads 32 bytes in base64.
    ///
    /// # Errors
    /// [`VaultError::BadMasterKey`].
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| VaultError::BadMasterKey)?);
        if bytes.len() != KEY_LEN {
            return Err(VaultError::BadMasterKey);
        }
        Ok(Self(Arc::new(key(&bytes)?)))
    }

    /// A new data key, wrapped for storage. `scope` and `purpose` are part of what is authenticated.
    ///
    /// # Errors
    /// [`VaultError::NoRandomness`].
    pub fn new_wrapped_key(&self, scope: &str, purpose: &str) -> Result<Vec<u8>, VaultError> {
        let bytes = Zeroizing::new(random::<KEY_LEN>()?);
        seal_with(&self.0, 0, &wrap_context(scope, purpose), bytes.as_slice())
    }

    /// Opens a wrapped data key.
    ///
    /// # Errors
    /// [`VaultError::DoesNotOpen`] when the master key is another one.
    pub fn unwrap_key(&self, scope: &str, purpose: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        open_with(&self.0, &wrap_context(scope, purpose), wrapped).map(Zeroizing::new)
    }

    /// The same data key under another master key: how a master key is replaced without touching any row it protects.
    ///
    /// # Errors
    /// As [`Self::unwrap_key`].
    pub fn rewrap(&self, scope: &str, purpose: &str, wrapped: &[u8], new: &Self) -> Result<Vec<u8>, VaultError> {
        let bytes = self.unwrap_key(scope, purpose, wrapped)?;
        seal_with(&new.0, 0, &wrap_context(scope, purpose), &bytes)
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey")
    }
}

fn wrap_context(scope: &str, purpose: &str) -> String {
    format!("data_key:{scope}:{purpose}")
}

/// The opened keys of one scope: the control database or one project.
#[derive(Clone)]
pub struct Sealer(Arc<Keys>);

struct Keys {
    scope: String,
    current: u32,
    by_version: BTreeMap<u32, LessSafeKey>,
    index: hmac::Key,
}

impl Sealer {
    /// Takes the opened seal keys by version and the index key of a scope.
    ///
    /// # Errors
    /// [`VaultError::UnknownVersion`] without any seal key, [`VaultError::DoesNotOpen`] for a key of another length.
    pub fn new(scope: &str, seal_keys: &[(u32, Zeroizing<Vec<u8>>)], index_key: &[u8]) -> Result<Self, VaultError> {
        let mut by_version = BTreeMap::new();
        for (version, bytes) in seal_keys {
            by_version.insert(*version, key(bytes)?);
        }
        let current = *by_version.keys().next_back().ok_or(VaultError::UnknownVersion)?;
        let index = hmac::Key::new(hmac::HMAC_SHA256, index_key);
        Ok(Self(Arc::new(Keys { scope: scope.to_owned(), current, by_version, index })))
    }

    /// The version new boxes are sealed with.
    #[must_use]
    pub fn current_version(&self) -> u32 {
        self.0.current
    }

    /// Seals a value for one column, named `table.column`.
    ///
    /// # Errors
    /// [`VaultError::TooLong`], [`VaultError::NoRandomness`].
    pub fn seal(&self, column: &str, plain: &str) -> Result<Vec<u8>, VaultError> {
        let key = self.0.by_version.get(&self.0.current).ok_or(VaultError::UnknownVersion)?;
        seal_with(key, self.0.current, &self.context(column), plain.as_bytes())
    }

    /// Opens a box of that column.
    ///
    /// # Errors
    /// [`VaultError::DoesNotOpen`], [`VaultError::UnknownVersion`].
    pub fn open(&self, column: &str, sealed: &[u8]) -> Result<String, VaultError> {
        let version = version_of(sealed).ok_or(VaultError::DoesNotOpen)?;
        let key = self.0.by_version.get(&version).ok_or(VaultError::UnknownVersion)?;
        let plain = open_with(key, &self.context(column), sealed)?;
        String::from_utf8(plain).map_err(|_| VaultError::DoesNotOpen)
    }

    /// The keyed hash by which a value of that kind (`phone`, `name`, `id_no`) is found.
    #[must_use]
    pub fn hash(&self, kind: &str, plain: &str) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.0.index);
        context.update(kind.as_bytes());
        context.update(&[0]);
        context.update(plain.as_bytes());
        context.sign().as_ref().to_vec()
    }

    fn context(&self, column: &str) -> String {
        format!("{}:{column}", self.0.scope)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealer({})", self.0.scope)
    }
}

/// Which key version sealed a box.
#[must_use]
pub fn version_of(sealed: &[u8]) -> Option<u32> {
    sealed.first_chunk::<VERSION_LEN>().map(|bytes| u32::from_be_bytes(*bytes))
}

/// A fresh secret of 32 random bytes in lower-case hex: session tokens, message tokens.
///
/// # Errors
/// [`VaultError::NoRandomness`].
pub fn new_token() -> Result<String, VaultError> {
    random::<KEY_LEN>().map(hex::encode)
}

/// What of a token is stored: a stolen database signs nobody in.
#[must_use]
pub fn token_hash(token: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, token.as_bytes()).as_ref().to_vec()
}

/// SHA-256 in lower-case hex: which file it is, not a secret.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

/// Random bytes from the system.
///
/// # Errors
/// [`VaultError::NoRandomness`].
pub fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0_u8; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| VaultError::NoRandomness)?;
    Ok(bytes)
}

fn key(bytes: &[u8]) -> Result<LessSafeKey, VaultError> {
    UnboundKey::new(&AES_256_GCM, bytes).map(LessSafeKey::new).map_err(|_| VaultError::DoesNotOpen)
}

fn seal_with(key: &LessSafeKey, version: u32, context: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    if plain.len() > PLAIN_BYTES_MAX {
        return Err(VaultError::TooLong);
    }
    let nonce = random::<NONCE_LEN>()?;
    let mut body = plain.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context.as_bytes()), &mut body)
        .map_err(|_| VaultError::DoesNotOpen)?;
    let mut sealed = Vec::with_capacity(VERSION_LEN + NONCE_LEN + body.len());
    sealed.extend_from_slice(&version.to_be_bytes());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&body);
    Ok(sealed)
}

fn open_with(key: &LessSafeKey, context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
    let rest = sealed.get(VERSION_LEN..).ok_or(VaultError::DoesNotOpen)?;
    let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(VaultError::DoesNotOpen)?;
    let mut body = body.to_vec();
    let plain = key
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(context.as_bytes()), &mut body)
        .map_err(|_| VaultError::DoesNotOpen)?;
    Ok(plain.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(scope: &str, versions: &[u32]) -> Sealer {
        let keys: Vec<_> = versions.iter().map(|v| (*v, Zeroizing::new(vec![u8::try_from(*v).unwrap(); 32]))).collect();
        Sealer::new(scope, &keys, &[9; 32]).unwrap()
    }

    #[test]
    fn a_box_opens_only_in_its_own_column_and_project() {
        let one = sealer("p1", &[1]);
        let sealed = one.seal("party_phone.phone", "13800001234").unwrap();
        assert_eq!(one.open("party_phone.phone", &sealed).unwrap(), "13800001234");
        assert_eq!(one.open("party.name", &sealed), Err(VaultError::DoesNotOpen));
        assert_eq!(sealer("p2", &[1]).open("party_phone.phone", &sealed), Err(VaultError::DoesNotOpen));
        assert!(!sealed.windows(5).any(|w| w == b"13800"));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let one = sealer("p1", &[1]);
        let sealed = one.seal("c", "值").unwrap();
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(one.open("c", &changed).is_err(), "byte {place}");
        }
        assert!(one.open("c", &[]).is_err());
    }

    #[test]
    fn after_rotation_old_boxes_open_and_new_ones_use_the_new_key() {
        let old = sealer("p", &[1]).seal("c", "a").unwrap();
        let rotated = sealer("p", &[1, 2]);
        assert_eq!(rotated.open("c", &old).unwrap(), "a");
        assert_eq!(version_of(&rotated.seal("c", "a").unwrap()), Some(2));
        assert_eq!(sealer("p", &[2]).open("c", &old), Err(VaultError::UnknownVersion));
    }

    #[test]
    fn a_wrapped_key_moves_to_another_master_key() {
        let first = MasterKey::parse(&STANDARD.encode([1; 32])).unwrap();
        let second = MasterKey::parse(&STANDARD.encode([2; 32])).unwrap();
        let wrapped = first.new_wrapped_key("p", "seal").unwrap();
        let moved = first.rewrap("p", "seal", &wrapped, &second).unwrap();
        assert_eq!(first.unwrap_key("p", "seal", &wrapped).unwrap(), second.unwrap_key("p", "seal", &moved).unwrap());
        assert!(second.unwrap_key("p", "seal", &wrapped).is_err());
        assert!(first.unwrap_key("p", "index", &wrapped).is_err());
        assert!(MasterKey::parse("c2hvcnQ=").is_err());
    }
}
