//! A bill of any length is read in the memory of one row.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{BufReader, Read};

use gateway::wechat_pay::bill::TradeBill;
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const ROWS: u64 = 200_000;
/// Some hundred rows; the whole bill has 50 MB.
const BYTES_MAX: usize = 64 * 1024;
const ROW: &[u8] = "`2022-03-21 13:51:31,`wxfd,`1800,`0,`,`4200,`ORDER1,`oZWa,`JSAPI,`SUCCESS,`OTHERS,`CNY,`0.01,`0.00,`0,`0,`0.00,`0.00,`,`,`物业费,\n水费,`p1,`0.00000,`0.60%,`0.01,`0.00,`\r\n".as_bytes();

/// Makes its rows as they are asked for.
struct Endless {
    rows_left: u64,
    place: usize,
}

impl Read for Endless {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        if self.rows_left == 0 {
            return Ok(0);
        }
        let count = (ROW.len() - self.place).min(to.len());
        to[..count].copy_from_slice(&ROW[self.place..self.place + count]);
        self.place += count;
        if self.place == ROW.len() {
            self.place = 0;
            self.rows_left -= 1;
        }
        Ok(count)
    }
}

#[test]
fn a_long_bill_takes_no_more_memory_than_a_short_one() {
    let header = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n";
    let summary = format!(
        "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n`{ROWS},`2000.00,`0.00,`0.00,`0.00000,`2000.00,`0.00\r\n"
    );
    let rows = Endless { rows_left: ROWS, place: 0 };
    let file = BufReader::new(header.as_bytes().chain(rows).chain(summary.as_bytes()));
    let mut bill = TradeBill::open(file).unwrap();
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    for row in bill.by_ref() {
        assert_eq!(row.unwrap().order_fen, 1);
    }
    let peak = HEAP.peak_usage().saturating_sub(before);
    assert_eq!(bill.summary().unwrap().rows, ROWS);
    assert!(peak < BYTES_MAX, "{peak} bytes");
}
