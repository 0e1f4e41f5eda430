//! Why an owner's request is refused.

use crate::store::StoreError;
use crate::tenancy::TenancyError;
use crate::vault::VaultError;

/// What stands in the way of an owner's request, in words the owner can act on.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealing or opening failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A project cannot be served.
    #[error(transparent)]
    Tenancy(#[from] TenancyError),
    /// Not there, or not theirs.
    #[error("没有这条记录")]
    NotFound,
    /// No house of the project answers to the text.
    #[error("没有找到这套房屋，请按“1栋1单元101”的样子填写")]
    HouseNotFound,
    /// Several houses answer to the text.
    #[error("有多套房屋叫这个名字，请写明楼栋和单元")]
    HouseAmbiguous,
    /// No name, or one too long to be one.
    #[error("请填写登记在物业的姓名，不超过 50 个字")]
    BadName,
    /// The digits by which a phone is compared are not four digits.
    #[error("请填写手机号的最后 4 位数字")]
    BadPhoneTail,
    /// As many claims await the staff as one person may have.
    #[error("您有多套房屋正在等待物业核对，请等核对后再申请")]
    TooManyPending,
    /// As many claims in a day as one person may make.
    #[error("今天申请的次数太多，请明天再试，或联系物业服务中心")]
    TooManyClaims,
    /// A refusal and an end need a reason of at most 200 characters.
    #[error("请填写原因，不超过 200 个字")]
    ReasonRequired,
    /// Somebody else decided it otherwise.
    #[error("这条申请已经处理过")]
    AlreadyDecided,
}

impl OwnerError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(_) | Self::Vault(_) => "internal",
            Self::Tenancy(_) => "project_unavailable",
            Self::NotFound => "not_found",
            Self::HouseNotFound => "house_not_found",
            Self::HouseAmbiguous => "house_ambiguous",
            Self::BadName => "bad_name",
            Self::BadPhoneTail => "bad_phone_tail",
            Self::TooManyPending => "too_many_pending",
            Self::TooManyClaims => "too_many_claims",
            Self::ReasonRequired => "reason_required",
            Self::AlreadyDecided => "already_decided",
        }
    }
}
