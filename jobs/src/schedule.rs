//! When a job is due: a pure function of the newest slot that was begun and the time.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use service::job_runs::{Keep, Outcome};

/// A run that went wrong is tried again after so long, when its next slot is further away.
const RETRY_AFTER: TimeDelta = TimeDelta::minutes(15);
/// Days looked back for the newest time of day: a zone may have left one out.
const DAYS_BACK: u64 = 3;
/// A time of day that the clocks skip is taken this much later, so many times at most.
const GAP_STEP: TimeDelta = TimeDelta::minutes(30);
const GAP_STEPS_MAX: usize = 8;
/// Records kept: of runs that did their work, so many slots; of others, ten times as many, for 400 days at most.
const OK_SLOTS_KEPT: i32 = 500;
const FAILED_SLOTS_KEPT: i32 = 5_000;
const FAILED_KEPT_MAX: TimeDelta = TimeDelta::days(400);

/// How often a job runs. A slot is an instant at which it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// At every so-many-th second since 1970-01-01T00:00Z; zero counts as one.
    EverySeconds(u32),
    /// At every so-many-th minute since 1970-01-01T00:00Z; zero counts as one.
    EveryMinutes(u32),
    /// Once a day, at a time of the project's time zone. Where clocks skip that time, it is half an hour later or the
    /// next half hour that exists; where they show it twice, the first.
    DailyAt(NaiveTime),
}

impl Schedule {
    /// The time between two slots; a day counts 24 hours.
    #[must_use]
    pub fn period(self) -> TimeDelta {
        match self {
            Self::EverySeconds(seconds) => TimeDelta::seconds(i64::from(seconds.max(1))),
            Self::EveryMinutes(minutes) => TimeDelta::minutes(i64::from(minutes.max(1))),
            Self::DailyAt(_) => TimeDelta::days(1),
        }
    }

    /// The slot that is due, if one is: the newest one, if it lies after `last_slot`. However many slots were missed,
    /// one run makes up for them, since a job looks at the rows.
    ///
    /// A `last_slot` after `now` was begun before the clock was put back; it counts as one period ago, so that no job
    /// waits for the old time to come again.
    #[must_use]
    pub fn due_slot(self, last_slot: Option<DateTime<Utc>>, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let newest = self.newest_slot(now, zone)?;
        match last_slot {
            None => Some(newest),
            Some(last) if last > now => (newest > now - self.period()).then_some(newest),
            Some(last) => (newest > last).then_some(newest),
        }
    }

    /// The slot in which a run that went wrong is tried again: every quarter of an hour after `last_slot`, until the
    /// next slot of its own.
    #[must_use]
    pub fn retry_slot(
        self,
        last_slot: DateTime<Utc>,
        last_outcome: Option<Outcome>,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let went_wrong = last_outcome.is_some_and(|outcome| outcome != Outcome::Ok);
        if !went_wrong || self.period() <= RETRY_AFTER || last_slot > now {
            return None;
        }
        let steps = (now - last_slot).num_seconds() / RETRY_AFTER.num_seconds();
        let after = TimeDelta::seconds(steps.checked_mul(RETRY_AFTER.num_seconds())?);
        (steps > 0).then(|| last_slot + after)
    }

    /// Which records of past slots are kept.
    #[must_use]
    pub fn keep(self, now: DateTime<Utc>) -> Keep {
        let ok = self.period() * OK_SLOTS_KEPT;
        let failed = (self.period() * FAILED_SLOTS_KEPT).min(FAILED_KEPT_MAX).max(ok);
        Keep { ok_since: now - ok, failed_since: now - failed }
    }

    fn newest_slot(self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        if let Self::DailyAt(time) = self {
            let today = now.with_timezone(&zone).date_naive();
            return (0..=DAYS_BACK)
                .filter_map(|back| daily_slot(today.checked_sub_days(Days::new(back))?, time, zone))
                .find(|slot| *slot <= now);
        }
        let period_seconds = self.period().num_seconds();
        let slot = now.timestamp().div_euclid(period_seconds).checked_mul(period_seconds)?;
        DateTime::from_timestamp(slot, 0)
    }
}

