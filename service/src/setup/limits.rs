//! What an account may send, and what it costs.

use domain::ids::CompanyId;
use domain::reminder::Channel;
use serde_json::json;

use super::{SetupError, account};
use crate::audit::{self, By};
use crate::tenancy::ControlDb;

/// What WeChat allows the largest of accounts in a day.
const DAILY_QUOTA_MAX: i64 = 30_000_000;
/// A message that costs more is a slip of the pen.
const COST_FEN_MAX: i64 = 10_000;

/// The limits of one account on one channel, over all projects that send from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendingLimits {
    /// An app id, or the id of an SMS or voice account.
    pub account: String,
    /// One of the channels it sends through.
    pub channel: Channel,
    /// Messages a day; the channel's own without.
    pub daily_quota: Option<i64>,
    /// Of these the last so many are for overdue stages; a fifth without.
    pub overdue_reserve: Option<i64>,
    /// Of one message, in fen.
    pub cost_fen: i64,
}

impl SendingLimits {
    fn check(&self) -> Result<(), SetupError> {
        if self.daily_quota.is_some_and(|quota| !(0..=DAILY_QUOTA_MAX).contains(&quota)) {
            return Err(SetupError::BadLimit("每日上限应为 0 至 3000 万条"));
        }
        if self
            .overdue_reserve
            .is_some_and(|reserve| !(0..=self.daily_quota.unwrap_or(DAILY_QUOTA_MAX)).contains(&reserve))
        {
            return Err(SetupError::BadLimit("为逾期提醒预留的条数应不小于 0，且不超过每日上限"));
        }
        if !(0..=COST_FEN_MAX).contains(&self.cost_fen) {
            return Err(SetupError::BadLimit("单条费用应为 0 至 100 元"));
        }
        Ok(())
    }
}

/// Sets what an account of the company may send in a day and what a message costs. What it was found to be able to do
/// (stopped, failing) stays known.
///
/// # Errors
/// [`SetupError::AccountNotFound`], [`SetupError::WrongChannel`], [`SetupError::BadLimit`], [`SetupError::Store`].
pub async fn set_sending_limits(
    control: &ControlDb,
    company: CompanyId,
    limits: &SendingLimits,
    by: &By,
    now_ms: i64,
) -> Result<(), SetupError> {
    limits.check()?;
    let SendingLimits { account, channel, daily_quota, overdue_reserve, cost_fen } = limits;
    control
        .transact("setup.limits", async |tx| {
            let found = account::find(tx, account).await?.filter(|found| found.company_id == company);
            let found = found.ok_or(SetupError::AccountNotFound)?;
            if !found.kind.sends(*channel) {
                return Err(SetupError::WrongChannel);
            }
            tx.execute(
                "INSERT INTO sending_account (account, channel, daily_quota, overdue_reserve, cost_fen, updated_at_ms) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account, channel) DO UPDATE SET \
                 daily_quota = excluded.daily_quota, overdue_reserve = excluded.overdue_reserve, \
                 cost_fen = excluded.cost_fen, updated_at_ms = excluded.updated_at_ms",
                vec![
                    account.as_str().into(),
                    channel.as_str().into(),
                    (*daily_quota).into(),
                    (*overdue_reserve).into(),
                    (*cost_fen).into(),
                    now_ms.into(),
                ],
            )
            .await?;
            let detail = json!({"channel": channel.as_str(), "daily_quota": daily_quota,
                "overdue_reserve": overdue_reserve, "cost_fen": cost_fen});
            audit::append(tx, by, "set.sending_limits", &format!("account:{account}"), &detail, now_ms).await?;
            Ok(())
        })
        .await
}
