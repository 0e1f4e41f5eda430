//! Work that computes more than it waits: on a thread of its own, so that it holds up nothing else.

use std::future::Future;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::JobError;

/// Runs `work` on a thread of its own. When the answer is no longer waited for (deadline, shutdown, lost lease), the
/// work stops at its next `.await`. Its future need not be `Send`. A panic goes on in the caller.
pub(crate) async fn apart<T, F>(work: impl FnOnce() -> F + Send + 'static) -> Result<T, JobError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, JobError>>,
{
    let stop = CancellationToken::new();
    let _stops_when_dropped = stop.clone().drop_guard();
    let runtime = Handle::current();
    let thread = tokio::task::spawn_blocking(move || runtime.block_on(stop.run_until_cancelled_owned(work())));
    match thread.await {
        Ok(answer) => answer.unwrap_or_else(|| Err(JobError::words("stopped"))),
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    struct Tells(std::sync::mpsc::Sender<()>);

    impl Drop for Tells {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }

    #[tokio::test]
    async fn work_nobody_waits_for_stops() {
        let (sender, dropped) = std::sync::mpsc::channel();
        let hangs = apart(move || async move {
            let _tells = Tells(sender);
            std::future::pending::<Result<(), JobError>>().await
        });
        assert!(tokio::time::timeout(Duration::from_millis(1), hangs).await.is_err());
        tokio::task::spawn_blocking(move || dropped.recv()).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn an_answer_an_error_and_a_panic_come_through() {
        assert_eq!(apart(|| async { Ok(7) }).await, Ok(7));
        let failed: Result<(), _> = apart(|| async { Err(JobError::words("no")) }).await;
        assert_eq!(failed.unwrap_err().text(), "no");
        let broken = tokio::spawn(apart(|| async { panic!("broken") as Result<(), JobError> }));
        assert!(broken.await.unwrap_err().is_panic());
    }
}
