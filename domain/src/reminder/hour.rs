//! When a payer looks at messages: learned from when they opened some and when they paid.
//!
//! Facts are counted into quarters of an hour, the younger the heavier, and smoothed around the clock: 23:50 is close
//! to 00:10. The best quarter that quiet hours allow wins. Whoever left too few facts takes the hour of their building,
//! then the project's.

use chrono::NaiveTime;

use super::quiet::QuietHours;

/// An hour is learned from at least this many facts.
pub const FACTS_MIN: i64 = 3;
/// Older facts say nothing any more, in days.
pub const FACT_AGE_DAYS_MAX: i64 = 180;

/// Minutes of one bin.
const BIN_MINUTES: u32 = 15;
/// Bins of a day.
const BINS: usize = 96;
const BINS_I64: i64 = 96;
/// A fact of this age weighs half as much as one of today, in days.
const HALF_LIFE_DAYS: i64 = 45;
/// How far a fact speaks for the hours around it, in bins: an hour and a half.
const REACH_BINS: i64 = 6;
/// How much more a bin within reach counts than one that is merely on the same side of the clock.
const NEAR: i64 = 64;
/// The weight of the lightest fact of today; halved as it ages.
const UNIT: u64 = 1_024;

/// What somebody did that shows they had time for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// Opened the bill through a message's own link.
    Opened,
    /// Pressed 已知晓.
    Acknowledged,
    /// Paid.
    Paid,
}

impl Trace {
    const fn weight(self) -> u64 {
        match self {
            Self::Opened => UNIT,
            Self::Acknowledged => UNIT * 2,
            Self::Paid => UNIT * 3,
        }
    }
}

/// From whose facts an hour was learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The payer's own.
    Payer,
    /// Those of everybody in the building.
    Building,
    /// Those of everybody in the project.
    Project,
}

impl Basis {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payer => "payer",
            Self::Building => "building",
            Self::Project => "project",
        }
    }
}

/// A learned hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BestHour {
    /// Minutes after midnight, in the project's zone: 0 to 1439, outside quiet hours.
    pub minute_of_day: i64,
    /// From whose facts.
    pub basis: Basis,
    /// From how many.
    pub facts: i64,
}

/// Facts, counted by the quarter of an hour they fell in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Habit {
    weights: [u64; BINS],
    facts: i64,
}

impl Default for Habit {
    fn default() -> Self {
        Self { weights: [0; BINS], facts: 0 }
    }
}

impl Habit {
    /// Counts one fact: what was done at `minute_of_day` (taken around the clock), `age_days` ago. A fact older than
    /// [`FACT_AGE_DAYS_MAX`] counts for nothing; one from the future is as young as today's.
    pub fn note(&mut self, trace: Trace, minute_of_day: u32, age_days: i64) {
        let weight = decayed(trace.weight(), age_days.max(0));
        let bin = usize::try_from(minute_of_day / BIN_MINUTES).unwrap_or(0) % BINS;
        if let (Some(slot), true) = (self.weights.get_mut(bin), weight > 0) {
            *slot = slot.saturating_add(weight);
            self.facts = self.facts.saturating_add(1);
        }
    }

    /// Adds somebody else's facts.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.weights.iter_mut().zip(&other.weights) {
            *mine = mine.saturating_add(*theirs);
        }
        self.facts = self.facts.saturating_add(other.facts);
    }

    /// How many facts were counted.
    #[must_use]
    pub const fn facts(&self) -> i64 {
        self.facts
    }

    /// The best minute that quiet hours allow, the earliest of equals. `None` from fewer than [`FACTS_MIN`] facts, and
    /// when quiet hours leave nothing.
    #[must_use]
    pub fn best_minute(&self, quiet: &QuietHours) -> Option<i64> {
        if self.facts < FACTS_MIN {
            return None;
        }
        let allowed = (0..BINS_I64).filter(|bin| is_allowed(quiet, bin * i64::from(BIN_MINUTES)));
        // `max_by_key` answers the last of equals, so the order is turned round.
        let best = allowed.rev().max_by_key(|bin| self.score(*bin))?;
        Some(best * i64::from(BIN_MINUTES))
    }

    /// Facts within reach count by how near they are; all others only say which side of the clock is better, so that
    /// somebody who is awake only in quiet hours is written to at the edge that is closest.
    fn score(&self, bin: i64) -> u128 {
        let half_day = BINS_I64 / 2;
        (0..BINS_I64)
            .zip(&self.weights)
            .map(|(other, weight)| {
                let apart = (bin - other).rem_euclid(BINS_I64);
                let distance = apart.min(BINS_I64 - apart);
                let value = (REACH_BINS - distance).max(0) * NEAR + (half_day - distance);
                u128::from(*weight) * u128::try_from(value).unwrap_or(0)
            })
            .sum()
    }
}

