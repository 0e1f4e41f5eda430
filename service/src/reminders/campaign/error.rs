//! Why a campaign was refused.

use domain::notice::StaffNoteError;

use super::BILLS_MAX;
use crate::reminders::ReminderError;
use crate::store::StoreError;

/// Why a campaign was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// No campaign of that number in this project.
    #[error("没有这个群发，请刷新后重试")]
    NotFound,
    /// Something that was filled in cannot be used.
    #[error("{words}")]
    Invalid {
        /// The field, as in the request.
        field: &'static str,
        /// What is wrong and what to do.
        words: String,
    },
    /// The note cannot be sent.
    #[error(transparent)]
    Note(#[from] StaffNoteError),
    /// House keys that no house has, the first of them by name.
    #[error("找不到房号：{}{}", .named.join("、"), if *.count > .named.len() { format!("等 {count} 个") } else { String::new() })]
    UnknownHouses {
        /// The first of them.
        named: Vec<String>,
        /// How many there are.
        count: usize,
    },
    /// The project has no account for any of the channels.
    #[error("项目没有开通所选的发送渠道，请更换渠道或先配置账号")]
    NoAccount,
    /// Calls are for what is overdue.
    #[error("语音电话只能用于逾期账单，请把逾期天数的起点设为 1 天以上")]
    CallBeforeDue,
    /// Nobody would get anything.
    #[error("没有符合条件的账单")]
    NoBills,
    /// More than one campaign may speak of.
    #[error("符合条件的账单有 {bills} 笔，一次群发最多 {BILLS_MAX} 笔，请缩小范围")]
    TooManyBills {
        /// How many match.
        bills: i64,
    },
    /// The instant lies behind.
    #[error("发送时间已过，请选择以后的时间")]
    Past,
    /// The instant lies too far ahead.
    #[error("发送时间太远，最多提前 {days} 天安排")]
    TooFar {
        /// How far it may lie ahead.
        days: i64,
    },
    /// Nobody is disturbed at that hour.
    #[error("该时间处于静默时段，不能发送；最早可以在 {next} 发送")]
    Quiet {
        /// The first time after it, in the project's zone.
        next: String,
    },
    /// It has been started: there is nothing to preview or to change.
    #[error("该群发已开始发送，请在发送记录中查看")]
    Started,
    /// It is done or was called off.
    #[error("该群发已结束")]
    Ended,
    /// The engine refused or failed.
    #[error(transparent)]
    Reminder(#[from] ReminderError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CampaignError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "campaign_not_found",
            Self::Invalid { .. } => "campaign_invalid",
            Self::Note(error) => error.code(),
            Self::UnknownHouses { .. } => "campaign_unknown_houses",
            Self::NoAccount => "campaign_channel_unavailable",
            Self::CallBeforeDue => "campaign_call_before_due",
            Self::NoBills => "campaign_no_bills",
            Self::TooManyBills { .. } => "campaign_too_many_bills",
            Self::Past => "campaign_in_the_past",
            Self::TooFar { .. } => "campaign_too_far",
            Self::Quiet { .. } => "campaign_in_quiet_hours",
            Self::Started => "campaign_started",
            Self::Ended => "campaign_ended",
            Self::Reminder(error) => error.code(),
            Self::Store(_) => "internal",
        }
    }

    pub(super) fn invalid(field: &'static str, words: impl Into<String>) -> Self {
        Self::Invalid { field, words: words.into() }
    }
}
