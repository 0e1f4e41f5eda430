//! The last look before sending, and what a message over several bills says.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::calendar::{day_number, day_of_number};
use domain::money::Fen;
use domain::notice::{self, BillNotice, Sender, ServicePhone, StaffNote, Wording};
use domain::reminder::{Anchor, SilenceReason, Stage};
use uuid::Uuid;

use super::ReminderError;
use super::deliver::Message;
use super::grants::Way;
use super::rows::BillRow;
use crate::store::StoreError;
use crate::tenancy::{ProjectInfo, ProjectTx};
use crate::vault;

/// The page of the mini program that a message opens.
const PAGE: &str = "pages/reminder/reminder";
/// Random bytes of a message's token.
const TOKEN_BYTES: usize = 16;
/// The column a message's wording is sealed for.
pub(super) const TEXT_COLUMN: &str = "notice.text";

/// Why a bill must not be spoken of now, if so.
pub(super) fn silence(bill: &BillRow, minimum_fen: i64) -> Option<SilenceReason> {
    if bill.voided_at_ms.is_some() {
        Some(SilenceReason::Voided)
    } else if bill.settled_at_ms.is_some() || bill.owed_fen <= 0 {
        Some(SilenceReason::Paid)
    } else if bill.owed_fen < minimum_fen {
        Some(SilenceReason::BelowMinimum)
    } else {
        None
    }
}

/// What is said about these bills today.
#[derive(Debug, Clone)]
pub(super) struct Digest {
    pub wording: Wording,
    pub amount_fen: i64,
}

/// Puts bills of one payer into words. At least one bill.
pub(super) fn digest(
    info: &ProjectInfo,
    bills: &[&BillRow],
    stage: &Stage,
    now: DateTime<Utc>,
) -> Result<Digest, StoreError> {
    let bad = |what: &dyn std::fmt::Display| StoreError::bad_row("bill", what);
    let mut houses: Vec<&str> = bills.iter().map(|bill| bill.house_key.as_str()).collect();
    houses.sort_unstable();
    houses.dedup();
    let due_day = bills.iter().map(|bill| bill.due_day).min().ok_or_else(|| bad(&"a message without bills"))?;
    let amount = bills.iter().try_fold(Fen::ZERO, |sum, bill| Fen::new(bill.owed_fen).and_then(|owed| sum.plus(owed)));
    let amount = amount.map_err(|e| bad(&e))?;
    let notice = BillNotice {
        project: info.name.clone(),
        houses: houses.into_iter().map(str::to_owned).collect(),
        bills: bills.len(),
        amount,
        due: day_of_number(due_day).map_err(|e| bad(&e))?,
        days_after_due: day_number(info.today(now)) - due_day,
    };
    let today = day_number(info.today(now));
    let overdue_bills = bills.iter().filter(|bill| bill.due_day < today).count();
    let has_many_dates = bills.iter().any(|bill| bill.due_day != due_day);
    Ok(Digest { wording: wording(info, stage, &notice, has_many_dates, overdue_bills), amount_fen: amount.get() })
}

/// The constructor of the catalogue that fits.
fn wording(
    info: &ProjectInfo,
    stage: &Stage,
    bill: &BillNotice,
    has_many_dates: bool,
    overdue_bills: usize,
) -> Wording {
    let sender = Sender {
        company: info.company_name.clone(),
        service_phone: ServicePhone::parse(&info.service_phone).ok(),
        logo_url: info.logo_url.clone(),
    };
    let note = stage.note.as_deref().and_then(|note| StaffNote::parse(note).ok());
    match (stage.anchor, note) {
        (_, Some(note)) => notice::campaign(bill, &sender, &note),
        _ if has_many_dates => notice::digest(bill, overdue_bills, &sender),
        (Anchor::Issued, None) => notice::issued(bill, &sender),
        _ => bill.wording_from(&sender),
    }
}

/// Seals a wording for its row.
pub(super) fn seal(tx: &ProjectTx<'_>, wording: &Wording) -> Result<Vec<u8>, ReminderError> {
    let json = serde_json::to_string(wording).map_err(|e| StoreError::bad_row("notice", e))?;
    Ok(tx.sealer().seal(TEXT_COLUMN, &json)?)
}

/// Opens the wording of a row.
pub(super) fn unseal(tx: &ProjectTx<'_>, sealed: &[u8]) -> Result<Wording, ReminderError> {
    let json = tx.sealer().open(TEXT_COLUMN, sealed)?;
    Ok(serde_json::from_str(&json).map_err(|e| StoreError::bad_row("notice", e))?)
}

/// A token that names the project and cannot be guessed: `ch.0123…`, 32 hex digits.
pub(super) fn new_token(info: &ProjectInfo) -> Result<String, ReminderError> {
    Ok(format!("{}.{}", info.code, hex::encode(vault::random::<TOKEN_BYTES>()?)))
}

/// The message of a notice.
pub(super) fn message(
    project: &Arc<ProjectInfo>,
    notice_id: Uuid,
    token: &str,
    way: &Way,
    wording: Wording,
    template: &str,
) -> Message {
    Message {
        project: Arc::clone(project),
        notice_id,
        recipient: way.recipient.clone(),
        wording,
        template: template.to_owned(),
        page: format!("{PAGE}?token={token}"),
        client_msg_id: notice_id.simple().to_string(),
        may_stand_in: way.backup.is_some(),
    }
}
