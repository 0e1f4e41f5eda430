//! The trade bill of a day: a line for each payment and each refund.

use super::merchant::Merchant;
use super::order::Order;
use super::refund::Refund;
use crate::clock;

const RATE: &str = "0.60%";
/// Fee per fen at that rate, in hundred-thousandths of a yuan.
const FEE_PER_FEN: i64 = 6;

const COLUMNS: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const COLUMNS_SUCCESS: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,商品名称,商户数据包,手续费,费率,订单金额,费率备注";
const SUMMARY: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

/// Which lines a bill has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    All,
    Success,
    Refund,
}

struct Row {
    at_ms: i64,
    cells: Vec<String>,
    total_fen: i64,
    refund_fen: i64,
}

pub(crate) fn yuan(amount_fen: i64) -> String {
    let sign = if amount_fen < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", amount_fen.abs() / 100, (amount_fen % 100).abs())
}

/// The fee of an amount in whole fen, as it moves the account.
pub(crate) fn fee_fen(amount_fen: i64) -> i64 {
    amount_fen.saturating_mul(FEE_PER_FEN).saturating_add(500) / 1000
}

fn fee(amount_fen: i64) -> String {
    let units = amount_fen.saturating_mul(FEE_PER_FEN);
    let sign = if units < 0 { "-" } else { "" };
    format!("{sign}{}.{:05}", units.abs() / 100_000, units.abs() % 100_000)
}

/// Line breaks inside what people wrote appear as two characters each.
pub(crate) fn one_line(text: &str) -> String {
    text.replace('\r', "\\r").replace('\n', "\\n")
}

/// Money that went back: a refund, or the reversal of a scanned order.
struct Back<'a> {
    at_ms: i64,
    refund_id: &'a str,
    out_refund_no: &'a str,
    refund_fen: i64,
    state: &'static str,
}

impl<'a> Back<'a> {
    fn of_refund(refund: &'a Refund) -> Self {
        Self {
            at_ms: refund.created_ms(),
            refund_id: refund.refund_id(),
            out_refund_no: refund.out_refund_no(),
            refund_fen: refund.refund_fen(),
            state: "REFUND",
        }
    }

    fn of_reversal(order: &'a Order) -> Option<Self> {
        let reversal = order.reversal.as_ref()?;
        Some(Self {
            at_ms: reversal.at_ms,
            refund_id: &reversal.refund_id,
            out_refund_no: "0",
            refund_fen: order.total_fen,
            state: "REVOKED",
        })
    }
}

fn row(mchid: &str, order: &Order, refund: Option<&Back<'_>>, kind: Kind) -> Row {
    let at_ms = refund.map_or(order.success_ms, |back| back.at_ms);
    let refund_fen = refund.map_or(0, |back| back.refund_fen);
    let total_fen = if refund.is_some() { 0 } else { order.total_fen };
    let state = refund.map_or("SUCCESS", |back| back.state);
    let mut cells = vec![
        clock::plain(at_ms),
        order.party.app().to_owned(),
        mchid.to_owned(),
        order.party.sub_mchid().unwrap_or("0").to_owned(),
        String::new(),
        order.transaction_id.clone().unwrap_or_default(),
        order.out_trade_no.clone(),
        order.payer_openid.clone().unwrap_or_default(),
        order.trade_type.to_owned(),
        state.to_owned(),
        "OTHERS".to_owned(),
        "CNY".to_owned(),
        yuan(total_fen),
        "0.00".to_owned(),
    ];
    if kind != Kind::Success {
        let (refund_id, number) = refund.map_or(("0", "0"), |back| (back.refund_id, back.out_refund_no));
        let (refund_type, state) = if refund.is_some() { ("ORIGINAL", "PROCESSING") } else { ("", "") };
        let refund_cells = [refund_id, number, &yuan(refund_fen), "0.00", refund_type, state];
        cells.extend(refund_cells.iter().map(|cell| (*cell).to_owned()));
    }
    let charged = if refund.is_some() { -refund_fen } else { total_fen };
    cells.push(one_line(&order.description));
    cells.push(one_line(order.attach.as_deref().unwrap_or_default()));
    cells.extend([fee(charged), RATE.to_owned(), yuan(total_fen)]);
    if kind != Kind::Success {
        cells.push(yuan(refund_fen));
    }
    cells.push(String::new());
    Row { at_ms, cells, total_fen, refund_fen }
}

