//! One bill: voided, shown, in a list.

use domain::applied::Applied;
use domain::ids::{BillId, HouseId};
use uuid::Uuid;

use super::super::*;
use super::{books_are_sound, day, import, number, property_fee, publish};
use crate::audit::By;
use crate::fixture::{self, Fixture};
use crate::store::StoreError;

async fn only_bill(fixture: &Fixture) -> BillId {
    let found: Result<Option<Uuid>, StoreError> = fixture
        .db
        .read("test.bill", async |tx| tx.value("SELECT id FROM bill WHERE voided_at_ms IS NULL", vec![]).await)
        .await;
    BillId(found.unwrap().unwrap())
}

#[tokio::test]
async fn a_voided_bill_is_reversed_and_may_be_billed_again_by_a_person_only() {
    let fixture = fixture::project().await;
    let item = property_fee(&fixture).await;
    import(&fixture, 1..=1, |_| {}).await;
    publish(&fixture, item).await;
    let (id, by) = (only_bill(&fixture).await, By::operator());
    let refused = void(&fixture.db, id, "  ", &by, fixture.clock.now()).await;
    assert_eq!(refused.unwrap_err().code(), "reason_missing");
    let done = void(&fixture.db, id, "面积有误", &by, fixture.clock.now()).await.unwrap();
    assert_eq!(done, Applied::Done(()));
    let again = void(&fixture.db, id, "面积有误", &by, fixture.clock.now()).await.unwrap();
    assert_eq!(again, Applied::Already(()));
    let receivable = "SELECT CAST(SUM(e.amount_fen) AS BIGINT) FROM entry e JOIN account a ON a.id = e.account_id \
                      WHERE a.code LIKE 'receivable:%'";
    assert_eq!(number(&fixture, receivable).await, 0);
    assert_eq!(number(&fixture, "SELECT COUNT(*) FROM posting").await, 2);
    books_are_sound(&fixture).await;

    assert_eq!(catch_up(&fixture.db, fixture.clock.now()).await.unwrap().bills, 0);
    assert_eq!(publish(&fixture, item).await.bills, 1);
    assert_eq!(number(&fixture, "SELECT COUNT(*) FROM bill").await, 2);
    books_are_sound(&fixture).await;
    let missing = void(&fixture.db, BillId::new(), "面积有误", &by, fixture.clock.now()).await;
    assert_eq!(missing.unwrap_err().code(), "bill_not_found");
}

#[tokio::test]
async fn a_bill_that_is_paid_or_being_paid_cannot_be_voided() {
    let fixture = fixture::project().await;
    let item = property_fee(&fixture).await;
    import(&fixture, 1..=1, |_| {}).await;
    publish(&fixture, item).await;
    let (id, by) = (only_bill(&fixture).await, By::operator());
    let order = Uuid::now_v7();
    let reserved: Result<u64, StoreError> = fixture
        .db
        .transact("test.reserve", async |tx| {
            tx.execute(
                "INSERT INTO payment_order (id, out_trade_no, person_id, app_id, openid, mchid, total_fen, state, \
                 expires_at_ms, queries, created_at_ms) VALUES ($1, 'n1', $1, 'a', 'o', 'm', 1, 'awaiting', 0, 0, 0)",
                vec![order.into()],
            )
            .await?;
            tx.execute(
                "INSERT INTO payment_order_bill (order_id, bill_id, amount_fen, live) VALUES ($1, $2, 1, TRUE)",
                vec![order.into(), id.uuid().into()],
            )
            .await
        })
        .await;
    reserved.unwrap();
    let refused = void(&fixture.db, id, "有误", &by, fixture.clock.now()).await;
    assert_eq!(refused.unwrap_err().code(), "bill_reserved");
    let paid: Result<u64, StoreError> = fixture
        .db
        .transact("test.pay", async |tx| {
            tx.execute("UPDATE payment_order_bill SET live = FALSE", vec![]).await?;
            tx.execute("UPDATE bill SET paid_fen = 1", vec![]).await
        })
        .await;
    paid.unwrap();
    let refused = void(&fixture.db, id, "有误", &by, fixture.clock.now()).await;
    assert_eq!(refused.unwrap_err().code(), "bill_paid");
}

#[tokio::test]
async fn a_list_its_totals_and_a_bill_with_its_words_agree() {
    let fixture = fixture::project().await;
    let item = property_fee(&fixture).await;
    import(&fixture, 1..=3, |facts| facts.unit_price_e4 = (facts.room == "3").then_some(22_000)).await;
    publish(&fixture, item).await;
    #[derive(sea_orm::FromQueryResult)]
    struct Id {
        id: Uuid,
    }
    let ids: Result<Vec<Id>, StoreError> =
        fixture.db.read("test.houses", async |tx| tx.rows("SELECT id FROM house ORDER BY room", vec![]).await).await;
    let ids: Vec<HouseId> = ids.unwrap().into_iter().map(|row| HouseId(row.id)).collect();
    let today = fixture.db.info().today(fixture.clock.now());
    let page = async |filter, offset, limit, today| {
        let work =
            async |tx: &crate::tenancy::ProjectTx<'_>| bills_of_houses(tx, &ids, filter, offset, limit, today).await;
        fixture.db.read("test.page", work).await.unwrap()
    };
    let first = page(BillFilter::Open, 0, 2, today).await;
    assert_eq!(first.bills.len(), 2);
    assert_eq!((first.totals.count, first.totals.open_fen), (3, 18_000 * 2 + 22_000));
    assert!(!first.bills[0].is_overdue);
    let beyond = page(BillFilter::Open, 10, 2, today).await;
    assert_eq!((beyond.bills.len(), beyond.totals), (0, first.totals));

    let third = &page(BillFilter::Open, 2, 2, day("2027-01-01")).await.bills[0];
    assert_eq!((third.house_key.as_str(), third.period.as_str()), ("1-1-3", "2026年11月"));
    assert!(third.is_overdue);
    let detail = fixture.db.read("test.bill", async |tx| bill(tx, BillId(third.id), today).await).await.unwrap();
    assert_eq!(detail.lines.len(), 1);
    let sum: i64 = detail.lines.iter().map(|line| line.amount_fen).sum();
    assert_eq!(sum, detail.bill.total_fen);
    assert_eq!(detail.lines[0].words, ["建筑面积 100㎡ × 单价 2.20元/㎡·月 = 220.00元"]);

    let by = By::operator();
    let _ = void(&fixture.db, BillId(third.id), "有误", &by, fixture.clock.now()).await.unwrap();
    let (open, all) = (page(BillFilter::Open, 0, 9, today).await, page(BillFilter::All, 0, 9, today).await);
    assert_eq!((open.totals.count, all.totals.count), (2, 3));
    assert_eq!((open.totals.open_fen, all.totals.open_fen, all.totals.total_fen), (36_000, 36_000, 36_000));
    let runs = fixture.db.read("test.runs", async |tx| runs(tx, 0, 10).await).await.unwrap();
    assert_eq!((runs.len(), runs[0].bills, runs[0].state.as_str()), (1, 3, "published"));
}
