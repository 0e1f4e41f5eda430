//! What the jobs work with, put together by the program that starts them.

use std::sync::Arc;

use gateway::wechat_pay::PayGateway;
use service::clock::Clock;
use service::installation::Installation;
use service::payments::Merchants;
use service::reminders::Senders;
use service::tenancy::{ControlDb, Projects};
use service::wechat_apps::WechatApps;

use crate::EngineSettings;

/// The way to WeChat Pay.
pub type Pay = Arc<dyn PayGateway>;

/// What the jobs of this installation work with. Everything in it is shared by its clones.
#[derive(Clone)]
pub struct Deps {
    /// The control database.
    pub control: ControlDb,
    /// The projects.
    pub projects: Projects,
    /// The time.
    pub clock: Clock,
    /// Names this node in leases and records; no two running nodes share a name.
    pub node: String,
    /// How much is done at once.
    pub settings: EngineSettings,
    /// The way to WeChat Pay.
    pub pay: Pay,
    /// The merchant keys of the projects.
    pub merchants: Merchants,
    /// The channels reminders go through.
    pub senders: Senders,
    /// The WeChat apps with their tokens.
    pub apps: WechatApps,
    /// `https://…` under which WeChat reaches this installation, without a slash at the end.
    pub public_url: String,
}

impl Deps {
    /// What the jobs of an installation work with, on a node of that name.
    #[must_use]
    pub fn of(installation: &Installation, node: &str) -> Self {
        Self {
            control: installation.control.clone(),
            projects: installation.projects.clone(),
            clock: installation.clock.clone(),
            node: node.to_owned(),
            settings: EngineSettings::default(),
            pay: Arc::clone(&installation.pay),
            merchants: installation.merchants.clone(),
            senders: installation.senders.clone(),
            apps: installation.apps.clone(),
            public_url: installation.public_url.clone(),
        }
    }
}
