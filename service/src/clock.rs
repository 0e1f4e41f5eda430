//! The only reader of the system clock. Everything else is told the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// The time, as the system has it or as a test or a demonstration moved it. Clones share one offset.
#[derive(Debug, Clone)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
    frozen_at_ms: Arc<AtomicI64>,
}

/// No instant: the clock runs.
const RUNNING: i64 = i64::MIN;

impl Clock {
    /// Follows the system's time.
    #[must_use]
    pub fn system() -> Self {
        Self { offset_ms: Arc::new(AtomicI64::new(0)), frozen_at_ms: Arc::new(AtomicI64::new(RUNNING)) }
    }

    /// Stands still at `at` until it is moved: what tests use, so that nothing depends on how long they take.
    #[must_use]
    pub fn frozen(at: DateTime<Utc>) -> Self {
        let clock = Self::system();
        clock.frozen_at_ms.store(at.timestamp_millis(), Ordering::SeqCst);
        clock
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let frozen = self.frozen_at_ms.load(Ordering::SeqCst);
        #[allow(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
        let base = if frozen == RUNNING { Utc::now().timestamp_millis() } else { frozen };
        let at_ms = base.saturating_add(self.offset_ms.load(Ordering::SeqCst));
        DateTime::from_timestamp_millis(at_ms).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Now, in milliseconds since 1970-01-01T00:00Z, as columns store it.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.now().timestamp_millis()
    }

    /// Moves the clock for everybody who holds a clone; backwards with a negative number.
    pub fn advance_ms(&self, by_ms: i64) {
        self.offset_ms.fetch_add(by_ms, Ordering::SeqCst);
    }
}
