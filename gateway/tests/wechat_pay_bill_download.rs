//! A bill on its way from the outside world: asked for, fetched, unpacked, proved, read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod outside;

use chrono::NaiveDate;
use gateway::wechat_pay::bill::{
    BillGateway, BillKind, BillLink, BillOutcome, BillRequest, DownloadError, FundAccount, FundFlowBill, TradeBill,
    TradeBillKind, TradeKind,
};
use gateway::wechat_pay::{MerchantKeys, PayGateway};
use outside::{MCHID, MINI, Outside, SUB_MCHID, refund};
use sim::{Endpoint, Trick};

const ALL: BillKind = BillKind::Trade(TradeBillKind::All);
const FLOW: BillKind = BillKind::FundFlow(FundAccount::Basic);

fn bill_of(kind: BillKind, gzip: bool) -> BillRequest {
    BillRequest { day: NaiveDate::from_ymd_opt(2025, 11, 25).unwrap(), kind, gzip }
}

/// Two payments and a refund on the 25th; it is the 26th, noon.
async fn yesterday() -> Outside {
    let outside = Outside::new().await;
    outside.paid(&outside.keys, MINI, "ORDER-1", 100_000).await;
    outside.paid(&outside.keys, MINI, "ORDER-2", 2_345).await;
    outside.paid(&outside.sub_keys(false), MINI, "ORDER-3", 500).await;
    outside.pay.refund(&outside.keys, &refund("ORDER-1", "R-1", 30_000, 100_000)).await;
    outside.sim.clock().advance_ms(36 * 3_600_000);
    outside
}

async fn link(outside: &Outside, keys: &MerchantKeys, request: BillRequest) -> BillLink {
    match outside.pay.ask_bill(keys, &request).await {
        BillOutcome::Ready(link) => link,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_the_outside_world_took_is_in_its_bill_packed_or_not() {
    let outside = yesterday().await;
    for gzip in [false, true] {
        let link = link(&outside, &outside.keys, bill_of(ALL, gzip)).await;
        let mut file = Vec::new();
        let whole = outside.pay.download_bill(&outside.keys, &link, &mut file).await.unwrap();
        assert_eq!(usize::try_from(whole.bytes).unwrap(), file.len());
        let mut bill = TradeBill::open(file.as_slice()).unwrap();
        let rows: Vec<_> = bill.by_ref().map(Result::unwrap).collect();
        let sum = bill.summary().unwrap();
        assert_eq!((sum.rows, sum.order_fen, sum.refund_fen), (4, 102_845, 30_000));
        assert_eq!(rows.iter().filter(|row| row.kind == TradeKind::Refund).count(), 1);
        let book = outside.sim.book();
        assert_eq!(sum.order_fen, book.taken_fen(MCHID) + book.taken_fen(SUB_MCHID));
    }
    let of_sub = outside.sub_keys(false);
    let link = link(&outside, &of_sub, bill_of(ALL, true)).await;
    let mut file = Vec::new();
    outside.pay.download_bill(&of_sub, &link, &mut file).await.unwrap();
    let rows: Vec<_> = TradeBill::open(file.as_slice()).unwrap().map(Result::unwrap).collect();
    assert_eq!((rows.len(), rows[0].sub_mchid.as_deref(), rows[0].order_fen), (1, Some(SUB_MCHID), 500));
}

#[tokio::test]
async fn the_account_moved_by_payments_refunds_and_fees() {
    let outside = yesterday().await;
    let link = link(&outside, &outside.keys, bill_of(FLOW, true)).await;
    let mut file = Vec::new();
    outside.pay.download_bill(&outside.keys, &link, &mut file).await.unwrap();
    let mut bill = FundFlowBill::open(file.as_slice()).unwrap();
    let rows: Vec<_> = bill.by_ref().map(Result::unwrap).collect();
    let sum = bill.summary().unwrap();
    // 1000.00 + 23.45 in, 6.00 + 0.14 of fees out; 300.00 back, 1.80 of fees returned.
    assert_eq!((sum.in_fen, sum.out_fen), (100_000 + 2_345 + 180, 600 + 14 + 30_000));
    assert_eq!(rows.last().unwrap().balance_fen, sum.in_fen - sum.out_fen);
    assert!(rows.iter().any(|row| row.voucher == "R-1") && rows.iter().any(|row| row.voucher == "ORDER-2"));
}

#[tokio::test]
async fn a_file_that_is_short_or_altered_is_not_believed() {
    let outside = yesterday().await;
    for (trick, gzip) in [(Trick::BillShort, false), (Trick::BillShort, true), (Trick::BillAltered, true)] {
        outside.sim.mischief().once(Endpoint::PayBill, trick.clone());
        let link = link(&outside, &outside.keys, bill_of(ALL, gzip)).await;
        let end = outside.pay.download_bill(&outside.keys, &link, &mut Vec::new()).await;
        assert!(matches!(end, Err(DownloadError::WrongHash { .. })), "{trick:?} {end:?}");
    }
}

#[tokio::test]
async fn a_link_leads_to_wechat_pay_and_not_for_long() {
    let outside = yesterday().await;
    let link = link(&outside, &outside.keys, bill_of(ALL, false)).await;
    for elsewhere in
        ["https://example.com/v3/billdownload/file?token=1", "http://127.0.0.1:9/v3/billdownload/file", "x"]
    {
        let foreign = BillLink { download_url: elsewhere.to_owned(), ..link.clone() };
        let end = outside.pay.download_bill(&outside.keys, &foreign, &mut Vec::new()).await;
        assert_eq!(end, Err(DownloadError::ForeignLink));
    }
    let other_path =
        BillLink { download_url: link.download_url.replace("/v3/billdownload/file", "/v3/other"), ..link.clone() };
    let end = outside.pay.download_bill(&outside.keys, &other_path, &mut Vec::new()).await;
    assert_eq!(end, Err(DownloadError::ForeignLink));
    outside.sim.clock().advance_ms(5 * 60_000);
    let end = outside.pay.download_bill(&outside.keys, &link, &mut Vec::new()).await;
    assert_eq!(end, Err(DownloadError::Refused { code: "NO_AUTH".into() }));
}

#[tokio::test]
async fn an_empty_day_is_no_error_and_today_is_not_ready() {
    let outside = yesterday().await;
    let ask = async |day: &str, kind| {
        let request = BillRequest { day: day.parse().unwrap(), ..bill_of(kind, false) };
        outside.pay.ask_bill(&outside.keys, &request).await
    };
    assert_eq!(ask("2025-11-24", ALL).await, BillOutcome::Empty);
    assert_eq!(ask("2025-11-26", ALL).await, BillOutcome::NotYet);
    assert_eq!(ask("2025-11-25", BillKind::FundFlow(FundAccount::Fees)).await, BillOutcome::Empty);
    assert!(matches!(ask("2025-01-01", ALL).await, BillOutcome::Refused { .. }));
    outside.sim.mischief().times(2, Endpoint::PayBill, Trick::Forge);
    assert!(matches!(ask("2025-11-25", ALL).await, BillOutcome::Unknown { .. }));
}
