//! Shared state of one process.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::{BYTES_MAX, SharedState};

/// Entries kept; when full, expired ones go first, then all of them.
const ENTRIES_MAX: usize = 100_000;

/// State of this process only.
#[derive(Default)]
pub struct InProcess {
    entries: Mutex<HashMap<String, Entry>>,
}

struct Entry {
    value: String,
    count: u64,
    until: Instant,
}

impl InProcess {
    /// Empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<String, Entry>, Instant) -> T) -> T {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if entries.len() >= ENTRIES_MAX {
            entries.retain(|_, entry| entry.until > now);
            if entries.len() >= ENTRIES_MAX {
                entries.clear();
            }
        }
        work(&mut entries, now)
    }
}

#[async_trait]
impl SharedState for InProcess {
    async fn get(&self, key: &str) -> Option<String> {
        self.with(|entries, now| entries.get(key).filter(|entry| entry.until > now).map(|entry| entry.value.clone()))
    }

    async fn put(&self, key: &str, value: &str, keep_for: Duration) {
        if key.len() + value.len() > BYTES_MAX {
            return;
        }
        self.with(|entries, now| {
            entries.insert(key.to_owned(), Entry { value: value.to_owned(), count: 0, until: now + keep_for });
        });
    }

    async fn remove(&self, key: &str) {
        self.with(|entries, _| entries.remove(key));
    }

    async fn count(&self, key: &str, window: Duration) -> u64 {
        self.with(|entries, now| {
            let entry = entries
                .entry(key.to_owned())
                .and_modify(|entry| {
                    if entry.until <= now {
                        entry.count = 0;
                        entry.until = now + window;
                    }
                })
                .or_insert_with(|| Entry { value: String::new(), count: 0, until: now + window });
            entry.count += 1;
            entry.count
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_value_is_there_until_it_expires_and_a_window_counts() {
        let shared = InProcess::new();
        shared.put("k", "v", Duration::from_secs(60)).await;
        assert_eq!(shared.get("k").await.as_deref(), Some("v"));
        shared.put("k", "v", Duration::ZERO).await;
        assert_eq!(shared.get("k").await, None);
        assert_eq!(shared.count("c", Duration::from_secs(60)).await, 1);
        assert_eq!(shared.count("c", Duration::from_secs(60)).await, 2);
        assert_eq!(shared.count("other", Duration::ZERO).await, 1);
        assert_eq!(shared.count("other", Duration::ZERO).await, 1);
    }
}
