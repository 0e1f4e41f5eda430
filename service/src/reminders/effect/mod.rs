//! What reminders achieve: how many were sent, opened and followed by a payment, at what cost, and what would have been
//! paid without them.
//!
//! Messages count on the day they were made, planned stages on the day they fell on, bills of the comparison on the day
//! they were due. Whether a payment followed a message is decided by the payment's own time, not by when it was booked.

mod sql;
mod uplift;
mod view;

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDate, NaiveTime};
use domain::calendar::day_number;
use domain::reminder::{Channel, Policy, instant_on};

use super::history::stage_words;
use super::{ReminderError, policy, words};
use crate::store::{StoreError, Values};
use crate::tenancy::{ProjectDb, ProjectInfo, ProjectTx};

use sql::{CollectedRow, MessageRow, PaidRow, PlannedRow, ReasonRow};
pub use view::{ChannelEffect, Effect, Funnel, Group, ReasonCount, StageEffect, Uplift};

/// Below this many bills on either side no share is shown: it would be chance.
pub const TOO_FEW_BILLS: i64 = 30;
/// The longest range, in days: a leap year.
pub const EFFECT_DAYS_MAX: i64 = 366;

/// Which reminders to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectFilter {
    /// From this day of the project's zone.
    pub from: NaiveDate,
    /// To this day, included; at most 366 days.
    pub to: NaiveDate,
    /// Only this stage, by name.
    pub stage: Option<String>,
    /// Only this campaign, by number.
    pub campaign: Option<i64>,
}

/// Why there is no effect to show.
#[derive(Debug, thiserror::Error)]
pub enum EffectError {
    /// The days are the wrong way round, or too many.
    #[error("起始日期不能晚于截止日期，且不能超过 366 天")]
    BadRange,
    /// The rows could not be read.
    #[error(transparent)]
    Reminder(#[from] ReminderError),
}

impl From<StoreError> for EffectError {
    fn from(error: StoreError) -> Self {
        Self::Reminder(error.into())
    }
}

impl EffectError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadRange => "effect_bad_range",
            Self::Reminder(error) => error.code(),
        }
    }
}

/// What reminders achieved in a range of days: a fixed number of statements over sets, all of one reading.
///
/// # Errors
/// [`EffectError`].
pub async fn effect(db: &ProjectDb, filter: &EffectFilter) -> Result<Effect, EffectError> {
    let days = (filter.to - filter.from).num_days();
    if !(0..EFFECT_DAYS_MAX).contains(&days) {
        return Err(EffectError::BadRange);
    }
    let range = Range::new(db.info(), filter);
    db.read("reminders.effect", async |tx| {
        let read = read(tx, &range).await?;
        let stages = read.stages();
        let mut total = Funnel::default();
        stages.iter().flat_map(|stage| &stage.channels).for_each(|channel| total.add(&channel.funnel));
        let uplift = uplift::uplift(tx, &range).await?;
        Ok(Effect { from: filter.from, to: filter.to, total, stages, uplift })
    })
    .await
}

/// The range as rows keep it.
struct Range {
    from_day: i64,
    to_day: i64,
    /// `$1`, `$2`, and `$3` where a stage or a campaign is asked for.
    messages: Narrowed,
    reminders: Narrowed,
}

/// A condition with its values.
struct Narrowed {
    condition: String,
    values: Values,
}

impl Range {
    fn new(info: &ProjectInfo, filter: &EffectFilter) -> Self {
        let midnight = |day| instant_on(day, NaiveTime::MIN, info.zone).timestamp_millis();
        let after = filter.to.succ_opt().unwrap_or(filter.to);
        let (from_day, to_day) = (day_number(filter.from), day_number(filter.to));
        let narrowed = |table: &str, condition: &str, mut values: Values| {
            let mut condition = condition.to_owned();
            if let Some(stage) = &filter.stage {
                values.push(stage.as_str().into());
                condition.push_str(&format!(" AND {table}.stage = ${}", values.len()));
            }
            if let Some(campaign) = filter.campaign {
                values.push(campaign.saturating_neg().into());
                condition.push_str(&format!(" AND {table}.policy_version = ${}", values.len()));
            }
            Narrowed { condition, values }
        };
        let instants = vec![midnight(filter.from).into(), midnight(after).into()];
        Self {
            from_day,
            to_day,
            messages: narrowed("n", "n.created_at_ms >= $1 AND n.created_at_ms < $2", instants),
            reminders: narrowed("r", "r.stage_day BETWEEN $1 AND $2", vec![from_day.into(), to_day.into()]),
        }
    }
}

/// What the statements answered.
struct Read {
    messages: Vec<MessageRow>,
    reasons: Vec<ReasonRow>,
    paid: Vec<PaidRow>,
    collected: Vec<CollectedRow>,
    planned: Vec<PlannedRow>,
    policies: HashMap<i64, Policy>,
}

