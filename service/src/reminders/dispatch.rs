//! Dispatch: claim a batch, send it with no transaction open, record what came back.

use chrono::TimeDelta;
use futures_util::StreamExt;
use serde::Serialize;
use tokio::sync::mpsc;

use super::breaker::Breakers;
use super::claim::{self, Claimed, LEASE};
use super::deliver::{Outcome, Refusal, Senders};
use super::record::{self, Recorded};
use super::taken::Taken;
use super::{ReminderError, grants, resume};
use crate::clock::Clock;
use crate::edge;
use crate::tenancy::{ControlDb, ProjectDb};

/// Notices of one batch.
const BATCH_NOTICES_MAX: usize = 256;
/// Messages on their way at once.
const CALLS_AT_ONCE: usize = 16;
/// A call that has not answered by then is cut off and counts as unknown.
pub(super) const CALL_TIMEOUT: TimeDelta = TimeDelta::seconds(6);
/// Outcomes recorded in one transaction.
const RECORD_MAX: usize = 128;
/// Batches of one dispatch.
const BATCHES_MAX: usize = 10_000;

// The slowest batch ends well before its lease, or another worker would take what is still being sent.
const _: () =
    assert!(BATCH_NOTICES_MAX.div_ceil(CALLS_AT_ONCE) < 17 && 17 * CALL_TIMEOUT.num_seconds() < LEASE.num_seconds());

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
    let mut report = DispatchReport::default();
    let breakers = Breakers::default();
    let mut left = limit;
    for _ in 0..BATCHES_MAX {
        let want = left.min(BATCH_NOTICES_MAX);
        if want == 0 {
            break;
        }
        let Taken { mut claimed, handled, silent, held, tried } = resume::take(db, control, clock.now(), want).await?;
        let mut handled_all = handled;
        let mut silent_all = silent.len();
        let mut held_all = held.len();
        let mut tried_all = tried.len();
        if handled < want {
            let fresh = claim::take(db, control, clock.now(), want - handled).await?;
            handled_all += fresh.handled;
            silent_all += fresh.silent.len();
            held_all += fresh.held.len();
            tried_all += fresh.tried.len();
            claimed.extend(fresh.claimed);
        }
        if handled_all == 0 {
            break;
        }
        left = left.saturating_sub(claimed.len());
        report.silent += u64::try_from(silent_all).unwrap_or(0);
        report.held += u64::try_from(held_all).unwrap_or(0);
        report.tried += u64::try_from(tried_all).unwrap_or(0);
        report.handed_over += u64::try_from(claimed.len()).unwrap_or(0);
        let recorded = send_and_record(db, control, senders, &breakers, clock, claimed).await?;
        report.recorded.add(recorded);
    }
    Ok(report)
}

/// Sends and records side by side, so that no outcome waits for the slowest call of its batch.
async fn send_and_record(
    db: &ProjectDb,
    control: &ControlDb,
    senders: &Senders,
    breakers: &Breakers,
    clock: &Clock,
    batch: Vec<Claimed>,
) -> Result<Recorded, ReminderError> {
    let (outcomes, mut arrived) = mpsc::channel(BATCH_NOTICES_MAX);
    let sending = async move {
        let mut calls = futures_util::stream::iter(batch)
            .map(|claimed| async move {
                let outcome = send(senders, breakers, clock, &claimed).await;
                outcome.map(|outcome| (claimed, outcome))
            })
            .buffer_unordered(CALLS_AT_ONCE);
        while let Some(result) = calls.next().await {
            if let Some(result) = result
                && outcomes.send(result).await.is_err()
            {
                break;
            }
        }
    };
    let recording = async {
        let mut recorded = Recorded::default();
        let mut results = Vec::with_capacity(RECORD_MAX);
        while arrived.recv_many(&mut results, RECORD_MAX).await > 0 {
            recorded.add(record::record(db, control, &results, clock.now()).await?);
            results.clear();
        }
        Ok(recorded)
    };
    let ((), recorded) = tokio::join!(sending, recording);
    recorded
}

/// One call. `None` when the lease is over: somebody else decides by then.
async fn send(senders: &Senders, breakers: &Breakers, clock: &Clock, claimed: &Claimed) -> Option<Outcome> {
    if clock.now() >= claimed.lease_until {
        return None;
    }
    let Some(sender) = senders.of(claimed.channel) else {
        return Some(Outcome::Refused { reason: Refusal::OurConfig, code: "no_sender".to_owned() });
    };
    if breakers.is_open(claimed.channel) {
        return Some(Outcome::NotSent { reason: "breaker_open".to_owned() });
    }
    edge::reach("reminders.send", "before_call");
    let timeout = CALL_TIMEOUT.to_std().unwrap_or_default();
    let outcome = tokio::time::timeout(timeout, sender.deliver(&claimed.message)).await;
    edge::reach("reminders.send", "after_call");
    let outcome = outcome.unwrap_or_else(|_| Outcome::Unknown { reason: "call_timeout".to_owned() });
    breakers.note(claimed.channel, &outcome);
    Some(outcome)
}
