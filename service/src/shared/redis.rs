//! Shared state in Redis, with the process's own state behind it for when Redis is away.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, Script};

use super::{BYTES_MAX, InProcess, SharedState};

/// A node that does not answer this fast does not answer.
const ANSWER_WITHIN: Duration = Duration::from_millis(150);
/// After a failure Redis is left alone for this long, so that its absence costs one wait a second and not one a call.
const REST: Duration = Duration::from_secs(1);
/// Everything of ours begins with this.
const PREFIX: &str = "linli:";

/// The URL is no Redis URL, or TLS could not be set up. An absent server is not an error.
#[derive(Debug, thiserror::Error)]
#[error("REDIS_URL 无法使用: {0}")]
pub struct RedisError(#[from] redis::RedisError);

/// State shared through Redis.
pub struct RedisShared {
    connection: ConnectionManager,
    fallback: InProcess,
    started: Instant,
    resting_until_ms: AtomicI64,
    count: Script,
}

impl RedisShared {
    /// Prepares a connection. It is made when first used, so a server that is away does not delay the start.
    ///
    /// # Errors
    /// [`RedisError`].
    pub fn connect(url: &str) -> Result<Self, RedisError> {
        // Redis over TLS needs a provider, and two are compiled in by different dependencies.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let client = redis::Client::open(url)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(200))
            .set_response_timeout(Some(ANSWER_WITHIN))
            .set_connection_timeout(Some(ANSWER_WITHIN));
        let connection = ConnectionManager::new_lazy_with_config(client, config)?;
        let count = Script::new(
            "local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end return n",
        );
        Ok(Self {
            connection,
            fallback: InProcess::new(),
            started: Instant::now(),
            resting_until_ms: AtomicI64::new(0),
            count,
        })
    }

    /// Runs one command, or nothing while Redis rests after a failure.
    async fn ask<T>(&self, command: impl Future<Output = redis::RedisResult<T>>) -> Option<T> {
        let elapsed_ms = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        if elapsed_ms < self.resting_until_ms.load(Ordering::Relaxed) {
            return None;
        }
        match tokio::time::timeout(ANSWER_WITHIN, command).await {
            Ok(Ok(value)) => Some(value),
            failed => {
                let rest_ms = i64::try_from(REST.as_millis()).unwrap_or(0);
                self.resting_until_ms.store(elapsed_ms.saturating_add(rest_ms), Ordering::Relaxed);
                let why = if failed.is_err() { "timeout" } else { "error" };
                tracing::warn!(why, "redis does not answer; using this process's own state");
                metrics::counter!("linli_redis_failures_total").increment(1);
                None
            }
        }
    }
}

fn key_of(key: &str) -> String {
    format!("{PREFIX}{key}")
}

#[async_trait]
impl SharedState for RedisShared {
    async fn get(&self, key: &str) -> Option<String> {
        let mut connection = self.connection.clone();
        let key_in_redis = key_of(key);
        match self.ask(async move { connection.get::<_, Option<String>>(key_in_redis).await }).await {
            Some(value) => value,
            None => self.fallback.get(key).await,
        }
    }

    async fn put(&self, key: &str, value: &str, keep_for: Duration) {
        if key.len() + value.len() > BYTES_MAX {
            return;
        }
        let mut connection = self.connection.clone();
        let (key_in_redis, copy) = (key_of(key), value.to_owned());
        let keep_ms = u64::try_from(keep_for.as_millis()).unwrap_or(u64::MAX).max(1);
        let kept = self.ask(async move { connection.pset_ex::<_, _, ()>(key_in_redis, copy, keep_ms).await }).await;
        if kept.is_none() {
            self.fallback.put(key, value, keep_for).await;
        }
    }

    async fn remove(&self, key: &str) {
        let mut connection = self.connection.clone();
        let key_in_redis = key_of(key);
        self.ask(async move { connection.del::<_, ()>(key_in_redis).await }).await;
        self.fallback.remove(key).await;
    }

    async fn count(&self, key: &str, window: Duration) -> u64 {
        let mut connection = self.connection.clone();
        let window_ms = u64::try_from(window.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut call = self.count.key(key_of(key));
        call.arg(window_ms);
        match self.ask(async move { call.invoke_async::<u64>(&mut connection).await }).await {
            Some(count) => count,
            None => self.fallback.count(key, window).await,
        }
    }
}
