//! Bills: every row read exactly, or the file refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use gateway::wechat_pay::bill::{BillError, FlowDirection, FundFlowBill, TradeBill, TradeKind, TradeRow, TradeSummary};

const FILE: &[u8] = include_bytes!("bills/wechat-trade-bill-2026-10-31.csv");

const HEADER: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n";
const SUMMARY_HEADER: &str =
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n";

/// A payment of one fen, as published, of something called `name`.
fn payment(name: &str) -> String {
    format!(
        "`2022-03-21 13:51:31,`wxfd,`1800,`1765,`,`4200,`ORDER1,`oZWa,`JSAPI,`SUCCESS,`OTHERS,`CNY,`0.01,`0.00,`0,`0,\
         `0.00,`0.00,`,`,`{name},`p1,`0.00000,`0.90%,`0.01,`0.00,`\r\n"
    )
}

fn bill(rows: &[String]) -> String {
    let fen = rows.len();
    format!(
        "\u{feff}{HEADER}{}{SUMMARY_HEADER}`{fen},`{}.{:02},`0.00,`0.00,`0.00000,`{}.{:02},`0.00\r\n",
        rows.concat(),
        fen / 100,
        fen % 100,
        fen / 100,
        fen % 100
    )
}

fn read(text: &[u8]) -> Result<(Vec<TradeRow>, TradeSummary), BillError> {
    let mut bill = TradeBill::open(text)?;
    let rows: Vec<TradeRow> = bill.by_ref().collect::<Result<_, _>>()?;
    Ok((rows, bill.summary().unwrap()))
}

#[test]
fn the_bill_of_a_whole_day_comes_to_its_sums() {
    let (rows, summary) = read(FILE).unwrap();
    assert_eq!(
        summary,
        TradeSummary {
            rows: 412,
            order_fen: 49_287_002,
            settlement_fen: 49_286_502,
            refund_fen: 981_906,
            coupon_refund_fen: 0,
            applied_fen: 981_906,
            fee_millifen: 289_827_000,
        }
    );
    let payments: Vec<&TradeRow> = rows.iter().filter(|row| row.kind == TradeKind::Payment).collect();
    assert_eq!((payments.len(), rows.len() - payments.len()), (400, 12));
    let mut by_type: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &payments {
        *by_type.entry(&row.trade_type).or_default() += 1;
    }
    assert_eq!(by_type, BTreeMap::from([("APP", 6), ("JSAPI", 324), ("MICROPAY", 48), ("NATIVE", 22)]));
    assert_eq!(payments.iter().map(|row| row.fee_millifen).sum::<i64>(), 295_719_000);
    assert_eq!(rows.iter().map(|row| row.coupon_fen).sum::<i64>(), 1_758);
    let named = |with: char| rows.iter().filter(|row| row.description.contains(with)).count();
    assert_eq!((named(','), named('\n'), named('"')), (93, 39, 17));
    let processing = |row: &&TradeRow| row.refund.as_ref().is_some_and(|refund| refund.status == "PROCESSING");
    assert_eq!(rows.iter().filter(processing).count(), 2);
}

#[test]
fn the_first_rows_of_the_day_are_read_to_the_letter() {
    let (rows, _) = read(FILE).unwrap();
    let first = &rows[0];
    assert_eq!(first.time.to_rfc3339(), "2026-10-31T23:57:24+08:00");
    assert_eq!((first.order_fen, first.fee_millifen, first.rate.as_str()), (16_011, 96_000, "0.60%"));
    assert_eq!((first.sub_mchid.as_deref(), first.device_id.as_deref()), (None, None));
    assert_eq!((first.description.as_str(), first.attach.as_str()), ("物业费（2-2-1502）、车位费", "house=2-2-1502"));
    assert_eq!(rows[2].description, "合并缴费\n1.物业费 2.水费\n4-2-301");
    assert_eq!((rows[2].device_id.as_deref(), rows[2].trade_type.as_str()), (Some("counter-1"), "MICROPAY"));
    assert_eq!(rows[5].description, "\"临时停车\", 4-3-3A02");
    let refund = rows.iter().find(|row| row.kind == TradeKind::Refund).unwrap();
    let back = refund.refund.as_ref().unwrap();
    assert_eq!((back.out_refund_no.as_str(), back.refund_fen, refund.order_fen), ("RT202610310001", 434_705, 0));
    assert_eq!((back.refund_type.as_str(), refund.fee_millifen), ("BALANCE", -2_608_000));
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    // The last four bytes: a digit, and the end of the line.
    for cut in (0..FILE.len() - 4).step_by(331).chain(FILE.len() - 300..FILE.len() - 4) {
        assert!(read(&FILE[..cut]).is_err(), "{cut}");
    }
    assert!(read(&FILE[..FILE.len() - 2]).is_ok(), "the last line may lack its end");
}

#[test]
fn a_row_left_out_doubled_or_changed_is_refused() {
    let text = std::str::from_utf8(FILE).unwrap();
    let rows: Vec<&str> = text.split_inclusive("\r\n").collect();
    let without = [&rows[..7], &rows[8..]].concat().concat();
    assert!(matches!(read(without.as_bytes()), Err(BillError::TotalDiffers { column: "总交易单数", .. })));
    let doubled = [&rows[..8], &rows[7..]].concat().concat();
    assert!(matches!(read(doubled.as_bytes()), Err(BillError::TotalDiffers { column: "总交易单数", .. })));
    let dearer = text.replacen("`160.11,`0.00,`0,", "`160.12,`0.00,`0,", 1);
    assert!(matches!(read(dearer.as_bytes()), Err(BillError::TotalDiffers { column: "应结订单总金额", .. })));
    let after = format!("{text}`2026");
    assert_eq!(read(after.as_bytes()).unwrap_err(), BillError::AfterEnd);
    // A row that lost its end must not swallow the next one.
    let torn = text.replacen(",`160.11,`0.00,`\r\n", "\r\n", 1);
    assert_eq!(read(torn.as_bytes()).unwrap_err(), BillError::Damaged { row: 1 });
}

