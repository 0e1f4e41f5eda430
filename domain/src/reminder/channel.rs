//! How a message reaches a person.

use serde::{Deserialize, Serialize};

/// How a message reaches a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The service account's template message: the receiver must follow the account.
    WechatTemplate,
    /// The mini program's one-time subscribe message: costs one consent credit.
    WechatSubscribe,
    /// The service account's 订阅通知.
    WechatNotify,
    /// A text message.
    Sms,
    /// A call that reads the text aloud.
    Voice,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::WechatTemplate, Self::WechatSubscribe, Self::WechatNotify, Self::Sms, Self::Voice];

    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WechatTemplate => "wechat_template",
            Self::WechatSubscribe => "wechat_subscribe",
            Self::WechatNotify => "wechat_notify",
            Self::Sms => "sms",
            Self::Voice => "voice",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == word)
    }

    /// The name staff read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::WechatTemplate => "微信服务号消息",
            Self::WechatSubscribe => "小程序订阅消息",
            Self::WechatNotify => "服务号订阅通知",
            Self::Sms => "短信",
            Self::Voice => "语音电话",
        }
    }
}
