//! Why the desk could not do what it was asked.

use domain::counter::guard::Warning;
use domain::counter::{AllocationError, BILLS_MAX, DeskMethod};
use domain::ledger::LedgerError;
use domain::money::{Fen, MoneyError};
use papers::PaperError;
use tokio::task::JoinError;

use super::checkout::{REASON_CHARS_MAX, TEXT_CHARS_MAX};
use crate::bills::BillsError;
use crate::houses::HousesError;
use crate::ledger::LedgerStoreError;
use crate::payments::{AskError, MerchantError, SettleError};
use crate::store::StoreError;
use crate::vault::VaultError;

/// Why the desk could not do what it was asked. Nothing was booked.
#[derive(Debug, thiserror::Error)]
pub enum CounterError {
    /// No such shift, payment or house in this project, or not this cashier's.
    #[error("没有找到，请刷新后重试")]
    NotFound,
    /// The cashier has no open shift.
    #[error("还没有开班，请先开班再收款")]
    NoOpenShift,
    /// The shift is closed.
    #[error("班次已经交班，不能再改动")]
    ShiftClosed,
    /// Only a closed shift is locked.
    #[error("班次还没有交班，请收银员先交班")]
    ShiftOpen,
    /// Nobody locks their own shift.
    #[error("不能锁定自己的班次，请由另一位财务人员锁定")]
    OwnShift,
    /// A sum below zero or out of range.
    #[error("金额须为 0 或正数，单位为分")]
    BadSum,
    /// Money was booked by this method, but nothing was counted.
    #[error("本班有{}收款，请填写清点金额", .0.title())]
    CountMissing(DeskMethod),
    /// The count is not what was booked, and nobody says why.
    #[error("清点金额与账面相差 {0}，请填写原因，最多 {REASON_CHARS_MAX} 个字")]
    DifferenceReasonMissing(Fen),
    /// Nothing ticked, too much, or one bill twice.
    #[error("请勾选 1 至 {BILLS_MAX} 笔账单，每笔一次")]
    BillCount,
    /// A bill that this project does not have.
    #[error("没有找到账单，请刷新后重试")]
    BillNotFound,
    /// The money cannot be spread so.
    #[error(transparent)]
    Allocation(#[from] AllocationError),
    /// More money than the bills ask for.
    #[error("收款比所勾选账单多 {0}，请改为应收金额或勾选更多账单")]
    Surplus(Fen),
    /// Less cash than is taken.
    #[error("现金 {tendered} 少于应收 {total}，请核对")]
    TenderedTooLittle {
        /// What was handed over.
        tendered: Fen,
        /// What is taken.
        total: Fen,
    },
    /// Only cash is handed over and gives change.
    #[error("只有现金收款才填写实收与找零")]
    TenderedNotCash,
    /// Money that came in another way needs something to find it by.
    #[error("请填写{}的凭证号或说明，最多 {TEXT_CHARS_MAX} 个字", .0.title())]
    ReferenceMissing(DeskMethod),
    /// A name too long.
    #[error("付款人姓名最多 {TEXT_CHARS_MAX} 个字")]
    BadPayerName,
    /// An unknown warning is overruled, or one without a reason.
    #[error("请为每条提醒填写继续收款的原因，最多 {REASON_CHARS_MAX} 个字")]
    BadOverrule,
    /// The key was used for another request.
    #[error("这次提交的编号已用于另一笔收款，请刷新后重试")]
    KeyReused,
    /// The cashier is asked first.
    #[error("收款前请核对：{}", words(.0))]
    Guarded(Vec<Warning>),
    /// WeChat could not say whether the order in the way is paid.
    #[error("账单正在微信支付中，暂时无法确认是否已付，请稍后再试")]
    StillReserved,
    /// The order in the way was paid: it is booked, and nothing is taken here.
    #[error("账单刚刚已在微信支付，款项已入账，请勿重复收款；刷新后可查看收据")]
    PaidInWechat,
    /// A void needs a reason.
    #[error("请填写作废原因，最多 {REASON_CHARS_MAX} 个字")]
    ReasonMissing,
    /// Above the limit a second person voids.
    #[error("超过 {0} 的收款须由另一位有权限的人员作废")]
    SecondPerson(Fen),
    /// The payment was given back in part or in whole.
    #[error("这笔收款已有退款，不能作废")]
    Refunded,
    /// Impossible sums.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The books refused.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Booking failed.
    #[error(transparent)]
    Settle(#[from] SettleError),
    /// An order in the way could not be asked about.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The merchant's keys could not be opened.
    #[error(transparent)]
    Merchant(#[from] MerchantError),
    /// Houses could not be read.
    #[error(transparent)]
    Houses(#[from] HousesError),
    /// Bills could not be read.
    #[error(transparent)]
    Bills(#[from] BillsError),
    /// Personal data could not be sealed or opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A receipt could not be put on paper.
    #[error(transparent)]
    Paper(#[from] PaperError),
    /// The work was stopped.
    #[error("printing was interrupted")]
    Interrupted(#[from] JoinError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn words(warnings: &[Warning]) -> String {
    warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("；")
}

impl CounterError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NoOpenShift => "no_open_shift",
            Self::ShiftClosed => "shift_closed",
            Self::ShiftOpen => "shift_open",
            Self::OwnShift => "own_shift",
            Self::BadSum => "bad_sum",
            Self::CountMissing(_) => "count_missing",
            Self::DifferenceReasonMissing(_) => "difference_reason_missing",
            Self::BillCount => "bill_count",
            Self::BillNotFound => "bill_not_found",
            Self::Allocation(error) => error.code(),
            Self::Surplus(_) => "surplus",
            Self::TenderedTooLittle { .. } => "tendered_too_little",
            Self::TenderedNotCash => "tendered_not_cash",
            Self::ReferenceMissing(_) => "reference_missing",
            Self::BadPayerName => "bad_payer_name",
            Self::BadOverrule => "bad_overrule",
            Self::KeyReused => "idempotency_key_reused",
            Self::Guarded(_) => "desk_guard",
            Self::StillReserved => "bill_reserved",
            Self::PaidInWechat => "paid_in_wechat",
            Self::ReasonMissing => "reason_missing",
            Self::SecondPerson(_) => "second_person_needed",
            Self::Refunded => "payment_refunded",
            Self::Money(_) => "amount_out_of_range",
            Self::Ledger(_)
            | Self::Settle(_)
            | Self::Ask(_)
            | Self::Merchant(_)
            | Self::Houses(_)
            | Self::Bills(_)
            | Self::Vault(_)
            | Self::Paper(_)
            | Self::Interrupted(_)
            | Self::Store(_) => "internal",
        }
    }
}

impl From<LedgerStoreError> for CounterError {
    fn from(error: LedgerStoreError) -> Self {
        match error {
            LedgerStoreError::Store(error) => Self::Store(error),
            LedgerStoreError::Ledger(error) => Self::Ledger(error),
        }
    }
}
