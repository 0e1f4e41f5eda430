//! Nonces seen, so that no request is taken twice.

use std::collections::{HashSet, VecDeque};

/// A nonce is remembered this long: longer than any host accepts a timestamp.
const REMEMBERED_MS: i64 = 31 * 60 * 1000;

#[derive(Default)]
pub(crate) struct Nonces {
    seen: HashSet<String>,
    order: VecDeque<(i64, String)>,
}

impl Nonces {
    /// Remembers a nonce; false when it was used before.
    pub(crate) fn take(&mut self, nonce: &str, now_ms: i64) -> bool {
        while self.order.front().is_some_and(|(at_ms, _)| now_ms.saturating_sub(*at_ms) > REMEMBERED_MS) {
            if let Some((_, old)) = self.order.pop_front() {
                self.seen.remove(&old);
            }
        }
        if !self.seen.insert(nonce.to_owned()) {
            return false;
        }
        self.order.push_back((now_ms, nonce.to_owned()));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_taken_once_and_forgotten_in_the_end() {
        let mut nonces = Nonces::default();
        assert!(nonces.take("a", 0));
        assert!(!nonces.take("a", REMEMBERED_MS));
        assert!(nonces.take("a", REMEMBERED_MS + 1));
        assert_eq!(nonces.seen.len(), 1);
    }
}
