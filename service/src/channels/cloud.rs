//! The cloud accounts that texts and calls go through.

use std::sync::Arc;
use std::time::Duration;

use domain::person::Phone;
use domain::template_field::SmsVendor;
use gateway::Now;
use gateway::cloud::{AliyunCloud, AliyunKeys, TencentCloud, TencentKeys};
use gateway::http::{BaseUrl, HttpClient};
use gateway::sms::SmsRefusal;
use moka::future::Cache;
use secrecy::SecretString;
use uuid::Uuid;

use crate::reminders::Refusal;
use crate::store::StoreError;
use crate::tenancy::ControlDb;
use crate::vault::VaultError;

/// How long opened keys are used before they are read again.
const FRESH_FOR: Duration = Duration::from_secs(60);
/// Accounts whose keys are kept open.
const ACCOUNTS_MAX: u64 = 1_000;

/// Where the vendors of one channel are.
#[derive(Clone)]
pub struct CloudVendors {
    /// The shared client.
    pub http: HttpClient,
    /// `https://sms.tencentcloudapi.com`, `https://vms.tencentcloudapi.com`
    pub tencent: BaseUrl,
    /// `https://dysmsapi.aliyuncs.com`, `https://dyvmsapi.aliyuncs.com`
    pub aliyun: BaseUrl,
    /// Stamps requests.
    pub now: Now,
}

/// Where an account is registered, and what people see of it: the signature of a text, the number of a call.
#[derive(Debug, Clone, Copy)]
pub(super) enum AccountTable {
    Sms,
    Voice,
}

/// A way to one vendor, signed for one account.
pub(super) enum Cloud {
    Tencent(TencentCloud),
    Aliyun(AliyunCloud),
}

/// An account, opened.
pub(super) struct Opened {
    pub cloud: Cloud,
    pub sdk_app_id: String,
    pub shown: String,
}

#[derive(sea_orm::FromQueryResult)]
struct AccountRow {
    vendor: String,
    secret_id_sealed: Vec<u8>,
    secret_key_sealed: Vec<u8>,
    sdk_app_id: String,
    shown: String,
}

/// Why an account cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum AccountError {
    #[error("发送账号不存在")]
    Unknown,
    #[error("发送账号的密钥无法读取")]
    Unreadable(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        Self::Unreadable(Arc::new(error))
    }
}

impl From<VaultError> for AccountError {
    fn from(error: VaultError) -> Self {
        Self::Unreadable(Arc::new(error))
    }
}

impl AccountTable {
    const fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms_account",
            Self::Voice => "voice_account",
        }
    }

    const fn shown(self) -> &'static str {
        match self {
            Self::Sms => "sign_name",
            Self::Voice => "show_number",
        }
    }
}

impl Cloud {
    pub const fn vendor(&self) -> SmsVendor {
        match self {
            Self::Tencent(_) => SmsVendor::Tencent,
            Self::Aliyun(_) => SmsVendor::Aliyun,
        }
    }
}

/// Reads an account and opens its keys.
pub(super) async fn open(
    control: &ControlDb,
    vendors: &CloudVendors,
    table: AccountTable,
    id: Uuid,
) -> Result<Opened, AccountError> {
    let sql = format!(
        "SELECT vendor, secret_id_sealed, secret_key_sealed, sdk_app_id, {} AS shown FROM {} WHERE id = $1",
        table.shown(),
        table.name()
    );
    let row: Option<AccountRow> =
        control.read("channels.account", async |tx| tx.row(&sql, vec![id.into()]).await).await?;
    let row = row.ok_or(AccountError::Unknown)?;
    let sealed_as = |column: &str| format!("{}.{column}", table.name());
    let secret_id = control.sealer().open(&sealed_as("secret_id"), &row.secret_id_sealed)?;
    let secret_key = SecretString::from(control.sealer().open(&sealed_as("secret_key"), &row.secret_key_sealed)?);
    let (http, now) = (vendors.http.clone(), Arc::clone(&vendors.now));
    let cloud = if row.vendor == "tencent" {
        let keys = TencentKeys { secret_id, secret_key };
        Cloud::Tencent(TencentCloud::new(http, vendors.tencent.clone(), keys, now))
    } else {
        let keys = AliyunKeys { access_key_id: secret_id, access_key_secret: secret_key };
        Cloud::Aliyun(AliyunCloud::new(http, vendors.aliyun.clone(), keys, now))
    };
    Ok(Opened { cloud, sdk_app_id: row.sdk_app_id, shown: row.shown })
}

/// Accounts that were opened a moment ago.
pub(super) fn kept<A: Clone + Send + Sync + 'static>() -> Cache<Uuid, A> {
    Cache::builder().max_capacity(ACCOUNTS_MAX).time_to_live(FRESH_FOR).build()
}

/// The number as both clouds take it.
pub(super) fn e164(phone: &Phone) -> String {
    format!("+86{}", phone.expose())
}

/// What a cloud's no means for the ladder.
pub(super) const fn refusal(kind: SmsRefusal) -> Refusal {
    match kind {
        SmsRefusal::Frequency | SmsRefusal::QuietHours | SmsRefusal::Busy => Refusal::RateLimited,
        SmsRefusal::AccountLimit | SmsRefusal::Arrears => Refusal::DailyQuota,
        SmsRefusal::BadNumber => Refusal::BadRecipient,
        SmsRefusal::Blocked => Refusal::Blocked,
        SmsRefusal::OurConfig => Refusal::OurConfig,
        SmsRefusal::Other => Refusal::Other,
    }
}
