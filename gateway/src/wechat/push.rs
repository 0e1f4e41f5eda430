//! Server message push: WeChat calls us. The address check, the signature, the three modes.

use std::fmt;

use aws_lc_rs::digest;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::push_crypto::{AesKey, same, sorted_sha1};
use super::push_event::{self, PushEvent};
use super::push_xml;

/// Far above any published event.
pub const PUSH_BODY_BYTES_MAX: usize = 64 * 1024;

/// Answer within 5 s with this, or with an empty body; otherwise WeChat tries up to three times.
pub const PUSH_ACK: &str = "success";

/// How the account is set up in the console. Named, because accepting a plain body on an account in safe mode would
/// let anyone who saw one URL forge messages: the plain signature does not cover the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PushMode {
    /// Not encrypted.
    Plain,
    /// Both forms in one body: the encrypted one counts.
    Compatible,
    /// Encrypted only.
    Safe,
}

/// One pair of token and key.
pub struct PushSecret {
    token: SecretString,
    aes_key: Option<AesKey>,
}

impl PushSecret {
    /// `encoding_aes_key` is the console's 43 characters; not needed in plain mode.
    ///
    /// # Errors
    /// [`PushError::BadKey`].
    pub fn parse(token: SecretString, encoding_aes_key: Option<&SecretString>) -> Result<Self, PushError> {
        if token.expose_secret().is_empty() {
            return Err(PushError::BadKey);
        }
        let aes_key = match encoding_aes_key {
            Some(encoded) => Some(AesKey::parse(encoded.expose_secret()).ok_or(PushError::BadKey)?),
            None => None,
        };
        Ok(Self { token, aes_key })
    }
}

/// Everything needed to believe a push of one account.
pub struct PushKeys {
    app_id: String,
    mode: PushMode,
    current: PushSecret,
    previous: Option<PushSecret>,
}

impl PushKeys {
    /// `previous` is what the console held before: both are believed while keys are being changed.
    ///
    /// # Errors
    /// [`PushError::BadKey`] when an encrypted mode lacks its key.
    pub fn new(
        app_id: String,
        mode: PushMode,
        current: PushSecret,
        previous: Option<PushSecret>,
    ) -> Result<Self, PushError> {
        if mode != PushMode::Plain && current.aes_key.is_none() {
            return Err(PushError::BadKey);
        }
        Ok(Self { app_id, mode, current, previous })
    }

    fn secrets(&self) -> impl Iterator<Item = &PushSecret> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

impl fmt::Debug for PushKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushKeys")
            .field("app_id", &self.app_id)
            .field("mode", &self.mode)
            .field("has_previous", &self.previous.is_some())
            .finish_non_exhaustive()
    }
}

/// The query of a push.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct PushQuery {
    /// Over token, timestamp and nonce.
    pub signature: String,
    /// Unix seconds.
    pub timestamp: String,
    /// Random.
    pub nonce: String,
    /// Only in the address check.
    pub echostr: Option<String>,
    /// `aes` in the encrypted modes.
    pub encrypt_type: Option<String>,
    /// Over the above and the encrypted text.
    pub msg_signature: Option<String>,
}

/// Why a push is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// Our configuration: an empty token, or a key that is not 43 characters of base64.
    #[error("消息推送的 Token 或 EncodingAESKey 无效")]
    BadKey,
    /// Not from WeChat, or for another token.
    #[error("消息推送签名不符")]
    BadSignature,
    /// The signature holds but the text does not open, or is for another app.
    #[error("消息推送无法解密")]
    Undecryptable,
    /// The account is in an encrypted mode and this is not encrypted.
    #[error("消息推送未加密")]
    NotEncrypted,
    /// Not a message.
    #[error("消息推送格式不符")]
    Malformed,
}

/// A push that is proved to come from WeChat.
#[derive(Clone, PartialEq, Eq)]
pub struct PushMessage {
    /// The account (`gh_…`).
    pub to_user: String,
    /// The person within this account.
    pub from_openid: String,
    /// Unix seconds.
    pub create_time_s: i64,
    /// What happened.
    pub event: PushEvent,
    /// The same for each repeat of this push, 64 hex digits, tells nothing about the person.
    pub dedup_key: String,
}

