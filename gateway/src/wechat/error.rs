//! What WeChat's refusals mean for us.

use crate::http::TransportError;

/// A call that did not succeed. The variant says whether it may have taken effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WechatError {
    /// WeChat answered with an error code: nothing was done.
    #[error("微信拒绝：{errcode} {errmsg}")]
    Refused {
        /// WeChat's number; see [`WechatError::kind`].
        errcode: i64,
        /// WeChat's words.
        errmsg: String,
        /// Can be looked up in the console for 7 days.
        rid: Option<String>,
    },
    /// Time-out, 5xx, or an answer that cannot be read: it may have been done.
    #[error("微信结果未知：{0}")]
    Unknown(String),
    /// No byte left this machine: nothing was done.
    #[error("未能连接微信：{0}")]
    NotSent(String),
}

/// What to do about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WechatErrorKind {
    /// Try again three times, after 1, 3 and 9 s.
    Busy,
    /// Refresh the token once and repeat once. From `stable_token` itself it means a wrong secret.
    TokenStale,
    /// Our address is not on the app's list: alert, stop.
    IpNotAllowed,
    /// Our template, page, content, permission or secret: no retry, alert.
    OurConfig,
    /// Does not follow the service account: next channel.
    NotFollower,
    /// No consent left: the credit ledger goes to zero, next channel.
    NoSubscription,
    /// The template, interface or account is banned: stop it, alert.
    Banned,
    /// Two sends to one person at once: one after the other.
    Concurrent,
    /// Nothing more today from this account.
    DailyQuota,
    /// Back off for at least a minute.
    MinuteRate,
    /// A data error, often an openid of the other app.
    BadOpenid,
    /// The login or phone code is wrong, used or expired: ask for a new one.
    BadCode,
    /// Anything else, and errors that are not refusals.
    Other,
}

impl WechatError {
    /// The table of published error codes.
    #[must_use]
    pub const fn kind(&self) -> WechatErrorKind {
        let Self::Refused { errcode, .. } = self else { return WechatErrorKind::Other };
        match *errcode {
            -1 => WechatErrorKind::Busy,
            40001 | 40014 | 42001 => WechatErrorKind::TokenStale,
            40164 => WechatErrorKind::IpNotAllowed,
            // Templates and content.
            40036 | 40037 | 40039 | 40249 | 41030 | 45168 | 47003 | 48001
            // Who we are: grant type, appid, secret, frozen secret, missing secret.
            | 40002 | 40013 | 40125 | 40243 | 41004
            // QR codes and lists: parameter, their number, page of people.
            | 40032 | 40053 | 45029 | 47001
            // Quota of an API: its path is unknown, or not this account's.
            | 76021 | 76022
            // Links: path, query, not published, lifetime, build.
            | 40165 | 40212 | 85079 | 85401 | 85402 => WechatErrorKind::OurConfig,
            43004 => WechatErrorKind::NotFollower,
            43101 => WechatErrorKind::NoSubscription,
            43107 | 43116 | 48004 | 50004 | 50007 => WechatErrorKind::Banned,
            43108 => WechatErrorKind::Concurrent,
            45009 | 44993 => WechatErrorKind::DailyQuota,
            45011 | 44990 => WechatErrorKind::MinuteRate,
            40003 => WechatErrorKind::BadOpenid,
            40029 | 40163 => WechatErrorKind::BadCode,
            _ => WechatErrorKind::Other,
        }
    }

    pub(crate) fn refused(errcode: i64, errmsg: &str) -> Self {
        let rid = errmsg.rsplit_once("rid:").map(|(_, rid)| rid.trim().to_owned()).filter(|rid| !rid.is_empty());
        Self::Refused { errcode, errmsg: errmsg.to_owned(), rid }
    }
}

impl From<TransportError> for WechatError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::NotSent(why) => Self::NotSent(why),
            TransportError::Unknown(why) => Self::Unknown(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use WechatErrorKind as Kind;

    #[test]
    fn every_published_code_has_its_kind() {
        let table = [
            (-1, Kind::Busy),
            (40001, Kind::TokenStale),
            (40014, Kind::TokenStale),
            (42001, Kind::TokenStale),
            (40164, Kind::IpNotAllowed),
            (40037, Kind::OurConfig),
            (40036, Kind::OurConfig),
            (47003, Kind::OurConfig),
            (41030, Kind::OurConfig),
            (40039, Kind::OurConfig),
            (40249, Kind::OurConfig),
            (45168, Kind::OurConfig),
            (43004, Kind::NotFollower),
            (43101, Kind::NoSubscription),
            (43107, Kind::Banned),
            (43116, Kind::Banned),
            (48004, Kind::Banned),
            (43108, Kind::Concurrent),
            (45009, Kind::DailyQuota),
            (45011, Kind::MinuteRate),
            (48001, Kind::OurConfig),
            (40003, Kind::BadOpenid),
            (40053, Kind::OurConfig),
            (45029, Kind::OurConfig),
            (76021, Kind::OurConfig),
            (44993, Kind::DailyQuota),
            (44990, Kind::MinuteRate),
            (40029, Kind::BadCode),
            (40163, Kind::BadCode),
            (12345, Kind::Other),
        ];
        for (errcode, kind) in table {
            assert_eq!(WechatError::refused(errcode, "x").kind(), kind, "{errcode}");
        }
        assert_eq!(WechatError::Unknown("x".into()).kind(), Kind::Other);
    }

    #[test]
    fn the_rid_is_taken_from_the_message() {
        let error = WechatError::refused(43101, "user refuse to accept the msg rid: 65f0-1c-2d");
        assert!(matches!(error, WechatError::Refused { rid: Some(rid), .. } if rid == "65f0-1c-2d"));
        assert!(matches!(WechatError::refused(-1, "system error"), WechatError::Refused { rid: None, .. }));
    }
}
