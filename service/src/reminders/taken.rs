//! What a claim took, and what it decided not to send.

use chrono::{DateTime, Utc};
use domain::reminder::{HoldReason, SilenceReason};
use uuid::Uuid;

use super::claim::Claimed;

/// What one claim did: also what it decided not to send.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub claimed: Vec<Claimed>,
    pub silent: Vec<Silent>,
    pub held: Vec<Held>,
    /// What would have been sent if the project were not only trying.
    pub tried: Vec<Claimed>,
    /// Rows that were decided: with none, asking again at once would decide none either.
    pub handled: usize,
}

impl Taken {
    /// Adds what a later step took.
    pub fn add(&mut self, other: Self) {
        self.claimed.extend(other.claimed);
        self.silent.extend(other.silent);
        self.held.extend(other.held);
        self.tried.extend(other.tried);
        self.handled += other.handled;
    }
}

/// A due reminder that sends nothing, and why.
#[derive(Debug, Clone)]
pub(super) struct Silent {
    pub bill_id: Uuid,
    pub stage: String,
    pub payer_party_id: Uuid,
    pub reason: SilenceReason,
}

/// A due reminder that waits, and why.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub bill_id: Uuid,
    pub stage: String,
    pub payer_party_id: Uuid,
    pub reason: HoldReason,
    pub until: DateTime<Utc>,
}
