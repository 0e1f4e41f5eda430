//! WeChat's own API (`api.weixin.qq.com`) and what WeChat pushes to us.
//!
//! - [`account`] — an app and its secrets, login, phone number;
//! - [`template`] — the messages we send;
//! - [`message`] — which text fits which field;
//! - [`follower`] — who follows the service account;
//! - [`qr`] — codes that tell who began to follow;
//! - [`quota`] — what WeChat counts and holds back;
//! - [`shipping`] — the duty of a trading mini program to report what was delivered;
//! - [`error`] — the error table;
//! - [`push`], [`push_event`] — server message push;
//! - [`client`] — the wire.

use async_trait::async_trait;
use secrecy::SecretString;

pub mod account;
pub mod client;
pub mod error;
pub mod follower;
pub mod message;
pub mod push;
mod push_crypto;
pub mod push_event;
mod push_xml;
pub mod qr;
pub mod quota;
pub mod shipping;
pub mod template;

pub use account::{AccessToken, AppCredential, CodeSession, MiniProgram, PhoneNumber};
pub use client::WechatHttp;
pub use error::{WechatError, WechatErrorKind};
pub use follower::{USER_INFO_BATCH_MAX, UserInfo, UserList};
pub use push::{PushError, PushKeys, PushMessage, PushMode, PushQuery, PushSecret, open_push, verify_url};
pub use push_event::{PushEvent, SubscribeItem, SubscribeSentItem, TemplateJobStatus};
pub use qr::{QrCode, QrLife, QrRequest};
pub use quota::{ApiQuota, BlockedMessage};
pub use shipping::{ShippedOrder, ShippingFailure, ShippingInfo};
pub use template::{BizMessage, MiniProgramState, MsgId, SubscribeMessage, TemplateMessage};

/// What we ask of WeChat. One call is one request: repeating it is the caller's decision, and
/// [`WechatError`] says whether the first one may have taken effect.
#[async_trait]
pub trait WechatApi: Send + Sync {
    /// Exchanges a `wx.login` code. A code works once and for about five minutes: on
    /// [`WechatErrorKind::BadCode`] the client must log in anew.
    async fn code2session(&self, app: &AppCredential, js_code: &str) -> Result<CodeSession, WechatError>;

    /// Fetches the access token. Without `force_refresh` WeChat answers the same token until it is near its end;
    /// with it the old token dies at once (20 times a day). One cache per app: refresh 300 s before the end.
    async fn stable_token(&self, app: &AppCredential, force_refresh: bool) -> Result<AccessToken, WechatError>;

    /// Exchanges the code of a `getPhoneNumber` button. The answer must be marked for `app_id`.
    async fn phone_number(&self, token: &SecretString, app_id: &str, code: &str) -> Result<PhoneNumber, WechatError>;

    /// Sends a service-account template message. `Ok` means accepted, not delivered: that comes as
    /// [`PushEvent::TemplateJobFinished`]. A repeat with the same `client_msg_id` within 10 minutes sends nothing new.
    async fn send_template(&self, token: &SecretString, message: &TemplateMessage) -> Result<MsgId, WechatError>;

    /// Sends a mini-program subscribe message and uses up one consent. There is no key against repeats:
    /// [`WechatError::Unknown`] must not be sent again. WeChat does not always name a message id.
    async fn send_subscribe(
        &self,
        token: &SecretString,
        message: &SubscribeMessage,
    ) -> Result<Option<MsgId>, WechatError>;

    /// Sends a 订阅通知 of the service account and uses up one consent. As with [`Self::send_subscribe`],
    /// [`WechatError::Unknown`] must not be sent again.
    async fn send_biz_subscribe(
        &self,
        token: &SecretString,
        message: &BizMessage,
    ) -> Result<Option<MsgId>, WechatError>;

    /// Makes a link that opens the mini program from an SMS, valid for `expire_days` (1 to 30). No personal data in
    /// `query`.
    async fn generate_urllink(
        &self,
        token: &SecretString,
        path: &str,
        query: &str,
        expire_days: u8,
    ) -> Result<String, WechatError>;

    /// Asks whether one person follows the service account, and for the unionid.
    async fn user_info(&self, token: &SecretString, openid: &str) -> Result<UserInfo, WechatError>;

    /// Asks about up to [`USER_INFO_BATCH_MAX`] people at once, answered in no promised order. Nothing is asked for
    /// nobody, and more are refused here.
    async fn user_infos(&self, token: &SecretString, openids: &[String]) -> Result<Vec<UserInfo>, WechatError>;

    /// One page (up to 10,000) of the followers, after `next_openid`.
    async fn user_list(&self, token: &SecretString, next_openid: Option<&str>) -> Result<UserList, WechatError>;

    /// Makes a parametric QR code of the service account. Scanned, it comes back as [`PushEvent::Subscribe`] (with
    /// `qrscene_` before the parameter) or, from a follower, as [`PushEvent::Scan`] (without).
    async fn create_qr(&self, token: &SecretString, request: &QrRequest) -> Result<QrCode, WechatError>;

    /// Template messages of one template that WeChat intercepted, after `largest_id` (0 at first), `limit` (1 to
    /// [`quota::BLOCKED_PAGE_MAX`]) at a time.
    async fn blocked_messages(
        &self,
        token: &SecretString,
        template_id: &str,
        largest_id: i64,
        limit: u8,
    ) -> Result<Vec<BlockedMessage>, WechatError>;

    /// Today's allowance of the API at `cgi_path`, for instance `/cgi-bin/message/template/send`.
    async fn api_quota(&self, token: &SecretString, cgi_path: &str) -> Result<ApiQuota, WechatError>;

    /// Whether a mini program has to report shipping, and may be stopped if it does not
    /// (`/wxa/sec/order/is_trade_managed`).
    async fn is_trade_managed(&self, token: &SecretString, app_id: &str) -> Result<bool, WechatError>;

    /// Reports that a paid order was delivered (a fee is a service: nothing is shipped). Right after the payment the
    /// order may not be visible yet: try again later.
    async fn upload_shipping_info(&self, token: &SecretString, info: &ShippingInfo) -> Result<(), WechatError>;
}
