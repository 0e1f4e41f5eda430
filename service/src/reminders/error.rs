//! Why a reminder command was refused.

use domain::reminder::PolicyError;

use crate::store::StoreError;
use crate::vault::VaultError;

/// Why a reminder command was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum ReminderError {
    /// The policy cannot be used as written; every mistake is named.
    #[error("提醒策略有误：{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("；"))]
    Policy(Vec<PolicyError>),
    /// Somebody else put another policy in force meanwhile.
    #[error("提醒策略刚被同事改过，没有保存；请重新载入，在新的规则上修改")]
    PolicyMoved,
    /// A preview looks ahead, and not far.
    #[error("只能预览从现在起 31 天内的时刻")]
    PreviewTooFar,
    /// No such notice, bill, house or pause in this project.
    #[error("没有这条记录，请刷新后重试")]
    NotFound,
    /// A promise to pay is a date.
    #[error("承诺付款须填写今天或以后的日期")]
    PromiseWithoutDate,
    /// A pause cannot end before it begins.
    #[error("结束日期已过，请选择今天或以后的日期")]
    DayPast,
    /// No house of the project is in a building of that name.
    #[error("没有这栋楼，请按房屋资料中的楼栋名称填写")]
    BuildingNotFound,
    /// The pause has ended before.
    #[error("该暂停已经结束")]
    AlreadyEnded,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A sealed value did not open, or no randomness.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl ReminderError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Policy(_) => "reminder_policy_invalid",
            Self::PolicyMoved => "reminder_policy_moved",
            Self::PreviewTooFar => "preview_too_far",
            Self::NotFound => "reminder_not_found",
            Self::PromiseWithoutDate => "promise_without_date",
            Self::DayPast => "pause_day_past",
            Self::BuildingNotFound => "building_not_found",
            Self::AlreadyEnded => "pause_already_ended",
            Self::Store(_) | Self::Vault(_) => "internal",
        }
    }
}
