//! The trade bill: a row for each payment and each refund.

use std::io::BufRead;

use chrono::{DateTime, FixedOffset};

use super::amount::{fen, millifen};
use super::flow::china_time;
use super::record::{BillError, Cells, Record, Records};

const SUMMARY_MARK: &str = "总交易单数";
/// What a person or a merchant writes; the one before the data the merchant attached.
const FREE_COLUMN: &str = "商品名称";
const TIME: &str = "交易时间";
const STATE: &str = "交易状态";
const REFUND_STATE: &str = "退款状态";

/// What a row tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TradeKind {
    /// Money came.
    Payment,
    /// A refund was accepted; its row is never updated, so its end is told by a query.
    Refund,
    /// A scanned order was reversed.
    Reversal,
}

/// What a row of a refund has besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TradeRefund {
    /// WeChat Pay's number.
    pub refund_id: String,
    /// Ours.
    pub out_refund_no: String,
    /// What went back to the payer.
    pub refund_fen: i64,
    /// What went back in WeChat's coupons.
    pub coupon_refund_fen: i64,
    /// What we asked for.
    pub applied_fen: i64,
    /// `ORIGINAL`, `BALANCE`, …
    pub refund_type: String,
    /// `SUCCESS`, `PROCESSING`, … as it was when the bill was made.
    pub status: String,
}

/// One row. Amounts are fen; `fee_millifen` is in thousandths of a fen, negative when it is given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TradeRow {
    /// Row number, from 1.
    pub row: u64,
    /// When, in China's time.
    pub time: DateTime<FixedOffset>,
    /// What it tells.
    pub kind: TradeKind,
    /// The app.
    pub appid: String,
    /// The merchant that signed: its own number, or the service provider's.
    pub mchid: String,
    /// The service provider's merchant.
    pub sub_mchid: Option<String>,
    /// The cash desk.
    pub device_id: Option<String>,
    /// WeChat Pay's number of the payment.
    pub transaction_id: String,
    /// Ours.
    pub out_trade_no: String,
    /// The payer within the app.
    pub openid: String,
    /// `JSAPI`, `NATIVE`, `MICROPAY`, …
    pub trade_type: String,
    /// `CNY`.
    pub currency: String,
    /// What the order was; zero in rows of refunds.
    pub order_fen: i64,
    /// What of it is settled to the merchant; zero in rows of refunds.
    pub settlement_fen: i64,
    /// What the payer paid in WeChat's coupons.
    pub coupon_fen: i64,
    /// Rows of refunds.
    pub refund: Option<TradeRefund>,
    /// What was paid for.
    pub description: String,
    /// What we attached to the order.
    pub attach: String,
    /// WeChat Pay's fee.
    pub fee_millifen: i64,
    /// As written: `0.60%`.
    pub rate: String,
}

/// What the bill says of itself, and what its rows added up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TradeSummary {
    /// Rows.
    pub rows: u64,
    /// Orders.
    pub order_fen: i64,
    /// Settled to the merchant.
    pub settlement_fen: i64,
    /// Given back to payers.
    pub refund_fen: i64,
    /// Given back in coupons.
    pub coupon_refund_fen: i64,
    /// Asked to be given back.
    pub applied_fen: i64,
    /// Fees, less those given back.
    pub fee_millifen: i64,
}

/// Reads a trade bill row by row. The last item is an error when the file is short or its totals do not hold: nothing
/// may be acted on before the iterator has ended well. After that, [`TradeBill::summary`].
#[derive(Debug)]
pub struct TradeBill<R> {
    records: Records<R>,
    found: TradeSummary,
    is_whole: bool,
    has_failed: bool,
}

