//! A project's rules for reminding.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::quiet::QuietHours;
use super::stage::{Anchor, Stage};

/// The largest share that may be left without reminders, in thousandths.
pub const HOLDOUT_PERMILLE_MAX: i64 = 200;

/// How often one person is spoken to, over all their houses and projects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caps {
    /// Messages on one day.
    pub per_day: i64,
    /// Messages on seven days in a row.
    pub per_week: i64,
}

impl Default for Caps {
    /// Two a day, seven a week: the busiest week of the default ladder has four of its own.
    fn default() -> Self {
        Self { per_day: 2, per_week: 7 }
    }
}

/// A project's rules, versioned: a reminder keeps the version it was planned with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// In the order of their days.
    pub stages: Vec<Stage>,
    /// Hours after sending before a message that nobody opened counts as unread.
    pub unread_after_hours: i64,
    /// When nobody is disturbed.
    #[serde(default)]
    pub quiet: QuietHours,
    /// How often a person is spoken to.
    #[serde(default)]
    pub caps: Caps,
    /// The share of payers that gets no reminders, in thousandths, to measure what reminders achieve.
    #[serde(default)]
    pub holdout_permille: i64,
    /// Each payer's own best hour in place of the stage's time of day, once it is known.
    #[serde(default)]
    pub uses_best_hour: bool,
}

impl Default for Policy {
    /// When the bill is issued, three days before it is due, on the day, and 1, 7, 15 and 30 days after; what stays
    /// unread becomes an SMS from the first overdue stage on, and a call from the second.
    fn default() -> Self {
        use Channel::{Sms, Voice, WechatNotify, WechatSubscribe, WechatTemplate};
        let ten = NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default();
        let stage = |name: &str, anchor, offset_days, escalate_to| Stage {
            name: name.to_owned(),
            anchor,
            offset_days,
            time_of_day: ten,
            channels: vec![WechatTemplate, WechatSubscribe, WechatNotify, Sms],
            escalate_to,
            unread_after_hours: None,
            minimum_fen: 1,
            fee_items: Vec::new(),
            template: Stage::BILL_NOTICE.to_owned(),
            note: None,
        };
        // An announcement is worth a message that costs nothing: whoever has no WeChat hears of the bill before it is due.
        let issued = Stage {
            channels: vec![WechatTemplate, WechatSubscribe, WechatNotify],
            ..stage("issued", Anchor::Issued, 0, None)
        };
        Self {
            stages: vec![
                issued,
                stage("pre_due", Anchor::Due, -3, None),
                stage("due_day", Anchor::Due, 0, None),
                stage("overdue_1", Anchor::Due, 1, Some(Sms)),
                stage("overdue_7", Anchor::Due, 7, Some(Voice)),
                stage("overdue_15", Anchor::Due, 15, Some(Voice)),
                stage("overdue_30", Anchor::Due, 30, Some(Voice)),
            ],
            unread_after_hours: 24,
            quiet: QuietHours::default(),
            caps: Caps::default(),
            holdout_permille: 0,
            uses_best_hour: true,
        }
    }
}

impl Policy {
    /// The stage of that name.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// When an unopened message of a stage counts as unread.
    #[must_use]
    pub fn unread_at(&self, stage: &Stage, sent_at: DateTime<Utc>) -> DateTime<Utc> {
        sent_at + TimeDelta::hours(stage.unread_after_hours.unwrap_or(self.unread_after_hours))
    }

    /// Whether a payer belongs to the share without reminders. The same payer always gets the same answer.
    #[must_use]
    pub fn holds_out(&self, payer: uuid::Uuid) -> bool {
        // The last bytes of a version 7 id are random, so they deal payers out evenly.
        let [.., a, b, c, d] = *payer.as_bytes();
        i64::from(u32::from_be_bytes([a, b, c, d])) % 1_000 < self.holdout_permille
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_policy_is_valid_and_speaks_when_issued_three_days_before_on_the_day_and_after() {
        let policy = Policy::default();
        policy.check().unwrap();
        let offsets: Vec<_> = policy.stages.iter().filter(|s| s.anchor == Anchor::Due).map(|s| s.offset_days).collect();
        assert_eq!(offsets, vec![-3, 0, 1, 7, 15, 30]);
        assert_eq!((policy.stages[0].name.as_str(), policy.stages[0].anchor), ("issued", Anchor::Issued));
    }

    #[test]
    fn a_share_of_payers_is_held_out_and_always_the_same() {
        let policy = Policy { holdout_permille: 100, ..Policy::default() };
        let payers: Vec<uuid::Uuid> = (0..20_000).map(|_| uuid::Uuid::now_v7()).collect();
        let held = payers.iter().filter(|payer| policy.holds_out(**payer)).count();
        assert!((1_700..2_300).contains(&held), "{held} of 20000");
        assert!(payers.iter().all(|payer| policy.holds_out(*payer) == policy.holds_out(*payer)));
        assert!(!payers.iter().any(|payer| Policy::default().holds_out(*payer)));
    }
}
