//! One step of the ladder, and the days it falls on.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::channel::Channel;

/// The most stages a policy may have.
pub const STAGES_MAX: usize = 12;
/// The furthest a stage may lie from its anchor, in days, before or after.
pub const OFFSET_DAYS_MAX: i64 = 365;
/// The most days back that planning looks for a stage nobody planned: after a longer outage the debt is old news.
pub const CATCH_UP_DAYS: i64 = 45;

/// What a stage's days are counted from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// The day the bill was published.
    Issued,
    /// The bill's due date.
    #[default]
    Due,
    /// The day staff chose: the only stage of a campaign.
    Campaign,
}

/// One step of the ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Stable name, the second half of the reminder's key: `issued`, `pre_due`, `due_day`, `overdue_1`, …
    pub name: String,
    /// What the days are counted from.
    #[serde(default)]
    pub anchor: Anchor,
    /// Days from the anchor: −3 is three days before.
    pub offset_days: i64,
    /// Time of day in the project's zone.
    pub time_of_day: NaiveTime,
    /// Channels in the order they are tried when one cannot reach the payer at all.
    pub channels: Vec<Channel>,
    /// Where to go when the message was delivered or sent and nobody looked at it, or nothing.
    pub escalate_to: Option<Channel>,
    /// Hours after sending before it counts as unread, where it differs from the policy's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread_after_hours: Option<i64>,
    /// Bills that owe less than this are left alone at this stage, in fen.
    pub minimum_fen: i64,
    /// Only bills of these fee items; empty: of all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fee_items: Vec<Uuid>,
    /// The purpose under which accounts have their template registered.
    #[serde(default = "bill_notice")]
    pub template: String,
    /// What staff add to the facts, in a campaign: one short line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

fn bill_notice() -> String {
    Stage::BILL_NOTICE.to_owned()
}

impl Stage {
    /// The template purpose of a bill notice.
    pub const BILL_NOTICE: &'static str = "bill_notice";

    /// The day this stage falls on for a bill whose anchor is `day`.
    #[must_use]
    pub fn day_for(&self, day: NaiveDate) -> NaiveDate {
        day.checked_add_signed(TimeDelta::days(self.offset_days)).unwrap_or(day)
    }

    /// The anchor days whose stage lies in the window that planning covers on `today`: from [`CATCH_UP_DAYS`] back to
    /// `today` itself. First and last day, both included.
    #[must_use]
    pub fn due_window(&self, today: NaiveDate) -> (NaiveDate, NaiveDate) {
        let shift = TimeDelta::days(-self.offset_days);
        let last = today.checked_add_signed(shift).unwrap_or(today);
        (last.checked_sub_signed(TimeDelta::days(CATCH_UP_DAYS)).unwrap_or(last), last)
    }

    /// After the due date: such messages may use an account's reserve.
    #[must_use]
    pub const fn is_overdue(&self) -> bool {
        matches!(self.anchor, Anchor::Due) && self.offset_days > 0
    }

    /// Where it stands on the ladder: of several due stages the highest gives a message its channels.
    #[must_use]
    pub const fn rung(&self) -> (u8, i64) {
        match self.anchor {
            Anchor::Issued => (0, self.offset_days),
            Anchor::Campaign => (1, 0),
            Anchor::Due => (2, self.offset_days),
        }
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

#[cfg(test)]
mod tests {
    use super::super::Policy;
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).unwrap()
    }

    #[test]
    fn three_days_before_the_first_of_march_is_in_february() {
        let policy = Policy::default();
        let stage = policy.stage("pre_due").unwrap();
        assert_eq!(stage.day_for(day(2028, 3, 1)), day(2028, 2, 27));
        assert_eq!(stage.day_for(day(2026, 3, 1)), day(2026, 2, 26));
    }

    #[test]
    fn todays_window_ends_with_the_bills_whose_stage_is_today() {
        let policy = Policy::default();
        let stage = policy.stage("pre_due").unwrap();
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

    #[test]
    fn a_stage_stored_before_these_fields_is_read_as_it_was_meant() {
        let old = r#"{"name":"pre_due","offset_days":-3,"time_of_day":"10:00:00","channels":["sms"],
            "escalate_to":null,"minimum_fen":1}"#;
        let stage: Stage = serde_json::from_str(old).unwrap();
        assert_eq!((stage.anchor, stage.template.as_str()), (Anchor::Due, Stage::BILL_NOTICE));
        assert!(stage.fee_items.is_empty() && stage.unread_after_hours.is_none());
    }
}