fn daily_slot(day: NaiveDate, time: NaiveTime, zone: Tz) -> Option<DateTime<Utc>> {
    let mut local = day.and_time(time);
    for _ in 0..=GAP_STEPS_MAX {
        if let Some(slot) = zone.from_local_datetime(&local).earliest() {
            return Some(slot.with_timezone(&Utc));
        }
        local = local.checked_add_signed(GAP_STEP)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Asia::Shanghai;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
    }

    fn daily(hour: u32) -> Schedule {
        Schedule::DailyAt(NaiveTime::from_hms_opt(hour, 0, 0).unwrap())
    }

    #[test]
    fn a_job_that_never_ran_is_due_in_the_newest_slot() {
        let now = at("2026-11-23T10:00:07+08:00");
        let slot = Schedule::EverySeconds(5).due_slot(None, now, Shanghai);
        assert_eq!(slot, Some(at("2026-11-23T10:00:05+08:00")));
        let slot = daily(2).due_slot(None, now, Shanghai);
        assert_eq!(slot, Some(at("2026-11-23T02:00:00+08:00")));
    }

    #[test]
    fn a_slot_is_due_once() {
        let schedule = Schedule::EveryMinutes(10);
        let slot = schedule.due_slot(None, at("2026-11-23T10:19:59Z"), Shanghai);
        assert_eq!(slot, Some(at("2026-11-23T10:10:00Z")));
        assert_eq!(schedule.due_slot(slot, at("2026-11-23T10:19:59Z"), Shanghai), None);
        assert_eq!(schedule.due_slot(slot, at("2026-11-23T10:20:00Z"), Shanghai), Some(at("2026-11-23T10:20:00Z")));
    }

    #[test]
    fn after_five_days_down_only_the_newest_slot_is_due() {
        let last = at("2026-11-18T02:00:00+08:00");
        let now = at("2026-11-23T01:59:59+08:00");
        let slot = daily(2).due_slot(Some(last), now, Shanghai);
        assert_eq!(slot, Some(at("2026-11-22T02:00:00+08:00")));
        assert_eq!(daily(2).due_slot(slot, now, Shanghai), None);
    }

    #[test]
    fn a_day_is_a_day_of_the_projects_zone() {
        let now = at("2026-11-22T18:30:00Z");
        assert_eq!(daily(2).due_slot(None, now, Shanghai), Some(at("2026-11-22T18:00:00Z")));
        assert_eq!(daily(2).due_slot(None, now, Tz::UTC), Some(at("2026-11-22T02:00:00Z")));
    }

    #[test]
    fn a_clock_put_back_blocks_no_job() {
        for back in [TimeDelta::hours(1), TimeDelta::days(1)] {
            let last = at("2026-11-23T10:00:00+08:00");
            let now = last - back;
            assert_eq!(Schedule::EverySeconds(5).due_slot(Some(last), now, Shanghai), Some(now));
            assert!(daily(2).due_slot(Some(last), now, Shanghai).is_some());
        }
    }

    #[test]
    fn a_clock_put_forward_makes_one_run() {
        let last = at("2026-11-23T10:00:00+08:00");
        for forward in [TimeDelta::hours(1), TimeDelta::days(1)] {
            let now = last + forward;
            let slot = Schedule::EverySeconds(15).due_slot(Some(last), now, Shanghai);
            assert_eq!(slot, Some(now));
            assert_eq!(Schedule::EverySeconds(15).due_slot(slot, now, Shanghai), None);
        }
    }

    #[test]
    fn a_time_of_day_that_clocks_skip_or_repeat_is_one_slot() {
        let berlin = chrono_tz::Europe::Berlin;
        let skipped = daily(2).due_slot(None, at("2026-03-29T12:00:00Z"), berlin);
        assert_eq!(skipped, Some(at("2026-03-29T01:00:00Z")));
        let repeated = daily(2).due_slot(None, at("2026-10-25T12:00:00Z"), berlin);
        assert_eq!(repeated, Some(at("2026-10-25T00:00:00Z")));
    }

    #[test]
    fn a_daily_run_that_failed_is_tried_again_in_quarters_of_an_hour() {
        let last = at("2026-11-23T02:00:00+08:00");
        let now = at("2026-11-23T02:14:59+08:00");
        let retry = |outcome, now| daily(2).retry_slot(last, outcome, now);
        assert_eq!(retry(Some(Outcome::Failed), now), None);
        let now = at("2026-11-23T02:46:00+08:00");
        assert_eq!(retry(Some(Outcome::Failed), now), Some(at("2026-11-23T02:45:00+08:00")));
        assert_eq!(retry(Some(Outcome::Ok), now), None);
        assert_eq!(retry(None, now), None);
        assert_eq!(Schedule::EverySeconds(5).retry_slot(last, Some(Outcome::Failed), now), None);
    }

    #[test]
    fn a_period_of_zero_is_one() {
        let now = at("2026-11-23T10:00:07Z");
        assert_eq!(Schedule::EverySeconds(0).due_slot(None, now, Shanghai), Some(now));
    }
}
