//! Dispatch: claim a batch, send it with no transaction open, record what came back. While one batch is on its way the
//! next is claimed, as long as messages leave quickly.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use serde::Serialize;
use tokio::sync::mpsc;

use super::breaker::Breakers;
use super::claim::{self, Claimed, LEASE};
use super::deliver::{Outcome, Refusal, Senders};
use super::record::{self, Recorded};
use super::taken::Taken;
use super::{ReminderError, grants, let_go, resume};
use crate::clock::Clock;
use crate::edge;
use crate::tenancy::{ControlDb, ProjectDb};

/// Notices of one batch.
pub(super) const BATCH_NOTICES_MAX: usize = 512;
/// Messages on their way at once.
const CALLS_AT_ONCE: usize = 16;
/// A call that has not answered by then is cut off and counts as unknown.
pub(super) const CALL_TIMEOUT: TimeDelta = TimeDelta::seconds(6);
/// The last look at a message's bills is never older than this when it is sent: what a slow batch leaves is looked at
/// again.
const LOOK_FOR: TimeDelta = TimeDelta::seconds(30);
/// Outcomes recorded in one transaction.
const RECORD_MAX: usize = 256;
/// An outcome waits so long for others to be recorded with it.
const RECORD_AFTER: Duration = Duration::from_millis(200);
/// The next batch is claimed while one is on its way when the one before took no longer than this.
const QUICK_BATCH: Duration = Duration::from_secs(2);
/// Batches of one dispatch.
const BATCHES_MAX: usize = 10_000;

// The last message of a batch is answered well before its lease, or another worker would take what is still being sent.
const _: () = assert!(2 * (LOOK_FOR.num_seconds() + CALL_TIMEOUT.num_seconds()) < LEASE.num_seconds());

/// What a dispatch did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DispatchReport {
    /// Messages handed to a channel, resends included.
    pub handed_over: u64,
    /// Due reminders that sent nothing, with their reason in the history.
    pub silent: u64,
    /// Due reminders that wait for their hour, a cap, a quota or the end of a pause.
    pub held: u64,
    /// Messages that a project which only tries would have sent.
    pub tried: u64,
    /// What the channels answered.
    #[serde(flatten)]
    pub recorded: Recorded,
}

/// Sends up to `limit` messages that are due: first what waited for another try or another channel, then new ones.
/// A channel that refuses hands over to the next within the same dispatch.
///
/// # Errors
/// [`ReminderError`]: what had been handed over stays claimed and is settled after its lease.
pub async fn dispatch(
    db: &ProjectDb,
    control: &ControlDb,
    senders: &Senders,
    clock: &Clock,
    limit: usize,
) -> Result<DispatchReport, ReminderError> {
    grants::sweep(db, control, clock.now()).await?;
    let round = Round { db, control, senders, breakers: Breakers::default(), clock };
    let mut report = DispatchReport::default();
    let mut left = limit;
    let mut hand = round.take(left).await?;
    let mut is_quick = true;
    for _ in 0..BATCHES_MAX {
        if hand.handled == 0 {
            break;
        }
        left = left.saturating_sub(hand.claimed.len());
        report.add(&hand);
        // A batch that is not full was the last for now, and not worth a hurry.
        let is_full = hand.claimed.len() >= BATCH_NOTICES_MAX / 2;
        let begun = Instant::now();
        let (recorded, next) = if is_quick && is_full && left > 0 {
            let (recorded, next) = tokio::join!(round.send_and_record(hand.claimed), round.take(left));
            (round.or_let_go(recorded, &next).await?, next?)
        } else {
            (round.send_and_record(hand.claimed).await?, Taken::default())
        };
        is_quick = begun.elapsed() <= QUICK_BATCH;
        report.recorded.add(recorded);
        // What was just recorded may have more to send, through another channel.
        hand = if next.handled == 0 { round.take(left).await? } else { next };
    }
    Ok(report)
}

impl DispatchReport {
    fn add(&mut self, hand: &Taken) {
        let count = |length: usize| u64::try_from(length).unwrap_or(0);
        self.handed_over += count(hand.claimed.len());
        self.silent += count(hand.silent.len());
        self.held += count(hand.held.len());
        self.tried += count(hand.tried.len());
    }
}

/// What came of a message in hand.
enum Answer {
    Answered(Claimed, Outcome),
    /// Its last look is too old: it was not sent.
    TooLate(Claimed),
    /// Its lease is over: somebody else decides.
    Lost,
}

/// One dispatch under way.
struct Round<'a> {
    db: &'a ProjectDb,
    control: &'a ControlDb,
    senders: &'a Senders,
    breakers: Breakers,
    clock: &'a Clock,
}

