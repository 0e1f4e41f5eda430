//! The reminder policy: which notices follow a bill, when, through which channel, and what happens when nobody
//! looks at them.
//!
//! A stage hangs on the bill's own due date and is computed from facts each time, so a bill paid elsewhere or an
//! older bill settled first never shifts another bill's stages. Planning is one statement over sets with the key
//! (bill, stage); this module only says which due dates a stage covers today.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// The most stages a policy may have.
pub const STAGES_MAX: usize = 12;
/// The furthest a stage may lie from the due date, in days, before or after.
pub const OFFSET_DAYS_MAX: i64 = 365;
/// The most days back that planning looks for a stage nobody planned: after a longer outage the debt is old news.
pub const CATCH_UP_DAYS: i64 = 45;

/// How a message reaches a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The service account's template message: the receiver must follow the account.
    WechatTemplate,
    /// The mini program's one-time subscribe message: costs one consent credit.
    WechatSubscribe,
    /// The service account's 订阅通知.
    WechatNotify,
    /// A text message.
    Sms,
    /// A call that reads the text aloud.
    Voice,
}

impl Channel {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WechatTemplate => "wechat_template",
            Self::WechatSubscribe => "wechat_subscribe",
            Self::WechatNotify => "wechat_notify",
            Self::Sms => "sms",
            Self::Voice => "voice",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::WechatTemplate, Self::WechatSubscribe, Self::WechatNotify, Self::Sms, Self::Voice]
            .into_iter()
            .find(|channel| channel.as_str() == word)
    }

    /// The name staff read.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::WechatTemplate => "微信服务号消息",
            Self::WechatSubscribe => "小程序订阅消息",
            Self::WechatNotify => "服务号订阅通知",
            Self::Sms => "短信",
            Self::Voice => "语音电话",
        }
    }
}

/// One step of the ladder relative to a bill's due date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Stable name, the second half of the reminder's key: `pre_due`, `due_day`, `overdue_1`, …
    pub name: String,
    /// Days from the due date: −3 is three days before.
    pub offset_days: i64,
    /// Time of day in the project's zone.
    pub time_of_day: NaiveTime,
    /// Channels in the order they are tried when one cannot reach the payer at all.
    pub channels: Vec<Channel>,
    /// Where to go when the message was delivered or sent and nobody looked at it, or nothing.
    pub escalate_to: Option<Channel>,
    /// Bills that owe less than this are left alone at this stage, in fen.
    pub minimum_fen: i64,
}

/// A project's rules, versioned: a reminder keeps the version it was planned with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// In the order of their offsets.
    pub stages: Vec<Stage>,
    /// Hours after sending before a message that nobody opened counts as unread.
    pub unread_after_hours: i64,
}

/// What is wrong with a policy, in words, with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {words}")]
pub struct PolicyError {
    /// The field, as in the JSON.
    pub field: String,
    /// What is wrong and what to do.
    pub words: String,
}

impl Default for Policy {
    /// Three days before, on the day, and 1, 7, 15 and 30 days after; what stays unread becomes an SMS from the
    /// first overdue stage on, and a call from the second.
    fn default() -> Self {
        use Channel::{Sms, Voice, WechatSubscribe, WechatTemplate};
        let ten = NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default();
        let stage = |name: &str, offset_days, escalate_to| Stage {
            name: name.to_owned(),
            offset_days,
            time_of_day: ten,
            channels: vec![WechatTemplate, WechatSubscribe, Sms],
            escalate_to,
            minimum_fen: 1,
        };
        Self {
            stages: vec![
                stage("pre_due", -3, None),
                stage("due_day", 0, None),
                stage("overdue_1", 1, Some(Sms)),
                stage("overdue_7", 7, Some(Voice)),
                stage("overdue_15", 15, Some(Voice)),
                stage("overdue_30", 30, Some(Voice)),
            ],
            unread_after_hours: 24,
        }
    }
}

