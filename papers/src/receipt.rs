//! A receipt (收据) for one house, on A4.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::money::Fen;

use crate::document::{Document, Head, Printed};
use crate::error::PaperError;
use crate::money::{capital, yuan};
use crate::table::{Column, Row, Table};

const TITLE: &str = "收款收据";

/// One bill on a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The fee item.
    pub fee_item: String,
    /// `2026-11-01 至 2026-11-30`.
    pub period: String,
    /// What was paid on it.
    pub amount: Fen,
}

/// All that stands on a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its gapless number.
    pub number: String,
    /// The company.
    pub company: String,
    /// The community.
    pub project: String,
    /// `1-1-101`.
    pub house: String,
    /// Whose bills were paid.
    pub payer: String,
    /// Who paid, when it was somebody else.
    pub paid_by: Option<String>,
    /// `现金`, `刷卡`, …
    pub method: String,
    /// When it was paid.
    pub paid_at: DateTime<Utc>,
    /// Who put it on paper.
    pub made_by: String,
    /// When.
    pub made_at: DateTime<Utc>,
    /// The zone of its times.
    pub zone: Tz,
    /// What was paid.
    pub lines: Vec<Line>,
    /// Their sum.
    pub total: Fen,
    /// How often it went to paper, this time among them.
    pub print_no: i64,
    /// Why the payment was taken back, if it was.
    pub void_reason: Option<String>,
}

/// Puts a receipt on paper. From the second time on it says that it is a copy; a void one says so.
///
/// # Errors
/// [`PaperError`].
pub fn print(receipt: &Receipt) -> Result<Printed, PaperError> {
    document(receipt).print()
}

fn document(receipt: &Receipt) -> Document {
    let mut paper = Document::new(Head {
        title: TITLE.to_owned(),
        issuer: receipt.company.clone(),
        number: receipt.number.clone(),
        made_at: receipt.made_at,
        zone: receipt.zone,
    });
    paper.title(TITLE);
    if let Some(reason) = &receipt.void_reason {
        paper.heading("已作废").paragraph(format!("本收据已作废，不作收款凭证。原因：{reason}"));
    }
    if receipt.print_no > 1 {
        paper.note(format!("补打，第 {} 次打印；以首次打印的收据为准，不得重复报销。", receipt.print_no));
    }
    paper.pairs(pairs(receipt));
    paper.gap();
    paper.table(table(receipt));
    paper.paragraph(format!("合计（大写）：{}", capital(receipt.total)));
    paper.gap();
    paper.signatures(vec![format!("收款单位（盖章）：{}", receipt.company), format!("经办人：{}", receipt.made_by)]);
    paper
}

fn pairs(receipt: &Receipt) -> Vec<(String, String)> {
    let at = receipt.paid_at.with_timezone(&receipt.zone).format("%Y-%m-%d %H:%M").to_string();
    let mut pairs = vec![
        ("收据编号", receipt.number.clone()),
        ("项目", receipt.project.clone()),
        ("房屋", receipt.house.clone()),
        ("缴费人", receipt.payer.clone()),
    ];
    if let Some(paid_by) = &receipt.paid_by {
        pairs.push(("代付人", paid_by.clone()));
    }
    pairs.push(("收款方式", receipt.method.clone()));
    pairs.push(("收款时间", at));
    pairs.into_iter().map(|(name, words)| (name.to_owned(), words)).collect()
}

fn table(receipt: &Receipt) -> Table {
    let columns = vec![Column::words("收费项目", 40), Column::whole("账期", 35), Column::figures("金额（元）", 25)];
    let mut rows: Vec<Row> = receipt
        .lines
        .iter()
        .map(|line| Row::of(vec![line.fee_item.clone(), line.period.clone(), yuan(line.amount)]))
        .collect();
    rows.push(Row::total(vec!["合计".to_owned(), String::new(), yuan(receipt.total)]));
    Table { columns, rows }
}
