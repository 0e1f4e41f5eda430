//! The history as a spreadsheet: the same rows as the list, written page by page into a temporary file, so that a
//! million rows take no more memory than two thousand.

use std::fs::File;
use std::io::{Seek, SeekFrom};

use chrono::{DateTime, Utc};
use papers::sheet::{Column, Options};
use papers::{Cell, Sheet, SheetError};
use serde_json::json;
use tokio::task::{JoinError, spawn_blocking};

use super::history::{self, HistoryFilter};
use super::history_sql::{self, ListSql};
use super::view::HistoryRow;
use super::{ReminderError, words};
use crate::audit::{self, By};
use crate::store::StoreError;
use crate::tenancy::ProjectDb;

/// Rows of one file.
pub const EXPORT_ROWS_MAX: u64 = 1_000_000;
/// Rows read at a time.
const PAGE_ROWS: u64 = 2_000;
/// Houses named in one row.
const HOUSES_NAMED_MAX: usize = 100;

/// Heads and widths, from left to right.
const COLUMNS: [(&str, u16); 14] = [
    ("时间", 20),
    ("业主", 12),
    ("房屋", 24),
    ("账单数", 8),
    ("金额（元）", 12),
    ("阶段", 14),
    ("群发编号", 10),
    ("渠道", 16),
    ("收件人", 18),
    ("状态", 12),
    ("原因", 36),
    ("等待至", 20),
    ("费用（元）", 10),
    ("消息编号", 38),
];

/// Why the history was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// More rows than one file holds.
    #[error("符合条件的记录超过 1,000,000 行，请缩小日期或其他条件后分次导出")]
    TooManyRows,
    /// The rows could not be read.
    #[error(transparent)]
    Reminder(#[from] ReminderError),
    /// The table could not be written.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The temporary file could not be written.
    #[error("无法写入临时文件")]
    File(#[from] std::io::Error),
    /// The work was stopped.
    #[error("the export was interrupted")]
    Interrupted(#[from] JoinError),
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        Self::Reminder(error.into())
    }
}

impl ExportError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooManyRows => "export_too_many_rows",
            Self::Reminder(error) => error.code(),
            Self::Sheet(_) | Self::File(_) | Self::Interrupted(_) => "internal",
        }
    }
}

/// A written spreadsheet: a file that nobody else can open and that is gone when it is closed.
#[derive(Debug)]
pub struct ExportFile {
    /// Standing at its beginning.
    pub file: File,
    /// How long it is.
    pub bytes: u64,
    /// Rows, the head not counted.
    pub rows: u64,
}

/// Writes what [`super::history`] lists under this filter into a spreadsheet, the newest first. Who asked for it is
/// kept in the audit log.
///
/// # Errors
/// [`ExportError`].
pub async fn export(
    db: &ProjectDb,
    by: &By,
    filter: &HistoryFilter,
    now: DateTime<Utc>,
) -> Result<ExportFile, ExportError> {
    let ListSql { sql, values } = history_sql::count(db.info(), filter, EXPORT_ROWS_MAX);
    let count: Option<i64> = db.read("reminders.export_count", async |tx| tx.value(&sql, values).await).await?;
    if count.and_then(|count| u64::try_from(count).ok()).is_none_or(|count| count > EXPORT_ROWS_MAX) {
        return Err(ExportError::TooManyRows);
    }
    let options = options(db, now);
    let mut sheet = spawn_blocking(move || Sheet::new(options)).await??;
    let (mut before, mut written) = (None, 0_u64);
    // What comes up meanwhile is newer than the first row and belongs to no page; the bound is for what changes place.
    while written < EXPORT_ROWS_MAX {
        let limit = PAGE_ROWS.min(EXPORT_ROWS_MAX - written);
        let (rows, next) = history::page(db, filter, before.as_ref(), limit).await?;
        written += u64::try_from(rows.len()).unwrap_or(PAGE_ROWS);
        sheet = spawn_blocking(move || write(sheet, &rows)).await??;
        before = next;
        if before.is_none() {
            break;
        }
    }
    let file = spawn_blocking(move || finish(sheet)).await??;
    let detail = json!({ "filter": filter, "rows": file.rows });
    let now_ms = now.timestamp_millis();
    db.transact("reminders.export_audit", async |tx| {
        audit::append(tx, by, "export.reminders", "reminders", &detail, now_ms).await
    })
    .await?;
    Ok(file)
}

fn options(db: &ProjectDb, now: DateTime<Utc>) -> Options {
    let column = |(head, width_chars): &(&str, u16)| Column { head: (*head).to_owned(), width_chars: *width_chars };
    Options {
        name: "提醒记录".to_owned(),
        columns: COLUMNS.iter().map(column).collect(),
        zone: db.info().zone,
        made_at: now,
        folder: None,
        sheet_rows_max: None,
    }
}

fn write(mut sheet: Sheet, rows: &[HistoryRow]) -> Result<Sheet, ExportError> {
    for row in rows {
        let houses = houses(&row.houses);
        let message = row.notice_id.map(|id| id.to_string()).unwrap_or_default();
        let bills = i64::try_from(row.bills).unwrap_or(i64::MAX);
        sheet.row(&[
            Cell::Instant(row.at),
            Cell::Text(&row.payer),
            Cell::Text(&houses),
            Cell::Whole(bills),
            Cell::Money(row.amount_fen),
            Cell::Text(&row.stage_words),
            row.campaign.map_or(Cell::Empty, Cell::Whole),
            Cell::Text(row.channel_words.unwrap_or_default()),
            Cell::Text(&row.recipient),
            Cell::Text(words::state(&row.state)),
            Cell::Text(row.reason_words.unwrap_or_default()),
            row.held_until.map_or(Cell::Empty, Cell::Instant),
            Cell::Money(row.cost_fen),
            Cell::Text(&message),
        ])?;
    }
    Ok(sheet)
}

/// Whoever owns a whole tower is one row all the same.
fn houses(keys: &[String]) -> String {
    let named = keys.get(..HOUSES_NAMED_MAX).unwrap_or(keys).join("、");
    if keys.len() > HOUSES_NAMED_MAX { format!("{named} 等{}套", keys.len()) } else { named }
}

fn finish(sheet: Sheet) -> Result<ExportFile, ExportError> {
    let mut file = tempfile::tempfile()?;
    let written = sheet.finish(&file)?;
    let bytes = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    Ok(ExportFile { file, bytes, rows: written.rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_a_tower_fits_into_one_cell() {
        let keys: Vec<String> = (0..5_000).map(|number| format!("1-{number}")).collect();
        let text = houses(&keys);
        assert!(text.ends_with("1-99 等5000套") && text.len() < 2_000, "{text}");
        assert_eq!(houses(&keys[..2]), "1-0、1-1");
    }
}
