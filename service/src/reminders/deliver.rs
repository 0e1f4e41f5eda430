//! What a channel must do: take one message, say what became of it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use domain::notice::Wording;
use domain::person::Phone;
use domain::reminder::Channel;
use uuid::Uuid;

use crate::tenancy::ProjectInfo;

/// Whom a message goes to.
#[derive(Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A follower of an account.
    Openid {
        /// The account that sends.
        app_id: String,
        /// The follower's id there.
        openid: String,
    },
    /// A mobile phone.
    Phone(Phone),
}

impl Recipient {
    /// `oAbc****wxyz` or `138****1234`: what staff see and rows keep.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Phone(phone) => phone.masked(),
            Self::Openid { openid, .. } => {
                let length = openid.chars().count();
                let head: String = openid.chars().take(4).collect();
                let tail: String = openid.chars().skip(length.saturating_sub(4).max(4)).collect();
                format!("{head}****{tail}")
            }
        }
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// One message on its way out.
#[derive(Debug, Clone)]
pub struct Message {
    /// The project that speaks: its names, its accounts.
    pub project: Arc<ProjectInfo>,
    /// The notice it carries.
    pub notice_id: Uuid,
    /// Whom to.
    pub recipient: Recipient,
    /// What it says.
    pub wording: Wording,
    /// The purpose of the template that carries it: see [`template_purpose`].
    pub template: String,
    /// Mini program path with the message's own token: `pages/reminder/reminder?token=…`.
    pub page: String,
    /// The same for every attempt at this notice: 32 hex digits. WeChat remembers it for 10 minutes and sends once.
    pub client_msg_id: String,
    /// The project's second account may send it where the first one cannot: it works, and its day is not at its end.
    pub may_stand_in: bool,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The vendor took it; delivery is reported later under this id.
    Accepted {
        /// `msgid` of WeChat, `SerialNo` or `BizId` of an SMS vendor.
        receipt_id: String,
        /// The account that sent, where a second one stood in for the project's first.
        account: Option<String>,
    },
    /// The vendor said no.
    Refused {
        /// What it means for the ladder.
        reason: Refusal,
        /// The vendor's own code, for staff.
        code: String,
    },
    /// It may or may not have been sent: a timeout after sending, an answer that cannot be read.
    Unknown {
        /// For the history; no personal data.
        reason: String,
    },
    /// It was certainly not sent: no connection, no token, an open breaker.
    NotSent {
        /// For the history; no personal data.
        reason: String,
    },
}

/// Why a vendor said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// 43004: does not follow the service account.
    NotFollower,
    /// 43101: no consent credit left.
    NoSubscription,
    /// 45009: the account has used up its day.
    DailyQuota,
    /// Too fast, or too often to this number for now.
    RateLimited,
    /// Our template, signature or permission is wrong: nobody would get this message.
    OurConfig,
    /// The openid or number does not exist.
    BadRecipient,
    /// The person refuses messages, or the number is on a black list.
    Blocked,
    /// Anything else.
    Other,
}

impl Refusal {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFollower => "not_follower",
            Self::NoSubscription => "no_subscription",
            Self::DailyQuota => "daily_quota",
            Self::RateLimited => "rate_limited",
            Self::OurConfig => "our_config",
            Self::BadRecipient => "bad_recipient",
            Self::Blocked => "blocked",
            Self::Other => "refused",
        }
    }
}

/// One channel. A stale access token is the adapter's own business: it refreshes once and tries again.
#[async_trait]
pub trait Deliver: Send + Sync {
    /// Which channel it is.
    fn channel(&self) -> Channel;

    /// Sends one message. It answers within a few seconds or is cut off, which counts as [`Outcome::Unknown`].
    async fn deliver(&self, message: &Message) -> Outcome;
}

/// The channels that exist in this installation.
#[derive(Clone, Default)]
pub struct Senders(Vec<Arc<dyn Deliver>>);

impl Senders {
    /// No channel at all.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds a channel; a second one for the same channel is never asked.
    #[must_use]
    pub fn with(mut self, sender: Arc<dyn Deliver>) -> Self {
        self.0.push(sender);
        self
    }

    /// The sender of a channel.
    #[must_use]
    pub fn of(&self, channel: Channel) -> Option<&dyn Deliver> {
        self.0.iter().find(|sender| sender.channel() == channel).map(AsRef::as_ref)
    }
}

/// The account a project sends from on a channel, as `message_receipt`, `delivery_event` and `message_template` name
/// it: the app id for WeChat, the id of the SMS or voice account. `None` where the project cannot use the channel.
#[must_use]
pub fn account_of(info: &ProjectInfo, channel: Channel) -> Option<String> {
    match channel {
        Channel::WechatTemplate | Channel::WechatNotify => info.service_account_app_id.clone(),
        Channel::WechatSubscribe => info.mini_program_app_id.clone(),
        Channel::Sms => info.sms_account_id.map(|id| id.to_string()),
        Channel::Voice => info.voice_account_id.map(|id| id.to_string()),
    }
}

/// The account that stands in where the first one cannot send; named as [`account_of`] does.
#[must_use]
pub fn backup_of(info: &ProjectInfo, channel: Channel) -> Option<String> {
    match channel {
        Channel::WechatTemplate | Channel::WechatNotify | Channel::WechatSubscribe => None,
        Channel::Sms => info.sms_backup_account_id.map(|id| id.to_string()),
        Channel::Voice => info.voice_backup_account_id.map(|id| id.to_string()),
    }
}

/// The purpose under which an account's template for a stage is registered: a service account has one for template
/// messages and another for 订阅通知.
#[must_use]
pub fn template_purpose(stage_template: &str, channel: Channel) -> String {
    if channel == Channel::WechatNotify { format!("{stage_template}_notify") } else { stage_template.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_prints_masked_even_when_the_id_is_short() {
        let openid = |id: &str| Recipient::Openid { app_id: "wx1".to_owned(), openid: id.to_owned() };
        assert_eq!(format!("{:?}", openid("oAbcdefghijklmnopqrstuvwxyz1")), "oAbc****xyz1");
        assert_eq!(openid("oAb").masked(), "oAb****");
        assert_eq!(openid("oAbcde").masked(), "oAbc****de");
    }
}
