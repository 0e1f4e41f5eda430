//! Two accounts for one channel: the second is asked when the first certainly did not send.
//!
//! Neither texts nor calls have a key against repeats, so "we do not know" ends it: a second message would be worse
//! than none. What the vendor says of the person (bad number, refuses messages, too often) another vendor would say
//! too.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::reminder::Channel;
use gateway::Now;
use uuid::Uuid;

use crate::reminders::{Message, Outcome, Refusal};

/// How long an account that could not send comes second, so that not every message waits for it to fail.
const ASIDE_FOR: TimeDelta = TimeDelta::seconds(30);

/// Sends from the one account it is told.
#[async_trait]
pub(super) trait OneAccount: Sync {
    async fn send_from(&self, account_id: Uuid, message: &Message) -> Outcome;
}

/// Chooses between a project's two accounts.
pub(super) struct FailOver {
    channel: Channel,
    now: Now,
    aside: Mutex<HashMap<Uuid, DateTime<Utc>>>,
}

impl FailOver {
    pub fn new(channel: Channel, now: Now) -> Self {
        Self { channel, now, aside: Mutex::default() }
    }

    /// Sends from `first`; from `backup` when `first` certainly did not.
    pub async fn send(
        &self,
        accounts: &impl OneAccount,
        first: Uuid,
        backup: Option<Uuid>,
        message: &Message,
    ) -> Outcome {
        let Some(backup) = backup.filter(|backup| *backup != first) else {
            return accounts.send_from(first, message).await;
        };
        let (one, other) = if self.is_aside(first) { (backup, first) } else { (first, backup) };
        let outcome = accounts.send_from(one, message).await;
        let Some(trouble) = Trouble::of(&outcome) else { return sent_by(one, first, outcome) };
        self.note(one, trouble, &outcome);
        let second = accounts.send_from(other, message).await;
        match Trouble::of(&second) {
            None => sent_by(other, first, second),
            Some(also) => {
                self.note(other, also, &second);
                // What can be mended soonest decides when it is tried again.
                if also > trouble { second } else { outcome }
            }
        }
    }

    fn is_aside(&self, account_id: Uuid) -> bool {
        let now = (self.now)();
        let mut aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        aside.retain(|_, until| now < *until);
        aside.contains_key(&account_id)
    }

    fn note(&self, account_id: Uuid, trouble: Trouble, outcome: &Outcome) {
        // A setting that is wrong is refused at once and costs no time; it may be wrong for this message only.
        if trouble != Trouble::OurConfig {
            let until = (self.now)() + ASIDE_FOR;
            self.aside.lock().unwrap_or_else(PoisonError::into_inner).insert(account_id, until);
        }
        let channel = self.channel.as_str();
        metrics::counter!("linli_account_failures_total", "channel" => channel).increment(1);
        tracing::warn!(alarm = "sending_account_failed", channel, account = %account_id, ?outcome, "not sent");
    }
}

/// Why an account certainly did not send, through no fault of the person. Later ones are mended sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trouble {
    OurConfig,
    Limit,
    NotSent,
}

impl Trouble {
    const fn of(outcome: &Outcome) -> Option<Self> {
        match outcome {
            Outcome::NotSent { .. } => Some(Self::NotSent),
            Outcome::Refused { reason: Refusal::DailyQuota, .. } => Some(Self::Limit),
            Outcome::Refused { reason: Refusal::OurConfig, .. } => Some(Self::OurConfig),
            Outcome::Accepted { .. } | Outcome::Unknown { .. } | Outcome::Refused { .. } => None,
        }
    }
}

/// An acceptance names the account that stood in.
fn sent_by(account_id: Uuid, first: Uuid, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Accepted { receipt_id, .. } if account_id != first => {
            Outcome::Accepted { receipt_id, account: Some(account_id.to_string()) }
        }
        outcome => outcome,
    }
}
