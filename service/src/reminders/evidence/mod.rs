//! The evidence pack of one debtor: what is owed, what was paid, every message with its exact text and what is known of
//! its arrival, as a PDF for a lawyer.
//!
//! It shows names in full and texts unsealed, so it has a permission of its own, and every making is in the audit log
//! with the digest of what was handed over.

pub(super) mod gather;

use chrono::{DateTime, NaiveDate, Utc};
use domain::money::MoneyError;
use papers::PaperError;
use papers::evidence::{self as paper, Evidence};
use serde_json::json;
use tokio::task::{JoinError, spawn_blocking};
use uuid::Uuid;

use super::ReminderError;
use crate::audit::{self, Actor, By};
use crate::store::StoreError;
use crate::tenancy::{ControlDb, ProjectDb};
use crate::vault::{VaultError, sha256_hex};

use gather::{Asked, gather};

/// The largest file that is handed over.
pub const PDF_BYTES_MAX: usize = 20 * 1024 * 1024;

/// Why no pack was made.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// No such payer in this project.
    #[error("没有这位业主，请刷新后重试")]
    NotFound,
    /// More than one paper holds.
    #[error("记录过多，无法装入一份证据材料，请填写较晚的起始日期")]
    TooMuch,
    /// The file is larger than 20 MB.
    #[error("证据材料超过 20 MB，请填写较晚的起始日期")]
    TooLarge,
    /// It could not be printed.
    #[error(transparent)]
    Paper(PaperError),
    /// Impossible sums.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The rows could not be read.
    #[error(transparent)]
    Reminder(#[from] ReminderError),
    /// The work was stopped.
    #[error("printing was interrupted")]
    Interrupted(#[from] JoinError),
}

impl From<StoreError> for EvidenceError {
    fn from(error: StoreError) -> Self {
        Self::Reminder(error.into())
    }
}

impl From<VaultError> for EvidenceError {
    fn from(error: VaultError) -> Self {
        Self::Reminder(error.into())
    }
}

impl From<PaperError> for EvidenceError {
    fn from(error: PaperError) -> Self {
        match error {
            PaperError::TooMuch { .. } => Self::TooMuch,
            other => Self::Paper(other),
        }
    }
}

impl EvidenceError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "payer_not_found",
            Self::TooMuch => "evidence_too_much",
            Self::TooLarge => "evidence_too_large",
            Self::Reminder(error) => error.code(),
            Self::Paper(_) | Self::Money(_) | Self::Interrupted(_) => "internal",
        }
    }
}

/// A printed pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidencePack {
    /// Its number, printed on every page.
    pub number: String,
    /// The file, at most 20 MB.
    pub pdf: Vec<u8>,
    /// SHA-256 of the file, hexadecimal.
    pub pdf_sha256: String,
    /// SHA-256 of the canonical content, printed on the last page.
    pub content_sha256: String,
    /// Pages.
    pub pages: usize,
}

/// Makes the pack of one payer: all open bills, and payments and messages since the first day asked for, or all. One
/// reading, so that its figures belong together.
///
/// # Errors
/// [`EvidenceError`].
pub async fn evidence_pack(
    db: &ProjectDb,
    control: &ControlDb,
    by: &By,
    payer: Uuid,
    since: Option<NaiveDate>,
    now: DateTime<Utc>,
) -> Result<EvidencePack, EvidenceError> {
    let made_by = maker(control, by).await?;
    let asked = Asked { payer, since, now, made_by };
    let evidence = db.read("reminders.evidence", async |tx| gather(tx, &asked).await).await?;
    let pack = spawn_blocking(move || print(&evidence)).await??;
    let detail = json!({
        "number": pack.number, "since": since, "pages": pack.pages,
        "pdf_sha256": pack.pdf_sha256, "content_sha256": pack.content_sha256,
    });
    let now_ms = now.timestamp_millis();
    db.transact("reminders.evidence_audit", async |tx| {
        audit::append(tx, by, "print.evidence", &format!("payer:{payer}"), &detail, now_ms).await
    })
    .await?;
    Ok(pack)
}

async fn maker(control: &ControlDb, by: &By) -> Result<String, StoreError> {
    let Actor::Staff(id) = by.actor else { return Ok("系统管理员".to_owned()) };
    let name: Option<String> = control
        .read("reminders.evidence_maker", async |tx| {
            tx.value("SELECT name FROM staff WHERE id = $1", vec![id.uuid().into()]).await
        })
        .await?;
    name.ok_or_else(|| StoreError::bad_row("staff", id))
}

fn print(evidence: &Evidence) -> Result<EvidencePack, EvidenceError> {
    let (_, content_sha256) = paper::canonical(evidence)?;
    let printed = paper::print(evidence)?;
    if printed.pdf.len() > PDF_BYTES_MAX {
        return Err(EvidenceError::TooLarge);
    }
    Ok(EvidencePack {
        number: evidence.number.clone(),
        pdf_sha256: sha256_hex(&printed.pdf),
        content_sha256,
        pages: printed.pages,
        pdf: printed.pdf,
    })
}
