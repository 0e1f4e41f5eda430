//! Why an employee's request is refused.

use crate::store::StoreError;
use crate::vault::VaultError;

/// What stands in the way of an employee's request, in words they can act on.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No token could be made.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A password could not be hashed, or a stored hash not be read.
    #[error("password hashing failed: {0}")]
    Hashing(&'static str),
    /// Unknown login, wrong password, locked and disabled alike: the answer does not tell which.
    #[error("账号或密码不正确，或账号暂时不能登录；连续输错 5 次须等 15 分钟")]
    BadCredentials,
    /// Too short, too long, or the login itself.
    #[error("密码须为 10 至 128 个字符，且不能与账号相同")]
    WeakPassword,
    /// Not a login.
    #[error("账号须为 3 至 32 个小写字母、数字或 . _ - @")]
    BadLogin,
    /// No name, or one too long to be one.
    #[error("请填写姓名，不超过 50 个字")]
    BadName,
    /// Somebody has this login.
    #[error("这个账号已被使用，请换一个")]
    LoginTaken,
    /// Not there, or not theirs.
    #[error("没有这条记录")]
    NotFound,
    /// Theirs to see, not theirs to do.
    #[error("您没有这项权限，请联系管理员")]
    Forbidden,
    /// Nobody would be left who can let others in.
    #[error("这是公司最后一位管理员，请先指定另一位管理员")]
    LastAdministrator,
}

impl StaffError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(_) | Self::Vault(_) | Self::Hashing(_) => "internal",
            Self::BadCredentials => "bad_credentials",
            Self::WeakPassword => "weak_password",
            Self::BadLogin => "bad_login",
            Self::BadName => "bad_name",
            Self::LoginTaken => "login_taken",
            Self::NotFound => "not_found",
            Self::Forbidden => "forbidden",
            Self::LastAdministrator => "last_administrator",
        }
    }
}
