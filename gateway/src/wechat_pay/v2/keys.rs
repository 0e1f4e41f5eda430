//! What a merchant needs for the older API.

use secrecy::{ExposeSecret, SecretString};

use crate::http::HttpClient;
use crate::wechat_pay::keys::KeyError;

const API_V2_KEY_BYTES: usize = 32;

/// The APIv2 key: signs requests and answers of the older API.
#[derive(Debug, Clone)]
pub struct ApiV2Key(SecretString);

impl ApiV2Key {
    /// Takes exactly 32 letters and digits.
    ///
    /// # Errors
    /// [`KeyError::ApiV2KeyLength`].
    pub fn parse(key: SecretString) -> Result<Self, KeyError> {
        let text = key.expose_secret();
        let is_whole = text.len() == API_V2_KEY_BYTES && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if is_whole { Ok(Self(key)) } else { Err(KeyError::ApiV2KeyLength) }
    }

    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// How requests of the older API are signed; answers are signed the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum V2SignType {
    /// MD5 over the fields and the key: what old installations still use.
    Md5,
    /// HMAC-SHA256 with the key.
    #[default]
    HmacSha256,
}

impl V2SignType {
    /// As sent in `sign_type`.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::HmacSha256 => "HMAC-SHA256",
        }
    }
}

/// A merchant's keys for the older API.
#[derive(Debug, Clone)]
pub struct V2Keys {
    /// Signs.
    pub api_key: ApiV2Key,
    /// How.
    pub sign_type: V2SignType,
    /// A client that shows the API certificate: [`HttpClient::with_identity`]. Without it nothing can be reversed.
    pub secure: Option<HttpClient>,
}
