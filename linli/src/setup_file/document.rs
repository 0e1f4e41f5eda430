//! What the setup file says. Secrets are named by the files they are in.

use std::path::PathBuf;

use serde::Deserialize;

/// The document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetupFile {
    /// The company's name.
    pub company: String,
    /// Its merchant number.
    pub merchant: Option<Merchant>,
    /// Its mini program.
    pub mini_program: Option<App>,
    /// Its service account.
    pub service_account: Option<App>,
    /// Its SMS account.
    pub sms: Option<Sms>,
    /// Asked when the first SMS account certainly did not send.
    pub sms_backup: Option<Sms>,
    /// Its account for calls.
    pub voice: Option<Voice>,
    /// Asked when the first voice account certainly did not call.
    pub voice_backup: Option<Voice>,
    /// Its projects.
    pub projects: Vec<Project>,
}

/// A merchant number.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merchant {
    /// The number.
    pub mchid: String,
    /// Serial of the API certificate.
    pub serial_no: String,
    /// File with the private key, PKCS#8 PEM.
    pub private_key_file: PathBuf,
    /// File with the APIv3 key.
    pub api_v3_key_file: PathBuf,
    /// `PUB_KEY_ID_…` and the file with WeChat Pay's public key.
    #[serde(default)]
    pub public_keys: Vec<PublicKey>,
    /// Files with platform certificates, with their serials.
    #[serde(default)]
    pub platform_certificates: Vec<PublicKey>,
}

/// A key WeChat Pay signs with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKey {
    /// Its id or serial.
    pub serial: String,
    /// File with the PEM.
    pub file: PathBuf,
}

/// A WeChat app.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// `wx…`
    pub app_id: String,
    /// File with the AppSecret.
    pub secret_file: PathBuf,
    /// File with the push token, if pushes are configured.
    pub push_token_file: Option<PathBuf>,
    /// File with the EncodingAESKey; without it the push is in plain mode.
    pub push_aes_key_file: Option<PathBuf>,
    /// The template of bill notices: of the service account's template message, of the mini program's subscribe
    /// message.
    pub bill_notice: Option<Template>,
    /// The template of bill notices as 订阅通知; service accounts only.
    pub bill_notice_notify: Option<Template>,
    /// Of its template or subscribe messages.
    pub limits: Option<Limits>,
    /// Of its 订阅通知.
    pub notify_limits: Option<Limits>,
}

/// An approved template.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its id.
    pub template_id: String,
    /// Its fields in order, each with one of `house`, `amount`, `due`, `note`, `company`, `project`, `phone`, `title`,
    /// `bills`; for calls also `voice`, the whole text that is read aloud.
    pub fields: Vec<(String, String)>,
}

/// What an account may send, and what a message costs.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Messages a day; the channel's own without.
    pub daily_quota: Option<i64>,
    /// Of these the last so many are for overdue stages; a fifth without.
    pub overdue_reserve: Option<i64>,
    /// Of one message, in fen.
    #[serde(default)]
    pub cost_fen: i64,
}

/// An SMS account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// `tencent` or `aliyun`.
    pub vendor: Vendor,
    /// File with the access key's id.
    pub secret_id_file: PathBuf,
    /// File with the access key.
    pub secret_key_file: PathBuf,
    /// Tencent's SmsSdkAppId.
    #[serde(default)]
    pub sdk_app_id: String,
    /// The approved signature.
    pub sign_name: String,
    /// File with the unguessable end of the report address.
    pub report_token_file: PathBuf,
    /// The template of bill notices.
    pub bill_notice: Template,
    /// What it may send, and what a text costs.
    pub limits: Option<Limits>,
}

/// An account that calls.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voice {
    /// `tencent` or `aliyun`.
    pub vendor: Vendor,
    /// File with the access key's id.
    pub secret_id_file: PathBuf,
    /// File with the access key.
    pub secret_key_file: PathBuf,
    /// Tencent's VoiceSdkAppid.
    #[serde(default)]
    pub sdk_app_id: String,
    /// The bought number that is shown; empty where the vendor chooses one.
    #[serde(default)]
    pub show_number: String,
    /// File with the unguessable end of the report address.
    pub report_token_file: PathBuf,
    /// The template of bill notices.
    pub bill_notice: Template,
    /// What it may call, and what a call costs.
    pub limits: Option<Limits>,
}

/// A vendor of texts and calls.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vendor {
    /// Tencent Cloud.
    Tencent,
    /// Alibaba Cloud.
    Aliyun,
}

impl Vendor {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tencent => "tencent",
            Self::Aliyun => "aliyun",
        }
    }
}

/// A project.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// 2–6 characters of `[0-9a-z]`.
    pub code: String,
    /// The name owners know.
    pub name: String,
    /// Whom owners call.
    pub service_phone: String,
    /// `sqlite:PATH` or `postgres://…`.
    pub placement: String,
}
