//! What WeChat Pay tells of refunds by itself.

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use gateway::wechat_pay::{MerchantKeys, RefundNotice};

use super::RefundError;
use super::book::take_in;
use crate::payments::is_number_of_project;
use crate::tasks::{self, NewTask};
use crate::tenancy::ProjectDb;

/// What became of a genuine notice about a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundTold {
    /// Taken in by this notice.
    Booked,
    /// Had been known before.
    Repeated,
    /// A refund of this project that was made beside this system: staff are asked to enter it.
    Unknown,
    /// Of another project, or of another program that uses the same merchant: nothing was written.
    Elsewhere,
}

/// Takes in a notice that proved to come from WeChat Pay for the merchant of these keys.
///
/// # Errors
/// [`RefundError`]: WeChat comes again.
pub async fn take_notice(
    db: &ProjectDb,
    keys: &MerchantKeys,
    notice: &RefundNotice,
    now: DateTime<Utc>,
) -> Result<RefundTold, RefundError> {
    let told = &notice.refund;
    // Money that was kept aside may carry any order number; our refund of it carries ours.
    let is_ours = |number: &str| is_number_of_project(number, &db.info().code);
    if notice.mchid != keys.mchid || !(is_ours(&told.out_trade_no) || is_ours(&told.out_refund_no)) {
        return Ok(RefundTold::Elsewhere);
    }
    match take_in(db, told, now).await {
        Ok(Applied::Done(_)) => Ok(RefundTold::Booked),
        Ok(Applied::Already(_)) => Ok(RefundTold::Repeated),
        Err(RefundError::NotFound) => {
            let subject = format!("order:{}", told.out_trade_no);
            let key = format!("refund:{}:beside", told.out_refund_no);
            let words = format!(
                "商户平台退款 {} 分（单号 {}）未经本系统，请到该订单登记此退款",
                told.refund_fen, told.out_refund_no
            );
            let task = NewTask { natural_key: &key, kind: "refund_beside", subject: &subject, words: &words };
            let now_ms = now.timestamp_millis();
            db.transact("refunds.beside", async |tx| tasks::raise(tx, task, now_ms).await).await?;
            tracing::error!(alarm = "refund_beside", out_refund_no = %told.out_refund_no, "a refund is not of our making");
            Ok(RefundTold::Unknown)
        }
        Err(error) => Err(error),
    }
}
