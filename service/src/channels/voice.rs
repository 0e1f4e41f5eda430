//! Calls that read the bill aloud, through each project's own account, or its second one.

use std::sync::Arc;

use async_trait::async_trait;
use domain::ids::VoiceAccountId;
use domain::reminder::Channel;
use domain::template_field::SmsVendor;
use gateway::voice::{AliyunVoice, TencentVoice, VoiceCall, VoiceCaller, VoiceOutcome};
use moka::future::Cache;
use uuid::Uuid;

use super::cloud::{self, AccountError, AccountTable, Cloud, CloudVendors};
use super::fail_over::{FailOver, OneAccount};
use super::wording::{TemplateOwner, Templates};
use crate::reminders::{Deliver, Message, Outcome, Recipient};
use crate::tenancy::ControlDb;

/// How often the text is read in one call: who did not expect it misses the beginning.
const PLAY_TIMES: u8 = 2;

/// Calls through the voice accounts of each project.
pub struct VoiceChannel {
    fail_over: FailOver,
    accounts: VoiceAccounts,
}

struct VoiceAccounts {
    control: ControlDb,
    vendors: CloudVendors,
    templates: Templates,
    open: Cache<Uuid, Account>,
}

#[derive(Clone)]
struct Account {
    caller: Arc<dyn VoiceCaller>,
    vendor: SmsVendor,
}

impl VoiceChannel {
    /// Accounts and templates from `control`.
    #[must_use]
    pub fn new(control: ControlDb, vendors: CloudVendors) -> Self {
        let fail_over = FailOver::new(Channel::Voice, Arc::clone(&vendors.now));
        let templates = Templates::new(control.clone(), Arc::clone(&vendors.now));
        Self { fail_over, accounts: VoiceAccounts { control, vendors, templates, open: cloud::kept() } }
    }
}

impl VoiceAccounts {
    async fn account(&self, id: Uuid) -> Result<Account, AccountError> {
        self.open.try_get_with(id, self.load(id)).await.map_err(|error| (*error).clone())
    }

    async fn load(&self, id: Uuid) -> Result<Account, AccountError> {
        let opened = cloud::open(&self.control, &self.vendors, AccountTable::Voice, id).await?;
        let vendor = opened.cloud.vendor();
        let caller: Arc<dyn VoiceCaller> = match opened.cloud {
            Cloud::Tencent(cloud) => Arc::new(TencentVoice::new(cloud, opened.sdk_app_id)),
            // Without a number of its own the cloud shows one of its public ones.
            Cloud::Aliyun(cloud) => {
                Arc::new(AliyunVoice::new(cloud, Some(opened.shown).filter(|number| !number.is_empty())))
            }
        };
        Ok(Account { caller, vendor })
    }
}

#[async_trait]
impl Deliver for VoiceChannel {
    fn channel(&self) -> Channel {
        Channel::Voice
    }

    async fn deliver(&self, message: &Message) -> Outcome {
        let Some(first) = message.project.voice_account_id.map(VoiceAccountId::uuid) else {
            return Outcome::NotSent { reason: "没有语音账户".to_owned() };
        };
        let backup = message.project.voice_backup_account_id.map(VoiceAccountId::uuid).filter(|_| message.may_stand_in);
        self.fail_over.send(&self.accounts, first, backup, message).await
    }
}

#[async_trait]
impl OneAccount for VoiceAccounts {
    async fn send_from(&self, account_id: Uuid, message: &Message) -> Outcome {
        let Recipient::Phone(phone) = &message.recipient else {
            return Outcome::NotSent { reason: "没有手机号".to_owned() };
        };
        let account = match self.account(account_id).await {
            Ok(account) => account,
            Err(error) => return Outcome::NotSent { reason: error.to_string() },
        };
        let owner = TemplateOwner::Voice(account.vendor);
        let filled = match self.templates.fill(owner, &account_id.to_string(), message).await {
            Ok(filled) => filled,
            Err(outcome) => return outcome,
        };
        let call = VoiceCall {
            phone_e164: cloud::e164(phone),
            template_id: filled.template_id,
            params: filled.fields,
            session: message.client_msg_id.clone(),
            play_times: PLAY_TIMES,
        };
        match account.caller.call(&call).await {
            VoiceOutcome::Accepted { call_id } => Outcome::Accepted { receipt_id: call_id, account: None },
            VoiceOutcome::Unknown { reason } => Outcome::Unknown { reason },
            VoiceOutcome::NotSent { reason } => Outcome::NotSent { reason },
            VoiceOutcome::Refused { code, kind } => Outcome::Refused { reason: cloud::refusal(kind), code },
        }
    }
}
