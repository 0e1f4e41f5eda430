//! A channel that has stopped answering is not asked for the rest of a dispatch: the messages go back to wait instead
//! of running into timeouts one by one. What the account's own row remembers outlives the dispatch; this does not.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::reminder::Channel;

use super::deliver::{Outcome, Refusal};

/// Failures in a row after which a channel is left alone.
const FAILURES_MAX: u32 = 8;

/// Failures in a row, by channel. One dispatch speaks for one project, so a channel is an account.
#[derive(Debug, Default)]
pub(super) struct Breakers(Mutex<HashMap<Channel, u32>>);

impl Breakers {
    /// Whether the channel is left alone.
    pub fn is_open(&self, channel: Channel) -> bool {
        let failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(&channel).is_some_and(|failures| *failures >= FAILURES_MAX)
    }

    /// Counts what the account could not do; what the person could not be sent is no failure.
    pub fn note(&self, channel: Channel, outcome: &Outcome) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = failures.entry(channel).or_default();
        match outcome {
            Outcome::Unknown { .. }
            | Outcome::NotSent { .. }
            | Outcome::Refused { reason: Refusal::OurConfig | Refusal::DailyQuota, .. } => *count += 1,
            Outcome::Accepted { .. } => *count = 0,
            Outcome::Refused { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_left_alone_after_failures_in_a_row_and_the_others_are_not() {
        let breakers = Breakers::default();
        let down = Outcome::NotSent { reason: "connect".to_owned() };
        for _ in 1..FAILURES_MAX {
            breakers.note(Channel::Sms, &down);
        }
        breakers.note(Channel::Sms, &Outcome::Accepted { receipt_id: "1".to_owned(), account: None });
        for _ in 1..FAILURES_MAX {
            breakers.note(Channel::Sms, &down);
        }
        assert!(!breakers.is_open(Channel::Sms));
        breakers.note(Channel::Sms, &down);
        assert!(breakers.is_open(Channel::Sms) && !breakers.is_open(Channel::WechatTemplate));
    }
}