async fn read(tx: &ProjectTx<'_>, range: &Range) -> Result<Read, StoreError> {
    let (of_messages, of_reminders) = (&range.messages, &range.reminders);
    let messages: Vec<MessageRow> = tx.rows(&sql::messages(&of_messages.condition), of_messages.values.clone()).await?;
    let reasons = tx.rows(&sql::reasons(&of_messages.condition), of_messages.values.clone()).await?;
    let paid = tx.rows(&sql::paid(&of_messages.condition), of_messages.values.clone()).await?;
    let collected = tx.rows(&sql::collected(&of_messages.condition), of_messages.values.clone()).await?;
    let planned: Vec<PlannedRow> = tx.rows(&sql::planned(&of_reminders.condition), of_reminders.values.clone()).await?;
    let versions = messages.iter().map(|row| row.policy_version).chain(planned.iter().map(|row| row.policy_version));
    let policies = policy::of_versions(tx, versions).await?;
    Ok(Read { messages, reasons, paid, collected, planned, policies })
}

impl Read {
    /// Puts the figures of a stage together. The order is the ladder's, campaigns after it.
    fn stages(&self) -> Vec<StageEffect> {
        let mut newest: BTreeMap<&str, i64> = BTreeMap::new();
        let known = self.messages.iter().map(|row| (row.stage.as_str(), row.policy_version));
        for (stage, version) in known.chain(self.planned.iter().map(|row| (row.stage.as_str(), row.policy_version))) {
            let entry = newest.entry(stage).or_insert(version);
            *entry = (*entry).max(version);
        }
        let mut stages: Vec<(_, StageEffect)> = newest
            .into_iter()
            .map(|(stage, version)| {
                let rung = self.policies.get(&version).and_then(|policy| policy.stage(stage)).map(|stage| stage.rung());
                ((version < 0, rung, version.saturating_neg()), self.stage(stage, version))
            })
            .collect();
        stages.sort_by(|(one, a), (other, b)| one.cmp(other).then_with(|| a.stage.cmp(&b.stage)));
        stages.into_iter().map(|(_, stage)| stage).collect()
    }

    fn stage(&self, stage: &str, version: i64) -> StageEffect {
        let of_stage = || self.planned.iter().filter(|row| row.stage == stage);
        let silent = of_stage().filter(|row| row.silent > 0 && row.state != "planned");
        let silent = reasons(silent.map(|row| (row.state.as_str(), row.reason.as_deref(), row.silent)));
        let channels = self.messages.iter().filter(|row| row.stage == stage).map(|row| self.channel(row)).collect();
        StageEffect {
            stage: stage.to_owned(),
            stage_words: stage_words(&self.policies, version, stage),
            campaign: (version < 0).then(|| version.saturating_neg()),
            planned: of_stage().map(|row| row.count).sum(),
            silent,
            channels,
        }
    }

    fn channel(&self, row: &MessageRow) -> ChannelEffect {
        let is_same = |stage: &str, channel: &str| stage == row.stage && channel == row.channel;
        let paid = self.paid.iter().find(|paid| is_same(&paid.stage, &paid.channel));
        let collected = self.collected.iter().find(|one| is_same(&one.stage, &one.channel));
        let failed = self.reasons.iter().filter(|reason| is_same(&reason.stage, &reason.channel));
        let mut funnel = Funnel {
            planned: row.planned,
            sent: row.sent,
            in_doubt: row.in_doubt,
            failed: row.failed,
            delivered: row.delivered,
            opened: row.opened,
            acknowledged: row.acknowledged,
            paid_1d: paid.map_or(0, |paid| paid.paid_1d),
            paid_3d: paid.map_or(0, |paid| paid.paid_3d),
            paid_7d: paid.map_or(0, |paid| paid.paid_7d),
            cost_fen: row.cost_fen,
            collected_fen: collected.map_or(0, |one| one.collected_fen),
            cost_per_yuan_e4: None,
        };
        funnel.rate();
        ChannelEffect {
            channel_words: Channel::parse(&row.channel)
                .map_or(row.channel.as_str(), |channel| channel.words())
                .to_owned(),
            channel: row.channel.clone(),
            funnel,
            failed: reasons(failed.map(|reason| (reason.state.as_str(), reason.reason.as_deref(), reason.count))),
        }
    }
}

/// The most frequent first.
fn reasons<'a>(rows: impl Iterator<Item = (&'a str, Option<&'a str>, i64)>) -> Vec<ReasonCount> {
    let mut counted: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for (state, reason, count) in rows {
        *counted.entry((state, reason.unwrap_or_default())).or_default() += count;
    }
    let mut all: Vec<ReasonCount> = counted
        .into_iter()
        .map(|((state, reason), count)| ReasonCount {
            state: state.to_owned(),
            reason: reason.to_owned(),
            reason_words: words::reason(reason),
            count,
        })
        .collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.count));
    all
}
