//! Delivery reports of the SMS vendors. They carry no signature: the URL itself is the secret.

use chrono::{DateTime, Utc};
use gateway::cloud::report::{ALIYUN_ACK, ReportError, TENCENT_ACK};
use gateway::sms::{parse_aliyun_sms_report, parse_tencent_sms_report};
use uuid::Uuid;

use crate::reminders::{self, DeliveryKind, ReminderError};
use crate::store::StoreError;
use crate::tenancy::ControlDb;
use crate::vault::token_hash;

/// Why a report was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SmsReportError {
    /// No account has this URL.
    #[error("unknown report address")]
    Unknown,
    /// Not a report.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Reminders.
    #[error(transparent)]
    Reminder(#[from] ReminderError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(sea_orm::FromQueryResult)]
struct AccountRow {
    id: Uuid,
    vendor: String,
}

/// Records the reports of a body and answers what the vendor wants to read.
///
/// # Errors
/// [`SmsReportError`].
pub async fn receive(
    control: &ControlDb,
    report_token: &str,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<&'static str, SmsReportError> {
    let account: Option<AccountRow> = control
        .read("sms_reports.account", async |tx| {
            tx.row(
                "SELECT id, vendor FROM sms_account WHERE report_path_hash = $1",
                vec![token_hash(report_token).into()],
            )
            .await
        })
        .await?;
    let account = account.ok_or(SmsReportError::Unknown)?;
    let (reports, ack) = if account.vendor == "tencent" {
        (parse_tencent_sms_report(body)?, TENCENT_ACK)
    } else {
        (parse_aliyun_sms_report(body)?, ALIYUN_ACK)
    };
    for report in reports {
        let kind = if report.is_delivered { DeliveryKind::Delivered } else { DeliveryKind::Failed };
        let dedup_key = format!("{}:{}", report.receipt_id, report.code);
        let account = account.id.to_string();
        reminders::record_delivery(control, &account, &dedup_key, &report.receipt_id, kind, now).await?;
    }
    Ok(ack)
}
