//! Why nothing was sent, or not yet: every silence has one of these, and staff read its words.

use serde::{Deserialize, Serialize};

/// Why a due stage sent nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SilenceReason {
    /// Everything owed was paid first.
    Paid,
    /// The bill was voided.
    Voided,
    /// A newer stage of the same bill is due as well; only the newest speaks.
    NewerStage,
    /// Paused by staff or by a dispute or promise.
    Paused,
    /// The outstanding sum is below the stage's minimum.
    BelowMinimum,
    /// No channel of the stage reaches this payer.
    NoChannel,
    /// The payer belongs to the share that gets no reminders, to measure what they achieve.
    Holdout,
    /// The project only tries: everything was decided, nothing left.
    DryRun,
    /// Staff called the campaign off.
    Cancelled,
    /// Another message has said it through the same channel.
    AlreadySaid,
}

impl SilenceReason {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Voided => "voided",
            Self::NewerStage => "newer_stage",
            Self::Paused => "paused",
            Self::BelowMinimum => "below_minimum",
            Self::NoChannel => "no_channel",
            Self::Holdout => "holdout",
            Self::DryRun => "dry_run",
            Self::Cancelled => "cancelled",
            Self::AlreadySaid => "already_said",
        }
    }

    /// The words staff read, of a silence or a hold.
    #[must_use]
    pub fn words(code: &str) -> &'static str {
        match code {
            "paid" => "发送前已缴清",
            "voided" => "账单已作废",
            "newer_stage" => "已有更新的提醒阶段，本阶段不再发送",
            "paused" => "提醒已暂停（异议、承诺或人工暂停）",
            "below_minimum" => "欠费低于本阶段最低金额",
            "no_channel" => "没有可用的联系方式：未关注服务号，也没有手机号",
            "holdout" => "属于对照组，本期不发送提醒",
            "dry_run" => "项目处于演练模式，未实际发送",
            "cancelled" => "群发已取消",
            "already_said" => "本阶段已通过该渠道发送",
            "quiet_hours" => "静默时段，到时自动发送",
            "day_cap" => "今日给该业主的消息已达上限，次日再发",
            "week_cap" => "一周内给该业主的消息已达上限，稍后再发",
            "quota" => "发送账号今日额度已用完，次日再发",
            "account_stopped" => "发送账号暂时不可用，恢复后再发",
            _ => "未发送",
        }
    }
}

/// Why a due stage waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    /// Nobody is disturbed at this hour.
    QuietHours,
    /// The person was spoken to often enough today.
    DayCap,
    /// The person was spoken to often enough in the last seven days.
    WeekCap,
    /// The account has no messages left today, or keeps the rest for overdue bills.
    Quota,
    /// The account does not work now: the vendor said stop, or it failed too often.
    AccountStopped,
    /// Paused by staff or by a dispute or promise.
    Paused,
}

impl HoldReason {
    /// The stored word. Its words are [`SilenceReason::words`].
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QuietHours => "quiet_hours",
            Self::DayCap => "day_cap",
            Self::WeekCap => "week_cap",
            Self::Quota => "quota",
            Self::AccountStopped => "account_stopped",
            Self::Paused => "paused",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_words_of_its_own() {
        use SilenceReason as S;
        let silences = [
            S::Paid,
            S::Voided,
            S::NewerStage,
            S::AlreadySaid,
            S::Paused,
            S::BelowMinimum,
            S::NoChannel,
            S::Holdout,
            S::DryRun,
            S::Cancelled,
        ];
        let holds = [
            HoldReason::QuietHours,
            HoldReason::DayCap,
            HoldReason::WeekCap,
            HoldReason::Quota,
            HoldReason::AccountStopped,
        ];
        let mut words: Vec<&str> = silences.iter().map(|reason| S::words(reason.as_str())).collect();
        words.extend(holds.iter().map(|reason| S::words(reason.as_str())));
        let all = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), all);
        assert!(!words.contains(&S::words("anything else")));
    }
}