/// The lines of a day; of one sub-merchant, when it is named.
fn rows(merchant: &Merchant, sub_mchid: &str, day: &str, kind: Kind) -> Vec<Row> {
    let mchid = &merchant.config.mchid;
    let wanted = |order: &Order| sub_mchid.is_empty() || order.party.sub_mchid() == Some(sub_mchid);
    let paid = merchant
        .orders
        .values()
        .filter(|order| order.was_paid() && wanted(order) && clock::day(order.success_ms) == day);
    let mut rows: Vec<Row> = Vec::new();
    if kind != Kind::Refund {
        rows.extend(paid.map(|order| row(mchid, order, None, kind)));
    }
    if kind != Kind::Success {
        let refunds = merchant.refunds.values().filter_map(|refund| {
            let order = merchant.orders.get(refund.out_trade_no())?;
            Some((order, Back::of_refund(refund)))
        });
        let reversals = merchant.orders.values().filter_map(|order| Some((order, Back::of_reversal(order)?)));
        let of_day = refunds.chain(reversals).filter(|(order, back)| wanted(order) && clock::day(back.at_ms) == day);
        rows.extend(of_day.map(|(order, back)| row(mchid, order, Some(&back), kind)));
    }
    rows.sort_by(|one, two| (one.at_ms, &one.cells).cmp(&(two.at_ms, &two.cells)));
    rows
}

/// The bill of a day (`YYYYMMDD`); nothing when nothing happened.
pub(crate) fn trade_bill(merchant: &Merchant, sub_mchid: &str, day: &str, kind: Kind) -> Option<String> {
    let rows = rows(merchant, sub_mchid, day, kind);
    (!rows.is_empty()).then(|| file(&rows, kind))
}

/// The whole file: header, lines, summary header, summary.
fn file(rows: &[Row], kind: Kind) -> String {
    let mut text = String::from('\u{feff}');
    text.push_str(if kind == Kind::Success { COLUMNS_SUCCESS } else { COLUMNS });
    text.push_str("\r\n");
    for row in rows {
        let line: Vec<String> = row.cells.iter().map(|cell| format!("`{cell}")).collect();
        text.push_str(&line.join(","));
        text.push_str("\r\n");
    }
    let total_fen: i64 = rows.iter().map(|row| row.total_fen).sum();
    let refund_fen: i64 = rows.iter().map(|row| row.refund_fen).sum();
    let charged_fen = total_fen.saturating_sub(refund_fen);
    text.push_str(&format!("{SUMMARY}\r\n"));
    let summary = [
        rows.len().to_string(),
        yuan(total_fen),
        yuan(refund_fen),
        "0.00".to_owned(),
        fee(charged_fen),
        yuan(total_fen),
        yuan(refund_fen),
    ];
    let line: Vec<String> = summary.iter().map(|cell| format!("`{cell}")).collect();
    text.push_str(&line.join(","));
    text.push_str("\r\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_yuan_and_fees_have_five_decimals() {
        assert_eq!(yuan(1), "0.01");
        assert_eq!(yuan(123_456), "1234.56");
        assert_eq!(fee(100), "0.00600");
        assert_eq!(fee(-250_000), "-15.00000");
        assert_eq!(COLUMNS.split(',').count(), 27);
        assert_eq!(COLUMNS_SUCCESS.split(',').count(), 20);
        assert_eq!(one_line("甲,\r\n乙"), "甲,\\r\\n乙");
    }
}
