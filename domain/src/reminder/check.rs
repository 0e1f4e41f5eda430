//! What is wrong with a policy that somebody wrote.

use chrono::NaiveTime;

use super::channel::Channel;
use super::policy::{HOLDOUT_PERMILLE_MAX, Policy};
use super::stage::{Anchor, OFFSET_DAYS_MAX, STAGES_MAX, Stage};
use crate::notice::THING_CHARS_MAX;

/// Messages a day or week that are surely a slip of the pen.
const CAP_MAX: i64 = 50;

/// What is wrong with a policy, in words, with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {words}")]
pub struct PolicyError {
    /// The field, as in the JSON.
    pub field: String,
    /// What is wrong and what to do.
    pub words: String,
}

impl Policy {
    /// Checks a policy that somebody wrote.
    ///
    /// # Errors
    /// Everything wrong with it, not only the first.
    pub fn check(&self) -> Result<(), Vec<PolicyError>> {
        let mut errors = Vec::new();
        self.check_frame(&mut errors);
        for (place, stage) in self.stages.iter().enumerate() {
            self.check_stage(place, stage, &mut errors);
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn check_frame(&self, errors: &mut Vec<PolicyError>) {
        let mut wrong = |field: &str, words: &str| {
            errors.push(PolicyError { field: field.to_owned(), words: words.to_owned() });
        };
        if self.stages.is_empty() || self.stages.len() > STAGES_MAX {
            wrong("stages", "阶段数应为 1 至 12 个");
        }
        if !(1..=720).contains(&self.unread_after_hours) {
            wrong("unread_after_hours", "未读等待时间应为 1 至 720 小时");
        }
        let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
        // Night is night, whatever a policy says.
        if [21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7].into_iter().any(|night| !self.quiet.all.holds(hour(night))) {
            wrong("quiet.all", "静默时段至少要包含 21:00 至次日 08:00");
        }
        let open = (0..24 * 60).filter(|minute| {
            let time = NaiveTime::from_num_seconds_from_midnight_opt(minute * 60, 0).unwrap_or_default();
            self.quiet.allows(Channel::Voice, time)
        });
        if open.count() < 60 {
            wrong("quiet", "静默时段之外至少要留出一小时可以拨打电话");
        }
        if !(1..=CAP_MAX).contains(&self.caps.per_day) {
            wrong("caps.per_day", "每人每日上限应为 1 至 50 条");
        }
        if !(self.caps.per_day..=CAP_MAX).contains(&self.caps.per_week) {
            wrong("caps.per_week", "每人每周上限应不小于每日上限，且不超过 50 条");
        }
        if !(0..=HOLDOUT_PERMILLE_MAX).contains(&self.holdout_permille) {
            wrong("holdout_permille", "对照组比例应为千分之 0 至 200");
        }
    }

    fn check_stage(&self, place: usize, stage: &Stage, errors: &mut Vec<PolicyError>) {
        let mut wrong = |field: &str, words: &str| {
            errors.push(PolicyError { field: format!("stages[{place}].{field}"), words: words.to_owned() });
        };
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if stage.name.is_empty() || stage.name.len() > 32 || !stage.name.chars().all(word) {
            wrong("name", "名称只能用小写字母、数字和下划线，最多 32 个字符");
        }
        if self.stages.iter().filter(|other| other.name == stage.name).count() > 1 {
            wrong("name", "阶段名称重复");
        }
        if stage.offset_days.abs() > OFFSET_DAYS_MAX {
            wrong("offset_days", "距到期日不能超过 365 天");
        }
        if stage.anchor == Anchor::Issued && !(0..=30).contains(&stage.offset_days) {
            wrong("offset_days", "账单发布提醒应在发布当天至发布后 30 天内");
        }
        if place > 0 && self.stages.get(place - 1).is_some_and(|before| before.rung() >= stage.rung()) {
            wrong("offset_days", "阶段须先列账单发布、再按距到期日的天数从小到大排列，且不能重复");
        }
        if stage.channels.is_empty() {
            wrong("channels", "至少选择一个发送渠道");
        }
        if stage
            .channels
            .iter()
            .enumerate()
            .any(|(at, channel)| stage.channels.iter().skip(at + 1).any(|c| c == channel))
        {
            wrong("channels", "发送渠道重复");
        }
        let mut spoken = stage.channels.iter().chain(&stage.escalate_to);
        if spoken.any(|channel| *channel == Channel::Voice) && !stage.is_overdue() {
            wrong("channels", "语音电话只能用于逾期阶段");
        }
        let first = stage.channels.first().copied().unwrap_or(Channel::Sms);
        if !self.quiet.allows(first, stage.time_of_day) {
            wrong("time_of_day", "发送时间落在静默时段内，请改到白天");
        }
        if stage.minimum_fen < 0 {
            wrong("minimum_fen", "最低金额不能为负");
        }
        if stage.unread_after_hours.is_some_and(|hours| !(1..=720).contains(&hours)) {
            wrong("unread_after_hours", "未读等待时间应为 1 至 720 小时");
        }
        if stage.template.is_empty() || stage.template.len() > 32 || !stage.template.chars().all(word) {
            wrong("template", "模板用途只能用小写字母、数字和下划线，最多 32 个字符");
        }
        if stage.note.as_ref().is_some_and(|note| note.chars().count() > THING_CHARS_MAX || note.contains('\n')) {
            wrong("note", "附言最多 20 个字，不能换行");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(policy: &Policy) -> Vec<String> {
        policy.check().unwrap_err().into_iter().map(|e| e.field).collect()
    }

    #[test]
    fn everything_wrong_with_a_policy_is_named_with_its_place() {
        let mut policy = Policy::default();
        policy.stages[1].name = policy.stages[0].name.clone();
        policy.stages[3].offset_days = -9;
        policy.stages[4].channels.clear();
        policy.stages[5].unread_after_hours = Some(0);
        policy.stages[6].minimum_fen = -1;
        policy.unread_after_hours = 0;
        policy.caps.per_week = 1;
        policy.holdout_permille = 500;
        let found = fields(&policy);
        for field in [
            "unread_after_hours",
            "caps.per_week",
            "holdout_permille",
            "stages[0].name",
            "stages[1].name",
            "stages[3].offset_days",
            "stages[4].channels",
            "stages[5].unread_after_hours",
            "stages[6].minimum_fen",
        ] {
            assert!(found.iter().any(|f| f == field), "{field} not in {found:?}");
        }
    }

    #[test]
    fn a_policy_that_would_speak_at_night_is_refused() {
        let mut late = Policy::default();
        late.stages[1].time_of_day = NaiveTime::from_hms_opt(22, 30, 0).unwrap();
        assert_eq!(fields(&late), ["stages[1].time_of_day"]);
        let mut sleepless = Policy::default();
        sleepless.quiet.all.to = NaiveTime::from_hms_opt(6, 0, 0).unwrap();
        assert_eq!(fields(&sleepless), ["quiet.all"]);
    }

    #[test]
    fn a_call_before_the_due_date_is_refused() {
        let mut policy = Policy::default();
        policy.stages[1].escalate_to = Some(Channel::Voice);
        assert_eq!(fields(&policy), ["stages[1].channels"]);
    }
}
