//! A project's reminder rules as the simulation knows them: its own words, told to the product as JSON.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::dice::Dice;

/// How a message travels, in the simulation's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Road {
    /// Template message of the service account.
    Template,
    /// One-time message of the mini program.
    Subscribe,
    /// 订阅通知 of the service account.
    Notify,
    /// Text.
    Sms,
    /// Call.
    Voice,
}

impl Road {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Template, Self::Subscribe, Self::Notify, Self::Sms, Self::Voice];

    /// The stored word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Template => "wechat_template",
            Self::Subscribe => "wechat_subscribe",
            Self::Notify => "wechat_notify",
            Self::Sms => "sms",
            Self::Voice => "voice",
        }
    }

    /// Costs a consent of the person.
    #[must_use]
    pub const fn spends_credit(self) -> bool {
        matches!(self, Self::Subscribe | Self::Notify)
    }
}

/// One step of the ladder.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Counted from the day of publishing, not from the due day.
    pub from_issue: bool,
    /// Days from there.
    pub offset: i64,
    /// Minute of the day.
    pub minute: i64,
    /// In the order they are tried.
    pub roads: Vec<Road>,
    /// Where to go when unread.
    pub escalate: Option<Road>,
    /// Hours until unread, where they differ.
    pub unread_hours: Option<i64>,
    /// The least sum.
    pub minimum_fen: i64,
    /// Only these fee items, if any.
    pub fee_items: Vec<Uuid>,
}

/// The rules of one version.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The ladder.
    pub steps: Vec<Step>,
    /// Hours until unread.
    pub unread_hours: i64,
    /// Silence for everything: from minute, to minute, over midnight.
    pub quiet: (i64, i64),
    /// Silence for calls.
    pub quiet_calls: (i64, i64),
    /// Messages a day.
    pub per_day: i64,
    /// Messages in seven days.
    pub per_week: i64,
    /// Payers left alone, in thousandths.
    pub holdout_permille: i64,
}

fn clock(minute: i64) -> String {
    format!("{:02}:{:02}:00", minute / 60, minute % 60)
}

impl Rules {
    /// Random valid rules.
    pub fn roll(dice: &mut Dice, fee_items: &[Uuid]) -> Self {
        let quiet = dice.pick(&[(20 * 60, 9 * 60), (21 * 60, 8 * 60), (18 * 60 + 30, 9 * 60 + 30)]);
        let quiet_calls = dice.pick(&[(12 * 60, 14 * 60), (11 * 60 + 30, 15 * 60), (0, 0)]);
        let mut steps = Vec::new();
        if dice.chance(400) {
            let roads =
                dice.pick(&[vec![Road::Template, Road::Subscribe, Road::Notify], vec![Road::Template, Road::Sms]]);
            let offset = dice.range(0, 1);
            steps.push(Self::step(dice, "issued", true, offset, roads, fee_items));
        }
        let offsets: Vec<i64> = [-5, -3, -1, 0, 1, 2, 4, 7, 15].into_iter().filter(|_| dice.chance(500)).collect();
        let offsets = if offsets.is_empty() { vec![0, 1] } else { offsets };
        for offset in offsets {
            let mut roads: Vec<Road> =
                Road::ALL.into_iter().filter(|road| *road != Road::Voice && dice.chance(600)).collect();
            if offset > 0 && dice.chance(150) {
                roads.push(Road::Voice);
            }
            if roads.is_empty() {
                roads = vec![Road::Template, Road::Sms];
            }
            let name = if offset < 0 { format!("before_{}", -offset) } else { format!("after_{offset}") };
            let mut step = Self::step(dice, &name, false, offset, roads, fee_items);
            step.escalate = if offset > 0 {
                dice.pick(&[None, Some(Road::Sms), Some(Road::Voice)])
            } else {
                dice.pick(&[None, None, Some(Road::Sms)])
            };
            steps.push(step);
        }
        let (per_day, more) = (dice.range(1, 3), dice.range(0, 5));
        for step in &mut steps {
            // A first channel must be allowed to speak at the step's hour.
            step.minute = step.minute.max(quiet.1).min(quiet.0 - 1);
            if step.roads[0] == Road::Voice && step.minute >= quiet_calls.0 && step.minute < quiet_calls.1 {
                step.minute = quiet_calls.1;
            }
        }
        Self {
            steps,
            unread_hours: dice.pick(&[1, 6, 24, 48]),
            quiet,
            quiet_calls,
            per_day,
            per_week: per_day + more,
            holdout_permille: dice.pick(&[0, 0, 0, 100, 200]),
        }
    }

    fn step(dice: &mut Dice, name: &str, from_issue: bool, offset: i64, roads: Vec<Road>, fee_items: &[Uuid]) -> Step {
        Step {
            name: name.to_owned(),
            from_issue,
            offset,
            minute: dice.pick(&[600, 600, 570, 780, 1_050, 1_109]),
            roads,
            escalate: None,
            unread_hours: dice.pick(&[None, None, None, Some(2), Some(30)]),
            minimum_fen: dice.pick(&[1, 1, 1, 1, 5_000, 20_000]),
            fee_items: if dice.chance(100) { vec![dice.pick(fee_items)] } else { Vec::new() },
        }
    }

    /// The product's words for it.
    #[must_use]
    pub fn json(&self) -> Value {
        let steps: Vec<Value> = self
            .steps
            .iter()
            .map(|step| {
                json!({
                    "name": step.name,
                    "anchor": if step.from_issue { "issued" } else { "due" },
                    "offset_days": step.offset,
                    "time_of_day": clock(step.minute),
                    "channels": step.roads.iter().map(|road| road.word()).collect::<Vec<_>>(),
                    "escalate_to": step.escalate.map(Road::word),
                    "unread_after_hours": step.unread_hours,
                    "minimum_fen": step.minimum_fen,
                    "fee_items": step.fee_items,
                    "template": "bill_notice",
                })
            })
            .collect();
        json!({
            "stages": steps,
            "unread_after_hours": self.unread_hours,
            "quiet": {
                "all": { "from": clock(self.quiet.0), "to": clock(self.quiet.1) },
                "voice": { "from": clock(self.quiet_calls.0), "to": clock(self.quiet_calls.1) },
            },
            "caps": { "per_day": self.per_day, "per_week": self.per_week },
            "holdout_permille": self.holdout_permille,
            "uses_best_hour": false,
        })
    }

    /// The step of that name.
    #[must_use]
    pub fn step_named(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// Whether nobody is disturbed on this road at this minute.
    #[must_use]
    pub const fn is_quiet(&self, road: Road, minute: i64) -> bool {
        let night = minute >= self.quiet.0 || minute < self.quiet.1;
        let rest = matches!(road, Road::Voice) && minute >= self.quiet_calls.0 && minute < self.quiet_calls.1;
        night || rest
    }

    /// Whether a payer is left alone: the share is dealt by the last four bytes of the id.
    #[must_use]
    pub fn holds_out(&self, payer: Uuid) -> bool {
        let number = payer.as_u128() & 0xffff_ffff;
        i64::try_from(number % 1_000).unwrap() < self.holdout_permille
    }
}
