//! The fund-flow bill: a row for each movement of the merchant's account at WeChat Pay.

use std::io::BufRead;

use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeZone};

use super::amount::fen;
use super::record::{BillError, Cells, Record, Records};

const SUMMARY_MARK: &str = "资金流水总笔数";
const FREE_COLUMN: &str = "备注";
const DIRECTION: &str = "收支类型";
/// Bills are in China's time, without saying so.
const CHINA_OFFSET_S: i32 = 8 * 3600;
const TIME_FORMAT: &str = "%Y-%m-%d %H:%M:%S";

pub(super) fn china_time(text: &str) -> Option<DateTime<FixedOffset>> {
    let local = NaiveDateTime::parse_from_str(text, TIME_FORMAT).ok()?;
    FixedOffset::east_opt(CHINA_OFFSET_S)?.from_local_datetime(&local).single()
}

/// Which way money went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlowDirection {
    /// 收入
    In,
    /// 支出
    Out,
}

/// One movement. Amounts are fen, never negative; the direction tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRow {
    /// Row number, from 1.
    pub row: u64,
    /// When it was booked, in China's time.
    pub time: DateTime<FixedOffset>,
    /// WeChat Pay's number of what it belongs to: a payment, a refund, a withdrawal.
    pub business_id: String,
    /// The movement's own number.
    pub flow_id: String,
    /// 交易, 退款, 扣除交易手续费, 提现, …
    pub business_name: String,
    /// As written.
    pub business_type: String,
    /// Which way.
    pub direction: FlowDirection,
    /// How much.
    pub amount_fen: i64,
    /// What the account holds afterwards.
    pub balance_fen: i64,
    /// Who asked for it.
    pub applicant: String,
    /// What was written to it.
    pub note: String,
    /// Our number, of orders and refunds.
    pub voucher: String,
}

/// What the bill says of itself, and what its rows added up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlowSummary {
    /// Movements in.
    pub in_rows: u64,
    /// What came in.
    pub in_fen: i64,
    /// Movements out.
    pub out_rows: u64,
    /// What went out.
    pub out_fen: i64,
}

/// Reads a fund-flow bill row by row; the rules are those of [`super::TradeBill`].
#[derive(Debug)]
pub struct FundFlowBill<R> {
    records: Records<R>,
    found: FlowSummary,
    is_whole: bool,
    has_failed: bool,
}

impl<R: BufRead> FundFlowBill<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`BillError`].
    pub fn open(from: R) -> Result<Self, BillError> {
        let records = Records::open(from, SUMMARY_MARK, FREE_COLUMN)?;
        for column in ["记账时间", "微信支付业务单号", "资金流水单号", DIRECTION, "收支金额(元)", "账户结余(元)"]
        {
            records.has(column)?;
        }
        Ok(Self { records, found: FlowSummary::default(), is_whole: false, has_failed: false })
    }

    /// The totals; nothing before the bill was read to its end and they held.
    #[must_use]
    pub const fn summary(&self) -> Option<FlowSummary> {
        if self.is_whole { Some(self.found) } else { None }
    }

    fn step(&mut self) -> Result<Option<FlowRow>, BillError> {
        match self.records.next()? {
            Some(Record::Row(cells)) => {
                let row = read_row(&cells)?;
                self.add(&row).ok_or(BillError::Damaged { row: row.row })?;
                Ok(Some(row))
            }
            Some(Record::Summary(cells)) => {
                self.compare(&cells)?;
                self.is_whole = true;
                Ok(None)
            }
            None => Ok(None),
        }
    }

    fn add(&mut self, row: &FlowRow) -> Option<()> {
        let sum = &mut self.found;
        match row.direction {
            FlowDirection::In => {
                sum.in_rows = sum.in_rows.checked_add(1)?;
                sum.in_fen = sum.in_fen.checked_add(row.amount_fen)?;
            }
            FlowDirection::Out => {
                sum.out_rows = sum.out_rows.checked_add(1)?;
                sum.out_fen = sum.out_fen.checked_add(row.amount_fen)?;
            }
        }
        Some(())
    }

    fn compare(&self, cells: &Cells) -> Result<(), BillError> {
        let sum = &self.found;
        for (column, found) in
            [(SUMMARY_MARK, sum.in_rows + sum.out_rows), ("收入笔数", sum.in_rows), ("支出笔数", sum.out_rows)]
        {
            let told = cells.read(column, |text| text.parse::<u64>().ok())?;
            if told != found {
                return Err(BillError::TotalDiffers { column, told: told.to_string(), found: found.to_string() });
            }
        }
        for (column, found) in [("收入金额", sum.in_fen), ("支出金额", sum.out_fen)] {
            let told = cells.read(column, fen)?;
            if told != found {
                return Err(BillError::TotalDiffers { column, told: told.to_string(), found: found.to_string() });
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Iterator for FundFlowBill<R> {
    type Item = Result<FlowRow, BillError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed || self.is_whole {
            return None;
        }
        let step = self.step();
        self.has_failed = step.is_err();
        step.transpose()
    }
}

fn read_row(cells: &Cells) -> Result<FlowRow, BillError> {
    let owned = |column: &'static str| cells.text(column).map(str::to_owned);
    let direction = match cells.text(DIRECTION)? {
        "收入" => FlowDirection::In,
        "支出" => FlowDirection::Out,
        other => return Err(BillError::Cell { row: cells.row, column: DIRECTION, value: other.to_owned() }),
    };
    Ok(FlowRow {
        row: cells.row,
        time: cells.read("记账时间", china_time)?,
        business_id: owned("微信支付业务单号")?,
        flow_id: owned("资金流水单号")?,
        business_name: owned("业务名称")?,
        business_type: owned("业务类型")?,
        direction,
        amount_fen: cells.read("收支金额(元)", |text| fen(text).filter(|fen| *fen >= 0))?,
        balance_fen: cells.read("账户结余(元)", fen)?,
        applicant: owned("资金变更提交申请人")?,
        note: owned(FREE_COLUMN)?,
        voucher: owned("业务凭证号")?,
    })
}
