//! Callbacks: raw bytes, then time, then signature, then decryption, then reading. What remains for the caller is to
//! compare merchant, app, amount, currency and number with the order.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::keys::MerchantKeys;
use super::refund::RefundNotice;
use super::response::{SignatureHeaders, VerifyError, verify};
use super::sdk;
use super::transaction::Transaction;

/// Far above any published notice.
pub const NOTIFY_BODY_BYTES_MAX: usize = 64 * 1024;
const ALGORITHM: &str = "AEAD_AES_256_GCM";

/// A callback that is proved to come from WeChat Pay, for this merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// The notice's own id; the same for each repeat.
    pub id: String,
    /// `TRANSACTION.SUCCESS` and others.
    pub event_type: String,
    /// `transaction`, `refund`, …
    pub original_type: String,
    /// What it says.
    pub event: NotifyEvent,
}

/// What a callback says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotifyEvent {
    /// A payment.
    Transaction(Box<Transaction>),
    /// The end of a refund.
    Refund(Box<RefundNotice>),
    /// Something we do not act on; answer 200.
    Other {
        /// As sent.
        event_type: String,
    },
}

#[derive(Deserialize)]
struct Envelope {
    id: String,
    event_type: String,
    resource: Resource,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    original_type: String,
    algorithm: String,
    ciphertext: String,
    /// May be missing or null.
    associated_data: Option<String>,
    nonce: String,
}

/// Verifies and opens a callback.
///
/// # Errors
/// [`VerifyError`]. [`VerifyError::Undecryptable`] and [`VerifyError::Unreadable`] are ours to repair.
pub fn parse_notify(
    headers: &SignatureHeaders,
    body: &[u8],
    keys: &MerchantKeys,
    now: DateTime<Utc>,
) -> Result<Notify, VerifyError> {
    if body.len() > NOTIFY_BODY_BYTES_MAX {
        return Err(VerifyError::Malformed);
    }
    verify(headers, body, &keys.verifiers, now)?;
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| VerifyError::Unreadable)?;
    let resource = envelope.resource;
    if resource.algorithm != ALGORITHM {
        return Err(VerifyError::Unreadable);
    }
    let associated_data = resource.associated_data.unwrap_or_default();
    let plain = sdk::decrypt(keys, &resource.nonce, &associated_data, &resource.ciphertext)
        .ok_or(VerifyError::Undecryptable)?;
    let event = match (envelope.event_type.as_str(), resource.original_type.as_str()) {
        // Profit sharing tells its success under the same event type.
        ("TRANSACTION.SUCCESS", "transaction" | "") => {
            let transaction: Transaction = serde_json::from_slice(&plain).map_err(|_| VerifyError::Unreadable)?;
            about(keys, transaction.sub_mchid.as_deref())?;
            NotifyEvent::Transaction(Box::new(transaction))
        }
        ("REFUND.SUCCESS" | "REFUND.ABNORMAL" | "REFUND.CLOSED", _) => {
            let notice = RefundNotice::from_notice(&plain).ok_or(VerifyError::Unreadable)?;
            about(keys, notice.sub_mchid.as_deref())?;
            NotifyEvent::Refund(Box::new(notice))
        }
        (other, _) => NotifyEvent::Other { event_type: other.to_owned() },
    };
    Ok(Notify { id: envelope.id, event_type: envelope.event_type, original_type: resource.original_type, event })
}

/// One key opens the notices of all merchants of a service provider: what is about another one of them, though genuine,
/// is not ours to book.
fn about(keys: &MerchantKeys, sub_mchid: Option<&str>) -> Result<(), VerifyError> {
    if keys.merchant.is_sub(sub_mchid) { Ok(()) } else { Err(VerifyError::Unreadable) }
}
