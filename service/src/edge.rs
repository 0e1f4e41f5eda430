//! Points at which a test may kill the process, so that "whatever fails" is tried and not believed.
//!
//! In a debug build, `LINLI_KILL_AT=payments.settle:before_commit` (optionally `#3` for the third time) makes the
//! process kill itself with SIGKILL there. A release build has none of this.

/// Names a point on the way. `scope` is the transaction or call, `point` where in it.
#[cfg(not(debug_assertions))]
pub const fn reach(_scope: &str, _point: &str) {}

/// Names a point on the way. `scope` is the transaction or call, `point` where in it.
#[cfg(debug_assertions)]
pub fn reach(scope: &str, point: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};
    static WANTED: OnceLock<Option<(String, u32)>> = OnceLock::new();
    static SEEN: AtomicU32 = AtomicU32::new(0);

    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("LINLI_KILL_AT").ok()?;
        let (place, count) = text.split_once('#').unwrap_or((&text, "1"));
        Some((place.to_owned(), count.parse().unwrap_or(1)))
    });
    let Some((place, count)) = wanted else { return };
    let here = place.split_once(':').is_some_and(|(s, p)| (s == scope || s == "*") && p == point);
    if here && SEEN.fetch_add(1, Ordering::SeqCst) + 1 == *count {
        let pid = std::process::id().to_string();
        let _ = std::process::Command::new("kill").args(["-9", &pid]).status();
        loop {
            std::thread::park();
        }
    }
}
