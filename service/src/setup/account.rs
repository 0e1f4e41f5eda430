//! A sending account by its name: an app id, or the id of an SMS or voice account.

use domain::ids::CompanyId;
use domain::reminder::Channel;
use domain::template_field::SmsVendor;
use uuid::Uuid;

use crate::channels::TemplateOwner;
use crate::store::{StoreError, Tx};

/// What kind of account it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccountKind {
    MiniProgram,
    ServiceAccount,
    Sms(SmsVendor),
    Voice(SmsVendor),
}

impl AccountKind {
    /// Whether it sends through this channel.
    pub const fn sends(self, channel: Channel) -> bool {
        match self {
            Self::MiniProgram => matches!(channel, Channel::WechatSubscribe),
            Self::ServiceAccount => matches!(channel, Channel::WechatTemplate | Channel::WechatNotify),
            Self::Sms(_) => matches!(channel, Channel::Sms),
            Self::Voice(_) => matches!(channel, Channel::Voice),
        }
    }

    /// Whose rules its templates follow.
    pub const fn template_owner(self) -> TemplateOwner {
        match self {
            Self::MiniProgram | Self::ServiceAccount => TemplateOwner::Wechat,
            Self::Sms(vendor) => TemplateOwner::Sms(vendor),
            Self::Voice(vendor) => TemplateOwner::Voice(vendor),
        }
    }
}

/// An account that is registered here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    pub company_id: CompanyId,
    pub kind: AccountKind,
}

#[derive(sea_orm::FromQueryResult)]
struct AccountRow {
    company_id: Uuid,
    word: String,
}

/// Looks an account up, whatever it is.
pub(super) async fn find(tx: &Tx, account: &str) -> Result<Option<Account>, StoreError> {
    let Ok(id) = Uuid::parse_str(account) else {
        let sql = "SELECT company_id, kind AS word FROM wechat_app WHERE app_id = $1";
        let row: Option<AccountRow> = tx.row(sql, vec![account.into()]).await?;
        return Ok(row.map(|row| Account {
            company_id: CompanyId(row.company_id),
            kind: if row.word == "mini_program" { AccountKind::MiniProgram } else { AccountKind::ServiceAccount },
        }));
    };
    let vendor = |word: &str| if word == "tencent" { SmsVendor::Tencent } else { SmsVendor::Aliyun };
    let sql = "SELECT company_id, vendor AS word FROM sms_account WHERE id = $1";
    if let Some(row) = tx.row::<AccountRow>(sql, vec![id.into()]).await? {
        let kind = AccountKind::Sms(vendor(&row.word));
        return Ok(Some(Account { company_id: CompanyId(row.company_id), kind }));
    }
    let sql = "SELECT company_id, vendor AS word FROM voice_account WHERE id = $1";
    let row: Option<AccountRow> = tx.row(sql, vec![id.into()]).await?;
    Ok(row.map(|row| Account { company_id: CompanyId(row.company_id), kind: AccountKind::Voice(vendor(&row.word)) }))
}
