//! Short-lived state that nodes share: access tokens and rate limits. In this process, or in Redis when there is one.
//!
//! Nothing here is ever the only place a fact is kept: it may be lost, flushed or stale at any moment, and the worst
//! that follows is that a token is fetched again or a limit counts from zero.

mod memory;
mod redis;

use std::time::Duration;

use async_trait::async_trait;

pub use memory::InProcess;
pub use redis::{RedisError, RedisShared};

/// The longest key and value.
pub const BYTES_MAX: usize = 8 * 1024;

/// What nodes share. No call fails: without an answer there is nothing to share.
#[async_trait]
pub trait SharedState: Send + Sync {
    /// The value, if it is there and has not expired.
    async fn get(&self, key: &str) -> Option<String>;
    /// Keeps a value for a while.
    async fn put(&self, key: &str, value: &str, keep_for: Duration);
    /// Forgets a value.
    async fn remove(&self, key: &str);
    /// Counts one more under `key` and answers how many there are in the current window, which begins with the first.
    async fn count(&self, key: &str, window: Duration) -> u64;
}
