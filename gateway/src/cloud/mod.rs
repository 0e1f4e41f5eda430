//! The request signatures of the two clouds that carry SMS and voice, and the shape of their answers.
//!
//! - [`tencent`] — TC3-HMAC-SHA256;
//! - [`aliyun`] — ACS3-HMAC-SHA256;
//! - [`report`] — what their callbacks have in common.

pub mod aliyun;
pub mod report;
pub mod tencent;

use ring::{digest, hmac};

use crate::http::TransportError;

pub use aliyun::{AliyunCloud, AliyunKeys};
pub use tencent::{TencentCloud, TencentKeys};

/// A call that did not succeed. Neither cloud knows a key against repeats: `Unknown` must be looked up, not repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CloudFailure {
    /// The cloud says no: nothing was done.
    Refused { code: String, message: String },
    /// It may have been done.
    Unknown(String),
    /// Nothing left this machine.
    NotSent(String),
}

impl From<TransportError> for CloudFailure {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::NotSent(why) => Self::NotSent(why),
            TransportError::Unknown(why) => Self::Unknown(why),
        }
    }
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

fn hmac_sha256(key: &[u8], message: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes())
}
