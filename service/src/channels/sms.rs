//! SMS through each project's own account, or its second one.

use std::sync::Arc;

use async_trait::async_trait;
use domain::ids::SmsAccountId;
use domain::reminder::Channel;
use domain::template_field::SmsVendor;
use gateway::sms::{AliyunSms, Sms, SmsOutcome, SmsSender, TencentSms};
use moka::future::Cache;
use uuid::Uuid;

use super::cloud::{self, AccountError, AccountTable, Cloud, CloudVendors};
use super::fail_over::{FailOver, OneAccount};
use super::wording::{TemplateOwner, Templates};
use crate::reminders::{Deliver, Message, Outcome, Recipient};
use crate::tenancy::ControlDb;

/// Sends through the SMS accounts of each project.
pub struct SmsChannel {
    fail_over: FailOver,
    accounts: SmsAccounts,
}

struct SmsAccounts {
    control: ControlDb,
    vendors: CloudVendors,
    templates: Templates,
    open: Cache<Uuid, Account>,
}

#[derive(Clone)]
struct Account {
    sender: Arc<dyn SmsSender>,
    vendor: SmsVendor,
    sign_name: String,
}

impl SmsChannel {
    /// Accounts and templates from `control`.
    #[must_use]
    pub fn new(control: ControlDb, vendors: CloudVendors) -> Self {
        let fail_over = FailOver::new(Channel::Sms, Arc::clone(&vendors.now));
        let templates = Templates::new(control.clone(), Arc::clone(&vendors.now));
        Self { fail_over, accounts: SmsAccounts { control, vendors, templates, open: cloud::kept() } }
    }
}

impl SmsAccounts {
    async fn account(&self, id: Uuid) -> Result<Account, AccountError> {
        self.open.try_get_with(id, self.load(id)).await.map_err(|error| (*error).clone())
    }

    async fn load(&self, id: Uuid) -> Result<Account, AccountError> {
        let opened = cloud::open(&self.control, &self.vendors, AccountTable::Sms, id).await?;
        let vendor = opened.cloud.vendor();
        let sender: Arc<dyn SmsSender> = match opened.cloud {
            Cloud::Tencent(cloud) => Arc::new(TencentSms::new(cloud, opened.sdk_app_id)),
            Cloud::Aliyun(cloud) => Arc::new(AliyunSms::new(cloud)),
        };
        Ok(Account { sender, vendor, sign_name: opened.shown })
    }
}

#[async_trait]
impl Deliver for SmsChannel {
    fn channel(&self) -> Channel {
        Channel::Sms
    }

    async fn deliver(&self, message: &Message) -> Outcome {
        let Some(first) = message.project.sms_account_id.map(SmsAccountId::uuid) else {
            return Outcome::NotSent { reason: "没有短信账户".to_owned() };
        };
        let backup = message.project.sms_backup_account_id.map(SmsAccountId::uuid).filter(|_| message.may_stand_in);
        self.fail_over.send(&self.accounts, first, backup, message).await
    }
}

#[async_trait]
impl OneAccount for SmsAccounts {
    async fn send_from(&self, account_id: Uuid, message: &Message) -> Outcome {
        let Recipient::Phone(phone) = &message.recipient else {
            return Outcome::NotSent { reason: "没有手机号".to_owned() };
        };
        let account = match self.account(account_id).await {
            Ok(account) => account,
            Err(error) => return Outcome::NotSent { reason: error.to_string() },
        };
        let owner = TemplateOwner::Sms(account.vendor);
        let filled = match self.templates.fill(owner, &account_id.to_string(), message).await {
            Ok(filled) => filled,
            Err(outcome) => return outcome,
        };
        let sms = Sms {
            phone_e164: cloud::e164(phone),
            sign_name: account.sign_name,
            template_id: filled.template_id,
            params: filled.fields,
            session: message.client_msg_id.clone(),
        };
        match account.sender.send(&sms).await {
            SmsOutcome::Accepted { receipt_id } => Outcome::Accepted { receipt_id, account: None },
            SmsOutcome::Unknown { reason } => Outcome::Unknown { reason },
            SmsOutcome::NotSent { reason } => Outcome::NotSent { reason },
            SmsOutcome::Refused { code, kind } => Outcome::Refused { reason: cloud::refusal(kind), code },
        }
    }
}
