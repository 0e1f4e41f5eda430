//! The trade bill of a day: asked for, then downloaded.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::merchant::Merchant;
use super::order::{Order, unknown_merchant};
use super::refund::Refund;
use super::refusal::Refusal;
use crate::clock;
use crate::crypto;
use crate::world::World;

/// A download link lives this long.
const LINK_MS: i64 = 5 * 60 * 1000;
/// From midnight to when the bill of the day before is ready.
const READY_MS: i64 = 9 * 3600 * 1000;
const MONTHS_BACK_DAYS: u64 = 92;
const RATE: &str = "0.60%";
/// Fee per fen at that rate, in hundred-thousandths of a yuan.
const FEE_PER_FEN: i64 = 6;

const COLUMNS: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const COLUMNS_SUCCESS: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,商品名称,商户数据包,手续费,费率,订单金额,费率备注";
const SUMMARY: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";

/// Which lines a bill has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
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

fn yuan(amount_fen: i64) -> String {
    format!("{}.{:02}", amount_fen / 100, (amount_fen % 100).abs())
}

fn fee(amount_fen: i64) -> String {
    let units = amount_fen.saturating_mul(FEE_PER_FEN);
    let sign = if units < 0 { "-" } else { "" };
    format!("{sign}{}.{:05}", units.abs() / 100_000, units.abs() % 100_000)
}

/// Line breaks inside what people wrote appear as two characters each.
fn one_line(text: &str) -> String {
    text.replace('\r', "\\r").replace('\n', "\\n")
}

fn row(mchid: &str, order: &Order, refund: Option<&Refund>, kind: Kind) -> Row {
    let at_ms = refund.map_or(order.success_ms, Refund::created_ms);
    let refund_fen = refund.map_or(0, Refund::refund_fen);
    let total_fen = if refund.is_some() { 0 } else { order.total_fen };
    let state = if refund.is_some() { "REFUND" } else { "SUCCESS" };
    let mut cells = vec![
        clock::plain(at_ms),
        order.party.app().to_owned(),
        mchid.to_owned(),
        "0".to_owned(),
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
        let (refund_id, number) = refund.map_or(("0", "0"), |found| (found.refund_id(), found.out_refund_no()));
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

fn rows(merchant: &Merchant, day: &str, kind: Kind) -> Vec<Row> {
    let mchid = &merchant.config.mchid;
    let paid = merchant.orders.values().filter(|order| order.is_paid() && clock::day(order.success_ms) == day);
    let mut rows: Vec<Row> = Vec::new();
    if kind != Kind::Refund {
        rows.extend(paid.map(|order| row(mchid, order, None, kind)));
    }
    if kind != Kind::Success {
        let refunds = merchant.refunds.values().filter(|refund| clock::day(refund.created_ms()) == day);
        rows.extend(
            refunds
                .filter_map(|refund| Some(row(mchid, merchant.orders.get(refund.out_trade_no())?, Some(refund), kind))),
        );
    }
    rows.sort_by(|one, two| (one.at_ms, &one.cells).cmp(&(two.at_ms, &two.cells)));
    rows
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

impl World {
    /// `GET /v3/bill/tradebill?bill_date=&bill_type=`; `base` is the address the download link begins with.
    pub(crate) fn ask_bill(&mut self, signer: &str, date: &str, kind: &str, base: &str) -> Result<Value, Refusal> {
        let kind = match kind {
            "" | "ALL" => Kind::All,
            "SUCCESS" => Kind::Success,
            "REFUND" => Kind::Refund,
            _ => return Err(Refusal::param("/bill_type", "账单类型不支持")),
        };
        let now_ms = self.clock.now_ms();
        let day =
            NaiveDate::parse_from_str(date, "%Y-%m-%d").map_err(|_| Refusal::param("/bill_date", "日期格式错误"))?;
        let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
        let midnight_ms = clock::parse_rfc3339(&format!("{next}T00:00:00+08:00")).unwrap_or(i64::MAX);
        if now_ms < midnight_ms.saturating_add(READY_MS) {
            return Err(Refusal::new(400, "STATEMENT_CREATING", "账单生成中，请稍后再试"));
        }
        let oldest = NaiveDate::parse_from_str(&clock::day(now_ms), "%Y%m%d")
            .ok()
            .and_then(|today| today.checked_sub_days(Days::new(MONTHS_BACK_DAYS)));
        if oldest.is_some_and(|oldest| day < oldest) {
            return Err(Refusal::param("/bill_date", "只能下载近三个月的账单"));
        }
        let merchant = self.merchants.get_mut(signer).ok_or_else(unknown_merchant)?;
        let rows = rows(merchant, &day.format("%Y%m%d").to_string(), kind);
        if rows.is_empty() {
            return Err(Refusal::new(400, "NO_STATEMENT_EXIST", "账单文件不存在"));
        }
        let text = file(&rows, kind);
        let token = crypto::random_text(48);
        let answer = json!({
            "hash_type": "SHA1",
            "hash_value": crypto::sha1_hex(text.as_bytes()),
            "download_url": format!("{base}/v3/billdownload/file?token={token}"),
        });
        merchant.bills.insert(token, (text, now_ms.saturating_add(LINK_MS)));
        Ok(answer)
    }

    /// `GET /v3/billdownload/file?token=`: the text, unsigned.
    pub(crate) fn download_bill(&self, signer: &str, token: &str) -> Result<Vec<u8>, Refusal> {
        let merchant = self.merchants.get(signer).ok_or_else(unknown_merchant)?;
        match merchant.bills.get(token) {
            Some((text, until_ms)) if self.clock.now_ms() < *until_ms => Ok(text.clone().into_bytes()),
            _ => Err(Refusal::new(403, "NO_AUTH", "下载链接已失效")),
        }
    }
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
