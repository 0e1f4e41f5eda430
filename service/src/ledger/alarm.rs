//! Books that do not add up are a task for staff, once a day for as long as they do not.

use chrono::{DateTime, Utc};

use super::VerifyReport;
use crate::store::StoreError;
use crate::tasks::{self, NewTask};
use crate::tenancy::ProjectDb;

/// Findings named in the task; the report has them all.
const NAMED_MAX: usize = 3;

/// Raises the task of the day over what a check found; nothing when the books are sound.
///
/// # Errors
/// [`StoreError`].
pub async fn raise_alarm(db: &ProjectDb, report: &VerifyReport, now: DateTime<Utc>) -> Result<(), StoreError> {
    if report.findings.is_empty() {
        return Ok(());
    }
    let named: Vec<String> =
        report.findings.iter().take(NAMED_MAX).map(|one| format!("{} {}", one.invariant, one.subject)).collect();
    let words =
        format!("账簿核对有 {} 处不符：{}。请勿手工改库，联系系统管理员", report.findings.len(), named.join("；"));
    let key = format!("ledger:{}", db.info().today(now));
    let task = NewTask { natural_key: &key, kind: "ledger_unsound", subject: "ledger", words: &words };
    db.transact("ledger.alarm", async |tx| tasks::raise(tx, task, now.timestamp_millis()).await).await
}
