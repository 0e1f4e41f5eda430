//! Delivery reports of texts.

use chrono::{DateTime, Utc};
use gateway::sms::{parse_aliyun_sms_report, parse_tencent_sms_report};
use uuid::Uuid;

use crate::reminders::{self, DeliveryKind};
use crate::tenancy::ControlDb;
use crate::vendor_report::{Reporter, VendorReportError, account_at};

/// Records the reports of a body and answers what the vendor wants to read.
///
/// # Errors
/// [`VendorReportError`].
pub async fn receive(
    control: &ControlDb,
    report_token: &str,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<&'static str, VendorReportError> {
    let at = account_at(control, Reporter::Sms, report_token).await?;
    let reports = if at.is_tencent { parse_tencent_sms_report(body)? } else { parse_aliyun_sms_report(body)? };
    for report in reports {
        // The text brings our own number back: a send whose answer was lost is found by it.
        if let Some(notice_id) = report.session.as_deref().and_then(|session| Uuid::try_parse(session).ok()) {
            reminders::find_by_session(control, at.id, &report.receipt_id, notice_id, now).await?;
        }
        let kind = if report.is_delivered { DeliveryKind::Delivered } else { DeliveryKind::Failed };
        let dedup_key = format!("{}:{}", report.receipt_id, report.code);
        reminders::record_delivery(control, &at.name(), &dedup_key, &report.receipt_id, kind, now).await?;
    }
    Ok(at.ack())
}
