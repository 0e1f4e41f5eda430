//! An app (mini program or service account), its secrets, and who logged in.

use std::fmt;

use secrecy::SecretString;

use crate::http::{BaseUrl, HttpClient};
use crate::wechat::WechatHttp;

/// Who we are towards WeChat. A mini program and a service account are two apps with two tokens.
#[derive(Debug, Clone)]
pub struct AppCredential {
    /// `wx…`
    pub app_id: String,
    /// The AppSecret.
    pub app_secret: SecretString,
}

/// One app as configured: who it is and where its API lives.
#[derive(Debug, Clone)]
pub struct MiniProgram {
    /// `wx…`
    pub app_id: String,
    /// The AppSecret.
    pub app_secret: SecretString,
    /// `https://api.weixin.qq.com`, or a simulator.
    pub base_url: BaseUrl,
}

impl MiniProgram {
    /// The part that calls need.
    #[must_use]
    pub fn credential(&self) -> AppCredential {
        AppCredential { app_id: self.app_id.clone(), app_secret: self.app_secret.clone() }
    }

    /// The client for this app's address.
    #[must_use]
    pub fn api(&self, http: HttpClient) -> WechatHttp {
        WechatHttp::new(http, self.base_url.clone())
    }
}

/// Answer to a login code.
#[derive(Clone)]
pub struct CodeSession {
    /// The person within this app.
    pub openid: String,
    /// The person within the Open Platform account; only when the app is bound to one.
    pub unionid: Option<String>,
    /// Never leaves the server.
    pub session_key: SecretString,
}

impl fmt::Debug for CodeSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeSession").field("has_unionid", &self.unionid.is_some()).finish_non_exhaustive()
    }
}

/// An access token and how long it lives from now.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// Up to 512 characters and more.
    pub token: SecretString,
    /// At most 7200.
    pub expires_in_s: i64,
}

/// A phone number that WeChat has verified.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber {
    /// Without the country code.
    pub pure_phone_number: String,
    /// `86` for the mainland.
    pub country_code: String,
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PhoneNumber").field(&crate::mask::phone(&self.pure_phone_number)).finish()
    }
}
