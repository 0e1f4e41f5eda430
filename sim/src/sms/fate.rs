//! How a text or call ends, and the words each vendor has for it.

use super::vendor::Vendor;

/// How long a call that is picked up lasts, to the end of the text.
pub(crate) const TALK_S: i64 = 12;

/// Decided when the message is accepted, told in its report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The text is on the phone.
    Arrived,
    /// Somebody picked up.
    Talked { talk_s: i64, key: Option<String> },
    /// It rang.
    NoAnswer,
    /// In another call.
    Busy,
    /// The call did not reach the phone.
    Unreachable,
    /// The vendor's own code.
    Code(String),
}

impl Fate {
    pub(crate) fn reached(&self) -> bool {
        matches!(self, Self::Arrived | Self::Talked { .. })
    }

    /// Why it did not reach anybody.
    pub(crate) fn failure(&self) -> Option<String> {
        match self {
            Self::Arrived | Self::Talked { .. } => None,
            Self::NoAnswer => Some("NO_ANSWER".to_owned()),
            Self::Busy => Some("BUSY".to_owned()),
            Self::Unreachable => Some("UNREACHABLE".to_owned()),
            Self::Code(code) => Some(code.clone()),
        }
    }

    /// The operator's word in the report of a text.
    pub(crate) fn of_text(&self, vendor: Vendor) -> &str {
        match (self, vendor) {
            (Self::Code(code), _) => code,
            (_, Vendor::Tencent) => "DELIVRD",
            (_, Vendor::Aliyun) => "DELIVERED",
        }
    }

    /// `result` of Tencent's report of a call: picked up, not picked up, trouble.
    pub(crate) fn tencent_result(&self) -> &'static str {
        match self {
            Self::Arrived | Self::Talked { .. } => "0",
            Self::NoAnswer | Self::Busy | Self::Unreachable => "1",
            Self::Code(_) => "2",
        }
    }

    /// `failure_code` and `failure_reason` of Tencent's report of a failure.
    pub(crate) fn tencent_failure(&self) -> Option<(i64, &str)> {
        match self {
            Self::Arrived | Self::Talked { .. } => None,
            Self::NoAnswer => Some((5, "无人接听")),
            Self::Busy => Some((2, "通话中")),
            Self::Unreachable => Some((6, "暂时无法接通")),
            Self::Code(code) => Some((code.parse().unwrap_or(11), "其他原因")),
        }
    }

    /// `status_code` and `status_msg` of Alibaba's report of a call.
    pub(crate) fn aliyun_status(&self) -> (&str, &'static str) {
        match self {
            Self::Talked { talk_s, .. } if *talk_s < TALK_S => ("200001", "用户提前挂机"),
            Self::Arrived | Self::Talked { .. } => ("200000", "用户接听"),
            Self::NoAnswer => ("200003", "用户未接听"),
            Self::Busy => ("200002", "用户占线"),
            Self::Unreachable => ("200005", "被叫用户无法接通"),
            Self::Code(code) => (code, "呼叫失败"),
        }
    }

    /// Seconds of talk.
    pub(crate) fn talk_s(&self) -> i64 {
        if let Self::Talked { talk_s, .. } = self { *talk_s } else { 0 }
    }

    /// The key pressed.
    pub(crate) fn key(&self) -> Option<&str> {
        if let Self::Talked { key, .. } = self { key.as_deref() } else { None }
    }
}
