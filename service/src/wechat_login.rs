//! Signing in with WeChat: the network part of `owners`.

use chrono::{DateTime, Utc};
use domain::person::{Phone, PhoneError};
use gateway::wechat::{WechatError, WechatErrorKind};

use crate::installation::Installation;
use crate::owners::{self, OwnerError, OwnerSession, PhoneRecorded, SignedIn};
use crate::wechat_apps::WechatAppError;

/// The longest code WeChat hands out, with room to spare.
const CODE_CHARS_MAX: usize = 128;
/// The mainland's country code.
const MAINLAND: &str = "86";

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Wrong, used or too old: the mini program asks WeChat for a new one.
    #[error("登录凭证已失效，请重新打开小程序")]
    BadCode,
    /// A number from abroad, or none.
    #[error("请使用中国大陆手机号")]
    Phone(#[from] PhoneError),
    /// WeChat.
    #[error(transparent)]
    Wechat(#[from] WechatAppError),
    /// The books.
    #[error(transparent)]
    Owner(#[from] OwnerError),
}

/// Signs in whoever WeChat says holds this `wx.login` code.
///
/// # Errors
/// [`LoginError`].
pub async fn sign_in(
    installation: &Installation,
    app_id: &str,
    code: &str,
    now: DateTime<Utc>,
) -> Result<SignedIn, LoginError> {
    let code = checked(code)?;
    let app = installation.apps.credential(app_id).await?;
    let session = installation.apps.api().code2session(&app, code).await.map_err(sorted)?;
    let signed_in =
        owners::record_sign_in(&installation.control, app_id, &session.openid, session.unionid.as_deref(), now);
    Ok(signed_in.await?)
}

/// Takes the phone number behind the code of a `getPhoneNumber` button, and binds every house that knows it.
///
/// # Errors
/// [`LoginError`].
pub async fn take_phone(
    installation: &Installation,
    session: &OwnerSession,
    code: &str,
    now: DateTime<Utc>,
) -> Result<PhoneRecorded, LoginError> {
    let code = checked(code)?;
    let app_id = &session.app_id;
    let token = installation.apps.token(app_id).await?;
    let number = match installation.apps.api().phone_number(&token, app_id, code).await {
        // A code works once, also under a stale token: the button must be pressed again.
        Err(error) if error.kind() == WechatErrorKind::TokenStale => {
            installation.apps.forget(app_id, &token).await;
            return Err(LoginError::BadCode);
        }
        answer => answer.map_err(sorted)?,
    };
    if number.country_code != MAINLAND {
        return Err(PhoneError.into());
    }
    let phone = Phone::parse(&number.pure_phone_number)?;
    Ok(owners::record_phone(&installation.control, &installation.projects, session, &phone, now).await?)
}

fn checked(code: &str) -> Result<&str, LoginError> {
    if code.is_empty() || code.len() > CODE_CHARS_MAX { Err(LoginError::BadCode) } else { Ok(code) }
}

fn sorted(error: WechatError) -> LoginError {
    match error.kind() {
        WechatErrorKind::BadCode => LoginError::BadCode,
        _ => LoginError::Wechat(WechatAppError::Wechat(error)),
    }
}