/// The hour of a payer: their own, else their building's, else the project's, else none.
#[must_use]
pub fn best_hour(payer: &Habit, building: &Habit, project: &Habit, quiet: &QuietHours) -> Option<BestHour> {
    let sources = [(Basis::Payer, payer), (Basis::Building, building), (Basis::Project, project)];
    sources.into_iter().find_map(|(basis, habit)| {
        let minute_of_day = habit.best_minute(quiet)?;
        Some(BestHour { minute_of_day, basis, facts: habit.facts })
    })
}

/// Halved every [`HALF_LIFE_DAYS`], straight in between.
fn decayed(weight: u64, age_days: i64) -> u64 {
    if age_days > FACT_AGE_DAYS_MAX {
        return 0;
    }
    let (halvings, rest) = (age_days / HALF_LIFE_DAYS, age_days % HALF_LIFE_DAYS);
    let whole = weight >> halvings.min(63);
    let part = (whole / 2) * rest.unsigned_abs() / HALF_LIFE_DAYS.unsigned_abs();
    whole - part
}

fn is_allowed(quiet: &QuietHours, minute_of_day: i64) -> bool {
    let seconds = u32::try_from(minute_of_day * 60).ok();
    let time = seconds.and_then(|seconds| NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0));
    time.is_some_and(|time| !quiet.all.holds(time))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::quiet::Span;
    use super::*;

    fn habit(facts: &[(Trace, u32, i64)]) -> Habit {
        let mut habit = Habit::default();
        facts.iter().for_each(|(trace, minute, age)| habit.note(*trace, *minute, *age));
        habit
    }

    fn quiet(from: u32, to: u32) -> QuietHours {
        let time = |minute: u32| NaiveTime::from_num_seconds_from_midnight_opt(minute * 60, 0).unwrap();
        QuietHours { all: Span { from: time(from), to: time(to) }, ..QuietHours::default() }
    }

    #[test]
    fn whoever_opens_at_half_past_twelve_is_written_to_then() {
        let lunch = habit(&[(Trace::Opened, 750, 1), (Trace::Opened, 755, 9), (Trace::Paid, 752, 30)]);
        assert_eq!(lunch.best_minute(&QuietHours::default()), Some(750));
    }

    #[test]
    fn two_facts_are_too_few_and_an_old_one_is_none() {
        let two = [(Trace::Paid, 600, 0), (Trace::Paid, 600, 0)];
        assert_eq!(habit(&two).best_minute(&QuietHours::default()), None);
        let old = [two[0], two[1], (Trace::Paid, 600, FACT_AGE_DAYS_MAX + 1)];
        assert_eq!(habit(&old).best_minute(&QuietHours::default()), None);
        let three = [two[0], two[1], (Trace::Paid, 600, FACT_AGE_DAYS_MAX)];
        assert_eq!(habit(&three).best_minute(&QuietHours::default()), Some(600));
    }

    #[test]
    fn a_payment_weighs_more_than_an_opening_and_a_new_fact_more_than_an_old_one() {
        let quiet = QuietHours::default();
        let paid = habit(&[(Trace::Paid, 960, 0), (Trace::Opened, 600, 0), (Trace::Opened, 600, 0)]);
        assert_eq!(paid.best_minute(&quiet), Some(960));
        let aged = habit(&[(Trace::Paid, 960, 150), (Trace::Opened, 600, 0), (Trace::Opened, 600, 0)]);
        assert_eq!(aged.best_minute(&quiet), Some(600));
    }

    #[test]
    fn who_is_awake_only_at_night_is_written_to_at_the_nearest_edge() {
        let late = habit(&[(Trace::Opened, 1_380, 0), (Trace::Opened, 1_395, 0), (Trace::Opened, 5, 0)]);
        assert_eq!(late.best_minute(&QuietHours::default()), Some(19 * 60 + 45));
        let early = habit(&[(Trace::Opened, 330, 0), (Trace::Opened, 345, 0), (Trace::Opened, 350, 0)]);
        assert_eq!(early.best_minute(&QuietHours::default()), Some(9 * 60));
    }

    #[test]
    fn a_day_that_is_quiet_throughout_has_no_best_minute() {
        let facts = habit(&[(Trace::Paid, 600, 0); 5]);
        let always = quiet(0, 1_439);
        assert_eq!(facts.best_minute(&always), None);
    }

    #[test]
    fn without_facts_of_their_own_a_payer_has_the_hour_of_the_building_then_of_the_project() {
        let (own, few) = (habit(&[(Trace::Paid, 600, 0); 3]), habit(&[(Trace::Paid, 600, 0); 2]));
        let (building, project) = (habit(&[(Trace::Paid, 840, 0); 4]), habit(&[(Trace::Paid, 1_020, 0); 9]));
        let quiet = QuietHours::default();
        let of = |payer: &Habit, building: &Habit, project: &Habit| {
            best_hour(payer, building, project, &quiet)
                .map(|hour| (hour.minute_of_day, hour.basis.as_str(), hour.facts))
        };
        assert_eq!(of(&own, &building, &project), Some((600, "payer", 3)));
        assert_eq!(of(&few, &building, &project), Some((840, "building", 4)));
        assert_eq!(of(&few, &few, &project), Some((1_020, "project", 9)));
        assert_eq!(of(&few, &few, &few), None);
    }

    fn trace() -> impl Strategy<Value = Trace> {
        prop_oneof![Just(Trace::Opened), Just(Trace::Acknowledged), Just(Trace::Paid)]
    }

    proptest! {
        #[test]
        fn the_hour_is_always_allowed_and_always_the_same(
            facts in prop::collection::vec((trace(), 0_u32..1_440, 0_i64..200), 0..40),
            from in 0_u32..1_440,
            to in 0_u32..1_440,
        ) {
            let quiet = quiet(from, to);
            let counted = habit(&facts);
            let best = counted.best_minute(&quiet);
            let mut turned = facts.clone();
            turned.reverse();
            prop_assert_eq!(habit(&turned).best_minute(&quiet), best, "the order of facts must not matter");
            match best {
                Some(minute) => {
                    prop_assert!((0..1_440).contains(&minute));
                    prop_assert!(is_allowed(&quiet, minute));
                }
                None => prop_assert!(counted.facts() < FACTS_MIN || (0..96).all(|bin| !is_allowed(&quiet, bin * 15))),
            }
        }

        #[test]
        fn the_hour_goes_to_where_most_facts_are(
            most_at in 9_u32 * 60..20 * 60,
            others in prop::collection::vec(0_u32..1_440, 0..8),
        ) {
            let mut facts: Vec<_> = others.iter().map(|minute| (Trace::Opened, *minute, 3)).collect();
            facts.extend(std::iter::repeat_n((Trace::Opened, most_at, 3), others.len() * 2 + 3));
            let best = habit(&facts).best_minute(&QuietHours::default()).unwrap();
            let reach = i64::from(BIN_MINUTES) * REACH_BINS;
            prop_assert!((best - i64::from(most_at)).abs() <= reach, "{} is far from {}", best, most_at);
        }

        #[test]
        fn merging_is_counting_together(
            first in prop::collection::vec((trace(), 0_u32..1_440, 0_i64..200), 0..20),
            second in prop::collection::vec((trace(), 0_u32..1_440, 0_i64..200), 0..20),
        ) {
            let mut merged = habit(&first);
            merged.merge(&habit(&second));
            let all: Vec<_> = first.into_iter().chain(second).collect();
            prop_assert_eq!(merged, habit(&all));
        }
    }
}
