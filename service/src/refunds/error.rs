//! Why a refund is not to be.

use domain::ledger::LedgerError;
use domain::money::MoneyError;
use domain::refund::{REASON_CHARS_MAX, REFUNDS_MAX};

use crate::ledger::LedgerStoreError;
use crate::payments::MerchantError;
use crate::store::StoreError;
use crate::vault::VaultError;

/// Why a refund was not requested, decided, sent or booked.
#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    /// No such payment or refund.
    #[error("没有找到")]
    NotFound,
    /// The payment did not come by WeChat Pay.
    #[error("这笔款项不是微信支付，不能原路退回")]
    NotByWechat,
    /// No parts, too many, or one bill twice.
    #[error("请逐笔填写要退的账单和金额，每笔账单只能填一次")]
    Parts,
    /// A part is more than the payment still has there.
    #[error("退款金额超过可退金额：该项最多可退 {free_fen} 分")]
    TooMuch {
        /// Which part, from 0.
        part: usize,
        /// What may still be taken there, in fen.
        free_fen: i64,
    },
    /// No reason, or one too long.
    #[error("请填写退款原因，最多 {REASON_CHARS_MAX} 个字")]
    Reason,
    /// WeChat Pay takes no more.
    #[error("同一笔款项最多退款 {REFUNDS_MAX} 次")]
    TooMany,
    /// The same id was used for another refund.
    #[error("该编号已用于另一笔退款，请刷新后重试")]
    IdTaken,
    /// Whoever asked for it does not agree to it alone.
    #[error("须由申请人以外的同事审批")]
    OwnRequest,
    /// Somebody else was faster.
    #[error("该退款已审批，请刷新")]
    AlreadyDecided,
    /// Only what is stuck is sent another way.
    #[error("该退款不是异常状态，无需另行处理")]
    NotAbnormal,
    /// WeChat Pay does not take the other way.
    #[error("微信支付未受理：{0}")]
    NotTaken(String),
    /// WeChat Pay cannot say now.
    #[error("微信支付暂时没有明确答复，请稍后查询")]
    Unclear,
    /// The merchant's keys.
    #[error(transparent)]
    Merchant(#[from] MerchantError),
    /// A sum out of range.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// An impossible posting.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// No randomness for a number.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RefundError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NotByWechat => "not_by_wechat",
            Self::Parts => "refund_parts",
            Self::TooMuch { .. } => "refund_too_much",
            Self::Reason => "refund_reason",
            Self::TooMany => "refund_count",
            Self::IdTaken => "refund_id_taken",
            Self::OwnRequest => "refund_own_request",
            Self::AlreadyDecided => "refund_decided",
            Self::NotAbnormal => "refund_not_abnormal",
            Self::NotTaken(_) => "refund_not_taken",
            Self::Unclear => "wechat_pay_unclear",
            Self::Merchant(_) => "merchant",
            Self::Money(_) | Self::Ledger(_) | Self::Vault(_) | Self::Store(_) => "internal",
        }
    }
}

impl From<LedgerStoreError> for RefundError {
    fn from(error: LedgerStoreError) -> Self {
        match error {
            LedgerStoreError::Store(error) => Self::Store(error),
            LedgerStoreError::Ledger(error) => Self::Ledger(error),
        }
    }
}
