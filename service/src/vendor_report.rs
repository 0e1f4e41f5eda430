//! Reports of the clouds that carry texts and calls. They carry no signature: the URL itself is the secret.

use gateway::cloud::report::{ALIYUN_ACK, ReportError, TENCENT_ACK};
use uuid::Uuid;

use crate::reminders::ReminderError;
use crate::store::StoreError;
use crate::tenancy::ControlDb;
use crate::vault::token_hash;

/// Why a report was not taken.
#[derive(Debug, thiserror::Error)]
pub enum VendorReportError {
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

/// Whose reports come to an address.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reporter {
    Sms,
    Voice,
}

/// The account a report is for.
pub(crate) struct ReportAccount {
    pub id: Uuid,
    pub is_tencent: bool,
}

impl ReportAccount {
    /// As receipts and events name it.
    pub fn name(&self) -> String {
        self.id.to_string()
    }

    /// What its vendor wants to read.
    pub const fn ack(&self) -> &'static str {
        if self.is_tencent { TENCENT_ACK } else { ALIYUN_ACK }
    }
}

#[derive(sea_orm::FromQueryResult)]
struct AccountRow {
    id: Uuid,
    vendor: String,
}

/// The account whose reports come to this address.
pub(crate) async fn account_at(
    control: &ControlDb,
    reporter: Reporter,
    report_token: &str,
) -> Result<ReportAccount, VendorReportError> {
    let sql = match reporter {
        Reporter::Sms => "SELECT id, vendor FROM sms_account WHERE report_path_hash = $1",
        Reporter::Voice => "SELECT id, vendor FROM voice_account WHERE report_path_hash = $1",
    };
    let row: Option<AccountRow> = control
        .read("vendor_report.account", async |tx| tx.row(sql, vec![token_hash(report_token).into()]).await)
        .await
        .map_err(|e: StoreError| e)?;
    let row = row.ok_or(VendorReportError::Unknown)?;
    Ok(ReportAccount { id: row.id, is_tencent: row.vendor == "tencent" })
}