impl Round<'_> {
    /// Claims the next batch of at most `left` messages: first what waited, then new ones.
    async fn take(&self, left: usize) -> Result<Taken, ReminderError> {
        let want = left.min(BATCH_NOTICES_MAX);
        if want == 0 {
            return Ok(Taken::default());
        }
        let mut taken = resume::take(self.db, self.control, self.clock.now(), want).await?;
        if taken.handled < want {
            let fresh = claim::take(self.db, self.control, self.clock.now(), want - taken.handled).await;
            taken.add(fresh?);
        }
        Ok(taken)
    }

    /// What could not be recorded ends the dispatch; what was claimed meanwhile and not sent goes back.
    async fn or_let_go(
        &self,
        recorded: Result<Recorded, ReminderError>,
        next: &Result<Taken, ReminderError>,
    ) -> Result<Recorded, ReminderError> {
        if let (Err(_), Ok(next)) = (&recorded, next) {
            // The first error is the one to tell; without this the claims wait for their leases.
            let _ = let_go::let_go(self.db, self.control, &next.claimed, self.clock.now()).await;
        }
        recorded
    }

    /// Sends and records side by side, so that no outcome waits for the slowest call of its batch.
    async fn send_and_record(&self, batch: Vec<Claimed>) -> Result<Recorded, ReminderError> {
        let (answers, mut arrived) = mpsc::channel(BATCH_NOTICES_MAX);
        let sending = async move {
            let mut calls =
                futures_util::stream::iter(batch).map(|claimed| self.send(claimed)).buffer_unordered(CALLS_AT_ONCE);
            while let Some(answer) = calls.next().await {
                if answers.send(answer).await.is_err() {
                    break;
                }
            }
        };
        let recording = async {
            let mut recorded = Recorded::default();
            let mut batch = Vec::with_capacity(RECORD_MAX);
            while arrived.recv_many(&mut batch, RECORD_MAX).await > 0 {
                let more = async {
                    loop {
                        let room = RECORD_MAX.saturating_sub(batch.len());
                        if room == 0 || arrived.recv_many(&mut batch, room).await == 0 {
                            break;
                        }
                    }
                };
                let _ = tokio::time::timeout(RECORD_AFTER, more).await;
                recorded.add(self.record(std::mem::take(&mut batch)).await?);
            }
            Ok(recorded)
        };
        let ((), recorded) = tokio::join!(sending, recording);
        recorded
    }

    async fn record(&self, answers: Vec<Answer>) -> Result<Recorded, ReminderError> {
        let (mut results, mut late) = (Vec::with_capacity(answers.len()), Vec::new());
        for answer in answers {
            match answer {
                Answer::Answered(claimed, outcome) => results.push((claimed, outcome)),
                Answer::TooLate(claimed) => late.push(claimed),
                Answer::Lost => {}
            }
        }
        let recorded = record::record(self.db, self.control, &results, self.clock.now()).await?;
        let_go::let_go(self.db, self.control, &late, self.clock.now()).await?;
        Ok(recorded)
    }

    /// One call.
    async fn send(&self, claimed: Claimed) -> Answer {
        let now = self.clock.now();
        if now >= claimed.lease_until {
            return Answer::Lost;
        }
        // What may have arrived before is settled by its lease: only a first attempt was certainly not sent.
        if looked_at(&claimed) + LOOK_FOR < now && !claimed.is_resend {
            return Answer::TooLate(claimed);
        }
        let outcome = self.call(&claimed).await;
        Answer::Answered(claimed, outcome)
    }

    async fn call(&self, claimed: &Claimed) -> Outcome {
        let Some(sender) = self.senders.of(claimed.channel) else {
            return Outcome::Refused { reason: Refusal::OurConfig, code: "no_sender".to_owned() };
        };
        if self.breakers.is_open(claimed.channel) {
            return Outcome::NotSent { reason: "breaker_open".to_owned() };
        }
        edge::reach("reminders.send", "before_call");
        let timeout = CALL_TIMEOUT.to_std().unwrap_or_default();
        let outcome = tokio::time::timeout(timeout, sender.deliver(&claimed.message)).await;
        edge::reach("reminders.send", "after_call");
        let outcome = outcome.unwrap_or_else(|_| Outcome::Unknown { reason: "call_timeout".to_owned() });
        self.breakers.note(claimed.channel, &outcome);
        outcome
    }
}

/// When the bills of a claimed message were last looked at.
fn looked_at(claimed: &Claimed) -> DateTime<Utc> {
    claimed.lease_until - LEASE
}
