//! Whether everything ties: the file's printed totals, what was accepted, and what the ledger holds.

use books::opening::Tie;
use serde::Serialize;

use super::plan::word;
use crate::store::StoreError;
use crate::tenancy::ProjectTx;

/// A column of a file against its printed total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TieView {
    /// The sheet.
    pub sheet: String,
    /// `arrears`, `prepayments`, `deposits`.
    pub section: &'static str,
    /// The column.
    pub column: String,
    /// What the sheet prints; none when it prints nothing.
    pub printed_fen: Option<i64>,
    /// Accepted rows.
    pub accepted_fen: i64,
    /// Refused rows whose amount can be read.
    pub rejected_fen: i64,
    /// Printed is accepted plus refused.
    pub holds: bool,
}

impl From<&Tie> for TieView {
    fn from(tie: &Tie) -> Self {
        Self {
            sheet: tie.sheet.as_str().to_owned(),
            section: word(tie.section),
            column: tie.column.clone(),
            printed_fen: tie.printed.map(|fen| fen.get()),
            accepted_fen: tie.accepted.get(),
            rejected_fen: tie.rejected.get(),
            holds: tie.holds(),
        }
    }
}

/// Lines of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema, sea_orm::FromQueryResult)]
pub struct ItemSum {
    /// `arrears`, `prepayments`, `deposits`.
    pub section: String,
    /// The fee item, the purpose or the deposit's type.
    pub item: String,
    /// Its lines.
    pub lines: i64,
    /// Their sum.
    pub total_fen: i64,
}

/// One section: its lines against the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SectionSums {
    /// `arrears`, `prepayments`, `deposits`.
    pub section: String,
    /// Its lines.
    pub lines: i64,
    /// Houses that have one.
    pub houses: i64,
    /// Their sum.
    pub total_fen: i64,
    /// What the postings of these lines brought into the ledger.
    pub ledger_fen: i64,
}

/// What a project brought along.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OpeningSums {
    /// The three sections, those with lines.
    pub sections: Vec<SectionSums>,
    /// By item.
    pub items: Vec<ItemSum>,
    /// Every section's lines are what the ledger holds.
    pub ties: bool,
}

#[derive(sea_orm::FromQueryResult)]
struct SectionRow {
    section: String,
    lines: i64,
    houses: i64,
    total_fen: i64,
    ledger_fen: i64,
}

/// Lines and ledger, section by section and item by item.
///
/// # Errors
/// [`StoreError`].
pub async fn sums(tx: &ProjectTx<'_>) -> Result<OpeningSums, StoreError> {
    // Of a line's posting the side that is not the opening account: a debt is a debit, a balance a credit.
    let sections: Vec<SectionRow> = tx
        .rows(
            "SELECT o.section, COUNT(*) AS lines, COUNT(DISTINCT o.house_id) AS houses, \
             CAST(SUM(o.amount_fen) AS BIGINT) AS total_fen, \
             CAST(COALESCE(SUM(l.amount_fen), 0) AS BIGINT) AS ledger_fen FROM opening_line o \
             LEFT JOIN (SELECT p.natural_key, SUM(ABS(e.amount_fen)) AS amount_fen FROM posting p \
             JOIN entry e ON e.posting_seq = p.seq JOIN account a ON a.id = e.account_id \
             WHERE a.code <> 'opening' AND p.natural_key IN (SELECT posting_key FROM opening_line) \
             GROUP BY p.natural_key) l ON l.natural_key = o.posting_key GROUP BY o.section ORDER BY o.section",
            vec![],
        )
        .await?;
    let items: Vec<ItemSum> = tx
        .rows(
            "SELECT section, item, COUNT(*) AS lines, CAST(SUM(amount_fen) AS BIGINT) AS total_fen \
             FROM opening_line GROUP BY section, item ORDER BY section, item",
            vec![],
        )
        .await?;
    let ties = sections.iter().all(|row| row.total_fen == row.ledger_fen);
    let sections = sections
        .into_iter()
        .map(|row| SectionSums {
            section: row.section,
            lines: row.lines,
            houses: row.houses,
            total_fen: row.total_fen,
            ledger_fen: row.ledger_fen,
        })
        .collect();
    Ok(OpeningSums { sections, items, ties })
}

/// The first column whose printed total does not tie.
pub(super) fn broken(ties: &[Tie]) -> Option<&Tie> {
    ties.iter().find(|tie| !tie.holds())
}