#[test]
fn whatever_people_write_into_a_name_stays_in_the_name() {
    let names = [
        "物业费,水费",
        "甲\n乙",
        "甲\r\n乙",
        "\"车位\"",
        "a,`b",
        "a,`b,`c\nd",
        "`",
        "",
        "总交易单数",
        "一\n总计,`二",
        "\\r\\n",
        "2026-10-31 23:57:24",
        "， 、；",
        "\u{feff}",
        "\t",
        "甲\n总交易单数",
        "甲\n`2026-10-31",
    ];
    let rows: Vec<String> = names.iter().map(|name| payment(name)).collect();
    let (read, summary) = read(bill(&rows).as_bytes()).unwrap();
    let found: Vec<&str> = read.iter().map(|row| row.description.as_str()).collect();
    // The end of a line is one character, however it was written.
    assert_eq!(found, names.map(|name| name.replace("\r\n", "\n")));
    assert!(
        read.iter().all(|row| row.attach == "p1" && row.order_fen == 1 && row.sub_mchid.as_deref() == Some("1765"))
    );
    assert_eq!(summary.rows, 17);
}

/// Names of what people and machines put into fields, from a seed; nothing a row or the summary begins with.
fn odd_names(mut seed: u64) -> Vec<String> {
    const PIECES: [&str; 14] =
        [",", "`", ",`", "\n", "\"", "\\n", "物业费", "a", " ", "1", "-", "总", "2026-10-31 23:57:24", "，"];
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    (0..300).map(|_| (0..next(12)).map(|_| PIECES[next(PIECES.len())]).collect()).collect()
}

#[test]
fn odd_names_of_any_kind_come_back_as_they_were() {
    for seed in 1..40 {
        let names: Vec<String> =
            odd_names(seed).into_iter().filter(|name| !name.contains("\n`2026-10-31 23:57:24")).collect();
        let rows: Vec<String> = names.iter().map(|name| payment(name)).collect();
        let (read, _) = read(bill(&rows).as_bytes()).unwrap();
        let found: Vec<String> = read.into_iter().map(|row| row.description).collect();
        assert_eq!(found, names, "seed {seed}");
    }
}

#[test]
fn a_cell_that_is_not_what_its_column_holds_is_named() {
    for (good, bad, column) in [
        ("`0.01,`0.00,`0,", "`0.001,`0.00,`0,", "应结订单金额"),
        ("`2022-03-21 13:51:31", "`2022-02-30 13:51:31", "交易时间"),
        ("`SUCCESS", "`SOMETHING", "交易状态"),
        ("`0.90%,`0.01", "`0.90%,`１", "订单金额"),
    ] {
        let rows = [payment("x"), payment("y").replacen(good, bad, 1)];
        let error = read(bill(&rows).as_bytes()).unwrap_err();
        assert!(matches!(&error, BillError::Cell { row: 2, column: named, .. } if *named == column), "{error:?}");
    }
    let unknown = bill(&[payment("x")]).replacen("订单金额,申请", "金额,申请", 1);
    assert_eq!(read(unknown.as_bytes()).unwrap_err(), BillError::MissingColumn { column: "订单金额" });
    assert_eq!(read(b"").unwrap_err(), BillError::NoHeader);
    assert_eq!(read(b"<html>502</html>").unwrap_err(), BillError::NoHeader);
    let endless = format!("{}`{}", HEADER, "x".repeat(100_000));
    assert_eq!(read(endless.as_bytes()).unwrap_err(), BillError::Damaged { row: 1 });
    let foreign = [HEADER.as_bytes(), b"`\xb5\xe7\r\n"].concat();
    assert_eq!(read(&foreign).unwrap_err(), BillError::NotText { row: 1 });
}

#[test]
fn movements_of_the_account_come_to_their_sums() {
    let header = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号\r\n";
    let rows = "`2018-02-01 04:21:23,`50000305742018020103387128253,`1900009231201802015884652186,`退款,`退款,`支出,`0.02,`0.17,`system,`缺货,`REF4200000068201801293084726067\r\n`2018-02-01 05:00:00,`4200,`19,`交易,`交易,`收入,`1.00,`1.17,`system,`甲,`乙\n丙,`ORDER1\r\n";
    let summary = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\r\n`2,`1,`1.00,`1,`0.02\r\n";
    let mut bill =
        FundFlowBill::open(format!("\u{feff}{header}{rows}{summary}").as_bytes().to_vec().leak() as &[u8]).unwrap();
    let first = bill.next().unwrap().unwrap();
    assert_eq!((first.direction, first.amount_fen, first.balance_fen), (FlowDirection::Out, 2, 17));
    assert_eq!(first.voucher, "REF4200000068201801293084726067");
    let second = bill.next().unwrap().unwrap();
    assert_eq!((second.note.as_str(), second.voucher.as_str()), ("甲,`乙\n丙", "ORDER1"));
    assert_eq!(bill.summary(), None);
    assert!(bill.next().is_none());
    assert_eq!(bill.summary().map(|sum| (sum.in_fen, sum.out_fen)), Some((100, 2)));
    let wrong = format!("{header}{rows}{}", summary.replace("`1.00", "`1.01"));
    let last = FundFlowBill::open(wrong.as_bytes()).unwrap().last().unwrap();
    assert!(matches!(last, Err(BillError::TotalDiffers { column: "收入金额", .. })));
}
