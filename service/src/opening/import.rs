//! Importing opening balances: all accepted rows or nothing, and nothing the second time.

use std::collections::{HashMap, HashSet};

use books::{BookError, KnownHouses, OpeningBook, ReadOptions, read_opening};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::plan::{Known, KnownHouse, Plan, plan};
use super::tie::{self, OpeningSums, TieView};
use super::write::{Act, write};
use super::{LINES_PER_IMPORT_MAX, OpeningError};
use crate::audit::By;
use crate::houses::{ImportMode, RowRemark, SheetRows, SourceFile, rejection, rows_of, warning};
use crate::imports::{self, ImportKind, LISTED_MAX};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// The kind of import in `import_batch`.
const KIND: ImportKind = ImportKind { name: "opening", action: "opening.import" };

/// What an import of opening balances did, or would do. A dry run answers the same but for `batch_id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OpeningReport {
    /// The import as recorded; none for a dry run, and for a file that changed nothing.
    pub batch_id: Option<Uuid>,
    /// Lines written.
    pub new_lines: usize,
    /// Lines that were there already.
    pub unchanged: usize,
    /// Fee items that had to be made for old debts; they have no tariff.
    pub new_fee_items: Vec<String>,
    /// Column by column: printed against accepted and refused.
    pub ties: Vec<TieView>,
    /// All that the project brought along, this import included, against its ledger.
    pub sums: OpeningSums,
    /// How many rows were refused.
    pub rejected_rows: usize,
    /// The first thousand of them.
    pub rejected: Vec<RowRemark>,
    /// How many remarks there are about accepted rows.
    pub warnings_count: usize,
    /// The first thousand of them.
    pub warnings: Vec<RowRemark>,
    /// Sheet by sheet: accepted, refused, ignored.
    pub sheets: Vec<SheetRows>,
}

/// Reads the bytes of a workbook against the houses of the project. Dates without a year are of `period_year`.
///
/// # Errors
/// [`BookError`] when it is no workbook, or too large; refused rows are no error.
pub fn read_workbook(bytes: &[u8], period_year: i32, houses: &KnownHouses) -> Result<OpeningBook, BookError> {
    read_opening(bytes, &ReadOptions { period_year }, houses)
}

/// Imports opening balances in one transaction. Debts become bills that are due in a week at the earliest; what was
/// imported before is not written again, and what contradicts the system is refused row by row.
///
/// # Errors
/// [`OpeningError`]; nothing was written then. [`OpeningError::DoesNotTie`] only when it is to be applied: a dry run
/// shows where.
pub async fn import(
    db: &ProjectDb,
    book: &OpeningBook,
    file: &SourceFile,
    mode: ImportMode,
    by: &By,
    now: DateTime<Utc>,
) -> Result<OpeningReport, OpeningError> {
    let lines = book.arrears.len() + book.prepayments.len() + book.deposits.len();
    if lines == 0 {
        return Err(OpeningError::NothingToImport);
    }
    if lines > LINES_PER_IMPORT_MAX {
        return Err(OpeningError::TooMany);
    }
    let work = async |tx: &ProjectTx<'_>| run(tx, book, file, by, now).await;
    match mode {
        ImportMode::Apply => {
            if let Some(broken) = tie::broken(&book.ties) {
                let (sheet, column) = (broken.sheet.as_str().to_owned(), broken.column.clone());
                return Err(OpeningError::DoesNotTie { sheet, column });
            }
            db.transact("opening.import", work).await
        }
        ImportMode::DryRun => {
            let report = db.preview("opening.import", work).await?;
            Ok(OpeningReport { batch_id: None, ..report })
        }
    }
}

async fn run(
    tx: &ProjectTx<'_>,
    book: &OpeningBook,
    file: &SourceFile,
    by: &By,
    now: DateTime<Utc>,
) -> Result<OpeningReport, OpeningError> {
    imports::take_turn(tx).await?;
    let plan = plan(book, &known(tx).await?);
    let mut report = report(book, &plan);
    if !plan.lines.is_empty() || !imports::is_imported(tx, KIND, file).await? {
        let summary = json!({
            "new_lines": report.new_lines, "unchanged": report.unchanged, "rejected_rows": report.rejected_rows,
            "ties": report.ties.iter().all(|tie| tie.holds),
        });
        let batch_id = imports::record(tx, KIND, file, &summary, by, now.timestamp_millis()).await?;
        let act = Act { batch_id, by, today: tx.info().today(now), now };
        report.new_fee_items = write(tx, &plan.lines, &act).await?;
        report.batch_id = Some(batch_id);
    }
    report.sums = tie::sums(tx).await?;
    Ok(report)
}

#[derive(sea_orm::FromQueryResult)]
struct HouseRow {
    id: Uuid,
    house_key: String,
    party_id: Option<Uuid>,
}

#[derive(sea_orm::FromQueryResult)]
struct LineRow {
    natural_key: String,
    section: String,
    house_id: Uuid,
    item: String,
}

#[derive(sea_orm::FromQueryResult)]
struct BillRow {
    house_id: Uuid,
    name: String,
    period_start_day: i64,
}

/// What the project has: houses with their payers, lines imported before, live bills of the items that may be owed.
async fn known(tx: &ProjectTx<'_>) -> Result<Known, StoreError> {
    let houses: Vec<HouseRow> = tx
        .rows(
            "SELECT h.id, h.house_key, hp.party_id FROM house h \
             LEFT JOIN house_party hp ON hp.house_id = h.id AND hp.is_payer",
            vec![],
        )
        .await?;
    let lines: Vec<LineRow> = tx.rows("SELECT natural_key, section, house_id, item FROM opening_line", vec![]).await?;
    // Only bills of the past can be among old debts, and only their first days matter.
    let bills: Vec<BillRow> = tx
        .rows(
            "SELECT b.house_id, f.name, b.period_start_day FROM bill b JOIN fee_item f ON f.id = b.fee_item_id \
             WHERE b.voided_at_ms IS NULL",
            vec![],
        )
        .await?;
    let (mut keys, mut subjects) = (HashSet::new(), HashSet::new());
    for row in lines {
        keys.insert(row.natural_key);
        subjects.insert((row.section, row.house_id, row.item));
    }
    let house = |row: HouseRow| (row.house_key, KnownHouse { id: row.id, payer: row.party_id });
    Ok(Known {
        houses: houses.into_iter().map(house).collect::<HashMap<_, _>>(),
        lines: keys,
        subjects,
        bills: bills.into_iter().map(|row| (row.house_id, row.name, row.period_start_day)).collect(),
    })
}

fn report(book: &OpeningBook, plan: &Plan) -> OpeningReport {
    OpeningReport {
        batch_id: None,
        new_lines: plan.lines.len(),
        unchanged: plan.unchanged,
        new_fee_items: Vec::new(),
        ties: book.ties.iter().map(TieView::from).collect(),
        sums: OpeningSums::default(),
        rejected_rows: book.rejections.len() + plan.refused.len(),
        rejected: book.rejections.iter().map(rejection).chain(plan.refused.iter().cloned()).take(LISTED_MAX).collect(),
        warnings_count: book.warnings.len(),
        warnings: book.warnings.iter().take(LISTED_MAX).map(warning).collect(),
        sheets: book.sheets.iter().map(|sheet| rows_of(sheet, &book.issues)).collect(),
    }
}
