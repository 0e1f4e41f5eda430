//! The fund-flow bill of a day: a line for each movement of a merchant's account.

use super::bill::{fee_fen, one_line, yuan};
use crate::book::{Book, MoneyEntry, MoneyKind};
use crate::clock;

const COLUMNS: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号";
const SUMMARY: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";

struct Movement {
    at_ms: i64,
    business_id: String,
    name: &'static str,
    /// Negative when it goes out.
    amount_fen: i64,
    note: String,
    voucher: String,
}

/// A payment brings its amount and costs its fee; a refund costs its amount and brings the fee back.
fn movements(entry: &MoneyEntry) -> [Movement; 2] {
    let (sign, names) = match entry.kind {
        MoneyKind::Taken => (1, ["交易", "扣除交易手续费"]),
        MoneyKind::GivenBack => (-1, ["退款", "交易手续费退还"]),
    };
    let business_id = entry.refund_id.as_ref().unwrap_or(&entry.transaction_id);
    let voucher = entry.out_refund_no.as_ref().unwrap_or(&entry.out_trade_no);
    let [name, fee_name] = names;
    let movement = |name, amount_fen, note: String| Movement {
        at_ms: entry.at_ms,
        business_id: business_id.clone(),
        name,
        amount_fen,
        note,
        voucher: voucher.clone(),
    };
    let total = yuan(entry.amount_fen);
    [
        movement(name, sign * entry.amount_fen, one_line(&format!("{name}总金额{total}元"))),
        movement(fee_name, -sign * fee_fen(entry.amount_fen), String::new()),
    ]
}

/// The bill of a day (`YYYYMMDD`); nothing when nothing happened.
pub(crate) fn fund_flow_bill(book: &Book, mchid: &str, day: &str) -> Option<String> {
    let mut entries: Vec<&MoneyEntry> = book.money.iter().filter(|entry| entry.mchid == mchid).collect();
    entries.sort_by_key(|entry| entry.at_ms);
    let mut text = format!("\u{feff}{COLUMNS}\r\n");
    let (mut balance_fen, mut number) = (0_i64, 0_u64);
    let (mut came, mut went) = ((0_u64, 0_i64), (0_u64, 0_i64));
    for movement in entries.into_iter().flat_map(movements).filter(|movement| movement.amount_fen != 0) {
        balance_fen = balance_fen.saturating_add(movement.amount_fen);
        number = number.saturating_add(1);
        if clock::day(movement.at_ms) != day {
            continue;
        }
        let (direction, side) = if movement.amount_fen > 0 { ("收入", &mut came) } else { ("支出", &mut went) };
        *side = (side.0.saturating_add(1), side.1.saturating_add(movement.amount_fen.abs()));
        let cells = [
            clock::plain(movement.at_ms),
            movement.business_id,
            format!("{number:018}"),
            movement.name.to_owned(),
            movement.name.to_owned(),
            direction.to_owned(),
            yuan(movement.amount_fen.abs()),
            yuan(balance_fen),
            "system".to_owned(),
            movement.note,
            movement.voucher,
        ];
        text.push_str(&line(&cells));
    }
    let rows = came.0.saturating_add(went.0);
    if rows == 0 {
        return None;
    }
    let summary = [rows.to_string(), came.0.to_string(), yuan(came.1), went.0.to_string(), yuan(went.1)];
    text.push_str(&format!("{SUMMARY}\r\n{}", line(&summary)));
    Some(text)
}

fn line(cells: &[String]) -> String {
    let line: Vec<String> = cells.iter().map(|cell| format!("`{cell}")).collect();
    format!("{}\r\n", line.join(","))
}