impl Policy {
    /// Checks a policy that somebody wrote.
    ///
    /// # Errors
    /// Everything wrong with it, not only the first.
    pub fn check(&self) -> Result<(), Vec<PolicyError>> {
        let mut errors = Vec::new();
        let mut wrong = |field: String, words: &str| errors.push(PolicyError { field, words: words.to_owned() });
        if self.stages.is_empty() || self.stages.len() > STAGES_MAX {
            wrong("stages".to_owned(), "阶段数应为 1 至 12 个");
        }
        if !(1..=720).contains(&self.unread_after_hours) {
            wrong("unread_after_hours".to_owned(), "未读等待时间应为 1 至 720 小时");
        }
        for (place, stage) in self.stages.iter().enumerate() {
            let field = |name: &str| format!("stages[{place}].{name}");
            let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if stage.name.is_empty() || stage.name.len() > 32 || !stage.name.chars().all(word) {
                wrong(field("name"), "名称只能用小写字母、数字和下划线，最多 32 个字符");
            }
            if self.stages.iter().filter(|other| other.name == stage.name).count() > 1 {
                wrong(field("name"), "阶段名称重复");
            }
            if stage.offset_days.abs() > OFFSET_DAYS_MAX {
                wrong(field("offset_days"), "距到期日不能超过 365 天");
            }
            if place > 0 && self.stages.get(place - 1).is_some_and(|before| before.offset_days >= stage.offset_days) {
                wrong(field("offset_days"), "阶段须按距到期日的天数从小到大排列，且不能重复");
            }
            if stage.channels.is_empty() {
                wrong(field("channels"), "至少选择一个发送渠道");
            }
            if stage.minimum_fen < 0 {
                wrong(field("minimum_fen"), "最低金额不能为负");
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// The stage of that name.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// When an unopened message counts as unread.
    #[must_use]
    pub fn unread_at(&self, sent_at: DateTime<Utc>) -> DateTime<Utc> {
        sent_at + TimeDelta::hours(self.unread_after_hours)
    }
}

impl Stage {
    /// The day this stage falls on for a bill due on `due`.
    #[must_use]
    pub fn day_for(&self, due: NaiveDate) -> NaiveDate {
        due.checked_add_signed(TimeDelta::days(self.offset_days)).unwrap_or(due)
    }

    /// The due dates whose stage lies in the window that planning covers on `today`: from [`CATCH_UP_DAYS`] back to
    /// `today` itself. First and last day, both included.
    #[must_use]
    pub fn due_window(&self, today: NaiveDate) -> (NaiveDate, NaiveDate) {
        let shift = TimeDelta::days(-self.offset_days);
        let last = today.checked_add_signed(shift).unwrap_or(today);
        (last.checked_sub_signed(TimeDelta::days(CATCH_UP_DAYS)).unwrap_or(last), last)
    }
}

/// The instant of `time_of_day` on `day` in a zone. A time that a clock change skips or repeats takes the earlier
/// reading; China has had none since 1991.
#[must_use]
pub fn instant_on(day: NaiveDate, time_of_day: NaiveTime, zone: Tz) -> DateTime<Utc> {
    use chrono::TimeZone;
    let local = day.and_time(time_of_day);
    zone.from_local_datetime(&local).earliest().map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc))
}

/// Why a due stage sent nothing: every silence has one of these, and staff read its words.
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
        }
    }

    /// The words staff read.
    #[must_use]
    pub fn words(code: &str) -> &'static str {
        match code {
            "paid" => "发送前已缴清",
            "voided" => "账单已作废",
            "newer_stage" => "已有更新的提醒阶段，本阶段不再发送",
            "paused" => "提醒已暂停（异议、承诺或人工暂停）",
            "below_minimum" => "欠费低于本阶段最低金额",
            "no_channel" => "没有可用的联系方式：未关注服务号，也没有手机号",
            _ => "未发送",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn the_default_policy_is_valid_and_speaks_three_days_before_on_the_day_and_after() {
        let policy = Policy::default();
        policy.check().unwrap();
        let offsets: Vec<_> = policy.stages.iter().map(|s| s.offset_days).collect();
        assert_eq!(offsets, vec![-3, 0, 1, 7, 15, 30]);
    }

    #[test]
    fn everything_wrong_with_a_policy_is_named_with_its_place() {
        let mut policy = Policy::default();
        policy.stages[1].name = policy.stages[0].name.clone();
        policy.stages[2].offset_days = -9;
        policy.stages[3].channels.clear();
        policy.unread_after_hours = 0;
        let fields: Vec<_> = policy.check().unwrap_err().into_iter().map(|e| e.field).collect();
        for field in
            ["unread_after_hours", "stages[0].name", "stages[1].name", "stages[2].offset_days", "stages[3].channels"]
        {
            assert!(fields.iter().any(|f| f == field), "{field} not in {fields:?}");
        }
    }

    #[test]
    fn three_days_before_the_first_of_march_is_in_february() {
        let stage = &Policy::default().stages[0];
        assert_eq!(stage.day_for(day(2028, 3, 1)), day(2028, 2, 27));
        assert_eq!(stage.day_for(day(2026, 3, 1)), day(2026, 2, 26));
    }

    #[test]
    fn todays_window_ends_with_the_bills_whose_stage_is_today() {
        let stage = &Policy::default().stages[0];
        let (first, last) = stage.due_window(day(2026, 11, 23));
        assert_eq!(last, day(2026, 11, 26));
        assert_eq!((last - first).num_days(), CATCH_UP_DAYS);
        assert_eq!(stage.day_for(last), day(2026, 11, 23));
    }

    #[test]
    fn ten_in_the_morning_in_shanghai_is_two_at_night_in_greenwich() {
        let ten = NaiveTime::from_hms_opt(10, 0, 0).unwrap();
        assert_eq!(
            instant_on(day(2026, 11, 23), ten, chrono_tz::Asia::Shanghai).to_rfc3339(),
            "2026-11-23T02:00:00+00:00"
        );
    }
}