impl<R: BufRead> TradeBill<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`BillError`].
    pub fn open(from: R) -> Result<Self, BillError> {
        let records = Records::open(from, SUMMARY_MARK, FREE_COLUMN)?;
        for column in
            [TIME, "公众账号ID", "商户号", "微信订单号", "商户订单号", STATE, FREE_COLUMN, "手续费", "订单金额"]
        {
            records.has(column)?;
        }
        Ok(Self { records, found: TradeSummary::default(), is_whole: false, has_failed: false })
    }

    /// The totals; nothing before the bill was read to its end and they held.
    #[must_use]
    pub const fn summary(&self) -> Option<TradeSummary> {
        if self.is_whole { Some(self.found) } else { None }
    }

    fn step(&mut self) -> Result<Option<TradeRow>, BillError> {
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

    fn add(&mut self, row: &TradeRow) -> Option<()> {
        let sum = &mut self.found;
        sum.rows = sum.rows.checked_add(1)?;
        sum.order_fen = sum.order_fen.checked_add(row.order_fen)?;
        sum.settlement_fen = sum.settlement_fen.checked_add(row.settlement_fen)?;
        sum.fee_millifen = sum.fee_millifen.checked_add(row.fee_millifen)?;
        if let Some(refund) = &row.refund {
            sum.refund_fen = sum.refund_fen.checked_add(refund.refund_fen)?;
            sum.coupon_refund_fen = sum.coupon_refund_fen.checked_add(refund.coupon_refund_fen)?;
            sum.applied_fen = sum.applied_fen.checked_add(refund.applied_fen)?;
        }
        Some(())
    }

    fn compare(&self, cells: &Cells) -> Result<(), BillError> {
        let found = &self.found;
        let rows = cells.read(SUMMARY_MARK, |text| text.parse::<u64>().ok())?;
        if rows != found.rows {
            let (told, found) = (rows.to_string(), found.rows.to_string());
            return Err(BillError::TotalDiffers { column: SUMMARY_MARK, told, found });
        }
        for (column, found, read) in [
            ("应结订单总金额", found.settlement_fen, fen as fn(&str) -> Option<i64>),
            ("退款总金额", found.refund_fen, fen),
            ("充值券退款总金额", found.coupon_refund_fen, fen),
            ("手续费总金额", found.fee_millifen, millifen),
            ("订单总金额", found.order_fen, fen),
            ("申请退款总金额", found.applied_fen, fen),
        ] {
            let told = cells.read(column, read)?;
            if told != found {
                return Err(BillError::TotalDiffers { column, told: told.to_string(), found: found.to_string() });
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Iterator for TradeBill<R> {
    type Item = Result<TradeRow, BillError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed || self.is_whole {
            return None;
        }
        let step = self.step();
        self.has_failed = step.is_err();
        step.transpose()
    }
}

fn read_row(cells: &Cells) -> Result<TradeRow, BillError> {
    let owned = |column: &'static str| cells.text(column).map(str::to_owned);
    let kind = match cells.text(STATE)? {
        "SUCCESS" => TradeKind::Payment,
        "REFUND" => TradeKind::Refund,
        "REVOKED" => TradeKind::Reversal,
        other => return Err(BillError::Cell { row: cells.row, column: STATE, value: other.to_owned() }),
    };
    Ok(TradeRow {
        row: cells.row,
        time: cells.read(TIME, china_time)?,
        kind,
        appid: owned("公众账号ID")?,
        mchid: owned("商户号")?,
        sub_mchid: cells.number("特约商户号"),
        device_id: cells.number("设备号"),
        transaction_id: owned("微信订单号")?,
        out_trade_no: owned("商户订单号")?,
        openid: owned("用户标识")?,
        trade_type: owned("交易类型")?,
        currency: owned("货币种类")?,
        order_fen: cells.read("订单金额", fen)?,
        settlement_fen: cells.read("应结订单金额", fen)?,
        coupon_fen: cells.read("代金券金额", fen)?,
        refund: if kind == TradeKind::Payment { None } else { Some(read_refund(cells)?) },
        description: owned(FREE_COLUMN)?,
        attach: owned("商户数据包")?,
        fee_millifen: cells.read("手续费", millifen)?,
        rate: owned("费率")?,
    })
}

fn read_refund(cells: &Cells) -> Result<TradeRefund, BillError> {
    let missing = |column: &'static str| BillError::Cell { row: cells.row, column, value: String::new() };
    Ok(TradeRefund {
        refund_id: cells.number("微信退款单号").ok_or_else(|| missing("微信退款单号"))?,
        // A reversal has no number of ours.
        out_refund_no: cells.number("商户退款单号").unwrap_or_default(),
        refund_fen: cells.read("退款金额", fen)?,
        coupon_refund_fen: cells.read("充值券退款金额", fen)?,
        applied_fen: cells.read("申请退款金额", fen)?,
        refund_type: cells.text("退款类型")?.to_owned(),
        status: cells.text(REFUND_STATE)?.to_owned(),
    })
}
