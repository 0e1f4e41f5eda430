//! SMS through each project's own account.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::ids::SmsAccountId;
use domain::reminder::Channel;
use gateway::Now;
use gateway::cloud::{AliyunCloud, AliyunKeys, TencentCloud, TencentKeys};
use gateway::http::{BaseUrl, HttpClient};
use gateway::sms::{AliyunSms, Sms, SmsOutcome, SmsRefusal, SmsSender, TencentSms};
use moka::future::Cache;
use secrecy::SecretString;

use super::wording;
use crate::reminders::{Deliver, Message, Outcome, Recipient, Refusal};
use crate::store::StoreError;
use crate::tenancy::ControlDb;
use crate::vault::VaultError;

/// How long opened keys are used before they are read again.
const FRESH_FOR: Duration = Duration::from_secs(60);

/// Where the vendors are.
#[derive(Clone)]
pub struct SmsVendors {
    /// The shared client.
    pub http: HttpClient,
    /// `https://sms.tencentcloudapi.com`
    pub tencent: BaseUrl,
    /// `https://dysmsapi.aliyuncs.com`
    pub aliyun: BaseUrl,
    /// Stamps requests.
    pub now: Now,
}

/// Sends through the SMS account of each project.
pub struct SmsChannel {
    control: ControlDb,
    vendors: SmsVendors,
    accounts: Cache<SmsAccountId, Account>,
}

#[derive(Clone)]
struct Account {
    sender: Arc<dyn SmsSender>,
    sign_name: String,
}

#[derive(sea_orm::FromQueryResult)]
struct AccountRow {
    vendor: String,
    secret_id_sealed: Vec<u8>,
    secret_key_sealed: Vec<u8>,
    sdk_app_id: String,
    sign_name: String,
}

/// Why an account cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
enum AccountError {
    #[error("短信账户不存在")]
    Unknown,
    #[error("短信账户密钥无法读取")]
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

impl SmsChannel {
    /// Accounts and templates from `control`.
    #[must_use]
    pub fn new(control: ControlDb, vendors: SmsVendors) -> Self {
        let accounts = Cache::builder().max_capacity(1_000).time_to_live(FRESH_FOR).build();
        Self { control, vendors, accounts }
    }

    async fn account(&self, id: SmsAccountId) -> Result<Account, AccountError> {
        self.accounts.try_get_with(id, self.load(id)).await.map_err(|error| (*error).clone())
    }

    async fn load(&self, id: SmsAccountId) -> Result<Account, AccountError> {
        let row: Option<AccountRow> = self
            .control
            .read("channels.sms", async |tx| {
                tx.row(
                    "SELECT vendor, secret_id_sealed, secret_key_sealed, sdk_app_id, sign_name FROM sms_account \
                     WHERE id = $1",
                    vec![id.uuid().into()],
                )
                .await
            })
            .await?;
        let row = row.ok_or(AccountError::Unknown)?;
        let sealer = self.control.sealer();
        let secret_id = sealer.open("sms_account.secret_id", &row.secret_id_sealed)?;
        let secret_key = SecretString::from(sealer.open("sms_account.secret_key", &row.secret_key_sealed)?);
        let (http, now) = (self.vendors.http.clone(), Arc::clone(&self.vendors.now));
        let sender: Arc<dyn SmsSender> = if row.vendor == "tencent" {
            let keys = TencentKeys { secret_id, secret_key };
            let cloud = TencentCloud::new(http, self.vendors.tencent.clone(), keys, now);
            Arc::new(TencentSms::new(cloud, row.sdk_app_id))
        } else {
            let keys = AliyunKeys { access_key_id: secret_id, access_key_secret: secret_key };
            Arc::new(AliyunSms::new(AliyunCloud::new(http, self.vendors.aliyun.clone(), keys, now)))
        };
        Ok(Account { sender, sign_name: row.sign_name })
    }
}

#[async_trait]
impl Deliver for SmsChannel {
    fn channel(&self) -> Channel {
        Channel::Sms
    }

    async fn deliver(&self, message: &Message) -> Outcome {
        let (Recipient::Phone(phone), Some(account_id)) = (&message.recipient, message.project.sms_account_id) else {
            return Outcome::NotSent { reason: "没有手机号或短信账户".to_owned() };
        };
        let filled = match wording::fill(&self.control, &account_id.to_string(), &message.wording).await {
            Ok(Some(filled)) => filled,
            Ok(None) => return Outcome::Refused { reason: Refusal::OurConfig, code: "no_template".to_owned() },
            Err(error) => return Outcome::NotSent { reason: error.to_string() },
        };
        let account = match self.account(account_id).await {
            Ok(account) => account,
            Err(error) => return Outcome::NotSent { reason: error.to_string() },
        };
        let sms = Sms {
            phone_e164: format!("+86{}", phone.expose()),
            sign_name: account.sign_name,
            template_id: filled.template_id,
            params: filled.fields,
            session: message.client_msg_id.clone(),
        };
        outcome(account.sender.send(&sms).await)
    }
}

fn outcome(sent: SmsOutcome) -> Outcome {
    match sent {
        SmsOutcome::Accepted { receipt_id } => Outcome::Accepted { receipt_id },
        SmsOutcome::Unknown { reason } => Outcome::Unknown { reason },
        SmsOutcome::NotSent { reason } => Outcome::NotSent { reason },
        SmsOutcome::Refused { code, kind } => {
            let reason = match kind {
                SmsRefusal::Frequency | SmsRefusal::QuietHours | SmsRefusal::Busy => Refusal::RateLimited,
                SmsRefusal::AccountLimit | SmsRefusal::Arrears => Refusal::DailyQuota,
                SmsRefusal::BadNumber => Refusal::BadRecipient,
                SmsRefusal::Blocked => Refusal::Blocked,
                SmsRefusal::OurConfig => Refusal::OurConfig,
                SmsRefusal::Other => Refusal::Other,
            };
            Outcome::Refused { reason, code }
        }
    }
}
