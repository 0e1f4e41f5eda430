//! WeChat Pay's notices: of payments, and of refunds.
//!
//! raw bytes → time → signature → decryption → the order's own figures → booked and committed. What is forged, stale or
//! a probe touches no row. What could not be booked is told apart, so that WeChat comes again.

use chrono::{DateTime, Utc};
use gateway::wechat_pay::{NotifyEvent, SignatureHeaders, Transaction, VerifyError, parse_notify};

use super::confirmation::{Confirmation, ConfirmationError, ConfirmationSource};
use super::merchant::{MerchantError, Merchants};
use super::number::is_number_of_project;
use super::settle::{SettleError, settle};
use crate::refunds::{self, RefundError, RefundTold};
use crate::tenancy::ProjectDb;

/// The largest notice that is read.
pub const NOTICE_BYTES_MAX: usize = gateway::wechat_pay::notify::NOTIFY_BODY_BYTES_MAX;

/// What became of a notice that proved to come from WeChat Pay, or that was proved not to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeOutcome {
    /// Booked by this notice.
    Booked,
    /// Had been booked before.
    Repeated,
    /// Genuine, but nothing we act on.
    Ignored,
    /// Genuine, but of a sister project or another program that uses the same merchant: nothing was read or written.
    Elsewhere,
    /// A deliberately wrong signature: refusing it is the right answer.
    Probe,
    /// Not from WeChat Pay, or not now: refused, nothing read or written.
    Forged(VerifyError),
}

/// Why a genuine notice could not be booked: ours to repair, WeChat comes again.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// The merchant's keys.
    #[error(transparent)]
    Merchant(#[from] MerchantError),
    /// WeChat Pay signed it for another merchant, or our APIv3 key is wrong.
    #[error(transparent)]
    Undecryptable(VerifyError),
    /// It is proved to be WeChat Pay's, and we cannot read it.
    #[error(transparent)]
    Unreadable(VerifyError),
    /// A payment without what proves it.
    #[error(transparent)]
    Confirmation(#[from] ConfirmationError),
    /// It could not be booked.
    #[error(transparent)]
    Settle(#[from] SettleError),
    /// A refund could not be taken in.
    #[error(transparent)]
    Refund(#[from] RefundError),
}

/// Verifies a notice with the project's own keys and books what it says. `look_up` gets a lower-case header name.
///
/// # Errors
/// [`NoticeError`].
pub async fn receive_notice<'h>(
    db: &ProjectDb,
    merchants: &Merchants,
    look_up: impl Fn(&'static str) -> Option<&'h str>,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<NoticeOutcome, NoticeError> {
    let keys = merchants.of(db.info()).await?;
    let headers = SignatureHeaders::read(look_up);
    let event = match headers.and_then(|headers| parse_notify(&headers, body, &keys, now)) {
        Ok(notice) => notice.event,
        Err(VerifyError::Probe) => return Ok(NoticeOutcome::Probe),
        Err(error @ VerifyError::Undecryptable) => return Err(NoticeError::Undecryptable(error)),
        Err(error @ VerifyError::Unreadable) => return Err(NoticeError::Unreadable(error)),
        Err(error) => return Ok(NoticeOutcome::Forged(error)),
    };
    match event {
        NotifyEvent::Transaction(transaction) => take_payment(db, &transaction, now).await,
        NotifyEvent::Refund(notice) => Ok(refunds::take_notice(db, &keys, &notice, now).await?.into()),
        NotifyEvent::Other { .. } => Ok(NoticeOutcome::Ignored),
    }
}

async fn take_payment(
    db: &ProjectDb,
    transaction: &Transaction,
    now: DateTime<Utc>,
) -> Result<NoticeOutcome, NoticeError> {
    // What was told at a wrong address is refused once, not asked for again and again: its own project hears of it.
    if !is_number_of_project(&transaction.out_trade_no, &db.info().code) {
        return Ok(NoticeOutcome::Elsewhere);
    }
    let confirmation = Confirmation::read(transaction, ConfirmationSource::Callback)?;
    let applied = settle(db, &confirmation, now).await?;
    Ok(if applied.is_done() { NoticeOutcome::Booked } else { NoticeOutcome::Repeated })
}

impl From<RefundTold> for NoticeOutcome {
    fn from(told: RefundTold) -> Self {
        match told {
            RefundTold::Booked | RefundTold::Unknown => Self::Booked,
            RefundTold::Repeated => Self::Repeated,
            RefundTold::Elsewhere => Self::Elsewhere,
        }
    }
}
