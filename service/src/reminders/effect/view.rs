//! What reminders achieved, as staff see it.

use chrono::NaiveDate;
use serde::Serialize;

use super::TOO_FEW_BILLS;

/// What reminders achieved in a range of days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Effect {
    /// First day.
    pub from: NaiveDate,
    /// Last day, included.
    pub to: NaiveDate,
    /// Over all stages and channels.
    pub total: Funnel,
    /// By stage, and in it by channel.
    pub stages: Vec<StageEffect>,
    /// Against payers who get no reminders.
    pub uplift: Uplift,
}

/// What a stage achieved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StageEffect {
    /// Its name.
    pub stage: String,
    /// `逾期1天`.
    pub stage_words: String,
    /// The number of the campaign, if it is one.
    pub campaign: Option<i64>,
    /// Bills for which it was planned on a day of the range.
    pub planned: i64,
    /// Those of them for which no message speaks, or not yet, by reason.
    pub silent: Vec<ReasonCount>,
    /// What its messages achieved.
    pub channels: Vec<ChannelEffect>,
}

/// What a stage achieved through a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ChannelEffect {
    /// Stable code.
    pub channel: String,
    /// In words.
    pub channel_words: String,
    /// The figures.
    pub funnel: Funnel,
    /// Messages that failed or were not sent after all, by reason.
    pub failed: Vec<ReasonCount>,
}

/// How often something ended for a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ReasonCount {
    /// `failed`, `suppressed`, `superseded`, `held`.
    pub state: String,
    /// Stable code; empty where there is none.
    pub reason: String,
    /// In words.
    pub reason_words: &'static str,
    /// How often.
    pub count: i64,
}

/// Messages made in the range, and what became of them. A message that was opened need not have been reported as
/// delivered: each figure is its own fact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Funnel {
    /// Messages made.
    pub planned: i64,
    /// Taken by the vendor.
    pub sent: i64,
    /// Nobody knows whether they were sent.
    pub in_doubt: i64,
    /// Failed.
    pub failed: i64,
    /// Reported as delivered.
    pub delivered: i64,
    /// Opened through their own link.
    pub opened: i64,
    /// 已知晓 was pressed.
    pub acknowledged: i64,
    /// Sent, and the last of their bills was paid within 24 hours of it.
    pub paid_1d: i64,
    /// Within 3 days.
    pub paid_3d: i64,
    /// Within 7 days.
    pub paid_7d: i64,
    /// What the vendors charge.
    pub cost_fen: i64,
    /// What was paid on their bills within 7 days of them. Money counts for the last message before it only, so no fen
    /// is counted twice.
    pub collected_fen: i64,
    /// Cost of one yuan collected, in 0.0001 yuan; nothing where nothing was collected.
    pub cost_per_yuan_e4: Option<i64>,
}

impl Funnel {
    /// The sums of both.
    pub(super) fn add(&mut self, other: &Self) {
        self.planned += other.planned;
        self.sent += other.sent;
        self.in_doubt += other.in_doubt;
        self.failed += other.failed;
        self.delivered += other.delivered;
        self.opened += other.opened;
        self.acknowledged += other.acknowledged;
        self.paid_1d += other.paid_1d;
        self.paid_3d += other.paid_3d;
        self.paid_7d += other.paid_7d;
        self.cost_fen += other.cost_fen;
        self.collected_fen += other.collected_fen;
        self.rate();
    }

    /// Computes the ratio anew.
    pub(super) fn rate(&mut self) {
        self.cost_per_yuan_e4 = ratio(self.cost_fen, self.collected_fen, 10_000);
    }
}

/// Payers who get no reminders against all others: bills that were due in the range and came up for reminding. Who
/// belongs where is decided by the payer's id alone, so both sides differ in nothing but the reminders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Uplift {
    /// Payers who are reminded.
    pub reminded: Group,
    /// Payers who are not.
    pub held_out: Group,
    /// Bills of payers whom a change of the policy moved from one side to the other meanwhile.
    pub mixed_bills: i64,
    /// Paid share of the reminded less that of the others, in 0.01 percent; nothing when either has too few bills.
    pub uplift_bp: Option<i64>,
    /// `样本不足（每组至少 30 笔）` where there is no uplift.
    pub words: Option<String>,
}

/// One side of the comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Group {
    /// Bills.
    pub bills: i64,
    /// Those of them paid in full by now.
    pub paid_bills: i64,
    /// Billed.
    pub total_fen: i64,
    /// Paid by now.
    pub paid_fen: i64,
    /// Paid bills of all bills, in 0.01 percent; nothing when there are too few.
    pub paid_share_bp: Option<i64>,
}

impl Group {
    pub(super) fn share(&mut self) {
        let enough = self.bills >= TOO_FEW_BILLS;
        self.paid_share_bp = if enough { ratio(self.paid_bills, self.bills, 10_000) } else { None };
    }
}

impl Uplift {
    pub(super) fn of(mut reminded: Group, mut held_out: Group, mixed_bills: i64) -> Self {
        reminded.share();
        held_out.share();
        let uplift_bp = reminded.paid_share_bp.zip(held_out.paid_share_bp).map(|(with, without)| with - without);
        let words = uplift_bp.is_none().then(|| format!("样本不足（每组至少 {TOO_FEW_BILLS} 笔），不作比较"));
        Self { reminded, held_out, mixed_bills, uplift_bp, words }
    }
}

/// `part / whole * scale`, rounded half up; nothing when there is no whole.
fn ratio(part: i64, whole: i64, scale: i64) -> Option<i64> {
    if whole <= 0 || part < 0 {
        return None;
    }
    let (part, whole, scale) = (i128::from(part), i128::from(whole), i128::from(scale));
    i64::try_from((part * scale * 2 + whole) / (whole * 2)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_rounded_once_and_half_up() {
        // 8 fen for 185.29 yuan: 0.0432 fen a yuan.
        assert_eq!(ratio(8, 18_529, 10_000), Some(4));
        assert_eq!(ratio(1, 2, 1), Some(1));
        assert_eq!(ratio(49, 100, 1), Some(0));
        assert_eq!(ratio(5, 0, 10_000), None);
        assert_eq!(ratio(i64::MAX, i64::MAX, 10_000), Some(10_000));
    }

    #[test]
    fn fewer_than_thirty_bills_on_either_side_are_too_few() {
        let group = |bills, paid_bills| Group { bills, paid_bills, ..Group::default() };
        let few = Uplift::of(group(500, 400), group(29, 20), 0);
        assert_eq!((few.uplift_bp, few.held_out.paid_share_bp), (None, None));
        assert_eq!(few.words.as_deref(), Some("样本不足（每组至少 30 笔），不作比较"));
        let enough = Uplift::of(group(500, 400), group(30, 20), 0);
        assert_eq!((enough.uplift_bp, enough.words), (Some(8_000 - 6_667), None));
    }
}
