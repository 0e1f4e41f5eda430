//! One running installation: everything that use cases work with, put together once at start.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::ids::ProjectId;
use gateway::wechat::WechatApi;
use gateway::wechat_pay::{PayGateway, RefundGateway};

use crate::channels::{CloudVendors, NotifyChannel, SmsChannel, SubscribeChannel, TemplateChannel, VoiceChannel};
use crate::clock::Clock;
use crate::payments::{MerchantError, Merchants, PayContext};
use crate::refunds::RefundContext;
use crate::reminders::Senders;
use crate::shared::SharedState;
use crate::tenancy::{ControlDb, ProjectDb, Projects};
use crate::wechat_apps::WechatApps;

/// The ways to the outside world.
#[derive(Clone)]
pub struct Gateways {
    /// WeChat Pay.
    pub pay: Arc<dyn PayGateway>,
    /// WeChat Pay, for refunds that got stuck.
    pub stuck_refunds: Arc<dyn RefundGateway>,
    /// WeChat.
    pub wechat: Arc<dyn WechatApi>,
    /// The SMS vendors.
    pub sms: CloudVendors,
    /// The same clouds, where they call.
    pub voice: CloudVendors,
}

/// A running installation. Clones share everything.
#[derive(Clone)]
pub struct Installation {
    /// The control database.
    pub control: ControlDb,
    /// The projects.
    pub projects: Projects,
    /// The time.
    pub clock: Clock,
    /// WeChat Pay.
    pub pay: Arc<dyn PayGateway>,
    /// WeChat Pay, for refunds that got stuck.
    pub stuck_refunds: Arc<dyn RefundGateway>,
    /// The merchants' keys.
    pub merchants: Merchants,
    /// The WeChat apps with their tokens.
    pub apps: WechatApps,
    /// The channels reminders go through.
    pub senders: Senders,
    /// What nodes share.
    pub shared: Arc<dyn SharedState>,
    /// `https://…` under which WeChat and the vendors reach this server, without a slash at the end.
    pub public_url: String,
}

impl Installation {
    /// Puts an installation together.
    #[must_use]
    pub fn new(
        projects: Projects,
        clock: Clock,
        gateways: Gateways,
        shared: Arc<dyn SharedState>,
        public_url: &str,
    ) -> Self {
        let control = projects.control().clone();
        let apps = WechatApps::new(control.clone(), gateways.wechat, Arc::clone(&shared));
        let now = Arc::clone(&gateways.sms.now);
        let senders = Senders::none()
            .with(Arc::new(TemplateChannel::new(control.clone(), apps.clone(), Arc::clone(&now))))
            .with(Arc::new(SubscribeChannel::new(control.clone(), apps.clone(), Arc::clone(&now))))
            .with(Arc::new(NotifyChannel::new(control.clone(), apps.clone(), Arc::clone(&now))))
            .with(Arc::new(SmsChannel::new(control.clone(), gateways.sms)))
            .with(Arc::new(VoiceChannel::new(control.clone(), gateways.voice)));
        Self {
            merchants: Merchants::new(control.clone()),
            control,
            projects,
            clock,
            pay: gateways.pay,
            stuck_refunds: gateways.stuck_refunds,
            apps,
            senders,
            shared,
            public_url: public_url.trim_end_matches('/').to_owned(),
        }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// What a payment in this project needs.
    ///
    /// # Errors
    /// [`MerchantError`] when the project has no usable merchant.
    pub async fn pay_context(&self, project: &ProjectDb) -> Result<PayContext, MerchantError> {
        let keys = self.merchants.of(project.info()).await?;
        Ok(PayContext { gateway: Arc::clone(&self.pay), keys, notify_url: self.payment_notify_url(project.id()) })
    }

    /// What a refund of this merchant's money needs in this project.
    ///
    /// # Errors
    /// [`MerchantError`] when the merchant's keys are not to be had.
    pub async fn refund_context(&self, project: &ProjectDb, mchid: &str) -> Result<RefundContext, MerchantError> {
        let keys = self.merchants.of_number(project.info(), mchid).await?;
        let notify_url = refund_notify_url(&self.public_url, project.id());
        Ok(RefundContext { gateway: Arc::clone(&self.pay), keys, notify_url })
    }

    /// Where WeChat Pay tells of this project's payments.
    #[must_use]
    pub fn payment_notify_url(&self, project: ProjectId) -> String {
        format!("{}/callback/wechatpay/{project}/payment", self.public_url)
    }
}

/// Where WeChat Pay tells of this project's refunds. `public_url` has no slash at the end.
#[must_use]
pub fn refund_notify_url(public_url: &str, project: ProjectId) -> String {
    format!("{public_url}/callback/wechatpay/{project}/refund")
}
