//! Why an owner's hold was refused.

use crate::store::StoreError;
use crate::vault::VaultError;

/// Why an owner's hold was refused.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// Not there, or not theirs.
    #[error("没有这条记录")]
    NotFound,
    /// Nothing is owed.
    #[error("账单已缴清或已作废，不会再发送提醒")]
    BillClosed,
    /// A dispute says what is wrong, in at most 200 characters.
    #[error("请写明有异议的地方，不超过 200 个字")]
    BadWords,
    /// One dispute at a time.
    #[error("您已提出异议，物业正在核对，其间不会发送提醒")]
    AlreadyDisputed,
    /// Disputed as often as may be.
    #[error("这笔账单已多次提出异议，请直接联系物业服务中心")]
    TooManyDisputes,
    /// The day is over.
    #[error("约定的日期已过，请选择今天或以后的日期")]
    DayPast,
    /// The day is too far away.
    #[error("约定的日期最晚为 30 天后，请选择更早的日期")]
    DayTooFar,
    /// Promised as often as may be.
    #[error("这笔账单已约定过 2 次，如有困难请联系物业服务中心")]
    TooManyPromises,
    /// Sealing failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl HoldError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::BillClosed => "bill_closed",
            Self::BadWords => "dispute_words",
            Self::AlreadyDisputed => "already_disputed",
            Self::TooManyDisputes => "too_many_disputes",
            Self::DayPast => "promise_day_past",
            Self::DayTooFar => "promise_day_too_far",
            Self::TooManyPromises => "too_many_promises",
            Self::Vault(_) | Self::Store(_) => "internal",
        }
    }
}