impl fmt::Debug for PushMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushMessage")
            .field("event", &self.event)
            .field("dedup_key", &self.dedup_key)
            .finish_non_exhaustive()
    }
}

/// The address check when the console is saved. Answer the returned text as it is.
///
/// # Errors
/// [`PushError::BadSignature`], [`PushError::Malformed`] without an `echostr`.
pub fn verify_url(query: &PushQuery, keys: &PushKeys) -> Result<String, PushError> {
    let echostr = query.echostr.clone().ok_or(PushError::Malformed)?;
    plain_signer(query, keys).map(|_| echostr)
}

/// Verifies, opens and reads a push, JSON or XML.
///
/// # Errors
/// [`PushError`]; all but [`PushError::BadKey`] are answered 4xx and counted.
pub fn open_push(query: &PushQuery, body: &[u8], keys: &PushKeys) -> Result<PushMessage, PushError> {
    if body.len() > PUSH_BODY_BYTES_MAX {
        return Err(PushError::Malformed);
    }
    if keys.mode == PushMode::Plain {
        plain_signer(query, keys)?;
        return message(&tree(body)?);
    }
    let outer = tree(body)?;
    let sealed = push_event::text(&outer, "Encrypt").ok_or(PushError::NotEncrypted)?;
    let signature = query.msg_signature.as_deref().ok_or(PushError::NotEncrypted)?;
    let secret = keys
        .secrets()
        .find(|secret| {
            let token = secret.token.expose_secret();
            same(&sorted_sha1(&mut [token, &query.timestamp, &query.nonce, &sealed]), signature)
        })
        .ok_or(PushError::BadSignature)?;
    // While keys change, the token may already be the new one and the key still the old one.
    let plain = std::iter::once(secret)
        .chain(keys.secrets())
        .filter_map(|secret| secret.aes_key.as_ref())
        .find_map(|key| key.open(&sealed, &keys.app_id))
        .ok_or(PushError::Undecryptable)?;
    message(&tree(&plain)?)
}

fn plain_signer<'k>(query: &PushQuery, keys: &'k PushKeys) -> Result<&'k PushSecret, PushError> {
    keys.secrets()
        .find(|secret| {
            let token = secret.token.expose_secret();
            same(&sorted_sha1(&mut [token, &query.timestamp, &query.nonce]), &query.signature)
        })
        .ok_or(PushError::BadSignature)
}

/// XML starts with `<`, JSON with `{`.
fn tree(body: &[u8]) -> Result<Value, PushError> {
    let text = std::str::from_utf8(body).map_err(|_| PushError::Malformed)?.trim_start_matches('\u{feff}').trim();
    let parsed = if text.starts_with('<') { push_xml::to_json(text) } else { serde_json::from_str::<Value>(text).ok() };
    parsed.filter(Value::is_object).ok_or(PushError::Malformed)
}

fn message(tree: &Value) -> Result<PushMessage, PushError> {
    let field = |key: &str| push_event::text(tree, key).ok_or(PushError::Malformed);
    let from_openid = field("FromUserName")?;
    let created = field("CreateTime")?;
    let event = push_event::read(tree, &from_openid).ok_or(PushError::Malformed)?;
    // A message has a MsgId; an event is told apart by who, when, what, and what it is about: one person can have
    // two template messages finished in the same second.
    let identity = match push_event::text(tree, "MsgId") {
        Some(msg_id) => format!("msg\n{msg_id}"),
        None => format!("event\n{from_openid}\n{created}\n{}", event.subject()),
    };
    Ok(PushMessage {
        to_user: field("ToUserName")?,
        create_time_s: created.parse().map_err(|_| PushError::Malformed)?,
        dedup_key: hex::encode(digest::digest(&digest::SHA256, identity.as_bytes())),
        from_openid,
        event,
    })
}
