//! What staff ask for, checked, and the policy it becomes.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::notice::StaffNote;
use domain::reminder::{Anchor, Channel, Policy, QuietHours, Stage};

use super::audience::Audience;
use super::error::CampaignError;
use crate::reminders::account_of;
use crate::tenancy::ProjectInfo;

/// Characters of a name.
const NAME_CHARS_MAX: usize = 40;
/// How far ahead a campaign may be scheduled.
const AHEAD_DAYS_MAX: i64 = 90;
/// A clock of somebody's browser may be behind by so much.
const CLOCK_SLACK: TimeDelta = TimeDelta::minutes(1);
/// What a bill must owe to be spoken of.
const MINIMUM_FEN: i64 = 1;

/// A campaign that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCampaign {
    /// What staff call it.
    pub name: String,
    /// Whom it is for.
    pub audience: Audience,
    /// In the order they are tried when one cannot reach the payer.
    pub channels: Vec<Channel>,
    /// A short line in front of the facts of the bills; without one the message is the bill notice of the day.
    pub note: Option<String>,
    /// When to send; without one, when it is sent off.
    pub send_at: Option<DateTime<Utc>>,
}

/// A campaign whose every part has been checked by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub name: String,
    pub audience: Audience,
    pub channels: Vec<Channel>,
    /// As [`StaffNote`] takes it.
    pub note: Option<String>,
    pub send_at: Option<DateTime<Utc>>,
}

impl NewCampaign {
    pub(super) fn check(self, info: &ProjectInfo) -> Result<Draft, CampaignError> {
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(CampaignError::invalid("name", format!("请填写名称，最多 {NAME_CHARS_MAX} 个字，不能换行")));
        }
        let audience = self.audience.tidied();
        audience.check()?;
        if self.channels.is_empty() {
            return Err(CampaignError::invalid("channels", "至少选择一个发送渠道"));
        }
        let is_repeated = |at: usize, channel: &Channel| self.channels.iter().take(at).any(|before| before == channel);
        if self.channels.iter().enumerate().any(|(at, channel)| is_repeated(at, channel)) {
            return Err(CampaignError::invalid("channels", "发送渠道重复"));
        }
        if self.channels.contains(&Channel::Voice) && !audience.is_overdue_only() {
            return Err(CampaignError::CallBeforeDue);
        }
        if !self.channels.iter().any(|channel| account_of(info, *channel).is_some()) {
            return Err(CampaignError::NoAccount);
        }
        // Somebody who leaves the field empty wants no note.
        let note = self.note.filter(|note| !note.trim().is_empty());
        let note = note.map(|note| StaffNote::parse(&note)).transpose()?.map(String::from);
        Ok(Draft { name, audience, channels: self.channels, note, send_at: self.send_at })
    }
}

impl Draft {
    /// The one stage, under the caps, quiet hours and holdout in force.
    pub fn policy(&self, no: i64, in_force: &Policy, at: DateTime<Utc>, zone: Tz) -> Policy {
        let stage = Stage {
            name: stage_name(no),
            anchor: Anchor::Campaign,
            offset_days: 0,
            time_of_day: at.with_timezone(&zone).time(),
            channels: self.channels.clone(),
            escalate_to: None,
            unread_after_hours: None,
            minimum_fen: MINIMUM_FEN,
            fee_items: Vec::new(),
            template: Stage::BILL_NOTICE.to_owned(),
            note: self.note.clone(),
        };
        Policy { stages: vec![stage], uses_best_hour: false, ..in_force.clone() }
    }

    /// When it is sent; now, if nobody said otherwise. An instant that is over, too far off or at night is refused.
    pub fn instant(&self, quiet: QuietHours, zone: Tz, now: DateTime<Utc>) -> Result<DateTime<Utc>, CampaignError> {
        let at = match self.send_at {
            None => now,
            Some(at) if at + CLOCK_SLACK < now => return Err(CampaignError::Past),
            Some(at) if at > now + TimeDelta::days(AHEAD_DAYS_MAX) => {
                return Err(CampaignError::TooFar { days: AHEAD_DAYS_MAX });
            }
            Some(at) => at.max(now),
        };
        let first = self.channels.first().copied().unwrap_or(Channel::Sms);
        if quiet.allows(first, at.with_timezone(&zone).time()) {
            return Ok(at);
        }
        let next = quiet.next_allowed(first, at, zone).with_timezone(&zone);
        Err(CampaignError::Quiet { next: next.format("%Y-%m-%d %H:%M").to_string() })
    }
}

/// The name of a campaign's only stage.
pub(super) fn stage_name(no: i64) -> String {
    format!("campaign_{no}")
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;

    use super::*;

    fn draft(send_at: Option<&str>) -> Draft {
        let at = |text: &str| format!("{text}:00+08:00").parse::<DateTime<chrono::FixedOffset>>().unwrap().to_utc();
        Draft {
            name: "通知".to_owned(),
            audience: Audience::default(),
            channels: vec![Channel::Sms],
            note: None,
            send_at: send_at.map(at),
        }
    }

    fn instant(send_at: Option<&str>, now: &str) -> Result<DateTime<Utc>, (&'static str, String)> {
        let now = draft(Some(now)).send_at.unwrap();
        let found = draft(send_at).instant(QuietHours::default(), Shanghai, now);
        found.map_err(|error| (error.code(), error.to_string()))
    }

    #[test]
    fn an_instant_that_is_over_or_too_far_or_at_night_is_refused_with_the_reason() {
        let morning = "2026-11-23T10:00";
        assert_eq!(instant(None, morning), Ok(draft(Some(morning)).send_at.unwrap()));
        assert_eq!(instant(Some("2026-11-23T09:59"), morning), instant(None, morning), "a browser's clock is behind");
        assert_eq!(instant(Some("2026-11-23T09:58"), morning).unwrap_err().0, "campaign_in_the_past");
        assert_eq!(instant(Some("2027-02-22T10:00"), morning).unwrap_err().0, "campaign_too_far");
        let (code, words) = instant(Some("2026-11-23T21:00"), morning).unwrap_err();
        assert_eq!(code, "campaign_in_quiet_hours");
        assert!(words.contains("2026-11-24 09:00"), "{words}");
        assert_eq!(instant(None, "2026-11-23T03:00").unwrap_err().0, "campaign_in_quiet_hours");
    }

    #[test]
    fn the_policy_of_a_campaign_keeps_caps_quiet_hours_and_holdout_in_force() {
        let in_force = Policy { holdout_permille: 50, ..Policy::default() };
        let at = draft(Some("2026-11-23T15:30")).send_at.unwrap();
        let policy = draft(None).policy(7, &in_force, at, Shanghai);
        let stage = policy.stage("campaign_7").unwrap();
        assert_eq!((stage.anchor, stage.time_of_day.to_string().as_str()), (Anchor::Campaign, "15:30:00"));
        assert_eq!((policy.caps, policy.quiet, policy.holdout_permille), (in_force.caps, in_force.quiet, 50));
        assert_eq!(policy.stages.len(), 1);
    }
}
